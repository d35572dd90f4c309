"""A watched anvil that forks another one is never forked: what it forks is, with the state that it has."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingest.live.mempool import forked_anvil
from ingest.live.mempool.forked_anvil import HeadMoved, below, take_over
from ingest.live.mempool.head import newest
from ingest.localchain.chain.chain import fork, private_fork
from ingest.localchain.chain.wallet import Wallet, call_data
from ingest.localchain.play.deploying import world
from ingest.model.errors import BadInput, NodeMisbehaved
from ingest.nodes.sending.speaking import Speaker
from tests.fixtures.frames import address
from tests.fixtures.town import ETHER, Town
from tests.ingest.live.mempool.test_pool import node
from tests.ingest.live.mempool.test_watching import lacking, picture, said, waits, watching_over

__all__ = ["said"]

pytestmark = pytest.mark.chain

TELLS_WHERE_IT_IS = "0x43600052426020524660405260606000a000"
"""A creation that logs NUMBER, TIMESTAMP and CHAINID, and leaves nothing."""


@contextmanager
def speaks_to(url: str) -> Iterator[Speaker]:
    speaker = Speaker(url, cap_bytes=64 << 20)
    yield speaker
    speaker.close()


def mined(town: Town, sent: str) -> dict[str, Any]:
    receipt: dict[str, Any] = town.wallet.ask("eth_getTransactionReceipt", sent)
    return receipt


def test_what_was_simulated_on_the_node_below_is_what_the_watched_one_then_mines(
    town: Town, said: list[str]
) -> None:
    """Alice's WETH is known to the watched node alone: on what it forks she has none."""
    town.wraps("alice", 3 * ETHER)
    data = call_data("transfer(address,uint256)", "0x" + address("bob").hex(), 2 * ETHER)
    forked: list[str] = []

    @contextmanager
    def private(url: str, chain_id: int, number: int) -> Iterator[str]:
        forked.append(url)
        with private_fork(url, chain_id, number) as own:
            yield own

    with watching_over(town, said, traces=True) as pool:
        pool._fork._fork_of = private
        for _ in range(3):
            sent = [
                waits(town, "alice", to=world().weth, data=data),
                waits(town, "carol", data=TELLS_WHERE_IT_IS),
            ]
            batch = picture(pool).batch
            town.wallet.ask("evm_setNextBlockTimestamp", batch.blocks["timestamp"][0] if batch else 0)
            town.mine()
            receipts = {each: mined(town, each) for each in sent}
            assert batch is not None
            for name, ok in batch.transactions.select("transaction_hash", "status").iter_rows():
                assert int(receipts["0x" + name.hex()]["status"], 16) == ok
            told = {bytes.fromhex(log["data"][2:]) for each in receipts.values() for log in each["logs"]}
            assert set(batch.logs["data"]) == told
    assert forked and town.url not in forked, "the watched anvil was not forked"
    assert said == []


def test_state_of_another_head_than_that_which_is_looked_at_is_none(town: Town, origin_rpc: str) -> None:
    with speaks_to(town.url) as watched:
        under, before = below(watched, town.url), newest(watched)
        assert under is not None and under.url == origin_rpc
        town.mine()
        with private_fork(under.url, town.chain_id, under.number) as url, speaks_to(url) as private:
            take_over(watched, private, newest(watched))
            assert private.head() == town.head
            with pytest.raises(HeadMoved):
                take_over(watched, private, before)


def test_what_one_simulation_did_is_gone_in_the_next(town: Town, said: list[str]) -> None:
    """Twice alice's only WETH goes to bob; once it has gone to carol, it cannot any more."""
    data = call_data("transfer(address,uint256)", "0x" + address("bob").hex(), ETHER)
    with watching_over(town, said, traces=True) as pool:
        town.wraps("alice", ETHER)
        waits(town, "alice", to=world().weth, data=data)
        for _ in range(2):
            pool.begin()
            batch = picture(pool).batch
            assert batch is not None and batch.transactions["status"].to_list() == [1]
        town.wallet.ask("anvil_dropAllTransactions")
        town.sends_weth("alice", "carol", ETHER)
        waits(town, "alice", to=world().weth, data=data)
        batch = picture(pool).batch
    assert batch is not None and batch.transactions["status"].to_list() == [0]


def test_an_anvil_that_forks_a_fork_is_refused_in_one_line(town: Town, said: list[str]) -> None:
    with fork(town.url, chain_id=town.chain_id) as upper, pytest.raises(BadInput) as error:
        Wallet.connect(upper.url).ask("evm_setAutomine", False)
        with watching_over(town, said, url=upper.url):
            pass
    assert "\n" not in str(error.value)
    assert f"{town.url}, which it forks, is a fork too: name an anvil on this machine" in str(error.value)


def forks(url: str) -> Callable[[], dict[str, Any]]:
    return lambda: {"forkConfig": {"forkUrl": url, "forkBlockNumber": 5}}


def test_where_a_node_of_another_machine_leads_to_nobody_goes() -> None:
    leads = {"anvil_nodeInfo": forks("http://mallory:s3cret@10.0.0.1/key")}
    with node(leads) as mallory, pytest.raises(BadInput) as error:
        below(mallory, "http://node.example:8545")
    assert "on another machine; http://10.0.0.1 is what it forks" in str(error.value)
    assert "s3cret" not in str(error.value)


def test_an_anvil_whose_own_node_is_away_is_refused_in_one_line() -> None:
    with (
        node({"anvil_nodeInfo": forks("http://127.0.0.1:9/key")}) as alone,
        pytest.raises(BadInput, match=r"http://127\.0\.0\.1:9, which it forks, does not answer"),
    ):
        below(alone, "http://127.0.0.1:8545")


@pytest.mark.parametrize("told", [None, [], {}, {"forkConfig": {}}, {"forkConfig": {"forkUrl": 5}}])
def test_who_forks_nothing_is_simulated_on_as_before(told: Any) -> None:
    with node({"anvil_nodeInfo": lambda: told}) as bare:
        assert below(bare, "http://127.0.0.1:8545") is None
    with node({}) as no_anvil:
        assert below(no_anvil, "http://127.0.0.1:8545") is None


def packed(state: Any) -> str:
    """The same whenever it is asked, as it names tests."""
    return "0x" + gzip.compress(json.dumps(state).encode(), mtime=0).hex()


@pytest.mark.parametrize(
    "told", [None, "0x", "0xzz", "0x1f8b", packed([]), packed({"accounts": {}}), packed({})[:-8]]
)
def test_a_state_that_is_none_is_the_nodes_fault(told: Any, town: Town) -> None:
    with speaks_to(town.url) as real, lacking(town, told={"anvil_dumpState": told}) as url:
        head = newest(real)
        with speaks_to(url) as mallory, pytest.raises(NodeMisbehaved, match="a state that is none"):
            take_over(mallory, real, head)


def test_a_state_that_would_fill_the_memory_is_refused(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked_anvil, "MOST_STATE", 1 << 20)
    bomb = {"anvil_dumpState": packed(" " * (2 << 20))}
    with (
        lacking(town, told=bomb) as url,
        speaks_to(url) as mallory,
        speaks_to(town.url) as real,
        pytest.raises(NodeMisbehaved, match="more than 1 MB, or cut off"),
    ):
        take_over(mallory, real, newest(real))
