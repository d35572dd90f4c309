"""The outbox: messages that follow from revisions, each planned once, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from dashboard.store.alarms import KIND, Alarm, alarm_of, plan_alarms
from dashboard.store.case_tables import watches
from dashboard.store.heads import raw
from dashboard.store.keys import among
from dashboard.store.letters import Known, Letter, Telling, Told, digest_row, message_id, netted
from dashboard.store.outward_tables import alarms, outbox, outbox_place, revision_head, revisions, told
from dashboard.store.revision_reading import Revision
from dashboard.store.values import whole
from ingest.model.errors import BadInput

AT_ONCE = 200
"""Revisions of one plan, in one transaction."""
MOST_FOLDED = 5_000
STORM_S = 60
"""A channel that was told much within so many seconds is told the rest in one message."""
GONE = ("sent", "folded", "dropped")


Decide = Callable[[Revision, Known], Sequence[Telling]]
_LETTER = [raw(outbox.c[name]) for name in Letter.__slots__]
_REVISION = [raw(revisions.c[name]) for name in Revision.__slots__]
_ALARMS = select(alarms.c.number).where(alarms.c.looked_at == 0).limit(1)
_BEHIND = select(outbox_place.c.one).join(revision_head, revision_head.c.number > outbox_place.c.revision)


class Outbox:
    """The writing side. One program at a time works with it: `mine` says so to a second one."""

    def __init__(
        self, writing: Engine, reading: Engine, telling: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._engine = writing
        self._reading = reading
        self._telling = telling

    def plan(self, decide: Decide, now: int, storm: int, arrived: Container[str] = frozenset()) -> int:
        """Looks at the next revisions, and notes who is to be told; how many it looked at. All or nothing:
        a revision is looked at once, whatever is killed when. Beyond `storm` messages a minute a channel's
        next ones are held for a minute, to be told as one. `arrived`: ids of messages that need no sending.
        """
        if not self._rows(_BEHIND):
            return 0
        with self._writing() as connection:
            place, last = self._place(connection)
            wanted = select(*_REVISION).where(revisions.c.number > place).order_by(revisions.c.number)
            fresh = [Revision(*row) for row in connection.execute(wanted.limit(AT_ONCE))]
            if not fresh:
                return 0
            book = _Book(connection, fresh, now, storm, arrived)
            rows = [row for each in fresh for row in book.rows(each, decide(each, book.known(each)))]
            for number, row in enumerate(rows, last + 1):
                row["number"] = number
            if rows:
                connection.execute(insert(outbox), rows)
            book.keep()
            after = {"revision": fresh[-1].number, "outbox": last + len(rows)}
            connection.execute(update(outbox_place).values(**after))
        return len(fresh)

    def plan_alarms(self, channels: Sequence[str], now: int, since: int) -> int:
        """Notes who of these channels is to be told of an alarm; how many alarms it looked at."""
        if not self._rows(_ALARMS):
            return 0
        with self._writing() as connection:
            return plan_alarms(connection, channels, now, since)

    def alarm(self, letter: Letter) -> Alarm | None:
        """What a message of kind `alarm` tells of."""
        with self._telling(), self._reading.connect() as connection:
            return alarm_of(connection, letter)

    def fold(self, now: int) -> int:
        """Makes one message of what was held for a channel until now; how many rows that were."""
        held = (outbox.c.state == "held") & (outbox.c.due_at <= now)
        channels = sorted(row[0] for row in self._rows(select(outbox.c.channel).where(held).distinct()))
        if not channels:
            return 0
        with self._writing() as connection:
            return sum(self._fold(connection, channel, now) for channel in channels)

    def due(self, now: int) -> list[Letter]:
        """The first message that waits of each channel, where its time has come: a channel is told in order,
        so a notice that something is over never comes before it.
        """
        first = (
            select(func.min(outbox.c.number)).where(outbox.c.state == "waiting").group_by(outbox.c.channel)
        )
        wanted = select(*_LETTER).where(outbox.c.number.in_(first), outbox.c.due_at <= now)
        return [Letter(*row) for row in self._rows(wanted.order_by(outbox.c.number))]

    def revisions(self, letter: Letter) -> list[Revision]:
        """What a message tells of: one revision, or those of a digest."""
        numbers = [letter.revision]
        if letter.kind == "digest":
            inside = select(outbox.c.revision).where(outbox.c.folded_into == letter.number)
            numbers = [int(row[0]) for row in self._rows(inside.order_by(outbox.c.number))]
        found: list[Revision] = []
        for start in range(0, len(numbers), AT_ONCE):
            here = revisions.c.number.in_(numbers[start : start + AT_ONCE])
            rows = self._rows(select(*_REVISION).where(here).order_by(revisions.c.number))
            found += [Revision(*row) for row in rows]
        return found

    def ids(self, letter: Letter) -> list[str]:
        """Of a message, and of those that it tells together."""
        inside = select(raw(outbox.c.id)).where(outbox.c.folded_into == letter.number)
        return [letter.id, *(str(row[0]) for row in self._rows(inside))]

    def settle(self, arrived: Container[str], now: int) -> int:
        """Notes of what waits here that it arrived already; how many messages that were."""
        waits = outbox.c.state.in_(("held", "waiting")) & (outbox.c.kind != KIND)
        rows = self._rows(select(outbox.c.number, outbox.c.id).where(waits))
        found = [number for number, name in rows if name in arrived]
        if not found:
            return 0
        with self._writing() as connection:
            for start in range(0, len(found), AT_ONCE):
                here = outbox.c.number.in_(found[start : start + AT_ONCE])
                connection.execute(update(outbox).where(here).values(state="sent", done_at=now, reason=""))
        return len(found)

    def sent(self, letter: Letter, now: int) -> None:
        self._become(letter, state="sent", done_at=now, attempts=letter.attempts + 1, reason="")

    def failed(self, letter: Letter, again_at: int, reason: str) -> None:
        """To be tried again; the channel's other messages wait for it."""
        self._become(letter, due_at=again_at, attempts=letter.attempts + 1, reason=reason)

    def dead(self, letter: Letter, now: int, reason: str) -> None:
        """Not to be tried again: Health shows it."""
        self._become(letter, state="dead", done_at=now, attempts=letter.attempts + 1, reason=reason)

    def revive(self, now: int) -> int:
        """Dead messages wait anew; how many."""
        with self._writing() as connection:
            again = {"state": "waiting", "due_at": now, "filed_at": now, "attempts": 0, "done_at": None}
            done = connection.execute(update(outbox).where(outbox.c.state == "dead").values(**again))
            return int(done.rowcount)

    def next_at(self) -> int | None:
        """When something is due next; None where nothing waits or is held."""
        open_ones = outbox.c.state.in_(("held", "waiting"))
        (row,) = self._rows(select(func.min(outbox.c.due_at)).where(open_ones))
        return whole(row[0])

    def age(self, before: int) -> int:
        """Removes what was done with before a time; how many rows. Dead messages stay until they are sent."""
        with self._writing() as connection:
            done = outbox.c.state.in_(GONE) & (outbox.c.done_at < before)
            return int(connection.execute(delete(outbox).where(done)).rowcount)

    def close(self) -> None:
        self._engine.dispose()
        self._reading.dispose()

    def _become(self, letter: Letter, **after: object) -> None:
        with self._writing() as connection:
            connection.execute(update(outbox).where(outbox.c.number == letter.number).values(**after))

    def _fold(self, connection: Connection, channel: str, now: int) -> int:
        here = (outbox.c.channel == channel) & (outbox.c.state == "held") & (outbox.c.due_at <= now)
        wanted = select(*_LETTER).where(here).order_by(outbox.c.number).limit(MOST_FOLDED)
        held = [Letter(*row) for row in connection.execute(wanted)]
        kept, dropped = netted(held, _standing(connection, channel, held))
        _set(connection, dropped, state="dropped", done_at=now)
        for each in kept:
            _set(connection, [each], kind=each.kind)
        if len(kept) == 1:
            _set(connection, kept, state="waiting", due_at=now)
        elif kept:
            _, last = self._place(connection)
            digest = digest_row(last + 1, kept, now)
            connection.execute(insert(outbox), digest)
            _set(connection, kept, state="folded", done_at=now, folded_into=last + 1)
            connection.execute(update(outbox_place).values(outbox=last + 1))
        return len(held)

    def _place(self, connection: Connection) -> tuple[int, int]:
        wanted = select(raw(outbox_place.c.revision), raw(outbox_place.c.outbox)).with_for_update()
        rows = connection.execute(wanted).all()
        place = [whole(value) for value in rows[0]] if len(rows) == 1 else [None, None]
        if place[0] is None or place[1] is None:
            raise BadInput("the place of the outbox is gone from the store: fill a new store")
        return place[0], place[1]

    def _rows(self, wanted: Any) -> Sequence[Any]:
        with self._telling(), self._reading.connect() as connection:
            return connection.execute(wanted).all()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._telling(), self._engine.begin() as connection:
            yield connection


