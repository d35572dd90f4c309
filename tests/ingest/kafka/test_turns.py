"""Alice and Bob do the same work, one at a time: who stands by waits for silence, who is fenced is silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest

from ingest.kafka import BLOCKS, Beating, Cluster, KafkaBeats, Place, Publisher, ingest_place, tail
from ingest.machine.processes import wait_until
from ingest.model.errors import BrokerUnreachable, TakenOver
from ingest.model.turns import Owner, Turns, in_turns

pytestmark = pytest.mark.broker

SILENCE_S = 2.0
ALICE, BOB = Owner("alice:1", "a"), Owner("bob:2", "b")


@dataclass
class Work:
    kafka: str
    chain_id: int
    place: Place
    said: list[str]

    def turns(self, owner: Owner, silence_s: float | None = SILENCE_S) -> Turns:
        return Turns(owner, silence_s, self.said.append)

    def publisher(self) -> Publisher:
        return Publisher(self.kafka, self.place.group)

    def beats(self) -> KafkaBeats:
        return KafkaBeats(self.kafka, self.place)

    def worker(self) -> str | None:
        with closing(self.beats()) as beats:
            beat = beats.last()
        return None if beat is None else beat.instance

    @contextmanager
    def working(self, owner: Owner) -> Iterator[Beating]:
        with self.publisher() as publisher, Beating(publisher, self.place, owner) as beating:
            yield beating


@pytest.fixture
def work(kafka: str, fresh_chain_id: int) -> Work:
    partition = Cluster(kafka).partition_of(fresh_chain_id, create=True)
    return Work(kafka, fresh_chain_id, ingest_place(fresh_chain_id, partition), [])


def test_where_nobody_works_who_stands_by_begins_at_once(work: Work) -> None:
    assert work.turns(ALICE).await_one(work.beats, threading.Event())
    assert work.said == []


def test_who_stands_by_waits_as_long_as_the_other_works_and_goes_on_when_that_ends(work: Work) -> None:
    bob, got, stop = work.turns(BOB, 60.0), list[bool](), threading.Event()
    with work.working(ALICE):
        waiting = threading.Thread(target=lambda: got.append(bob.await_one(work.beats, stop)))
        waiting.start()
        wait_until(lambda: work.said != [], 60, "bob to stand by")
        waiting.join(SILENCE_S)
        assert (waiting.is_alive(), got) == (True, [])
    waiting.join(60)
    assert got == [True]
    assert [line.split(": ", 1)[1] for line in work.said] == [
        "standing by for alice:1",
        "the process that did this has ended: taking over",
    ]


def test_silence_is_an_end_and_who_was_silent_is_fenced_and_says_nothing_more(work: Work) -> None:
    with work.working(ALICE) as alice:
        alice._stop.set()  # she is stopped: no beat, and no word of an end
        assert work.turns(BOB).await_one(work.beats, threading.Event())
        with work.working(BOB):
            with pytest.raises(TakenOver, match=f"publishes as {work.place.group} and took over"):
                alice._beat()
            assert work.worker() == "bob:2"
    assert "alice:1 is silent for 2 seconds: taking over" in work.said[-1]


def test_a_block_under_way_when_the_other_took_over_is_never_seen(work: Work) -> None:
    with work.publisher() as alice:
        refused = pytest.raises((TakenOver, BrokerUnreachable))
        with refused, alice.transaction():
            alice.send(BLOCKS, work.place.partition, b"1", b"half a block")
            alice._producer.flush()
            with work.publisher() as bob, bob.transaction():
                bob.send(BLOCKS, work.place.partition, b"1", b"the block")
            alice.send(BLOCKS, work.place.partition, b"1", b"its other half")
        with pytest.raises((TakenOver, BrokerUnreachable)), alice.transaction():
            alice.send(BLOCKS, work.place.partition, b"1", b"one more")
    assert [each.value for each in tail(work.kafka, BLOCKS, work.place.partition, 9)] == [b"the block"]


def test_who_was_stopped_itself_while_it_stood_by_has_not_heard_silence(work: Work) -> None:
    bob, stop, asleep = work.turns(BOB), threading.Event(), threading.Event()

    def sleeps() -> None:
        if not asleep.is_set():
            asleep.set()
            time.sleep(SILENCE_S + 1)
        stop.wait(1.5)
        stop.set()

    with work.working(ALICE):
        assert not bob.await_one(work.beats, stop, sleeps)


def test_who_lost_its_turn_stands_by_and_does_not_fight_back(work: Work) -> None:
    alice, stop, turns = work.turns(ALICE), threading.Event(), list[str]()

    def works() -> None:
        if alice.await_one(work.beats, stop):
            turns.append("alice")
            raise TakenOver("bob works")

    with work.working(BOB):
        threading.Timer(1.5 * SILENCE_S, stop.set).start()
        in_turns(alice, works, stop, work.said.append)
    assert turns == []


def test_who_stands_by_for_nobody_ends_once_another_one_works(work: Work) -> None:
    alice, stop = work.turns(ALICE, None), threading.Event()
    assert alice.await_one(work.beats, stop)
    with work.working(ALICE):
        assert alice.await_one(work.beats, stop)  # Kafka was away, and nobody came between
    with work.working(BOB), pytest.raises(TakenOver, match="this one ends"):
        alice.await_one(work.beats, stop)

    def loses() -> None:
        raise TakenOver("bob works")

    with pytest.raises(TakenOver, match="bob works"):
        in_turns(alice, loses, stop, work.said.append)
