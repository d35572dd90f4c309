"""Deposits and withdrawals: whose count as movements of tokens, and that each movement counts once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import decode, schema
from ingest.model.batch import Batch
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, MALLORY = address("alice"), address("bob"), address("mallory")
WETH, BANK, COIN, ROUTER = (address(name) for name in ("weth", "bank", "coin", "router"))
MAINNET_WETH = bytes.fromhex("c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")
WBNB = bytes.fromhex("bb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c")
NOBODY = schema.ZERO_ADDRESS

Call = tuple[str, bytes, bytes, int, bool]
"""Kind of call, who calls, who is called, wei, whether it was undone."""


def wraps(batch: Batch) -> list[tuple[object, ...]]:
    """(token, from, to, amount) of the deposits and withdrawals that count."""
    moved = batch.transfers.filter(pl.col("standard") == "weth")
    rows = moved.select("token", "from_address", "to_address", "amount").rows()
    return [(token, payer, payee, int.from_bytes(amount, "big")) for token, payer, payee, amount in rows]


def says_deposit(chain: ChainBuilder, token: bytes, owner: bytes, amount: int) -> ChainBuilder:
    """The log alone: no value and no fact comes with it."""
    return chain.log(token, (decode.DEPOSIT, word(owner)), word(amount), owner)


def says_withdrawal(chain: ChainBuilder, token: bytes, owner: bytes, amount: int) -> ChainBuilder:
    return chain.log(token, (decode.WITHDRAWAL, word(owner)), word(amount), owner)


def traced(batch: Batch, calls: Sequence[Sequence[Call]]) -> Batch:
    """`batch` with these calls inside each of its transactions, in order."""
    places = batch.transactions.select(
        "chain_id", "block_number", "timestamp", "transaction_index", "transaction_hash"
    ).rows()
    rows = [
        (*place, at, 0, kind, payer, payee, word(wei), float(wei), 0, b"", None, undone)
        for place, inside in zip(places, calls, strict=True)
        for at, (kind, payer, payee, wei, undone) in enumerate(inside)
    ]
    return batch.with_facts(traces=pl.DataFrame(rows, schema=schema.TRACES.schema, orient="row"))


def test_a_bank_that_says_deposit_moves_no_tokens_though_the_value_reaches_it() -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, BANK, wei=10):
        says_deposit(chain, BANK, ALICE, 10)
    says_withdrawal(chain, BANK, ALICE, 4)

    batch = chain.batch()
    assert batch.transfers["standard"].to_list() == ["native"]
    assert batch.logs.height == 2


def test_what_wraps_the_coin_of_one_chain_wraps_nothing_on_another() -> None:
    for chain_id, own, other in ((1, MAINNET_WETH, WBNB), (56, WBNB, MAINNET_WETH)):
        chain = ChainBuilder(chain_id)
        for token in (own, other):
            says_withdrawal(says_deposit(chain, token, ALICE, 10), token, ALICE, 4)

        assert wraps(chain.batch()) == [(own, NOBODY, ALICE, 10), (own, ALICE, NOBODY, 4)]


@pytest.mark.parametrize("chain_id", [1, 31338])
@pytest.mark.parametrize("how", [decode.BY_SETTING, decode.BY_CODE])
def test_what_is_told_to_wrap_the_coin_counts_in_the_blocks_it_is_told_with(chain_id: int, how: str) -> None:
    chain = ChainBuilder(chain_id)
    says_deposit(chain, WETH, ALICE, 10).wraps(WETH, how)
    says_withdrawal(chain.block(), WETH, ALICE, 4)

    assert wraps(chain.batch()) == [(WETH, NOBODY, ALICE, 10)]
    assert wraps(says_withdrawal(chain.block().wraps(WETH, how), WETH, ALICE, 1).batch(first=3)) == [
        (WETH, ALICE, NOBODY, 1)
    ]


def test_what_only_calls_itself_a_token_counts_where_exactly_that_value_reaches_it() -> None:
    chain = ChainBuilder(31338)
    for wei, told in ((10, 10), (10, 11), (0, 0), (0, 5)):
        with chain.transaction(ALICE, COIN, wei=wei):
            says_deposit(chain, COIN, ALICE, told)
    with chain.transaction(ALICE, ROUTER, wei=7):
        says_deposit(chain, COIN, ALICE, 7)

    assert wraps(chain.wraps(COIN, decode.BY_VALUE).batch()) == [(COIN, NOBODY, ALICE, 10)]


def test_one_value_stands_for_one_deposit_the_first() -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, COIN, wei=10):
        says_deposit(says_deposit(chain, COIN, BOB, 10), COIN, ALICE, 10)

    assert wraps(chain.wraps(COIN, decode.BY_VALUE).batch()) == [(COIN, NOBODY, BOB, 10)]


def test_calls_inside_say_which_value_came_and_which_left() -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, ROUTER, wei=30):
        for _ in range(3):
            says_deposit(chain, COIN, ROUTER, 10)
        for _ in range(2):
            says_withdrawal(chain, COIN, ROUTER, 4)
    batch = chain.wraps(COIN, decode.BY_VALUE).batch()
    calls: list[Call] = [
        ("call", ALICE, ROUTER, 30, False),
        ("call", ROUTER, COIN, 10, False),
        ("call", ROUTER, COIN, 10, False),
        ("call", ROUTER, COIN, 10, True),
        ("call", COIN, ROUTER, 4, False),
    ]

    assert wraps(batch) == []
    assert wraps(traced(batch, [calls])) == [
        (COIN, NOBODY, ROUTER, 10),
        (COIN, NOBODY, ROUTER, 10),
        (COIN, ROUTER, NOBODY, 4),
    ]


def test_a_traced_transaction_is_not_counted_beside_its_own_call() -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, COIN, wei=10):
        says_deposit(says_deposit(chain, COIN, ALICE, 10), COIN, ALICE, 10)
    batch = traced(chain.wraps(COIN, decode.BY_VALUE).batch(), [[("call", ALICE, COIN, 10, False)]])

    assert wraps(batch) == [(COIN, NOBODY, ALICE, 10)]


@pytest.mark.parametrize("minter", [NOBODY, COIN], ids=["from nobody", "from its contract"])
@pytest.mark.parametrize("deposit_first", [True, False])
@pytest.mark.parametrize("how", [decode.BY_CODE, decode.BY_SETTING, decode.BY_VALUE])
def test_a_deposit_beside_the_transfer_of_the_same_movement_counts_once(
    minter: bytes, deposit_first: bool, how: str
) -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, COIN, wei=10):
        if deposit_first:
            says_deposit(chain, COIN, ALICE, 10)
        chain.erc20(COIN, minter, ALICE, 10)
        if not deposit_first:
            says_deposit(chain, COIN, ALICE, 10)

    batch = chain.wraps(COIN, how).batch()
    assert batch.transfers["standard"].to_list() == ["native", "erc20"]


@pytest.mark.parametrize("burner", [NOBODY, MAINNET_WETH], ids=["to nobody", "to its contract"])
def test_a_withdrawal_beside_the_transfer_of_the_same_movement_counts_once(burner: bytes) -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, MAINNET_WETH):
        says_withdrawal(chain, MAINNET_WETH, ALICE, 10).erc20(MAINNET_WETH, ALICE, burner, 10)

    assert chain.batch().transfers["standard"].to_list() == ["erc20"]


def test_of_three_deposits_beside_two_transfers_one_counts() -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, ROUTER):
        for _ in range(3):
            says_deposit(chain, WETH, ALICE, 10)
        for _ in range(2):
            chain.erc20(WETH, NOBODY, ALICE, 10)

    batch = chain.wraps(WETH).batch()
    assert wraps(batch) == [(WETH, NOBODY, ALICE, 10)]
    assert batch.transfers.height == 3


def test_other_transfers_say_nothing_of_a_deposit() -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, WETH, wei=10):
        says_deposit(chain, WETH, ALICE, 10)
        chain.erc20(WETH, NOBODY, ALICE, 11).erc20(WETH, NOBODY, BOB, 10).erc20(WETH, ALICE, BOB, 10)
        chain.erc20(COIN, NOBODY, ALICE, 10).erc20(WETH, ALICE, NOBODY, 10)
    chain.erc20(WETH, NOBODY, ALICE, 10)

    assert wraps(chain.wraps(WETH).batch()) == [(WETH, NOBODY, ALICE, 10)]


def test_a_value_that_a_transfer_tells_of_stands_for_no_second_deposit() -> None:
    """mallory's token mints bob ten by a Transfer, and says that as many were deposited for mallory."""
    chain = ChainBuilder()
    with chain.transaction(BOB, COIN, wei=10):
        chain.erc20(COIN, NOBODY, BOB, 10)
        says_deposit(says_deposit(chain, COIN, MALLORY, 10), COIN, BOB, 10)

    assert wraps(chain.wraps(COIN, decode.BY_VALUE).batch()) == []


