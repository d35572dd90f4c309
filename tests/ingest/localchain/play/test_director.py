"""The director: each story has dice of its own, none ends for want of money, what is impossible stops it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ingest.localchain.chain.actions import PLAIN_GAS, Transaction, pay
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.play.director import Director, dice
from ingest.localchain.play.labels import LabelFile
from ingest.localchain.play.programme import Entry
from ingest.localchain.play.setting import set_stage
from ingest.localchain.play.stories import Repertoire
from ingest.localchain.world.stage import Bundle, Habit, Outcome, Stage, Story, hashes, roles
from ingest.localchain.world.world import ETH
from ingest.model.errors import NodeMisbehaved

FIRST = Entry(20, Repertoire("layering", "attack", 20, 10, {}), 0)
ALICE, BOB, CAROL = "0x" + "a1" * 20, "0x" + "b0" * 20, "0x" + "ca" * 20


def directed(rpc: str, folder: Path, wei: int, gas: int = PLAIN_GAS) -> Director:
    """Alice, who holds `wei`, pays Bob a whole coin with this gas limit."""

    def tell(stage: Stage) -> Story:
        stage.miner.give(ALICE, wei)
        done = yield [replace(pay(ETH, ALICE, BOB, 10**18), gas=gas)]
        return Outcome(hashes(done), roles([BOB], [ALICE]), "alice pays bob", done[0].hash)

    miner = Miner.start(rpc)
    stage = set_stage(Random(1), miner, ensure_world(miner), per_block=8)
    repertoire = Repertoire("wallet-drain", "attack", 0, 5, {"careless": tell})
    upcoming: Iterator[Entry] = iter([Entry(0, repertoire, 0)])
    director = Director(
        stage, upcoming, LabelFile(folder / "labels.jsonl", miner.chain_id, miner.head), seed=1
    )
    director.begin([])
    return director


@pytest.mark.chain
@pytest.mark.parametrize("wei", [10**18, 10**17], ids=["no fee left", "not all of it left"])
def test_who_had_too_little_left_is_helped(fork_rpc: str, tmp_path: Path, wei: int) -> None:
    director = directed(fork_rpc, tmp_path, wei)

    labels = [*director.play_block(), *director.play_block()]
    assert [label.id for label in labels] == ["wallet-drain-attack-001"]
    assert director.stage.holding(ETH, BOB) == 10**18
    assert director.stage.holding(ETH, ALICE) < director.stage.miner.fee(PLAIN_GAS)


@pytest.mark.chain
def test_what_no_block_can_hold_stops_the_simulation(fork_rpc: str, tmp_path: Path) -> None:
    director = directed(fork_rpc, tmp_path, wei=10**19, gas=10**9)

    with pytest.raises(NodeMisbehaved, match="did not take a transaction of careless"):
        director.play_block()


@pytest.mark.chain
def test_a_bundle_comes_first_in_its_block_and_in_one_piece(fork_rpc: str, tmp_path: Path) -> None:
    def habit(sender: str, kind: type[list[Transaction]]) -> Habit:
        while True:
            yield kind([pay(ETH, sender, BOB, number) for number in (1, 2, 3)])

    director = directed(fork_rpc, tmp_path, wei=10**18)
    director.stage.miner.give(CAROL, 10**18)
    director.begin([habit(director.stage.exchange.hot, list), habit(CAROL, Bundle)])

    director.play_block()

    mined = director.stage.miner.wallet.ask("eth_getBlockByNumber", "latest", True)["transactions"]
    assert [(t["from"], int(t["value"], 16)) for t in mined[:3]] == [(CAROL, 1), (CAROL, 2), (CAROL, 3)]
    assert len(mined) > 3


def test_a_story_draws_the_same_wherever_in_the_run_it_begins() -> None:
    assert dice(7, FIRST).random() == dice(7, replace(FIRST, start=90)).random()


def test_stories_draw_differently_by_seed_number_kind_and_category() -> None:
    honest = replace(FIRST, repertoire=replace(FIRST.repertoire, kind="hard_negative"))
    other = replace(FIRST, repertoire=replace(FIRST.repertoire, category="sandwich"))
    drawn = [dice(7, one).random() for one in (FIRST, replace(FIRST, number=1), honest, other)]

    assert len({*drawn, dice(8, FIRST).random()}) == 5
