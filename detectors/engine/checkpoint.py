"""The state on disk: only what is final, whole or absent, and never a pickle.

In a chain's folder of state (see `detectors.memory`) tables and histories have files of their own; all the
rest is one file, `engine-<block>`: a zip of plain arrays (`numpy.savez`), each with a checksum; facts about
tokens are inside as Arrow IPC, alerts as their JSON. A model is kept as its training rows and refitted.

1. The rest is written and made durable, under a name that no head knows yet.
2. Tables are written, in slices or at once; `head.json`, renamed in last, names both.
A crash at any step leaves the head before, with the files that it names.
"""

from __future__ import annotations

import io
import json
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.alerts.alert import Alert, RoleName
from detectors.base import Detector, Learns
from detectors.engine.engine import Engine
from detectors.engine.episodes import Episode
from detectors.engine.judge import Off
from detectors.engine.kept import Checkpoint
from detectors.engine.state import Moment
from detectors.engine.tally import DIGEST_BYTES, ROLES, Tally
from detectors.memory import files
from detectors.memory.head import NAME as HEAD
from detectors.memory.head import read as read_head
from detectors.memory.memory import Memory, discard, folder_of
from detectors.models import outliers
from detectors.models.outliers import Sample, Samples
from detectors.parts.ledger import Ledger
from ingest.model.errors import UnreadableCheckpoint

VERSION = 5
"""4: tables lie in files of their own. 5: no frames of detectors are in it, nor addresses."""
_SAMPLE = tuple(each.name for each in fields(Sample))
_DAMAGE = (
    ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, MemoryError, tokenize.TokenError,
    zipfile.BadZipFile, zlib.error, pl.exceptions.PolarsError,
)  # fmt: skip
"""What a damaged file makes zipfile, numpy, json and polars raise (a flipped bit can ask for a password)."""

Arrays = dict[str, NDArray[Any]]


def old_path(directory: Path, chain_id: int) -> Path:
    """Where versions before kept all of their state."""
    return directory / f"chain-{chain_id}.checkpoint"


def opened(engine: Engine) -> int | None:
    """Opens an engine's folder: it goes on from the state there, and the log from the offset returned; None
    where there is no state yet. Raises UnreadableCheckpoint for state that cannot be used, and RunMismatch
    for that of other settings or code; then the engine is closed.
    """
    directory, memory = engine.folder, engine.state.memory
    assert directory is not None
    old = old_path(directory, engine.chain_id)
    if old.exists() and not (folder_of(directory, engine.chain_id) / HEAD).exists():
        raise UnreadableCheckpoint(
            f"{old} was written by an earlier undertow, which kept its state in one file: "
            "start detect with --rebuild"
        )
    assert memory.folder is not None
    head = read_head(memory.folder)
    if head is not None:
        if not {"anchor", "run", "engine"} <= head.extra.keys():
            raise UnreadableCheckpoint(
                f"{memory.folder / HEAD} was written by an earlier undertow: start detect with --rebuild"
            )
        number, block_hash = head.extra["anchor"]
        engine.check_run(head.extra["run"], (number, bytes.fromhex(block_hash)))
    if memory.open() is None or head is None:
        return None
    try:
        checkpoint = read(memory.folder / head.extra["engine"], engine.chain_id, engine.detectors)
        engine.resume(checkpoint)
    except BaseException:
        engine.close()
        raise
    return checkpoint.offset


def forget(directory: Path, chain_id: int) -> None:
    """Deletes a chain's state, that of versions before too."""
    discard(directory, chain_id)
    old_path(directory, chain_id).unlink(missing_ok=True)


def beside(directory: Path) -> Path:
    """Where a rebuild keeps state until it takes the place of the one before."""
    return directory / "rebuild"


def put_in_place(engine: Engine, directory: Path) -> None:
    """What was made beside is the state from now on: what can be saved of it is written first."""
    save(engine)
    engine.move(directory)
    old_path(directory, engine.chain_id).unlink(missing_ok=True)


