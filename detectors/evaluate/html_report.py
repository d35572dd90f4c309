"""The report as one page for a browser: no script, nothing asked of any other place, light and dark.

Everything that comes from labels or from the chain is escaped at one door (`told`), and the page forbids
scripts and requests of its own accord, should a door have been left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from detectors.alerts.text import visible
from detectors.evaluate import pictures, text_table
from detectors.evaluate.measures import Figure, Row
from detectors.evaluate.report import Report, role_errors

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_HEAD = (
    "category", "attacks", "found", "precision", "recall", "F1", "false alarms", "hard negatives flagged",
    "lead", "latency",
)  # fmt: skip


def told(text: object) -> str:
    """Anything as text of a page: nothing hidden in it, nothing of it read as a tag."""
    return escape(visible(str(text)), quote=True)


def page(report: Report) -> str:
    """The whole page as HTML."""
    style = (files("detectors.evaluate") / "page.css").read_text(encoding="utf-8")
    labels = report.verdict.labels
    parts = [
        f"<header><h1>What detection is worth</h1><p>{_played(report)}, {len(labels.labels)} labels; "
        f"what has no label is {told(labels.unlabelled)}.</p></header>",
        _tiles(report),
        _table(report),
        _overall_pictures(report),
        _cards(report),
        _words(report),
        _lists(report),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>What detection is worth</title><style>{style}</style></head>\n"
        f"<body><main>{''.join(parts)}</main></body></html>"
    )


def _played(report: Report) -> str:
    chains = sorted({each.chain_id for each in report.worlds})
    on = f"{'Chain' if len(chains) == 1 else 'Chains'} {', '.join(map(str, chains))}"
    return f"{on}, {told(text_table.worlds_told(report))}"


def _tiles(report: Report) -> str:
    row, verdict = report.overall.row, report.verdict
    rate = report.overall.per_10k
    few = "" if row.enough or not row.attacks else "not enough attacks"
    tiles = [
        ("F1 overall", "–" if few else _value(row.f1), few or _between(row.f1), ""),
        ("attacks found", f"{row.found} of {row.attacks}", few or _between(row.recall), ""),
        ("precision", "–" if few else _value(row.precision), few or _between(row.precision), ""),
        ("alerts per 10,000 honest transactions", "–" if rate is None else f"{rate:.2f}", "", ""),
        ("victims called an attacker", str(len(verdict.victims_named_attacker)), "must be 0", "must"),
        ("duplicates", str(len(verdict.duplicates)), "must be 0", "must"),
    ]
    return f'<section class="tiles">{"".join(_tile(*each) for each in tiles)}</section>'


def _tile(name: str, value: str, beside: str, kind: str) -> str:
    wrong = " wrong" if kind == "must" and value != "0" else ""
    return (
        f'<div class="tile{wrong}"><b>{told(value)}</b><span>{name}</span><small>{told(beside)}</small></div>'
    )


def _value(figure: Figure | None) -> str:
    return "–" if figure is None else f"{figure.value:.2f}"


def _between(figure: Figure | None) -> str:
    return "" if figure is None else f"95 %: {figure.low:.2f} to {figure.high:.2f}"


def _table(report: Report) -> str:
    shown = text_table.shown_rows(report)
    lines = [_line(each, told(each.name), "", report.statuses[each.name]) for each in shown]
    lines += [_line(each, told(each.name), "all") for each in text_table.summing_rows(report)]
    lines += [_line(each.row, f"baseline: {told(each.row.name)}", "naive") for each in report.baselines]
    heads = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f'<section class="wide">{table}</section>'


def _line(row: Row, name: str, kind: str, status: str = "") -> str:
    few = "not enough" if row.attacks and not row.enough else ""
    said = status if status in ("not built", "no labels") else few
    figures = (
        f'<td colspan="3" class="said">{said}</td>'
        if said
        else "".join(f"<td>{_bar(each)}</td>" for each in (row.precision, row.recall, row.f1))
    )
    negatives = f"{row.hard_negatives_flagged} of {row.hard_negatives}" if row.hard_negatives else "–"
    cells = [str(row.attacks), str(row.found)]
    after = [str(row.false_alarms), negatives, text_table.lead(row), text_table.blocks(row.latency)]
    return f'<tr class="{kind}"><th scope="row">{name}</th>{_cells(cells)}{figures}{_cells(after)}</tr>'


def _cells(values: Iterable[str]) -> str:
    return "".join(f"<td>{told(value)}</td>" for value in values)


def _bar(figure: Figure | None) -> str:
    """A figure as a number, over its interval on a line from 0 to 1."""
    if figure is None:
        return "–"
    low, high, value = (round(100 * each, 1) for each in (figure.low, figure.high, figure.value))
    return (
        f'<span title="{told(_between(figure))}">{figure.value:.2f}</span>'
        f'<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" y="2.5" width="100" height="1"/>'
        f'<rect class="range" x="{low}" y="1" width="{round(high - low, 1)}" height="4"/>'
        f'<rect class="point" x="{min(value, 98.5)}" width="1.5" height="6"/></svg>'
    )


def _words(report: Report) -> str:
    lines = "".join(f"<li>{told(line)}</li>" for line in text_table.words(report))
    return f"<section><h2>In words</h2><ul>{lines}</ul></section>"


def _overall_pictures(report: Report) -> str:
    drawn = [
        _figure(
            pictures.lead_times(report.overall.row.lead_blocks),
            "Lead time: green attacks were found before they did harm. Attacks without harm are not in it.",
        )
    ]
    series = {"alerts": report.by_alert}
    if report.by_subject is not None:
        series["all that was scored"] = report.by_subject
    drawn.append(
        _figure(
            pictures.calibration(series),
            "Calibration: of what is scored 0.8, eight in ten should be right. Numbers are counts.",
        )
    )
    return f'<section><h2>All categories</h2><div class="cards">{"".join(drawn)}</div></section>'


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def _cards(report: Report) -> str:
    cards = "".join(_card(each) for each in report.rows if each.attacks and (each.alerts or each.yielded))
    if not cards:
        return ""
    return (
        "<section><h2>By category</h2><p>Left: precision over recall as the least score falls from 1; the "
        "dot is where all alerts are. Right: recall of each variant, with its interval: a short bar is an "
        f'evasion that works.</p><div class="cards">{cards}</div></section>'
    )


def _card(row: Row) -> str:
    curve = pictures.precision_recall(row.curve) if row.curve else "<p>No precision is known.</p>"
    found = f"{row.found} of {row.attacks} found, F1 {_value(row.f1)}" if row.enough else "not enough attacks"
    return (
        f'<article class="card"><h3>{told(row.name)}</h3><p>{found}</p>'
        f'<div class="pair">{curve}{pictures.variants(row.variants)}</div></article>'
    )


def _lists(report: Report) -> str:
    verdict = report.verdict
    near = report.nearest or {}
    missed = [_missed(label.id, near.get(label.id)) for label in verdict.missed]
    flagged = [label.id for label in verdict.flagged_hard_negatives]
    errors = [f"{number} x {said}" for said, number in role_errors(verdict).items()]
    lists = [("Missed attacks", missed), ("Hard negatives flagged", flagged), ("Role errors", errors)]
    return "".join(_list(name, items) for name, items in lists if items)


def _missed(name: str, nearest: float | None) -> str:
    return name if nearest is None else f"{name} (highest score {nearest:.2f})"


def _list(name: str, items: Sequence[str]) -> str:
    listed = "".join(f"<li>{told(item)}</li>" for item in items)
    return f"<section><details><summary>{name}: {len(items)}</summary><ul>{listed}</ul></details></section>"
