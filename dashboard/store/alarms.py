"""What operators are told of: raised and over, each noted once, and planned for the outbox like revisions.

An alarm is never an alert: it is in no book, no list of revisions and no topic of detection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from dashboard.store.heads import raw
from dashboard.store.letters import Letter
from dashboard.store.outward_tables import alarms, outbox, outbox_place, told
from dashboard.store.reading import Reader
from dashboard.store.tables import alerts, roles
from dashboard.store.values import whole

RAISED, OVER = "raised", "over"
KIND = "alarm"
"""Of a message of the outbox that tells of an alarm."""
SHOWN = 20
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Alarm:
    """`name` says what kind of alarm, `about` of what: of a canary the category whose detector is silent.
    `at`: clock of the sink, seconds UTC.
    """

    number: int
    chain_id: int
    name: str
    about: str
    kind: str
    at: int
    reason: str

    @property
    def key(self) -> str:
        """In the place of an alert's id, where it is noted who was told."""
        return f"{KIND}:{self.name}:{self.about}"


_ALARM = [raw(alarms.c[name]) for name in Alarm.__slots__]


def note(connection: Connection, fresh: Alarm) -> bool:
    """Adds a row where it changes something: what is raised is not raised again, and is over once. `number`
    is given here.
    """
    stands = standing(connection, fresh.chain_id, fresh.name, fresh.about)
    if (stands is not None and stands.kind == RAISED) == (fresh.kind == RAISED):
        return False
    number = (whole(connection.scalar(select(func.max(alarms.c.number)))) or 0) + 1
    row: dict[str, Any] = {name: getattr(fresh, name) for name in Alarm.__slots__}
    connection.execute(insert(alarms), row | {"number": number, "looked_at": 0})
    return True


def standing(connection: Connection, chain_id: int, name: str, about: str) -> Alarm | None:
    """The last row about it; None where there never was one."""
    here = (alarms.c.chain_id == chain_id) & (alarms.c.name == name) & (alarms.c.about == about)
    row = connection.execute(select(*_ALARM).where(here).order_by(alarms.c.number.desc()).limit(1)).first()
    return None if row is None else Alarm(*row)


def is_alerted(connection: Connection, chain_id: int, category: str, address: str) -> bool:
    """Whether an alert of this category that was not taken back names an address as attacker."""
    same = (roles.c.chain_id == alerts.c.chain_id) & (roles.c.alert_id == alerts.c.id)
    named = (roles.c.address == address) & (roles.c.chain_id == chain_id) & (roles.c.role == "attacker")
    stands = (alerts.c.category == category) & (alerts.c.status != "retracted")
    wanted = select(alerts.c.id).join(roles, same).where(named, stands).limit(1)
    return connection.execute(wanted).first() is not None


def plan_alarms(connection: Connection, channels: Sequence[str], now: int, since: int) -> int:
    """Notes which of these channels are to be told of alarms that nobody looked at yet; how many it looked
    at. Of one raised before `since` nobody is told anew; that it is over only who was told of it.
    """
    wanted = select(*_ALARM).where(alarms.c.looked_at == 0).order_by(alarms.c.number).limit(_AT_ONCE)
    fresh = [Alarm(*row) for row in connection.execute(wanted)]
    last = whole(connection.scalar(select(raw(outbox_place.c.outbox)).with_for_update())) or 0
    for alarm in fresh:
        for channel in channels:
            if _is_to_be_told(connection, channel, alarm, since):
                last += 1
                connection.execute(insert(outbox), _row(last, channel, alarm, now))
    if fresh:
        connection.execute(update(outbox_place).values(outbox=last))
        looked = alarms.c.number.in_([alarm.number for alarm in fresh])
        connection.execute(update(alarms).where(looked).values(looked_at=1))
    return len(fresh)


def _is_to_be_told(connection: Connection, channel: str, alarm: Alarm, since: int) -> bool:
    """Asks and notes what the channel knows, in one."""
    here = (told.c.channel == channel) & (told.c.chain_id == alarm.chain_id) & (told.c.alert_id == alarm.key)
    knows = whole(connection.scalar(select(raw(told.c.standing)).where(here))) == 1
    at = whole(alarm.at)
    is_old = at is not None and at < since
    tells = knows if alarm.kind == OVER else not (is_old or knows)
    if tells:
        connection.execute(delete(told).where(here))
        row = {"channel": channel, "chain_id": alarm.chain_id, "alert_id": alarm.key}
        connection.execute(
            insert(told), row | {"severity": "critical", "standing": int(alarm.kind == RAISED)}
        )
    return tells


def _row(number: int, channel: str, alarm: Alarm, now: int) -> dict[str, Any]:
    told_of = f"{channel}\n{alarm.chain_id}:{alarm.key}\n{alarm.number}\n{alarm.kind}"
    return {
        "number": number,
        "channel": channel,
        "id": hashlib.sha256(told_of.encode()).hexdigest()[:32],
        "chain_id": alarm.chain_id,
        "alert_id": alarm.key,
        "revision": alarm.number,
        "kind": KIND,
        "state": "waiting",
        "due_at": now,
        "filed_at": alarm.at,
        "attempts": 0,
        "reason": "",
    }


def alarm_of(connection: Connection, letter: Letter) -> Alarm | None:
    """What a message of kind `alarm` tells of; None where the row is gone."""
    row = connection.execute(select(*_ALARM).where(alarms.c.number == letter.revision)).first()
    return None if row is None else Alarm(*row)


def last_alarms(reader: Reader, most: int = SHOWN) -> list[Alarm]:
    """The newest rows first."""
    return [Alarm(*row) for row in reader.ask(select(*_ALARM).order_by(alarms.c.number.desc()).limit(most))]
