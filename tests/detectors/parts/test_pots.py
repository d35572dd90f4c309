"""`pots`: who gave somebody money for nothing, and is paid by him later."""

from __future__ import annotations

from random import Random

import pytest

from detectors.kernels.signed_payments import GIVEN
from detectors.parts.contract import Kind, Seen
from detectors.parts.pots import Settings
from tests.detectors.seen.looking import whole
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, USD, lived

POT, ALICE, BOB, CAROL, HOST = (address(name) for name in ("pot", "alice", "bob", "carol", "host"))
READS = ("net", "trails", "pots")
LEAST = 2
MOVES = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.ERC20)


def back(chain: ChainBuilder) -> list[tuple[bytes, bytes, int]]:
    view = seen(chain.batch(), None, *READS)
    columns = view.of("pots").get("back", {})
    return [
        (view.address(pot), view.address(person), givers)
        for pot, person, givers in zip(
            *(columns[name].tolist() for name in ("pot", "person", "givers")), strict=True
        )
    ]


def plain(view: Seen) -> list[tuple[int, int, int, int]]:
    rows = whole(view.rows)
    payments = whole(view.of("trails").get("payments", {}))
    lines = [dict(zip(payments, one, strict=True)) for one in zip(*payments.values(), strict=True)]
    called = dict(zip(*(view.transactions[name].tolist() for name in ("number", "target")), strict=True))
    times = dict(zip(*(view.transactions[name].tolist() for name in ("number", "time")), strict=True))
    gave: dict[tuple[int, int], int] = {}
    pots: dict[int, tuple[int, int]] = {}
    found = []
    moved = [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]
    for number in view.transactions["number"].tolist():
        now = times[number]
        for row in (row for row in moved if row["transaction"] == number):
            done = row["kind"] != Kind.TRANSACTION or row["flag"]
            if row["kind"] in MOVES and done and row["amount"] and row["source"] != row["target"]:
                givers = _young(*pots.get(row["source"], (0, 0)), now)
                is_one = _young(1, gave.get((row["source"], row["target"]), 0), now)
                if row["source"] and givers >= LEAST and is_one:
                    found.append((row["number"], row["source"], row["target"], givers))
        for line in (one for one in lines if one["transaction"] == number and one["form"] == GIVEN):
            for pot in {line["payee"], *({called[number]} - {0, line["asset"]})}:
                if not _young(1, gave.get((pot, line["payer"]), 0), now):
                    pots[pot] = _young(*pots.get(pot, (0, 0)), now) + 1, now
                gave[pot, line["payer"]] = now
    return found


def _young(count: int, since: int, now: int) -> int:
    """What is known still: nothing of what was last touched longer ago than the part remembers."""
    return count if now - since <= Settings().horizon_s else 0


@pytest.mark.parametrize("seed", [1, 2])
def test_the_part_says_what_a_row_at_a_time_says(seed: int) -> None:
    market, rng = lived(seed, 60), Random(seed)
    people = [address(f"trader {n}") for n in range(7)]
    for _ in range(60):
        market.chain.block()
        giver, taker = rng.sample(people, 2)
        market.chain.native(giver, taker, rng.randint(1, 9))
    view = seen(market.batch(), None, *READS)
    table = view.of("pots")["back"]
    told = list(zip(*(table[name].tolist() for name in ("row", "pot", "person", "givers")), strict=True))
    assert told == plain(view)
    assert told


def test_who_gave_before_is_told_when_he_is_paid_once_two_have_given() -> None:
    chain = ChainBuilder().block().native(ALICE, POT, ETHER).native(POT, ALICE, 1)
    chain.block().native(BOB, POT, ETHER).native(POT, ALICE, 1).native(POT, CAROL, 1)
    assert back(chain) == [(POT, ALICE, 2)]


def test_who_got_something_for_it_gave_nothing() -> None:
    chain = ChainBuilder().block()
    for buyer in (ALICE, BOB):
        with chain.transaction(buyer, POT):
            chain.erc20(USD, buyer, POT, 5).erc20(address("share"), bytes(20), buyer, 5)
    chain.block().erc20(USD, POT, ALICE, 5)
    assert back(chain) == []


def test_a_contract_that_passes_it_on_was_given_to_as_well() -> None:
    chain = ChainBuilder().block()
    for n, giver in enumerate((ALICE, BOB, CAROL)):
        with chain.transaction(giver, POT):
            chain.erc20(USD, giver, POT, 5).erc20(USD, POT, ALICE if n else HOST, 5)
    assert back(chain) == [(POT, ALICE, 2)]
