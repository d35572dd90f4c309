"""What a guard plans, and what became of it: written before it is sent, and every change is in the audit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, Engine, func, insert, select, update

from dashboard.store.audit import Deed, note
from dashboard.store.guard_tables import guard_plans
from dashboard.store.heads import raw
from dashboard.store.people import Actor
from dashboard.store.tables import alerts, heads, rebuilds, roles
from dashboard.store.values import misfit, quoted, whole
from ingest.model.errors import BadInput

GUARD = Actor("undertow guard", "analyst")
"""Who stands in the audit: the program, by the policy that it was given."""
OPEN = ("planned", "sent", "proposed")
"""States that go on; whatever else there is is an end."""
MOST = 1_000
Kind = Literal["pause", "resume"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One proposal about one vault. `state`: `planned` in the store, `sent` to the chain, `proposed` there
    and waiting for a second key, `done`; or over: `dropped` before it was sent, `refused` by the contract,
    `lapsed` unconfirmed, `withdrawn` by the owner; of a pause that is over `resumed`.
    """

    number: int
    chain_id: int
    contract: str
    vault: str
    kind: str
    how: str
    alert_id: str
    reason: str
    key: str
    planned_at: int
    state: str = "planned"
    transaction: str = ""
    mined_block: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """Up to which block, of what time (None after a rollback), a chain is filed, and how deep is final."""

    head: int
    timestamp: int | None
    finality: int


@dataclass(frozen=True, slots=True)
class Named:
    """The last revision of an alert that names a vault as victim."""

    vault: str
    alert_id: str
    record: str


_PLAN = [raw(guard_plans.c[name]) for name in Plan.__slots__]


class GuardReading:
    """What is asked of a store, whoever may write it."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._reading = reading

    def judged(self, chain_id: int) -> Judged | None:
        """None before the first block is filed, and while a run judges the chain anew."""
        columns = (raw(heads.c.block_number), raw(heads.c.timestamp), raw(heads.c.finality))
        with self._reading() as connection:
            row = connection.execute(select(*columns).where(heads.c.chain_id == chain_id)).first()
            anew = connection.scalar(select(raw(rebuilds.c.run)).where(rebuilds.c.chain_id == chain_id))
        if row is None or anew is not None:
            return None
        head, finality = whole(row[0]), whole(row[2], 1)
        return None if head is None or finality is None else Judged(head, whole(row[1]), finality)

    def naming(self, chain_id: int, vaults: Sequence[str], since: int) -> list[Named]:
        """Alerts with one of these as victim, raised in blocks not older than `since` (seconds UTC), oldest
        first.
        """
        same = (roles.c.chain_id == alerts.c.chain_id) & (roles.c.alert_id == alerts.c.id)
        here = (roles.c.chain_id == chain_id) & (roles.c.role == "victim") & roles.c.address.in_(vaults)
        columns = (roles.c.address, alerts.c.id, raw(alerts.c.record))
        wanted = select(*columns).join(alerts, same).where(here, raw(alerts.c.timestamp) >= since)
        with self._reading() as connection:
            rows = connection.execute(wanted.order_by(alerts.c.timestamp, alerts.c.id, roles.c.address))
            return [Named(*map(str, row)) for row in rows]

    def record(self, chain_id: int, alert_id: str) -> str | None:
        """The last revision of an alert, in its canonical JSON."""
        here = (alerts.c.chain_id == chain_id) & (alerts.c.id == alert_id)
        with self._reading() as connection:
            found = connection.scalar(select(raw(alerts.c.record)).where(here))
        return None if found is None else str(found)

    def plans(self, chain_id: int, *states: str) -> list[Plan]:
        """In the order in which they were planned; with states only those in one of them."""
        here = guard_plans.c.chain_id == chain_id
        if states:
            here &= guard_plans.c.state.in_(states)
        wanted = select(*_PLAN).where(here).order_by(guard_plans.c.number.desc()).limit(MOST)
        with self._reading() as connection:
            return [_sure(row) for row in reversed(connection.execute(wanted).all())]

    def about(self, chain_id: int, alert_id: str) -> list[Plan]:
        """Those for one alert, oldest first."""
        here = (guard_plans.c.chain_id == chain_id) & (guard_plans.c.alert_id == alert_id)
        wanted = select(*_PLAN).where(here).order_by(guard_plans.c.number)
        with self._reading() as connection:
            return [_sure(row) for row in connection.execute(wanted)]


class GuardPlans(GuardReading):
    """The writing side, for one `undertow guard` at a time."""

    def __init__(self, engine: Engine, telling: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__(self._connected)
        self._engine = engine
        self._telling = telling

    def plan(self, fresh: Plan, about: dict[str, object]) -> Plan:
        """A plan with its row of the audit, both or neither; `about` says there what it rests on."""
        with self._writing() as connection:
            last = whole(connection.scalar(select(func.max(guard_plans.c.number)))) or 0
            planned = replace(fresh, number=last + 1, planned_at=int(time.time()))
            connection.execute(insert(guard_plans), {n: getattr(planned, n) for n in Plan.__slots__})
            note(connection, _deed(planned, about))
        return planned

    def move(self, plan: Plan, **changes: Any) -> Plan:
        """What became of it. A change of state is a row of the audit too; nothing changes twice."""
        moved = replace(plan, **changes)
        if moved == plan:
            return plan
        with self._writing() as connection:
            here = guard_plans.c.number == plan.number
            connection.execute(update(guard_plans).where(here).values(**changes))
            if moved.state != plan.state:
                note(connection, _deed(moved, {"before": plan.state}))
        return moved

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._telling(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._telling(), self._engine.begin() as connection:
            yield connection


def _deed(plan: Plan, about: dict[str, object]) -> Deed:
    told = {n: getattr(plan, n) for n in ("number", "alert_id", "how", "key", "transaction", "why")}
    change = {**about, **told, "state": plan.state}
    return Deed(
        GUARD, f"guard-{plan.kind}-{plan.state}", f"{plan.chain_id}:{plan.vault}", change, int(time.time())
    )


def _sure(row: Sequence[Any]) -> Plan:
    """Raises BadInput for a row that cannot be gone by: what it says would be sent."""
    if (wrong := misfit(Plan, row)) is not None:
        raise BadInput(
            f"a plan of the guard ({quoted(row[0])}) cannot be read at {wrong}: the store was edited; "
            "restore it, or take a new one"
        )
    return Plan(*row)
