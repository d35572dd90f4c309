"""A checkpoint is whole or refused: what comes back goes on as if nothing had happened."""

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
from detectors.engine.engine import Checkpoint, Engine
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from ingest.model.batch import Batch
from ingest.model.errors import RunMismatch, UnreadableCheckpoint
from tests.contract.background import background
from tests.contract.stories import positives
from tests.contract.story import tell
from tests.contract.told import Told
from tests.fixtures.frames import ChainBuilder, address

SETTINGS = EngineSettings(finality=10, epoch_blocks=20, generation_blocks=40)
ENDS = (3, 20, 33, 48, 59, 70, 82, 91)
STOPPED = 7
REFUSED = r"chain-1\.checkpoint is no checkpoint that this version can read \(.+\): .*--rebuild$"


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    """Ninety blocks of a town in which money is layered from block 45 on, in uneven batches."""
    chain = ChainBuilder(first_block=1)
    told = [(45 + 5 * number, story.acts) for number, story in enumerate(positives("layering", 5)[:8])]
    tell(chain, told, background(chain, Random(5)))
    whole, starts = chain.batch(), (0, *ENDS[:-1])
    return [whole.slice(start + 1, end) for start, end in zip(starts, ENDS, strict=True)]


def engine() -> Engine:
    return Engine(1, detectors(), SETTINGS)


@pytest.fixture(scope="module")
def stopped(batches: list[Batch]) -> tuple[Checkpoint, Told]:
    """What an engine could save after the seventh batch, and what it had told until then."""
    running, told = engine(), Told()
    for offset, batch in enumerate(batches[:STOPPED], start=1):
        told.take(running.take(batch, offset))
    saved = running.base()
    assert saved is not None
    return saved, told


@pytest.fixture(scope="module")
def on_disk(stopped: tuple[Checkpoint, Told], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    checkpoint.save(folder, stopped[0])
    return folder


@pytest.fixture
def file(on_disk: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy to be damaged."""
    yield Path(shutil.copy(checkpoint.path_of(on_disk, 1), tmp_path))


def test_a_resumed_engine_and_one_never_stopped_tell_the_same_book(
    stopped: tuple[Checkpoint, Told], on_disk: Path, batches: list[Batch]
) -> None:
    running, expected = engine(), Told()
    for offset, batch in enumerate(batches, start=1):
        expected.take(running.take(batch, offset))
    loaded = checkpoint.load(on_disk, 1, detectors())
    assert loaded is not None
    assert loaded.state.models, "a model is in force in what was saved"
    assert loaded.state.number <= batches[STOPPED - 1].last - SETTINGS.finality
    resumed = engine()
    resumed.resume(loaded)
    told = stopped[1].copy()
    for offset, batch in enumerate(batches[loaded.offset :], start=loaded.offset + 1):
        told.take(resumed.take(batch, offset))
    assert expected.alerts
    assert told.book(ENDS[-1], SETTINGS.finality) == expected.book(ENDS[-1], SETTINGS.finality)


def test_what_was_read_is_written_again_as_the_same_bytes(on_disk: Path, tmp_path: Path) -> None:
    loaded = checkpoint.load(on_disk, 1, detectors())
    assert loaded is not None
    checkpoint.save(tmp_path, loaded)
    assert checkpoint.path_of(tmp_path, 1).read_bytes() == checkpoint.path_of(on_disk, 1).read_bytes()


def test_who_funded_whom_with_how_much_and_what_wraps_the_coin_comes_back(
    stopped: tuple[Checkpoint, Told], tmp_path: Path
) -> None:
    state, coin = stopped[0].state, address("a wrapped coin")
    ledger = replace(state.ledger.until(state.number), wrapped={coin: 3})
    checkpoint.save(tmp_path, replace(stopped[0], state=replace(state, ledger=ledger)))
    loaded = checkpoint.load(tmp_path, 1, detectors())
    assert loaded is not None
    again = loaded.state.ledger
    assert again.wrapped == {coin: 3}
    assert again.funding[: again.count].tolist() == ledger.funding[: ledger.count].tolist()
    assert again.funding.any()


def test_no_checkpoint_yet_is_no_error(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path / "nowhere", 1, detectors()) is None


def test_saving_leaves_one_file_and_replaces_the_older_one(
    stopped: tuple[Checkpoint, Told], tmp_path: Path
) -> None:
    for _ in range(2):
        checkpoint.save(tmp_path, stopped[0])
    assert [path.name for path in tmp_path.iterdir()] == ["chain-1.checkpoint"]


def test_a_write_cut_short_leaves_the_older_one(file: Path) -> None:
    file.with_suffix(".writing").write_bytes(file.read_bytes()[:1000])
    assert checkpoint.load(file.parent, 1, detectors()) is not None


def is_refused(file: Path) -> bool:
    """With one line that says what to do."""
    with pytest.raises(UnreadableCheckpoint, match=REFUSED) as error:
        checkpoint.load(file.parent, 1, detectors())
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
        loaded = checkpoint.load(file.parent, 1, detectors())
    except UnreadableCheckpoint:
        return
    assert loaded is not None
    checkpoint.save(file.parent, loaded)
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
    rewrite(file, version=99)
    with pytest.raises(UnreadableCheckpoint, match="version 99 of chain 1, not version 3 of 1"):
        checkpoint.load(file.parent, 1, detectors())


def test_the_file_of_the_version_before_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    """Written by version 1: alice had paid bob in thirty blocks."""
    shutil.copy(
        Path(__file__).parent / "checkpoints" / "version-1.checkpoint", checkpoint.path_of(tmp_path, 1)
    )
    said = (
        r"was written by an earlier undertow \(version 1 of the file, not 3\): start detect with --rebuild$"
    )
    with pytest.raises(UnreadableCheckpoint, match=said):
        checkpoint.load(tmp_path, 1, detectors())


def test_the_file_of_another_chain_is_refused(file: Path) -> None:
    file.rename(checkpoint.path_of(file.parent, 2))
    with pytest.raises(UnreadableCheckpoint, match="version 3 of chain 1, not version 3 of 2"):
        checkpoint.load(file.parent, 2, detectors())


def test_a_missing_part_is_refused(file: Path) -> None:
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files if name != "graph.edges"}
    with file.open("wb") as opened:
        np.savez(opened, **arrays)
    assert is_refused(file)


def test_a_folder_in_its_place_is_refused(file: Path) -> None:
    file.unlink()
    file.mkdir()
    assert is_refused(file)


def test_other_settings_do_not_go_on_from_it(on_disk: Path) -> None:
    loaded = checkpoint.load(on_disk, 1, detectors())
    assert loaded is not None
    other = Engine(1, detectors(), EngineSettings(finality=11, epoch_blocks=20, generation_blocks=40))
    with pytest.raises(RunMismatch, match=f"is of run {loaded.run}, made with other settings .*--rebuild$"):
        other.resume(loaded)


def rewrite(file: Path, **changes: object) -> None:
    """The same file with other words in its header."""
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files}
    header = json.loads(arrays["header"].tobytes()) | changes
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    with file.open("wb") as opened:
        np.savez(opened, **arrays)
