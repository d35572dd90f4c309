"""Transactions that failed, by all that was called inside of them: a reading of traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.parts.contract import Kind, Seen, TracedCall

MOST_CALLS = 2_000
"""Calls of a transaction that are read: one with more says nothing here."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A call of a contract of the signer's own that failed. `above`: for each call the place of the call that
    made it, -1 for the transaction itself.
    """

    row: int
    number: int
    block: int
    signer: int
    contract: int
    calls: tuple[TracedCall, ...]
    above: tuple[int, ...]
    own: frozenset[bytes]

    def ancestors(self, place: int) -> Iterator[int]:
        """The calls that a call stands in, the nearest first."""
        place = self.above[place]
        while place >= 0:
            yield place
            place = self.above[place]


def failed_by_own_code(seen: Seen) -> list[Failed]:
    """Of blocks with traces: who calls a contract that he made himself, which then fails."""
    return list(seen.once("failed by own code", lambda: tuple(_failed(seen))))


def _failed(seen: Seen) -> Iterator[Failed]:
    sent, made = seen.transactions, seen.history("contracts.made")
    for at in np.flatnonzero(~sent["done"] & (sent["target"] != 0) & sent["traced"]).tolist():
        names = ("number", "block", "signer", "target")
        number, block, signer, target = (int(sent[name][at]) for name in names)
        births = made.rows(target, block, 1)
        if not births["signer"].size or int(births["signer"][0]) != signer:
            continue
        calls = tuple(seen.calls(number)[: MOST_CALLS + 1])
        if len(calls) > MOST_CALLS:
            continue
        row = int(seen.rows["number"][sent["first_row"][at]])
        own = frozenset(_own(seen, calls, signer, block))
        yield Failed(row, number, block, signer, target, calls, tuple(_above(calls)), own)


def _above(calls: tuple[TracedCall, ...]) -> Iterator[int]:
    path: list[int] = []
    for place, call in enumerate(calls):
        del path[call.depth :]
        yield path[-1] if path else -1
        path.append(place)


def _own(seen: Seen, calls: tuple[TracedCall, ...], signer: int, block: int) -> Iterator[bytes]:
    """The signer, and the called contracts that he made."""
    made = seen.history("contracts.made")
    yield seen.address(signer)
    for address in {call.target for call in calls if call.target}:
        number = seen.number_of(address, block)
        births = made.rows(number, block, 1)["signer"] if number > 0 else np.zeros(0)
        if births.size and int(births[0]) == signer:
            yield address


def few_use(seen: Seen, one: Failed, address: bytes, users: int) -> bool:
    """Whether fewer than so many people had to do with a known contract that the signer did not make."""
    contract = seen.number_of(address, one.block)
    if contract <= 0:
        return False
    rows = seen.history("rows").rows(contract, one.block, 1_000)
    made = (rows["kind"] == Kind.TRANSACTION) & (rows["third"] == contract) & (rows["signer"] == one.signer)
    return not made.any() and np.unique(rows["signer"]).size < users
