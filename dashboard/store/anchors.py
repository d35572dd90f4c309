"""What is anchored of a chain: planned before it is sent, and read by whoever proves or shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, delete, func, insert, or_, select, update

from dashboard.store.anchor_tables import anchor_leaves, anchor_stretches, anchoring, runs
from dashboard.store.case_tables import NO_HASH, audit_head
from dashboard.store.heads import raw
from dashboard.store.outward_tables import revisions
from dashboard.store.reading import Reader
from dashboard.store.tables import alerts, heads, rebuilds
from dashboard.store.values import LARGEST, misfit, quoted, whole
from ingest.model.errors import BadInput

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StretchRow:
    """A stretch as it was planned, and where it stands. Hashes are hex, times seconds UTC."""

    chain_id: int
    first: int
    last: int
    leaves: int
    root: str
    run: str
    audited: int
    audit: str
    planned_at: int
    state: str
    transaction: str
    mined_block: int | None


@dataclass(frozen=True, slots=True)
class LeafRow:
    """What a stretch says of an alert: `record_hash` of the revision in row `revision` of the list."""

    alert_id: str
    revision: int
    record_hash: str
    retracted: bool


@dataclass(frozen=True, slots=True)
class Filed:
    """A revision of an alert as it was filed."""

    number: int
    alert_id: str
    record: str


@dataclass(frozen=True, slots=True)
class Judged:
    """How far a chain is filed: what is final there, the run that judges it, and the head from which on that
    run's revisions are all known. `run` is None while a rebuild goes on, or where none is known.
    """

    final: int
    run: str | None
    since: int


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Where a chain is anchored, and how `undertow anchor` gets on."""

    chain_id: int
    contract: str
    anchor_chain: int
    checked_at: int
    trouble: str


_Row = TypeVar("_Row", StretchRow, LeafRow, Anchoring)
_STRETCH = [raw(anchor_stretches.c[name]) for name in StretchRow.__slots__]
_LEAF = [raw(anchor_leaves.c[name]) for name in LeafRow.__slots__]


