"""How a pending alert lives: it opens while its transactions wait, and ends in a way that is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.alerts.alert import Alert
from detectors.alerts.messages import alert_key
from detectors.alerts.pending import PendingAlert, pending_from
from detectors.runs.pending import standing
from detectors.runs.pending.standing import About, StandingAlerts, Where, about
from ingest.model.errors import UnreadableRecord
from tests.dashboard.alerts import drain

ONE, TWO, OLD = ("0x" + digit * 64 for digit in "123")


def at(number: int) -> Where:
    return Where(number, "0x" + f"{number:064x}")


def found(*transactions: str, subject: str = "0x" + "aa" * 20) -> Alert:
    alert = drain()
    return replace(alert, transactions=transactions, subject_kind="wallet", subject_id=subject)


def alerts(*in_book: Alert) -> StandingAlerts:
    held: dict[About, Alert] = {about(each): each for each in in_book}
    return StandingAlerts(held.get)


def opens(one: StandingAlerts, alert: Alert, number: int = 10) -> PendingAlert:
    (pending,) = one.take([alert], set(alert.transactions), at(number))
    return pending


def test_what_waits_and_would_be_found_is_said_once() -> None:
    one = alerts()
    pending = opens(one, found(ONE))

    assert (pending.end, pending.first_parent_number, pending.transactions) == (None, 10, (ONE,))
    assert one.take([found(ONE)], {ONE}, at(11)) == []


def test_what_rests_on_no_waiting_transaction_is_no_pending_alert() -> None:
    assert alerts().take([found(OLD)], {ONE}, at(10)) == []


def test_mined_it_ends_and_names_the_alert_of_the_book_that_came_of_it() -> None:
    one = alerts(real := found(ONE))
    pending = opens(one, found(ONE))
    one.note_mined(11, [ONE, TWO])

    (ended,) = one.end_mined(at(11))

    assert pending.revises
    assert (ended.id, ended.end and ended.end.how) == (pending.id, "mined")
    assert ended.end is not None and (ended.end.block_number, ended.end.alert) == (11, real.id)
    assert one.open == {}


def test_mined_and_not_found_then_it_names_none() -> None:
    one = alerts()
    opens(one, found(ONE))
    one.note_mined(11, [ONE])

    (ended,) = one.end_mined(at(11))

    assert ended.end is not None and ended.end.alert is None


def test_dropped_it_ends_so() -> None:
    one = alerts()
    opens(one, found(ONE))

    (ended,) = one.take([], set(), at(11))

    assert ended.end is not None and ended.end.how == "dropped"


def test_what_still_waits_and_is_not_found_any_more_ends_so() -> None:
    one = alerts()
    opens(one, found(ONE))

    (ended,) = one.take([], {ONE}, at(11))

    assert ended.end is not None and ended.end.how == "not found"


def test_while_one_of_two_is_mined_it_stands_under_its_name() -> None:
    one = alerts()
    pending = opens(one, found(ONE, TWO))
    one.note_mined(11, [ONE])

    assert one.end_mined(at(11)) == []
    assert one.take([found(ONE, TWO)], {TWO}, at(11)) == []
    one.note_mined(12, [TWO])
    (ended,) = one.end_mined(at(12))

    assert ended.id == pending.id


def test_a_reorganisation_brings_it_back_under_its_name() -> None:
    one = alerts()
    pending = opens(one, found(ONE, TWO))
    one.note_mined(11, [ONE])

    one.note_rollback(10)
    one.note_mined(11, [TWO])
    assert one.end_mined(at(11)) == []

    one.note_mined(12, [ONE])
    (ended,) = one.end_mined(at(12))
    one.note_rollback(10)
    assert ended.id == pending.id
    assert opens(one, found(ONE, TWO), 10).id == pending.id


def test_beyond_a_cap_the_gravest_stand_and_the_others_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MOST_ALERTS", 2)
    low = [replace(found(ONE, subject=f"0x{n:040x}"), severity="low") for n in range(4)]
    grave = replace(found(ONE), severity="critical")
    one = alerts()

    kept = one.take([*low, grave], {ONE}, at(10))

    assert len(kept) == 2
    assert grave in [each.alert for each in kept]
    assert one.left_out == 3


def test_a_record_says_what_it_is_and_is_read_back() -> None:
    one = alerts()
    pending = opens(one, found(ONE))
    one.note_mined(11, [ONE])
    (ended,) = one.end_mined(at(11))

    for each in (pending, ended):
        key = alert_key(each.chain_id, each.id)
        assert pending_from(key, each.to_json().encode(), each.chain_id) == each
    plain = pending.to_dict()
    assert (plain["version"], plain["hypothetical"], plain["status"]) == (1, True, "pending")
    assert ended.to_dict()["status"] == "ended"


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[]", b'{"version": 2}', b"\xff"])
def test_what_is_no_pending_alert_is_named(value: bytes | None) -> None:
    with pytest.raises(UnreadableRecord):
        pending_from(b"1:x", value, 1)


def test_a_pending_alert_of_another_chain_or_key_is_named() -> None:
    pending = opens(alerts(), found(ONE))

    with pytest.raises(UnreadableRecord, match="another key"):
        pending_from(b"1:other", pending.to_json().encode(), pending.chain_id)
