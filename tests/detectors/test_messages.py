"""What travels is typed and bounded: it comes back as it was sent, and what is damaged is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts.alert import DEFAULT_FINALITY
from detectors.alerts.messages import (
    MOST_BYTES,
    BlockScores,
    Fees,
    Note,
    RolledBack,
    ScoreRecord,
    SubjectScore,
    Superseded,
    alert_from,
    alert_key,
    note_from,
    note_text,
    records_of,
    scores_from,
    scores_key,
)
from ingest.model.errors import UnreadableRecord
from tests.detectors.alerts import MALLORY, layered, transaction

ALERT = layered(100)
KEY = alert_key(1, ALERT.id)
SCORE = SubjectScore("wallet", MALLORY, 0.5, {"layering": 0.5})
SCORES = BlockScores(1, 9, transaction(9), 108, (SCORE,))
COSTLY = BlockScores(1, 9, transaction(9), 108, (), fees=Fees(21_000, 30_000_000, 10**9, 131_072, 0))
NOTE = Note(head=9, hash=transaction(9), run="a run", finality=8, anchor=(1, transaction(1)))


GIANT = "a number of 5,000 digits, which Python neither writes nor reads"


def altered(name: str, value: object) -> bytes:
    """The alert's record with another value at a path such as `roles.0.address`; Ellipsis leaves it out."""
    plain = ALERT.to_dict()
    *path, last = [int(step) if step.isdecimal() else step for step in name.split(".")]
    inner: Any = plain
    for step in path:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(plain).encode().replace(json.dumps(GIANT).encode(), b"9" * 5_000)


def test_an_alert_comes_back_as_it_was_sent() -> None:
    read = alert_from(KEY, ALERT.to_json().encode(), 1)
    assert (read, read.to_json()) == (ALERT, ALERT.to_json())


@pytest.mark.parametrize(
    "record", [SCORES, COSTLY, RolledBack(1, 8, transaction(8)), Superseded(1, 2, "a run")]
)
def test_a_record_of_scores_comes_back_as_it_was_sent(record: ScoreRecord) -> None:
    (value,) = records_of(record)
    assert scores_from(scores_key(1), value, 1) == record


def test_a_note_comes_back_as_it_was_left() -> None:
    assert note_from(note_text(NOTE)) == NOTE


def test_the_note_of_the_version_before_says_nothing_of_a_rebuild() -> None:
    note = note_from('{"head": 9, "hash": "0x12", "finality": 8, "run": "a run"}')
    assert (note.head, note.finality, note.run, note.anchor, note.rebuilding) == (9, 8, "a run", None, False)
    assert note_from('{"head": 9, "hash": "0x12"}').finality == DEFAULT_FINALITY


def test_the_scores_of_a_very_busy_block_come_in_parts_that_a_broker_carries() -> None:
    rows = tuple(SubjectScore("wallet", f"0x{n:040x}", 0.5, {"layering": 0.5}) for n in range(20_000))
    busy = BlockScores(1, 9, transaction(9), 108, rows, fees=COSTLY.fees)
    records = records_of(busy)
    read = [scores_from(scores_key(1), value, 1) for value in records]
    assert len(records) > 1
    assert max(map(len, records)) <= MOST_BYTES
    assert [each.part for each in read if isinstance(each, BlockScores)] == list(range(len(records)))
    assert tuple(row for each in read if isinstance(each, BlockScores) for row in each.scores) == rows
    told = [each.fees for each in read if isinstance(each, BlockScores)]
    assert told == [COSTLY.fees, *[None] * (len(records) - 1)]


def test_scores_of_before_say_nothing_of_fees() -> None:
    (value,) = records_of(COSTLY)
    older = {name: each for name, each in json.loads(value).items() if name != "fees"}
    read = scores_from(scores_key(1), json.dumps(older).encode(), 1)
    assert isinstance(read, BlockScores) and read.fees is None


