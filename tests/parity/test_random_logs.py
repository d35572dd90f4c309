"""Promises 2 and 3 as a property: however a chain is cut, taken back and restarted, book, scores and all that
is remembered are those of a reader who read it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from detectors.base import Detector, Finding
from detectors.base import Seen as Piece
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.memory import rows
from detectors.memory.table import Table
from detectors.models.schedule import Schedule
from detectors.parts.horizons import Horizons
from detectors.parts.ledger import Ledger
from detectors.registry import detectors
from ingest.model.batch import Batch, Event, Rollback
from tests.contract.told import Book, Told
from tests.detectors.test_engine import LargePayments
from tests.fixtures.few import drawn_detectors, few_detectors, forgetful
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.restarts import begun, restarted
from tests.parity.random_log import random_chain, random_log

pytestmark = pytest.mark.slow

PARTS = forgetful(Horizons(wallets_cap=12, told_cap=10))
"""So that tables also forget early, at the latest after so many blocks."""
LONG = 100

OFTEN = Schedule(first=(20, 30, 45), first_wait=5, every=30, wait=12)

Seen = tuple[Book, str]


def settings(finality: int, epoch: int) -> EngineSettings:
    return EngineSettings(finality=finality, epoch_blocks=epoch, score_floor=0.0, schedule=OFTEN)


Detectors = Sequence[Detector]


def engine(folder: Path | None, own: EngineSettings, those: Detectors, follows: bool = True) -> Engine:
    return Engine(1, those, own, follows, folder=folder, parts=PARTS)


def ended(made: Engine, told: Told) -> Seen:
    seen = told.book(made.state.number, made.settings.finality), remembered(made)
    made.close()
    return seen


def remembered(made: Engine) -> str:
    """All of memory, what is known of tokens, and what is off."""
    ledger = made.state.ledger
    facts = sorted(ledger.tokens), sorted(ledger.wrapped), sorted(ledger.unproved)
    return f"{made.state.memory.digest()} {facts} {sorted(made.state.off.items())}"


def read_once(chain: ChainBuilder, own: EngineSettings, those: Detectors) -> Seen:
    made, told = engine(None, own, those, follows=False), Told()
    told.take(made.take(chain.batch()))
    if chain.head > LONG:
        assert made.state.memory.early_ageings(), "some table forgot early"
    return ended(made, told)


def holds(
    seed: int,
    blocks: int,
    finality: int,
    epoch: int,
    folder: Path,
    crashes: int,
    those: Callable[[], Detectors] = detectors,
) -> list[Event]:
    rng, own = Random(seed), settings(finality, epoch)
    chain = random_chain(rng, blocks, first=10)
    log, expected = random_log(chain, rng, finality, epoch), read_once(chain, own, those())
    killed = set(rng.sample(range(1, len(log)), min(crashes, len(log) - 1)))
    made, told = begun(engine(folder / "first", own, those())), Told()
    for offset, event in enumerate(log, start=1):
        told.take(made.take(event, offset))
        if offset in killed:
            again = gone_on(made, told.copy(), log, offset, folder / "second", rng.random() < 0.7)
            assert again == expected, f"seed {seed}: killed after event {offset}"
    assert ended(made, told) == expected, f"seed {seed}"
    return log


def gone_on(made: Engine, told: Told, log: list[Event], crash: int, folder: Path, save: bool) -> Seen:
    """What another engine ends with, from what lies on disk."""
    other, start = restarted(made, folder, save)
    for offset, event in enumerate(log[start or 0 :], start=(start or 0) + 1):
        output = other.take(event, offset)
        if offset > crash:
            told.take(output)
    return ended(other, told)


@pytest.mark.parametrize(
    ("seed", "finality", "epoch"),
    [(1, 8, 5), pytest.param(3, 64, 20, marks=(pytest.mark.soak, pytest.mark.timeout(1800)))],
)
def test_any_way_to_a_chain_ends_in_the_same_book_and_memory(
    seed: int, finality: int, epoch: int, tmp_path: Path
) -> None:
    log = holds(
        seed, blocks=60 if finality < 64 else 90, finality=finality, epoch=epoch, folder=tmp_path, crashes=2
    )
    assert sum(isinstance(event, Rollback) for event in log) > 2


SHAPES = ((64, 20), (64, 7), (32, 50), (5, 1), (1, 4), (16, 5))


@pytest.mark.parametrize("seed", range(1000, 1050))
def test_any_way_to_a_short_chain_ends_in_the_same_book_and_memory(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    holds(seed, rng.randint(4, 14), *rng.choice(SHAPES), tmp_path, 1, lambda: drawn_detectors(seed))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 600))
def test_any_way_to_a_long_chain_ends_in_the_same_book_and_memory(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    blocks = rng.randint(100, 300) if seed % 10 == 0 else rng.randint(20, 100)
    holds(seed, blocks, *rng.choice(SHAPES), tmp_path, crashes=4 if seed % 10 == 0 else 2)


class CountsBatches(LargePayments):
    """Scores a payment by how many came in its batch: by where the blocks were cut."""

    name = "counts-batches"

    def score(self, seen: Piece) -> list[Finding]:
        share = 1.0 / (1 + seen.rows["number"].size)
        return [replace(each, score=share) for each in super().score(seen)]


class NeedsSingleBlocks(LargePayments):
    """Raises wherever it gets more than one block: asked again block by block it has all to say."""

    name = "needs-single-blocks"

    def score(self, seen: Piece) -> list[Finding]:
        if seen.blocks["number"].size > 1:
            raise ValueError("more than one block")
        return super().score(seen)


class RaisesInAFewBlocks(LargePayments):
    """Raises at every seventh block, wherever batches are cut: it is off from the first of them on."""

    name = "raises-in-a-few-blocks"

    def score(self, seen: Piece) -> list[Finding]:
        if (seen.blocks["number"] % 7 == 6).any():
            raise ValueError("a seventh block")
        return super().score(seen)


def lived_through(
    folder: Path, those: Callable[[], Detectors] = few_detectors, seeds: Iterable[int] = (1, 2)
) -> None:
    for seed in seeds:
        holds(seed, 40, 12, 5, folder / str(seed), crashes=1, those=those)


@pytest.mark.parametrize("kind", [NeedsSingleBlocks, RaisesInAFewBlocks])
def test_who_raises_is_off_or_heard_wherever_batches_are_cut(
    kind: type[LargePayments], tmp_path: Path
) -> None:
    lived_through(tmp_path, lambda: [*few_detectors(), kind()])


def test_who_counts_by_batch_is_caught(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="seed"):
        lived_through(tmp_path, lambda: [CountsBatches()])


def forgets_an_entry(table: Table, block: int) -> None:
    """The journal lacks what was noted last."""
    if len(table.entries()):
        table.journal[rows.USED] -= table._entry
    UNDO(table, block)


def takes_nothing_back(table: Table, block: int) -> None:
    """A table that a rollback does not know of."""


UNDO = Table.undo


@pytest.mark.parametrize("undo", [forgets_an_entry, takes_nothing_back])
def test_a_journal_that_forgets_is_caught(
    undo: Callable[[Table, int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Table, "undo", undo)
    with pytest.raises((AssertionError, ValueError)):
        lived_through(tmp_path)


def test_a_ledger_that_is_not_cut_back_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "truncate", lambda ledger, number: None)
    with pytest.raises((AssertionError, ValueError)):
        lived_through(tmp_path)


def test_horizons_that_are_looked_at_with_every_batch_are_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generation that begins where a batch does is another one for every cut."""

    def uncut(batch: Batch, settings: EngineSettings, anchor: int) -> Iterator[Batch]:
        yield batch

    monkeypatch.setattr("detectors.engine.engine.cut", uncut)
    with pytest.raises((AssertionError, ValueError)):
        lived_through(tmp_path)
