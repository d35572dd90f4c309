"""What a user meets when something outside is wrong: one line on what, where and what to do; status 1."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.machine.processes import free_port


def fails(*arguments: str) -> str:
    """Runs a command that must fail; the one line it says."""
    command = [sys.executable, "-m", "undertow", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    said = done.stderr.strip().splitlines()
    assert done.returncode == 1, done.stderr
    assert len(said) == 1, done.stderr
    assert said[0].startswith("undertow: error: ")
    assert "Traceback" not in done.stdout + done.stderr
    return said[0]


@pytest.fixture
def nowhere() -> str:
    """An address where nothing listens."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_broker_that_does_not_answer(nowhere: str, tmp_path: Path) -> None:
    said = fails("detect", "--kafka", nowhere, "--chain-id", "1", "--state", str(tmp_path))

    assert f"no Kafka broker answers at {nowhere}" in said
    assert "undertow broker" in said


def test_a_node_that_does_not_answer_and_its_key_is_not_shown(nowhere: str, tmp_path: Path) -> None:
    url = f"http://{nowhere}/v3/a-secret-key"
    said = fails("backfill", "--rpc", url, "--from-block", "0", "--to-block", "1", "--lake", str(tmp_path))

    assert f"http://{nowhere}" in said
    assert "a-secret-key" not in said


@pytest.mark.chain
def test_a_node_of_another_chain(fork_rpc: str, tmp_path: Path) -> None:
    blocks = ("--from-block", "0", "--to-block", "1")
    said = fails("backfill", "--rpc", fork_rpc, *blocks, "--lake", str(tmp_path), "--chain-id", "1")

    assert "31337" in said
    assert "chain 1" in said


@pytest.mark.parametrize("command", [("broker", "--data", "data"), ("chain",)], ids=lambda it: str(it[0]))
def test_a_port_that_is_taken(
    command: tuple[str, ...], taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    said = fails(*command, "--port", str(taken))

    assert f"{taken}" in said
    assert "--port" in said


@pytest.mark.broker
def test_a_checkpoint_that_cannot_be_read(kafka: str, fresh_chain_id: int, tmp_path: Path) -> None:
    from ingest.log.blocklog import LogWriter
    from tests.fixtures.frames import ChainBuilder

    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish([ChainBuilder(chain_id=fresh_chain_id).block().batch()])
    writer.close()
    checkpoint = tmp_path / f"chain-{fresh_chain_id}.checkpoint"
    checkpoint.write_bytes(b"this was a checkpoint once")

    said = fails("detect", "--kafka", kafka, "--chain-id", str(fresh_chain_id), "--state", str(tmp_path))

    assert str(checkpoint) in said
    assert "--rebuild" in said


def test_a_folder_that_is_no_lake(tmp_path: Path) -> None:
    said = fails("detect", "--lake", str(tmp_path), "--alerts", str(tmp_path / "book.jsonl"))

    assert f"{tmp_path} is not a lake" in said
    assert "undertow backfill" in said
    assert not (tmp_path / "book.jsonl").exists()


def test_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    said = fails("export", "--store", f"sqlite:///{tmp_path / 'none.db'}", "--alerts", str(tmp_path / "book"))

    assert "none.db" in said


def test_neither_live_nor_batch_is_a_question_of_usage() -> None:
    command = [sys.executable, "-m", "undertow", "detect"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "--lake and --alerts" in done.stderr