def test_keys_that_came_later_may_be_there_and_may_be_missing() -> None:
    for name in ("evidence.0.from_address", "evidence.0.decimals"):
        assert alert_from(KEY, altered(name, ...), 1) == ALERT
    later = {"index_in_log": 0, "trace_index": None, "kind": "native", "colour": "red"}
    evidence = ALERT.to_dict()["evidence"][0] | later
    assert alert_from(KEY, altered("evidence.0", evidence), 1).id == ALERT.id
    assert alert_from(KEY, altered("colour", ["red"]), 1) == ALERT
    for value in ("12", None):
        assert alert_from(KEY, altered("value_wei", value), 1).value_wei == value
    for proven in (True, False, None):
        assert alert_from(KEY, altered("proven", proven), 1).proven is proven
    assert alert_from(KEY, altered("proven", ...), 1).proven is None
    part = {"kind": "part-of", "reason": "says less", "id": "another"}
    assert alert_from(KEY, altered("suppressed_by", part), 1).suppressed_by == part
    del part["id"]
    assert alert_from(KEY, altered("suppressed_by", part), 1).suppressed_by == {**part, "id": None}
    assert alert_from(KEY, altered("roles.0.role", "subject"), 1).to_dict()["roles"][0]["role"] == "subject"


def test_a_chain_that_counts_time_in_nanoseconds_is_believed() -> None:
    assert alert_from(KEY, altered("timestamp", 1_700_000_000 * 10**9), 1).timestamp == 17 * 10**17


HUGE, LONG, HALF = 2**63, "x" * 1_000_000, "\ud800"


def each(name: str, *values: object) -> list[tuple[str, object]]:
    return [(name, value) for value in values]


DAMAGE: list[tuple[str, object]] = [
    *(pair for name in ("block_number", "timestamp", "updated_block") for pair in each(
        name, "not a number", -1, HUGE, GIANT, 1.0, True, None, [], {}, ..., float("nan"),
    )),
    *each("score", "high", -0.1, 1.1, float("nan"), float("inf"), True, None, [0.5], ...),
    *each("p_value", "low", 2, float("nan"), False, {}),
    *(pair for name in ("id", "category", "detector", "run", "explanation") for pair in each(
        name, LONG, "\0", f"a{HALF}", 5, None, ["x"], ...,
    )),
    ("id", ""),
    *each("severity", "grave", "HIGH", "", None, 3, ...),
    *each("status", "done", 1, ...),
    *each("proof", "trust me", None),
    *each("tier", "everything", 1),
    *each("block_hash", "", "0x", "0x12", MALLORY, transaction(1).upper(), 1, "ab" * 33),
    *each("transactions", "0x12", [1], ["0x12"], [transaction(1) + "\n"], {}, None),
    *each("subject.id", "", transaction(1), MALLORY + "00", MALLORY.upper(), 1, LONG),
    *each("subject", MALLORY, [], {"kind": "wallet"}, {"kind": "boat", "id": MALLORY}),
    *each("roles", [MALLORY], [{"address": MALLORY}], None, {"a": 1}, "roles"),
    *each("roles.0.role", "thief", None, 1, LONG),
    *each("roles.0.address", "mallory", MALLORY[:-1], transaction(1), None, LONG),
    *each("evidence.0.transaction", None, "0x", MALLORY, ...),
    *each("evidence.0.log_index", "first", -1, True, 0.5, HUGE, ...),
    *each("evidence.0.block_number", None, "x", -5, ...),
    *each("evidence.0.token", "DAI", 5, transaction(1)),
    *each("evidence.0.amount", 5, "-5", "5.5", "0x5", "5" * 79, "\u0665", "", "5\n"),
    *each("evidence.0.decimals", -1, 256, "18", 1.5, True),
    *each("evidence.0.symbol", LONG, "\0", 5, ["DAI"]),
    *each("measured", None, [], {"hops": None}, {"hops": [1]}, {"hops": True}, {LONG: 1}),
    *(("measured", {"hops": value}) for value in (10**4000, -(2**600), LONG, "\0", float("inf"))),
    *each("measured", {"\0": 1}, {"": 1}),
    *each("suppressed_by", "airdrop", {}, {"kind": 1, "reason": "x"}, {"kind": "x"}, []),
    *each("value_wei", 12, "-1", "1e18", "9" * 79),
    *each("proven", 1, "yes", "true", []),
    *each("chain_id", 2, -1, "1", None, True, ...),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), DAMAGE, ids=[f"{n}-{name}" for n, (name, _) in enumerate(DAMAGE)])
