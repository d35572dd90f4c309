"""A store becomes one of another kind of database: every row of every table, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import Connection, Table, func, insert, inspect, select

from dashboard.store.append_only import keep_counting, keep_rows
from dashboard.store.case_tables import APPEND_ONLY, audit_head
from dashboard.store.connect import database, open_reader, reading, told_plainly
from dashboard.store.tables import SCHEMA_VERSION, metadata
from ingest.model.errors import BadInput
from ingest.model.redact import redact

AT_ONCE = 1_000


def move(source: str, target: str) -> dict[str, int]:
    """Copies a store as it stands now into an empty database, in one transaction of that, and reads the audit
    there; how many rows each table has. The source is left as it is.

    Raises StoreUnreachable, BadInput where the source is older or the target not empty, AuditBroken.
    """
    here, version = reading(source)
    if version < SCHEMA_VERSION:
        raise BadInput(
            f"the store {redact(source)} is of version {version}: `undertow sink` brings it up to date"
        )
    there = database(target)
    with told_plainly(target), there.begin() as writing:
        if inspect(writing).get_table_names():
            raise BadInput(f"{redact(target)} is not empty: name a database without tables")
        metadata.create_all(writing)
        with told_plainly(source), here.connect() as snapshot:
            _hold(snapshot)
            counts = {table.name: _copy(snapshot, writing, table, target) for table in metadata.sorted_tables}
        for table in APPEND_ONLY:
            keep_rows(writing, table)
        keep_counting(writing, audit_head.name)
    here.dispose()
    there.dispose()
    with closing(open_reader(target)) as reader:
        reader.cases.checked()
    return counts


def _hold(connection: Connection) -> None:
    """All that follows is read as it stands at one moment."""
    begin = {"sqlite": "BEGIN", "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"}
    connection.exec_driver_sql(begin[connection.dialect.name])


def _copy(source: Connection, target: Connection, table: Table, url: str) -> int:
    for rows in _chunks(source, table):
        with told_plainly(url):
            target.execute(insert(table), rows)
    return int(target.scalar(select(func.count()).select_from(table)) or 0)


def _chunks(source: Connection, table: Table) -> Iterator[list[dict[str, object]]]:
    result = source.execution_options(yield_per=AT_ONCE).execute(select(table))
    for rows in result.mappings().partitions():
        yield [dict(row) for row in rows]
