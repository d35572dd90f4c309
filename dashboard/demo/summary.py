"""What a finished demo says of itself: what was played, raised, found, missed, and flagged wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from dashboard.store import open_reader
from dashboard.store.anchors import anchorings, last_settled, stretch_counts
from detectors.alerts.alert import Alert
from detectors.evaluate import Label, judge, load_labels
from detectors.evaluate.in_time import in_time
from detectors.runs.pending.published import last_pending
from detectors.runs.published import last_revisions
from ingest.log.blocklog import LogReader
from ingest.model.batch import Batch


def summary(bootstrap: str, chain_id: int, labels: Path) -> list[str]:
    """The lines, from the record log, the published alerts and the simulation's labels."""
    published = last_revisions(bootstrap, chain_id).alerts.values()
    alerts = [alert for alert in published if alert.status != "retracted"]
    blocks, transfers = count(bootstrap, chain_id)
    return [
        f"blocks        {blocks}",
        f"transfers     {transfers}",
        *_raised(alerts),
        *_judged(alerts, labels),
    ]


def seen_in_time(bootstrap: str, chain_id: int, labels: Path) -> list[str]:
    """Of the attacks that waited and of those that went round the pool, how many were seen while they did."""
    published = last_revisions(bootstrap, chain_id).alerts.values()
    pending = list(last_pending(bootstrap, chain_id).values())
    return in_time(pending, published, load_labels(labels))


def anchored(store: str, chain_id: int) -> list[str]:
    """What of it stands on the second chain, and where; what waits."""
    with closing(open_reader(store)) as reader:
        told = next((each for each in anchorings(reader) if each.chain_id == chain_id), None)
        counts = stretch_counts(reader)
        last = last_settled(reader).get(chain_id)
    settled = counts.get((chain_id, "settled"), 0)
    waiting = sum(number for (chain, _), number in counts.items() if chain == chain_id) - settled
    lines = [f"anchored      {settled} stretches of blocks, {waiting} on their way"]
    if told is not None:
        reach = "" if last is None else f", up to block {last}"
        lines.append(f"  in {told.contract} on chain {told.anchor_chain}{reach}")
    return lines


def count(bootstrap: str, chain_id: int) -> tuple[int, int]:
    """Blocks and transfers of the chain as the record log has it, without those that were rolled back."""
    transfers: dict[int, int] = {}
    with LogReader(bootstrap, chain_id) as reader:
        end = reader.end()
        while reader.position < end:
            for event, _ in reader.poll(1.0):
                if isinstance(event, Batch):
                    transfers.update(dict.fromkeys(event.blocks["block_number"], 0))
                    transfers.update(event.transfers["block_number"].value_counts().iter_rows())
                else:
                    transfers = {number: n for number, n in transfers.items() if number <= event.number}
    return len(transfers), sum(transfers.values())


def _raised(alerts: Sequence[Alert]) -> list[str]:
    by_category = Counter(alert.category for alert in alerts)
    lines = [f"  {category:<20} {number}" for category, number in sorted(by_category.items())]
    return [f"alerts        {len(alerts)}", *lines]


def _judged(alerts: Iterable[Alert], labels: Path) -> list[str]:
    verdict = judge(alerts, load_labels(labels))
    found, missed = list(verdict.found), list(verdict.missed)
    flagged = list(verdict.flagged_hard_negatives)
    return [
        f"attacks       {len(found)} of {len(found) + len(missed)} found",
        *(f"  found  {label.category:<20} {label.id}" for label in found),
        *(f"  missed {label.category:<20} {label.id}{_failed(label)}" for label in missed),
        f"hard negatives flagged  {len(flagged)}",
        *(f"  flagged {label.category:<19} {label.id}" for label in flagged),
    ]


def _failed(label: Label) -> str:
    return "" if label.succeeded else " (it came to nothing)"
