"""Whatever a chain holds, an alert and a block's scores fit into a record of a broker with default limits."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from detectors.alerts.alert import Alert, Evidence, Role
from detectors.alerts.caps import NAMES, RECORD_BYTES, ROLE_BYTES, ROW_BYTES, alert_bytes, bounded, shortened
from detectors.alerts.messages import alert_from, alert_key
from detectors.base import Finding, Row, Seen, hexed
from detectors.engine.engine import Engine
from detectors.engine.episodes import Episodes
from detectors.engine.settings import EngineSettings
from detectors.parts.ledger import Ledger
from detectors.registry import detectors
from ingest.model.errors import BadInput
from ingest.schema import METADATA_BYTES
from tests.contract.test_teeth import Everybody
from tests.detectors.findings import finding, place
from tests.fixtures.frames import ChainBuilder, address, keccak

WORST = "\U0001f480"
"""Twelve bytes of JSON: no character takes more."""
HIGH = 2**64 - 1
LARGEST = b"\xff" * 32
TOKEN, MALLORY = address("token"), address("mallory")
SYMBOLS = [b"\x01", b"\x7f", b"\xff", b'"', "ß".encode(), "\u202e".encode(), WORST.encode()]


def told(symbol: bytes) -> Ledger:
    ledger = Ledger()
    chain = (
        ChainBuilder(first_block=1).block().metadata(TOKEN, "", (symbol * METADATA_BYTES)[:METADATA_BYTES])
    )
    ledger.learn_tokens(chain.batch().token_metadata)
    return ledger


def largest(rows: int, people: int, symbol: bytes) -> Alert:
    """Everything as large as it can be, in one finding and once more."""
    of = Episodes("f" * 16, EngineSettings())
    words: dict[str, Any] = {WORST * 100 + str(number): WORST * 1000 for number in range(100)}
    for name in ("", "again"):
        hashes = [keccak(name.encode(), str(number).encode()) for number in range(rows)]
        these = [
            Row(hash_, 2**31 - 1, HIGH, MALLORY, MALLORY, TOKEN, LARGEST, 2**32 - 1, "erc1155", 2**32 - 1)
            for hash_ in hashes
        ]
        roles = tuple((keccak(b"role", str(n).encode())[:20], "infrastructure") for n in range(people))
        one = finding(
            HIGH, these=these, roles=roles, measured=words, thresholds=words, explanation=WORST * 10**6,
            suppressed_by=dict.fromkeys(("kind", "reason", "id"), WORST * 10**6), p_value=0.123456,
        )  # fmt: skip
        alert = of.take("d" * 60, "transfers", one, place(HIGH, HIGH), told(symbol))
    return alert


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_largest_alert_fits_into_a_record(symbol: bytes) -> None:
    alert = largest(5_000, 5_000, symbol)
    assert (len(alert.evidence), len(alert.roles)) == (200, 500)
    assert (alert.measured["evidence_rows"], alert.measured["roles"]) == (10_000, 5_000)
    settings = EngineSettings()
    assert len(alert.to_json()) <= alert_bytes(settings.evidence_rows, settings.roles) <= RECORD_BYTES


def test_an_alert_with_the_longest_words_is_taken_by_who_reads_it() -> None:
    words = {WORST * 100 + str(number): WORST * 1000 for number in range(100)}
    parts = dict.fromkeys(("kind", "reason", "id"), WORST * 1000)
    one = finding(5, measured=words, thresholds=words, explanation=WORST * 10**6, suppressed_by=parts)
    alert = Episodes("a run", EngineSettings()).take("layering", "transfers", one, place(5), Ledger())
    assert alert_from(alert_key(1, alert.id), alert.to_json().encode(), 1) == alert


def test_a_row_and_a_role_are_no_larger_than_what_is_reckoned_for_them() -> None:
    alert = largest(1, 1, b"\x01")
    (row, *_), (role, *_) = alert.evidence, alert.roles
    assert isinstance(row, Evidence) and isinstance(role, Role)
    assert len(json.dumps(asdict(row))) + len(json.dumps(row.transaction)) <= ROW_BYTES
    assert len(json.dumps(asdict(role))) <= ROLE_BYTES


@pytest.mark.parametrize("changes", [{"evidence_rows": 1_000}, {"roles": 10_000}, {"counted": 499}])
def test_caps_that_no_record_holds_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"lower one of the two settings|the setting counted is below"):
        EngineSettings(**changes)


def test_a_text_that_is_cut_tells_how_long_it_was() -> None:
    assert shortened("a" * 50, 50) == "a" * 50
    cut = shortened("a" * 51, 50)
    assert (len(cut), cut[-17:]) == (50, "… (51 characters)")


def test_values_that_are_left_out_are_counted_and_thresholds_are_kept() -> None:
    values = {f"value {number}": number for number in range(NAMES + 5)}
    kept = bounded(values, first=["value 34"])
    assert len(kept) == NAMES
    assert kept["value 34"] == 34
    assert kept["left_out"] == 6  # 35 values, 29 of which are kept beside this one
    assert bounded({"wei": 2**256, "share": 0.5}) == {"wei": 2**256, "share": 0.5}


class Crowd(Everybody):
    """Accuses so many wallets in each block, and is the surer the later they come."""

    wallets = 5_000

    def score(self, seen: Seen) -> list[Finding]:
        return [
            finding(number, subject=n.to_bytes(20, "big"), score=n / 10_000, alerts=False)
            for number in seen.blocks["number"].tolist()
            for n in range(self.wallets)
        ]


def test_a_block_keeps_its_highest_scores_and_tells_how_many_were_left_out() -> None:
    made = Engine(1, [Crowd()], EngineSettings(score_floor=0.0))
    output = made.take(ChainBuilder(first_block=7).block().block().batch())
    for number in (7, 8):
        scores = [score for score in output.scores if score.block_number == number]
        assert [score.subject for score in scores] == [
            hexed(n.to_bytes(20, "big")) for n in range(4_999, 3_999, -1)
        ]
    assert output.scores_left_out == {7: 4_000, 8: 4_000}


def test_of_equal_scores_those_of_the_lowest_subjects_are_kept() -> None:
    class Equal(Crowd):
        def score(self, seen: Seen) -> list[Finding]:
            found = super().score(seen)
            return [each for each in found if int.from_bytes(each.subject, "big") % 2 == 0]

    settings = EngineSettings(score_floor=0.0, block_scores=3)
    made = Engine(1, [Equal()], settings)
    output = made.take(ChainBuilder(first_block=7).block().batch())
    assert [score.score for score in output.scores] == [0.4998, 0.4996, 0.4994]


@pytest.mark.parametrize("count", [4, 30])
def test_the_scores_of_a_block_fit_into_a_record_however_many_detectors_there_are(count: int) -> None:
    made = Engine(1, [*detectors(), *(_named(f"detector-{n:030}") for n in range(count - 4))])
    names = [detector.name for detector in made.detectors]
    score = {
        "subject_kind": "transaction",
        "subject": "0x" + "f" * 64,
        "score": 0.123456,
        "parts": dict.fromkeys(names, 0.123456),
    }
    record = json.dumps([score] * made.most_scores)
    assert len(record) + 1_000 <= RECORD_BYTES


def _named(name: str) -> Crowd:
    detector = Crowd()
    detector.name = name
    return detector
