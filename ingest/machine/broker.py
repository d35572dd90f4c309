"""The embedded Kafka: one KRaft node on 127.0.0.1, so that one machine needs no cluster to run undertow."""

from __future__ import annotations

import base64
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.machine import tools
from ingest.machine.processes import LOOPBACK, Child, answers, free_port, refuse_taken, wait_until
from ingest.model.errors import BadInput, SetupFailed

DEFAULT_PORT = 9092
_START_DEADLINE_S = 300
_STOP_GRACE_S = 15
_FORMAT_DEADLINE_S = 300
_POLL_S = 0.5
_MOST_READ = 16 << 20
_CAUSES = {
    "No space left on device": "no space is left on its disk: make room, and start it again",
    "Disk quota exceeded": "its disk quota is used up: make room, and start it again",
    "Too many open files": "it may hold too few files open: raise `ulimit -n` (LimitNOFILE= of a unit)",
    "Read-only file system": "its disk takes no writing: look at the disk, or take another --data",
}
"""What Java says of it -> what it means."""
_HEAP = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC")
_BRIEFLY = "-XX:TieredStopAtLevel=1"
"""For a program that ends at once: what compiles best takes longer to compile than it ever wins."""
_LOG = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showShortLogName=true")
_CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
log.dirs={data}/log
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


@contextmanager
def running(data: Path, port: int | None = None) -> Iterator[str]:
    """A broker that keeps its records in `data`; yields `host:port` when it answers, and ends it on leaving.

    Raises PortTaken, BadInput for a folder that cannot be used, SetupFailed when it does not come up.
    """
    port = free_port() if port is None else port
    refuse_taken(port, "--port")
    config, log = _configure(data, port), data / "broker.log"
    with _explained(log), Child.start("broker", _java("kafka.Kafka", config), log=log) as child:
        try:
            wait_until(lambda: _is_ready(port), _START_DEADLINE_S, "the Kafka broker", child)
            yield f"{LOOPBACK}:{port}"
        finally:
            child.stop(_STOP_GRACE_S)


def serve(data: Path, port: int, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Runs a broker in the foreground until `stop` is set; raises SetupFailed when it ends by itself."""
    refuse_taken(port, "--port")
    config, log = _configure(data, port), data / "broker.log"
    with _explained(log), Child.start("broker", _java("kafka.Kafka", config), log=log) as child:
        ready = lambda: stop.is_set() or _is_ready(port)  # noqa: E731
        wait_until(ready, _START_DEADLINE_S, "the Kafka broker", child)
        if not stop.is_set():
            say(f"broker: Kafka answers at {LOOPBACK}:{port}, its records are in {data}")
        while not stop.wait(_POLL_S):
            if child.poll() is not None:
                raise SetupFailed(f"the Kafka broker ended by itself: {child.last_lines()}")
        child.stop(_STOP_GRACE_S)


@contextmanager
def _explained(log: Path) -> Iterator[None]:
    """Kafka's last words are where it failed, not why: where the reason is known, an error says that."""
    begin = log.stat().st_size if log.exists() else 0
    try:
        yield
    except SetupFailed as error:
        cause = _cause(log, begin)
        if cause is None:
            raise
        raise SetupFailed(f"the Kafka broker ended: {cause}; its own words are in {log}") from error


def _cause(log: Path, begin: int) -> str | None:
    """The first known reason that stands in a log from byte `begin` on."""
    if not log.exists():
        return None
    with log.open("rb") as file:
        file.seek(begin)
        said = file.read(_MOST_READ)
    return next((cause for words, cause in _CAUSES.items() if words.encode() in said), None)


def _is_ready(port: int) -> bool:
    """The port opens a moment before the node takes requests; only an answer counts."""
    from ingest.kafka import PLAIN, Cluster

    return answers(port) and Cluster(f"{LOOPBACK}:{port}", PLAIN).answers(deadline_s=5)


def _configure(data: Path, port: int) -> Path:
    """Writes the node's settings, and formats its folder the first time."""
    data = data.absolute()
    config = data / "server.properties"
    try:
        data.mkdir(parents=True, exist_ok=True)
        config.write_text(_CONFIG.format(host=LOOPBACK, port=port, controller=free_port(), data=data))
    except OSError as error:
        raise BadInput(
            f"the broker cannot keep records in {data}: {error.strerror}: choose another with --data"
        ) from error
    if not (data / "log" / "meta.properties").exists():
        _format(config)
    return config


def _format(config: Path) -> None:
    command = _java("kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", config)
    command.insert(1, _BRIEFLY)
    limit = _FORMAT_DEADLINE_S
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise SetupFailed(
            f"Kafka could not prepare {config.parent} within {limit} seconds: the machine is too busy, or "
            "its disk is; try again"
        ) from None
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())
        raise SetupFailed(f"Kafka could not prepare {config.parent}: {words[-300:]}")


def _cluster_id() -> str:
    """22 characters as Kafka's own `random-uuid` gives them, without starting a Java for it."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")


def _java(main: str, *arguments: str | Path) -> list[str]:
    flags = [*_HEAP, *_LOG, "-cp", tools.kafka_classpath(), main]
    return [str(tools.java()), *flags, *(str(argument) for argument in arguments)]
