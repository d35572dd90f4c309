"""A harmless attack is played; whoever falls silent about it is an alarm for operators, and no alert."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from dashboard.filing.canary import Canary, CanaryWatch, read_canaries
from dashboard.filing.export import from_kafka, from_store
from dashboard.filing.sink import Goal, run
from dashboard.store import Reader, open_reader, open_writer
from dashboard.store.alarms import last_alarms
from detectors.evaluate import load_labels
from ingest.localchain.play.director import Director
from ingest.localchain.play.simulation import Script, begin
from ingest.machine.processes import wait_until
from ingest.model.health import CanaryHealth, Health
from tests.dashboard.alerts import CHAIN, MALLORY, Filing, drain, judged
from tests.dashboard.outside.receivers import Received, receiver
from tests.dashboard.outside.test_notify import SECRET, Telling, webhook
from tests.fixtures.pipeline import Pipeline

OPERATORS = 'operators = ["soc"]'
WITHIN_S = 600


class Clock:
    """The sink's, which a test moves on."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    monkeypatch.setenv("SOC_SECRET", SECRET)
    with receiver() as received:
        yield received


def kinds(reader: Reader) -> list[str]:
    return [alarm.kind for alarm in reversed(last_alarms(reader))]


def told(received: Received) -> list[tuple[object, ...]]:
    return [(each["kind"], each["over"], each["alarm"]["name"]) for each in received.told()]


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.broker
@pytest.mark.chain
def test_a_canary_of_the_chain_is_found_and_a_detector_that_stops_is_an_alarm_until_it_speaks_again(
    pipeline: Pipeline, clock: Clock, received: Received, tmp_path: Path
) -> None:
    labels, stop = tmp_path / "labels.jsonl", Event()
    script = Script(categories=frozenset({"wallet-drain"}), attacks_per_category=0, canary_every=10)
    world = begin(pipeline.url, labels, script)
    pipeline.starts_detection()
    telling = Telling(pipeline.store, tmp_path, webhook(received), "", OPERATORS)
    canary = Canary(labels, WITHIN_S, clock)
    with closing(open_writer(pipeline.store)) as writer, closing(open_reader(pipeline.store)) as reader:
        goal = Goal(pipeline.chain_id, canary=canary)
        sink = Thread(target=run, args=(pipeline.kafka, writer, goal, stop, print))
        sink.start()
        try:
            wait_until(lambda: heard(reader) is not None, 240, "the sink does not tell of canaries")
            plays_a_canary(world)
            wait_until(lambda: has_found(reader), 240, "the canary was not found")
            clock.now += WITHIN_S - 1
            telling.tell()
            assert kinds(reader) == [] and received.posts == []

            assert pipeline.children.pop("detect").stop() == 0
            plays_a_canary(world)
            clock.now += 2
            wait_until(lambda: kinds(reader) == ["raised"], 60, "nobody noticed that detection stopped")
            telling.tell()
            assert told(received) == [("alarm", False, "canary")]
            assert "canary-002 of block" in received.told()[0]["alarm"]["reason"]

            pipeline.starts("detect")
            wait_until(lambda: kinds(reader) == ["raised", "over"], 240, "the alarm is not over")
            telling.tell()
            assert told(received)[1:] == [("alarm", True, "canary")]
        finally:
            stop.set()
            sink.join(60)
        assert len({each["id"] for each in received.told()}) == 2
        written = [chain.book() for chain in from_kafka(pipeline.kafka, pipeline.chain_id)]
        assert written == [chain.book() for chain in from_store(pipeline.store)]
        alerts = [json.loads(line) for book in written for line in book]
        robbers = {who for canary in load_labels(labels).canaries for who in canary.attackers}
        about = [alert["category"] for alert in alerts if alert["subject"]["id"] in robbers]
        assert about == ["wallet-drain"] * 2 and len(robbers) == 2
        assert not [alert for alert in alerts if "canary" in (alert["category"], alert["detector"])]


def plays_a_canary(world: Director) -> None:
    """Up to the next one, and a block."""
    while not world.play_block():
        pass
    world.play_block()


def heard(reader: Reader) -> CanaryHealth | None:
    records = [row.health for row in reader.health.now() if row.role == "sink" and row.health]
    return next((each for record in records for each in record.canaries), None)


def has_found(reader: Reader) -> bool:
    last = heard(reader)
    return last is not None and last.found_at is not None


# Without a chain: what counts as heard


def label(number: int, kind: str = "canary") -> str:
    roles = [{"address": MALLORY.upper().replace("X", "x"), "role": "attacker"}]
    return json.dumps(
        {
            "id": f"drain-{number}",
            "category": "wallet-drain",
            "kind": kind,
            "last_block": number,
            "roles": roles,
        }
    )


