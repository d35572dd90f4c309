"""Why a token is a risk, and who stands behind it: what alerts that stand say of it, and its scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dashboard import wording
from dashboard.screens import parts, tables
from dashboard.screens.report import told
from dashboard.screens.tables import Column
from dashboard.store import Reader, subjects
from detectors.alerts.alert import ACCUSED, Alert

REASONS = (
    Column("Category", "short"), Column("Status", "short"), Column("Measure"), Column("Measured", "number"),
    Column("Is", "short"), Column("Threshold", "number"),
)  # fmt: skip
PEOPLE = (Column("Address", "mono"), Column("Part", "short"), Column("In alerts of"))
WORDS = f"of the newest {subjects.RECORDS} alerts that name it; those that were taken back are left out"
NO_REASON = "No alert that stands is about this token."
NOBODY = "No alert that stands accuses anybody about this token."
HERE = (
    "Insiders are who a detector names as acting: who made the token, whom they gave of it or paid first, "
    "and who took. An alert says which of these it saw."
)
MOST = 100


def show(reader: Reader, revision: int, chain_id: int, address: str, ids: Sequence[str]) -> None:
    """Two tables and the token's newest score."""
    found: list[tuple[str, Alert]] = parts.answer(reader, revision, "subjects.records", chain_id, ids)
    about = [
        (status, alert) for status, alert in found if status != "retracted" and alert.subject_id == address
    ]
    scored: list[subjects.Score] = parts.answer(reader, revision, "subjects.scores_of", chain_id, address)
    parts.section("Score", "its newest, with what it came from")
    tables.scores("token_score", scored[-1:], "No block gave this token a score.")
    parts.section("Reasons", WORDS)
    tables.table("token_reasons", REASONS, reasons(about), NO_REASON)
    parts.section("Insiders and others who are accused")
    tables.table("token_people", PEOPLE, insiders(chain_id, (alert for _, alert in about)), NOBODY)
    parts.remark(HERE)


def reasons(about: Iterable[tuple[str, Alert]]) -> list[list[tables.Cell]]:
    """What was measured beside the thresholds that it passed, alert by alert."""
    return [
        [_category(alert), tables.cell(status), *map(tables.cell, measured)]
        for status, alert in about
        for measured in told.measured(alert)
        if measured[3]
    ]


def _category(alert: Alert) -> tables.Cell:
    return tables.lead("alert", wording.title(alert.category), alert.chain_id, alert.id)


def insiders(chain_id: int, about: Iterable[Alert]) -> list[list[tables.Cell]]:
    """Each who is accused in them, with the categories; who is named in the most of them first."""
    named: dict[tuple[str, str], list[str]] = {}
    for alert in about:
        for role in alert.roles:
            if role.role in ACCUSED and role.address != alert.subject_id:
                named.setdefault((role.address, role.role), []).append(wording.title(alert.category))
    first = sorted(named, key=lambda key: (-len(named[key]), key))[:MOST]
    return [_person(chain_id, key, named) for key in first]


def _person(
    chain_id: int, key: tuple[str, str], named: Mapping[tuple[str, str], Sequence[str]]
) -> list[tables.Cell]:
    words = ", ".join(sorted(set(named[key])))
    return [tables.wallet(chain_id, key[0]), tables.part(key[1]), tables.cell(words)]
