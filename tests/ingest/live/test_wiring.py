"""Following a chain into Kafka: a real anvil, a real broker, and everything that can happen to either."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from ingest.kafka import REJECTED, Cluster, Message, tail
from ingest.live.wiring import FollowSettings, follow
from ingest.machine.processes import Child, wait_until
from ingest.model.errors import BadInput, NodeUnreachable, WrongChain
from tests.fixtures.frames import address, word
from tests.fixtures.liar import drops_last_log, lying
from tests.fixtures.log import replay
from tests.fixtures.town import ETHER, Town

pytestmark = [pytest.mark.broker, pytest.mark.chain]


def ingest(town: Town, kafka: str, until: int | None = None, **settings: object) -> list[str]:
    """Follows the town's chain until block `until` (default: its head now); what was said meanwhile."""
    said: list[str] = []
    wanted = FollowSettings(until_block=town.head if until is None else until, **settings)  # type: ignore[arg-type]
    follow(town.url, kafka, town.chain_id, wanted, None, threading.Event(), said.append)
    return said


def test_the_log_replayed_is_the_chain(town: Town, kafka: str) -> None:
    town.pays("alice", "bob", 3 * ETHER).wraps("bob", ETHER).sends_weth("bob", "carol", 7).mine(20)

    ingest(town, kafka, start="earliest")

    log = replay(kafka, town.chain_id)
    assert log.hashes() == town.hashes(0, town.head)
    assert log.batch().blocks["proof"].unique().to_list() == ["header"]
    moved = log.batch().transfers
    to_carol = moved.filter(pl.col("to_address") == address("carol")).row(0, named=True)
    assert to_carol["from_address"] == address("bob")
    assert to_carol["amount"] == word(7)


def test_a_token_brings_its_name_with_its_first_transfer_and_not_again(town: Town, kafka: str) -> None:
    first = town.head + 1
    town.wraps("alice", ETHER).sends_weth("alice", "bob", 5)

    ingest(town, kafka, start=first)

    facts = replay(kafka, town.chain_id).batch().token_metadata
    assert facts.select("block_number", "symbol", "decimals").rows() == [(first, b"WETH", 18)]


def test_a_reorganisation_is_published_as_a_rollback_and_the_new_blocks(town: Town, kafka: str) -> None:
    town.pays("alice", "bob", ETHER)
    ingest(town, kafka, start=town.head - 1)
    left = town.pays("mallory", "bob", ETHER).pays("mallory", "carol", ETHER).head
    ingest(town, kafka)

    town.reorganise(2).mine()
    ingest(town, kafka)

    log = replay(kafka, town.chain_id)
    assert log.rollbacks() == [left - 2]
    assert log.hashes() == town.hashes(left - 3, town.head)
    assert address("mallory") not in log.batch().transactions["from_address"].to_list()


