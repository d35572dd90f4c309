"""State on disk is whole or refused: what comes back goes on as if nothing had happened."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.kept import Checkpoint
from detectors.engine.settings import EngineSettings
from detectors.memory.memory import folder_of
from detectors.models.schedule import Schedule
from detectors.registry import detectors
from ingest.model.batch import Batch
from ingest.model.errors import BadInput, RunMismatch, UnreadableCheckpoint
from tests.contract.background import background
from tests.contract.stories import positives
from tests.contract.story import tell
from tests.contract.told import Told
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.restarts import begun, restarted

SETTINGS = EngineSettings(finality=10, epoch_blocks=20, schedule=Schedule(first=(45, 60), first_wait=14))
ENDS = (3, 20, 33, 48, 59, 70, 82, 91)
STOPPED = 7
REFUSED = r"engine-\d+ is no state that this version can read \(.+\): start detect with --rebuild$"


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    """Ninety blocks of a town in which money is layered from block 45 on, in uneven batches."""
    chain = ChainBuilder(first_block=1)
    told = [(45 + 5 * number, story.acts) for number, story in enumerate(positives("layering", 5)[:8])]
    tell(chain, told, background(chain, Random(5)))
    whole, starts = chain.batch(), (0, *ENDS[:-1])
    return [whole.slice(start + 1, end) for start, end in zip(starts, ENDS, strict=True)]


def engine(folder: Path | None = None, settings: EngineSettings = SETTINGS) -> Engine:
    return Engine(1, detectors(), settings, folder=folder)


@pytest.fixture(scope="module")
def stopped(batches: list[Batch], tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Told]:
    """An engine that has written its state after the seventh batch, and what it had told until then."""
    running, told = begun(engine(tmp_path_factory.mktemp("state"))), Told()
    for offset, batch in enumerate(batches[:STOPPED], start=1):
        told.take(running.take(batch, offset))
    assert checkpoint.save(running)
    return running, told


@pytest.fixture(scope="module")
def saved(stopped: tuple[Engine, Told]) -> Checkpoint:
    base = stopped[0].base()
    assert base is not None
    return base


@pytest.fixture
def file(saved: Checkpoint, tmp_path: Path) -> Iterator[Path]:
    """What is beside tables and histories, to be damaged."""
    path = tmp_path / "engine-000000000070"
    checkpoint.write(path, saved)
    yield path


def read(path: Path) -> Checkpoint:
    return checkpoint.read(path, 1, detectors())


def test_a_resumed_engine_and_one_never_stopped_tell_the_same_book(
    stopped: tuple[Engine, Told], batches: list[Batch], tmp_path: Path
) -> None:
    running, expected = engine(), Told()
    for offset, batch in enumerate(batches, start=1):
        expected.take(running.take(batch, offset))
    resumed, start = restarted(stopped[0], tmp_path / "again")
    assert start is not None
    assert resumed.state.models, "a model is in force in what was saved"
    assert resumed.state.frozen, "and the samples of the next one are waiting"
    assert resumed.state.number <= batches[STOPPED - 1].last - SETTINGS.finality
    told = stopped[1].copy()
    for offset, batch in enumerate(batches[start:], start=start + 1):
        told.take(resumed.take(batch, offset))
    assert expected.alerts
    assert told.book(ENDS[-1], SETTINGS.finality) == expected.book(ENDS[-1], SETTINGS.finality)
    assert resumed.state.memory.digest() == running.state.memory.digest()


def test_what_was_read_is_written_again_as_the_same_bytes(file: Path, tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "again", read(file))
    assert (tmp_path / "again").read_bytes() == file.read_bytes()


def test_what_wraps_the_coin_comes_back(saved: Checkpoint, tmp_path: Path) -> None:
    coin = address("a wrapped coin")
    ledger = replace(saved.ledger.until(saved.moment.number), wrapped={coin: 3})
    checkpoint.write(tmp_path / "engine", replace(saved, ledger=ledger))
    assert read(tmp_path / "engine").ledger.wrapped == {coin: 3}


def test_no_state_yet_is_no_error(tmp_path: Path) -> None:
    assert checkpoint.opened(engine(tmp_path / "nowhere")) is None


def test_saving_replaces_what_was_there_and_leaves_nothing_else(batches: list[Batch], tmp_path: Path) -> None:
    running = begun(engine(tmp_path))
    for offset, batch in enumerate(batches, start=1):
        running.take(batch, offset)
        checkpoint.save(running)
    base = running.base()
    assert base is not None
    names = sorted(path.name for path in folder_of(tmp_path, 1).iterdir())
    number = base.moment.number
    files = ["names", "rows", "transactions", *(n.split(".")[0] for n in names if n[:5] == "part_")]
    logs = [f"{log}.000000000000" for log in files]
    assert names == sorted([*logs, f"engine-{number:012}", "head.json", f"tables-{number:012}"])


def test_a_write_cut_short_leaves_the_older_state(stopped: tuple[Engine, Told], tmp_path: Path) -> None:
    """Killed while it wrote a later state: before its file was renamed, or before its head was."""
    first, start = restarted(stopped[0], tmp_path / "first")
    number = first.state.number
    first.close()
    for name in ("engine-000000000099", "engine-000000000099.writing", "tables-000000000099"):
        (folder_of(tmp_path / "first", 1) / name).write_bytes(b"half of")
    again = engine(tmp_path / "first")
    assert (checkpoint.opened(again), again.state.number) == (start, number)
    assert not list(folder_of(tmp_path / "first", 1).glob("*99*"))


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    begun(engine(tmp_path))
    with pytest.raises(BadInput, match="is used by another undertow detect"):
        checkpoint.opened(engine(tmp_path))


def is_refused(file: Path) -> bool:
    """With one line that says what to do."""
    with pytest.raises(UnreadableCheckpoint, match=REFUSED) as error:
        read(file)
    return "\n" not in str(error.value)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file_is_refused(file: Path, share: float) -> None:
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * share)])
    assert is_refused(file)


@pytest.mark.parametrize("seed", range(6))
def test_a_flipped_bit_in_what_is_kept_is_refused(file: Path, seed: int) -> None:
    raw, rng = bytearray(file.read_bytes()), Random(seed)
    raw[rng.randrange(len(raw) // 10, len(raw) * 9 // 10)] ^= 1 << rng.randrange(8)
    file.write_bytes(raw)
    assert is_refused(file)


@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_bit_in_the_directory_of_the_file_is_refused_or_harmless(file: Path, seed: int) -> None:
    raw, rng = bytearray(file.read_bytes()), Random(seed)
    whole = bytes(raw)
    raw[-rng.randrange(1, 2000)] ^= 1 << rng.randrange(8)
    file.write_bytes(raw)
    try:
        loaded = read(file)
    except UnreadableCheckpoint:
        return
    checkpoint.write(file, loaded)
    assert file.read_bytes() == whole


@pytest.mark.parametrize(
    "content", [b"", b"not a checkpoint\n", pickle.dumps({"state": 1}), b"PK\x03\x04" + bytes(50)]
)
def test_a_text_file_or_a_pickle_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert is_refused(file)


def test_a_pickle_inside_is_never_opened(file: Path) -> None:
    with file.open("wb") as opened:
        np.savez(opened, header=np.array([{"version": 1}], dtype=object))
    assert is_refused(file)


def test_another_version_is_refused(file: Path) -> None:
    rewrite(file, version=4)
    with pytest.raises(UnreadableCheckpoint, match=r"version 4 of chain 1, not version 5 of 1.*--rebuild"):
        read(file)
    rewrite(file, version=99)
    with pytest.raises(UnreadableCheckpoint, match=r"version 99, this one knows 5.*: update undertow"):
        read(file)


def test_the_file_of_a_version_before_is_refused_until_a_rebuild_has_put_it_away(tmp_path: Path) -> None:
    """Written by version 1: alice had paid bob in thirty blocks."""
    before = Path(__file__).parent / "checkpoints" / "version-1.checkpoint"
    shutil.copy(before, checkpoint.old_path(tmp_path, 1))
    said = r"chain-1\.checkpoint was written by an earlier undertow, .*: start detect with --rebuild$"
    with pytest.raises(UnreadableCheckpoint, match=said):
        checkpoint.opened(engine(tmp_path))
    checkpoint.forget(tmp_path, 1)
    assert checkpoint.opened(engine(tmp_path)) is None


def test_the_file_of_another_chain_is_refused(file: Path) -> None:
    with pytest.raises(UnreadableCheckpoint, match="version 5 of chain 1, not version 5 of 2"):
        checkpoint.read(file, 2, detectors())


def test_a_missing_part_is_refused(file: Path) -> None:
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files if name != "ledger.facts"}
    with file.open("wb") as opened:
        np.savez(opened, **arrays)
    assert is_refused(file)


def test_a_folder_in_its_place_is_refused(file: Path) -> None:
    file.unlink()
    file.mkdir()
    assert is_refused(file)


@pytest.mark.parametrize(
    "changed",
    [replace(SETTINGS, finality=11), replace(SETTINGS, quiet_seconds=9)],
)
def test_other_settings_do_not_go_on_from_it(
    stopped: tuple[Engine, Told], tmp_path: Path, changed: EngineSettings
) -> None:
    again, _ = restarted(stopped[0], tmp_path)
    again.close()
    with pytest.raises(RunMismatch, match=f"is of run {again.run_name()}, made with other .*--rebuild$"):
        checkpoint.opened(engine(tmp_path, changed))
    assert checkpoint.opened(engine(tmp_path)) is not None  # the one that was refused let the folder go


def rewrite(file: Path, **changes: object) -> None:
    """The same file with other words in its header."""
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files}
    header = json.loads(arrays["header"].tobytes()) | changes
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with file.open("wb") as opened:
        np.savez(opened, **arrays)
