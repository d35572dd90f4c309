"""Deadlines: what is late is ended, what is done is left alone, and one thread sees to all of them."""

from __future__ import annotations

import threading
import time

import pytest

from ingest.machine.processes import wait_until
from ingest.nodes.deadlines import Deadlines


def test_what_is_late_is_ended_while_it_still_goes_on() -> None:
    ended = threading.Event()
    with Deadlines().ending_at(time.monotonic() + 0.01, ended.set):
        assert ended.wait(10)


def test_what_is_done_in_time_is_never_ended() -> None:
    deadlines, ended, other = Deadlines(), list[str](), threading.Event()
    with deadlines.ending_at(time.monotonic() + 0.05, lambda: ended.append("the first")):
        pass
    with deadlines.ending_at(time.monotonic() + 0.1, other.set):
        assert other.wait(10)
    assert ended == []


def test_an_earlier_deadline_that_comes_later_does_not_wait_for_the_others() -> None:
    deadlines, order, last = Deadlines(), list[str](), threading.Event()
    now = time.monotonic()
    with (
        deadlines.ending_at(now + 0.3, last.set),
        deadlines.ending_at(now + 0.02, lambda: order.append("soon")),
        deadlines.ending_at(now + 0.01, lambda: order.append("sooner")),
    ):
        wait_until(lambda: len(order) == 2, 10, "both")
        assert order == ["sooner", "soon"]
        assert not last.is_set() or time.monotonic() > now + 0.3
        assert last.wait(10)


@pytest.mark.parametrize(
    "error",
    [
        OSError("Bad file descriptor"),
        AttributeError("'NoneType' object has no attribute 'shutdown'"),
        ValueError("no socket to shut down"),
    ],
)
def test_a_socket_that_ended_by_itself_harms_nobody_else(error: Exception) -> None:
    def gone() -> None:
        raise error

    deadlines, ended = Deadlines(), threading.Event()
    with (
        deadlines.ending_at(time.monotonic(), gone),
        deadlines.ending_at(time.monotonic() + 0.01, ended.set),
    ):
        assert ended.wait(10)


def test_many_deadlines_need_one_thread_and_those_that_passed_are_forgotten() -> None:
    deadlines, until = Deadlines(), time.monotonic() + 0.2
    before = threading.active_count()
    for _ in range(1000):
        with deadlines.ending_at(until, lambda: None):
            pass
    assert threading.active_count() == before + 1
    wait_until(lambda: not deadlines._due, 10, "the heap to be empty")
