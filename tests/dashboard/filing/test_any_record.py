"""No record whatever stops the sink, or spoils what others see: good ones beside it are filed.

Records are made from good ones by putting anything anywhere, and filed into both databases.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.filing.export import from_store, lines, table
from dashboard.filing.sink import sorted_out
from dashboard.flow import flow
from dashboard.screens import alert as page
from dashboard.screens import drawings, parts
from dashboard.screens.report import told
from dashboard.store import Feed, Filters, Reader, Writer
from detectors.alerts.messages import alert_key, records_of, scores_key
from ingest.kafka import ALERTS, SCORES, Message
from tests.dashboard.alerts import ALICE, CHAIN, drain, judged

GOOD = drain(1).to_dict()
SCORED = json.loads(records_of(judged(1, (ALICE, 0.5)))[0])
ODD: st.SearchStrategy[object] = st.sampled_from([
    None, True, -1, 0, 1, 2**31, 2**63 - 1, 2**63, 10**40, 0.5, 1e300, "", "0", "x", "0x", "\0", "\ud800",
    "\ufdfd", "0x" + "ab" * 20, "0x" + "ab" * 32, "high", "final", "wallet", "x" * 9_000,
    "9" * 78, [], {}, [[]],
])  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield (*path, step)
        yield from places(each, (*path, step))


def with_odd(plain: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """`plain` with up to three values replaced, or its keys dropped or added."""

    def changed(changes: list[tuple[tuple[Any, ...], object]]) -> dict[str, Any]:
        made = copy.deepcopy(plain)
        for path, value in changes:
            inner: Any = made
            try:
                for step in path[:-1]:
                    inner = inner[step]
                inner[path[-1]] = copy.deepcopy(value)  # an odd list or dict is changed by later paths
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change has taken the place away
        return made

    where = st.sampled_from([*places(plain), ("colour",), ("value_wei",), ("part",), ("kind",)])
    return st.lists(st.tuples(where, ODD), min_size=1, max_size=3).map(changed)


def written(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain).encode()


VALUES = st.one_of(
    with_odd(GOOD).map(written),
    with_odd(SCORED).map(written),
    with_odd({**SCORED, "kind": "rollback"}).map(written),
    with_odd({"kind": "superseded", "chain_id": CHAIN, "block_number": 1, "run": "a run"}).map(written),
    st.binary(max_size=20),
    st.none(),
)
KEYS = st.sampled_from([alert_key(CHAIN, GOOD["id"]), scores_key(CHAIN), b"", b"\xff", b"5"])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strange=st.lists(st.tuples(st.sampled_from([ALERTS, SCORES]), KEYS, VALUES), max_size=6))
def test_whatever_a_record_says_the_good_ones_are_filed_and_everything_can_be_shown(
    writer: Writer, reader: Reader, store_url: str, strange: list[tuple[str, bytes, bytes | None]]
) -> None:
    chain = CHAIN
    before = writer.offsets(chain)
    start = max(before.values(), default=0)
    messages = [Message(topic, 0, start + n, key, value) for n, (topic, key, value) in enumerate(strange)]
    end = start + len(messages)
    good = drain(7, "good")
    messages += [
        Message(ALERTS, 0, end, alert_key(chain, good.id), good.to_json().encode()),
        Message(SCORES, 0, end, scores_key(chain), records_of(judged(9, (ALICE, 0.5)))[0]),
    ]
    revisions, records, rejected = sorted_out(chain, messages)
    assert len(revisions) + len(records) + len(rejected) == len(messages)

    writer.file(Feed(chain, revisions, records, before, {ALERTS: end + 1, SCORES: end + 1}, 10, rejected))

    rows = reader.page(Filters(), 1, 100)
    assert "good-7" in [row.id for row in rows]
    assert all(parts.line(row) for row in rows)
    (exported,) = from_store(store_url, chain)
    assert exported.unreadable == ()
    assert "good-7" in [json.loads(line)["id"] for line in lines([exported]).splitlines()]
    assert table([exported])
    for alert in exported.alerts:
        assert page._evidence_rows(alert) and drawings.flow_data(flow(alert))
        assert page._measured_rows(alert) and told.short_facts(alert) and told.long_facts(alert)
        reader.related(alert)
    assert all(bad.reason.isprintable() for bad in reader.set_aside())
    assert parts.heads_line(reader.heads(), 0.0)


@pytest.mark.parametrize("value", [b"[" * 900_000, b"x" * 1_000_000, b'{"id":"' + b"y" * 999_000 + b'"}'])
def test_a_record_of_a_megabyte_is_set_aside_with_a_short_reason(value: bytes) -> None:
    for topic in (ALERTS, SCORES):
        _, _, (bad,) = sorted_out(CHAIN, [Message(topic, 0, 5, scores_key(CHAIN), value)])
        assert len(bad.reason) < 3_000
