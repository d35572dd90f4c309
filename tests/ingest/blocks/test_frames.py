"""Frames of answers that nobody proved: what cannot be true becomes harmless, or one clear line."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from ingest.blocks import frames
from ingest.blocks.answers import Answer, BlockAnswer, ReceiptAnswer, TransactionAnswer
from ingest.blocks.verify import Rules, Verify, verified_batch
from ingest.model.errors import NodeMisbehaved

HASH = "0x" + "ab" * 32


def block(*cumulative_gas: int, receipts: int | None = None) -> Answer:
    """Block 5 with a transaction for each of the figures, and so many of their receipts (default: all)."""
    sent = [
        TransactionAnswer(
            hash=HASH, sender="0x" + "a1" * 20, to="0x" + "b2" * 20, value="0x0", nonce="0x0", gas="0x5208",
            input="0x",
        )
        for _ in cumulative_gas
    ]  # fmt: skip
    header = BlockAnswer(
        number="0x5", hash=HASH, parent_hash=HASH, state_root=HASH, transactions_root=HASH,
        receipts_root=HASH, miner="0x" + "00" * 20, gas_limit="0x1c9c380", gas_used="0x0", timestamp="0x1",
        transactions=sent,
    )  # fmt: skip
    given = [
        ReceiptAnswer(
            block_hash=HASH, transaction_hash=HASH, transaction_index=hex(at), cumulative_gas_used=hex(gas),
            status="0x1",
        )
        for at, gas in enumerate(cumulative_gas)
    ]  # fmt: skip
    return Answer(header, given[:receipts], "http://node:1")


def test_gas_used_is_the_step_of_the_cumulative_gas_and_none_where_that_falls() -> None:
    batch = frames.batch(1, [block(21_000, 71_000, 60_000, 81_000)], ["none"])

    # steps by hand: 21,000; 50,000; -11,000, which no chain holds; 21,000 from 60,000 on
    assert batch.transactions["gas_used"].to_list() == [21_000, 50_000, 0, 21_000]


@pytest.mark.parametrize("verify", ["off", "warn"])
def test_a_missing_receipt_is_one_clear_line_also_where_nothing_must_be_proved(verify: Verify) -> None:
    answer = block(21_000, 42_000, receipts=1)

    with pytest.raises(NodeMisbehaved, match="http://node:1 gave block 5 with 2 transactions and 1 receipts"):
        verified_batch(1, [answer], None, Rules(verify), lambda _number, _reason, _source: None)


@pytest.mark.parametrize("gas", ["-0x1", "0x" + "f" * 17])
def test_a_number_that_its_column_cannot_hold_is_one_clear_line(gas: str) -> None:
    answer = block(21_000)
    answer = replace(answer, block=msgspec.structs.replace(answer.block, gas_used=gas))

    with pytest.raises(NodeMisbehaved, match=r"http://node:1 gave a block that is none: a gas_used is no UI"):
        verified_batch(1, [answer], None, Rules("off"), lambda _number, _reason, _source: None)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"sender": "0x" + "a1" * 19}, "one of its from_address is not of 20 bytes"),
        ({"to": "0x" + "a1" * 32}, "one of its to_address is not of 20 bytes"),
        ({"hash": "0xab"}, "one of its transaction_hash is not of 32 bytes"),
    ],
)
def test_a_transaction_whose_address_or_hash_is_none_is_one_clear_line(
    wrong: dict[str, str], what: str
) -> None:
    answer = block(21_000)
    sent = [msgspec.structs.replace(answer.block.transactions[0], **wrong)]
    answer = replace(answer, block=msgspec.structs.replace(answer.block, transactions=sent))

    with pytest.raises(NodeMisbehaved, match=f"http://node:1 gave a block that is none: {what}"):
        verified_batch(1, [answer], None, Rules("off"), lambda _number, _reason, _source: None)
