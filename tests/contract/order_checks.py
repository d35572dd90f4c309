"""The promise that live = backfill = restart, held against all detectors at once: the same chain, the same
book. Each of them may be held against it alone as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from detectors.base import Detector
from detectors.engine.engine import Engine
from ingest.model.batch import Event
from tests.contract.told import Book, Told, book_of
from tests.contract.worlds import BRIEF, SHORT, Worlds
from tests.fixtures.restarts import begun, restarted

CRASHES = 2

Those = Detector | Sequence[Detector]


def any_cut_gives_the_same_book(those: Those, worlds: Worlds) -> None:
    """Batches of 1 or of random numbers of blocks: the same alerts and scores as read all at once."""
    _cut_into(those, worlds, "cuts of 1", "random cuts")


def cuts_of_other_sizes_give_the_same_book(those: Those, worlds: Worlds) -> None:
    """Batches of 3 or of 7 blocks, which do not fit into an epoch evenly."""
    _cut_into(those, worlds, "cuts of 3", "cuts of 7")


def _cut_into(those: Those, worlds: Worlds, *names: str) -> None:
    for name in names:
        _check(those, worlds, book_of(_all(those), worlds.cuts[name], SHORT, parts=BRIEF), name)


def a_rollback_leaves_no_trace(those: Those, worlds: Worlds) -> None:
    """After detours of every depth the book is that of a reader who never saw them."""
    told = book_of(_all(those), worlds.reorganised, SHORT, follows=True, parts=BRIEF)
    _check(those, worlds, told, "another book")


def a_restart_changes_nothing(those: Those, worlds: Worlds) -> None:
    """Killed anywhere in a log with rollbacks and gone on from its checkpoint: the same book."""
    log = worlds.reorganised
    _expected(those, worlds)
    crashes = Random(11).sample(range(len(log) // 3, len(log)), CRASHES)
    with TemporaryDirectory() as folder:
        engine, told = (
            begun(Engine(1, _all(those), SHORT, folder=Path(folder) / "first", parts=BRIEF)),
            Told(),
        )
        for offset, event in enumerate(log, start=1):
            told.take(engine.take(event, offset))
            if offset in crashes:
                book = _gone_on(engine, told.copy(), log, offset, Path(folder) / "second")
                _check(those, worlds, book, f"killed after event {offset}")
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


def _check(those: Those, worlds: Worlds, book: Book, when: str) -> None:
    """Against the final chain, read once from its first block to its last; says whose book is another."""
    expected = _expected(those, worlds)
    if book == expected:
        return
    others = sorted({each.name for each in _all(those) if _own(book, each) != _own(expected, each)})
    raise AssertionError(f"{when}: {', '.join(others)}")


def _expected(those: Those, worlds: Worlds) -> Book:
    batches = [worlds.long.batch]
    expected = worlds.once("book", those, lambda: book_of(_all(those), batches, SHORT, parts=BRIEF))
    for each in _all(those):
        said = f"{each.name} never alerts in a chain that holds what it promises"
        assert _own(expected, each)[0], said
    return expected


def _own(book: Book, detector: Detector) -> tuple[list[str], list[tuple[int, str, float]]]:
    alerts, scores = book
    own = [
        (each.block_number, each.subject, each.parts[detector.name])
        for each in scores
        if detector.name in each.parts
    ]
    return [line for line in alerts if f'"detector":"{detector.name}"' in line], own


def _all(those: Those) -> Sequence[Detector]:
    return those if isinstance(those, Sequence) else [those]
