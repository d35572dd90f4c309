"""The ways of money that was handed on: a reading of the lines `handed` of the part `trails`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.parts.contract import Columns

COIN = 0
"""The number of the coin, wrapped or not, as an asset."""


@dataclass(frozen=True, slots=True)
class Way:
    """One trail: its lines of `handed`, from the origin on."""

    transaction: int
    origin: int
    what: int
    lines: Columns

    @property
    def end(self) -> int:
        return int(self.lines["payee"][-1])

    def between(self) -> list[int]:
        """The wallets between the ends, in order."""
        met = dict.fromkeys([*self.lines["payer"].tolist(), *self.lines["payee"].tolist()])
        return [wallet for wallet in met if wallet not in (self.origin, self.end)]

    def at_stake(self) -> tuple[int, bool]:
        """The native value handed on (of a line the most in one step, of a gathering all that came together),
        and whether any step was in a token.
        """
        sums: dict[int, int] = {}
        columns = (self.lines[name].tolist() for name in ("step", "payer", "payee", "asset", "amount"))
        tokens = False
        for step, payer, payee, asset, amount in zip(*columns, strict=True):
            if asset == COIN and payer != payee:
                sums[step] = sums.get(step, 0) + _whole(amount)
            tokens = tokens or asset != COIN
        return max(sums.values(), default=0), tokens


def ways(lines: Columns) -> Iterator[Way]:
    """The trails of a piece: lines of one transaction, origin and kind whose steps go on."""
    first = np.ones(lines["step"].size, np.bool_)
    same = np.ones(lines["step"].size - 1, np.bool_)
    for name in ("transaction", "origin", "what"):
        same &= lines[name][1:] == lines[name][:-1]
    first[1:] = ~same | (lines["step"][1:] < lines["step"][:-1])
    begins = np.flatnonzero(first).tolist()
    for begin, end in zip(begins, [*begins[1:], first.size], strict=True):
        mine = {name: column[begin:end] for name, column in lines.items()}
        yield Way(int(mine["transaction"][0]), int(mine["origin"][0]), int(mine["what"][0]), mine)


def _whole(limbs: list[int]) -> int:
    return sum(limb << 64 * (3 - i) for i, limb in enumerate(limbs))
