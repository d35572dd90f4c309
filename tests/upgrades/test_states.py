"""The state of every version before is refused in one line with the command that mends it, and that does it.

Each was written by the code of its version, which had judged twelve blocks in which alice pays bob. Versions
1 to 3 kept all of it in one file, version 4 in a folder, as today.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.memory.memory import folder_of
from detectors.registry import detectors
from detectors.runs.live import Live
from detectors.runs.published import output_mark
from ingest.kafka import BLOCKS, Cluster, Publisher
from ingest.log.records import encode
from ingest.model.errors import BadInput
from tests.fixtures.frames import ChainBuilder, address
from tests.upgrades.kept import FILES

KEPT = range(1, checkpoint.VERSION)
KEPT_CHAIN, BLOCKS_JUDGED = 31337, 12
IN_ONE_FILE = 3
SETTINGS = EngineSettings(finality=4)


def state_of(version: int, folder: Path, chain_id: int) -> Path:
    """A folder with the state of that version, of a chain that is called so."""
    if version <= IN_ONE_FILE:
        whole = gzip.decompress((FILES / "state" / f"{version}.checkpoint.gz").read_bytes())
        checkpoint.old_path(folder, chain_id).write_bytes(whole)
        return folder
    packed = gzip.decompress((FILES / "state" / f"{version}.tar.gz").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder, filter="data")
    shutil.move(folder_of(folder, KEPT_CHAIN), folder_of(folder, chain_id))
    return folder


@pytest.mark.parametrize("version", KEPT)
def test_it_is_refused_in_one_line_that_names_the_command(version: int, tmp_path: Path) -> None:
    state = state_of(version, tmp_path, KEPT_CHAIN)
    with pytest.raises(BadInput, match=r"start detect with --rebuild$") as error:
        checkpoint.opened(Engine(KEPT_CHAIN, detectors(), SETTINGS, folder=state))
    assert "\n" not in str(error.value)


@pytest.fixture
def log(kafka: str, fresh_chain_id: int) -> Iterator[int]:
    """The chain whose twelve blocks lie in Kafka."""
    chain = ChainBuilder(fresh_chain_id)
    for _ in range(BLOCKS_JUDGED):
        chain.block().native(address("alice"), address("bob"), 10**18)
    key = str(fresh_chain_id).encode()
    partition = Cluster(kafka).partition_of(fresh_chain_id, create=True)
    with Publisher(kafka, f"kept-{fresh_chain_id}") as publisher, publisher.transaction():
        for value in encode(chain.batch()):
            publisher.send(BLOCKS, partition, key, value)
    yield fresh_chain_id


@pytest.mark.broker
@pytest.mark.parametrize("version", (IN_ONE_FILE, IN_ONE_FILE + 1))
def test_the_command_that_it_names_mends_it(version: int, kafka: str, log: int, tmp_path: Path) -> None:
    state = state_of(version, tmp_path, log)

    def detect(rebuild: bool = False) -> None:
        Live(kafka, log, detectors(), state, SETTINGS).run(Event(), BLOCKS_JUDGED, rebuild)

    with pytest.raises(BadInput, match="start detect with --rebuild"):
        detect()
    detect(rebuild=True)
    detect()
    mark = output_mark(kafka, log, Cluster(kafka).partition_of(log))
    assert mark is not None and mark.note().head == BLOCKS_JUDGED
    assert not checkpoint.old_path(state, log).exists()
