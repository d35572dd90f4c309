"""`tokens`: what happened to a token since it was made, against plain Python and in a few words."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from detectors.parts.contract import Kind, Seen
from detectors.parts.launches import Till, insiders, life_of, without_visits
from detectors.parts.people import People
from detectors.parts.tokens import What
from tests.contract.launches import launched, pays_in, second_pool, sells_taxed
from tests.contract.story import Names
from tests.detectors.seen.looking import whole
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, USD, lived

MALLORY, ALICE, BOB, CAROL = (address(name) for name in ("mallory", "alice", "bob", "carol"))
READS = ("net", "pools", "tokens")


def lines_of(view: Seen) -> list[dict[str, Any]]:
    columns = whole(view.of("tokens").get("lines", {}))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def plain(view: Seen) -> set[tuple[Any, ...]]:
    """Token, what, row, amounts, of all but liquidity: a row at a time."""
    columns = whole(view.rows)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found: set[tuple[Any, ...]] = set()
    for row in rows:
        if row["kind"] == Kind.ERC20 and row["money"]:
            if row["source"] == 0 or row["target"] == 0:
                what = What.BURNT if row["source"] else What.MINTED
                found.add((row["asset"], what, row["number"], row["amount"], 0))
        elif row["kind"] == Kind.TRANSACTION and row["third"] and row["flag"]:
            found.add((row["third"], What.BORN, row["number"], 0, 0))
        elif row["kind"] == Kind.CREATION:
            found.add((row["target"], What.BORN, row["number"], 0, 0))
        elif row["kind"] == Kind.OWNER:
            found.add((row["emitter"], What.OWNER, row["number"], 0, 0))
        elif row["kind"] in (Kind.POOL_V2, Kind.POOL_V3):
            coins = view.coins["id"].tolist()
            found |= {
                (t, What.POOL, row["number"], 0, 0) for t in (row["asset"], row["third"]) if t not in coins
            }
    legs = whole(view.of("pools").get("legs", {}))
    for leg in (dict(zip(legs, row, strict=True)) for row in zip(*legs.values(), strict=True)):
        if leg["asset_in"]:
            found.add((leg["asset_in"], What.SOLD, leg["row"], leg["paid"], leg["got"]))
        if leg["asset_out"]:
            found.add((leg["asset_out"], What.BOUGHT, leg["row"], leg["got"], leg["paid"]))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_part_says_what_a_row_at_a_time_says(seed: int) -> None:
    view = seen(lived(seed, 60).batch(), None, *READS)
    told = [line for line in lines_of(view) if line["what"] not in (What.ADDED, What.REMOVED)]
    keys = [(e["token"], e["what"], e["row"], e["amount"], e["paid"]) for e in told]
    assert len(keys) == len(set(keys))
    assert set(keys) == plain(view)


def story(rng: Random | None = None) -> tuple[ChainBuilder, Any]:
    chain = ChainBuilder().block()
    launch = launched(chain, Names("token"), MALLORY, rng or Random(1), 0.9, 10 * ETHER)
    pays_in(chain, [ALICE, BOB, CAROL])
    chain.block()
    return chain, launch


def looked(chain: ChainBuilder, token: bytes) -> tuple[Seen, Any]:
    """The life of a token as of the last block."""
    view = seen(chain.batch(), None, *READS)
    (number,) = {line["token"] for line in lines_of(view) if view.address(line["token"]) == token}
    return view, life_of(view, number, chain.head)


def test_a_token_is_its_makers_and_every_line_says_when_it_was_born() -> None:
    chain, launch = story()
    launch.buys(ALICE, ETHER)
    view, life = looked(chain, launch.token)
    assert view.address(life.maker) == MALLORY
    assert [line.what for line in life.lines] == [What.BORN, What.MINTED, What.ADDED, What.BOUGHT]
    born = {line["born"] for line in lines_of(view) if line["token"] == life.token}
    assert born == {int(view.blocks["time"][0])}


def test_of_a_token_older_than_the_stream_there_is_no_life() -> None:
    chain = ChainBuilder().block().erc20(USD, bytes(20), ALICE, 5)
    view = seen(chain.batch(), None, *READS)
    (line,) = lines_of(view)
    assert (line["what"], line["born"]) == (What.MINTED, 0)
    assert life_of(view, line["token"], chain.head) is None


def test_liquidity_says_both_sides_to_the_wei() -> None:
    chain, launch = story()
    units, wei = launch.removes(MALLORY, 0.25)
    _, life = looked(chain, launch.token)
    gone = life.lines[-1]
    assert (gone.what, gone.amount, gone.paid, gone.money) == (What.REMOVED, units, wei, 0)


def test_what_left_a_seller_is_told_beside_what_came_to_the_pool() -> None:
    chain, launch = story()
    bought = launch.buys(ALICE, ETHER)
    sells_taxed(launch, ALICE, 0.01)
    _, life = looked(chain, launch.token)
    sold = life.of(What.SOLD)[0]
    assert sold.asked == pytest.approx(bought)
    assert sold.amount == int(bought * 0.01)


def test_a_pools_own_token_is_a_token_too() -> None:
    chain, launch = story()
    view = seen(chain.batch(), None, *READS)
    pooled = [line for line in lines_of(view) if view.address(line["token"]) == launch.pool.where]
    assert [(line["what"], view.address(line["whom"])) for line in pooled] == [(What.MINTED, MALLORY)]


def test_insiders_are_whom_the_maker_gave_of_it_and_not_who_bought() -> None:
    chain, launch = story()
    launch.hands(MALLORY, BOB, 0.5)
    launch.hands(BOB, CAROL, 0.5)
    launch.buys(ALICE, ETHER)
    view, life = looked(chain, launch.token)
    who = {view.address(number) for number in _inside(view, life, chain.head)}
    assert who == {MALLORY, BOB, CAROL}


def test_who_got_of_it_as_one_of_many_is_no_insider() -> None:
    chain, launch = story()
    for n in range(12):
        launch.hands(MALLORY, address(f"friend {n}"), 0.01)
    launch.hands(MALLORY, BOB, 0.01)
    view, life = looked(chain, launch.token)
    assert {view.address(number) for number in _inside(view, life, chain.head)} == {MALLORY}


def _inside(view: Seen, life: Any, block: int) -> frozenset[int]:
    parties = [n for n in range(1, 60) if _named(view, n) in (ALICE, BOB, CAROL)]
    return insiders(People(view, block), life, parties)


def _named(view: Seen, number: int) -> bytes:
    try:
        return view.address(number)
    except IndexError:
        return b""


def test_liquidity_that_moves_to_another_pool_leaves_the_till_full() -> None:
    chain, launch = story()
    other = second_pool(launch, Names("other"))
    units, wei = launch.removes(MALLORY)
    other.adds(MALLORY, units, wei)
    _, life = looked(chain, launch.token)
    till = Till(life.money, {})
    shares = []
    for line in life.lines:
        till.take(line, True, True)
        shares.append(till.share)
    assert max(shares) == 1.0
    assert shares[-1] == 0.0
    assert till.left == wei


def test_liquidity_for_one_block_is_no_part_of_a_life() -> None:
    chain, launch = story()
    launch.held[BOB] = 10**9 * launch.supply
    launch.adds(BOB, launch.pool.reserves[0], launch.pool.reserves[1])
    launch.removes(BOB)
    _, life = looked(chain, launch.token)
    assert len(life.lines) - len(without_visits(life.lines)) == 2
