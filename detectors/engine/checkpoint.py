"""The state on disk: only what is final, in one file that is whole or absent, and is never a pickle.

The file is a zip of plain arrays (`numpy.savez`), each with a checksum; frames are inside as Arrow IPC,
alerts as their JSON. A model is kept as its training rows and refitted.
"""

from __future__ import annotations

import io
import json
import os
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.alerts.alert import Alert, RoleName
from detectors.base import Detector, Learns, Memory
from detectors.engine.engine import Checkpoint
from detectors.engine.episodes import Episode
from detectors.engine.judge import Off
from detectors.engine.state import State
from detectors.engine.tally import DIGEST_BYTES, ROLES, Tally
from detectors.kernels.table import Table
from detectors.models import outliers
from detectors.models.outliers import Samples
from detectors.parts.graph import RING, TABLES, Graph
from detectors.parts.ledger import FUNDERS, Ledger
from ingest.model.errors import UnreadableCheckpoint

VERSION = 3
"""3: an episode is of a category as well, and says until when it is open; what is switched off is kept;
holdings know bites, the ledger knows how much funded a wallet and what wraps the native coin.
"""
_DAMAGE = (
    ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, MemoryError, tokenize.TokenError,
    zipfile.BadZipFile, zlib.error, pl.exceptions.PolarsError,
)  # fmt: skip
"""What a damaged file makes zipfile, numpy, json and polars raise (a flipped bit can ask for a password)."""

Arrays = dict[str, NDArray[Any]]


def path_of(directory: Path, chain_id: int) -> Path:
    return directory / f"chain-{chain_id}.checkpoint"


def save(directory: Path, checkpoint: Checkpoint) -> None:
    """Writes to a temporary file, makes it durable, renames it into place."""
    directory.mkdir(parents=True, exist_ok=True)
    target = path_of(directory, checkpoint.chain_id)
    temporary = target.with_suffix(".writing")
    with temporary.open("wb") as file:
        np.savez(file, **_arrays(checkpoint))  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
    folder = os.open(directory, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def load(directory: Path, chain_id: int, detectors: Sequence[Detector]) -> Checkpoint | None:
    """The checkpoint of a chain, or None where there is none yet. Raises UnreadableCheckpoint for one that
    cannot be used.
    """
    path = path_of(directory, chain_id)
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _checkpoint(arrays, chain_id, detectors, str(path))
    except _DAMAGE as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:120]
        raise UnreadableCheckpoint(
            f"{path} is no checkpoint that this version can read ({reason}): "
            "move it away, or start detect with --rebuild"
        ) from error


def _arrays(checkpoint: Checkpoint) -> Arrays:
    state = checkpoint.state
    header = {
        "version": VERSION,
        "chain_id": checkpoint.chain_id,
        "run": checkpoint.run,
        "offset": checkpoint.offset,
        "number": state.number,
        "hash": state.hash.hex(),
        "anchor": [state.anchor[0], state.anchor[1].hex()] if state.anchor else None,
        "ends": state.ledger.block_ends,
        "unproved": [[name.hex(), number] for name, number in state.ledger.unproved.items()],
        "off": {name: [off.block, off.reason] for name, off in state.off.items()},
        "wrapped": {token.hex(): number for token, number in state.ledger.wrapped.items()},
        "early_rotations": state.graph.early_rotations,
        "open": [[*key, e.alert.id, e.until, e.size] for key, e in checkpoint.open.items()],
        "roles": {i: {r: list(kept) for r, kept in t.roles.items()} for i, t in checkpoint.tallies.items()},
        "counted": {i: tally.most for i, tally in checkpoint.tallies.items()},
        "alerts": [alert.to_dict() for alert in checkpoint.alerts.values()],
        "samples": {name: [epoch for epoch, _ in samples.epochs] for name, samples in state.samples.items()},
        "memory": {
            name: {part: _kind(value) for part, value in memory.items()}
            for name, memory in state.memory.items()
        },
    }
    kept: Arrays = {"header": _bytes(json.dumps(header).encode())}
    kept |= {f"rows.{i}": _bytes(b"".join(tally.rows)) for i, tally in checkpoint.tallies.items()}
    for name in TABLES:
        kept |= getattr(state.graph, name).arrays(f"graph.{name}")
    kept |= {f"graph.{name}": getattr(state.graph, name) for name in RING}
    kept |= _ledger_arrays(state.ledger)
    for name, memory in state.memory.items():
        for part, value in memory.items():
            kept |= _part_arrays(f"memory.{name}.{part}", value)
    for name, samples in state.samples.items():
        kept |= {f"samples.{name}.{epoch}": _frame_bytes(frame) for epoch, frame in samples.epochs}
    for name, model in state.models.items():
        kept |= {f"model.{name}.{part}": array for part, array in outliers.arrays(model).items()}
    return kept


