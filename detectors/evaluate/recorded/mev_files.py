"""Recorded blocks and the findings that belong to them, told apart by what they hold, not by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from detectors.evaluate.recorded import blocks, files
from ingest.blocks.answers import Answer, BlockAnswer, ReceiptAnswer
from ingest.blocks.traces import NestedTrace
from ingest.model.batch import Batch

T = TypeVar("T")


class Sandwich(msgspec.Struct, frozen=True):
    """Transactions of one actor, `front` and `back`, around those of the victims."""

    front: files.Hash
    back: files.Hash
    victims: list[files.Hash]
    sandwicher: files.Address | None = None
    pool: files.Address | None = None

    def parts(self) -> tuple[tuple[str, str], ...]:
        victims = [("victim", victim.lower()) for victim in self.victims]
        return (("front", self.front.lower()), *victims, ("back", self.back.lower()))

    @property
    def claim(self) -> str:
        return f"a sandwich by {(self.sandwicher or 'somebody').lower()}"

    @property
    def ends(self) -> frozenset[str]:
        return frozenset((self.front.lower(), self.back.lower()))

    @property
    def transactions(self) -> frozenset[str]:
        return frozenset(transaction for _, transaction in self.parts())


class Taken(msgspec.Struct, frozen=True):
    """A transaction that arbitrages or liquidates."""

    tx: files.Hash


class Lookalike(msgspec.Struct, frozen=True):
    """A transaction that poisons a victim's history with the lookalike of an address."""

    transaction: files.Hash
    lookalike: files.Address
    imitated: files.Address
    victim: files.Address


class Mev(msgspec.Struct, frozen=True):
    """What is recorded of one block; null where nobody looked for it. `transactions` and `logs` count what
    the block must hold.
    """

    sandwiches: list[Sandwich] | None = []
    arbitrages: list[Taken] | None = []
    liquidations: list[Taken] | None = []
    lookalikes: list[Lookalike] = []
    transactions: int | None = None
    logs: int | None = None

    @property
    def was_inspected(self) -> bool:
        return None not in (self.sandwiches, self.arbitrages, self.liquidations)


@dataclass(frozen=True, slots=True)
class Block:
    """A recorded block, with its calls where they are recorded. `findings` is None where nobody looked for
    MEV in it.
    """

    path: Path
    number: int
    batch: Batch
    findings: Mev | None
    lookalikes: Sequence[Lookalike] = ()

    @property
    def transactions(self) -> frozenset[str]:
        return frozenset(self.senders())

    def senders(self) -> dict[str, str]:
        """Who sent each transaction."""
        rows = self.batch.transactions.select("transaction_hash", "from_address").iter_rows()
        return {"0x" + transaction.hex(): "0x" + sender.hex() for transaction, sender in rows}


@dataclass(slots=True)
class MevSet:
    """All blocks of a folder in order, and the numbers of blocks of which only findings are there."""

    blocks: list[Block] = field(default_factory=list)
    unrecorded: list[int] = field(default_factory=list)

    def runs(self) -> list[list[Block]]:
        """Blocks of which each is the child of the one before it, together."""
        together: list[list[Block]] = []
        for block in self.blocks:
            if together and _is_child(block.batch, together[-1][-1].batch):
                together[-1].append(block)
            else:
                together.append([block])
        return together


class _Recording(msgspec.Struct, frozen=True):
    block: BlockAnswer
    receipts: list[ReceiptAnswer]
    traces: list[NestedTrace] | None = None


def read_set(folder: Path) -> MevSet:
    """Reads a folder of blocks (`block` and `receipts`) and findings (by block number).

    Raises BadInput with the file that is neither, that names a block another file holds, or whose counts
    disagree with the findings.
    """
    recorded: dict[int, tuple[Path, Batch]] = {}
    findings: dict[int, Mev] = {}
    for path in files.files(folder, ".json", ".json.gz"):
        content = files.read(path)
        keys = files.decode(path, content, dict[str, msgspec.Raw]).keys()
        if {"block", "receipts"} <= keys:
            batch = _batch(path, content)
            _add(path, batch.first, (path, batch), recorded)
        elif all(key.isascii() and key.isdecimal() for key in keys):
            for key, found in files.decode(path, content, dict[str, Mev]).items():
                _add(path, int(key), found, findings)
        else:
            raise files.unusable(path, "it is neither a block with receipts nor findings by block number")
    for number in recorded.keys() & findings.keys():
        _check_counts(*recorded[number], findings[number])
    return MevSet(
        [_block(path, at, batch, findings.get(at)) for at, (path, batch) in sorted(recorded.items())],
        sorted(findings.keys() - recorded.keys()),
    )


def _block(path: Path, number: int, batch: Batch, findings: Mev | None) -> Block:
    if findings is None:
        return Block(path, number, batch, None)
    return Block(path, number, batch, findings if findings.was_inspected else None, findings.lookalikes)


def _batch(path: Path, content: bytes) -> Batch:
    recording = files.decode(path, content, _Recording)
    batch = blocks.batch(path, [Answer(recording.block, recording.receipts)])
    if recording.traces is None or not batch.transactions.height:
        return batch
    return blocks.traced(path, batch, recording.traces)


def _is_child(batch: Batch, parent: Batch) -> bool:
    return bool(batch.blocks["parent_hash"][0] == parent.blocks["block_hash"][-1])


def _add(path: Path, number: int, value: T, known: dict[int, T]) -> None:
    if number in known:
        raise files.unusable(path, f"another file holds block {number} already")
    known[number] = value


def _check_counts(path: Path, batch: Batch, findings: Mev) -> None:
    held = {"transactions": batch.transactions.height, "logs": batch.logs.height}
    wanted: Mapping[str, int | None] = {"transactions": findings.transactions, "logs": findings.logs}
    for name, count in held.items():
        if wanted[name] not in (None, count):
            raise files.unusable(path, f"it holds {count} {name}, its findings say {wanted[name]}")
