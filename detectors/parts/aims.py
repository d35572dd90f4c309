"""At whom deployed code is aimed: contracts that are wired into it, that others made and that few use."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from detectors.memory.layout import Columns
from detectors.parts.contract import Kind
from detectors.parts.deployments import key_of, wired
from detectors.parts.people import People

ROWS = 1_000
"""Of a contract, the newest rows that are read to see who uses it."""


def targets(people: People, made: Columns, line: int, users: int, makers: int) -> tuple[int, ...]:
    """Of a line of `deployments`: the contracts in its code that another made, that fewer than `users` people
    use, and whose address stands in the code of fewer than `makers` others' contracts.
    """
    maker, contract = int(made["maker"][line]), int(made["contract"][line])
    return aimed_at(people, wired(made, line), (maker, contract), users, makers)


def aimed_at(
    people: People, addresses: Iterable[bytes], own: tuple[int, int], users: int, makers: int
) -> tuple[int, ...]:
    """The same of some addresses; `own`: maker and contract in whose code they stand."""
    numbers = [people.seen.number_of(each, people.block) for each in addresses]
    others = [each for each in numbers if each > 0 and each not in own]
    return tuple(each for each in others if _is_another_s(people, each, own[0], users, makers))


def _is_another_s(people: People, target: int, maker: int, users: int, makers: int) -> bool:
    """Whether it is a contract that somebody else made, that few use, and that lends to nobody."""
    rows = people.seen.history("rows").rows(target, people.block, ROWS)
    calls = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == target)
    made = calls & (rows["third"] == target)
    if (rows["signer"] == target).any() or (made & (rows["signer"] == maker)).any():
        return False
    is_contract = made.any() or bool((calls & (rows["small"] >= 0)).any())
    if not is_contract or np.unique(rows["signer"]).size >= users:
        return False
    key = key_of(people.seen.address(target))
    known = people.seen.history("deployments.wired").rows(key, people.block)["maker"]
    return bool(np.unique(known[known != maker]).size < makers)