class _Book:
    """What is known while some revisions are looked at; kept at the end."""

    def __init__(
        self,
        connection: Connection,
        fresh: Sequence[Revision],
        now: int,
        storm: int,
        arrived: Container[str],
    ) -> None:
        self._connection = connection
        self._now = now
        self._storm = storm
        self._arrived = arrived
        self._told: dict[tuple[int, str], dict[str, Told]] = {}
        self._changed = set[tuple[str, int, str]]()
        self._held: dict[tuple[str, int, str], int] = {}
        keys = sorted({(each.chain_id, each.alert_id) for each in fresh})
        here = among(told.c.chain_id, told.c.alert_id, keys)
        for channel, chain_id, alert_id, severity, standing in connection.execute(select(told).where(here)):
            known = self._told.setdefault((chain_id, alert_id), {})
            known[channel] = Told(severity, bool(standing))
        waits = among(outbox.c.chain_id, outbox.c.alert_id, keys) & (outbox.c.state == "held")
        held = select(outbox.c.channel, outbox.c.chain_id, outbox.c.alert_id, outbox.c.due_at).where(waits)
        for channel, chain_id, alert_id, due_at in connection.execute(held):
            self._held[channel, chain_id, alert_id] = due_at
        self._watched: dict[int, set[str]] = {}
        for chain_id, address in connection.execute(select(raw(watches.c.chain_id), raw(watches.c.address))):
            self._watched.setdefault(chain_id, set()).add(str(address))
        lately = (outbox.c.due_at > now - STORM_S) & outbox.c.state.in_(("waiting", "sent"))
        counted = select(outbox.c.channel, func.count()).where(lately).group_by(outbox.c.channel)
        self._lately: dict[str, int] = {name: int(count) for name, count in connection.execute(counted)}

    def known(self, revision: Revision) -> Known:
        key = (revision.chain_id, revision.alert_id)
        watched = frozenset(self._watched.get(revision.chain_id, ()))
        return Known(dict(self._told.get(key, {})), watched, self._arrived)

    def rows(self, revision: Revision, tellings: Iterable[Telling]) -> Iterator[dict[str, Any]]:
        for each in tellings:
            key = (revision.chain_id, revision.alert_id)
            self._told.setdefault(key, {})[each.channel] = each.after
            self._changed.add((each.channel, *key))
            name = message_id(each.channel, revision, each.kind)
            was_told = name in self._arrived
            due_at = 0 if was_told else self._due_at(each, (each.channel, *key))
            state = "sent" if was_told else "waiting" if due_at is None else "held"
            yield {
                "channel": each.channel,
                "id": name,
                "chain_id": revision.chain_id,
                "alert_id": revision.alert_id,
                "revision": revision.number,
                "kind": each.kind,
                "state": state,
                "due_at": self._now if due_at is None else due_at,
                "filed_at": revision.filed_at,
                "attempts": 0,
                "done_at": self._now if was_told else None,
                "reason": "",
            }

    def _due_at(self, telling: Telling, key: tuple[str, int, str]) -> int | None:
        """What follows something that is held is held with it."""
        due_at = self._held.get(key, telling.due_at)
        if due_at is None and self._lately.get(telling.channel, 0) >= self._storm:
            due_at = self._now + STORM_S
        if due_at is None:
            self._lately[telling.channel] = self._lately.get(telling.channel, 0) + 1
        else:
            self._held[key] = due_at
        return due_at

    def keep(self) -> None:
        rows = []
        for channel, chain_id, alert_id in sorted(self._changed):
            here = (told.c.channel == channel) & (told.c.chain_id == chain_id) & (told.c.alert_id == alert_id)
            self._connection.execute(delete(told).where(here))
            last = self._told[chain_id, alert_id][channel]
            row = {"channel": channel, "chain_id": chain_id, "alert_id": alert_id}
            rows.append(row | {"severity": last.severity, "standing": int(last.standing)})
        if rows:
            self._connection.execute(insert(told), rows)


def _standing(connection: Connection, channel: str, held: Sequence[Letter]) -> set[tuple[int, str]]:
    keys, found = sorted({(each.chain_id, each.alert_id) for each in held}), set[tuple[int, str]]()
    stands = (told.c.channel == channel) & (told.c.standing == 1)
    for start in range(0, len(keys), AT_ONCE):
        here = among(told.c.chain_id, told.c.alert_id, keys[start : start + AT_ONCE])
        rows = connection.execute(select(told.c.chain_id, told.c.alert_id).where(stands, here))
        found |= {(chain_id, alert_id) for chain_id, alert_id in rows}
    return found


def _set(connection: Connection, letters: Sequence[Letter], **after: object) -> None:
    for start in range(0, len(letters), AT_ONCE):
        numbers = [each.number for each in letters[start : start + AT_ONCE]]
        connection.execute(update(outbox).where(outbox.c.number.in_(numbers)).values(**after))
