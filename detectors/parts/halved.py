"""Who lost half or more of two kinds of money each to one who lives by that: a reading of the row log."""

from __future__ import annotations

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.memory.layout import Array
from detectors.parts.contract import Columns
from detectors.parts.emptied import SITTING_S
from detectors.parts.kinds import marks
from detectors.parts.people import People, whole

_PART = 20
_COIN = marks(Kind.TRANSACTION, Kind.INNER_VALUE, Kind.CREATION)


def halved(people: People, taker: int, paid: Columns, share: float) -> Array:
    """Payers of whom `share` or more of what they had of two assets each went to a taker at one sitting, who
    was paid by hardly anybody else. `paid`: payments to him, as the history `takings.taken` has them.

    Of a balance that is not known it must be more than in any payment before; beside two of whom that is
    sure, for one of the two assets half as much is enough.
    """
    payers = np.unique(paid["payer"]).tolist()
    lost = {payer: _lost(people, payer, _sitting(paid, payer), share) for payer in payers}
    sure = [payer for payer, (most, _) in lost.items() if most >= 2]
    likely = [payer for payer, (most, perhaps) in lost.items() if most and most + perhaps >= 2]
    found = likely if len(sure) >= 2 else sure
    return np.array(found if lives_by(people, taker, found, paid) else [], np.int64)


def _sitting(paid: Columns, payer: int) -> Columns:
    """The last payments of somebody that belong together."""
    mine = paid["payer"] == payer
    mine &= paid["time"] + SITTING_S >= int(paid["time"][mine].max())
    return {name: column[mine] for name, column in paid.items()}


def _lost(people: People, payer: int, paid: Columns, share: float) -> tuple[int, int]:
    """Assets of which most went, and of which it may have been most, as nobody knows what was there."""
    most = perhaps = 0
    for asset in np.unique(paid["asset"]).tolist():
        mine = paid["asset"] == asset
        held = held_before(people, payer, asset, int(paid["row"][mine].min()))
        took = sum(whole(paid["amount"][mine]))
        is_known = held is not None and took <= held
        is_most = bool(paid["emptied"][mine].any()) or (
            held is not None and is_known and took >= share * held
        )
        most += is_most
        perhaps += not is_most and not is_known
    return most, perhaps


def held_before(people: People, owner: int, asset: int, row: int) -> int | None:
    """What somebody had of an asset (0: the coin) before a row, fees aside; None where not all is known."""
    rows = people.rows(owner)
    coin = _COIN[rows["kind"]] & ((rows["kind"] != Kind.TRANSACTION) | (rows["flag"] != 0))
    about = coin if asset == 0 else (rows["kind"] == Kind.ERC20) & (rows["asset"] == asset)
    at = np.flatnonzero(about & (rows["row"] < row))[::-1]
    held = 0
    for source, target, amount in zip(
        rows["source"][at].tolist(), rows["target"][at].tolist(), whole(rows["amount"][at]), strict=True
    ):
        held += amount * ((target == owner) - (source == owner))
        if held < 0:
            return None
    return held if held and people.is_fully_known(owner) else None


def lives_by(people: People, taker: int, payers: list[int], paid: Columns) -> bool:
    """Whether half of those who paid somebody something that matters, by own transactions, are these
    payers: of an asset that is in `paid`, a twentieth at least of the least of it there.
    """
    if not people.is_fully_known(taker):
        return False
    sums = np.array(whole(paid["amount"]), object)
    least = {asset: min(sums[paid["asset"] == asset]) for asset in np.unique(paid["asset"]).tolist()}
    rows, account = people.rows(taker), people.account(taker)
    came = np.flatnonzero(account.moved & (rows["target"] == taker) & (rows["signer"] == rows["source"]))
    assets = np.where(rows["kind"][came] == Kind.ERC20, rows["asset"][came], 0).tolist()
    told = zip(rows["source"][came].tolist(), assets, whole(rows["amount"][came]), strict=True)
    every = {who for who, asset, amount in told if asset in least and _PART * amount >= least[asset]}
    return 2 * len(every & set(payers)) >= len(every)
