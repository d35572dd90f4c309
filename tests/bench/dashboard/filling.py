"""Alerts and scores as detection sends them to Kafka, many of them, and how fast a sink files them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress

import msgspec

from dashboard.store import Feed, open_reader, open_writer
from detectors.alerts.alert import Alert, Role
from detectors.alerts.messages import BlockScores
from ingest.machine.processes import Child
from ingest.model.errors import UndertowError
from tests.dashboard.alerts import ALICE, VAULT, drain, judged, paid
from tests.dashboard.detection import Detection

CATEGORIES = (
    "wallet-drain",
    "layering",
    "rug-pull",
    "sandwich",
    "address-poisoning",
    "approval-phishing",
    "ponzi",
)
SEVERITIES = ("low", "medium", "medium", "high", "high", "critical")
AT_ONCE = 1_000
SCORES_A_BLOCK = 4
FINALITY = 10


def wallet(number: int) -> str:
    return f"0x{number:040x}"


def alert(number: int, chain_id: int) -> Alert:
    """Of block `number`: one of many kinds, by one of a thousand attackers."""
    attacker = wallet(1_000 + number % 1_000)
    category = CATEGORIES[number % len(CATEGORIES)]
    return drain(
        number, "alert", chain_id=chain_id, category=category, detector=category, subject_id=attacker,
        severity=SEVERITIES[number % len(SEVERITIES)], score=round(0.5 + number % 500 / 1_000, 3),
        roles=(Role(ALICE, "victim"), Role(attacker, "attacker"), Role(VAULT, "intermediary")),
        evidence=(paid(ALICE, attacker, 300, number), paid(attacker, VAULT, 300, number)),
        value_wei=str(number * 10**15),
    )  # fmt: skip


def scored(number: int, rows: int = SCORES_A_BLOCK) -> BlockScores:
    """A block's scores: so many rows."""
    return judged(number, *((wallet(number % 5_000 + at), 0.1 + at / (2 * rows)) for at in range(rows)))


def send(detection: Detection, alerts: int, rows: int) -> None:
    """An alert a block, and the scores of each block."""
    for numbers in _slices(alerts):
        found = [alert(number, detection.chain_id) for number in numbers]
        detection.judge(*found, blocks=tuple(scored(number, rows) for number in numbers))


def fill(store: str, chain_id: int, alerts: int, rows: int) -> float:
    """The same alerts and scores, filed without Kafka; seconds that it took. The sink reads its own topics
    from their beginning afterwards.
    """
    with closing(open_writer(store)) as writer:
        begun, before = time.monotonic(), dict[str, int]()
        for numbers in _slices(alerts):
            found = [(number, alert(number, chain_id)) for number in numbers]
            told = (scored(number, rows) for number in numbers)
            blocks = [msgspec.structs.replace(each, chain_id=chain_id) for each in told]
            after = {"filled": numbers.stop}
            writer.file(Feed(chain_id, found, blocks, before, after, FINALITY))
            before = after
        return time.monotonic() - begun


def _slices(alerts: int) -> Iterator[range]:
    for first in range(1, alerts + 1, AT_ONCE):
        yield range(first, min(first + AT_ONCE, alerts + 1))


def wait_until_filed(store: str, chain_id: int, block: int, sink: Child, deadline_s: float) -> float:
    """Seconds until the store's head is at `block`."""
    begun = time.monotonic()
    while time.monotonic() - begun < deadline_s:
        if sink.poll() is not None:
            raise RuntimeError("the sink ended by itself")
        if _head(store, chain_id) >= block:
            return time.monotonic() - begun
        time.sleep(0.25)
    raise RuntimeError(f"block {block} was not filed within {deadline_s:g} s")


def _head(store: str, chain_id: int) -> int:
    with suppress(UndertowError), closing(open_reader(store)) as reader:  # the sink may not have made it yet
        return next((each.block_number for each in reader.heads() if each.chain_id == chain_id), 0)
    return 0
