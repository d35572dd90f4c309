"""That a process works, told once a second in transactions of its publisher: who no longer may publish can no
longer say so either, and who stands by for it hears nothing.

A beat is a mark of a consumer group of the role's own, beside the marks that say how far work is done.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import TracebackType

import msgspec

from ingest.kafka.connection import ALERTS, BLOCKS
from ingest.kafka.publisher import Publisher
from ingest.kafka.reader import Marks
from ingest.kafka.rights import DETECT, INGEST
from ingest.model.errors import UndertowError
from ingest.model.turns import BEAT_S, Beat, Owner

_END_S = 2.0
"""How long the end of a role waits for a beat that is on its way."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role of one chain tells of itself: a partition of a topic, marked by a group."""

    group: str
    topic: str
    partition: int


def ingest_place(chain_id: int, partition: int) -> Place:
    return Place(f"{INGEST}{chain_id}", BLOCKS, partition)


def detect_place(chain_id: int, partition: int) -> Place:
    """The group's mark of `chain.blocks` says how far detection has come; this one is of another topic."""
    return Place(f"{DETECT}{chain_id}", ALERTS, partition)


class KafkaBeats:
    """The last beat of a role, asked again and again through one connection."""

    def __init__(self, bootstrap: str, place: Place) -> None:
        self.work = place.group
        self._marks = Marks(
            bootstrap, place.group, place.topic, place.partition, isolation="read_uncommitted"
        )

    def last(self) -> Beat | None:
        """None before the first, and for what is no beat. Raises BrokerUnreachable."""
        mark = self._marks.last()
        try:
            return None if mark is None else msgspec.json.decode(mark.note, type=Beat)
        except msgspec.DecodeError:
            return None

    def close(self) -> None:
        self._marks.close()


class Beating:
    """Beats at once, then every second from a thread of its own, and a last time on leaving."""

    def __init__(self, publisher: Publisher, place: Place, owner: Owner) -> None:
        """Raises as `Publisher.transaction`."""
        self._publisher = publisher
        self._place = place
        self._owner = owner
        self._number = 0
        self._error: UndertowError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beats", daemon=True)
        self._beat()
        self._thread.start()

    def check(self) -> None:
        """Raises what a beat met: TakenOver where another process publishes now, BrokerUnreachable."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while not self._stop.wait(BEAT_S):
            try:
                self._beat()
            except UndertowError as error:
                self._error = error
                return

    def _beat(self, ended: bool = False) -> None:
        self._number += 1
        beat = Beat(self._owner.instance, self._owner.token, self._number, ended)
        place = self._place
        note = msgspec.json.encode(beat).decode()
        self._publisher.commit_mark(place.group, place.topic, place.partition, 0, note)

    def close(self, ended: bool) -> None:
        """With `ended` who stands by need not wait for silence, as well as that can be told."""
        self._stop.set()
        self._thread.join(_END_S)
        if ended and self._error is None and not self._thread.is_alive():
            try:
                self._beat(ended=True)
            except UndertowError:
                return

    def __enter__(self) -> Beating:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(ended=error is None)
