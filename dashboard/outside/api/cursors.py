"""The cursor of a page: a place in the list of alerts, which no reorganisation moves."""

from __future__ import annotations

import re

from dashboard.outside.api.gate import Refused

_CURSOR = re.compile(r"a([0-9]{1,19})")


def cursor_at(place: int) -> str:
    return f"a{place}"


def place_of(cursor: str | None) -> int | None:
    """Raises Refused for what no page named as its next."""
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None or int(found[1]) >= 2**63:
        raise Refused(400, "that is no cursor: take the one that a page names as `next`")
    return int(found[1])