def _checkpoint(arrays: Arrays, chain_id: int, detectors: Sequence[Detector], where: str) -> Checkpoint:
    header = json.loads(arrays["header"].tobytes())
    if header["version"] < VERSION:
        raise UnreadableCheckpoint(
            f"{where} was written by an earlier undertow (version {header['version']} of the file, not "
            f"{VERSION}): start detect with --rebuild"
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
    state = State(
        ledger=_ledger(arrays, header),
        graph=_graph(arrays, header["early_rotations"]),
        memory=_memory(arrays, header["memory"]),
        samples={name: _samples(arrays, name, epochs) for name, epochs in header["samples"].items()},
        models=_models(arrays, detectors, where),
        number=header["number"],
        hash=bytes.fromhex(header["hash"]),
        anchor=(anchor[0], bytes.fromhex(anchor[1])) if anchor else None,
        off={name: Off(block, reason) for name, (block, reason) in header["off"].items()},
    )
    return Checkpoint(chain_id, header["run"], header["offset"], state, episodes, alerts, tallies)


def _tally(most: int, rows: NDArray[np.uint8], roles: Mapping[RoleName, list[str]]) -> Tally:
    digests = rows.reshape(-1, DIGEST_BYTES)
    named = {role: dict.fromkeys(roles[role]) for role in ROLES}
    return Tally(most, {digest.tobytes(): None for digest in digests}, named)


def _graph(arrays: Arrays, early_rotations: int) -> Graph:
    graph = Graph(early_rotations=early_rotations)
    for name in TABLES:
        setattr(graph, name, Table.of_arrays(f"graph.{name}", arrays))
    for name in RING:
        setattr(graph, name, arrays[f"graph.{name}"])
    return graph


def _ledger_arrays(ledger: Ledger) -> Arrays:
    used = {name: getattr(ledger, name)[: ledger.count] for name in ("known", *FUNDERS)}
    return {f"ledger.{name}": array for name, array in used.items()} | {
        "ledger.facts": _frame_bytes(ledger.facts)
    }


def _ledger(arrays: Arrays, header: Mapping[str, Any]) -> Ledger:
    ledger = Ledger.of(arrays["ledger.known"], *(arrays[f"ledger.{name}"] for name in FUNDERS))
    ledger.wrapped = {bytes.fromhex(token): number for token, number in header["wrapped"].items()}
    ends, unproved = header["ends"], header["unproved"]
    ledger.block_ends = [(number, count) for number, count in ends]
    ledger.learn_tokens(_frame(arrays["ledger.facts"]))
    ledger.unproved = {bytes.fromhex(name): number for name, number in unproved}
    return ledger


def _kind(part: pl.DataFrame | Table) -> str:
    return "table" if isinstance(part, Table) else "frame"


def _part_arrays(name: str, part: pl.DataFrame | Table) -> Arrays:
    return part.arrays(name) if isinstance(part, Table) else {name: _frame_bytes(part)}


def _memory(arrays: Arrays, kinds: Mapping[str, Mapping[str, str]]) -> dict[str, Memory]:
    def part(name: str, kind: str) -> pl.DataFrame | Table:
        return Table.of_arrays(name, arrays) if kind == "table" else _frame(arrays[name])

    return {
        name: {each: part(f"memory.{name}.{each}", kind) for each, kind in parts.items()}
        for name, parts in kinds.items()
    }


def _samples(arrays: Arrays, name: str, epochs: list[int]) -> Samples:
    return Samples(tuple((epoch, _frame(arrays[f"samples.{name}.{epoch}"])) for epoch in epochs))


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
