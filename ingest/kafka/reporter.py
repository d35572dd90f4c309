"""Tells `undertow.health` every few seconds how a role is, from a thread of its own: a broker that is away,
or slow, delays nobody's work, and a record that nobody took is not sent again.
"""

from __future__ import annotations

import atexit
import socket
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from ingest.kafka.cluster import Cluster
from ingest.kafka.connection import HEALTH, checked, connection
from ingest.model.errors import UndertowError
from ingest.model.health import Health, HealthRole, NodeHealth, Vitals, health_key, health_value

EVERY_S = 5.0
_telling: list[HealthReporter] = []
_ANSWER_S = 2.0
_END_S = 0.5
"""How long the end of a role waits for its last record."""


def telling() -> list[Callable[[], Health]]:
    """How each role of this process is, to be asked: its metrics are read from it."""
    return [each.now for each in list(_telling)]


class HealthReporter:
    """Sends one record at once, then one every `every_s`, and one at the end, as well as it can."""

    def __init__(
        self,
        bootstrap: str,
        role: HealthRole,
        chain_id: int,
        vitals: Vitals,
        nodes: Callable[[], Sequence[NodeHealth]] = tuple,
        every_s: float = EVERY_S,
        instance: str | None = None,
    ) -> None:
        self._bootstrap = checked(bootstrap)
        self._role: HealthRole = role
        self._chain_id = chain_id
        self._vitals = vitals
        self._nodes = nodes
        self._every_s = every_s
        self._instance = (instance or socket.gethostname())[:200] or "unnamed"
        self._began_at = int(time.time())
        self._producer: KafkaProducer | None = None
        self._partition: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def now(self) -> Health:
        vitals = self._vitals
        return Health(
            chain_id=self._chain_id,
            role=self._role,
            instance=self._instance,
            at=int(time.time()),
            began_at=self._began_at,
            every_s=self._every_s,
            head=vitals.head,
            lag_blocks=vitals.lag_blocks,
            latency=vitals.latency(),
            counts=vitals.counts(),
            nodes=list(self._nodes()),
            detectors=dict(vitals.detectors),
            cpu_s=round(time.process_time(), 3),
            proofs=vitals.proofs(),
            head_time=vitals.head_time,
            models=list(vitals.models),
            canaries=list(vitals.canaries),
            budget_cpu_s=vitals.budget_cpu_s,
            optional=list(vitals.optional),
            standing=vitals.standing,
            pending=list(vitals.pending),
        )

    def _run(self) -> None:
        while True:
            try:
                self._send()
            except (kafka_errors.KafkaError, UndertowError, OSError):
                self._let_go()
            if self._stop.is_set():
                break
            self._stop.wait(self._every_s)
        self._let_go()

    def _send(self) -> None:
        if self._producer is None:
            self._partition = Cluster(self._bootstrap).room_for_health(self._chain_id)
            self._producer = KafkaProducer(
                **connection(self._bootstrap, _ANSWER_S),
                max_block_ms=int(_ANSWER_S * 1000),
                request_timeout_ms=int(_ANSWER_S * 1000),
                delivery_timeout_ms=int(2 * _ANSWER_S * 1000),
                retries=0,
                linger_ms=0,
                allow_auto_create_topics=False,
            )
            atexit.unregister(self._producer._cleanup)  # it would print a traceback where no broker is
        key = health_key(self._role, self._chain_id, self._instance)
        sent = self._producer.send(HEALTH, health_value(self.now()), key=key, partition=self._partition)
        sent.get(timeout=2 * _ANSWER_S)

    def _let_go(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                producer.close(timeout=_END_S)
            except kafka_errors.KafkaError:
                producer._sender.force_close()

    def __enter__(self) -> HealthReporter:
        self._thread.start()
        _telling.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The last record says where the role ended; who does not take it in time has lost it."""
        _telling.remove(self)
        self._stop.set()
        self._thread.join(_END_S)
