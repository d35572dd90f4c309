"""Gathers from the store what a report of a case says: all that its page shows, with whole identifiers."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import wording
from dashboard.flow import flow
from dashboard.screens.report import told
from dashboard.screens.report.course import MOST, course
from dashboard.screens.report.document import Column, Document, Facts, Section, Table
from dashboard.store import AlertKey, AlertRow, AuditRow, Comment, Reader, in_order
from dashboard.store.revision_reading import revisions_of
from detectors.alerts.alert import Alert, Evidence
from ingest.model.errors import BadInput

MOST_EVIDENCE = 500
"""Rows of evidence: more would be pages that nobody reads, and the alert as JSON has them all."""
MOST_LINES = 500
LONGEST_COMMENT = 4_000


def case_report(reader: Reader, key: AlertKey, by: str, at: float) -> Document:
    """The report of an alert's case as it stands, made by somebody at a time. Raises BadInput where there is
    no such alert, and as the store does.
    """
    asked = reader.alert(key.chain_id, key.alert_id)
    if asked is None:
        raise BadInput(f"there is no alert {wording.cut(key.alert_id, 80)} on chain {key.chain_id}")
    alert, status = asked
    head = next((each for each in reader.heads() if each.chain_id == key.chain_id), None)
    known = revisions_of(reader, key.chain_id, key.alert_id, MOST)
    steps = tuple(course(alert, status, head, known))
    return Document(
        title=wording.title(alert.category),
        labels=(wording.cut(alert.severity, told.LABEL_LENGTH), wording.cut(status, told.LABEL_LENGTH)),
        sentence=told.why(alert),
        notices=told.notices(alert, status),
        sections=(
            Section("Alert", Facts(tuple(told.short_facts(alert)))),
            *_case(reader, key),
            Section("Measured against thresholds", Table(MEASURED, tuple(told.measured(alert)))),
            Section("Flow of money", flow(alert), "The transfers of the evidence, payer to payee."),
            Section("Roles", Table(ROLES, _roles(alert), "It names nobody.")),
            Section("Course", Table(COURSE, steps)),
            Section("Evidence", Table(EVIDENCE, _evidence(alert)), _left_out(alert)),
            Section("Identifiers", Table(IDENTIFIERS, tuple(told.long_facts(alert))), CHECK),
            Section("Related alerts", Table(RELATED, _related(reader.related(alert)))),
        ),
        made=f"Made {wording.utc(at)} UTC by {told.person(by)}, of the store as it stood then.",
    )


CHECK = (
    "Rows of evidence are rows of the chain: any node gives them by the hash of their transaction. The run "
    "digest names the settings and the code that judged them."
)
MEASURED = (
    Column("Measure", 4),
    Column("Measured", 4, "number"),
    Column("Is", 3),
    Column("Threshold", 4, "number"),
)
ROLES = (Column("Part", 2), Column("Address", 6, "mono"))
COURSE = (Column("What", 2), Column("Block", 2, "number"), Column("When (UTC)", 3), Column("Detail", 6))
EVIDENCE = (
    Column("Block, log", 9), Column("Amount", 14, "number"), Column("From, to, asset", 30, "mono"),
    Column("Transaction", 30, "mono"),
)  # fmt: skip
IDENTIFIERS = (Column("What", 2), Column("Identifier", 9, "mono"))
RELATED = (
    Column("Severity", 2), Column("Category", 3), Column("Time (UTC)", 3), Column("Why", 8),
    Column("Alert", 5, "mono"),
)  # fmt: skip
HISTORY = (Column("When (UTC)", 3), Column("Who", 3), Column("What", 9))


def _case(reader: Reader, key: AlertKey) -> tuple[Section, ...]:
    case, comments = reader.cases.case(key), reader.cases.comments(key)
    history = _history(reader.cases.history(key), comments)
    more = "" if len(history) <= MOST_LINES else f"The newest {MOST_LINES:,} of {len(history):,} lines."
    return (
        Section("Case", Facts(tuple(told.case_facts(case)))),
        Section("Who did and said what", Table(HISTORY, history[-MOST_LINES:], "Nobody yet."), more),
    )


def _history(rows: Sequence[AuditRow], comments: Sequence[Comment]) -> tuple[tuple[str, str, str], ...]:
    """In the order in which it happened. What a comment says is read where comments are kept."""
    lines = {row.number: (row.at, row.person, told.deed(row)) for row in rows if row.action != "comment"}
    said = {each.number: (each.at, each.person, f"“{_words(each.text)}”") for each in comments}
    both = lines | said
    return tuple(
        (wording.utc(at), told.person(who), words)
        for at, who, words in (both[number] for number in sorted(both, key=in_order))
    )


def _words(text: object) -> str:
    """Lines stay lines; what cannot be seen in them is written out."""
    return "\n".join(map(wording.text, str(text)[:LONGEST_COMMENT].splitlines()))


def _roles(alert: Alert) -> tuple[tuple[str, str], ...]:
    return tuple(
        (wording.cut(each.role, told.LABEL_LENGTH), wording.cut(each.address, told.LONGEST))
        for each in alert.roles
    )


def _left_out(alert: Alert) -> str:
    if len(alert.evidence) <= MOST_EVIDENCE:
        return "Rows of the chain that anyone can look up."
    return f"The first {MOST_EVIDENCE:,} of {len(alert.evidence):,} rows; the alert as JSON has all of them."


def _evidence(alert: Alert) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(map(_row, alert.evidence[:MOST_EVIDENCE]))


def _row(row: Evidence) -> tuple[str, str, str, str]:
    place = "native" if row.log_index is None else f"log {wording.number(row.log_index)}"
    decimals = 18 if row.token is None else row.decimals
    named = wording.symbol(row.symbol, row.token) if row.amount is not None else ""
    ends = (row.from_address, row.to_address, row.token)
    return (
        f"{wording.number(row.block_number)}\n{place}",
        f"{wording.amount(row.amount, decimals)}\n{named}".strip(),
        "\n".join(wording.cut(each, told.LONGEST) for each in ends if each is not None),
        wording.cut(row.transaction, told.LONGEST),
    )


def _related(rows: Sequence[AlertRow]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            wording.cut(row.severity, told.LABEL_LENGTH),
            wording.title(row.category),
            wording.utc(row.timestamp),
            wording.sentence(row.explanation, row.subject_kind, row.subject_id, 300),
            wording.cut(row.id, told.LONGEST),
        )
        for row in rows
    )
