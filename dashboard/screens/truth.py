"""How well this build finds what it promises: the evaluation that `--evaluation FILE` names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import wording
from dashboard.filing.evaluation import Category, Evaluation, Figure, read_evaluation
from dashboard.screens import charts, parts, tables
from dashboard.screens.tables import Column
from ingest.model.errors import UndertowError

NOT_NAMED = (
    "No evaluation is named. `make evaluate` plays labelled worlds and judges them (or `undertow evaluate "
    "--json FILE` judges books of alerts): start `undertow dashboard --evaluation FILE` with what it wrote."
)
STATUSES = {
    "measured": "measured",
    "not enough": "too few labels to mean much",
    "not built": "no detector is built",
    "no labels": "no attack was labelled",
}
MOST_CURVES = 8


def show() -> None:
    """Draws the screen, or says how to name an evaluation."""
    parts.heading("Truth", "detectors held against labelled worlds")
    named = os.environ.get(parts.EVALUATION_SETTING, "")
    if not named:
        parts.notice(NOT_NAMED)
        return
    try:
        told = _read(named, Path(named).stat().st_mtime_ns if Path(named).exists() else 0)
        _draw(told)
    except UndertowError as error:
        parts.tell(error)


@st.cache_data(max_entries=4, show_spinner=False)
def _read(path: str, changed: int) -> Evaluation:
    return read_evaluation(Path(path))


def _draw(told: Evaluation) -> None:
    worlds = ", ".join(wording.cut(each.get("name"), 40) for each in told.worlds[:6]) or "not told"
    parts.facts(
        [
            ("Run at (UTC)", wording.utc(told.changed)),
            ("On these worlds", worlds),
            ("Transactions", "not told" if told.transactions is None else f"{told.transactions:,}"),
            ("Honest ones", "not told" if told.honest is None else f"{told.honest:,}"),
            ("False alerts per 10,000 honest", "not told" if told.per_10k is None else f"{told.per_10k:g}"),
            ("Mean F1 over categories", "not told" if told.macro_f1 is None else f"{told.macro_f1:.2f}"),
        ]
    )
    measured = [each for each in told.categories if each.status != "not built"]
    absent = [each for each in told.categories if each.status == "not built"]
    parts.section("By category", "each figure with its 95 % interval")
    _table("categories", [*measured, told.overall])
    parts.section("Naive baselines", "what anybody would try first, judged on the same worlds")
    _table("baselines", told.baselines)
    _curves(measured)
    if absent:
        names = ", ".join(wording.title(each.name) for each in absent)
        parts.section("Without a detector")
        parts.remark(names)


COLUMNS = (
    Column("Category"), Column("Attacks", "number"), Column("Found", "number"), Column("Recall", "number"),
    Column("Precision", "number"), Column("F1", "number"), Column("Blocks before harm", "number"),
    Column("Blocks after sign", "number"), Column("Says"),
)  # fmt: skip


def _table(key: str, found: Sequence[Category]) -> None:
    rows = [
        [
            tables.cell(wording.title(each.name)),
            tables.number(each.attacks),
            tables.number(each.found),
            figure(each.recall),
            figure(each.precision),
            figure(each.f1),
            tables.cell("" if each.lead_blocks is None else f"{each.lead_blocks:g}"),
            tables.cell("" if each.latency_blocks is None else f"{each.latency_blocks:g}"),
            tables.cell(STATUSES.get(each.status, each.status)),
        ]
        for each in found
    ]
    tables.table(key, COLUMNS, rows, "None was judged.")


def figure(told: Figure) -> tables.Cell:
    """`0.38 (0.24–0.53)`."""
    if told.value is None:
        return tables.cell("–")
    interval = "" if told.low is None or told.high is None else f" ({told.low:.2f}–{told.high:.2f})"
    return tables.cell(f"{told.value:.2f}{interval}")


def _curves(measured: Sequence[Category]) -> None:
    drawn = {wording.title(each.name): each.curve for each in measured if len(each.curve) > 1}
    if not drawn:
        return
    parts.section("Precision over recall", "each point is a threshold of the score")
    charts.curve("curves", dict(list(drawn.items())[:MOST_CURVES]), "precision over recall by category")
