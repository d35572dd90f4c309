"""Proof: a real mainnet block holds, and not the smallest change to it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import polars as pl
import pytest

from ingest import frames, rlp
from ingest.answers import BlockAnswer, LogAnswer, ReceiptAnswer
from ingest.errors import ProofFailed
from ingest.proof import prove, receipts_root
from ingest.trie import EMPTY_ROOT, keccak, ordered_root
from tests.fixtures.mainnet import recorded_block, recorded_json
from tests.fixtures.town import ETHER, Town

MAINNET = "ethereum_etl/17173049.json.gz"
change = msgspec.structs.replace


def test_the_receipts_of_a_mainnet_block_hash_to_the_root_in_its_header() -> None:
    answer = recorded_block(MAINNET)

    assert "0x" + receipts_root(answer.receipts).hex() == answer.block.receipts_root
    # the recording has no mixHash and no withdrawalsRoot, so that its header cannot be hashed
    assert prove(answer, "a file") == "receipts-root"


def test_its_114_token_transfers_are_what_ethereum_etl_extracts() -> None:
    answer = recorded_block(MAINNET)
    tokens = frames.batch(1, [answer], ["none"]).transfers.filter(
        pl.col("standard").is_in(["erc20", "erc721"])
    )

    ours = [
        {
            "token": "0x" + row["token"].hex(),
            "sender": "0x" + row["from_address"].hex(),
            "recipient": "0x" + row["to_address"].hex(),
            # ethereum-etl calls the id of an ERC-721 token its value
            "value": str(
                int.from_bytes(row["amount"] if row["token_id"] is None else row["token_id"], "big")
            ),
            "tx": "0x" + row["transaction_hash"].hex(),
            "log_index": row["log_index"],
        }
        for row in tokens.iter_rows(named=True)
    ]
    assert len(ours) == 114
    assert ours == recorded_json("ethereum_etl/17173049.transfers.json")


def _log_removed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return _with_logs(receipts, lambda logs: logs[:-1])


def _topic_bit_flipped(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    def flip(logs: list[LogAnswer]) -> list[LogAnswer]:
        topic = logs[0].topics[1]
        flipped = f"0x{int(topic, 16) ^ 1:064x}"
        return [change(logs[0], topics=[logs[0].topics[0], flipped, *logs[0].topics[2:]]), *logs[1:]]

    return _with_logs(receipts, flip)


def _logs_swapped(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return _with_logs(receipts, lambda logs: [logs[1], logs[0], *logs[2:]])


def _status_changed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return [change(receipts[0], status="0x0"), *receipts[1:]]


def _gas_changed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return [change(receipts[0], cumulative_gas_used="0x1"), *receipts[1:]]


def _type_changed(receipts: list[ReceiptAnswer]) -> list[ReceiptAnswer]:
    return [change(receipts[0], type="0x1"), *receipts[1:]]


@pytest.mark.parametrize(
    "lie", [_log_removed, _topic_bit_flipped, _logs_swapped, _status_changed, _gas_changed, _type_changed]
)
def test_changed_receipts_are_refused(lie: Callable[[list[ReceiptAnswer]], list[ReceiptAnswer]]) -> None:
    answer = recorded_block(MAINNET)

    with pytest.raises(
        ProofFailed, match="block 17173049 from http://node:1 cannot be proved: its receipts hash to"
    ):
        prove(replace(answer, receipts=lie(answer.receipts)), "http://node:1")


def test_a_dropped_receipt_is_refused() -> None:
    answer = recorded_block(MAINNET)

    with pytest.raises(ProofFailed, match="it has 116 transactions and 115 receipts"):
        prove(replace(answer, receipts=answer.receipts[:-1]), "node")


def test_a_receipt_of_another_block_or_transaction_is_refused() -> None:
    answer = recorded_block(MAINNET)
    first, second, *rest = answer.receipts

    with pytest.raises(ProofFailed, match="receipt 0 is of block 0xff, not"):
        prove(replace(answer, receipts=[change(first, block_hash="0xff"), second, *rest]), "node")
    with pytest.raises(ProofFailed, match="receipt 0 is not of its transaction"):
        prove(replace(answer, receipts=[second, first, *rest]), "node")


@pytest.mark.chain
def test_blocks_of_a_real_node_are_proved_to_the_header_and_no_field_can_be_changed(town: Town) -> None:
    from ingest.nodes import Node

    at = town.wraps("alice", ETHER).head
    (answer,) = Node(town.url).fetch(at, at)
    assert prove(answer, town.url) == "header"

    changed = {
        "parent_hash": "0x" + "1" * 64,
        "miner": "0x" + "1" * 40,
        "state_root": "0x" + "1" * 64,
        "transactions_root": "0x" + "1" * 64,
        "logs_bloom": "0x" + "0" * 512,
        "gas_used": "0x1",
        "timestamp": "0x1",
        "number": "0x1",
        "base_fee_per_gas": "0x1",
        "hash": None,
    }
    for field, value in changed.items():
        with pytest.raises(ProofFailed, match=r"header does not hash|receipt 0 is of block"):
            prove(replace(answer, block=_altered(answer.block, field, value)), town.url)


def test_a_receipt_before_byzantium_holds_a_state_root_instead_of_a_status() -> None:
    root = "0x" + "ab" * 32
    receipt = ReceiptAnswer("0xb", "0xa", "0x0", "0x5208", [], root=root)

    # by hand: [root, 0x5208, bloom of 256 zeros, []], in a trie of one leaf with key rlp(0) = 0x80
    body = rlp.encode([b"\xab" * 32, b"\x52\x08", bytes(256), []])
    leaf = rlp.encode([b"\x20\x80", body])
    assert receipts_root([receipt]) == keccak(leaf)


def test_an_empty_block_has_the_empty_root() -> None:
    assert ordered_root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"", "80"),
        (b"\x00", "00"),
        (b"\x7f", "7f"),
        (b"\x80", "8180"),
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        ([], "c0"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (b"a" * 56, "b838" + "61" * 56),
        ([b"a" * 56], "f83a" + "b838" + "61" * 56),
    ],
)
def test_rlp_is_as_in_the_yellow_paper(item: rlp.Item, encoded: str) -> None:
    assert rlp.encode(item).hex() == encoded


def _altered(block: BlockAnswer, field: str, value: str | None) -> BlockAnswer:
    return change(block, **{field: "0x" + "2" * 64 if value is None else value})


def _with_logs(
    receipts: list[ReceiptAnswer], lie: Callable[[list[LogAnswer]], list[LogAnswer]]
) -> list[ReceiptAnswer]:
    """The first receipt that holds two logs tells something else of them."""
    at = next(n for n, receipt in enumerate(receipts) if len(receipt.logs) > 1)
    return [*receipts[:at], change(receipts[at], logs=lie(receipts[at].logs)), *receipts[at + 1 :]]