def begin(engine: Engine) -> bool:
    """Begins to write what can be saved; `Memory.write` goes on with it. False where there is nothing new."""
    memory = engine.state.memory
    checkpoint = engine.base() if memory.idle() else None
    if checkpoint is None or memory.folder is None or not memory.can_save(checkpoint.moment.number):
        return False
    _begin(memory, memory.folder, checkpoint)
    return True


def save_batch(engine: Engine) -> None:
    """Writes the state of a batch over final blocks that are filed, and waits until it is in its place."""
    memory = engine.state.memory
    assert memory.folder is not None
    if memory.can_save(engine.state.number):
        _begin(memory, memory.folder, engine.stands())
        memory.finish_snapshot()


def _begin(memory: Memory, folder: Path, checkpoint: Checkpoint) -> None:
    number = checkpoint.moment.number
    name = f"engine-{number:012}"
    write(folder / name, checkpoint)
    extra = {"engine": name, "run": checkpoint.run, "anchor": _anchor(checkpoint)}
    memory.begin_snapshot(extra, (name,), number)


def save(engine: Engine) -> bool:
    """Writes what can be saved, and waits until it is in its place; whether there was anything new."""
    engine.state.memory.finish_snapshot()
    begun = begin(engine)
    engine.state.memory.finish_snapshot()
    return begun


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes to a temporary file, makes it durable, renames it into place."""
    temporary = path.with_name(f"{path.name}.writing")
    with temporary.open("wb") as file:
        np.savez(files.Written(file), **_arrays(checkpoint))  # type: ignore[arg-type]
    files.sync(temporary)
    files.rename(temporary, path)


def read(path: Path, chain_id: int, detectors: Sequence[Detector]) -> Checkpoint:
    """Raises UnreadableCheckpoint for a file that cannot be used."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _checkpoint(arrays, chain_id, detectors, str(path))
    except _DAMAGE as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:120]
        raise UnreadableCheckpoint(
            f"{path} is no state that this version can read ({reason}): start detect with --rebuild"
        ) from error


def _arrays(checkpoint: Checkpoint) -> Arrays:
    state, ledger = checkpoint.moment, checkpoint.ledger
    header = {
        "version": VERSION,
        "chain_id": checkpoint.chain_id,
        "run": checkpoint.run,
        "offset": checkpoint.offset,
        "number": state.number,
        "hash": state.hash.hex(),
        "anchor": _anchor(checkpoint),
        "unproved": [[name.hex(), number] for name, number in ledger.unproved.items()],
        "off": {name: [off.block, off.reason] for name, off in state.off.items()},
        "wrapped": {token.hex(): number for token, number in ledger.wrapped.items()},
        "open": [[*key, e.alert.id, e.until, e.size] for key, e in checkpoint.open.items()],
        "roles": {i: {r: list(kept) for r, kept in t.roles.items()} for i, t in checkpoint.tallies.items()},
        "counted": {i: tally.most for i, tally in checkpoint.tallies.items()},
        "alerts": [alert.to_dict() for alert in checkpoint.alerts.values()],
        "samples": {name: [epoch for epoch, _ in samples.epochs] for name, samples in state.samples.items()},
    }
    kept: Arrays = {"header": _bytes(json.dumps(header).encode())}
    kept |= {f"rows.{i}": _bytes(b"".join(tally.rows)) for i, tally in checkpoint.tallies.items()}
    kept["ledger.facts"] = _frame_bytes(ledger.facts)
    for name, samples in state.samples.items():
        for epoch, sample in samples.epochs:
            kept |= {f"samples.{name}.{epoch}.{part}": getattr(sample, part) for part in _SAMPLE}
    for name, model in state.models.items():
        kept |= {f"model.{name}.{part}": array for part, array in outliers.arrays(model).items()}
    kept |= {f"frozen.{name}": rows for name, rows in state.frozen.items()}
    return kept


