"""An alert is an episode: it opens, is revised, closes, becomes final, and goes back with the chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detectors.alerts.alert import Alert, Role, RoleName
from detectors.base import Row, hexed
from detectors.engine.episodes import Episodes
from detectors.engine.revisions import alert_id, revised
from detectors.engine.settings import EngineSettings
from detectors.parts.ledger import Ledger
from tests.detectors.alerts import layered
from tests.detectors.findings import ALICE, BOB, MALLORY, finding, place, transaction
from tests.fixtures.frames import address

SETTINGS = EngineSettings(finality=10, quiet_seconds=600, evidence_rows=3)


def episodes() -> Episodes:
    return Episodes("a run", SETTINGS)


def take(of: Episodes, block: int, timestamp: int | None = None, **changes: Any) -> Alert:
    return of.take("layering", "transfers", finding(block, **changes), place(block, timestamp), Ledger())


def test_a_finding_opens_an_alert_named_after_the_transaction_that_completed_it() -> None:
    alert = take(episodes(), 5)
    assert alert.id == alert_id(1, "layering", f"wallet:{hexed(MALLORY)}", transaction(5))
    assert (alert.block_number, alert.updated_block, alert.timestamp) == (5, 5, 60)
    assert (alert.status, alert.run, alert.tier, alert.proof) == (
        None,
        "a run",
        "transfers",
        "header",
    )
    assert alert.measured == {"evidence_rows": 1, "roles": 2}


def test_the_same_again_revises_it_with_all_roles_and_evidence() -> None:
    of = episodes()
    first = take(of, 5)
    second = take(of, 6, roles=((MALLORY, "attacker"), (BOB, "victim")))
    assert second.id == first.id
    assert (second.block_number, second.timestamp, second.updated_block) == (5, 60, 6)
    assert second.transactions == (hexed(transaction(5)), hexed(transaction(6)))
    assert {role.address for role in second.roles} == {hexed(wallet) for wallet in (ALICE, BOB, MALLORY)}
    assert list(of.alerts) == [first.id]


SUPPRESSED = {"kind": "arbitrage", "reason": "a cycle"}


def said(block: int, **changes: Any) -> dict[str, Any]:
    """All that one finding says by itself."""
    return {"measured": {"hops": block}, "thresholds": {"hops": 3}, "p_value": block / 100} | changes


def of_block(alert: Alert) -> int:
    """The block of the finding that speaks, where nothing is told by another."""
    (block,) = {alert.measured["hops"], int((alert.p_value or 0) * 100), int(alert.explanation[19:-1])}
    return int(block)


@pytest.mark.parametrize(
    ("first", "second", "speaks"),
    [
        ({"severity": "critical", "score": 0.6}, {"severity": "high", "score": 0.9}, 5),
        ({"severity": "medium", "score": 0.9}, {"severity": "high", "score": 0.6}, 6),
        ({"severity": "high", "score": 0.9}, {"severity": "high", "score": 0.8}, 5),
        ({"severity": "high", "score": 0.8}, {"severity": "high", "score": 0.9}, 6),
        ({"severity": "high", "score": 0.9}, {"severity": "high", "score": 0.9}, 6),  # equals: the later one
        ({"severity": "low"}, {"severity": "critical", "suppressed_by": SUPPRESSED}, 5),
        ({"severity": "critical", "suppressed_by": SUPPRESSED}, {"severity": "low"}, 6),
    ],
)
def test_one_finding_speaks_the_graver_of_the_two(
    first: dict[str, Any], second: dict[str, Any], speaks: int
) -> None:
    of = episodes()
    take(of, 5, **said(5, **first))
    alert = take(of, 6, **said(6, **second))
    grave = {"score": 0.6, "suppressed_by": None} | (first if speaks == 5 else second)
    assert (of_block(alert), alert.updated_block) == (speaks, 6)
    assert {name: getattr(alert, name) for name in grave} == grave


def test_an_alert_is_raised_in_the_block_where_it_first_stands_unsuppressed() -> None:
    of = episodes()
    hidden = take(of, 5, suppressed_by=SUPPRESSED)
    raised = take(of, 50, 650)
    assert (raised.id, raised.suppressed_by) == (hidden.id, None)
    assert (raised.block_number, raised.block_hash, raised.timestamp) == (50, hexed(place(50).hash), 650)
    again = take(of, 51, 660, suppressed_by=SUPPRESSED)
    assert (again.block_number, again.suppressed_by) == (50, None)


def test_a_rollback_below_the_block_that_raised_it_puts_the_suppressed_alert_back() -> None:
    of = episodes()
    hidden = take(of, 5, suppressed_by=SUPPRESSED)
    take(of, 14)
    (again,) = of.undo(13, "its block left")
    assert again == hidden
    assert take(of, 16).block_number == 16


def test_another_subject_or_detector_is_another_alert() -> None:
    of = episodes()
    ids = {take(of, 5).id, take(of, 5, subject=BOB).id}
    ids.add(of.take("wallet-drain", "transfers", finding(5), place(5), Ledger()).id)
    assert len(ids) == 3


def test_after_the_quiet_time_another_alert_opens() -> None:
    of = episodes()
    first = take(of, 5, timestamp=1000)
    assert take(of, 6, timestamp=1600).id == first.id  # 600 seconds later: still the same
    assert take(of, 7, timestamp=2201).id != first.id  # 601 seconds after the last finding
    assert len(of.alerts) == 2


def test_evidence_is_told_once_and_capped_and_the_count_is_told_in_full() -> None:
    of = episodes()
    take(of, 5, rows=2)
    again = take(of, 5, rows=2)
    assert (len(again.evidence), again.measured["evidence_rows"]) == (2, 2)
    more = take(of, 6, rows=4)
    assert (len(more.evidence), more.measured["evidence_rows"]) == (3, 6)  # 2 + 4 seen, 3 kept
    assert take(of, 6, rows=4).measured["evidence_rows"] == 6  # once more, two of them beyond the cap
    assert take(of, 7, rows=1).measured["evidence_rows"] == 7


def test_a_drain_that_is_told_anew_with_every_payment_counts_each_payment_once() -> None:
    of, told = episodes(), list[Row]()
    for block in range(5, 25):
        told += finding(block, rows=2).rows
        alert = take(of, block, these=told)
        assert alert.measured["evidence_rows"] == 2 * (block - 4)


def test_the_rows_of_one_batch_of_items_are_told_apart() -> None:
    hash_ = transaction(5)
    batch = [Row(hash_, 3, 5, index_in_log=position, kind="erc1155") for position in range(2)]
    alert = take(episodes(), 5, these=[*batch, Row(hash_, -1, 5), *batch])
    assert [(row.log_index, row.index_in_log) for row in alert.evidence] == [(3, 0), (3, 1), (None, None)]
    assert alert.measured["evidence_rows"] == 3


def test_where_counting_ends_an_alert_says_so() -> None:
    of = Episodes("a run", EngineSettings(evidence_rows=3, roles=3, counted=5))
    assert "counting_ended_at" not in take(of, 5, rows=4).measured
    full = take(of, 6, rows=4)
    assert (full.measured["evidence_rows"], full.measured["counting_ended_at"]) == (5, 5)
    assert take(of, 7, rows=4).measured == full.measured


def test_what_left_with_its_block_is_counted_anew() -> None:
    of = episodes()
    take(of, 5, rows=2)
    take(of, 6, rows=4)
    take(of, 7, rows=4)
    of.undo(6, "its block left")
    assert take(of, 7, rows=2, name="other").measured["evidence_rows"] == 8
    of.undo(4, "its block left")
    assert of.tallies == {}
    assert take(of, 5, rows=1).measured["evidence_rows"] == 1


def test_the_cap_holds_for_a_single_finding_too() -> None:
    alert = take(episodes(), 5, rows=9)
    assert (len(alert.evidence), alert.measured["evidence_rows"]) == (3, 9)


def roles_after(*named: tuple[tuple[bytes, RoleName], ...]) -> set[Role]:
    of = episodes()
    return set([take(of, 5, roles=roles) for roles in named][-1].roles)


def test_an_address_has_one_role_and_whoever_attacked_once_stays_an_attacker() -> None:
    attacker, victim = ((ALICE, "attacker"),), ((ALICE, "victim"),)
    assert roles_after(attacker, victim) == {Role(hexed(ALICE), "attacker")}  # type: ignore[arg-type]
    assert roles_after(victim, attacker) == {Role(hexed(ALICE), "attacker")}  # type: ignore[arg-type]


PEOPLE = [address(f"person {n}") for n in range(40)]


def test_roles_are_capped_attackers_first_and_counted_in_full() -> None:
    of = Episodes("a run", EngineSettings(evidence_rows=3, roles=4))
    take(of, 5, roles=tuple((person, "victim") for person in PEOPLE))
    alert = take(of, 6, roles=((MALLORY, "attacker"), (BOB, "intermediary"), (PEOPLE[7], "attacker")))
    attackers = sorted(hexed(wallet) for wallet in (MALLORY, PEOPLE[7]))
    victims = sorted(hexed(person) for person in PEOPLE if person != PEOPLE[7])
    assert [role.address for role in alert.roles] == [*attackers, *victims[:2]]
    assert alert.measured == {
        "evidence_rows": 2, "roles": 42,
        "roles_attacker": 2, "roles_victim": 39, "roles_intermediary": 1, "roles_infrastructure": 0,
        "roles_subject": 0,
    }  # fmt: skip


def test_an_attacker_is_named_however_many_victims_there_are() -> None:
    of = Episodes("a run", EngineSettings(evidence_rows=3, roles=4, counted=10))
    full = take(of, 5, roles=tuple((person, "victim") for person in PEOPLE))
    assert (full.measured["roles"], full.measured["counting_ended_at"]) == (10, 10)
    alert = take(of, 6, roles=((MALLORY, "attacker"),))
    assert alert.roles[0] == Role(hexed(MALLORY), "attacker")
    assert (alert.measured["roles_attacker"], alert.measured["roles_victim"]) == (1, 10)


def test_roles_that_left_with_their_block_are_named_no_more() -> None:
    of = episodes()
    first = take(of, 5, roles=((ALICE, "victim"), (BOB, "victim")))
    take(of, 6, roles=((ALICE, "attacker"), (MALLORY, "attacker")))
    assert of.undo(5, "its block left")[0].roles == first.roles
    assert take(of, 7, roles=((BOB, "attacker"),)).roles == (
        Role(hexed(BOB), "attacker"),
        Role(hexed(ALICE), "victim"),
    )


def test_a_victim_is_not_lowered_to_an_intermediary() -> None:
    victim, passes = ((ALICE, "victim"),), ((ALICE, "intermediary"),)
    assert roles_after(passes, victim) == {Role(hexed(ALICE), "victim")}  # type: ignore[arg-type]
    assert roles_after(victim, passes) == {Role(hexed(ALICE), "victim")}  # type: ignore[arg-type]


def test_what_travels_says_nothing_of_finality_which_is_the_heads_to_say() -> None:
    of = episodes()
    assert [take(of, 5).status, take(of, 17).status] == [None, None]
    (retracted,) = of.undo(4, "its block left")
    assert retracted.status == "retracted"


def test_undoing_the_opening_block_retracts_the_alert() -> None:
    of = episodes()
    opened = take(of, 5)
    (retracted,) = of.undo(4, "its block left")
    assert retracted == replace(opened, status="retracted", retraction_reason="its block left")
    assert (of.open, of.alerts, of.journal) == ({}, {}, [])


def test_undoing_a_later_block_sends_the_alert_again_as_it_stood() -> None:
    of = episodes()
    opened = take(of, 5)
    take(of, 6, score=0.9)
    take(of, 7, score=1.0)
    assert of.undo(5, "its block left") == [opened]
    assert take(of, 8).score == 0.6


def test_undoing_puts_the_closed_episode_back_in_place_of_the_one_that_followed() -> None:
    of = episodes()
    first, second = take(of, 5, timestamp=1000), take(of, 6, timestamp=9000)
    (retracted,) = of.undo(5, "its block left")
    assert (retracted.id, retracted.status) == (second.id, "retracted")
    assert take(of, 6, timestamp=1012).id == first.id


def test_undoing_nothing_says_nothing() -> None:
    of = episodes()
    take(of, 5)
    assert of.undo(5, "its block left") == []


def test_what_can_no_longer_change_is_forgotten_and_what_can_is_kept() -> None:
    of = episodes()
    old, late = take(of, 5, timestamp=1000), take(of, 30, timestamp=1500, subject=BOB)
    of.forget(20, now=1601)  # 601 seconds after the old one's last finding
    assert list(of.alerts) == [late.id]
    assert [entry[0] for entry in of.journal] == [30]
    assert old.id not in of.alerts


def test_a_closed_alert_that_an_undo_would_open_again_is_kept() -> None:
    of = episodes()
    first = take(of, 5, timestamp=1000)
    second = take(of, 30, timestamp=1601)  # 601 seconds later: another episode of the same subject
    of.forget(20, now=1601)
    opened, alerts, named = of.at(20)
    assert [episode.alert.id for episode in opened.values()] == [first.id]
    assert list(alerts) == list(named) == [first.id]
    of.undo(20, "its block left")
    again = take(of, 31, timestamp=1100)
    assert (again.id, again.id != second.id) == (first.id, True)


def test_batch_work_keeps_forgotten_alerts_for_the_book() -> None:
    of = Episodes("a run", SETTINGS, keep_all=True)
    old = take(of, 5, timestamp=1000)
    of.forget(40, now=9000)
    assert (list(of.alerts), of.open) == ([old.id], {})


def test_the_past_can_be_asked_for_without_going_back() -> None:
    of = episodes()
    opened = take(of, 5)
    revised = take(of, 6, score=0.9)
    _, alerts, named = of.at(5)
    assert alerts == {opened.id: opened}
    assert [len(tally.rows) for tally in named.values()] == [1]
    assert of.at(4) == ({}, {}, {})
    assert of.alerts == {opened.id: revised}


def test_an_alert_that_comes_to_rest_on_less_is_proven_no_more() -> None:
    first = layered(proven=True, proof="header")
    assert revised(first, layered(proven=True, proof="receipts-root")).proven is True
    assert revised(first, layered(proven=True, proof="none")).proven is False
    assert revised(first, layered(proven=False, proof="header")).proven is False
    graver = layered(proven=True, proof="header", severity="critical")
    assert revised(graver, layered(proven=False, proof="header", severity="low")).proven is True
