"""Who acts for a signer in a transaction with a loan, and whom the profit is left with."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Kind, Seen
from detectors.parts.kinds import among, of_kinds
from detectors.parts.people import whole
from detectors.parts.trades import Change

_ITEMS = (Kind.ERC721, Kind.ERC1155)
_READ = ("kind", "source", "target", "money")


def trader_for(seen: Seen, rows: tuple[int, int], called: int, pools: set[int]) -> set[int]:
    """A called contract that trades with pools itself acts for the signer: a router ends with nothing, so it
    changes no sum.
    """
    mine = slice(*rows)
    source, target = seen.rows["source"][mine], seen.rows["target"][mine]
    with_pool = (among(target, pools) & (source == called)) | (among(source, pools) & (target == called))
    return {called} if (with_pool & (seen.rows["kind"][mine] == Kind.ERC20)).any() else set()


def left_with(
    seen: Seen, rows: tuple[int, int], side: set[int], apart: set[int], changes: Sequence[Change]
) -> tuple[set[int], set[int]]:
    """Who was paid by the side what others had lost by then, or what pools gave for that, and gave nobody
    anything: where profit is left, a tenth of it or more; and all of them. Less than that anybody may be
    given, so that he looks like one of them. Who paid the side, too, or gave an item for it, has traded; for
    what claims are made afterwards is put in.
    """
    lost = dict[int, int]()
    losers = set[int]()
    for line in changes:
        if line.more < 0 and line.account not in side | apart | {0}:
            lost[line.asset] = lost.get(line.asset, 0) - line.more
            losers.add(line.account)
    told = {name: seen.rows[name][slice(*rows)] for name in (*_READ, "amount")}
    moved = told["kind"] == Kind.ERC20
    after = _after_losses(told, moved, losers, lost)
    for at in _sold(told, moved & after, moved, side, apart):
        asset = int(told["money"][at])
        lost[asset] = lost.get(asset, 0) + whole(told["amount"][at : at + 1])[0]
        after[at:] |= told["money"][at:] == asset
    made = np.flatnonzero(moved & (told["source"] == 0))
    by_side = moved & among(told["source"], side) & after
    by_side[: int(made[-1]) if made.size else 0] = False
    paid = set(told["target"][by_side].tolist()) - side - apart - {0}
    traded = of_kinds(told["kind"], _ITEMS) | (moved & among(told["target"], side))
    paid -= losers | set(told["source"][traded].tolist())
    much = {line.account for line in changes if line.asset in lost and 10 * line.more >= lost[line.asset]}
    return paid & much, paid


def _sold(told: Columns, loot: Array, moved: Array, side: set[int], apart: set[int]) -> list[int]:
    """Rows in which a pool that the side paid some loot gives it another asset for that, from then on."""
    ours, theirs = list(side), list(apart)
    paid = loot & among(told["source"], ours) & among(told["target"], theirs)
    venues, assets = set(told["target"][paid].tolist()), set(told["money"][paid].tolist())
    given = moved & among(told["source"], venues) & among(told["target"], ours)
    given &= ~among(told["money"], assets)
    given[: int(np.flatnonzero(paid)[0]) if venues else 0] = False
    found: list[int] = np.flatnonzero(given).tolist()
    return found


def burnt_at_last(
    seen: Seen, rows: tuple[int, int], side: set[int], changes: Sequence[Change]
) -> dict[int, int]:
    """Units that the side burnt of what others had lost, by itself or by who was paid them and keeps none,
    after which it gets nothing: they are minted elsewhere, as bridges of issuers do. A share that is redeemed
    pays after it is burnt.
    """
    told = {name: seen.rows[name][slice(*rows)] for name in (*_READ, "amount")}
    moved = told["kind"] == Kind.ERC20
    lost = {line.asset for line in changes if line.more < 0 and line.account not in side | {0}}
    last = np.flatnonzero(moved & among(told["target"], side))
    burnt = moved & (told["target"] == 0) & among(told["money"], lost)
    burnt[: int(last[-1]) if last.size else 0] = False
    if not burnt.any():
        return {}
    keeps = {(line.account, line.asset) for line in changes if line.more}
    by_side = moved & among(told["source"], side)
    found = dict[int, int]()
    for at in np.flatnonzero(burnt).tolist():
        who, asset = int(told["source"][at]), int(told["money"][at])
        paid = by_side & (told["target"] == who) & (told["money"] == asset)
        if who in side or ((who, asset) not in keeps and paid[:at].any()):
            found[asset] = found.get(asset, 0) + whole(told["amount"][at : at + 1])[0]
    return found


def _after_losses(told: Columns, moved: Array, losers: Collection[int], assets: Collection[int]) -> Array:
    """Rows of each asset that lie behind the first in which a loser paid it."""
    after = np.zeros(moved.size, np.bool_)
    by_loser = moved & among(told["source"], losers)
    for asset in assets:
        of_asset = told["money"] == asset
        first = np.flatnonzero(by_loser & of_asset)
        if first.size:
            after[first[0] :] |= of_asset[first[0] :]
    return after
