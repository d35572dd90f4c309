"""An inspection waits for a pipeline that is beyond its budget, says so, and ends in its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from dashboard.outside.inspecting.cli import giving_way
from dashboard.outside.inspecting.waiting import POLL_S, Pipeline
from dashboard.store import Reader, Writer, open_reader, open_writer
from ingest.model.errors import BadInput
from ingest.model.health import Health, OptionalHealth, OptionalState


@dataclass
class Told:
    """What the sink of a store tells of itself; time goes by where somebody sleeps."""

    writer: Writer
    reader: Reader
    now: float = 0.0
    recovers_at: float = float("inf")

    def tells(self, state: OptionalState, seconds_ago: int = 0) -> None:
        work = [OptionalHealth("forecasts", state, 3, 40)]
        at = int(time.time()) - seconds_ago
        self.writer.file_health(5, [Health(5, "sink", "a", at, 1, 5.0, optional=work)])

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.recovers_at:
            self.tells("on")


@pytest.fixture
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db"
    with closing(open_writer(url)) as writer, closing(open_reader(url)) as reader:
        yield Told(writer, reader)


def pipeline(told: Told, said: list[str]) -> Pipeline:
    return Pipeline(told.reader, said.append, lambda: told.now, told.sleep)


def test_it_waits_until_the_budget_has_recovered_and_says_for_whom_once(told: Told) -> None:
    said: list[str] = []
    told.tells("paused")
    told.recovers_at = 4 * POLL_S

    assert pipeline(told, said).give_way(100.0)
    assert told.now == 4 * POLL_S
    assert said == [
        "inspect: waits: sink of chain 5 is beyond its budget and has paused forecasts; "
        "with --now it does not"
    ]


def test_it_waits_no_longer_than_its_time(told: Told) -> None:
    told.tells("paused")
    assert not pipeline(told, []).give_way(10.0)
    assert 10.0 <= told.now <= 10.0 + POLL_S


@pytest.mark.parametrize(("state", "seconds_ago"), [("on", 0), ("slowed", 0), ("paused", 600)])
def test_it_does_not_wait_for_who_does_some_of_it_or_told_nothing_lately(
    told: Told, state: OptionalState, seconds_ago: int
) -> None:
    told.tells(state, seconds_ago)
    assert pipeline(told, []).give_way(10.0)
    assert told.now == 0.0


def test_without_a_store_it_waits_for_nobody_and_one_that_is_not_there_is_one_line() -> None:
    with giving_way(None) as give_way:
        assert give_way(0.0)
    with pytest.raises(BadInput), giving_way("sqlite:////nowhere/store.db"):
        pass
