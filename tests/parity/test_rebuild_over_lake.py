"""`--rebuild --lake`: history in a lake and a log that begins later end as one clean run over all blocks."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from detectors.registry import detectors
from detectors.runs import outbox
from detectors.runs.beginning import Beginning, Seam
from ingest.machine.processes import Child
from ingest.model.batch import Batch
from ingest.model.errors import BadInput, NotALake, RunMismatch
from tests.parity.judged_log import HEAD, JudgedLog, is_killed
from tests.parity.lake_below import Chain, assert_as_one_clean_run, lake_of

pytestmark = pytest.mark.broker


@pytest.fixture
def chain(fresh_chain_id: int) -> Chain:
    return Chain.of(fresh_chain_id)


@pytest.fixture
def judged(kafka: str, chain: Chain, tmp_path: Path) -> JudgedLog:
    """The whole log, judged with finality 8."""
    judged = JudgedLog(kafka, chain.stays.chain_id, tmp_path)
    judged.publishes(chain.log())
    judged.judges(finality=8)
    return judged


CASES = {
    "the lake ends right below the log": (2, "stays", 10),
    "the lake overlaps the log": (2, "stays", 16),
    "the lake ends beyond the reorganisation": (2, "stays", 30),
    "the log begins in blocks that leave, the lake has them": (4, "leaves", 20),
    "the log begins in blocks that leave, the lake has the others": (4, "stays", 30),
    "the log begins in blocks that leave, the lake ends below them": (4, "stays", 18),
    "the log begins with the rollback": (5, "stays", 18),
    "the log begins after the reorganisation": (6, "stays", 18),
    "the lake holds the whole chain": (8, "stays", 40),
}


OFTEN = ("the lake overlaps the log", "the log begins in blocks that leave, the lake has the others")
"""What `make test` tries of these."""


def _soaked(name: str) -> tuple[pytest.MarkDecorator, ...]:
    return () if name in OFTEN else (pytest.mark.soak,)


@pytest.mark.parametrize(
    "finality",
    [
        pytest.param(4, marks=pytest.mark.soak, id="a-long-log"),
        pytest.param(64, id="a-log-shorter-than-the-finality"),
    ],
)
@pytest.mark.parametrize("case", [pytest.param(CASES[name], id=name, marks=_soaked(name)) for name in CASES])
def test_all_blocks_are_judged_and_a_plain_start_goes_on(
    judged: JudgedLog, chain: Chain, tmp_path: Path, case: tuple[int, str, int], finality: int
) -> None:
    forgotten, side, last = case
    judged.forgets(forgotten)
    lake = lake_of(tmp_path / "lake", getattr(chain, side), (1, 7), (8, last))

    said = judged.judges(finality, rebuild=True, lake=lake)
    assert "are read from the lake at" in said[1]
    assert_as_one_clean_run(judged, chain.stays, finality)

    judged.publishes(chain.goes_on())
    assert judged.judges(finality, until=chain.stays.head) == []
    assert_as_one_clean_run(judged, chain.stays, finality)


def test_what_was_published_from_the_log_on_gains_what_lies_below(
    kafka: str, chain: Chain, tmp_path: Path
) -> None:
    judged = JudgedLog(kafka, chain.stays.chain_id, tmp_path)
    judged.publishes(chain.after(HEAD - 20))
    judged.judges(finality=4)
    assert judged.books() == ("", "")
    judged.judges(finality=4, rebuild=True, lake=lake_of(tmp_path / "lake", chain.stays, (1, 20)))
    assert_as_one_clean_run(judged, chain.stays, 4)


def test_a_lake_that_reaches_no_lower_than_the_log_adds_nothing(
    judged: JudgedLog, chain: Chain, tmp_path: Path
) -> None:
    for number, first in enumerate((1, 20)):
        lake = lake_of(tmp_path / f"lake-{number}", chain.stays, (first, 30))
        said = judged.judges(finality=4, rebuild=True, lake=lake)
        assert f"begins at block {first} and the log at block 1: the lake adds nothing" in said[1]
        assert_as_one_clean_run(judged, chain.stays, 4)


def test_facts_that_the_log_lost_with_its_first_record_come_from_the_lake(
    judged: JudgedLog, chain: Chain, tmp_path: Path
) -> None:
    # Blocks 19 to 23 are two records: what EURC is called, and the blocks.
    judged.forgets(6, records=1)
    judged.judges(finality=4, rebuild=True, lake=lake_of(tmp_path / "lake", chain.stays, (1, 30)))
    assert_as_one_clean_run(judged, chain.stays, 4)


REFUSED = {
    "a gap below the log": ([(1, 7)], r"lacks blocks 8 to 10 of chain \d+, .*: backfill them"),
    "a gap in the lake": ([(1, 3), (6, 30)], r"lacks blocks 4 to 5 of chain \d+, .*: backfill them"),
    "it begins later than the run before": (
        [(3, 30)],
        r"the run before began at block 1, the log of chain \d+ begins at block 11, .*lake at block 3: "
        r"start detect with --rebuild --lake DIR",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_lake_that_does_not_lead_to_the_log_is_refused_before_anything_is_sent(
    judged: JudgedLog, chain: Chain, tmp_path: Path, case: tuple[list[tuple[int, int]], str]
) -> None:
    ranges, line = case
    judged.forgets(2)
    before = judged.mark(), judged.alerts()
    with pytest.raises(BadInput, match=line) as refused:
        judged.judges(finality=4, rebuild=True, lake=lake_of(tmp_path / "lake", chain.stays, *ranges))
    assert "\n" not in str(refused.value)
    assert (judged.mark(), judged.alerts()) == before
    assert judged.judges(finality=8) == []


def test_a_lake_of_blocks_that_have_left_is_refused(judged: JudgedLog, chain: Chain, tmp_path: Path) -> None:
    judged.forgets(6)
    other = chain.stays.fork(10, "somewhere else").blocks(15)
    with pytest.raises(BadInput, match=r"block 18 is 0x\w+… in the lake at .*backfill the lake again"):
        judged.judges(finality=4, rebuild=True, lake=lake_of(tmp_path / "lake", other, (1, 25)))


def test_a_lake_of_another_chain_or_of_none_or_damaged_is_refused(
    judged: JudgedLog, chain: Chain, tmp_path: Path
) -> None:
    judged.forgets(2)
    before = judged.mark()
    other = lake_of(tmp_path / "other", Chain.of(5).stays, (1, 30))
    with pytest.raises(
        NotALake, match=rf"no block of chain {judged.chain_id} \(it holds 5\): backfill it, or"
    ):
        judged.judges(finality=4, rebuild=True, lake=other)
    (tmp_path / "empty" / "_ranges").mkdir(parents=True)
    with pytest.raises(NotALake, match=r"it holds no chain"):
        judged.judges(finality=4, rebuild=True, lake=tmp_path / "empty")
    with pytest.raises(NotALake, match=r"is not a lake: .*undertow backfill"):
        judged.judges(finality=4, rebuild=True, lake=tmp_path)
    damaged = lake_of(tmp_path / "damaged", chain.stays, (1, 5), (6, 30))
    next((damaged / "logs").rglob("*01-*05.parquet")).write_bytes(b"")
    with pytest.raises(NotALake, match=r"damaged: logs/.*backfill it again"):
        judged.judges(finality=4, rebuild=True, lake=damaged)
    assert judged.mark() == before


def test_without_a_lake_a_log_that_begins_later_than_the_run_before_is_refused(judged: JudgedLog) -> None:
    judged.forgets(2)
    line = r"the run before began at block 1, the log of chain \d+ begins at block 11: .*--rebuild --lake DIR"
    with pytest.raises(BadInput, match=line):
        judged.judges(finality=4, rebuild=True)
    assert judged.judges(finality=8) == []


@pytest.mark.parametrize(
    ("ranges", "first"),
    [
        pytest.param(None, 11, id="no-lake", marks=pytest.mark.soak),
        pytest.param([(1, 3)], 11, id="apart", marks=pytest.mark.soak),
        pytest.param([(1, 3), (6, 12)], 6, id="broken"),
    ],
)
def test_what_follows_the_last_gap_is_judged_where_gaps_are_allowed(
    judged: JudgedLog, chain: Chain, tmp_path: Path, ranges: list[tuple[int, int]] | None, first: int
) -> None:
    judged.forgets(2)
    lake = None if ranges is None else lake_of(tmp_path / "lake", chain.stays, *ranges)
    judged.judges(finality=4, rebuild=True, lake=lake, allow_gaps=True)
    assert_as_one_clean_run(judged, chain.stays, 4, first=first)
    assert judged.judges(finality=4) == []


ANY = range(5)
"""Before each of its transactions: the first says that it began, the last that it is done."""


@pytest.mark.parametrize(
    ("finality", "kills"),
    [(4, (2,)), *(pytest.param(finality, ANY, marks=pytest.mark.soak) for finality in (4, 64))],
)
def test_killed_at_any_transaction_it_is_repeated_with_the_lake(
    judged: JudgedLog,
    chain: Chain,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    finality: int,
    kills: Sequence[int],
) -> None:
    monkeypatch.setattr(outbox, "CHUNK_RECORDS", 15)
    judged.forgets(4)
    lake = lake_of(tmp_path / "lake", chain.stays, (1, 20))
    larger = lake_of(tmp_path / "larger", chain.stays, (1, 30))
    for number in kills:
        assert is_killed(judged, monkeypatch, number, finality, lake)
        if number > 0:  # before that it was never there
            assert judged.mark().rebuilding
            with pytest.raises(
                BadInput, match=r"rebuild that was cut short began at block 1, .*--rebuild --lake"
            ):
                judged.judges(finality)
        judged.files()
        # With the lake at hand (UNDERTOW_LAKE) a plain start repeats it too.
        judged.judges(finality, rebuild=number % 2 == 0, lake=larger if number % 2 else lake)
        assert_as_one_clean_run(judged, chain.stays, finality)
        assert judged.judges(finality) == []
        judged.judges(finality=8, rebuild=True, lake=lake)  # back to the old run, for the next kill
    assert not is_killed(judged, monkeypatch, len(ANY), finality, lake)
    assert_as_one_clean_run(judged, chain.stays, finality)
    assert judged.judges(finality) == []


def test_asked_to_end_while_it_reads_the_lake_it_was_never_there(
    judged: JudgedLog, chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged.forgets(4)
    stop, real = threading.Event(), Beginning.batches

    def batches(beginning: Beginning, seam: Seam) -> Iterator[Batch]:
        yield from real(beginning, seam)
        stop.set()
        yield from real(beginning, seam)

    monkeypatch.setattr(Beginning, "batches", batches)
    before, lake = judged.mark(), lake_of(tmp_path / "lake", chain.stays, (1, 20))
    said = judged.judges(finality=4, rebuild=True, lake=lake, stop=stop)
    assert said[-1].endswith("ended before that was done: nothing was sent")
    assert judged.mark() == before
    assert judged.judges(finality=8) == []


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize("wait", [2.0, 3.2, 4.0, 6.0])
def test_kill_9_of_the_command(judged: JudgedLog, chain: Chain, tmp_path: Path, wait: float) -> None:
    judged.forgets(4)
    lake = lake_of(tmp_path / "lake", chain.stays, (1, 20))
    judged.those = detectors
    words = ["detect", "--kafka", judged.kafka, "--chain-id", str(judged.chain_id), "--rebuild"]
    more = ["--state", str(judged.folder / "state"), "--until-block", str(HEAD), "--finality", "16"]
    argv = [sys.executable, "-m", "undertow", *words, *more, "--lake", str(lake)]
    with Child.start("detect", argv, log=tmp_path / "log") as child:
        time.sleep(wait)
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            child.process.wait(10)
    with Child.start("detect", argv, log=tmp_path / "log") as again:
        assert again.process.wait(240) == 0, again.last_lines()
    assert_as_one_clean_run(judged, chain.stays, 16)
    assert judged.judges(finality=16) == []


def test_without_its_checkpoint_it_cannot_go_on_and_names_the_lake(
    judged: JudgedLog, chain: Chain, tmp_path: Path
) -> None:
    judged.forgets(6)
    lake = lake_of(tmp_path / "lake", chain.stays, (1, 18))
    judged.judges(finality=64, rebuild=True, lake=lake)
    before = judged.alerts()
    line = r"by a run that began at block 1; the log begins at block 19, .*--rebuild --lake DIR"
    with pytest.raises(RunMismatch, match=line):
        judged.judges(finality=64, state="elsewhere")
    assert judged.alerts() == before


def test_where_the_log_lost_all_that_was_published_a_start_without_a_checkpoint_is_refused(
    judged: JudgedLog, chain: Chain
) -> None:
    judged.publishes(chain.goes_on())
    judged.forgets(11)
    with pytest.raises(
        RunMismatch, match=r"began at block 1; the log begins at block 41, .*--rebuild --lake DIR"
    ):
        judged.judges(finality=8, state="elsewhere", until=chain.stays.head)
    assert judged.mark().head == HEAD
