"""Rows with names: their order, whom they name by which number, and what of calls inside is among them."""

from __future__ import annotations

from random import Random
from typing import Any

import polars as pl
import pytest

from detectors.parts.contract import Kind, Seen
from ingest.model.batch import Batch
from tests.detectors.seen.looking import pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, WETH, lived

ALICE, BOB, SHOP, TOKEN = (address(name) for name in ("alice", "bob", "shop", "token"))


def kinds(view: Seen) -> list[str]:
    return [Kind(kind).name for kind in view.rows["kind"].tolist()]


def test_the_transaction_comes_first_then_calls_inside_then_logs() -> None:
    market = lived(1, 0)
    market.chain.block()
    market.traced.add(market.chain.head)
    market.buys_with_coin(ALICE, market.pools[0], ETHER)
    view = seen(market.batch(), None, "net")
    last = view.transactions["number"][-1] == view.rows["transaction"]
    assert [kind for kind, own in zip(kinds(view), last, strict=True) if own] == [
        "TRANSACTION", "INNER_VALUE", "WETH_DEPOSIT", "ERC20", "ERC20", "SYNC", "SWAP_V2",
    ]  # fmt: skip


def test_a_failed_transaction_keeps_its_row_and_moves_nothing() -> None:
    view = seen(ChainBuilder().block().native(ALICE, BOB, ETHER, status=0).batch(), None, "net")
    assert kinds(view) == ["TRANSACTION"]
    assert not view.rows["flag"][0]
    assert [view.address(int(view.rows[place][0])) for place in ("source", "target")] == [ALICE, BOB]
    assert not view.of("net")["changes"]["transaction"].size


def test_numbers_are_given_in_the_order_of_rows_and_of_places_in_them() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, ETHER)
    chain.erc20(TOKEN, SHOP, ALICE, 5, by=BOB)
    view = seen(chain.batch(), None, "net")
    # 0 is the zero address; alice signs, bob is paid; bob signs, the token is called; the shop pays.
    assert [view.address(n) for n in range(5)] == [bytes(20), ALICE, BOB, TOKEN, SHOP]


def test_a_contract_that_is_created_is_the_target_and_knows_who_made_it() -> None:
    view = seen(ChainBuilder().block().creates(ALICE, SHOP, ETHER).batch(), None, "net")
    rows = view.rows
    assert view.address(int(rows["target"][0])) == view.address(int(rows["third"][0])) == SHOP


def test_a_selector_is_the_first_four_bytes_of_the_call_data() -> None:
    batch = ChainBuilder().block().native(ALICE, BOB, 1).native(ALICE, BOB, 2).batch()
    called = batch.transactions.with_columns(input=pl.Series([b"\xa9\x05\x9c", bytes.fromhex("a9059cbb00")]))
    view = seen(Batch(batch.blocks, called, batch.logs), None, "net")
    assert view.transactions["selector"].tolist() == [-1, 0xA9059CBB]


def test_a_deposit_of_a_contract_that_wraps_nothing_is_no_row() -> None:
    chain = ChainBuilder().block().deposit_log(SHOP, ALICE, ETHER).deposit(WETH, ALICE, ETHER)
    view = seen(chain.batch(), None, "net")
    assert kinds(view) == ["TRANSACTION", "TRANSACTION", "WETH_DEPOSIT"]
    assert view.rows["money"][2] == 0 != view.rows["asset"][2]


@pytest.mark.parametrize("seed", range(3))
def test_rows_say_what_the_frames_say(seed: int) -> None:
    """Every transfer of the frames is a row, in the same order, and nothing else moves value."""
    batch = lived(seed, 60).batch()
    state = begun("net")
    for piece in pieces(batch, *range(19, batch.last, 20)):
        assert moved(seen(piece, state, "net")) == told(piece)


def moved(view: Seen) -> list[Any]:
    rows = view.evidence(view.rows["number"].tolist())
    standing = [row for row in rows if row.amount is not None and row.trace_index is None]
    return [
        (r.block_number, r.transaction_hash, r.log_index, r.index_in_log, r.kind, r.token, r.from_address,
         r.to_address, r.amount)
        for r in standing
    ]  # fmt: skip


def told(batch: Batch) -> list[Any]:
    names = ("block_number", "transaction_hash", "log_index", "index_in_log", "standard", "token",
             "from_address", "to_address", "amount")  # fmt: skip
    return list(batch.transfers.select(names).iter_rows())


@pytest.mark.parametrize("seed", range(3))
def test_rows_numbers_and_names_are_the_same_wherever_pieces_are_cut(seed: int) -> None:
    batch, rng = lived(seed, 60).batch(), Random(seed)
    expected = _rows(batch, [])
    assert _rows(batch, list(range(batch.first, batch.last))) == expected
    assert _rows(batch, rng.sample(range(batch.first, batch.last), 11)) == expected


def _rows(batch: Batch, ends: list[int]) -> list[Any]:
    state, found = begun("net"), dict[str, list[Any]]()
    for piece in pieces(batch, *ends, *range(19, batch.last, 20)):
        for name, column in seen(piece, state, "net").rows.items():
            if name != "more":
                found.setdefault(name, []).extend(column.tolist())
    return [found, state.memory.digest()]


def test_items_have_numbers_of_their_own() -> None:
    chain = ChainBuilder().block()
    chain.erc1155(SHOP, ALICE, BOB, [(1, 5), (2, 5)]).erc1155(TOKEN, ALICE, BOB, [(1, 5)])
    chain.erc721(SHOP, ALICE, BOB, 2).erc20(TOKEN, ALICE, BOB, 1)
    view = seen(chain.batch(), None, "net")
    said = view.rows["kind"] != Kind.TRANSACTION
    assert view.rows["item"][said].tolist() == [0, 1, 2, 1, -1]


def test_traces_that_were_undone_move_nothing_and_a_creation_names_its_maker() -> None:
    market = lived(1, 0)
    market.chain.block()
    market.traced.add(market.chain.head)
    market._calls([(ALICE, SHOP, 0, "create"), (ALICE, BOB, 5, "call")])
    market.chain.native(ALICE, SHOP, 7, status=0)
    market._calls([(SHOP, TOKEN, 0, "create"), (SHOP, BOB, 5, "call"), (SHOP, BOB, 0, "call")])
    market.chain.native(ALICE, SHOP, 7)
    view = seen(market.batch(), None, "net")
    assert kinds(view)[-4:] == ["TRANSACTION", "TRANSACTION", "CREATION", "INNER_VALUE"]
    made = view.rows["target"][-2]
    assert view.address(int(made)) == TOKEN
    assert view.tier(market.chain.head) == "traces"