def test_facts_that_come_later_are_not_too_late() -> None:
    chain = ChainBuilder()
    with chain.transaction(ALICE, ROUTER):
        says_deposit(chain, COIN, ALICE, 10)
    batch = chain.batch()
    assert batch.transfers.height == 0

    told = batch.with_facts(wrapped_natives=chain.wraps(COIN, decode.BY_VALUE).batch().wrapped_natives)
    assert told.transfers.height == 0
    assert wraps(traced(told, [[("call", ALICE, COIN, 10, False)]])) == [(COIN, NOBODY, ALICE, 10)]


def test_a_block_of_very_many_wrapped_coins_is_decoded_like_any_other() -> None:
    """Copies of a wrapped coin cost little: a thousand of them fit into a block."""
    chain = ChainBuilder(31338)
    copies = [address(f"copy {n}") for n in range(3000)]
    with chain.transaction(MALLORY, ROUTER):
        for copy in copies:
            says_deposit(chain, copy, MALLORY, 1).wraps(copy)

    assert [token for token, *_ in wraps(chain.batch())] == copies


KINDS = ("deposit", "withdrawal", "mint", "burn")


@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(KINDS), st.sampled_from([WETH, COIN, BANK, MAINNET_WETH]), st.integers(1, 2)
            ),
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 4),
)
@settings(max_examples=40, deadline=None)
def test_wherever_batches_are_cut_the_same_counts(
    blocks: list[list[tuple[str, bytes, int]]], size: int
) -> None:
    chain = ChainBuilder()
    for moves in blocks:
        chain.block().wraps(WETH).wraps(COIN, decode.BY_VALUE)
        with chain.transaction(ALICE, COIN, wei=1):
            for move in moves:
                _plays(chain, *move)

    pieces = pl.concat([batch.transfers for batch in chain.batches(size)])
    assert pieces.equals(chain.batch().transfers)
    assert wraps(chain.batch()) == list(_counted_by_hand(blocks))


