"""The promise that live = backfill = restart, held against every detector: the same chain, the same book."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from detectors.base import Detector
from detectors.engine.engine import Engine
from ingest.model.batch import Event
from tests.contract.told import Book, Told, book_of
from tests.contract.worlds import SHORT, Worlds
from tests.fixtures.restarts import begun, restarted

CRASHES = 2


def any_cut_gives_the_same_book(detector: Detector, worlds: Worlds) -> None:
    """Batches of 1, 3, 7, or random numbers of blocks, or all at once: the same alerts and scores."""
    expected = _book(detector, worlds)
    for name, batches in worlds.cuts.items():
        assert book_of([detector], batches, SHORT) == expected, name


def a_rollback_leaves_no_trace(detector: Detector, worlds: Worlds) -> None:
    """After detours of every depth the book is that of a reader who never saw them."""
    told = book_of([detector], worlds.reorganised, SHORT, follows=True)
    assert told == _book(detector, worlds), "another book"


def a_restart_changes_nothing(detector: Detector, worlds: Worlds) -> None:
    """Killed anywhere in a log with rollbacks and gone on from its checkpoint: the same book."""
    log, expected = worlds.reorganised, _book(detector, worlds)
    crashes = Random(11).sample(range(len(log) // 3, len(log)), CRASHES)
    with TemporaryDirectory() as folder:
        engine, told = begun(Engine(1, [detector], SHORT, folder=Path(folder) / "first")), Told()
        for offset, event in enumerate(log, start=1):
            told.take(engine.take(event, offset))
            if offset in crashes:
                book = _gone_on(engine, told.copy(), log, offset, Path(folder) / "second")
                assert book == expected, f"killed after event {offset}"
        engine.close()


def _gone_on(engine: Engine, told: Told, log: list[Event], crash: int, folder: Path) -> Book:
    """What readers are left with when another engine goes on from what this one could put on disk."""
    resumed, start = restarted(engine, folder)
    assert start is not None, "nothing was final yet: the crash comes too early to test anything"
    for offset, event in enumerate(log[start:], start=start + 1):
        output = resumed.take(event, offset)
        if offset > crash:  # what is below the mark was told already
            told.take(output)
    resumed.close()
    return told.book(resumed.state.number, SHORT.finality)


def _book(detector: Detector, worlds: Worlds) -> Book:
    """Of the final chain, read once from its first block to its last."""
    batches = [worlds.long.batch]
    expected = worlds.once("book", detector, lambda: book_of([detector], batches, SHORT))
    assert expected[0], "it never alerts in a chain that holds what it promises"
    return expected