def test_a_chain_that_only_grew_shorter_is_followed_after_a_while(
    town: Town, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.live.follower.BEHIND_S", 0.2)
    first = town.head
    ingest(town.mine(5), kafka, start=first)
    town.forget(3)

    with _following(town.url, kafka, FollowSettings()):
        wait_until(lambda: bool(replay(kafka, town.chain_id).rollbacks()), 20, "the rollback")

    assert replay(kafka, town.chain_id).hashes() == town.hashes(first, first + 2)


def test_a_reorganisation_below_the_first_block_read_takes_all_of_it_back(town: Town, kafka: str) -> None:
    first = town.mine(4).head
    ingest(town.mine(), kafka, start=first)

    town.reorganise(4).mine()
    ingest(town, kafka)

    log = replay(kafka, town.chain_id)
    assert log.rollbacks() == [first - 1]
    assert log.hashes() == town.hashes(first, town.head)


def test_start_counts_only_once_and_a_restart_goes_on_where_it_was(town: Town, kafka: str) -> None:
    first = town.mine(5).head
    ingest(town, kafka, start=first)

    ingest(town.mine(3), kafka, start="earliest")

    assert replay(kafka, town.chain_id).published() == list(range(first, first + 4))


def test_latest_begins_with_the_head(town: Town, kafka: str) -> None:
    head = town.mine(5).head

    ingest(town, kafka, start="latest")

    assert replay(kafka, town.chain_id).published() == [head]


@pytest.mark.slow
def test_killed_again_and_again_nothing_is_lost_and_nothing_comes_twice(
    town: Town, kafka: str, tmp_path: Path
) -> None:
    first = town.head
    for pause in (2.1, 2.3, 2.6, 2.4):
        with _ingest_process(town, kafka, first, tmp_path) as child:
            until = time.monotonic() + pause
            while time.monotonic() < until:
                town.mine(3)
                time.sleep(0.02)
            child.process.kill()

    ingest(town, kafka, start=first)

    log = replay(kafka, town.chain_id)
    assert log.published() == list(range(first, town.head + 1))
    assert log.hashes() == town.hashes(first, town.head)


def test_a_second_ingest_takes_over_and_the_first_ends(town: Town, kafka: str, tmp_path: Path) -> None:
    first = town.head
    with _ingest_process(town, kafka, first, tmp_path) as older:
        _wait_for_block(kafka, town, first)
        ingest(town.mine(2), kafka)
        town.mine(2)
        assert older.process.wait(20) == 1

    assert "took over" in (tmp_path / "ingest.log").read_text()
    assert replay(kafka, town.chain_id).published()[0] == first


def test_sigterm_ends_it_with_everything_committed(town: Town, kafka: str, tmp_path: Path) -> None:
    first = town.head
    with _ingest_process(town, kafka, first, tmp_path) as child:
        _wait_for_block(kafka, town, town.mine(3).head)
        child.process.terminate()
        assert child.process.wait(20) == 0

    assert replay(kafka, town.chain_id).published() == list(range(first, first + 4))


def test_strict_never_goes_past_a_block_it_cannot_prove(town: Town, kafka: str) -> None:
    first = town.mine().head
    lied_about = town.wraps("alice", ETHER).head
    town.mine(2)
    with lying(town.url, drops_last_log) as node, _following(node.url, kafka, FollowSettings(first)) as said:
        wait_until(lambda: any(line.startswith("stalled") for line in said), 20, "the stall to be shown")
        assert replay(kafka, town.chain_id).published() == [first]

        node.lie = None
        _wait_for_block(kafka, town, town.head)

    assert replay(kafka, town.chain_id).hashes() == town.hashes(first, town.head)
    aside = [json.loads(message.value or b"") for message in _rejected(kafka, town)]
    assert [note["block_number"] for note in aside] == [lied_about]
    assert aside[0]["source"] == node.url
    assert "receipts hash to" in aside[0]["reason"]


def test_warn_publishes_what_it_cannot_prove_and_says_so(town: Town, kafka: str) -> None:
    first = town.wraps("alice", ETHER).head
    said: list[str] = []
    with lying(town.url, drops_last_log) as node:
        settings = FollowSettings(first, "warn", until_block=first)
        follow(node.url, kafka, None, settings, None, threading.Event(), said.append)

    assert replay(kafka, town.chain_id).batch().blocks["proof"].to_list() == ["none"]
    assert len(_rejected(kafka, town)) == 1
    assert any(line.startswith("not proved: ") for line in said)


def test_where_one_node_lies_the_next_is_asked(town: Town, kafka: str) -> None:
    first = town.wraps("alice", ETHER).head
    with lying(town.url, drops_last_log) as node:
        settings = FollowSettings(first, until_block=first)
        follow(f"{node.url},{town.url}", kafka, None, settings, None, threading.Event(), lambda _line: None)

    assert replay(kafka, town.chain_id).batch().blocks["proof"].to_list() == ["header"]


def test_a_node_that_goes_away_is_waited_for(town: Town, kafka: str) -> None:
    first = town.head
    with lying(town.url) as node, _following(node.url, kafka, FollowSettings(first)) as said:
        _wait_for_block(kafka, town, first)
        node.status = 503
        town.mine(2)
        wait_until(lambda: any(line.startswith("waiting") for line in said), 20, "the trouble to be shown")
        node.status = None
        _wait_for_block(kafka, town, town.head)

    assert any("HTTP status 503" in line for line in said)
    assert any(line.startswith("going on") for line in said)


def test_a_node_behind_a_websocket_tells_of_its_blocks_and_need_not_be_asked(town: Town, kafka: str) -> None:
    first, url = town.head, town.url.replace("http://", "ws://")
    with _following(url, kafka, FollowSettings(first, poll_s=3600.0)):
        _wait_for_block(kafka, town, first)
        for _ in range(3):
            _wait_for_block(kafka, town, town.mine().head)

    assert replay(kafka, town.chain_id).hashes() == town.hashes(first, town.head)


def test_no_node_at_the_start_is_one_clear_line(kafka: str) -> None:
    with pytest.raises(
        NodeUnreachable, match=r"^no node answers at http://127\.0\.0\.1:1 \(.*\): is it running\?$"
    ):
        follow("http://127.0.0.1:1/secret", kafka, None, FollowSettings(), None, threading.Event(), print)


def test_another_chain_than_the_one_wanted_is_refused(town: Town, kafka: str) -> None:
    with pytest.raises(WrongChain, match=f"serves chain {town.chain_id}, not chain 1$"):
        follow(town.url, kafka, 1, FollowSettings(), None, threading.Event(), print)


def test_an_end_below_the_start_is_refused(town: Town, kafka: str) -> None:
    with pytest.raises(BadInput, match="--until-block 1 lies below the first block to read, 3"):
        ingest(town.mine(5), kafka, until=1, start=3)


@contextmanager
def _following(url: str, kafka: str, settings: FollowSettings) -> Iterator[list[str]]:
    """Follows in a thread while the block runs; what it says is yielded."""
    said: list[str] = []
    stop = threading.Event()
    running = threading.Thread(target=follow, args=(url, kafka, None, settings, None, stop, said.append))
    running.start()
    try:
        yield said
    finally:
        stop.set()
        running.join(30)


def _ingest_process(town: Town, kafka: str, first: int, folder: Path) -> Child:
    argv = [
        sys.executable,
        "-m",
        "undertow",
        "ingest",
        "--rpc",
        town.url,
        "--kafka",
        kafka,
        "--start",
        str(first),
    ]
    return Child.start("ingest", [*argv, "--poll-ms", "5"], log=folder / "ingest.log")


def _wait_for_block(kafka: str, town: Town, number: int) -> None:
    """Until the block is in the log."""

    def there() -> bool:
        if town.chain_id not in Cluster(kafka).chains():
            return False
        return number in replay(kafka, town.chain_id).published()

    wait_until(there, 30, f"block {number} in the log")


def _rejected(kafka: str, town: Town) -> list[Message]:
    return tail(kafka, REJECTED, Cluster(kafka).partition_of(town.chain_id), 10)