def write(file: Path, *labels: str, chain_id: int = CHAIN) -> None:
    file.write_text("\n".join([json.dumps({"chain_id": chain_id}), *labels]) + "\n")


@pytest.fixture
def watching(
    sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watching]:
    monkeypatch.setattr("dashboard.filing.canary.LOOK_EVERY_S", 0.0)
    with closing(open_writer(sqlite_url)) as writer, closing(open_reader(sqlite_url)) as reader:
        yield Watching(Filing(writer), reader, tmp_path / "labels.jsonl", clock)


class Watching:
    """A sink that looks when it is told to."""

    def __init__(self, filing: Filing, reader: Reader, file: Path, clock: Clock) -> None:
        self.filing, self.reader, self.file, self.clock = filing, reader, file, clock
        self.starts(Canary(file, WITHIN_S, clock))

    def starts(self, canary: Canary) -> None:
        self.said: list[str] = []
        self.watch = CanaryWatch(CHAIN, canary, self.filing.writer, self.said.append)

    def looks(self, after: float = 0.0, shadow: Health | None = None) -> CanaryHealth:
        self.clock.now += after
        told = self.watch.step(shadow)
        assert told is not None
        return told


def test_an_alert_that_lay_there_at_a_start_is_not_heard_and_a_new_one_is(watching: Watching) -> None:
    watching.filing.file(drain(1), blocks=(judged(1),))
    write(watching.file, label(1))
    assert watching.looks().found_at is None
    assert not watching.looks(WITHIN_S).silent
    last = watching.looks(1)
    assert last.silent and "drain-1 of block 1, found" in last.last
    write(watching.file, label(1), label(2))
    assert not watching.looks(1).silent  # the same attacker, who has an alert
    assert kinds(watching.reader) == ["raised", "over"]


def test_an_alarm_outlives_the_sink_that_raised_it_and_is_raised_once(watching: Watching) -> None:
    write(watching.file)
    for _ in range(3):
        watching.looks(WITHIN_S + 1)
    watching.starts(Canary(watching.file, WITHIN_S, watching.clock))
    assert watching.looks().silent
    watching.looks(WITHIN_S + 1)
    assert kinds(watching.reader) == ["raised"]


def test_a_file_that_cannot_be_read_is_silence_and_says_so(watching: Watching) -> None:
    for damage in (None, b"\xff\xfe", b'{"chain_id": 31337}\n{"kind": "canary"}\n', b"no json\n"):
        if damage is not None:
            watching.file.write_bytes(damage)
        last = watching.looks(WITHIN_S + 1)
        assert last.silent and ("cannot be read" in last.last or "no label" in last.last)


def test_labels_of_another_chain_and_of_other_kinds_are_no_canaries(watching: Watching) -> None:
    write(watching.file, label(1), label(2, "attack"))
    assert [one.id for one in read_canaries(watching.file, CHAIN) or ()] == ["drain-1"]
    assert read_canaries(watching.file, CHAIN + 1) is None


def test_who_files_several_chains_listens_on_the_one_that_the_labels_are_of(watching: Watching) -> None:
    write(watching.file, label(1), chain_id=CHAIN + 1)
    for _ in range(3):
        watching.clock.now += WITHIN_S + 1
        assert watching.watch.step(None) is None
    assert kinds(watching.reader) == []
    write(watching.file)
    assert watching.looks(WITHIN_S + 1).silent


def test_a_shadow_run_that_finds_again_is_heard_and_one_that_only_plays_is_not(watching: Watching) -> None:
    watching.starts(Canary(None, WITHIN_S, watching.clock))
    assert watching.looks(WITHIN_S + 1).silent and "undertow canary" in watching.said[0]

    def shadow(found: int, played: int) -> Health:
        return Health(CHAIN, "canary", "a", 5, 5, 5.0, counts={"found": found, "played": played})

    assert watching.looks(0, shadow(1, 1)).silent  # it lay there when the sink first looked
    assert watching.looks(0, shadow(1, 2)).silent
    assert not watching.looks(0, shadow(2, 3)).silent
    assert watching.looks(WITHIN_S + 1, shadow(2, 4)).silent


def test_of_an_old_alarm_nobody_is_told_and_of_its_end_only_who_was_told_of_it(
    watching: Watching, received: Received, sqlite_url: str, tmp_path: Path
) -> None:
    write(watching.file)
    watching.looks(WITHIN_S + 1)
    telling = Telling(sqlite_url, tmp_path, webhook(received), "", f'{OPERATORS}\nmax_age = "1h"')
    telling.tell(after=WITHIN_S + 7_200)
    watching.filing.file(drain(1), blocks=(judged(1),))
    watching.looks()
    write(watching.file, label(1))
    watching.looks()
    assert kinds(watching.reader) == ["raised", "over"]
    telling.tell()
    assert received.posts == []
