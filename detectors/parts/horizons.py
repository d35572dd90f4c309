"""For how long it is remembered what wallets hold: seconds of block time, and how many rows at most."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ingest.model.errors import BadInput

DAY = 86_400
MOST_SECONDS = 2**31 - 1
MOST_ROWS = 2**31 - 1
"""An index names rows by 32 bits."""


@dataclass(frozen=True, slots=True)
class Horizons:
    """*_s: seconds of block time after which what was not touched is not said any more. *_cap: rows from
    which on a table begins a generation early, at the next epoch, which is counted. told_cap: that of each
    table of what was only told, which anyone can fill for the gas of some logs. firsts: who first funded a
    wallet.

    Raises BadInput for a number that no table can keep to.
    """

    wallets_s: int = 90 * DAY
    holdings_s: int = 30 * DAY
    pairs_s: int = 30 * DAY
    assets_s: int = 90 * DAY
    firsts_s: int = 3650 * DAY
    wallets_cap: int = 4_000_000
    holdings_cap: int = 8_000_000
    pairs_cap: int = 8_000_000
    assets_cap: int = 1_000_000
    firsts_cap: int = 8_000_000
    told_cap: int = 1_000_000

    def __post_init__(self) -> None:
        for each in fields(self):
            value, most = getattr(self, each.name), MOST_SECONDS if each.name.endswith("_s") else MOST_ROWS
            if type(value) is not int or not 1 <= value <= most:
                raise BadInput(f"the horizon {each.name} is {value!r}: give a whole number from 1 to {most}")
