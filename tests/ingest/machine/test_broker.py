"""The embedded broker as a person runs it: it answers, keeps its records, and leaves nothing behind."""

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ingest.kafka import BLOCKS, Cluster, Publisher, tail
from ingest.machine import broker, tools
from ingest.machine.processes import Child, free_port, port_is_taken, wait_until
from ingest.model.errors import BadInput, BrokerUnreachable, PortTaken, SetupFailed

pytestmark = pytest.mark.broker

UP_S = 240
"""How long a busy machine may take to start a broker."""


@pytest.fixture(autouse=True)
def installed() -> None:
    tools.ensure(print)


def start(data: Path, port: int, log: Path) -> Child:
    argv = [sys.executable, "-m", "undertow", "broker", "--port", str(port), "--data", str(data)]
    return Child.start("broker", argv, log=log)


@pytest.mark.timeout(600)
def test_the_command_says_where_it_answers_and_killed_or_ended_takes_its_java_with_it_and_keeps_its_records(
    tmp_path: Path,
) -> None:
    port, log = free_port(), tmp_path / "log"
    there = f"127.0.0.1:{port}"
    with started(tmp_path / "data", port, log) as (command, java):
        assert (
            log.read_text() == f"broker: Kafka answers at {there}, its records are in {tmp_path / 'data'}\n"
        )
        partition = Cluster(there).partition_of(7, create=True)
        with Publisher(there, "alice") as alice, alice.transaction():
            alice.send(BLOCKS, partition, b"7", b"block 1")
        command.process.kill()
        command.process.wait(10)
        assert_gone(java, port)
    with pytest.raises(BrokerUnreachable):
        Cluster(there).check(deadline_s=0.5)
    with started(tmp_path / "data", port, tmp_path / "log-2") as (command, java):
        assert Cluster(there).chains() == {7: partition}
        assert [message.value for message in tail(there, BLOCKS, partition, 1)] == [b"block 1"]
        command.process.send_signal(signal.SIGTERM)
        assert command.process.wait(30) == 0
        assert not java.is_running()
        assert not port_is_taken(port)


@contextmanager
def started(data: Path, port: int, log: Path) -> Iterator[tuple[Child, psutil.Process]]:
    """The command when it has said that it answers, and its Java."""
    command = start(data, port, log)
    try:
        wait_until(lambda: "answers at" in log.read_text(), UP_S, "the broker", command)
        (java,) = psutil.Process(command.pid).children()
        yield command, java
    finally:
        command.stop()


def assert_gone(java: psutil.Process, port: int) -> None:
    _, alive = psutil.wait_procs([java], timeout=30)
    assert alive == []
    wait_until(lambda: not port_is_taken(port), 30, "the broker's port")
    assert not java.is_running()


def test_it_listens_on_this_machine_only(kafka: str) -> None:
    ports = {
        connection.laddr
        for process in psutil.Process().children()
        if "kafka.Kafka" in process.cmdline()
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert int(kafka.split(":")[1]) in {address.port for address in ports}
    assert {address.ip.removeprefix("::ffff:") for address in ports} == {"127.0.0.1"}


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as alice:
        port = alice.getsockname()[1]
        with (
            pytest.raises(PortTaken, match=f"port {port} .* choose another with --port"),
            broker.running(tmp_path, port),
        ):
            pass
    assert not (tmp_path / "server.properties").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = pytest.raises(BadInput, match=r"cannot keep records in .*file: .*: choose another with --data")
    with refused, broker.running(tmp_path / "file"):
        pass


def test_a_preparation_that_hangs_ends_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_FORMAT_DEADLINE_S", 0.001)
    with pytest.raises(SetupFailed, match=r"could not prepare \S+ within 0.001 seconds: the machine is too"):
        broker._configure(tmp_path, free_port())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("java.io.IOException: No space left on device", "no space is left on its disk: make room"),
        ("java.nio.file.FileSystemException: Too many open files", "it may hold too few files open"),
    ],
)
def test_why_a_broker_ended_is_said_before_where(tmp_path: Path, words: str, told: str) -> None:
    log = tmp_path / "broker.log"
    log.write_text("of a start before: Read-only file system\n")
    with pytest.raises(SetupFailed, match=f"^the Kafka broker ended: {told}"), broker._explained(log):
        log.write_text(log.read_text() + f"Caused by: {words}\n\tat java.base/java.lang.Thread.run\n" * 9)
        raise SetupFailed("the Kafka broker ended by itself: at java.base/java.lang.Thread.run")
    with pytest.raises(SetupFailed, match="ended by itself"), broker._explained(log):
        raise SetupFailed("the Kafka broker ended by itself: for a reason that nobody knows")
