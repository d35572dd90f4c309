"""The fast graph knows what the plain one knows, row by row, however the chain is cut."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from detectors.base import evidence_rows
from detectors.kernels import layout
from detectors.kernels.layout import Limits
from detectors.parts.features import Features, stream
from detectors.parts.graph import Graph
from detectors.parts.horizons import Horizons
from detectors.parts.ledger import Ledger
from ingest.model.batch import Batch
from tests.detectors.graphs import graph
from tests.detectors.oracle import Oracle
from tests.fixtures.frames import ChainBuilder, address

PEOPLE = [address(f"person {n}") for n in range(9)]
ALICE, BOB, CAROL, DAVE, ERIN = (address(name) for name in ("alice", "bob", "carol", "dave", "erin"))
USD, SHOP = address("usd"), address("shop")
SEEDS = range(12)


def random_chain(seed: int) -> ChainBuilder:
    """A hundred payments: money often goes on to where it just arrived, and sometimes rests too long."""
    rng, chain, here = Random(seed), ChainBuilder(), PEOPLE[0]
    people = PEOPLE[: rng.choice((4, 9))]
    for _ in range(100):
        if rng.random() < 0.6:
            chain.block(rng.choice((12, 12, 12, 300, 1900)))
        payer = here if rng.random() < 0.7 else rng.choice(people)
        payee = rng.choice([person for person in people if person != payer])
        amount, kind = rng.randint(1, 5), rng.random()
        if kind < 0.6:
            chain.native(payer, payee, amount)
        elif kind < 0.8:
            chain.erc20(USD, payer, payee, amount)
        elif kind < 0.9:
            chain.erc20(USD, payer, payee, amount, by=rng.choice(people))  # pulled, or sent by himself
        else:
            chain.erc20(USD, payer, payee, amount, via=SHOP)  # through a contract
        here = payee
    return chain


def seen(chain: ChainBuilder, limits: Limits | None = None) -> Features:
    return stream(chain.batch(), graph(), Ledger(), limits or Limits())


def column(chain: ChainBuilder, name: str) -> list[int]:
    return seen(chain).transfers[name].to_list()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_knows_what_the_plain_graph_knows(seed: int) -> None:
    features = seen(random_chain(seed))
    oracle = Oracle(Limits(), [])
    for row in features.transfers.iter_rows(named=True):
        expected = oracle.take(row)
        row["origin"] = features.addresses([row["origin"]])[0]
        assert {name: row[name] for name in expected} == expected, f"row {row['row']}"


def test_the_random_chains_hold_long_trails_gathering_and_hubs() -> None:
    rows = [row for seed in SEEDS for row in seen(random_chain(seed)).transfers.iter_rows(named=True)]
    assert max(row["depth"] for row in rows) >= 3
    assert max(row["gathered"] for row in rows) >= 2
    assert max(min(row["from_distinct_in"], row["from_distinct_out"]) for row in rows) >= layout.HUB_DEGREE


def test_the_cut_of_batches_changes_no_feature() -> None:
    chain = random_chain(3)
    whole = seen(chain)
    for size in (1, 4):
        town, ledger = graph(), Ledger()
        parts = [stream(batch, town, ledger, Limits()) for batch in chain.batches(size)]
        for name in ("transfers", "wallets"):
            joined = pl.concat([getattr(part, name).drop("row", strict=False) for part in parts])
            assert joined.equals(getattr(whole, name).drop("row", strict=False))


def test_money_passed_on_twice_is_two_deep_and_begins_with_the_first_payer() -> None:
    chain = ChainBuilder()
    chain.block().native(ALICE, BOB, 100)
    chain.block().native(BOB, CAROL, 80)
    chain.block().native(CAROL, DAVE, 40)  # half of 80: still passed on
    features = seen(chain)
    assert features.transfers["depth"].to_list() == [0, 1, 2]
    assert features.addresses(features.transfers["origin"].to_list()) == [ALICE] * 3


@pytest.mark.parametrize(
    ("amount", "seconds", "depth"),
    [
        (100, 1800, 1),  # all of it, after half an hour
        (50, 12, 1),  # half
        (49, 12, 0),  # less than half stays his own
        (101, 12, 0),  # more than came: other money
        (100, 1801, 0),  # rested longer than half an hour
    ],
)
def test_what_counts_as_passing_on(amount: int, seconds: int, depth: int) -> None:
    chain = ChainBuilder()
    chain.block().native(ALICE, BOB, 100)
    chain.block(seconds).native(BOB, CAROL, amount)
    assert column(chain, "depth") == [0, depth]


def test_a_wallet_with_more_than_eight_recent_transfers_passes_nothing_on() -> None:
    chain = ChainBuilder()
    chain.block().native(ALICE, BOB, 1000)
    for _ in range(4):
        chain.native(DAVE, BOB, 1).native(BOB, DAVE, 1)
    chain.native(BOB, CAROL, 900)  # the ninth recent transfer stands before it: 1 + 4 + 4
    assert column(chain, "depth")[-1] == 0


def test_money_pulled_by_another_or_sent_through_a_contract_is_not_passed_on() -> None:
    chain = ChainBuilder()
    chain.block().erc20(USD, ALICE, BOB, 100)
    chain.block().erc20(USD, BOB, CAROL, 100, by=DAVE)
    assert column(chain, "depth") == [0, 0]


def test_a_transfer_of_nothing_teaches_nothing() -> None:
    chain = ChainBuilder()
    chain.block().erc20(USD, ALICE, BOB, 0, by=CAROL)
    chain.block().erc20(USD, ALICE, BOB, 5)
    last = seen(chain).transfers.row(-1, named=True)
    assert (last["pair_count"], last["from_outs"], last["to_distinct_in"]) == (0, 0, 0)


def test_a_trail_is_copied_out_whole_newest_payment_last() -> None:
    chain = ChainBuilder()
    for payer, payee in ((ALICE, BOB), (BOB, CAROL), (CAROL, DAVE), (DAVE, ERIN)):
        chain.block().native(payer, payee, 100)
    trail = seen(chain).trails.filter(row=3)
    assert sorted(trail["from_address"].to_list()) == sorted([ALICE, BOB, CAROL, DAVE])
    assert {int.from_bytes(amount, "big") for amount in trail["amount"]} == {100}


def test_a_trail_names_the_movement_inside_of_a_log_and_what_it_was() -> None:
    chain = ChainBuilder()
    chain.block().erc1155(USD, ALICE, BOB, [(1, 5), (2, 100)])
    chain.block().erc1155(USD, BOB, CAROL, [(2, 60)])
    chain.block().native(CAROL, DAVE, 1)
    trails = seen(chain, Limits(gather_wallets=1)).trails
    rows = evidence_rows(trails)
    assert [(row.log_index, row.index_in_log) for row in rows] == [(0, 1), (0, 0)]
    assert {row.kind for row in rows} == {"erc1155"}
    assert {int.from_bytes(row.amount or b"", "big") for row in rows} == {100, 60}


def test_who_tops_up_for_gas_is_not_where_the_trail_began() -> None:
    chain = ChainBuilder()
    chain.block().native(ALICE, BOB, 100)
    chain.block().native(DAVE, BOB, 1)
    chain.block().native(BOB, CAROL, 100)
    features = seen(chain)
    assert features.transfers["depth"].to_list() == [0, 0, 1]
    assert features.addresses(features.transfers["origin"].to_list())[-1] == ALICE


def test_an_edge_is_out_of_reach_once_it_is_too_old_but_counts_stay() -> None:
    """With edges of a minute, money that rested seventy seconds is nobody's trail."""
    for seconds, depth in ((60, 1), (61, 0)):
        chain = ChainBuilder()
        chain.block().native(ALICE, BOB, 100)
        chain.block(seconds).native(BOB, ERIN, 100).native(ALICE, BOB, 1)
        known = take(chain.batch(), graph(Horizons(edges_s=60)))
        assert known.transfers["depth"].to_list() == [0, depth, 0]
        assert known.transfers["pair_count"].to_list() == [0, 0, 1]


def test_no_flood_of_transfers_ends_a_trail() -> None:
    chain = ChainBuilder()
    chain.block().native(ALICE, BOB, 100)
    for _ in range(70_000):
        chain.native(CAROL, DAVE, 1)
    chain.block().native(BOB, ERIN, 100)
    assert column(chain, "depth")[-1] == 1


def take(batch: Batch, graph: Graph) -> Features:
    return stream(batch, graph, Ledger(), Limits())
