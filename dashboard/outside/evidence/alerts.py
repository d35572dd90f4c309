"""Where an alert is taken from: a store, which has all of its revisions, or a book, which has the last."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dashboard.filing.export import JUDGED_ANEW
from dashboard.outside.evidence.anchors import anchored_of
from dashboard.outside.evidence.bundle import Anchored, Filed, Revision
from dashboard.store import Reader, open_reader, quoted, whole
from dashboard.store.revision_reading import MOST, revisions_of
from detectors.alerts.alert import Alert, status_at
from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Taken:
    """An alert as it is in the book, what a store filed of it, and what is anchored of it; None where a book
    is all there is, or nothing of it is.
    """

    alert: Alert
    filed: Filed | None
    anchored: Anchored | None = None

    @property
    def plain(self) -> dict[str, Any]:
        return self.alert.to_dict()


def from_store(url: str, alert_id: str, chain_id: int | None) -> Taken:
    """Raises BadInput where the store does not have it, has it of several chains, or is being judged anew."""
    with closing(open_reader(url)) as reader:
        chains = [chain for chain in reader.chains() if chain_id in (None, chain)]
        having = [chain for chain in chains if revisions_of(reader, chain, alert_id, most=1)]
        if len(having) != 1:
            raise BadInput(_not_one(alert_id, having, "the store"))
        return _filed(reader, having[0], alert_id)


def _filed(reader: Reader, chain_id: int, alert_id: str) -> Taken:
    if chain_id in reader.rebuilding():
        raise BadInput(f"chain {chain_id} {JUDGED_ANEW}")
    head = next((each for each in reader.heads() if each.chain_id == chain_id), None)
    if head is None or whole(head.block_number) is None:
        raise BadInput(f"the store has no head of chain {chain_id}: let `undertow sink` file one more block")
    found = revisions_of(reader, chain_id, alert_id, most=MOST + 1)
    kept = found[-MOST:]
    records = [json.loads(each.record) for each in kept]
    alert = Alert.from_dict(records[-1])
    standing = replace(alert, status=status_at(alert, head.block_number, head.finality))
    revisions = [Revision(each.kind, record) for each, record in zip(kept, records, strict=True)]  # type: ignore[arg-type]
    filed = Filed(head.block_number, head.finality, len(found) - len(kept), revisions)
    return Taken(standing, filed, anchored_of(reader, chain_id, alert_id))


def from_book(path: Path, alert_id: str, chain_id: int | None) -> Taken:
    """The line of a book (JSON lines). Raises BadInput where no line has it, or is none."""
    found: list[Alert] = []
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if alert_id.encode() in line:
                    found += [each for each in [_line(path, number, line)] if each.id == alert_id]
    except OSError as error:
        raise BadInput(f"the book {path} cannot be read: {error.strerror}; give another --alerts") from error
    found = [each for each in found if chain_id in (None, each.chain_id)]
    if len(found) != 1:
        raise BadInput(_not_one(alert_id, [each.chain_id for each in found], f"the book {path}"))
    return Taken(found[0], None)


def _line(path: Path, number: int, line: bytes) -> Alert:
    try:
        return Alert.from_json(line)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"line {number} of {path} is no alert: write the book anew with export") from error


def _not_one(alert_id: str, chains: list[int], where: str) -> str:
    if chains:
        told = ", ".join(map(str, chains))
        return (
            f"{where} has alert {quoted(alert_id)} more than once, of chains {told}: name one with --chain-id"
        )
    return f"{where} has no alert {quoted(alert_id)}: an id is 32 hex digits, as `export` writes them"
