"""How grave a sum of the chain's own coin is. No price comes from outside: the sum is exact, its measure is
the whole coin, and what a token is worth is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from detectors.alerts.alert import SEVERITIES, Severity

if TYPE_CHECKING:
    from detectors.parts.features import Features

COIN = 10**18
"""Wei of one whole coin."""
DUST = COIN // 100
"""What is not above this is as good as nothing."""
UNKNOWN: Severity = "medium"
"""What tokens can make an alert at most: they may be worth much, or nothing, as anyone can make one."""
_AT_LEAST: tuple[tuple[int, Severity], ...] = (
    (10 * COIN, "critical"),
    (COIN, "high"),
    (COIN // 10, "medium"),
    (0, "low"),
)


def in_coin(rows: pl.DataFrame, features: Features) -> pl.Series:
    """Which transfers move the native coin, wrapped or not: one is given for the other at any time."""
    places = rows.select("token", "block_number").iter_rows()
    return pl.Series([features.is_coin(token, number) for token, number in places], dtype=pl.Boolean)


def native_wei(rows: pl.DataFrame, features: Features) -> int:
    """The native value that transfers move, wrapped or not."""
    return sum(int.from_bytes(amount, "big") for amount in rows.filter(in_coin(rows, features))["amount"])


def has_tokens(rows: pl.DataFrame, features: Features) -> bool:
    """Whether transfers move anything whose worth is unknown."""
    return not in_coin(rows, features).all()


def severity(most: Severity, wei: int, has_tokens: bool) -> Severity:
    """At most `most`, and no graver than the sum in wei is; `UNKNOWN` at most where only tokens could make it
    graver.
    """
    by_sum = next(grave for least, grave in _AT_LEAST if wei >= least)
    if has_tokens:
        by_sum = max(by_sum, UNKNOWN, key=SEVERITIES.index)
    return min(most, by_sum, key=SEVERITIES.index)
