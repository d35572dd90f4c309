"""Blocks of an alert with the proofs of its rows, from a lake, from a node, or from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dashboard.outside.evidence.bundle import Block, ReceiptProof, TransactionProof, Unproved
from detectors.alerts.alert import Alert
from ingest.blocks.rebuilt import STATE_SYNC, NotKept, Rebuilt, rebuilt
from ingest.blocks.verify import Rules, verified_batch
from ingest.lake.reading import Lake, Manifest
from ingest.model.batch import Batch
from ingest.model.errors import BadInput, NotALake
from ingest.nodes import Nodes

NO_SOURCE = "no block was read: give --rpc or --lake"
NO_TRANSACTION_PROOF = "transactions of its block are of a type that cannot be proved here"
OF_STATE_SYNC = "a state sync of Polygon is under no root"
KIND_OF_BLOCK = "block"


class Source(Protocol):
    """Gives single blocks of one chain."""

    def block(self, number: int) -> Batch:
        """Raises NotKept where it has none of this number."""
        ...


class LakeBlocks:
    """Blocks of a lake; a range stays read while its blocks are asked for."""

    def __init__(self, path: Path, chain_id: int) -> None:
        """Raises NotALake where it is none, or holds nothing of the chain."""
        self.lake, self.chain_id = Lake.open(path), chain_id
        self.ranges = self.lake.ranges(chain_id)
        if not self.ranges:
            raise NotALake(f"the lake at {path} holds no block of chain {chain_id}: give another --lake")
        self._read: tuple[Manifest, Batch] | None = None

    def block(self, number: int) -> Batch:
        held = next((each for each in self.ranges if each.first <= number <= each.last), None)
        if held is None:
            raise NotKept(f"the lake does not hold block {number}")
        if self._read is None or self._read[0] != held:
            self._read = held, self.lake.read(held)
        return self._read[1].slice(number, number)


class NodeBlocks:
    """Blocks of a node, each proved as it comes."""

    def __init__(self, nodes: Nodes, chain_id: int) -> None:
        """Raises WrongChain where the node serves another chain, and NodeUnreachable."""
        self._nodes, self.chain_id = nodes, chain_id
        nodes.chain_id()

    def block(self, number: int) -> Batch:
        """Raises also ProofFailed, NodeUnreachable and NodeMisbehaved."""
        answers = self._nodes.fetch(number, number)
        if not answers:
            raise NotKept(f"the node at {self._nodes.source} has no block {number}")
        return verified_batch(self.chain_id, answers, None, Rules(), lambda *_: None)


def proved_blocks(alert: Alert, sources: Sequence[Source]) -> list[Block]:
    """Each block that the alert names, by number, with proofs of the transactions of its rows. Of several
    sources the first counts that has enough. Raises BadInput where a source has another block than the
    alert's, or not a transaction that the alert says is in it.
    """
    wanted = wanted_of(alert)
    return [_block(alert, number, wanted[number], sources) for number in sorted(wanted)]


def wanted_of(alert: Alert) -> dict[int, list[str]]:
    """The transactions of rows by block; of the alert's own blocks there may be none."""
    wanted: dict[int, dict[str, None]] = {alert.block_number: {}, alert.updated_block: {}}
    for row in alert.evidence:
        of_block = wanted.setdefault(row.block_number, {})
        if row.kind != KIND_OF_BLOCK:
            of_block[row.transaction] = None
    return {number: list(found) for number, found in wanted.items()}


def _block(alert: Alert, number: int, transactions: Sequence[str], sources: Sequence[Source]) -> Block:
    known = alert.block_hash if number == alert.block_number else None
    why = [] if sources else [NO_SOURCE]
    for source in sources:
        try:
            batch = source.block(number)
            found = rebuilt(batch, number)
        except NotKept as lacking:
            why.append(str(lacking))
            with suppress(NotKept):
                known = known or "0x" + source.block(number).last_hash.hex()
            continue
        _check_hash(alert, number, found.hash)
        return _proved(batch, found, transactions)
    has_node = any(isinstance(source, NodeBlocks) for source in sources)
    note = "; ".join(why) + ("" if has_node or not sources else ": needs --rpc")
    return Block(number, known, None, note, [], [], [])


def _check_hash(alert: Alert, number: int, found: bytes) -> None:
    if number == alert.block_number and "0x" + found.hex() != alert.block_hash:
        raise BadInput(
            f"block {number} is 0x{found.hex()[:16]}… there, and {alert.block_hash[:18]}… in the alert: "
            "its block left the chain, or this is another one; give the --lake or --rpc that it was made from"
        )


def _proved(batch: Batch, found: Rebuilt, transactions: Sequence[str]) -> Block:
    columns = ("transaction_hash", "transaction_index", "receipt_of")
    places = {"0x" + row[0].hex(): row[1:] for row in batch.transactions.select(columns).iter_rows()}
    receipts: dict[int, ReceiptProof] = {}
    signed: dict[int, TransactionProof] = {}
    unproved: list[Unproved] = []
    for name in transactions:
        index, receipt_of = _place(places, name, found.number)
        if receipt_of == STATE_SYNC:
            unproved.append(Unproved(name, OF_STATE_SYNC))
            continue
        receipts[index] = ReceiptProof(
            index, name, found.first_logs[index], _hexed(found.receipts.proof(index))
        )
        if found.transactions is None or receipt_of is not None:
            unproved.append(Unproved(name, NO_TRANSACTION_PROOF))
        else:
            signed[index] = TransactionProof(index, _hexed(found.transactions.proof(index)))
    return Block(
        found.number, "0x" + found.hash.hex(), "0x" + found.header.hex(), None,
        [receipts[at] for at in sorted(receipts)], [signed[at] for at in sorted(signed)],
        sorted(unproved, key=lambda each: each.transaction),
    )  # fmt: skip


def _place(
    places: Mapping[str, tuple[int, str | None]], transaction: str, number: int
) -> tuple[int, str | None]:
    if transaction not in places:
        raise BadInput(
            f"block {number} holds no transaction {transaction[:18]}…, which the alert says is in it: "
            "give the --lake or --rpc that it was made from"
        )
    return places[transaction]


def _hexed(nodes: Sequence[bytes]) -> list[str]:
    return ["0x" + node.hex() for node in nodes]
