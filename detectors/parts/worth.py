"""How grave a sum of the chain's own coin is. No price comes from outside: the sum is exact, its measure is
the whole coin, and what a token is worth is not known.
"""

from __future__ import annotations

from detectors.alerts.alert import SEVERITIES, Severity

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


def severity(most: Severity, wei: int, has_tokens: bool) -> Severity:
    """At most `most`, and no graver than the sum in wei is; `UNKNOWN` at most where only tokens could make it
    graver.
    """
    by_sum = next(grave for least, grave in _AT_LEAST if wei >= least)
    if has_tokens:
        by_sum = max(by_sum, UNKNOWN, key=SEVERITIES.index)
    return min(most, by_sum, key=SEVERITIES.index)
