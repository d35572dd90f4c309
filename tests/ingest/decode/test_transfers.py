"""Decoding, on frames made by hand: each standard, what must not be taken for it, and the order."""

from __future__ import annotations

import polars as pl
import pytest

from ingest import decode, schema
from ingest.model.batch import Batch
from tests.fixtures.frames import ChainBuilder, address, batch_data, word

ALICE, BOB, CAROL = address("alice"), address("bob"), address("carol")
USDC, WETH, ART = address("usdc"), address("weth"), address("art")
NOBODY = schema.ZERO_ADDRESS
MOST = 2**256 - 1


def rows(batch: Batch, *columns: str) -> list[tuple[object, ...]]:
    return batch.transfers.select(columns).rows()


def test_alice_pays_bob_in_ether() -> None:
    paid = ChainBuilder().native(ALICE, BOB, 5).batch()

    assert rows(paid, "standard", "token", "from_address", "to_address", "amount", "log_index") == [
        ("native", None, ALICE, BOB, word(5), schema.NATIVE_LOG_INDEX)
    ]


def test_a_reverted_payment_moved_nothing_but_one_before_byzantium_counts() -> None:
    chain = ChainBuilder().native(ALICE, BOB, 5, status=0).native(ALICE, CAROL, 6, status=None)

    assert rows(chain.batch(), "to_address") == [(CAROL,)]


def test_ether_sent_with_a_deployment_goes_to_the_contract() -> None:
    assert rows(ChainBuilder().creates(ALICE, ART, wei=9).batch(), "to_address", "amount") == [(ART, word(9))]


def test_a_payment_of_no_ether_is_no_transfer_but_one_of_no_tokens_is() -> None:
    chain = ChainBuilder().native(ALICE, BOB, 0).erc20(USDC, ALICE, BOB, 0)

    assert rows(chain.batch(), "standard", "amount") == [("erc20", word(0))]


def test_the_largest_amount_there_is_stays_exact() -> None:
    moved = ChainBuilder().erc20(USDC, ALICE, BOB, MOST).batch().transfers

    assert moved["amount"].to_list() == [b"\xff" * 32]
    assert moved["amount_float"].to_list() == [2.0**256]


def test_erc20_and_erc721_are_told_apart_by_their_topics() -> None:
    chain = ChainBuilder().erc20(USDC, ALICE, BOB, 7).erc721(ART, ALICE, BOB, 7)

    assert rows(chain.batch(), "standard", "amount", "token_id") == [
        ("erc20", word(7), None),
        ("erc721", word(1), word(7)),
    ]


def test_an_erc1155_transfer_names_owner_and_receiver_not_the_operator() -> None:
    chain = ChainBuilder().erc1155(ART, ALICE, BOB, [(3, 40)], by=CAROL)

    assert rows(chain.batch(), "standard", "from_address", "to_address", "token_id", "amount") == [
        ("erc1155", ALICE, BOB, word(3), word(40))
    ]


def test_an_erc1155_batch_is_a_row_for_each_id() -> None:
    chain = ChainBuilder().erc1155(ART, ALICE, BOB, [(3, 40), (4, 50), (3, 60)])

    assert rows(chain.batch(), "log_index", "index_in_log", "token_id", "amount") == [
        (0, 0, word(3), word(40)),
        (0, 1, word(4), word(50)),
        (0, 2, word(3), word(60)),
    ]


def test_the_arrays_of_a_batch_are_found_by_their_offsets() -> None:
    # amounts before ids, a gap between, and a tail that nobody asked for: valid ABI, if unusual
    data = word(192) + word(64) + word(1) + word(50) + word(0xDEAD) + word(0) + word(1) + word(4) + b"tail"
    chain = ChainBuilder().log(ART, _batch_topics(), data, by=ALICE)

    assert rows(chain.batch(), "token_id", "amount") == [(word(4), word(50))]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        word(64),
        batch_data([(1, 2), (3, 4)])[:-1],
        word(64) + word(128) + word(2**255) + word(1) + word(1) + word(1),
        word(2**64 - 32) + word(128) + word(1) + word(1) + word(1) + word(1),
        word(64) + word(128) + word(1) + word(1) + word(2) + word(1) + word(1),
        batch_data([]),
    ],
    ids=[
        "nothing",
        "one word",
        "cut short",
        "absurd count",
        "absurd offset",
        "unequal counts",
        "empty arrays",
    ],
)
def test_a_malformed_or_empty_batch_is_not_decoded(data: bytes) -> None:
    batch = ChainBuilder().log(ART, _batch_topics(), data, by=ALICE).batch()

    assert batch.transfers.height == 0
    assert batch.logs.height == 1


