"""Triggers by which a database itself refuses to change or remove what was written once.

Migrations make them by these functions too: what a trigger does changes under another name only.
"""

from __future__ import annotations

from sqlalchemy import Connection

_REFUSED = "rows of {table} are kept as they were written"


def keep_rows(connection: Connection, table: str) -> None:
    """Rows of `table`, whose key is `number`, can be added only."""
    if connection.dialect.name == "sqlite":
        _sqlite_refuses(connection, table, "UPDATE")
        _sqlite_refuses(connection, table, "DELETE")
        # INSERT OR REPLACE removes a row without asking the trigger of DELETE.
        taken = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number)"
        _sqlite_refuses(connection, table, "INSERT", taken)
    else:
        _postgresql_refuses(connection, table, "UPDATE OR DELETE OR TRUNCATE")


def keep_counting(connection: Connection, table: str) -> None:
    """The one row of `table` stays, and its `number` grows by one at a time."""
    if connection.dialect.name == "sqlite":
        _sqlite_refuses(connection, table, "DELETE")
        _sqlite_refuses(connection, table, "UPDATE", "WHEN NEW.number IS NOT OLD.number + 1")
        _sqlite_refuses(connection, table, "INSERT", f"WHEN EXISTS (SELECT 1 FROM {table})")
    else:
        _postgresql_refuses(connection, table, "DELETE OR TRUNCATE")
        _postgresql_counts(connection, table)


def _sqlite_refuses(connection: Connection, table: str, change: str, when: str = "") -> None:
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {when} "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED.format(table=table)}'); END"
    )


def _postgresql_refuses(connection: Connection, table: str, changes: str) -> None:
    """For each statement, so that TRUNCATE is among them."""
    _postgresql_function(connection, f"{table}_is_kept", _raising(table))
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_is_kept BEFORE {changes} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_kept()"
    )


def _postgresql_counts(connection: Connection, table: str) -> None:
    body = f"IF NEW.number <> OLD.number + 1 THEN {_raising(table)} END IF; RETURN NEW;"
    _postgresql_function(connection, f"{table}_counts", body)
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_counts BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_counts()"
    )


def _postgresql_function(connection: Connection, name: str, body: str) -> None:
    connection.exec_driver_sql(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    )


def _raising(table: str) -> str:
    return f"RAISE EXCEPTION '{_REFUSED.format(table=table)}';"
