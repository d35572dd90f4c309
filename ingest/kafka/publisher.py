"""Publishing in transactions: together or not at all, and by one process at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

from kafka import KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.structs import OffsetAndMetadata

from ingest.kafka.access import Access
from ingest.kafka.connection import ANSWER_S, UNREACHABLE, checked, connection, denied, reaching
from ingest.model.errors import BrokerUnreachable, TakenOver, UndertowError

_END_S = 40.0
"""How long the end of a transaction may take; the library itself would wait for ever."""
_TOLD_S = 1.0
"""How long what became of records is waited for once one request has failed."""
_TRANSACTION_TIMEOUT_MS = 10_000
"""A transaction left open by a killed process hides later blocks so long, unless its successor fences it."""
_FENCED = (kafka_errors.ProducerFencedError, kafka_errors.InvalidProducerEpochError)

Result = TypeVar("Result")


class Publisher:
    """Writes records and marks in transactions. Making one fences every earlier one with the same id.

    Raises BrokerUnreachable; TakenOver once a later publisher with its id has taken over. Threads may share
    it: their transactions wait for each other.
    """

    def __init__(self, bootstrap: str, transactional_id: str, access: Access | None = None) -> None:
        """`access` is as the environment says where it is not given."""
        self._bootstrap = checked(bootstrap)
        self._access = access
        self._id = transactional_id
        self._began = time.monotonic()
        self._sent: list[Any] = []
        self._turn = threading.Lock()
        with self._errors():
            self._producer = KafkaProducer(
                **connection(self._bootstrap, chosen=access),
                transactional_id=transactional_id,
                transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
                retry_backoff_ms=5,  # 100, the default, makes every commit take 108 ms instead of 9
                max_block_ms=ANSWER_S * 1000,
                request_timeout_ms=10_000,
                delivery_timeout_ms=30_000,
                allow_auto_create_topics=False,
            )
            self._producer.init_transactions()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is sent inside becomes visible together on leaving, or not at all when an exception passes."""
        with self._turn, self._transaction():
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._began = time.monotonic()
        self._sent = []
        with self._errors():
            self._producer.begin_transaction()
        try:
            yield
        except BrokerUnreachable:
            raise  # nobody is there to abort it: the broker will, and a successor fences it
        except BaseException:
            self._abort()
            raise
        self._end(self._deliver)
        self._end(self._producer.commit_transaction)

    def send(self, topic: str, partition: int, key: bytes, value: bytes | None) -> None:
        """Hands one record over (at most 1 MB); a failure to deliver is raised by the transaction's end."""
        with self._errors():
            self._sent.append(self._producer.send(topic, value=value, key=key, partition=partition))

    def mark(self, group: str, topic: str, partition: int, offset: int, note: str) -> None:
        """Commits with the transaction that `group` is done below `offset`. A note: at most 4,000 bytes."""
        marks = {TopicPartition(topic, partition): OffsetAndMetadata(offset, note, -1)}
        self._end(lambda: self._producer.send_offsets_to_transaction(marks, group))

    def commit_mark(self, group: str, topic: str, partition: int, offset: int, note: str) -> None:
        """A mark in a transaction of its own, with nothing else."""
        with self._turn, self._transaction():
            self.mark(group, topic, partition, offset, note)

    def close(self) -> None:
        """Lets go of the connection; an open transaction is left to be aborted by the broker."""
        try:
            self._producer.close(timeout=1)
        except kafka_errors.KafkaError:
            # Records that nobody takes any more: the library gives up before it has ended its own thread.
            self._producer._sender.force_close()

    def _deliver(self) -> None:
        """Returns once the broker holds every record of the transaction.

        The library's commit does not say so: where the broker refuses a record for its number (it was just
        stopped, or lost its memory of this producer) the library takes a new epoch by itself, drops what was
        on its way, and lets the commit of what is left, perhaps nothing, succeed.
        """
        self._producer.flush()
        for sent in self._sent:
            sent.get(timeout=0)

    def _end(self, call: Callable[[], None]) -> None:
        with self._errors():
            try:
                _within(_END_S, call)
            except kafka_errors.KafkaError as error:
                if not isinstance(error, (*_FENCED, *UNREACHABLE)):
                    self._abort()
                raise

    def _abort(self) -> None:
        """As well as it can: the broker aborts by itself what nobody ends, and a successor fences it."""
        try:
            _within(_END_S, self._producer.abort_transaction)
        except kafka_errors.KafkaError as error:
            if _is_fenced(error):
                return
            logging.getLogger(__name__).warning(
                "a transaction of %s was left to time out: %r", self._id, error
            )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with reaching(self._bootstrap, self._access):
            try:
                yield
            except kafka_errors.KafkaError as error:
                if isinstance(error, UNREACHABLE):
                    raise
                if isinstance(error, kafka_errors.AuthorizationError):
                    raise denied(self._bootstrap, error, f"{self._id}: to write with it") from error
                raise self._meaning(error) from error

    def _meaning(self, error: kafka_errors.KafkaError) -> UndertowError:
        """What a failure means: somebody took over, or the broker is not well, which may pass.

        A transaction that was open for too long (the broker was away, or this process asleep) is fenced by
        the broker itself: then nobody took over. So it is where a record was refused for its number: the
        library takes a new epoch by itself, and what is asked in the old one is fenced.
        """
        open_ms = 1000 * (time.monotonic() - self._began)
        refused = self._refusal() if _is_fenced(error) else None
        if _is_fenced(error) and open_ms < _TRANSACTION_TIMEOUT_MS and refused is None:
            return TakenOver(f"another process publishes as {self._id} and took over: this one ends")
        why = refused or error
        return BrokerUnreachable(f"the Kafka at {self._bootstrap} did not take a transaction: {why!r}")

    def _refusal(self) -> kafka_errors.KafkaError | None:
        """Why the broker did not take one of the records for another reason than that somebody took over."""
        until = time.monotonic() + _TOLD_S
        while not all(sent.is_done for sent in self._sent) and time.monotonic() < until:
            time.sleep(0.01)
        errors = [sent.exception for sent in self._sent if sent.is_done]
        own = (each for each in errors if isinstance(each, kafka_errors.KafkaError) and not _is_fenced(each))
        return next(own, None)

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_fenced(error: kafka_errors.KafkaError) -> bool:
    """Fenced now, or before: later calls only say that the producer is in an error state, and in which."""
    return isinstance(error, _FENCED) or any(kind.__name__ in str(error) for kind in _FENCED)


def _within(deadline_s: float, call: Callable[[], Result]) -> Result:
    """`call()`, or KafkaTimeoutError after `deadline_s`; its thread waits on, to the process's end."""
    outcome: list[Result | BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except kafka_errors.KafkaError as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(deadline_s)
    if not outcome:
        raise kafka_errors.KafkaTimeoutError(f"no answer within {deadline_s:g} seconds")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]
