"""Wallets of swindlers have the money their story needs, however they came to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from ingest.localchain.chain.actions import PLAIN_GAS
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.miner import Mined, Miner
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.play.setting import set_stage
from ingest.localchain.story_parts.accomplices import Ring, cash_out, ring, swindler
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH
from tests.ingest.localchain.reading import moved_by

pytestmark = pytest.mark.chain

SEEDS = range(40)


@pytest.fixture(scope="module")
def stage(origin_rpc: str) -> Iterator[Stage]:
    """People who have paid often enough to turn, in a world without habits."""
    with fork(origin_rpc) as node:
        miner = Miner.start(node.url)
        here = set_stage(Random(2), miner, ensure_world(miner), per_block=20)
        for person in here.cast.people.values():
            person.payments = 5
        yield here


def played(stage: Stage, acts: Acts) -> Any:
    """Plays to the end; gives the result. Every transaction must have been mined."""
    news: list[Mined] | None = None
    while True:
        try:
            part = next(acts) if news is None else acts.send(news)
        except StopIteration as end:
            return end.value
        news = stage.miner.mine(part)
        assert all(mined.ok for mined in news)


def with_dice(stage: Stage, seed: int) -> Stage:
    return replace(stage, rng=Random(seed))


def test_a_swindler_has_what_is_needed_and_is_nobody_of_the_cast(stage: Stage) -> None:
    for seed in SEEDS:
        wei = ETHER * (seed + 1) // 4
        wallet = played(stage, swindler(with_dice(stage, seed), wei))
        assert stage.holding(ETH, wallet) >= wei * 98 // 100, "a little may have gone into an ordinary life"
        assert wallet not in stage.cast.people


def test_some_swindlers_were_ordinary_people_before(stage: Stage) -> None:
    before = set(stage.cast.people)
    found = {played(stage, swindler(with_dice(stage, seed), ETHER // 10)) for seed in SEEDS}
    assert 2 <= len(found & before) <= 25


@pytest.mark.parametrize("count", [1, 2, 7])
def test_each_wallet_of_a_ring_has_its_part(stage: Stage, count: int) -> None:
    for seed in SEEDS:
        made: Ring = played(stage, ring(with_dice(stage, seed), count, ETHER))
        held = stage.miner.holdings((ETH, wallet) for wallet in made.wallets)
        assert len(set(made.wallets)) == count
        assert min(held) >= ETHER * 98 // 100, seed


def test_what_paid_a_ring_is_among_its_transactions(stage: Stage) -> None:
    with_paymaster = 0
    for seed in SEEDS:
        made: Ring = played(stage, ring(with_dice(stage, seed), 4, ETHER))
        if made.paymasters:
            with_paymaster += 1
            paid = {m.receiver for m in moved_by(stage.miner.wallet, [d.hash for d in made.done])}
            direct = set(made.wallets) <= paid
            assert direct or len(made.done) == 1, "one by one, or all in one call"
    assert with_paymaster > 5


def test_loot_goes_to_the_owners_own_deposit_address(stage: Stage) -> None:
    wallet = stage.dormant(3 * ETHER)
    stage.miner.mine([])
    played(stage, cash_out(stage, wallet))
    deposit = stage.exchange.deposit_address(stage.rng, wallet)
    assert stage.holding(ETH, deposit) == (3 * ETHER - stage.miner.fee(PLAIN_GAS)) * 9 // 10
