"""Wash trades that failed: who wanted to buy from his own wallet, or to sell again what he just bought."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Kind, Seen
from detectors.parts.kinds import of_kinds
from detectors.parts.kinship import Kinship
from detectors.parts.lines import place_of
from detectors.parts.people import Account, People, whole

DAY = 86_400
MOST_SELLERS = 24
"""Who called the same contract before: the newest that are asked for."""
MOST_TRADES = 40
_ITEMS = (Kind.ERC721, Kind.ERC1155)


def failed_wash_trades(seen: Seen) -> Iterator[Finding]:
    """Of calls that failed: one that brings money, names a collection, and is of who is tied to a wallet that
    holds a piece of it and let the called contract take it; and one that names a new token and the very
    amount of it that its signer, tied to its maker, just bought where nobody else trades.
    """
    sent = seen.transactions
    for at in np.flatnonzero(~sent["done"] & (sent["selector"] >= 0) & (sent["target"] != 0)).tolist():
        people = People(seen, int(sent["block"][at]))
        row = int(seen.rows["number"][sent["first_row"][at]])
        data = seen.call_data(int(sent["number"][at]))
        signer, called = int(sent["signer"][at]), int(sent["target"][at])
        if sent["value"][at].any():
            sellers = _sellers(people, signer, called, row, data)
            if sellers:
                yield _finding(people, row, [signer, *sellers], "a piece of its own other wallet's")
        elif (token := _bought(people, signer, row, data)) > 0 and (group := _own(people, signer, token)):
            yield _finding(people, row, group, "a token of its own maker's that it had just bought")


def _sellers(people: People, signer: int, called: int, row: int, data: bytes) -> list[int]:
    """Wallets of the signer's owner that lately called the same contract, and whose pieces it may take.
    Nobody is asked about where nobody lately let it take any: most of what is called is no market.
    """
    rows = people.rows(called)
    if not (_may_take(rows) & (rows["target"] == called)).any():
        return []
    called_it = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == called) & (rows["row"] < row)
    called_it &= (rows["flag"] != 0) & (rows["signer"] != signer) & (rows["amount"] == 0).all(axis=1)
    others = list(dict.fromkeys(rows["signer"][called_it].tolist()))[:MOST_SELLERS]
    holding = [each for each in others if _offers(people, each, called, data)]
    if not holding:
        return []
    groups = Kinship(people).groups([signer, *holding])
    mine = next((group for group in groups if signer in group), {signer})
    return sorted(mine - {signer})


def _offers(people: People, who: int, called: int, data: bytes) -> bool:
    """Whether somebody holds a piece of a collection that is named, which the called contract may take."""
    account = people.account(who)
    pieces = people.seen.once(("pieces", account.place, called), lambda: _pieces(account, called))
    return any(people.seen.address(collection) in data for collection in pieces)


def _pieces(account: Account, called: int) -> list[int]:
    """The collections of which somebody holds pieces that the called contract may take."""
    rows, who = account.rows, account.who
    allowed = _may_take(rows) & (rows["target"] == called) & (rows["source"] == who)
    found = []
    for collection in dict.fromkeys(rows["emitter"][allowed].tolist()):
        moved = of_kinds(rows["kind"], _ITEMS) & (rows["emitter"] == collection)
        came, went = (rows["item"][moved & (rows[side] == who)] for side in ("target", "source"))
        if came.size > went.size:
            found.append(collection)
    return found


def _may_take(rows: Columns) -> Array:
    """Which rows let somebody take pieces."""
    given: Array = rows["flag"] != 0
    given &= (rows["kind"] == Kind.APPROVAL_FOR_ALL) | (rows["kind"] == Kind.APPROVAL_ERC721)
    return given


def _bought(people: People, signer: int, row: int, data: bytes) -> int:
    """The token of which the signer got last what a call names: it and the amount; else 0."""
    rows = people.rows(signer)
    came = (rows["kind"] == Kind.ERC20) & (rows["target"] == signer) & (rows["row"] < row)
    came &= rows["signer"] == signer
    which = np.flatnonzero(came)[:1]
    if not which.size:
        return 0
    token = int(rows["asset"][which[0]])
    (amount,) = whole(rows["amount"][which])
    named = people.seen.address(token) in data and amount.to_bytes(32, "big") in data
    return token if named and amount else 0


def _own(people: People, signer: int, token: int) -> list[int]:
    """The maker of a new token and those tied to him, where they are all that trade it, the signer among
    them.
    """
    seen, block = people.seen, people.block
    known = seen.history("new-tokens.known").rows(token, block, 1)
    trades: Columns = seen.history("sales.traded").rows(token, block, MOST_TRADES)
    if not known["maker"].size or not 0 < trades["row"].size < MOST_TRADES:
        return []
    maker, traders = int(known["maker"][0]), set(trades["trader"].tolist())
    if signer not in traders or maker <= 0:
        return []
    group = next(each for each in Kinship(people).groups([maker, *sorted(traders)]) if maker in each)
    return [signer, *sorted(group - {signer})] if traders <= group else []


def _finding(people: People, row: int, wallets: list[int], what: str) -> Finding:
    seen = people.seen
    roles: list[tuple[bytes, RoleName]] = [(seen.address(each), "attacker") for each in wallets]
    buyer = roles[0][0]
    return Finding(
        **place_of(seen, row),
        category="wash-trading",
        subject_kind="wallet",
        subject=buyer,
        score=0.5,
        severity="low",
        roles=tuple(dict(roles).items()),
        rows=seen.evidence([row]),
        measured={"returns": 0, "wallets": len(wallets), "failed": 1},
        thresholds={},
        explanation=f"{hexed(buyer)} wanted to trade {what}; the call failed, and nothing changed hands.",
    )
