"""Who carries a motion: votes for it, whose they really are, and which were got for the purpose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Kind
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.people import People, whole

FOR = 1
MOST = 60
"""Voters of a motion who are looked at, the newest."""
_COIN = (Kind.TRANSACTION, Kind.INNER_VALUE)


@dataclass(frozen=True, slots=True)
class Ballot:
    """Of a proposal: who proposed it, the row that says so, the time of the last vote; of each who voted for
    it how many votes, by which row.
    """

    proposer: int
    created: int
    cast: Mapping[int, int]
    rows: Mapping[int, int]
    time: int
    targets: tuple[int, ...] = ()

    def power(self, voters: Collection[int]) -> float:
        """Which part of the votes for it some voters cast."""
        return sum(self.cast[each] for each in voters if each in self.cast) / max(sum(self.cast.values()), 1)

    def proofs(self, voters: Collection[int]) -> list[int]:
        return [self.created, *(self.rows[each] for each in voters if each in self.rows)]


@dataclass(frozen=True, slots=True)
class Hired:
    """Votes that somebody got for the purpose: the share of those cast for it, how (for a sentence), the rows
    that show it.
    """

    share: float
    how: str
    rows: tuple[int, ...]
    hands: tuple[int, ...] = ()


def ballot_of(people: People, item: int) -> Ballot | None:
    """What was said of a proposal (needs the part `motions`); None where it is not known, or nobody voted."""
    said = people.seen.history("motions.said").rows(item, people.block)
    created = said["kind"] == Kind.PROPOSAL_CREATED
    votes = ((said["kind"] == Kind.VOTE) & (said["side"] == FOR)).nonzero()[0][:MOST]
    if not created.any() or not votes.size:
        return None
    who = said["who"][votes].tolist()
    cast = dict(zip(who, whole(said["amount"][votes]), strict=True))
    rows = dict(zip(who, said["row"][votes].tolist(), strict=True))
    first, targets = int(said["row"][created].min()), tuple(said["target"][created].tolist())
    return Ballot(int(said["who"][created][0]), first, cast, rows, int(said["time"][votes].max()), targets)


def tied(people: People, ballot: Ballot, party: set[int], within_s: int) -> list[int]:
    """Voters who are of a party, or had votes from it within so many seconds before the last word."""
    return [
        each for each in ballot.cast if each in party or _given(people, ballot, each, party, within_s).any()
    ]


def hired(people: People, ballot: Ballot, within_s: int) -> Hired | None:
    """Whether most votes for a motion are its proposer's by several hands of his, by delegations that he paid
    for, or by a loan that he paid for.
    """
    mine = [each for each in ballot.cast if each == ballot.proposer]
    hands = [
        each
        for each in ballot.cast
        if each not in mine and _given(people, ballot, each, {ballot.proposer}, within_s).any()
    ]
    if len(hands) > 2 and not _is_issuer(people, ballot.proposer):
        rows = [row for each in hands for row in _rows_given(people, ballot, each, within_s)]
        return Hired(
            ballot.power([*hands, *mine]),
            f"by {len(hands)} wallets that had them from him",
            tuple(rows),
            tuple(hands),
        )
    bought = _paid_for(people, ballot, within_s) if mine else []
    if bought:
        return Hired(ballot.power(mine), "for those whom he had paid before", tuple(bought))
    return None


def _is_issuer(people: People, who: int) -> bool:
    """Whether somebody's votes were minted for him, as a founder's are, who hands them out to members."""
    rows = people.rows(who)
    sent = rows["asset"][(rows["kind"] == Kind.ERC20) & (rows["source"] == who)]
    minted = (rows["kind"] == Kind.ERC20) & (rows["target"] == who) & (rows["source"] <= 0)
    return bool((minted & among(rows["asset"], sent)).any())


def _given(people: People, ballot: Ballot, voter: int, party: set[int], within_s: int) -> Array:
    rows = people.rows(voter)
    voted = rows["asset"][rows["kind"] == Kind.DELEGATE_VOTES]
    found: Array = (rows["kind"] == Kind.ERC20) & (rows["target"] == voter) & among(rows["asset"], voted)
    found &= among(rows["source"], party) & (rows["time"] + within_s >= ballot.time)
    return found & (rows["row"] < ballot.rows[voter])


def _rows_given(people: People, ballot: Ballot, voter: int, within_s: int) -> list[int]:
    which = _given(people, ballot, voter, {ballot.proposer}, within_s)
    return [int(row) for row in people.rows(voter)["row"][which][:3]]


def _paid_for(people: People, ballot: Ballot, within_s: int) -> list[int]:
    """Rows of the proposer's payments to those who then let him vote, two at least and half of all who did;
    or to one who then sent him votes.
    """
    rows, found, givers, paid = people.rows(ballot.proposer), list[int](), 0, 0
    me = ballot.proposer
    let = (rows["kind"] == Kind.DELEGATE) & (rows["target"] == me) & (rows["source"] != me)
    sent = (rows["kind"] == Kind.ERC20) & (rows["target"] == me) & np.isin(rows["asset"], _voting(rows))
    sent &= (rows["time"] + within_s >= ballot.time) & (rows["row"] < ballot.rows[me])
    for at in let.nonzero()[0].tolist():
        givers += 1
        payment = _payment(rows, me, int(rows["source"][at]), int(rows["row"][at]))
        paid += payment >= 0
        found += [payment, int(rows["row"][at])] if payment >= 0 else []
    if paid >= 2 and 2 * paid >= givers:
        return found
    for at in sent.nonzero()[0].tolist():
        payment = _payment(rows, me, int(rows["source"][at]), int(rows["row"][at]))
        if payment >= 0 and rows["signer"][at] == rows["source"][at]:
            return [payment, int(rows["row"][at])]
    return []


def _voting(rows: Columns) -> Array:
    voted: Array = rows["asset"][of_kinds(rows["kind"], (Kind.DELEGATE, Kind.DELEGATE_VOTES))]
    return voted


def _payment(rows: Columns, payer: int, payee: int, before: int) -> int:
    """The row by which somebody paid another before a row, by himself; -1 for none."""
    paid = (
        of_kinds(rows["kind"], (*_COIN, Kind.ERC20)) & (rows["source"] == payer) & (rows["target"] == payee)
    )
    paid &= is_some(rows["amount"]) & (rows["row"] < before)
    which = paid.nonzero()[0]
    return int(rows["row"][which[0]]) if which.size else -1
