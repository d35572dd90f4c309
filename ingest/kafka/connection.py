"""What every connection to Kafka shares: its address, its deadline, its settings, and how it fails."""

from __future__ import annotations

import importlib.util
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaConsumer
from kafka import errors as kafka_errors

from ingest.model.errors import BadInput, BrokerUnreachable

BLOCKS = "chain.blocks"
REJECTED = "chain.rejected"
ALERTS = "fraud.alerts"
SCORES = "fraud.scores"
HEALTH = "undertow.health"

ANSWER_S = 8.0
"""How long a broker may take to say anything."""
_FETCH_BYTES = 16 << 20

UNREACHABLE = (
    kafka_errors.KafkaConnectionError,
    kafka_errors.KafkaTimeoutError,
    kafka_errors.MetadataEmptyBrokerList,
    kafka_errors.NodeNotReadyError,
    kafka_errors.RequestTimedOutError,
    kafka_errors.BrokerNotAvailableError,
)
_SILENT = logging.NullHandler()


def connection(bootstrap: str, deadline_s: float = ANSWER_S) -> dict[str, Any]:
    logging.getLogger("kafka").addHandler(_SILENT)  # our own errors say what its log would say
    if importlib.util.find_spec("crc32c") is None:
        warnings.warn("crc32c is not installed: Kafka is 3 to 40 times slower without it", stacklevel=3)
    return {"bootstrap_servers": bootstrap.split(","), "bootstrap_timeout_ms": deadline_s * 1000}


def checked(bootstrap: str) -> str:
    for part in bootstrap.split(","):
        match = re.fullmatch(r"(?:\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})", part)
        if match is None or not 0 < int(match[1]) < 65536:
            raise BadInput(
                f"{part!r} is not a Kafka address: --kafka takes HOST:PORT, for example 127.0.0.1:9092"
            )
    return bootstrap


@contextmanager
def reaching(bootstrap: str) -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as error:
        raise BrokerUnreachable(
            f"no Kafka broker answers at {bootstrap}: start one with `undertow broker` or give --kafka"
        ) from error
    except kafka_errors.KafkaError as error:
        if not error.retriable:
            raise
        raise BrokerUnreachable(f"the Kafka at {bootstrap} is not ready: {error!r}") from error


def open_consumer(bootstrap: str, group_id: str | None = None, isolation: str = "read_committed") -> Any:
    return KafkaConsumer(
        **connection(bootstrap),
        group_id=group_id,
        enable_auto_commit=False,
        isolation_level=isolation,
        auto_offset_reset="none",  # never a silent jump to another offset
        fetch_max_bytes=_FETCH_BYTES,
        max_partition_fetch_bytes=_FETCH_BYTES,
        allow_auto_create_topics=False,
    )
