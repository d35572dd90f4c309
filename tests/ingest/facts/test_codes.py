"""Code facts: which contracts are asked, by which block, and that a code is told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ingest import schema
from ingest.facts.codes import CODES_A_REQUEST, CodeReader
from ingest.lake.writing import LakeWriter
from ingest.model.errors import NodeMisbehaved
from ingest.nodes import Node
from tests.fixtures.frames import ChainBuilder, address, keccak
from tests.fixtures.town import Town

ALICE = address("alice")
TOKEN, TWIN, VAULT, GONE = (address(name) for name in ("token", "twin", "vault", "gone"))
CODES = {TOKEN: b"\x60\x01", TWIN: b"\x60\x01", VAULT: b"\x60\x02", GONE: None}


class Node31:
    """Knows the code of some contracts; remembers what it was asked, and by which block."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, bytes]] = []

    def __call__(self, addresses: Sequence[bytes], block_hash: bytes) -> list[bytes | None]:
        self.asked += [(contract, block_hash) for contract in addresses]
        return [CODES.get(contract, b"") for contract in addresses]


def told(reader: CodeReader, chain: ChainBuilder, first: int | None = None) -> list[tuple[object, ...]]:
    facts = reader.facts(chain.batch(first))
    reader.remember(facts)
    return facts.select("block_number", "address", "code_hash", "code").rows()


def test_each_contract_is_a_row_and_the_bytes_come_once_for_each_hash() -> None:
    chain = ChainBuilder().block().creates(ALICE, TOKEN).creates(ALICE, TWIN).native(ALICE, VAULT, 1)
    chain.block().creates(ALICE, VAULT)
    node = Node31()
    reader = CodeReader(node)

    same, other = keccak(b"\x60\x01"), keccak(b"\x60\x02")
    assert told(reader, chain) == [
        (1, TOKEN, same, b"\x60\x01"),
        (1, TWIN, same, None),
        (2, VAULT, other, b"\x60\x02"),
    ]
    first, second = chain.batch().blocks["block_hash"]
    assert node.asked == [(TOKEN, first), (TWIN, first), (VAULT, second)]
    assert told(reader, chain.block().creates(ALICE, TWIN), first=3) == [(3, TWIN, same, None)]


def test_a_creation_that_was_reverted_made_nothing() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, None, status=0):
        pass
    batch = chain.batch()
    made = batch.transactions.with_columns(contract_address=pl.lit(TOKEN))
    node = Node31()

    assert CodeReader(node).facts(replace(batch, transactions=made)).equals(schema.CODES.empty())
    assert node.asked == []


def test_code_that_the_node_has_no_more_is_null_and_code_that_is_empty_is_not() -> None:
    chain = ChainBuilder().block().creates(ALICE, GONE).creates(ALICE, address("self-destructed"))

    assert told(CodeReader(Node31()), chain) == [
        (1, GONE, None, None),
        (1, address("self-destructed"), keccak(b""), b""),
    ]


def test_code_that_left_with_its_block_is_told_again() -> None:
    chain = ChainBuilder().block().block().creates(ALICE, TOKEN)
    reader = CodeReader(Node31())
    told(reader, chain)

    reader.roll_back(1)

    again = chain.fork(at=1).block().creates(ALICE, TWIN)
    assert told(reader, again, first=2) == [(2, TWIN, keccak(b"\x60\x01"), b"\x60\x01")]


def test_code_is_cut_at_its_cap_and_hashed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "CODE_BYTES", 1)

    assert told(CodeReader(Node31()), ChainBuilder().block().creates(ALICE, VAULT)) == [
        (1, VAULT, keccak(b"\x60\x02"), b"\x60")
    ]


def test_many_contracts_are_asked_in_several_requests() -> None:
    chain = ChainBuilder().block()
    for n in range(2 * CODES_A_REQUEST + 1):
        chain.creates(ALICE, address(f"contract {n}"))
    sizes: list[int] = []

    def node(addresses: Sequence[bytes], _block_hash: bytes) -> list[bytes | None]:
        sizes.append(len(addresses))
        return [b""] * len(addresses)

    assert CodeReader(node).facts(chain.batch()).height == 2 * CODES_A_REQUEST + 1
    assert sizes == [CODES_A_REQUEST, CODES_A_REQUEST, 1]


def test_a_lake_tells_a_code_once_though_every_range_begins_anew(tmp_path: Path) -> None:
    first = ChainBuilder().block().creates(ALICE, TOKEN)
    writer = LakeWriter(tmp_path)
    for chain in (first, ChainBuilder(first_block=2).block().creates(ALICE, TWIN)):
        batch = chain.batch()
        writer.write(replace(batch, codes=CodeReader(Node31()).facts(batch)))

    facts = pl.concat([batch.codes for batch in writer.lake().batches(1)])
    assert facts.select("address", "code").rows() == [(TOKEN, b"\x60\x01"), (TWIN, None)]


@pytest.mark.chain
def test_a_real_node_gives_the_code_of_a_block_that_it_has_and_says_where_it_has_none(town: Town) -> None:
    code = bytes.fromhex("60016000526001601ff3")
    node = Node(town.url)
    before = node.head().id
    (answer,) = node.fetch(town.deploys("alice", code).head, town.head)
    made = bytes.fromhex((answer.receipts[0].contract_address or "")[2:])

    assert node.codes([made, address("nobody")], answer.block.id) == [code, b""]
    assert node.codes([made], before) == [b""]
    with pytest.raises(NodeMisbehaved, match="has no block 0x0101"):
        node.codes([made], b"\1" * 32)
