"""Batch work over a lake: the book, the scores, gaps, and files that cannot be written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.evaluate import load_book
from detectors.registry import detectors
from detectors.runs.over_lake import Judged, LakeRun, write_book, write_scores
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput, BrokerUnreachable, ChainGap, UndertowError
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.full_disk import files_of_at_most
from undertow import app

SETTINGS = EngineSettings(finality=4)


def layering_town(blocks: int = 30) -> ChainBuilder:
    """From block 3 on, money of mallory is passed on by a fresh wallet in each block, eight times."""
    chain = ChainBuilder(first_block=1)
    line = [address("mallory"), *(address(f"wallet {n}") for n in range(8))]
    for number in range(1, blocks + 1):
        chain.block()
        if 3 <= number < 11:
            chain.native(line[number - 3], line[number - 2], 10**18)
    return chain


def lake_of(folder: Path, chain: ChainBuilder, *ranges: tuple[int, int]) -> Lake:
    writer = LakeWriter(folder)
    for first, last in ranges:
        writer.write(chain.batch(first, last))
    return Lake.open(folder)


def run(
    lake: Lake,
    allow_gaps: bool = False,
    blocks: int = 100,
    span: tuple[int | None, int | None] = (None, None),
) -> Judged:
    batch = LakeRun(lake, 1, detectors(), SETTINGS, allow_gaps, blocks, keep_scores=True)
    return batch.run(*span, lambda _progress: None)


def test_the_book_of_a_lake_is_the_book_of_the_engine(tmp_path: Path) -> None:
    chain = layering_town()
    judged = run(lake_of(tmp_path / "lake", chain, (1, 30)), blocks=7)
    engine = Engine(1, detectors(), SETTINGS, follows=False, keep_all=True)
    engine.take(chain.batch())
    assert sorted(a.to_json() for a in judged.alerts) == sorted(a.to_json() for a in engine.standing())
    assert (judged.head, judged.gaps, judged.transfers) == (30, 0, 8)


def test_the_written_book_says_who_and_where(tmp_path: Path) -> None:
    judged = run(lake_of(tmp_path / "lake", layering_town(), (1, 30)))
    assert write_book(tmp_path / "book", judged, SETTINGS.finality) == 1
    (alert,) = load_book(tmp_path / "book")
    # Paid in block 3, passed on in 4 and 5: two wallets in a row kept nothing.
    assert (alert.category, alert.block_number, alert.status) == ("layering", 5, "final")
    assert alert.subject_id == "0x" + address("mallory").hex()


def test_a_part_of_the_lake_can_be_judged(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, layering_town(), (1, 30))
    assert run(lake, span=(2, 4)).head == 4
    assert run(lake, span=(2, 4)).alerts == []
    with pytest.raises(BadInput, match="holds no block of chain 1 from 31 to 40"):
        run(lake, span=(31, 40))


def test_missing_blocks_end_the_run_in_one_line(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, layering_town(), (1, 8), (20, 30))
    with pytest.raises(ChainGap, match=r"^block 20 .* does not follow block 8 .*--allow-gaps"):
        run(lake)


def test_with_allow_gaps_memory_begins_anew_and_alerts_from_before_stay(tmp_path: Path) -> None:
    chain = layering_town()
    judged = run(lake_of(tmp_path / "late", chain, (1, 8), (20, 30)), allow_gaps=True)
    assert (judged.gaps, judged.head, [alert.block_number for alert in judged.alerts]) == (1, 30, [5])
    # Without block 5 the trail is cut: blocks 6 and 7 pass it on only once after the gap.
    broken = run(lake_of(tmp_path / "broken", chain, (1, 4), (6, 7)), allow_gaps=True)
    assert (broken.gaps, broken.alerts) == (1, [])


def test_scores_have_the_written_schema(tmp_path: Path) -> None:
    judged = run(lake_of(tmp_path / "lake", layering_town(), (1, 30)))
    write_scores(tmp_path / "scores", judged)
    frame = pl.read_parquet(tmp_path / "scores")
    assert dict(frame.schema) == {
        "chain_id": pl.UInt64, "block_number": pl.UInt64, "subject_kind": pl.String,
        "subject": pl.String, "score": pl.Float64, "parts": pl.String,
    }  # fmt: skip
    assert frame["block_number"].to_list() == [5, 6, 7, 8, 9, 10]
    first = frame.row(0, named=True)
    assert (first["score"], first["parts"]) == (0.6, '{"layering": 0.6}')


def test_scores_beyond_a_blocks_share_are_left_out_and_counted(tmp_path: Path) -> None:
    chain = ChainBuilder(first_block=1).block()
    for story in range(3):  # three trails in one block, each as good as the others
        line = [address(f"story {story} wallet {n}") for n in range(5)]
        for here, there in pairwise(line):
            chain.native(here, there, 10**18)
    lake = lake_of(tmp_path, chain, (1, 1))
    kept = replace(SETTINGS, block_scores=2)
    judged = LakeRun(lake, 1, detectors(), kept, keep_scores=True).run(None, None, lambda _progress: None)
    assert (len(judged.scores), judged.scores_left_out) == (2, 1)
    assert run(lake).scores_left_out == 0


def test_no_scores_are_an_empty_table(tmp_path: Path) -> None:
    write_scores(tmp_path / "scores", run(lake_of(tmp_path / "lake", layering_town(), (1, 2))))
    assert pl.read_parquet(tmp_path / "scores").height == 0


@pytest.mark.parametrize("where", ["nowhere/file", "folder"])
def test_a_path_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, where: str) -> None:
    (tmp_path / "folder").mkdir()
    judged = run(lake_of(tmp_path / "lake", layering_town(), (1, 30)))
    with pytest.raises(BadInput, match=f"{where} cannot be written: .*another file") as error:
        write_book(tmp_path / where, judged, 4)
    assert "\n" not in str(error.value)
    with pytest.raises(BadInput, match=f"{where} cannot be written: .*--scores") as error:
        write_scores(tmp_path / where, judged)
    assert "\n" not in str(error.value)


def detect(*arguments: object) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, ["detect", *map(str, arguments)])
    return result.exit_code, result.output, result.exception


def test_the_command_writes_book_and_scores(tmp_path: Path) -> None:
    lake_of(tmp_path / "lake", layering_town(), (1, 30))
    book, scores = tmp_path / "book", tmp_path / "scores"
    status, said, _ = detect("--lake", tmp_path / "lake", "--alerts", book, "--scores", scores)
    assert status == 0
    assert f"1 alerts up to block 30 of chain 1 in {book}" in said
    assert (len(load_book(book)), pl.read_parquet(scores).height) == (1, 6)


@pytest.mark.parametrize(
    "arguments", [[], ["--lake", "here"], ["--kafka", "127.0.0.1:1"], ["--chain-id", "1", "--alerts", "book"]]
)
def test_the_command_wants_live_or_batch(arguments: Iterable[str]) -> None:
    status, said, _ = detect(*arguments)
    assert status == 2
    assert "--lake and --alerts" in said


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--chain-id", "1", "--lake", "here"], r"a live run reads the log alone.*--rebuild"),
        (
            ["--lake", "here", "--alerts", "book", "--rebuild"],
            "--alerts writes what a lake holds.*one of",
        ),
        (["--lake", "here", "--rebuild"], "give --chain-id"),
    ],
)
def test_options_that_do_not_go_together_are_told(arguments: Iterable[str], line: str) -> None:
    status, said, _ = detect(*arguments)
    assert status == 2
    assert re.search(line, " ".join(re.findall(r"[^\s│╭╮╰╯─]+", said)))


def test_a_lake_set_for_all_commands_does_not_stop_a_live_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNDERTOW_LAKE", "here")
    _, _, error = detect("--chain-id", "1", "--kafka", "127.0.0.1:1")
    assert isinstance(error, BrokerUnreachable)


def test_a_folder_that_is_no_lake_is_told(tmp_path: Path) -> None:
    _, _, error = detect("--lake", tmp_path, "--alerts", tmp_path / "book")
    assert isinstance(error, UndertowError)
    assert "is not a lake" in str(error)


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_half(tmp_path: Path) -> None:
    judged = run(lake_of(tmp_path / "lake", layering_town(), (1, 30)))
    for write in (partial(write_book, finality=4), write_scores):
        with files_of_at_most(100), pytest.raises(BadInput, match=r"file cannot be written: .*give") as error:
            write(tmp_path / "file", judged)
        assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]
