"""The soak: its arithmetic, its made blocks, its promises; and each of its two forms for a few seconds."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from detectors.engine.engine import Engine
from ingest.model.errors import BadInput
from tests.bench.soak import __main__ as command
from tests.bench.soak.arithmetic import extrapolated, last_third, percentiles, plateau_day, trend
from tests.bench.soak.engine_run import Sample
from tests.bench.soak.frames import BUSY, CHAIN, DAILY, Frames
from tests.bench.soak.needs import Needs
from tests.bench.soak.population import Population, words
from tests.bench.soak.promises import broken
from tests.fixtures.few import few_detectors

DAYS = [each / 4 for each in range(40)]


def test_a_straight_line_has_its_slope_and_no_doubt() -> None:
    found = trend(DAYS, [100 + 3 * day for day in DAYS])
    assert (found.slope, found.low, found.high) == pytest.approx((3, 3, 3))


def test_a_step_down_late_leaves_the_slope_as_it_was() -> None:
    found = trend(DAYS, [3 * day - (60 if day > 8 else 0) for day in DAYS])
    assert found.slope == pytest.approx(3)


def test_a_step_in_the_middle_leaves_the_slope_open() -> None:
    found = trend(DAYS, [3 * day - (60 if day > 5 else 0) for day in DAYS])
    assert found.low < 0 < found.high


def test_noise_around_a_level_does_not_surely_grow() -> None:
    noise = np.random.default_rng(3).normal(0, 1, len(DAYS))
    found = trend(DAYS, list(1_000 + noise))
    assert found.low < 0 < found.high
    assert not found.grows_by(0)


def test_of_few_points_nothing_is_said() -> None:
    found = trend(DAYS[:5], DAYS[:5])
    assert math.isnan(found.slope)
    assert not found.grows_by(0)


def test_the_last_third_is_of_time_and_not_of_points() -> None:
    days = [0.0, 0.1, 0.2, 0.3, 2.5, 3.0]
    assert days[last_third(days)] == [2.5, 3.0]
    assert [][last_third([])] == []


def test_a_day_s_bytes_come_to_thirty_times_as_much() -> None:
    assert extrapolated(50.0, 100, 7_200) == 3_600
    with pytest.raises(ValueError, match="nothing was measured"):
        extrapolated(50.0, 0, 7_200)


def test_a_table_levels_out_after_two_horizons_a_file_after_one_and_names_never() -> None:
    assert plateau_day(30 * 86_400, in_table=True) == 60
    assert plateau_day(30 * 86_400, in_table=False) == 30
    assert math.isinf(plateau_day(None, in_table=False))


def test_percentiles_of_nothing_are_no_numbers() -> None:
    assert percentiles([1.0, 2.0, 3.0])[::2] == (2.0, 3.0)
    assert all(map(math.isnan, percentiles([])))


def test_amounts_beyond_eight_bytes_keep_their_place() -> None:
    found = words(np.array([1.0, 2.0**64, 2.0**70 + 2.0**20]))
    assert [int.from_bytes(row.tobytes(), "big") for row in found] == [1, 2**64, 2**70 + 2**20]


@pytest.mark.parametrize(("mix", "transfers", "said"), [(DAILY, 167, 150), (BUSY, 250, 160)])
def test_a_made_block_has_the_size_that_is_stated(mix, transfers: int, said: int) -> None:  # type: ignore[no-untyped-def]
    batch = Frames(mix=mix).batch(1, 2)
    assert (mix.moved, mix.said) == (transfers, said)
    assert batch.transfers.height == 2 * transfers
    assert batch.logs.height == 2 * (transfers - mix.native + said)
    assert (batch.swaps.height, batch.approvals.height) == (2 * mix.swaps, 2 * mix.approvals)


def test_blocks_follow_from_the_seed_and_where_they_begin() -> None:
    frames = Frames(seed=4)
    again = Frames(seed=4).batch(101, 3)
    assert frames.batch(101, 3).logs.equals(again.logs)
    assert not Frames(seed=5).batch(101, 3).logs.equals(again.logs)
    assert frames.batch(98, 3).last_hash == again.parent_hash


def test_as_many_wallets_are_born_in_a_block_as_is_stated() -> None:
    people = Population()
    blocks = np.repeat(np.arange(7, 10), 200)
    dice = np.random.default_rng(1)
    payees = people.payees(dice, blocks, people.payers(dice, blocks))
    for block in (7, 8, 9):
        new = payees[(blocks == block) & (payees >= people.wallets(block - 1))]
        assert sorted(new) == list(range(people.wallets(block - 1), people.wallets(block)))
    assert payees.max() < people.wallets(9)


def test_a_poisoned_block_is_found() -> None:
    engine = Engine(CHAIN, few_detectors(), follows=False, keep_all=True)
    engine.take(Frames(poisoned=2).batch(1, 4))
    assert [alert.block_number for alert in engine.standing() if alert.category == "address-poisoning"] == [3]


def test_a_full_disk_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"the soak needs 2,000,000\.0 GB in .* are free: make room"):
        Needs(lake=0, day=1e15, state=1e15, at_caps=0).check(tmp_path)
    assert not list(tmp_path.iterdir())


def sample(day: float, anonymous: int) -> Sample:
    return Sample(int(day * 100), day, anonymous, 0, 1_000_000, 0, 0)


def test_memory_that_grows_without_a_table_breaks_a_promise() -> None:
    engine = Engine(CHAIN, few_detectors())
    frames = Frames(blocks_a_day=100)
    engine.take(frames.batch(1, 20), 20)
    leaks = [sample(day, 3_000_000 + int(day * 1_000_000)) for day in DAYS]
    level = [sample(day, 3_000_000) for day in DAYS]
    assert [line[:37] for line in broken(engine, frames, 20, leaks)] == [
        "memory that no table explains grows b"
    ]
    assert not list(broken(engine, frames, 20, level))
    assert list(broken(engine, frames, 25, level)) == ["5 blocks behind at the end"]


def test_a_table_that_begins_no_generation_breaks_a_promise() -> None:
    engine = Engine(CHAIN, few_detectors())
    frames = Frames(blocks_a_day=100)
    engine.take(frames.batch(1, 20), 20)
    table = engine.state.memory.tables()["part_holdings_pairs"]
    assert table.current.began is not None and table.horizon_s is not None
    table.current.began = (1, table.current.began[1] - 2 * table.horizon_s)
    (line,) = broken(engine, frames, 20, [])
    assert line.startswith("the table part_holdings_pairs began no generation for")


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_short_days_keep_every_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And a second run goes on where the first ended."""
    short = ["--blocks-a-day", "20", "--folder", str(tmp_path), "--save-blocks", "20"]
    assert command.main(["--days", "7", *short]) == 0
    assert command.main(["--days", "9", *short]) == 0
    said = capsys.readouterr().out
    assert said.count("every promise held") == 2
    assert "disk needed" in said.splitlines()[0]


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.broker
def test_a_minute_live_keeps_every_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--live", "1", "--block-seconds", "1", "--folder", str(tmp_path)]) == 0
    assert "every promise held" in capsys.readouterr().out