def _anchor(checkpoint: Checkpoint) -> list[Any]:
    assert checkpoint.moment.anchor is not None
    number, block_hash = checkpoint.moment.anchor
    return [number, block_hash.hex()]


def _checkpoint(arrays: Arrays, chain_id: int, detectors: Sequence[Detector], where: str) -> Checkpoint:
    header = json.loads(arrays["header"].tobytes())
    if header["version"] > VERSION:
        raise UnreadableCheckpoint(
            f"{where} was written by a later undertow (version {header['version']}, this one knows "
            f"{VERSION}): update undertow"
        )
    if header["version"] != VERSION or header["chain_id"] != chain_id:
        raise ValueError(
            f"version {header['version']} of chain {header['chain_id']}, not version {VERSION} of {chain_id}"
        )
    alerts = {alert.id: alert for alert in map(Alert.from_dict, header["alerts"])}
    episodes = {
        (detector, category, subject): Episode(alerts[i], until, tuple(size))
        for detector, category, subject, i, until, size in header["open"]
    }
    tallies = {
        i: _tally(most, arrays[f"rows.{i}"], header["roles"][i]) for i, most in header["counted"].items()
    }
    anchor = header["anchor"]
    moment = Moment(
        samples={name: _samples(arrays, name, epochs) for name, epochs in header["samples"].items()},
        frozen=_frozen(arrays),
        models=_models(arrays, detectors, where),
        number=header["number"],
        hash=bytes.fromhex(header["hash"]),
        anchor=(anchor[0], bytes.fromhex(anchor[1])),
        off={name: Off(block, reason) for name, (block, reason) in header["off"].items()},
    )
    ledger = _ledger(arrays, header)
    return Checkpoint(chain_id, header["run"], header["offset"], moment, ledger, episodes, alerts, tallies)


def _tally(most: int, rows: NDArray[np.uint8], roles: Mapping[RoleName, list[str]]) -> Tally:
    digests = rows.reshape(-1, DIGEST_BYTES)
    named = {role: dict.fromkeys(roles[role]) for role in ROLES}
    return Tally(most, {digest.tobytes(): None for digest in digests}, named)


def _ledger(arrays: Arrays, header: Mapping[str, Any]) -> Ledger:
    ledger = Ledger()
    ledger.wrapped = {bytes.fromhex(token): number for token, number in header["wrapped"].items()}
    ledger.learn_tokens(_frame(arrays["ledger.facts"]))
    ledger.unproved = {bytes.fromhex(name): number for name, number in header["unproved"]}
    return ledger


def _samples(arrays: Arrays, name: str, epochs: list[int]) -> Samples:
    def sample(epoch: int) -> Sample:
        return Sample(*(arrays[f"samples.{name}.{epoch}.{part}"] for part in _SAMPLE))

    return Samples(tuple((epoch, sample(epoch)) for epoch in epochs))


def _frozen(arrays: Arrays) -> dict[str, outliers.Matrix]:
    name = "frozen."
    return {key.removeprefix(name): array for key, array in arrays.items() if key.startswith(name)}


def _models(arrays: Arrays, detectors: Sequence[Detector], where: str) -> dict[str, outliers.Model]:
    learners = [detector for detector in detectors if isinstance(detector, Learns)]
    kept = {}
    for detector in learners:
        name = f"model.{detector.name}."
        own = {key.removeprefix(name): array for key, array in arrays.items() if key.startswith(name)}
        if own:
            kept[detector.name] = outliers.of_arrays(detector.model, own, where)
    return kept


def _bytes(raw: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(raw, np.uint8)


def _frame_bytes(frame: pl.DataFrame) -> NDArray[np.uint8]:
    return _bytes(frame.write_ipc(None, compat_level=pl.CompatLevel.oldest()).getvalue())


def _frame(array: NDArray[np.uint8]) -> pl.DataFrame:
    return pl.read_ipc(io.BytesIO(array.tobytes()))
