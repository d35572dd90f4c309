"""An alert's JSON is canonical and comes back whole; the book is in order, its statuses worked out anew."""

from __future__ import annotations

import json

import pytest

from detectors.alerts.alert import Alert, Evidence, book, status_at
from tests.detectors.alerts import ALICE, BOB, TRUDY, layered, transaction


def test_an_alert_comes_back_from_its_json_as_it_was() -> None:
    paid = Evidence(transaction(1), 3, 1, ALICE, BOB, TRUDY, "größe", 18, "123")
    part = {"kind": "part-of", "reason": "says less", "id": "another"}
    alert = layered(evidence=(paid,), suppressed_by=part, p_value=0.01, value_wei=str(2**256 - 1))
    assert Alert.from_json(alert.to_json()) == alert


def test_what_it_is_worth_and_which_alert_says_more_are_kept_and_null_where_unknown() -> None:
    plain = layered(suppressed_by={"kind": "arbitrage", "reason": "a cycle"}).to_dict()
    assert (plain["value_wei"], plain["suppressed_by"]["id"]) == (None, None)
    assert layered(value_wei="12").to_dict()["value_wei"] == "12"
    del plain["value_wei"], plain["suppressed_by"]["id"]  # as records of an earlier version
    old = Alert.from_dict(plain)
    assert old.value_wei is None
    assert old.suppressed_by == {"kind": "arbitrage", "reason": "a cycle", "id": None}


def test_whether_it_is_proven_is_null_in_alerts_of_an_earlier_version() -> None:
    plain = layered(proven=True).to_dict()
    assert (plain["proven"], layered().to_dict()["proven"]) == (True, None)
    assert Alert.from_dict(plain).proven is True
    del plain["proven"]
    assert Alert.from_dict(plain).proven is None


def test_evidence_of_an_earlier_version_is_read_with_what_it_lacks_as_unknown() -> None:
    plain = layered().to_dict()
    for row in plain["evidence"]:
        for later in ("index_in_log", "trace_index", "kind"):
            del row[later]
    (row,) = Alert.from_dict(plain).evidence
    assert (row.index_in_log, row.trace_index, row.kind) == (None, None, None)
    assert layered().to_dict()["evidence"][0]["kind"] is None


def test_the_json_is_one_line_of_ascii_with_sorted_keys_and_every_key() -> None:
    line = layered(explanation="größer\nund\u202eanders").to_json()
    assert line.isascii()
    assert "\n" not in line
    plain = json.loads(line)
    assert list(plain) == sorted(plain)
    assert plain["p_value"] is None
    assert plain["subject"] == {"kind": "wallet", "id": layered().subject_id}


def test_no_number_that_json_does_not_know_gets_out() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        layered(score=float("nan")).to_json()


def test_a_missing_key_is_an_error() -> None:
    plain = layered().to_dict()
    del plain["severity"]
    with pytest.raises(KeyError, match="severity"):
        Alert.from_dict(plain)


def test_the_book_is_in_order_of_block_and_id_without_what_was_retracted() -> None:
    late, early, gone = layered(102), layered(101), layered(100, status="retracted")
    same_block = layered(101, TRUDY)
    lines = [json.loads(line) for line in book([late, same_block, gone, early], head=110)]
    first, second = sorted([early.id, same_block.id])
    assert [line["id"] for line in lines] == [first, second, late.id]


def test_an_alert_is_final_at_a_head_that_is_deep_enough_whatever_was_said_before() -> None:
    assert status_at(layered(100), head=163) == "provisional"  # 63 blocks on top
    assert status_at(layered(100, status="provisional"), head=164) == "final"
    assert status_at(layered(100, status="retracted"), head=900) == "retracted"
