"""Which version a store is of: it is made where the database is empty, brought up to date where it is older,
and refused where it is later, or no store of ours.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select

from dashboard.store.append_only import keep_counting, keep_rows
from dashboard.store.case_tables import APPEND_ONLY, NO_HASH, audit_head
from dashboard.store.heads import raw
from dashboard.store.outward_tables import ONE_ROW
from dashboard.store.tables import SCHEMA_VERSION, metadata, migrated, store_version
from dashboard.store.values import quoted, whole
from ingest.model.errors import BadInput
from ingest.model.redact import redact

_STEPS = Path(__file__).parent / "migrations"
_LOCK = 0x756E646572746F77
"""Of PostgreSQL, by which two programs that open one store wait for each other: "undertow" in ASCII."""


def make_or_upgrade(connection: Connection, url: str) -> None:
    """In one transaction: whenever this is killed, a store is of one version or of the other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    if not inspect(connection).get_table_names():
        _make(connection)
    elif version_of(connection, url) < SCHEMA_VERSION:
        _upgrade(connection, url)


def version_of(connection: Connection, url: str) -> int:
    """Raises BadInput where it is no store of ours, or of a version that this undertow does not know."""
    if not inspect(connection).has_table(store_version.name):
        raise BadInput(f"{redact(url)} is a database but not a store of undertow: name another one")
    versions = list(connection.scalars(select(raw(store_version.c.version))))
    version = whole(versions[0], 1) if len(versions) == 1 else None
    if version is None:
        told = quoted(versions[0]) if versions else "none"
        raise BadInput(f"the store {redact(url)} is of version {told}: fill a new store with `undertow sink`")
    if version > SCHEMA_VERSION:
        raise BadInput(
            f"the store {redact(url)} is of version {version}, this undertow knows them up to "
            f"{SCHEMA_VERSION}: update undertow"
        )
    return version


def _make(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(insert(store_version).values(version=SCHEMA_VERSION))
    connection.execute(insert(migrated).values(version_num=_revision(SCHEMA_VERSION)))
    connection.execute(insert(audit_head).values(one=1, number=0, hash=NO_HASH))
    for one, row in ONE_ROW.items():
        connection.execute(insert(one).values(one=1, **row))
    for table in APPEND_ONLY:
        keep_rows(connection, table)
    keep_counting(connection, audit_head.name)


def _upgrade(connection: Connection, url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    steps = Config()
    steps.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    steps.attributes["connection"] = connection
    try:
        if not inspect(connection).has_table(migrated.name):
            command.stamp(steps, _revision(1))
        command.upgrade(steps, "head")
    except CommandError as error:
        raise BadInput(f"the store {redact(url)} cannot be brought up to date: {error}") from error


def _revision(version: int) -> str:
    return f"{version:04d}"
