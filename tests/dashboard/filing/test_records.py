"""What detection wrote is read back, and what is damaged is named."""

import json

import pytest

from dashboard.filing.records import alert_from, scores_from
from dashboard.store import ScoreBlock, Tip
from ingest.model.errors import UnreadableRecord
from tests.dashboard.alerts import ALICE, drain


def test_an_alert_comes_back_as_it_was_sent() -> None:
    assert alert_from(drain(7).to_json().encode()) == drain(7)


def test_the_scores_of_a_block_are_read_with_their_parts() -> None:
    row = {"subject_kind": "wallet", "subject": ALICE, "score": 0.42, "parts": {"iforest": 0.42}}
    value = {"kind": "scores", "chain_id": 1, "block_number": 9, "block_hash": "0x09", "timestamp": 108}
    read = scores_from(json.dumps({**value, "scores": [row]}).encode())
    assert read == ScoreBlock(9, "0x09", 108, (("wallet", ALICE, 0.42, {"iforest": 0.42}),))


def test_a_rollback_is_told_from_scores() -> None:
    value = {"kind": "rollback", "chain_id": 1, "block_number": 8, "block_hash": "0x08"}
    assert scores_from(json.dumps(value).encode()) == Tip(8, "0x08")


@pytest.mark.parametrize(
    "value", [None, b"", b"\xff", b"[]", b"{}", b'{"kind": "scores", "block_number": "x"}']
)
def test_what_cannot_be_read_is_refused_by_both(value: bytes | None) -> None:
    for reading in (alert_from, scores_from):
        with pytest.raises(UnreadableRecord):
            reading(value)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(UnreadableRecord, match="unknown kind 'guess'"):
        scores_from(b'{"kind": "guess", "block_number": 1, "block_hash": "0x"}')
