"""Who does some work on a store: whoever takes over begins an epoch, and a transaction of an older one is
refused where it would be committed, whatever it wrote.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, event, insert, select, update

from dashboard.store.heads import raw
from dashboard.store.turn_tables import turns
from dashboard.store.values import LARGEST, cut, whole
from ingest.model.errors import StoreUnreachable, TakenOver
from ingest.model.turns import BEAT_S, Beat, Owner

Telling = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a process may write under, until another one has a turn of the same work: its epoch and its own
    `token`, as an epoch that somebody spoilt is counted from one again.
    """

    work: str
    epoch: int
    token: str

    def is_the(self, row: Row[Any] | None) -> bool:
        return row is not None and (whole(row.epoch), row.token) == (self.epoch, self.token)

    def expect(self, connection: Connection) -> None:
        """Raises TakenOver where it is over. A database of many writers keeps it from ending before the
        transaction has.
        """
        if not self.is_the(connection.execute(_stands(self.work).with_for_update(read=True)).first()):
            raise TakenOver(f"another process works as {self.work} and took over: this one ends")


def _stands(work: str) -> Select[Any]:
    return select(raw(turns.c.epoch), raw(turns.c.token)).where(turns.c.work == work)


def last_beat(connection: Connection, work: str) -> Beat | None:
    """See `StoreTurns.last`."""
    columns = (turns.c.instance, turns.c.token, turns.c.beat, turns.c.ended)
    row = connection.execute(select(*map(raw, columns)).where(turns.c.work == work)).first()
    if row is None or whole(row.beat) is None:
        return None
    return Beat(cut(str(row.instance)), str(row.token), int(row.beat), row.ended == 1)


def held(engine: Engine, turn: Turn) -> Engine:
    """Every transaction of this engine is committed under `turn`, or not at all."""
    event.listen(engine, "commit", turn.expect)
    return engine


class StoreTurns:
    """The turns of one kind of work: read by who stands by, taken by who works."""

    def __init__(self, writing: Engine, reading: Engine, telling: Telling, work: str) -> None:
        self.work = work
        self._writing = writing
        self._reading = reading
        self._telling = telling

    def last(self) -> Beat | None:
        """None where nobody ever worked, and for a row that is none. Raises StoreUnreachable."""
        with self._telling(), self._reading.connect() as connection:
            return last_beat(connection, self.work)

    def take(self, owner: Owner) -> Turn:
        """Begins an epoch: once this returns, nothing of the one before is committed any more."""
        here = turns.c.work == self.work
        with self._telling(), self._writing.begin() as connection:
            stood = connection.execute(_stands(self.work).with_for_update()).first()
            epoch = (0 if stood is None else min(whole(stood.epoch) or 0, LARGEST - 1)) + 1
            now = {"epoch": epoch, "instance": owner.instance, "token": owner.token, "beat": 1, "ended": 0}
            made = insert(turns).values(work=self.work, **now)
            connection.execute(made if stood is None else update(turns).where(here).values(**now))
        return Turn(self.work, epoch, owner.token)

    def check(self, turn: Turn) -> None:
        """Raises TakenOver where `turn` is over now, and StoreUnreachable."""
        with self._telling(), self._reading.connect() as connection:
            stands = connection.execute(_stands(turn.work)).first()
        if not turn.is_the(stands):
            raise TakenOver(f"another process works as {turn.work} and took over: this one ends")

    def beat(self, turn: Turn, ended: bool = False) -> bool:
        """Whether `turn` was still one."""
        here = (turns.c.work == turn.work) & (turns.c.epoch == turn.epoch) & (turns.c.token == turn.token)
        now = update(turns).where(here).values(beat=turns.c.beat + 1, ended=int(ended))
        with self._telling(), self._writing.begin() as connection:
            return connection.execute(now).rowcount == 1

    def close(self) -> None:
        self._writing.dispose()
        self._reading.dispose()


class StoreBeating:
    """Beats every second from a thread of its own, and a last time on leaving, where the store lets it."""

    def __init__(self, own: StoreTurns, turn: Turn) -> None:
        self._own = own
        self._turn = turn
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beats", daemon=True)

    def _run(self) -> None:
        while not self._stop.wait(BEAT_S):
            with suppress(StoreUnreachable):
                if not self._own.beat(self._turn):
                    return

    def __enter__(self) -> StoreBeating:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is None:
            with suppress(StoreUnreachable):
                self._own.beat(self._turn, ended=True)