def _plays(chain: ChainBuilder, kind: str, token: bytes, amount: int) -> None:
    if kind == "deposit":
        says_deposit(chain, token, ALICE, amount)
    elif kind == "withdrawal":
        says_withdrawal(chain, token, ALICE, amount)
    else:
        ends = (NOBODY, ALICE) if kind == "mint" else (ALICE, NOBODY)
        chain.erc20(token, *ends, amount)


def _counted_by_hand(blocks: list[list[tuple[str, bytes, int]]]) -> Iterator[tuple[object, ...]]:
    """The rule again, log by log: one wei reaches COIN in each block, and what a Transfer tells is told."""
    for moves in blocks:
        left = {move: -moves.count((_twin(move[0]), *move[1:])) for move in moves}
        wei = 1 - moves.count(("mint", COIN, 1))
        for move in moves:
            kind, token, amount = move
            if kind not in ("deposit", "withdrawal") or token == BANK:
                continue
            left[move] += 1
            if left[move] <= 0:
                continue
            if token == COIN and (kind, amount, wei > 0) != ("deposit", 1, True):
                continue
            wei -= token == COIN
            yield (token, NOBODY, ALICE, amount) if kind == "deposit" else (token, ALICE, NOBODY, amount)


def _twin(kind: str) -> str:
    return {"deposit": "mint", "withdrawal": "burn"}.get(kind, "")


def test_the_table_is_what_the_schema_says() -> None:
    chain = ChainBuilder().deposit(WETH, ALICE, 10).withdrawal(WETH, ALICE, 4)
    for batch in (chain.batch(), replace(chain.batch(), wrapped_natives=schema.WRAPPED_NATIVES.empty())):
        assert dict(batch.transfers.schema) == schema.TRANSFERS.schema
        schema.conform(schema.TRANSFERS, batch.transfers)