class Anchors:
    """The writing side, for one `undertow anchor` at a time."""

    def __init__(self, engine: Engine, telling: Callable[[], AbstractContextManager[None]]) -> None:
        self._engine = engine
        self._telling = telling

    def judged(self, chain_id: int) -> Judged | None:
        """None before the first block is filed."""
        with self._reading() as connection:
            head = connection.execute(
                select(raw(heads.c.block_number), raw(heads.c.finality)).where(heads.c.chain_id == chain_id)
            ).first()
            known = connection.execute(
                select(raw(runs.c.run), raw(runs.c.since)).where(runs.c.chain_id == chain_id)
            ).first()
            anew = connection.scalar(select(raw(rebuilds.c.run)).where(rebuilds.c.chain_id == chain_id))
        number, finality = (None, None) if head is None else (whole(head[0]), whole(head[1], 1))
        if number is None or finality is None:
            return None
        if known is None or anew is not None:
            return Judged(number - finality, None, 0)
        return Judged(number - finality, str(known[0]), whole(known[1]) or 0)

    def audited(self) -> tuple[int, str]:
        """How many rows the audit has, and the hash of the last."""
        with self._reading() as connection:
            rows = connection.execute(select(raw(audit_head.c.number), raw(audit_head.c.hash))).all()
        number = whole(rows[0][0]) if len(rows) == 1 else None
        return (0, NO_HASH) if number is None else (number, str(rows[0][1]))

    def last(self, chain_id: int) -> StretchRow | None:
        """The stretch that was planned last."""
        here = anchor_stretches.c.chain_id == chain_id
        wanted = select(*_STRETCH).where(here).order_by(anchor_stretches.c.first.desc()).limit(1)
        return self._stretch(wanted)

    def at(self, chain_id: int, first: int) -> StretchRow | None:
        here = (anchor_stretches.c.chain_id == chain_id) & (anchor_stretches.c.first == first)
        return self._stretch(select(*_STRETCH).where(here))

    def ending(self, chain_id: int, last: int) -> StretchRow | None:
        here = (anchor_stretches.c.chain_id == chain_id) & (anchor_stretches.c.last == last)
        return self._stretch(select(*_STRETCH).where(here))

    def unsettled(self, chain_id: int) -> list[StretchRow]:
        """Those that are not known to be on the chain for good, oldest first."""
        here = (anchor_stretches.c.chain_id == chain_id) & (anchor_stretches.c.state != "settled")
        wanted = select(*_STRETCH).where(here).order_by(anchor_stretches.c.first)
        with self._reading() as connection:
            return [_sure(StretchRow, row) for row in connection.execute(wanted)]

    def candidates(self, chain_id: int, after: int, revision: int) -> list[str]:
        """Alerts that may be other now than at block `after`, when row `revision` was the last of the list:
        those that were revised in later blocks, and those that were filed since.
        """
        later = select(alerts.c.id).where(alerts.c.chain_id == chain_id, raw(alerts.c.updated_block) > after)
        since = select(revisions.c.alert_id).where(
            revisions.c.chain_id == chain_id, revisions.c.number > revision
        )
        with self._reading() as connection:
            return sorted({*connection.scalars(later), *connection.scalars(since)})

    def filed(self, chain_id: int, alert_ids: Sequence[str]) -> dict[str, list[Filed]]:
        """All revisions of some alerts, each alert's oldest first."""
        found: dict[str, list[Filed]] = {name: [] for name in alert_ids}
        columns = (revisions.c.number, revisions.c.alert_id, raw(revisions.c.record))
        with self._reading() as connection:
            for start in range(0, len(alert_ids), _AT_ONCE):
                some = revisions.c.alert_id.in_(alert_ids[start : start + _AT_ONCE])
                wanted = select(*columns).where(revisions.c.chain_id == chain_id, some)
                for number, name, record in connection.execute(wanted.order_by(revisions.c.number)):
                    found[name].append(Filed(int(number), name, str(record)))
        return found

    def anchored(self, chain_id: int, alert_ids: Sequence[str]) -> dict[str, LeafRow]:
        """What was last anchored, or planned, of some alerts."""
        found: dict[str, LeafRow] = {}
        with self._reading() as connection:
            for start in range(0, len(alert_ids), _AT_ONCE):
                some = anchor_leaves.c.alert_id.in_(alert_ids[start : start + _AT_ONCE])
                wanted = select(*_LEAF).where(anchor_leaves.c.chain_id == chain_id, some)
                for row in connection.execute(wanted.order_by(anchor_leaves.c.first)):
                    found[row[0]] = _sure(LeafRow, row)
        return found

    def last_leaf_revision(self, chain_id: int) -> int:
        """The newest row of revisions that a leaf was made of; 0 before the first. What was filed after it is
        looked at again, which changes nothing.
        """
        wanted = select(func.max(anchor_leaves.c.revision)).where(anchor_leaves.c.chain_id == chain_id)
        with self._reading() as connection:
            return whole(connection.scalar(wanted)) or 0

    def plan(self, row: StretchRow, leaves: Sequence[LeafRow]) -> None:
        """A stretch with its leaves, all or nothing; it is never planned anew."""
        with self._writing() as connection:
            connection.execute(insert(anchor_stretches), {n: getattr(row, n) for n in StretchRow.__slots__})
            values = [
                {"chain_id": row.chain_id, "first": row.first}
                | {name: getattr(leaf, name) for name in LeafRow.__slots__}
                | {"retracted": int(leaf.retracted)}
                for leaf in leaves
            ]
            for start in range(0, len(values), _AT_ONCE):
                connection.execute(insert(anchor_leaves), values[start : start + _AT_ONCE])

    def stands(self, chain_id: int, first: int, state: str, transaction: str, block: int | None) -> None:
        """Where a stretch stands on the other chain now."""
        here = (anchor_stretches.c.chain_id == chain_id) & (anchor_stretches.c.first == first)
        values: dict[str, Any] = {"state": state, "mined_block": block}
        if transaction:
            values["transaction"] = transaction
        changed = or_(
            anchor_stretches.c.state != state,
            anchor_stretches.c.transaction != transaction,
            anchor_stretches.c.mined_block.is_distinct_from(block),
        )
        with self._writing() as connection:
            connection.execute(update(anchor_stretches).where(here, changed).values(**values))

    def tell(self, told: Anchoring) -> None:
        with self._writing() as connection:
            connection.execute(delete(anchoring).where(anchoring.c.chain_id == told.chain_id))
            connection.execute(insert(anchoring), {name: getattr(told, name) for name in Anchoring.__slots__})

    def close(self) -> None:
        self._engine.dispose()

    def _stretch(self, wanted: Select[Any]) -> StretchRow | None:
        with self._reading() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else _sure(StretchRow, row)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._telling(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._telling(), self._engine.begin() as connection:
            yield connection


def _typed(kind: type[_Row], row: Sequence[Any]) -> _Row | None:
    """A row of the store; None where something else stands in one of its columns."""
    if misfit(kind, row) is not None:
        return None
    flags = (field.type == "bool" for field in fields(kind))
    values: list[Any] = [bool(value) if flag else value for flag, value in zip(flags, row, strict=True)]
    return kind(*values)


def _sure(kind: type[_Row], row: Sequence[Any]) -> _Row:
    """Raises BadInput for a row that cannot be gone by: what it says would be anchored, or proved."""
    found = _typed(kind, row)
    if found is None:
        told = ", ".join(map(quoted, row[:2]))
        raise BadInput(
            f"a row of what is anchored ({told}, …) cannot be read: the store was edited; restore it, or "
            "anchor from a new one with the same --contract"
        )
    return found


def stretches(reader: Reader, chain_id: int, most: int) -> list[StretchRow]:
    """The newest stretches of a chain that can be read, the last first."""
    wanted = select(*_STRETCH).where(anchor_stretches.c.chain_id == chain_id)
    rows = reader.ask(wanted.order_by(anchor_stretches.c.first.desc()).limit(most))
    return [found for row in rows if (found := _typed(StretchRow, row)) is not None]


def stretch_of(reader: Reader, chain_id: int, block: int) -> StretchRow | None:
    """The stretch that a block lies in."""
    here = (anchor_stretches.c.first <= block) & (anchor_stretches.c.last >= block)
    rows = reader.ask(select(*_STRETCH).where(anchor_stretches.c.chain_id == chain_id, here))
    return _sure(StretchRow, rows[0]) if rows else None


def last_stretch_with(reader: Reader, chain_id: int, alert_id: str) -> int | None:
    """The first block of the last stretch that says something of an alert."""
    here = (anchor_leaves.c.chain_id == chain_id) & (anchor_leaves.c.alert_id == alert_id)
    return whole(reader.ask(select(func.max(anchor_leaves.c.first)).where(here))[0][0])


def stretches_after(reader: Reader, chain_id: int, last: int) -> list[StretchRow]:
    """The stretches of a chain that begin above a block, oldest first."""
    here = (anchor_stretches.c.chain_id == chain_id) & (anchor_stretches.c.first > last)
    rows = reader.ask(select(*_STRETCH).where(here).order_by(anchor_stretches.c.first))
    return [_sure(StretchRow, row) for row in rows]


def leaves_of(reader: Reader, chain_id: int, first: int) -> list[LeafRow]:
    """The leaves of a stretch, in no order."""
    here = (anchor_leaves.c.chain_id == chain_id) & (anchor_leaves.c.first == first)
    return [_sure(LeafRow, row) for row in reader.ask(select(*_LEAF).where(here))]


def anchorings(reader: Reader) -> list[Anchoring]:
    """How it goes, of each chain that is anchored, where that can be read."""
    wanted = select(*[raw(anchoring.c[name]) for name in Anchoring.__slots__]).order_by(anchoring.c.chain_id)
    return [found for row in reader.ask(wanted) if (found := _typed(Anchoring, row)) is not None]


def stretch_counts(reader: Reader) -> dict[tuple[int, str], int]:
    """How many stretches of a chain stand where."""
    columns = (raw(anchor_stretches.c.chain_id), raw(anchor_stretches.c.state))
    rows = reader.ask(select(*columns, func.count()).group_by(*columns))
    return {
        (chain, state): int(count)
        for chain, state, count in rows
        if whole(chain) is not None and isinstance(state, str)
    }


def last_settled(reader: Reader) -> dict[int, int]:
    """The last block of each chain that is anchored for good."""
    settled = (anchor_stretches.c.state == "settled") & (raw(anchor_stretches.c.last) <= LARGEST)  # no text
    wanted = select(raw(anchor_stretches.c.chain_id), func.max(raw(anchor_stretches.c.last))).where(settled)
    rows = reader.ask(wanted.group_by(anchor_stretches.c.chain_id))
    return {chain: last for chain, last in rows if whole(chain) is not None and whole(last) is not None}
