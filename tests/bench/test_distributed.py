"""The schedules that the plan for many machines is worked out by, on cases that a person can follow."""

from __future__ import annotations

from tests.bench.distributed.schedule import PieceTimes, RangeTimes, backfill, lake_run, sequential_share


def test_a_backfill_is_read_by_many_and_written_by_one() -> None:
    times = RangeTimes(read=10, sent=1, written=1)

    # One worker: 10, 20, 30, and the last is written 2 s later. Three at once: written at 12, 14 and 16.
    assert backfill(times, 3, workers=1) == 32
    assert backfill(times, 3, workers=3) == 16
    # However many read, a hundred ranges are written in 200 s, from when the first is there.
    assert backfill(times, 100, workers=100) == backfill(times, 100, workers=1000) == 210


def test_a_lake_run_is_bound_by_what_is_done_in_order() -> None:
    alone = PieceTimes(taken=4, grown_sent=0, grown=0, sent=0, asked=4, filed=0)

    # One after the other 80 s; with a scorer the last piece is taken at 40, and asked about until 44.
    assert lake_run(alone, 10, machines=1, scorers=1) == 44
    # Two scorers have nothing more to gain: pieces come every 4 s.
    assert lake_run(alone, 10, machines=1, scorers=2) == 44


def test_who_asks_longer_than_the_other_takes_is_helped_by_scorers_but_each_enters_all() -> None:
    slow = PieceTimes(taken=1, grown_sent=0, grown=0, sent=0, asked=4, filed=0)
    assert lake_run(slow, 8, machines=1, scorers=1) == 1 + 8 * 4
    assert lake_run(slow, 8, machines=1, scorers=4) == 8 + 4

    # Entering takes as long as taking: each scorer is busy with that alone.
    heavy = PieceTimes(taken=1, grown_sent=0, grown=1, sent=0, asked=4, filed=0)
    assert lake_run(heavy, 800, machines=1, scorers=4) > 800 * (1 + 4 / 4) * 0.95


def test_a_machine_more_costs_the_one_in_order_what_it_sends() -> None:
    times = PieceTimes(taken=1, grown_sent=1, grown=0, sent=0, asked=1, filed=0)
    assert lake_run(times, 10, machines=1, scorers=1) == 11
    assert lake_run(times, 10, machines=3, scorers=1) == 31


def test_the_sequential_share_bounds_the_speed_up() -> None:
    assert sequential_share(alone=8.0, one_by_one=2.0) == 0.25
