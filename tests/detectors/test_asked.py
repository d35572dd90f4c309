"""A token transfer is its payer's own where the transaction asked for it: logs alone can say anything."""

from __future__ import annotations

import polars as pl
import pytest

from detectors.parts.asked import asked_for
from ingest.decode.shapes import signature
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, CAROL, USD = (address(name) for name in ("alice", "bob", "carol", "usd"))


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
    transfers = ChainBuilder().block().erc20(USD, ALICE, BOB, 5).batch().transfers
    assert asked_for(transfers, pl.Series([data], dtype=pl.Binary)).tolist() == [asked]


def test_several_transfers_are_asked_for_only_where_the_call_says_so() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, USD):
        chain.erc20(USD, ALICE, BOB, 5).erc20(USD, ALICE, CAROL, 1)  # a fee
    transfers = chain.batch().transfers
    data = call("transfer(address,uint256)", BOB, 6)
    assert asked_for(transfers, pl.Series([data, data])).tolist() == [True, False]
    assert asked_for(transfers, pl.Series([None, None], dtype=pl.Binary)).tolist() == [False, False]


def test_items_of_one_log_are_one_transfer() -> None:
    transfers = ChainBuilder().block().erc1155(USD, ALICE, BOB, [(1, 5), (2, 5)]).batch().transfers
    assert asked_for(transfers, pl.Series([b"", b""])).tolist() == [True, True]
