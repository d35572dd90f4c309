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

from ingest.kafka.access import Access, access, check_plain_text
from ingest.kafka.refusals import refusal
from ingest.model.errors import BadInput, BrokerRefused, BrokerUnreachable

BLOCKS = "chain.blocks"
REJECTED = "chain.rejected"
ALERTS = "fraud.alerts"
SCORES = "fraud.scores"
HEALTH = "undertow.health"
PENDING = "chain.pending"
PENDING_ALERTS = "fraud.pending"

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


def connection(bootstrap: str, deadline_s: float = ANSWER_S, chosen: Access | None = None) -> dict[str, Any]:
    """Settings of a client of kafka-python. Raises BadInput where the broker may not be spoken to so."""
    chosen = access(chosen)
    check_plain_text(bootstrap, chosen)
    logging.getLogger("kafka").addHandler(_SILENT)  # our own errors say what its log would say
    if importlib.util.find_spec("crc32c") is None:
        warnings.warn("crc32c is not installed: Kafka is 3 to 40 times slower without it", stacklevel=3)
    where = {"bootstrap_servers": bootstrap.split(","), "bootstrap_timeout_ms": deadline_s * 1000}
    return where | chosen.client_settings()


def checked(bootstrap: str) -> str:
    for part in bootstrap.split(","):
        match = re.fullmatch(r"(?:\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})", part)
        if match is None or not 0 < int(match[1]) < 65536:
            raise BadInput(
                f"{part!r} is not a Kafka address: --kafka takes HOST:PORT, for example 127.0.0.1:9092"
            )
    return bootstrap


@contextmanager
def reaching(bootstrap: str, chosen: Access | None = None) -> Iterator[None]:
    """What the library raises inside, as one line for a person."""
    try:
        yield
    except UNREACHABLE as error:
        raise _silence(bootstrap, access(chosen)) from error
    except kafka_errors.AuthorizationError as error:
        raise denied(bootstrap, error, chosen=chosen) from error
    except kafka_errors.KafkaError as error:
        if not error.retriable:
            raise
        raise BrokerUnreachable(f"the Kafka at {bootstrap} is not ready: {error!r}") from error


def _silence(bootstrap: str, chosen: Access) -> BrokerUnreachable:
    if (why := refusal(bootstrap, chosen)) is not None:
        return BrokerRefused(why)
    return BrokerUnreachable(
        f"no Kafka broker answers at {bootstrap}: start one with `undertow broker` or give --kafka"
    )


def denied(
    bootstrap: str, error: kafka_errors.KafkaError, asked: str = "", chosen: Access | None = None
) -> BrokerRefused:
    """A right that is not there, of which the broker told when it was used: `asked` is what it was for."""
    told = error.args[0] if error.args else ""
    names = ", ".join(sorted(map(str, told))) if isinstance(told, (set, list, tuple)) else str(told or asked)
    thing = next((words for kind, words in _THINGS.items() if isinstance(error, kind)), "it")
    return BrokerRefused(
        f"the Kafka at {bootstrap} does not give {access(chosen).username or 'this user'} a right on {thing} "
        f"{names}: `undertow kafka-acls` prints which each role needs"
    )


_THINGS: dict[type[kafka_errors.KafkaError], str] = {
    kafka_errors.TopicAuthorizationFailedError: "topic",
    kafka_errors.GroupAuthorizationFailedError: "group",
    kafka_errors.TransactionalIdAuthorizationFailedError: "transactional id",
}


def open_consumer(
    bootstrap: str,
    group_id: str | None = None,
    isolation: str = "read_committed",
    chosen: Access | None = None,
) -> Any:
    return KafkaConsumer(
        **connection(bootstrap, chosen=chosen),
        group_id=group_id,
        enable_auto_commit=False,
        isolation_level=isolation,
        auto_offset_reset="none",  # never a silent jump to another offset
        fetch_max_bytes=_FETCH_BYTES,
        max_partition_fetch_bytes=_FETCH_BYTES,
        allow_auto_create_topics=False,
    )
