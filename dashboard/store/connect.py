"""Opens a store by its URL: SQLite in WAL mode or PostgreSQL, made on first use, refused if not ours."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from dashboard.store.anchors import Anchors
from dashboard.store.desk import Desk
from dashboard.store.guard_plans import GuardPlans
from dashboard.store.outbox import Outbox
from dashboard.store.reading import Reader
from dashboard.store.tables import SCHEMA_VERSION
from dashboard.store.turns import StoreTurns, Turn, held
from dashboard.store.versions import make_or_upgrade, version_of
from dashboard.store.writing import Writer
from ingest.machine.tools import home
from ingest.model.errors import BadInput, StoreUnreachable
from ingest.model.redact import redact

CACHE_KIB = 65_536
"""Of SQLite, for who writes: in a store of 100,000 alerts every insert would read pages of indexes anew."""
BUSY_SECONDS = 10
"""How long a writer of SQLite waits for another before it gives up."""
CONNECT_SECONDS = 5
IDLE_MS = 10_000
"""Of PostgreSQL: a process that was stopped within a transaction holds others up for no longer."""
Command = Literal["notify", "anchor", "guard"]
_LOCKS: dict[Command, int] = {"notify": 0x6E6F74696679, "anchor": 0x616E63686F72, "guard": 0x6775617264}
"""Of PostgreSQL, which one process of the command holds: its name in ASCII."""


def own_store() -> str:
    """The store that serves where none is named; its folder is made."""
    home().mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{home() / 'store.db'}"


def open_writer(url: str, turn: Turn | None = None) -> Writer:
    """The store at `url` for the sink; its tables are made where the database is empty, and brought up to
    date where they are older. With a `turn` nothing is written once that is over.

    Raises StoreUnreachable, and BadInput for a URL or a database that cannot be a store.
    """
    return Writer(_writing(url, turn), lambda: told_plainly(url))


def open_turns(url: str, work: str) -> StoreTurns:
    """Who does `work` on the store at `url`. Raises as `open_writer`."""
    return StoreTurns(_writing(url), reading(url)[0], lambda: told_plainly(url), work)


def open_desk(url: str) -> Desk:
    """The store at `url` for what people do. Raises as `open_writer`."""
    return Desk(_writing(url), lambda: told_plainly(url))


@contextmanager
def open_outbox(url: str, turn: Turn | None = None) -> Iterator[Outbox]:
    """The store at `url` for who tells people. Raises as `open_writer`; without a `turn` also BadInput where
    somebody else does so already: two would tell everything twice.
    """
    outbox = Outbox(_writing(url, turn), reading(url)[0], lambda: told_plainly(url))
    with closing(outbox), alone(url, "notify") if turn is None else nullcontext():
        yield outbox


@contextmanager
def open_anchors(url: str, chain_id: int | None = None, turn: Turn | None = None) -> Iterator[Anchors]:
    """The store at `url` for who anchors a chain of it. Raises as `open_writer`; without a `turn` also
    BadInput where somebody else does so already.
    """
    anchors = Anchors(_writing(url, turn), lambda: told_plainly(url))
    with closing(anchors), alone(url, "anchor", chain_id) if turn is None else nullcontext():
        yield anchors


@contextmanager
def open_guard(url: str, chain_id: int | None = None) -> Iterator[GuardPlans]:
    """The store at `url` for who guards vaults of a chain. Raises as `open_writer`, and BadInput where
    somebody else does so already.
    """
    plans = GuardPlans(_writing(url), lambda: told_plainly(url))
    with closing(plans), alone(url, "guard", chain_id):
        yield plans


@contextmanager
def alone(url: str, command: Command, chain_id: int | None = None) -> Iterator[None]:
    """A lock that ends with its process, however that ends; where a chain is named, on that chain alone.
    Raises BadInput where another process has it.
    """
    about = "" if chain_id is None else f" on chain {chain_id}"
    parsed = _parsed(url)
    taken = BadInput(f"another `undertow {command}` works with {redact(url)}{about}: end one")
    if parsed.drivername == "sqlite":
        of_chain = "" if chain_id is None else f"-{chain_id}"
        with Path(f"{parsed.database}.{command}{of_chain}").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise taken from None
            yield
        return
    engine = _engine(parsed, read_only=True)
    with told_plainly(url), closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT pg_try_advisory_lock({_of_chain(_LOCKS[command], chain_id)})")
        if not cursor.fetchall()[0][0]:
            raise taken
        connection.commit()
        yield
    engine.dispose()


def _of_chain(lock: int, chain_id: int | None) -> int:
    """A number of PostgreSQL's 64 bits with a sign that no other command and no other chain has."""
    if chain_id is None:
        return lock
    digest = hashlib.sha256(f"{lock}:{chain_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def bring_up_to_date(url: str) -> None:
    """A store that is older; one of today need not be writable. Raises as `open_writer`."""
    engine, version = reading(url)
    engine.dispose()
    if version < SCHEMA_VERSION:
        _writing(url).dispose()


def open_reader(url: str) -> Reader:
    """The store at `url` for people: nothing can be written through it. One of an older version is read as it
    stands. Raises as `open_writer`.
    """
    return Reader(reading(url)[0], lambda: told_plainly(url))


def reading(url: str) -> tuple[Engine, int]:
    """The store to read from, and its version."""
    parsed = _parsed(url)
    _refuse_missing_file(parsed)
    engine = _engine(parsed, read_only=True)
    with told_plainly(url), engine.connect() as connection:
        return engine, version_of(connection, url)


def _writing(url: str, turn: Turn | None = None) -> Engine:
    engine = database(url)
    with told_plainly(url), engine.begin() as connection:
        make_or_upgrade(connection, url)
    return engine if turn is None else held(engine, turn)


def database(url: str) -> Engine:
    """A database to write to, whatever it holds. Raises BadInput for a URL that names none."""
    return _engine(_parsed(url), read_only=False)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadInput("the store is not a URL: write sqlite:///FILE or postgresql://HOST/DATABASE") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise BadInput(
            f"no store of kind {parsed.drivername}: write sqlite:///FILE or postgresql://HOST/DATABASE"
        )
    if parsed.drivername == "sqlite" and not parsed.database:
        raise BadInput("the store names no file: write sqlite:///FILE")
    return parsed


def _refuse_missing_file(url: URL) -> None:
    if url.drivername == "sqlite" and not Path(str(url.database)).is_file():
        raise BadInput(f"there is no store at {url.database}: run `undertow sink` first, or check the path")


def _engine(url: URL, read_only: bool) -> Engine:
    if url.drivername == "sqlite":
        return _sqlite(url, read_only)
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
    read, write = "default_transaction_read_only=on", f"idle_in_transaction_session_timeout={IDLE_MS}"
    arguments["options"] = f"-c {read if read_only else write}"
    return create_engine(url, connect_args=arguments, pool_pre_ping=True)


def _sqlite(url: URL, read_only: bool) -> Engine:
    path = Path(str(url.database)).absolute()
    mode = "ro" if read_only else "rwc"
    location = url.set(database=f"file:{path.as_posix()}").update_query_dict({"mode": mode, "uri": "true"})
    engine = create_engine(location, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _read_any_text)
    if not read_only:
        event.listen(engine, "connect", _write_ahead)
        event.listen(engine, "begin", _begin)
    return engine


def _read_any_text(connection: Any, _record: object) -> None:
    """SQLite keeps bytes that are no UTF-8 as text too: one such value would make its table unreadable."""
    connection.text_factory = lambda raw: raw.decode(errors="backslashreplace")


def _write_ahead(connection: Any, _record: object) -> None:
    """WAL lets people read while the sink writes; NORMAL may lose the last commit with the power only.

    Python's sqlite3 would begin no transaction before a CREATE TABLE: a kill among several left half a store.
    """
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def told_plainly(url: str) -> Iterator[None]:
    """Turns what a database says into one line of ours."""
    try:
        yield
    except NoSuchModuleError as error:
        raise BadInput(f"no driver for the store {redact(url)}: {error}") from error
    except OperationalError as error:
        raise StoreUnreachable(f"the store {redact(url)} cannot be used: {_first_line(error)}") from error
    except DBAPIError as error:
        raise BadInput(f"{redact(url)} is no store of undertow: {_first_line(error)}") from error


MENDS = {
    "disk is full": "make room on its disk; what was not written is written then",
    "no space left": "make room on the disk of the database; what was not written is written then",
    "disk i/o error": "look whether its disk is full or broken",
    "readonly database": "give this account the right to write it and its folder, or take another --store",
    "read-only transaction": "the database takes no writing now: look whether it is a stand-by, or full",
    "unable to open database file": "look whether its folder is there, and may be read and written",
    "is locked": "another program holds it: it is tried again",
}
"""What a database says -> what to do."""


def _first_line(error: DBAPIError) -> str:
    said = next(iter(str(error.orig).splitlines()), type(error.orig).__name__)
    mend = next((mend for words, mend in MENDS.items() if words in said.lower()), None)
    return said if mend is None else f"{said}: {mend}"