def test_wrapping_mints_weth_and_unwrapping_burns_it() -> None:
    chain = ChainBuilder().deposit(WETH, ALICE, 10).withdrawal(WETH, ALICE, 4)

    assert rows(chain.batch(), "standard", "from_address", "to_address", "amount") == [
        ("native", ALICE, WETH, word(10)),
        ("weth", NOBODY, ALICE, word(10)),
        ("weth", ALICE, NOBODY, word(4)),
    ]


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        ((decode.TRANSFER, word(ALICE)), word(1) + word(2)),
        ((decode.TRANSFER, word(ALICE), word(BOB)), b""),
        ((decode.TRANSFER, word(ALICE), word(BOB)), word(1) + b"\0"),
        ((decode.TRANSFER, word(ALICE), word(BOB), word(1)), word(1)),
        ((decode.TRANSFER, b"\1" * 32, word(BOB)), word(1)),
        ((decode.TRANSFER, word(ALICE), b"\1" * 32), word(1)),
        ((decode.TRANSFER, word(ALICE), b"\1" * 32, word(1)), b""),
        ((decode.TRANSFER_SINGLE, word(ALICE), word(ALICE), word(BOB)), word(1)),
        ((decode.TRANSFER_SINGLE, b"\1" * 32, word(ALICE), word(BOB)), word(1) + word(1)),
        ((decode.TRANSFER_SINGLE, word(ALICE), word(BOB)), word(1) + word(1)),
        ((decode.DEPOSIT, word(ALICE), word(BOB)), word(1)),
        ((decode.DEPOSIT, word(ALICE)), word(1) + word(1)),
        ((decode.WITHDRAWAL, b"\1" * 32), word(1)),
        ((decode.WITHDRAWAL,), word(ALICE) + word(1)),
        ((), b""),
        ((word(1), word(ALICE), word(BOB)), word(1)),
    ],
)
def test_a_log_of_another_shape_is_kept_and_not_decoded(topics: tuple[bytes, ...], data: bytes) -> None:
    batch = ChainBuilder().log(USDC, topics, data, by=ALICE).batch()

    assert batch.logs.height == 1
    assert batch.transfers.height == 0


def test_transfers_come_in_the_order_of_the_chain() -> None:
    chain = ChainBuilder().block().erc20(USDC, ALICE, BOB, 1)
    with chain.transaction(ALICE, ART, wei=2):
        chain.erc20(USDC, ALICE, BOB, 3).erc1155(ART, ALICE, BOB, [(1, 4), (2, 5)]).withdrawal(WETH, BOB, 6)
    chain.block().native(BOB, ALICE, 7)

    expected = [
        (1, 0, 0, 0),
        (1, 1, -1, 0),
        (1, 1, 1, 0),
        (1, 1, 2, 0),
        (1, 1, 2, 1),
        (1, 1, 3, 0),
        (2, 0, -1, 0),
    ]
    assert rows(chain.batch(), *decode.ORDER) == expected
    assert [int.from_bytes(amount, "big") for amount in chain.batch().transfers["amount"]] == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
    ]


def test_the_table_is_what_the_schema_says_with_transfers_and_without() -> None:
    for chain in (
        ChainBuilder().block(),
        ChainBuilder().erc20(USDC, ALICE, BOB, 1).erc721(ART, BOB, ALICE, 2),
    ):
        transfers = chain.batch().transfers
        assert dict(transfers.schema) == schema.TRANSFERS.schema
        schema.conform(schema.TRANSFERS, transfers)


def test_cutting_the_blocks_elsewhere_changes_nothing() -> None:
    chain = ChainBuilder()
    for number in range(6):
        chain.block().erc20(USDC, ALICE, BOB, number).deposit(WETH, BOB, number).native(BOB, CAROL, number)

    pieces = pl.concat([batch.transfers for batch in chain.batches(size=2)])
    assert pieces.equals(chain.batch().transfers)


def _batch_topics() -> tuple[bytes, ...]:
    return (decode.TRANSFER_BATCH, word(ALICE), word(ALICE), word(BOB))
