"""How far a lake run is, on disk: the engine's checkpoint, and what was said and counted beside it.

1. What was said is written, under the name of the block; 2. the checkpoint is, whose head is renamed in last;
3. what was said before is removed. A crash before the end of 2 leaves the checkpoint before, and what belongs
to it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from detectors.alerts.alert import Alert
from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.memory import files
from detectors.runs.over_lake import Sums
from ingest.model.errors import BadInput, RunMismatch, UnreadableCheckpoint

ROOM = "lake"
"""Below the folder of state, whose own chains are those of live runs."""


def opened(engine: Engine, asked: str) -> Sums | None:
    """What was said up to the block at which an engine's folder stands; None where nothing is kept. `asked`
    names what is judged. Raises BadInput for a run of something else, or by other settings or code.
    """
    folder = engine.folder
    assert folder is not None
    try:
        if checkpoint.opened(engine) is None:
            return None
        held = msgspec.json.decode(_path(folder, engine).read_bytes(), type=dict[str, msgspec.Raw])
        if msgspec.json.decode(held["asked"]) != asked:
            raise RunMismatch("another lake, other blocks or scores")
    except (OSError, KeyError, msgspec.DecodeError, RunMismatch, UnreadableCheckpoint) as error:
        engine.close()
        raise BadInput(
            f"{folder} keeps another lake run, or a damaged one: remove it, or name another with --state"
        ) from error
    alerts = [Alert.from_dict(each) for each in msgspec.json.decode(held["alerts"])]
    sums = msgspec.json.decode(held["sums"], type=Sums)
    sums.alerts = alerts
    return sums


def save(engine: Engine, asked: str, sums: Sums) -> None:
    """To be called when all is filed that the engine took."""
    assert engine.folder is not None
    alerts, sums.alerts = sums.alerts, []
    body = {"asked": asked, "alerts": [alert.to_dict() for alert in alerts], "sums": sums}
    path = _path(engine.folder, engine)
    _write(path, msgspec.json.encode(body))
    sums.alerts = alerts
    checkpoint.save_batch(engine)
    for old in engine.folder.glob(_name(engine, "*")):
        if old != path:
            files.remove(old)


def forget(folder: Path, chain_id: int) -> None:
    """Removes what is kept of a chain."""
    checkpoint.forget(folder, chain_id)
    for path in folder.glob(f"said-{chain_id}-*.json"):
        files.remove(path)


def _path(folder: Path, engine: Engine) -> Path:
    return folder / _name(engine, f"{engine.state.number:012}")


def _name(engine: Engine, block: str) -> str:
    return f"said-{engine.chain_id}-{block}.json"


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f"{path.name}.writing")
    with temporary.open("wb") as file:
        files.write(file, data)
    files.sync(temporary)
    files.rename(temporary, path)
