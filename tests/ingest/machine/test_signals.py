"""Signals end a command wherever they find it, also in the middle of a look at the event they set."""

from __future__ import annotations

import signal

import pytest

from ingest.machine.signals import stop_on_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    with stop_on_signal() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.wait(10)


@pytest.mark.timeout(30)
def test_a_signal_in_the_middle_of_a_look_at_the_event_is_not_lost() -> None:
    with stop_on_signal() as stop:
        with stop._cond:  # type: ignore[attr-defined]  # as `wait` holds it while it looks
            signal.raise_signal(signal.SIGTERM)
        assert stop.wait(10)


def test_earlier_handlers_are_put_back_and_many_signals_are_as_good_as_one() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signal() as stop:
        for _ in range(3):
            signal.raise_signal(signal.SIGTERM)
        assert stop.wait(10)
    assert signal.getsignal(signal.SIGTERM) is before
