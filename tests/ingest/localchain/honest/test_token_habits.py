"""Honest tokens in everyday life: launches whose liquidity stays, holders who buy, pay, sell and bridge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from ingest.localchain.honest import launches, token_holders
from ingest.localchain.protocols.token_zoo import TokenZoo
from ingest.localchain.world.pools import reserves
from tests.ingest.localchain import living
from tests.ingest.localchain.living import Lived
from tests.ingest.localchain.reading import moved_by

pytestmark = pytest.mark.chain

BLOCKS = 400


@pytest.fixture(scope="module")
def lived(origin_rpc: str) -> Iterator[Lived]:
    with living.lived(origin_rpc, [launches, token_holders], BLOCKS) as done:
        yield done


def test_they_make_one_or_two_transactions_a_block(lived: Lived) -> None:
    assert 0.7 < len(lived.sent) / BLOCKS < 2.2


def test_all_but_a_few_of_them_succeed(lived: Lived) -> None:
    assert sum(m.ok for m in lived.mined) > 0.97 * len(lived.mined)


def test_tokens_are_launched_and_their_pools_stay_filled(lived: Lived) -> None:
    world, miner = lived.stage.world, lived.stage.miner
    tokens = [m.created for m in lived.mined if m.created]
    assert len(tokens) >= 3
    for token in tokens[:-1]:  # the last one's pool may not be open yet
        pooled, wei = reserves(miner, world.factory, token, world.weth)
        assert pooled and wei > 10**18


def test_people_buy_and_sell_what_was_launched(lived: Lived) -> None:
    token = next(m.created for m in lived.mined if m.created)
    pool_moves = moved_by(lived.stage.miner.wallet, [m.hash for m in lived.mined if m.ok])
    ends = Counter(end for move in pool_moves if move.token == token for end in (move.sender, move.receiver))
    assert len(ends) > 10


def test_every_token_of_the_zoo_is_moved_by_several_people(lived: Lived) -> None:
    zoo = lived.stage.world.of(TokenZoo)
    moves = moved_by(lived.stage.miner.wallet, [m.hash for m in lived.mined if m.ok])
    for token in zoo.tokens:
        assert len({move.sender for move in moves if move.token == token.address}) >= 3, token.symbol


def test_the_rebasing_token_rebases(lived: Lived) -> None:
    zoo = lived.stage.world.of(TokenZoo)
    assert lived.stage.miner.number(zoo.rebasing.token, "epoch()") >= 2
