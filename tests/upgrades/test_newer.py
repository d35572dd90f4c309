"""What a later undertow wrote is refused in one line that says to update: nothing of it is read as something
else, and nothing of it is overwritten.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.accounts.users import read_users
from dashboard.outside.anchoring import proving
from dashboard.outside.api.tokens import read_tokens
from dashboard.outside.inspecting import replay
from dashboard.outside.packs.pack import opened
from dashboard.outside.sharing import release
from dashboard.store import open_reader, open_writer
from dashboard.store.tables import SCHEMA_VERSION
from detectors.engine import checkpoint
from detectors.memory import head
from detectors.models.model_file import load
from detectors.parts.model_tables import COLUMNS
from ingest.log.records import VERSION, Assembler, encode
from ingest.model.errors import BadInput
from tests.dashboard.outside.evidence.bundles import refused
from tests.dashboard.test_migrations import opened as engine_of
from tests.fixtures.frames import ChainBuilder
from tests.upgrades.kept import FILES

Read = Callable[[Path], Any]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def own(name: str, before: str, after: str) -> Callable[[Path], Path]:
    """A kept file that says it is of another version."""

    def make(folder: Path) -> Path:
        text = (FILES / "own" / name).read_text()
        assert text.count(before) == 1
        return written(folder, name, text.replace(before, after))

    return make


def state_head(folder: Path) -> Path:
    whole = b'{"version": %d, "checksum": %d, "body": %b}' % (head.VERSION + 1, zlib.crc32(b"{}"), b"{}")
    (folder / head.NAME).write_bytes(whole)
    return folder


def engine_state(folder: Path) -> Path:
    told = json.dumps({"version": checkpoint.VERSION + 1, "chain_id": 1}).encode()
    with (folder / "engine-1").open("wb") as file:
        np.savez(file, header=np.frombuffer(told, np.uint8))
    return folder / "engine-1"


def a_release(folder: Path) -> Path:
    one = release.Histogram("sent", [1.0], [1, 2])
    later = release.Release("undertow-histograms/2", 1, (1, 2), 1, 1.0, [one])
    return written(folder, "later.json", release.text_of(later))


def a_proof(folder: Path) -> Path:
    return written(folder, "proof.json", proving.written({"format": "undertow anchor proof 2"}))


def a_counterexample(folder: Path) -> Path:
    return written(folder, "replay.json", json.dumps({"format": replay.FORMAT + 1}))


LATER: dict[str, tuple[Callable[[Path], Path], Read]] = {
    "state": (state_head, head.read),
    "state of the engine": (engine_state, lambda path: checkpoint.read(path, 1, ())),
    "users": (own("users.json", '"version": 1', '"version": 2'), read_users),
    "tokens": (own("tokens.json", '"version": 1', '"version": 2'), read_tokens),
    "model": (own("code.model.json", '"format": 1', '"format": 2'), lambda path: load(path, COLUMNS)),
    "pack": (
        own("carols.pack", "undertow-pack/1", "undertow-pack/2"),
        lambda path: opened(path.read_bytes(), "carols"),
    ),
    "release": (a_release, release.read),
    "anchor proof": (a_proof, proving.read),
    "counterexample": (a_counterexample, replay.read),
}


@pytest.mark.parametrize("kind", LATER)
def test_a_later_file_is_refused_in_one_line_and_left_alone(kind: str, tmp_path: Path) -> None:
    make, read = LATER[kind]
    path = make(tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(BadInput, match="update undertow") as error:
        read(path)
    assert "\n" not in str(error.value)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_later_bundle_is_refused_by_name() -> None:
    later = (
        (FILES / "own" / "bundle.json").read_bytes().replace(b"undertow-evidence/1", b"undertow-evidence/2")
    )
    assert refused(later)["wrong-format"] == "/format"


def test_a_later_record_of_the_log_is_refused() -> None:
    value = next(encode(ChainBuilder().block().batch()))
    with pytest.raises(
        BadInput, match=rf"format {VERSION + 1}, this undertow reads 1 to {VERSION}: update it"
    ):
        Assembler().feed(value[:3] + bytes([VERSION + 1]) + value[4:])


def test_a_later_store_is_refused_by_who_reads_and_who_writes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    open_writer(url).close()
    with engine_of(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE undertow_store SET version = {SCHEMA_VERSION + 1}")
    for opening in (open_reader, open_writer):
        with pytest.raises(BadInput, match="update undertow"), closing(opening(url)):
            pass
