"""Judges the proved rows of an alert again, by the parts and the detector that judge anywhere, and says which
of its columns follow from them.

Nothing is remembered: parts begin at the alert's first block and see its own transactions alone. So what
comes out the same follows from proved rows; what does not rests on what came before, or on other transactions
of its blocks, and is only stated. Where nobody signed, or rows are of calls, it is judged once more with what
the bundle states of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboard.outside.evidence.bundle import Block, Call, Evidence, Fact, Stated
from dashboard.outside.evidence.claims import Claim
from dashboard.outside.evidence.proofs import Checked
from dashboard.outside.evidence.rows import NOBODY, ProvedReceipt, frame, log_rows, sender, transaction_row
from dashboard.outside.evidence.steps import source_digest
from detectors import registry
from detectors.alerts.alert import Alert
from detectors.alerts.alert import Evidence as AlertRow
from detectors.alerts.caps import bounded
from detectors.base import Detector, Finding, Row, hexed
from detectors.engine.judge import scored
from detectors.engine.order import in_order
from detectors.engine.settings import EngineSettings
from detectors.engine.state import State, advance
from detectors.parts.ledger import native_coin
from ingest import schema
from ingest.blocks import times
from ingest.blocks.trie import keccak
from ingest.blocks.unpacked import header_of
from ingest.model.batch import Batch

ALONE = "judged again from the proved rows alone"
BESIDE = "judged again from the proved rows, and from what is stated beside them"
_COUNTED = ("evidence_rows", "roles")
"""What the engine counts in `measured` over all findings of an alert: begins with one of these."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is judged: proved receipts, their blocks by number, and what may be believed beside them."""

    proved: Sequence[ProvedReceipt]
    blocks: Mapping[int, Block]
    stated: Stated | None = None
    facts: Sequence[Fact] = ()


def compare(found: Checked, detectors: Sequence[Detector]) -> None:
    """Adds a claim for the columns of the alert that follow from proved rows, one for those that follow with
    what is stated, and one for those that do not. For a bundle of which nothing was refused; `detectors` are
    those that judge here, with their settings.
    """
    if found.bundle is None or found.alert is None:
        return
    evidence, alert, proved = found.bundle.evidence, found.alert, found.proved
    detector = next((each for each in detectors if each.name == alert.detector), None)
    columns, blocks = columns_of_alert(alert), {block.number: block for block in evidence.blocks}
    if detector is None:
        found.claims.append(Claim(_listed(columns), "stated", f"this undertow has no {alert.detector}"))
        return
    alone = _columns_said(detector, alert, Rows(proved, blocks)) if _all_proved(alert, proved) else {}
    beside = _columns_said(detector, alert, Rows(proved, blocks, evidence.stated, evidence.facts or ()))
    left = dict(columns)
    for said, standing, note in ((alone, "proved", ALONE), (beside, "stated", BESIDE)):
        same = {name: value for name, value in left.items() if name in said and said[name] == value}
        left = {name: value for name, value in left.items() if name not in same}
        _claim(found, same, standing, note + _other_source(evidence, detector))
    _claim(found, left, "stated", _why_not(detector))


def _claim(found: Checked, columns: Mapping[str, Any], standing: Any, note: str) -> None:
    if columns:
        found.claims.append(Claim(_listed(columns), standing, note))


def _listed(columns: Mapping[str, Any]) -> str:
    return f"of {', '.join(columns)}"


def _all_proved(alert: Alert, proved: Sequence[ProvedReceipt]) -> bool:
    """Whether each transaction of the alert's rows is under a proof that also says who signed it."""
    signed = {each.transaction for each in proved if each.envelope is not None and sender(each) is not None}
    return bool(proved) and {row.transaction for row in alert.evidence if row.kind != "block"} <= signed


def columns_of_alert(alert: Alert) -> dict[str, Any]:
    """What an alert says that a detector works out, by name."""
    measured = {f"measured {name}": value for name, value in alert.measured.items() if _is_own(name)}
    return {
        "category and subject": (alert.category, alert.subject_kind, alert.subject_id),
        "severity": alert.severity,
        "score": alert.score,
        "roles": sorted((role.address, role.role) for role in alert.roles),
        "rows": sorted(map(_place, alert.evidence)),
        "value_wei": alert.value_wei,
        "explanation": alert.explanation,
        **measured,
    }


def _is_own(name: str) -> bool:
    return not name.startswith(_COUNTED)


def _place(row: AlertRow) -> tuple[str, int, int, int]:
    places = (row.log_index, row.index_in_log, row.trace_index)
    first, second, third = (-1 if place is None else place for place in places)
    return row.transaction, first, second, third


def _columns_said(detector: Detector, alert: Alert, rows: Rows) -> dict[str, Any]:
    """The columns of the finding of these rows that is most like the alert, with roles and rows of all that
    are about the same; nothing where there is none, or where a part or the detector fails on them: a bundle
    may be made for that.
    """
    try:
        findings = list(_found(detector, alert, rows))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see above
        return {}
    about = [
        each for each in findings
        if (each.category, hexed(each.subject)) == (alert.category, alert.subject_id) and each.alerts
    ]  # fmt: skip
    if not about:
        return {}
    wanted = columns_of_alert(alert)
    speaks = max(map(_columns, about), key=lambda said: sum(said.get(n) == v for n, v in wanted.items()))
    roles = {(hexed(address), role) for each in about for address, role in each.roles}
    rows_of_all = {_row(row) for each in about for row in each.rows}
    return speaks | {"roles": sorted(roles), "rows": sorted(rows_of_all)}


