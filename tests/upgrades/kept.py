"""What earlier versions wrote, as it lies in `files`: each was written by the code of that version."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

FILES = Path(__file__).parent / "files"


def unpacked(name: str) -> str:
    return gzip.decompress((FILES / name).read_bytes()).decode()


def lines(name: str) -> list[Any]:
    return [json.loads(line) for line in unpacked(name).splitlines()]


def store_in_sqlite(version: int, folder: Path) -> str:
    """Its URL."""
    with closing(sqlite3.connect(folder / "kept.db")) as connection:
        connection.executescript(unpacked(f"stores/sqlite-{version}.sql.gz"))
    return f"sqlite:///{folder}/kept.db"


def store_in_postgresql(version: int, url: str) -> str:
    """`url` is of an empty database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(unpacked(f"stores/postgresql-{version}.sql.gz").encode())
    return url


def as_before(now: object, before: object) -> object:
    """`now` without keys that have come since."""
    if isinstance(now, Mapping) and isinstance(before, Mapping):
        return {name: as_before(now[name], before[name]) for name in before}
    if isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        return [as_before(one, other) for one, other in zip(now, before, strict=True)]
    return now
