"""Receipts, transactions and headers made again from rows: of chains of each kind, and of real blocks."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from ingest.blocks.kept import with_input, without_input
from ingest.blocks.rebuilt import NotKept, rebuilt
from ingest.blocks.trie import keccak
from ingest.blocks.trie_proof import proved_value
from ingest.blocks.verify import Rules, verified_batch
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.made_blocks import MadeBlock, encoded, paid
from tests.fixtures.mainnet import recorded_block
from tests.ingest.blocks.test_other_receipts import CANYON, CEL2, ETHEREUM, OPTIMISM, POLYGON, polygon, read

MAINNET = (
    "mainnet/1.json.gz", "mainnet/4370000.json.gz", "mainnet/15537393.json.gz", "mainnet/19426587.json.gz",
    "mainnet/17686110.json.gz", "mainnet/22431083.json.gz",
)  # fmt: skip
"""The first block, the first with a status, the last before the merge, the first with blobs, and others."""


@pytest.mark.parametrize("name", MAINNET)
def test_everything_under_the_roots_of_a_real_block_is_proved_from_its_rows(name: str) -> None:
    batch = verified_batch(1, [recorded_block(name)], None, Rules(), lambda *_: None)
    block, sent = batch.blocks.row(0, named=True), batch.transactions
    found = rebuilt(batch, batch.first)

    assert keccak(found.header) == found.hash == batch.last_hash
    assert found.transactions is not None
    for at, transaction in enumerate(sent["transaction_hash"]):
        proved_value(block["receipts_root"], at, found.receipts.proof(at))
        signed = proved_value(block["transactions_root"], at, found.transactions.proof(at))
        assert keccak(signed) == transaction
    firsts = batch.logs.group_by("transaction_index", maintain_order=True).agg(pl.col("log_index").min())
    assert [found.first_logs[at] for at in firsts["transaction_index"]] == firsts["log_index"].to_list()


BEFORE_BYZANTIUM = paid(0, 0, outcome=b"\x07" * 32, root="0x" + "07" * 32, status=None)


@pytest.mark.parametrize(
    ("chain_id", "block"),
    [
        (ETHEREUM, MadeBlock()),
        (ETHEREUM, MadeBlock(receipts=[paid(0, 1), paid(1, 0, logs=3), paid(2, 4)])),
        (ETHEREUM, MadeBlock(receipts=[BEFORE_BYZANTIUM])),
        (OPTIMISM, MadeBlock(receipts=[CANYON, paid(1)])),
        (OPTIMISM, MadeBlock(receipts=[CEL2])),
    ],
)
def test_receipts_of_every_kind_are_made_again_from_their_rows(chain_id: int, block: MadeBlock) -> None:
    batch = read(chain_id, block.answer())
    found = rebuilt(batch, 100)

    root = batch.blocks["receipts_root"][0]
    made = [proved_value(root, at, found.receipts.proof(at)) for at in range(len(block.receipts))]
    assert made == [receipt.encoded for receipt in block.receipts]


@pytest.mark.parametrize("used", [0, 21_000])
def test_what_a_celo_block_did_itself_is_its_last_receipt(used: int) -> None:
    """Nodes give it no gas, or what all used before it; its row has none either way."""
    last = paid(1, 0, cumulativeGasUsed=hex(used), transactionHash="0x" + "00" * 32)
    last = replace(last, encoded=encoded(last.told), sent=None)
    batch = read(42_220, MadeBlock(header={"gasUsed": "0x5208"}, receipts=[paid(0), last]).answer())

    assert batch.transactions["receipt_of"].to_list() == [None, "block"]
    found = rebuilt(batch, 100)
    assert proved_value(batch.blocks["receipts_root"][0], 1, found.receipts.proof(1)) == last.encoded
    assert found.transactions is None


def test_a_state_sync_is_under_no_root_and_the_others_are() -> None:
    batch = read(POLYGON, polygon(receipts=2))
    found = rebuilt(batch, 100)

    assert batch.transactions.height == 3
    assert found.first_logs == [0, 1]
    with pytest.raises(IndexError):
        found.receipts.proof(2)


def test_an_older_block_or_one_that_was_not_proved_says_what_it_lacks() -> None:
    chain = ChainBuilder().block().native(address("alice"), address("bob"), 1)
    with pytest.raises(NotKept, match="block 1 was proved to `none` only"):
        rebuilt(chain.batch(), 1)
    batch = read(ETHEREUM, MadeBlock(receipts=[paid(0)]).answer())
    older = replace(batch, blocks=batch.blocks.with_columns(header=pl.lit(None, pl.Binary)))
    with pytest.raises(NotKept, match="block 100 was written before headers were kept"):
        rebuilt(older, 100)
    with pytest.raises(NotKept, match="block 7 is not there"):
        rebuilt(batch, 7)


@pytest.mark.parametrize(("column", "other"), [("status", 0), ("gas_used", 7), ("transaction_type", 1)])
def test_rows_that_were_altered_do_not_hash_to_the_root(column: str, other: int) -> None:
    batch = read(ETHEREUM, MadeBlock(receipts=[paid(0), paid(1)]).answer())
    frame = batch.transactions
    altered = frame.with_columns(pl.lit(other, frame.schema[column]).alias(column))

    with pytest.raises(NotKept, match="do not hash to its receipts root"):
        rebuilt(replace(batch, transactions=altered), 100)


def test_an_altered_transaction_does_not_hash_to_its_root() -> None:
    batch = verified_batch(1, [recorded_block("mainnet/19426587.json.gz")], None, Rules(), lambda *_: None)
    altered = batch.transactions.with_columns(input=pl.col("input") + b"\x00")

    with pytest.raises(NotKept, match="do not hash to its transactions root"):
        rebuilt(replace(batch, transactions=altered), batch.first)


def test_no_transaction_that_was_proved_lacks_its_envelope() -> None:
    batch = verified_batch(1, [recorded_block("mainnet/19426587.json.gz")], None, Rules(), lambda *_: None)

    assert batch.blocks["transactions_proof"].to_list() == ["root"]
    assert batch.transactions["envelope"].null_count() == 0
    assert read(ETHEREUM, MadeBlock(receipts=[paid(0)]).answer()).transactions["envelope"].to_list() == [None]


@pytest.mark.parametrize("input_", [b"", b"\x01", b"abc", b"ab" * 400])
def test_an_input_is_put_back_where_it_stood(input_: bytes) -> None:
    envelope = b"\x02\xf8ab" + input_ + b"abc\x01"

    kept = without_input(envelope, input_)
    assert with_input(kept, input_) == envelope
    assert len(kept) == len(envelope) - len(input_) + 2
