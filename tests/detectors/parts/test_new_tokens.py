"""`new-tokens`, `sales` and `deployments` against plain Python on a market in which everything happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import pytest

from detectors.parts.baits import bait
from detectors.parts.bytecode import read
from detectors.parts.contract import Seen
from detectors.parts.deployments import wired
from ingest.model.batch import Batch
from tests.detectors.seen.looking import pieces
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import lived

ZERO = bytes(20)
ALICE, BOB, TOKEN, OTHER, DESK = (address(name) for name in ("alice", "bob", "token", "other", "desk"))
Place = tuple[bytes, int]


def pieces_seen(seed: int, *reads: str) -> tuple[Batch, Iterator[Seen]]:
    """Blocks of months, and what is seen of each piece while it is the newest: rows of the first ones are
    forgotten at the end.
    """
    batch, state = lived(seed, 60, makers=True).batch(), begun(*reads)
    return batch, (seen(piece, state, *reads) for piece in pieces(batch, *range(19, 60, 20)))


def places(views: Iterable[Seen], part: str, table: str) -> list[Place]:
    """Transaction and log of each line."""
    found: list[Place] = []
    for view in views:
        rows: Any = view.of(part).get(table, {}).get("row", [])
        found += [(each.transaction_hash, each.log_index) for each in view.evidence(list(rows))]
    return found


def newborn(batch: Batch) -> dict[bytes, int]:
    """Tokens that are new, by the time of the block that told of them: made by a transaction before, or with
    a bait.
    """
    times = dict(batch.blocks.select("block_number", "timestamp").iter_rows())
    made: dict[bytes, int] = {}
    for row in batch.transactions.filter(pl.col("contract_address").is_not_null()).iter_rows(named=True):
        if row["status"]:
            made.setdefault(row["contract_address"], row["block_number"])
    told: dict[bytes, int] = {}
    for fact in batch.token_metadata.iter_rows(named=True):
        is_made = made.get(fact["token"], 2**60) <= fact["block_number"]
        if is_made or bait(fact["name"], fact["symbol"]):
            told.setdefault(fact["token"], times[fact["block_number"]])
    return told


def is_new(told: dict[bytes, int], token: bytes | None, time: int) -> bool:
    return token in told and 0 <= time - told[token] <= 90 * 86_400


@pytest.mark.parametrize("seed", range(2))
def test_moves_are_all_transfers_of_what_was_made_here(seed: int) -> None:
    batch, views = pieces_seen(seed, "new-tokens")
    told, kinds = newborn(batch), ["erc20", "erc721", "erc1155"]
    expected = {
        (row["transaction_hash"], row["log_index"])
        for row in batch.transfers.filter(pl.col("standard").is_in(kinds)).iter_rows(named=True)
        if is_new(told, row["token"], row["timestamp"])
    }
    assert set(places(views, "new-tokens", "moves")) == expected
    assert len(expected) > 20


@pytest.mark.parametrize("seed", range(2))
def test_payments_at_the_door_are_those_with_a_call_that_was_done(seed: int) -> None:
    batch, views = pieces_seen(seed, "new-tokens")
    told, calls = newborn(batch), pl.col("input").bin.size() >= 4
    expected = {
        row["transaction_hash"]
        for row in batch.transactions.filter(calls & (pl.col("value_float") > 0)).iter_rows(named=True)
        if row["status"] and is_new(told, row["to_address"], row["timestamp"])
    }
    found = {place[0] for place in places(views, "new-tokens", "paid")}
    assert expected <= found
    assert expected


@pytest.mark.parametrize("seed", range(2))
def test_sales_are_items_whose_buyer_had_less_money_after(seed: int) -> None:
    batch, views = pieces_seen(seed, "sales")
    done = batch.transactions.filter(status=1)
    wei = dict(done.select("transaction_hash", "value_float").iter_rows())
    expected = [
        (row["transaction_hash"], row["log_index"])
        for row in batch.transfers.filter(standard="erc721").iter_rows(named=True)
        if wei.get(row["transaction_hash"]) and ZERO not in (row["from_address"], row["to_address"])
    ]
    assert places(views, "sales", "items") == expected
    assert len(expected) > 5


@pytest.mark.parametrize("seed", range(2))
def test_each_code_is_read_where_it_is_deployed(seed: int) -> None:
    batch, views = pieces_seen(seed, "deployments")
    told = batch.codes.filter(pl.col("code").is_not_null())
    code = dict(told.select("code_hash", "code").iter_rows())
    expected = [
        (who, read(code[each])) for who, each in batch.codes.select("address", "code_hash").iter_rows()
    ]
    found: list[tuple[bytes, int, list[bytes]]] = []
    for view in views:
        made: Any = view.of("deployments").get("made", {"row": []})
        found += [
            (view.address(int(made["contract"][line])), int(made["bits"][line]), wired(made, line))
            for line in range(len(made["row"]))
        ]
    assert found == [(who, said.bits, list(said.addresses[:6])) for who, said in expected]
    assert len(found) > 10


def test_the_token_that_was_used_first_is_the_twin_and_not_the_other_way_round() -> None:
    chain = ChainBuilder().block().creates(ALICE, TOKEN).metadata(TOKEN, "", "USDC")
    for number in range(5):
        chain.erc20(TOKEN, address(f"person {number}"), BOB, 5)
    chain.block().creates(BOB, OTHER).metadata(OTHER, "", "U\u0405DC").erc20(OTHER, ZERO, BOB, 5, by=BOB)
    view = seen(chain.batch(), None, "new-tokens")
    known = view.history("new-tokens.known")
    false = known.rows(view.number_of(OTHER, 2), 2)
    assert view.address(int(false["twin"][0])) == TOKEN
    assert (int(false["users"][0]), int(false["disguised"][0])) == (5, 1)
    assert int(known.rows(view.number_of(TOKEN, 2), 2)["twin"][0]) == -1


def test_a_desk_that_its_maker_made_later_is_a_door_and_a_stranger_s_is_none() -> None:
    chain = (
        ChainBuilder()
        .block()
        .creates(ALICE, TOKEN)
        .metadata(TOKEN, "", "T")
        .erc20(TOKEN, ZERO, BOB, 5, by=ALICE)
    )
    chain.block().creates(ALICE, DESK).creates(BOB, OTHER).block()
    for place in (DESK, OTHER):
        with chain.transaction(BOB, place, 7, data=b"clai"):
            pass
    view = seen(chain.batch(), None, "new-tokens")
    (paid,) = view.of("new-tokens")["paid"]["token"].tolist()
    assert view.address(paid) == TOKEN


def test_a_token_is_new_for_ninety_days() -> None:
    chain = (
        ChainBuilder()
        .block()
        .creates(ALICE, TOKEN)
        .metadata(TOKEN, "", "T")
        .erc20(TOKEN, ZERO, BOB, 5, by=ALICE)
    )
    chain.block(89 * 86_400).erc20(TOKEN, BOB, ALICE, 1).block(2 * 86_400).erc20(TOKEN, BOB, ALICE, 1)
    assert seen(chain.batch(), None, "new-tokens").of("new-tokens")["moves"]["row"].size == 2
