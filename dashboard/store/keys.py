"""Rows named by chain and id, found by the primary key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_


def among(chain: Any, name: Any, keys: Iterable[tuple[int, str]]) -> ColumnElement[bool]:
    """Whether two columns are one of `keys`. Chain by chain: `(chain, name) IN (list)` would make SQLite read
    the whole table, as it has no index for a list of pairs.
    """
    by_chain: dict[int, list[str]] = {}
    for chain_id, each in keys:
        by_chain.setdefault(chain_id, []).append(each)
    parts = [and_(chain == chain_id, name.in_(names)) for chain_id, names in by_chain.items()]
    return or_(*parts) if parts else false()
