"""Two nodes, one of which goes wrong in every way that nodes do: the log holds the chain all the same."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from ingest.kafka import REJECTED, Cluster, tail
from ingest.live.wiring import FollowSettings, follow
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Wallet
from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.nodes import Limits, health
from tests.fixtures.faulty_node import FAULTS, FaultyNode, faulty
from tests.fixtures.liar import lying
from tests.fixtures.log import Replayed, replay
from tests.fixtures.town import ETHER, Town

pytestmark = [pytest.mark.broker, pytest.mark.chain]

LIMITS = Limits(deadline_s=1.0, cap_bytes=4 << 20)
STRIDE = 5
"""Blocks between two starts of the ingester: each start asks the faulty node first."""

Log = tuple[int, int, bytes, bytes]


@pytest.mark.parametrize(
    ("blocks", "seed"),
    [
        (150, 1),
        pytest.param(1000, 2, marks=[pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(3600)]),
    ],
)
def test_one_of_two_nodes_does_everything_wrong_and_the_log_is_exact(
    town: Town, kafka: str, blocks: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "FIRST_PROBE_S", 0.05)
    first = town.head + 1
    with fork(town.url, chain_id=town.chain_id) as parted, lying(town.url) as honest:
        elsewhere(town, parted.url, blocks)
        busy(town, blocks)
        node = FaultyNode(town.url, seed, stall_s=1.3, oversize_bytes=5 << 20, other_fork=parted.url)
        with faulty(node):
            for number, until in enumerate(range(first, town.head + STRIDE, STRIDE)):
                # every third time the faulty node is all there is
                honest.status = 503 if number % 3 == 2 else None
                settings = FollowSettings(first, until_block=min(until, town.head), limits=LIMITS)
                reads(f"{node.url},{honest.url}", kafka, town.chain_id, settings)

    log = replay(kafka, town.chain_id)
    assert log.rollbacks() == []
    assert log.published() == list(range(first, town.head + 1))
    assert log.hashes() == town.hashes(first, town.head)
    assert logs_in(log) == logs_of(town, first, town.head)
    assert log.batch().blocks["proof"].unique().to_list() == ["header"]
    assert set(node.count) == set(FAULTS), "every fault had its turn"
    aside = tail(kafka, REJECTED, Cluster(kafka).partition_of(town.chain_id), 1000)
    assert any(node.url.encode() in (note.value or b"") for note in aside)
    assert not any(honest.url.encode() in (note.value or b"") for note in aside)


@pytest.mark.slow
@pytest.mark.soak
def test_a_stall_of_half_a_minute_ends_at_the_deadline_and_the_other_node_goes_on(
    town: Town, kafka: str
) -> None:
    first = busy(town, 20).head - 19
    node = FaultyNode(
        town.url, 3, rate=1.0, stall_s=35.0, faults=("stall",), stalls_on=("eth_getBlockReceipts",)
    )
    with faulty(node):
        settings = FollowSettings(first, until_block=town.head)
        reads(f"{node.url},{town.url}", kafka, town.chain_id, settings)

    assert node.count["stall"] == 1
    assert replay(kafka, town.chain_id).hashes() == town.hashes(first, town.head)


def reads(urls: str, kafka: str, chain_id: int, settings: FollowSettings) -> None:
    """To the end of what is wanted; where no node answers at the start it is started again."""
    while True:
        try:
            return follow(urls, kafka, chain_id, settings, None, threading.Event(), lambda _line: None)
        except (NodeUnreachable, NodeMisbehaved):
            continue


def busy(town: Town, blocks: int) -> Town:
    """So many blocks more; every fifth moves WETH, so that there are logs to leave out."""
    until = town.head + blocks
    town.wraps("alice", 100 * ETHER)
    while town.head < until:
        town.sends_weth("alice", "bob", town.head).mine(min(4, until - town.head) or 1)
    return town


def elsewhere(town: Town, url: str, blocks: int) -> None:
    """The same happens on a fork of the chain, an hour later: no block is the same."""
    wallet = Wallet.connect(url)
    wallet.ask("anvil_autoImpersonateAccount", True)
    wallet.ask("evm_setAutomine", False)
    wallet.ask("evm_increaseTime", 3600)
    busy(replace(town, url=url, wallet=wallet), blocks)


def logs_of(town: Town, first: int, last: int) -> list[Log]:
    """Block, index, address and data of every log, as the real node has them."""
    found = town.wallet.ask("eth_getLogs", {"fromBlock": hex(first), "toBlock": hex(last)})
    return [
        (int(log["blockNumber"], 16), int(log["logIndex"], 16), unhex(log["address"]), unhex(log["data"]))
        for log in found
    ]


def logs_in(log: Replayed) -> list[Log]:
    return list(log.batch().logs.select("block_number", "log_index", "address", "data").iter_rows())


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])