def _row(row: Row) -> tuple[str, int, int, int]:
    in_log, trace = row.index_in_log if row.log_index >= 0 else -1, row.trace_index
    return hexed(row.transaction_hash), row.log_index, in_log, -1 if trace is None else trace


def _columns(finding: Finding) -> dict[str, Any]:
    measured = bounded(finding.measured, first=finding.thresholds)
    return {
        "category and subject": (finding.category, finding.subject_kind, hexed(finding.subject)),
        "severity": finding.severity,
        "score": finding.score,
        "value_wei": None if finding.value_wei is None else str(finding.value_wei),
        "explanation": finding.explanation,
        **{f"measured {name}": value for name, value in measured.items()},
    }


def _found(detector: Detector, alert: Alert, rows: Rows) -> Iterator[Finding]:
    settings, judges = EngineSettings(), (detector,)
    state = State.empty(judges)
    state.ledger.native = native_coin(alert.chain_id, None)
    state.ledger.wrapped_here = schema.wrapped_natives(alert.chain_id)
    try:
        for batch in _batches(alert.chain_id, rows):
            yield from scored(detector, advance(state, batch, judges, settings))
    finally:
        state.memory.close()


def _batches(chain_id: int, rows: Rows) -> Iterator[Batch]:
    """Each block with its proved transactions; the first one brings all facts."""
    for at, number in enumerate(sorted({each.block for each in rows.proved})):
        mine = sorted((e for e in rows.proved if e.block == number), key=lambda each: each.index)
        yield _batch(chain_id, number, mine, rows, rows.facts if not at else ())


def _batch(
    chain_id: int, number: int, mine: Sequence[ProvedReceipt], rows: Rows, facts: Sequence[Fact]
) -> Batch:
    stated, encoded = rows.stated, bytes.fromhex((rows.blocks[number].header or "0x")[2:])
    header = header_of(encoded)
    time = times.seconds(hex(header.time))
    place = {"chain_id": chain_id, "block_number": number, "timestamp": time}
    block = {**place, "block_hash": keccak(encoded), "parent_hash": header.parent, "proof": "header"}
    senders = {} if stated is None else stated.senders
    sent = [transaction_row(chain_id, e, _sender(e, senders)) | {"timestamp": time} for e in mine]
    named = {e.transaction: row for e, row in zip(mine, sent, strict=True)}
    calls = [] if stated is None else [c for c in stated.calls if c.transaction in named]
    return Batch(
        frame(schema.BLOCKS, [block]),
        frame(schema.TRANSACTIONS, sent),
        frame(schema.LOGS, [row for each in mine for row in log_rows(chain_id, each)]),
        traces=frame(schema.TRACES, [_traced(each, named[each.transaction]) for each in calls]),
        **{
            table.name: frame(
                table, [_told(table, fact, number) for fact in facts if fact.table == table.name]
            )
            for table in (schema.TOKEN_METADATA, schema.WRAPPED_NATIVES, schema.LISTS)
        },
    )


def _sender(each: ProvedReceipt, senders: Mapping[str, str]) -> bytes:
    told = senders.get(each.transaction)
    return sender(each) or (NOBODY if told is None else bytes.fromhex(told[2:]))


def _traced(call: Call, sent: Mapping[str, Any]) -> dict[str, Any]:
    shared = ("chain_id", "block_number", "timestamp", "transaction_index", "transaction_hash")
    return {name: sent[name] for name in shared} | {
        "trace_index": call.trace_index, "depth": call.depth, "call_type": call.call_type,
        "from_address": bytes.fromhex(call.from_address[2:]),
        "to_address": None if call.to_address is None else bytes.fromhex(call.to_address[2:]),
        "value": bytes.fromhex(call.value[2:]), "input": bytes.fromhex(call.input[2:]),
        "error": call.error, "undone": call.undone,
    }  # fmt: skip


def _told(table: schema.Table, fact: Fact, number: int) -> dict[str, Any]:
    """A fact as a lake has it; what was told of a list before is told with the first block."""
    plain = {
        name: bytes.fromhex(str(value)[2:]) if kind == pl.Binary and value is not None else value
        for name, kind in table.schema.items()
        if (value := fact.row.get(name)) is not None or name in fact.row
    }
    return plain | ({"block_number": number} if table is schema.LISTS else {})


def _why_not(detector: Detector) -> str:
    parts = in_order(registry.parts(), {f"detector {detector.name}": detector.reads})
    remembering = [part.name for part in parts if part.memory()]
    if not remembering:
        return "it rests on other transactions of these blocks, or on several of its findings"
    return f"it rests on what {', '.join(remembering)} remembered, or on other transactions of these blocks"


def _other_source(evidence: Evidence, detector: Detector) -> str:
    """A word where the detector here is not the one that made the alert."""
    said = {step.name: step.source_digest for step in evidence.steps if step.step == "detector"}
    same = said.get(detector.name) in (None, source_digest(detector))
    return "" if same else f"; {detector.name} here is of another source than in the bundle"
