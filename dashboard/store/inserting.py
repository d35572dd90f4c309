"""Many rows in one call of the driver.

SQLAlchemy works out the parameters of each row anew, which takes as long as SQLite takes to write it. Here a
statement is compiled once and the driver gets the values as they are: only columns of numbers, texts and
booleans can be written so, which is what this store has.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import postgresql, sqlite


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """All rows have the columns of the first."""
    if rows:
        _execute(connection, insert(table), rows)


def insert_if_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """But for those whose key the table has already."""
    flavour = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    if rows:
        _execute(connection, flavour(table).on_conflict_do_nothing(), rows)


def _execute(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = compiled.positiontup
    if not compiled.positional:
        connection.exec_driver_sql(str(compiled), list(rows))
    elif len(names) == 1:
        connection.exec_driver_sql(str(compiled), [(row[names[0]],) for row in rows])
    else:
        connection.exec_driver_sql(str(compiled), list(map(itemgetter(*names), rows)))
