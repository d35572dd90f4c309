"""A report as one page of HTML that asks nobody for anything: no script, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from dashboard.screens.report.as_svg import as_svg
from dashboard.screens.report.document import Column, Document, Facts, Section, Table

_STYLE = Path(__file__).parents[2] / "assets" / "report.css"
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>
{style}</style></head><body><main>
"""


def as_html(document: Document) -> str:
    title = escape(document.title)
    labels = "".join(f'<span class="label">{escape(each)}</span>' for each in document.labels)
    notices = "".join(f'<p class="notice">{escape(each)}</p>' for each in document.notices)
    return (
        _HEAD.format(title=title, style=_STYLE.read_text())
        + f"<header><h1>{title}</h1>{labels}</header><p>{escape(document.sentence)}</p>{notices}"
        + "".join(map(_section, document.sections))
        + f"{_soft(document.made)}</main></body></html>\n"
    )


def _section(section: Section) -> str:
    remark = _soft(section.remark) if section.remark else ""
    return f"<section><h2>{escape(section.title)}</h2>{remark}{_body(section)}</section>\n"


def _body(section: Section) -> str:
    body = section.body
    if isinstance(body, Table):
        return _table(body)
    if isinstance(body, Facts):
        cells = (f"<div><small>{escape(n)}</small><span>{escape(v)}</span></div>" for n, v in body.named)
        return f'<div class="facts">{"".join(cells)}</div>'
    return as_svg(body) if body.nodes else _soft("No transfer is among the evidence.")


def _soft(text: str) -> str:
    return f'<p class="soft">{escape(text)}</p>'


def _table(table: Table) -> str:
    if not table.rows:
        return _soft(table.empty)
    whole = sum(each.share for each in table.columns)
    heads = "".join(_head(each, 100 * each.share / whole) for each in table.columns)
    rows = "".join(f"<tr>{_cells(table.columns, row)}</tr>" for row in table.rows)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _head(column: Column, width: float) -> str:
    return f'<th scope="col" class="{column.kind}" style="width:{width:.1f}%">{escape(column.name)}</th>'


def _cells(columns: Iterable[Column], row: Iterable[str]) -> str:
    pairs = zip(columns, row, strict=True)
    return "".join(f'<td class="{column.kind}">{escape(text)}</td>' for column, text in pairs)
