"""Who acts for a signer in a transaction with a loan, and whom the profit is left with."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Kind, Seen
from detectors.parts.trades import Change

_ITEMS = (Kind.ERC721, Kind.ERC1155)
_READ = ("kind", "source", "target", "money")


def trader_for(seen: Seen, rows: tuple[int, int], called: int, pools: set[int]) -> set[int]:
    """A called contract that trades with pools itself acts for the signer: a router ends with nothing, so it
    changes no sum.
    """
    mine = slice(*rows)
    source, target = seen.rows["source"][mine], seen.rows["target"][mine]
    with_pool = (np.isin(target, list(pools)) & (source == called)) | (
        np.isin(source, list(pools)) & (target == called)
    )
    return {called} if (with_pool & (seen.rows["kind"][mine] == Kind.ERC20)).any() else set()


def left_with(
    seen: Seen, rows: tuple[int, int], side: set[int], apart: set[int], changes: Sequence[Change]
) -> tuple[set[int], set[int]]:
    """Who was paid by the side what others had lost by then, and gave nobody anything: where profit is left,
    a tenth of it or more; and all of them. Less than that anybody may be given, so that he looks like one of
    them. Who paid the side, too, or gave an item for it, has traded; for what claims are made afterwards is
    put in.
    """
    lost = dict[int, int]()
    losers = set[int]()
    for line in changes:
        if line.more < 0 and line.account not in side | apart | {0}:
            lost[line.asset] = lost.get(line.asset, 0) - line.more
            losers.add(line.account)
    told = {name: seen.rows[name][slice(*rows)] for name in _READ}
    moved = told["kind"] == Kind.ERC20
    made = np.flatnonzero(moved & (told["source"] == 0))
    by_side = moved & np.isin(told["source"], list(side)) & _after_losses(told, moved, losers, lost)
    by_side[: int(made[-1]) if made.size else 0] = False
    paid = set(told["target"][by_side].tolist()) - side - apart - {0}
    traded = np.isin(told["kind"], _ITEMS) | (moved & np.isin(told["target"], list(side)))
    paid -= losers | set(told["source"][traded].tolist())
    much = {line.account for line in changes if line.asset in lost and 10 * line.more >= lost[line.asset]}
    return paid & much, paid


def _after_losses(told: Columns, moved: Array, losers: Collection[int], assets: Collection[int]) -> Array:
    """Rows of each asset that lie behind the first in which a loser paid it."""
    after = np.zeros(moved.size, np.bool_)
    by_loser = moved & np.isin(told["source"], list(losers))
    for asset in assets:
        of_asset = told["money"] == asset
        first = np.flatnonzero(by_loser & of_asset)
        if first.size:
            after[first[0] :] |= of_asset[first[0] :]
    return after
