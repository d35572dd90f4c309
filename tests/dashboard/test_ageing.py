"""Old scores and old health go, a slice at a time; alerts and cases never. On each database."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from sqlalchemy import text

from dashboard.filing.ageing import IDLE_S, Ageing
from dashboard.store import AlertKey, Change, Filters, Reader, Writer, open_desk, open_writer
from tests.dashboard.alerts import ALICE, BOB, CHAIN, Filing, back_to, drain, judged
from tests.dashboard.people import ANN

DAY = 7_200
"""Blocks of twelve seconds in a day."""


def kept(writer: Writer, chain_id: int = CHAIN) -> list[int]:
    wanted = text("SELECT DISTINCT block_number FROM scores WHERE chain_id = :chain ORDER BY 1")
    with writer._engine.connect() as connection:
        return list(connection.scalars(wanted, {"chain": chain_id}))


def test_scores_older_than_the_days_that_are_kept_go_and_the_others_stay(
    writer: Writer, filing: Filing
) -> None:
    # Head at day 10; 3 days are kept: what lies before day 7 goes, day 7 itself is exactly 3 days old.
    blocks = (0, DAY, 7 * DAY - 1, 7 * DAY, 9 * DAY, 10 * DAY)
    filing.file(blocks=tuple(judged(number, (ALICE, 0.5), (BOB, 0.4)) for number in blocks))
    assert writer.age(CHAIN, 3) == 6
    assert kept(writer) == [7 * DAY, 9 * DAY, 10 * DAY]
    assert writer.age(CHAIN, 3) == 0


def test_it_goes_a_slice_at_a_time(writer: Writer, filing: Filing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.store.ageing.SLICE", 4)
    filing.file(blocks=tuple(judged(number, (ALICE, 0.5)) for number in [*range(10), 10 * DAY]))
    assert [writer.age(CHAIN, 1) for _ in range(4)] == [4, 4, 2, 0]
    assert kept(writer) == [10 * DAY]


def test_alerts_and_cases_stay_however_old_they_are(
    writer: Writer, reader: Reader, filing: Filing, store_url: str
) -> None:
    filing.file(drain(1), blocks=(judged(1, (ALICE, 0.5)),))
    with closing(open_desk(store_url)) as desk:
        desk.change(ANN, AlertKey(CHAIN, "drain-1"), 0, Change(status="open"))
    filing.file(blocks=(judged(1_000 * DAY),))
    assert writer.age(CHAIN, 1) == 1
    assert [row.id for row in reader.page(Filters(), 1, 10)] == ["drain-1"]
    assert reader.cases.case(AlertKey(CHAIN, "drain-1")).status == "open"
    assert reader.alert(CHAIN, "drain-1") == (drain(1), "final")


def test_each_chain_ages_by_its_own_head_and_one_without_a_head_not_at_all(writer: Writer) -> None:
    Filing(writer).file(blocks=(judged(1, (ALICE, 0.5)), judged(100 * DAY)))
    Filing(writer, chain_id=5).file(blocks=(judged(1, (ALICE, 0.5), chain_id=5), judged(2, chain_id=5)))
    assert (writer.age(5, 1), writer.age(7, 1), writer.age(CHAIN, 1)) == (0, 0, 1)
    assert (kept(writer), kept(writer, 5)) == ([], [1])


def test_after_a_rollback_nothing_ages_until_the_next_block(writer: Writer, filing: Filing) -> None:
    filing.file(blocks=(judged(1, (ALICE, 0.5)), judged(100 * DAY), back_to(99 * DAY)))
    assert writer.age(CHAIN, 1) == 0
    filing.file(blocks=(judged(99 * DAY + 1),))
    assert writer.age(CHAIN, 1) == 1


def test_scores_of_before_version_2_go_once_the_first_dated_one_is_old(
    writer: Writer, filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.store.ageing.SLICE", 4)
    filing.file(blocks=tuple(judged(number, (ALICE, 0.5)) for number in [*range(6), 2 * DAY, 3 * DAY]))
    with writer._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE scores SET timestamp = NULL WHERE block_number < 6")
    assert writer.age(CHAIN, 2) == 0
    filing.file(blocks=(judged(5 * DAY),))
    assert [writer.age(CHAIN, 2) for _ in range(3)] == [4, 3, 0]
    assert kept(writer) == [3 * DAY]


@pytest.mark.parametrize("value", ["'noon'", "x'ff'", "9e99"])
def test_an_odd_time_keeps_no_other_row_from_going(sqlite_url: str, value: str) -> None:
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(blocks=tuple(judged(number, (ALICE, 0.5)) for number in (1, 2, 3, 10 * DAY)))
        with writer._engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE scores SET timestamp = {value} WHERE block_number = 2")
        assert writer.age(CHAIN, 1) == 2
        assert kept(writer) == [2, 10 * DAY]


def test_a_time_that_is_too_low_takes_no_other_row_with_it(writer: Writer, filing: Filing) -> None:
    filing.file(blocks=tuple(judged(number, (ALICE, 0.5)) for number in (8 * DAY, 9 * DAY, 10 * DAY)))
    with writer._engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE scores SET timestamp = 1 WHERE block_number = {9 * DAY}")
    assert writer.age(CHAIN, 5) == 1
    assert kept(writer) == [8 * DAY, 10 * DAY]


def test_health_is_kept_for_seven_days(writer: Writer) -> None:
    now = int(time.time())
    with writer._engine.begin() as connection:
        for age_s in (0, 6 * 86_400, 7 * 86_400 - 600, 7 * 86_400 + 1, 30 * 86_400):
            row = f"({CHAIN}, {now - age_s}, 'ingest', 'a', '{{}}')"
            connection.exec_driver_sql(f"INSERT INTO health_history VALUES {row}")
    assert writer.age(CHAIN, 1) == 2
    with writer._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM health_history").scalar() == 3


def test_the_sink_looks_seldom_where_nothing_is_old(writer: Writer, filing: Filing) -> None:
    now = 0.0
    ageing = Ageing(writer, 1, lambda: now)
    filing.file(blocks=(judged(1, (ALICE, 0.5)), judged(10 * DAY)))
    assert [ageing.step(CHAIN), ageing.step(CHAIN)] == [1, 0]
    filing.file(blocks=(judged(10 * DAY + 1, (ALICE, 0.5)), judged(20 * DAY)))
    now = IDLE_S - 1
    assert ageing.step(CHAIN) == 0
    now = IDLE_S + 1
    assert ageing.step(CHAIN) == 1
