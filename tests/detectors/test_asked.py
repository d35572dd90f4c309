"""A token transfer is its payer's own where the transaction asked for it: logs alone can say anything."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from detectors.parts.contract import Kind
from ingest.decode.shapes import signature
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, CAROL, USD = (address(name) for name in ("alice", "bob", "carol", "usd"))


def asked_for(chain: ChainBuilder, *call_data: bytes | None) -> list[bool]:
    """Of each transfer, in transactions that were called with this."""
    batch = chain.batch()
    data = pl.Series("input", call_data, dtype=pl.Binary)
    called = replace(batch, transactions=batch.transactions.with_columns(data))
    rows = seen(called, None, "net").rows
    asked: list[bool] = rows["asked"][rows["kind"] != Kind.TRANSACTION].tolist()
    return asked


def call(function: str, *arguments: bytes | int) -> bytes:
    return signature(function)[:4] + b"".join(map(word, arguments))


@pytest.mark.parametrize(
    ("data", "asked"),
    [
        (call("transfer(address,uint256)", BOB, 5), True),
        (call("transfer(address,uint256)", CAROL, 5), False),  # another payee
        (call("transferFrom(address,address,uint256)", ALICE, BOB, 5), True),
        (call("transferFrom(address,address,uint256)", BOB, ALICE, 5), False),
        (call("safeTransferFrom(address,address,uint256,bytes)", ALICE, BOB, 5, 128, 0), True),
        (call("transferAndCall(address,uint256,bytes)", BOB, 5, 96, 0), True),
        (call("claim(address)", BOB), False),  # whatever it then tells
        (call("transfer(address,uint256)")[:4], False),
        (b"", True),  # one transfer, and nothing known of the call
        (b"\x01", True),
        (None, True),
    ],
)
def test_one_transfer_to_bob(data: bytes | None, asked: bool) -> None:
    assert asked_for(ChainBuilder().block().erc20(USD, ALICE, BOB, 5), data) == [asked]


def test_several_transfers_are_asked_for_only_where_the_call_says_so() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, USD):
        chain.erc20(USD, ALICE, BOB, 5).erc20(USD, ALICE, CAROL, 1)  # a fee
    assert asked_for(chain, call("transfer(address,uint256)", BOB, 6)) == [True, False]
    assert asked_for(chain, None) == [False, False]


def test_items_of_one_log_are_one_transfer() -> None:
    assert asked_for(ChainBuilder().block().erc1155(USD, ALICE, BOB, [(1, 5), (2, 5)]), b"") == [True, True]


def test_what_somebody_else_calls_or_another_contract_tells_was_not_asked_for() -> None:
    chain = ChainBuilder().block().erc20(USD, ALICE, BOB, 5, by=CAROL)
    chain.erc20(USD, ALICE, BOB, 5, via=CAROL)
    data = call("transfer(address,uint256)", BOB, 5)
    assert asked_for(chain, data, data) == [False, False]
