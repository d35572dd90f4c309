"""Whether a database writes down what it is asked: an address that is asked about in private would stand in
its log.
"""

from __future__ import annotations

from sqlalchemy import String, column, select, table

from dashboard.store.reading import Reader

_OFF = {
    "log_statement": ("none", "ddl", "mod"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "auto_explain.log_min_duration": ("-1",),
    "pgaudit.log": ("none", "write", "ddl", "role", "misc"),
}
"""Settings of PostgreSQL, and the values with which no statement that only reads is written down."""


def logged(reader: Reader) -> list[str]:
    """The settings by which a store may write down what it is asked, as `name = value`; none for SQLite,
    which writes nothing. Raises StoreUnreachable.
    """
    if reader.database != "postgresql":
        return []
    settings = table("pg_settings", column("name", String), column("setting", String))
    wanted = select(settings.c.name, settings.c.setting).where(settings.c.name.in_(_OFF))
    return sorted(f"{each} = {value}" for each, value in reader.ask(wanted) if value not in _OFF[each])


def written_down(reader: Reader) -> str:
    """Why an address that the store is asked about would not stay private, and what to do; empty where it
    would. Raises StoreUnreachable.
    """
    settings = ", ".join(logged(reader))
    if not settings:
        return ""
    return (
        f"the database may write down what it is asked ({settings}), and the address with it: set these so "
        "that it does not"
    )