def test_one_wrong_value_and_the_alert_is_refused(name: str, value: object) -> None:
    with pytest.raises(UnreadableRecord) as refused:
        alert_from(KEY, altered(name, value), 1)
    reason = str(refused.value)
    assert len(reason) < 3_000
    assert reason.isprintable()


def scored(**changes: object) -> bytes:
    return json.dumps(json.loads(records_of(SCORES)[0]) | changes).encode()


@pytest.mark.parametrize(
    "value",
    [
        scored(chain_id=2),
        scored(kind="guess"),
        scored(kind=None),
        scored(block_number="not a number"),
        scored(block_number=-1),
        scored(block_number=HUGE),
        scored(timestamp=1.5),
        scored(block_hash="0x12"),
        scored(scores=None),
        scored(scores=[{"subject_kind": "wallet", "subject": MALLORY, "score": "high", "parts": {}}]),
        scored(scores=[{"subject_kind": "boat", "subject": MALLORY, "score": 0.5, "parts": {}}]),
        scored(scores=[{"subject_kind": "wallet", "subject": "\0", "score": 0.5, "parts": {}}]),
        scored(scores=[{"subject_kind": "wallet", "subject": MALLORY, "score": 0.5, "parts": [1]}]),
        scored(scores=[{"subject_kind": "wallet", "subject": MALLORY, "score": 0.5, "parts": {"a": "b"}}]),
        scored(scores=2 * json.loads(records_of(SCORES)[0])["scores"]),
        b'{"kind": "rollback", "chain_id": 1}',
        b'{"kind": "superseded", "chain_id": 1, "block_number": 1}',
    ],
)
def test_one_wrong_value_and_the_scores_are_refused(value: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        scores_from(scores_key(1), value, 1)


def test_an_unknown_kind_of_scores_is_named() -> None:
    with pytest.raises(UnreadableRecord, match="of unknown kind 'guess'"):
        scores_from(scores_key(1), scored(kind="guess"), 1)


def test_a_key_that_is_not_the_records_own_is_refused() -> None:
    with pytest.raises(UnreadableRecord, match="is not of alert"):
        alert_from(alert_key(1, "another"), ALERT.to_json().encode(), 1)
    with pytest.raises(UnreadableRecord, match="is not of chain 1"):
        scores_from(b"2", records_of(SCORES)[0], 1)


def test_a_record_of_another_chain_is_refused() -> None:
    foreign = layered(chain_id=5)
    with pytest.raises(UnreadableRecord, match="of chain 5, not of chain 1"):
        alert_from(alert_key(5, foreign.id), foreign.to_json().encode(), 1)


@pytest.mark.parametrize(
    "text", ["", "done", "null", "[]", "{}", '{"head": 1}', '{"head": "9", "hash": "0x"}', "[" * 4_000]
)
def test_a_note_of_another_program_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRecord):
        note_from(text)


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b"{}", b"[" * 900_000, b'{"a":' * 100_000])
def test_what_is_no_record_at_all_is_refused_by_both(value: bytes | None) -> None:
    for reading in (alert_from, scores_from):
        with pytest.raises(UnreadableRecord):
            reading(b"1", value, 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(value=st.binary() | JSON.map(lambda plain: json.dumps(plain).encode()), key=st.binary(max_size=8))
def test_any_bytes_are_a_record_or_refused(value: bytes, key: bytes) -> None:
    for reading in (alert_from, scores_from):
        with pytest.raises(UnreadableRecord):
            reading(key, value, 1)


@given(text=st.text() | JSON.map(json.dumps))
def test_any_text_is_a_note_or_refused(text: str) -> None:
    with pytest.raises(UnreadableRecord):
        note_from(text)


@pytest.mark.parametrize("said", ["provisional", "final"])
def test_what_an_earlier_version_said_of_finality_is_left_to_the_head(said: str) -> None:
    value = json.dumps({**ALERT.to_dict(), "status": said}).encode()

    assert alert_from(KEY, value, 1) == ALERT
