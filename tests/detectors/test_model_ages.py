"""Which model judges is told with the block and the block time at which its training data ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from detectors.engine.state import State
from detectors.models.schedule import Schedule
from detectors.runs.model_ages import ModelAges
from ingest.model.health import ModelHealth
from tests.fixtures.frames import ChainBuilder

SCHEDULE = Schedule(first=(5,), first_wait=3, every=1_000, wait=3)


@dataclass
class Fitted:
    """A model as a state has it."""

    digest: str


@dataclass
class Seen:
    """A state that has read up to block `number` of a run that began at block 1."""

    number: int
    models: dict[str, Any] = field(default_factory=dict)
    anchor: tuple[int, bytes] = (1, b"")


def judge(ages: ModelAges, first: int, last: int, model: str | None = None) -> list[ModelHealth]:
    """Blocks `first` to `last`, after which this model of anomalous-wallet judges."""
    chain = ChainBuilder().block().blocks(last - 1)
    state = cast(State, Seen(last, {} if model is None else {"anomalous-wallet": Fitted(model)}))
    ages.heard(chain.batch().slice(first, last), state)
    return ages.told(state)


def time_of(block: int) -> int:
    chain = ChainBuilder().block().blocks(block - 1)
    return int(chain.batch().blocks["timestamp"][-1])


def test_training_data_ends_with_the_block_before_samples_were_frozen(tmp_path: Path) -> None:
    ages = ModelAges(tmp_path, 5, SCHEDULE, [])
    assert judge(ages, 1, 5) == []
    assert judge(ages, 6, 9, "a" * 64) == [ModelHealth("anomalous-wallet", "a" * 64, 5, time_of(5))]


def test_it_does_not_matter_where_batches_are_cut(tmp_path: Path) -> None:
    whole = judge(ModelAges(tmp_path, 5, SCHEDULE, []), 1, 10, "a")
    pieces = ModelAges(tmp_path, 6, SCHEDULE, [])
    for block in range(1, 9):
        judge(pieces, block, block)
    assert judge(pieces, 9, 10, "a") == whole


def test_a_restart_knows_it_and_one_that_lost_the_file_says_that_it_does_not(tmp_path: Path) -> None:
    before = ModelAges(tmp_path, 5, SCHEDULE, [])
    known = judge(before, 1, 10, "a")
    assert judge(ModelAges(tmp_path, 5, SCHEDULE, []), 11, 12, "a") == known
    (tmp_path / "model-ages-5.json").write_text("{")
    (unknown,) = judge(ModelAges(tmp_path, 5, SCHEDULE, []), 11, 12, "a")
    assert (unknown.trained_block, unknown.trained_until) == (None, None)
