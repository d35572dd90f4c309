"""What a report says, whichever file it becomes: plain text in tables and lines, and the flow of money.

Every text is made visible where it enters (`dashboard.wording`), and no writer reads any of it as markup.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.flow import Flow

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`share` of the width beside its neighbours; `kind` is `mono`, `number` or nothing. Lines of a cell are
    kept.
    """

    name: str
    share: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: Rows
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their short values, side by side."""

    named: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    body: Table | Facts | Flow
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`sentence` says what happened; `notices` what must not be overlooked; `made` who wrote it and when."""

    title: str
    labels: tuple[str, ...]
    sentence: str
    notices: tuple[str, ...]
    sections: tuple[Section, ...]
    made: str
