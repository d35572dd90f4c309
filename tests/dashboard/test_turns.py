"""Alice and Bob do one kind of work on a store: what is written in a turn that is over is never committed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Event

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import NullType

from dashboard.filing.standing_by import Check, in_store_turns
from dashboard.store import StoreBeating, StoreTurns, Turn, open_anchors, open_outbox, open_turns, open_writer
from dashboard.store.turn_tables import turns as turn_rows
from ingest.model.errors import BadInput, TakenOver
from ingest.model.turns import Owner
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.test_any_row import ANYTHING

ALICE, BOB = Owner("alice:1", "a"), Owner("bob:2", "b")


@pytest.fixture
def sinks(store_url: str) -> Iterator[StoreTurns]:
    with closing(open_turns(store_url, "sink")) as turns:
        yield turns


def test_a_sink_that_was_taken_over_from_files_nothing_more(store_url: str, sinks: StoreTurns) -> None:
    with closing(open_writer(store_url, sinks.take(ALICE))) as alice:
        filing = Filing(alice)
        filing.file(drain(1), blocks=(judged(1),))
        with closing(open_writer(store_url, sinks.take(BOB))) as bob:
            with pytest.raises(TakenOver, match="another process works as sink and took over"):
                filing.file(drain(2), blocks=(judged(2),))
            assert bob.head(CHAIN) == 1
            with pytest.raises(TakenOver):
                alice.age(CHAIN, 1)


def test_who_was_stopped_in_the_middle_of_a_transaction_does_not_commit_it(
    store_url: str, sinks: StoreTurns
) -> None:
    """On SQLite Bob waits until she goes on; on PostgreSQL he takes over while her transaction is open."""
    alice = open_writer(store_url, sinks.take(ALICE))
    with closing(alice), pytest.raises(TakenOver), alice._engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
        if store_url.startswith("sqlite"):
            connection.exec_driver_sql("ROLLBACK")
            sinks.take(BOB)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            sinks.take(BOB)
        connection.exec_driver_sql(
            f"INSERT INTO offsets (chain_id, topic, next_offset) VALUES ({CHAIN}, 't', 7)"
        )
    with closing(open_writer(store_url)) as seen:
        assert seen.offsets(CHAIN) == {}


def test_one_kind_of_work_takes_nothing_from_another(store_url: str, sinks: StoreTurns) -> None:
    alice = sinks.take(ALICE)
    with closing(open_turns(store_url, "notify")) as others:
        others.take(BOB)
    sinks.check(alice)
    assert sinks.beat(alice)


@pytest.mark.parametrize("opening", [open_outbox, open_anchors])
def test_outbox_and_anchors_are_held_to_their_turn_as_well(store_url: str, opening: object) -> None:
    with closing(open_turns(store_url, "notify")) as turns:
        turn = turns.take(ALICE)
        with opening(store_url, turn=turn) as alice:  # type: ignore[operator]
            turns.take(BOB)
            with pytest.raises(TakenOver), alice._writing() as connection:
                connection.exec_driver_sql("DELETE FROM outbox")


def test_a_beat_of_a_turn_that_is_over_is_none(sinks: StoreTurns) -> None:
    alice = sinks.take(ALICE)
    assert sinks.beat(alice)
    bob = sinks.take(BOB)
    assert not sinks.beat(alice, ended=True)
    told = sinks.last()
    assert told is not None
    assert (told.instance, told.number, told.ended) == ("bob:2", 1, False)
    with pytest.raises(TakenOver):
        sinks.check(alice)
    sinks.check(bob)


def test_who_stands_by_waits_for_the_end_of_the_other_and_who_lost_its_turn_stands_by(
    sqlite_url: str,
) -> None:
    said, done, stop, works = list[str](), list[int](), Event(), Event()

    def work(turn: Turn, check: Check) -> None:
        done.append(turn.epoch)
        works.set()
        while not stop.wait(0.05):
            check()

    with closing(open_turns(sqlite_url, "sink")) as turns:
        with StoreBeating(turns, turns.take(ALICE)):
            bob = threading.Thread(
                target=in_store_turns, args=(sqlite_url, "sink", 60.0, stop, said.append, work)
            )
            bob.start()
            bob.join(1.0)
            assert done == []
        assert works.wait(10)
        with StoreBeating(turns, turns.take(ALICE)):
            time.sleep(1.0)
            assert done == [2]
            assert "another process took over" in said[-2]
            assert said[-1] == "sink: standing by for alice:1"
            stop.set()
            bob.join(10)
            assert not bob.is_alive()


def test_who_stands_by_for_nobody_begins_at_once_and_ends_once_another_one_works(sqlite_url: str) -> None:
    def work(_turn: Turn, check: Check) -> None:
        with closing(open_turns(sqlite_url, "sink")) as turns:
            turns.take(BOB)
        check()

    with pytest.raises(TakenOver, match="this one ends"):
        in_store_turns(sqlite_url, "sink", None, Event(), print, work)


def test_what_fails_as_another_one_has_already_gone_on_is_no_failure(sqlite_url: str) -> None:
    """Alice was stopped while she filed: Bob has moved the place that she would move."""
    work = "sink"

    def files(turn: Turn, _check: Check) -> None:
        with closing(open_writer(sqlite_url, turn)) as alice, closing(open_turns(sqlite_url, work)) as turns:
            late = Filing(alice)
            with closing(open_writer(sqlite_url, turns.take(BOB))) as bob:
                Filing(bob).file(drain(1), blocks=(judged(1),))
            late.file(drain(1), blocks=(judged(1),))

    with pytest.raises(TakenOver, match="took over"):
        in_store_turns(sqlite_url, work, None, Event(), print, files)

    def breaks(_turn: Turn, _check: Check) -> None:
        raise BadInput("it is broken")

    with pytest.raises(BadInput, match="it is broken"):
        in_store_turns(sqlite_url, work, None, Event(), print, breaks)


@pytest.mark.parametrize("epoch", ["NULL", "-1", "'one'"])
def test_a_row_that_is_no_turn_holds_up_nobody(sqlite_url: str, epoch: str) -> None:
    with closing(open_turns(sqlite_url, "sink")) as turns:
        turn = turns.take(ALICE)
        with turns._writing.begin() as connection:
            connection.exec_driver_sql("DROP TABLE turns")
            connection.exec_driver_sql("CREATE TABLE turns (work, epoch, instance, token, beat, ended)")
            connection.exec_driver_sql(f"INSERT INTO turns VALUES ('sink', {epoch}, x'ff', 1, 1, 0)")
        with pytest.raises(TakenOver):
            turns.check(turn)
        turns.check(turns.take(BOB))


OF_TURNS = frozenset({turn_rows})
"""Tables that are looked at for odd rows here."""


@pytest.mark.parametrize("column", [column.name for column in turn_rows.columns if not column.primary_key])
@pytest.mark.parametrize("value", ANYTHING, ids=range(len(ANYTHING)))
def test_an_odd_row_of_turns_keeps_nobody_from_taking_the_next(
    sqlite_url: str, column: str, value: object
) -> None:
    with closing(open_turns(sqlite_url, "sink")) as sinks:
        alice = sinks.take(ALICE)
        changed = text(f'UPDATE turns SET "{column}" = :value').bindparams(
            bindparam("value", value, NullType())
        )
        with suppress(IntegrityError), sinks._writing.begin() as connection:
            connection.execute(changed)
        sinks.last()
        bob = sinks.take(BOB)
        sinks.check(bob)
        with pytest.raises(TakenOver):
            sinks.check(alice)
