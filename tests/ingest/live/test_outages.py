"""A broker that is away, killed or full while blocks keep coming: in the end the log is the chain, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ingest.kafka import Cluster
from ingest.live.outage import despite_outages
from ingest.live.wiring import FollowSettings, follow
from ingest.machine.processes import wait_until
from ingest.model.errors import BrokerUnreachable, UndertowError
from tests.fixtures.log import replay
from tests.fixtures.stoppable_broker import StoppableBroker
from tests.fixtures.town import Town

LONG = (pytest.mark.soak, pytest.mark.timeout(900))


@contextmanager
def following(town: Town, kafka: str) -> Iterator[list[str]]:
    """Follows in a thread; what it says is yielded. It must still run when the block ends."""
    said: list[str] = []
    stop = threading.Event()
    settings = FollowSettings("earliest", poll_s=0.005)

    def run() -> None:
        try:
            follow(town.url, kafka, None, settings, None, stop, said.append)
        except UndertowError as error:
            said.append(f"ended: {error}")

    running = threading.Thread(target=run)
    running.start()
    try:
        yield said
        assert running.is_alive(), said
    finally:
        stop.set()
        running.join(60)


@contextmanager
def mining(town: Town) -> Iterator[None]:
    """A block every 20 ms, until the block ends."""
    stop = threading.Event()

    def mine() -> None:
        while not stop.wait(0.02):
            town.mine()

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        stop.set()
        miner.join()


def assert_the_log_is_the_chain(town: Town, kafka: str) -> None:
    head = town.head

    wait_for_block(town, kafka, head)
    log = replay(kafka, town.chain_id)
    assert log.published() == list(range(head + 1))
    assert log.hashes() == town.hashes(0, head)


def wait_for_block(town: Town, kafka: str, number: int) -> None:
    def there() -> bool:
        known = town.chain_id in Cluster(kafka).chains()
        return known and number in replay(kafka, town.chain_id).published()

    wait_until(there, 90, f"block {number} in the log")


def wait_for_words(said: list[str], words: str, deadline_s: float = 90) -> None:
    def heard() -> bool:
        assert not any(line.startswith("ended: ") for line in said), said
        return any(words in line for line in said)

    wait_until(heard, deadline_s, repr(words))


@pytest.mark.broker
@pytest.mark.chain
@pytest.mark.slow
@pytest.mark.parametrize("away_s", [2.0, pytest.param(12.0, marks=LONG), pytest.param(120.0, marks=LONG)])
def test_a_broker_that_is_away_is_waited_for(town: Town, own_broker: StoppableBroker, away_s: float) -> None:
    with following(town, own_broker.bootstrap):
        with mining(town):
            wait_for_block(town, own_broker.bootstrap, town.head)
            own_broker.stop()
            time.sleep(away_s)
            own_broker.start()
            time.sleep(1)
        assert_the_log_is_the_chain(town, own_broker.bootstrap)


@pytest.mark.broker
@pytest.mark.chain
@pytest.mark.slow
@pytest.mark.parametrize("times", [pytest.param(2, marks=LONG), pytest.param(15, marks=LONG)])
def test_a_broker_killed_under_load_loses_nothing(
    town: Town, own_broker: StoppableBroker, times: int
) -> None:
    with following(town, own_broker.bootstrap):
        with mining(town):
            wait_for_block(town, own_broker.bootstrap, town.head)
            for _ in range(times):
                time.sleep(0.7)
                own_broker.kill()
                own_broker.start()
        assert_the_log_is_the_chain(town, own_broker.bootstrap)


@pytest.mark.broker
@pytest.mark.chain
@pytest.mark.slow
@pytest.mark.soak
def test_a_broker_whose_disk_is_full_is_waited_for_until_there_is_room(
    town: Town, own_broker: StoppableBroker
) -> None:
    with following(town, own_broker.bootstrap) as said:
        with mining(town):
            wait_for_block(town, own_broker.bootstrap, town.head)
            own_broker.fill(more_bytes=20_000)
            wait_for_words(said, "waiting: ")
            own_broker.stop()
            own_broker.start()
            wait_for_words(said, "going on: Kafka answers again")
        assert_the_log_is_the_chain(town, own_broker.bootstrap)


class Broker:
    """Answers or not, as it was told: each session meets the next of `moods`."""

    def __init__(self, *moods: str) -> None:
        self.moods = list(moods)

    def session(self, connected: object) -> None:
        mood = self.moods.pop(0)
        if mood != "away":
            connected()  # type: ignore[operator]
        if mood != "well":
            raise BrokerUnreachable("no Kafka broker answers")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.live.outage.FIRST_WAIT_S", 0.0)
    monkeypatch.setattr("ingest.live.outage.LONGEST_WAIT_S", 0.0)


@pytest.mark.usefixtures("no_waiting")
def test_an_outage_is_said_once_and_so_is_its_end() -> None:
    said: list[str] = []

    broker = Broker("leaves", "away", "away", "leaves", "well")
    despite_outages(broker.session, threading.Event(), said.append)

    assert said == ["waiting: no Kafka broker answers", "going on: Kafka answers again"] * 2


def test_a_broker_that_was_never_there_is_an_error() -> None:
    with pytest.raises(BrokerUnreachable):
        despite_outages(Broker("away").session, threading.Event(), print)


@pytest.mark.usefixtures("no_waiting")
def test_an_outage_can_be_left_by_stopping() -> None:
    stop = threading.Event()
    broker = Broker("leaves", "away", "well")

    despite_outages(broker.session, stop, lambda _line: stop.set())

    assert broker.moods == ["away", "well"]
