"""An alert is an episode: it opens, is revised, closes, becomes final, and goes back with the chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from detectors.alert import Alert, Role, RoleName
from detectors.base import hexed
from detectors.episodes import Episodes, alert_id
from detectors.ledger import Ledger
from detectors.settings import EngineSettings
from tests.detectors.findings import ALICE, BOB, MALLORY, finding, place, transaction

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
        "provisional",
        "a run",
        "transfers",
        "header",
    )
    assert alert.measured == {"evidence_rows": 1}


def test_the_same_again_revises_it_with_the_graver_severity_the_higher_score_and_all_evidence() -> None:
    of = episodes()
    first = take(of, 5, score=0.9, severity="critical")
    second = take(of, 6, score=0.7, severity="low", roles=((MALLORY, "attacker"), (BOB, "victim")))
    assert second.id == first.id
    assert (second.block_number, second.timestamp, second.updated_block) == (5, 60, 6)
    assert (second.score, second.severity) == (0.9, "critical")
    assert second.explanation == "Something in block 6."
    assert second.transactions == (hexed(transaction(5)), hexed(transaction(6)))
    assert {role.address for role in second.roles} == {hexed(wallet) for wallet in (ALICE, BOB, MALLORY)}
    assert list(of.alerts) == [first.id]


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
    assert take(of, 7, rows=1).measured["evidence_rows"] == 7


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


def test_a_victim_is_not_lowered_to_an_intermediary() -> None:
    victim, passes = ((ALICE, "victim"),), ((ALICE, "intermediary"),)
    assert roles_after(passes, victim) == {Role(hexed(ALICE), "victim")}  # type: ignore[arg-type]
    assert roles_after(victim, passes) == {Role(hexed(ALICE), "victim")}  # type: ignore[arg-type]


def test_an_alert_is_final_once_its_block_is_deep_enough_and_stays_so_when_revised() -> None:
    of = episodes()
    take(of, 5)
    assert of.finalise(14) == []  # nine blocks on top
    (final,) = of.finalise(15)
    assert final.status == "final"
    assert of.finalise(16) == []
    assert take(of, 17).status == "final"


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


def test_an_alert_that_became_final_meanwhile_stays_final_when_a_revision_is_undone() -> None:
    of = episodes()
    take(of, 5)
    take(of, 14)
    of.finalise(15)
    (again,) = of.undo(13, "its block left")
    assert (again.status, again.updated_block) == ("final", 5)


def test_what_can_no_longer_change_is_forgotten_and_what_can_is_kept() -> None:
    of = episodes()
    old, late = take(of, 5, timestamp=1000), take(of, 30, timestamp=1500, subject=BOB)
    of.finalise(40)
    of.forget(20, now=1601)  # 601 seconds after the old one's last finding
    assert list(of.alerts) == [late.id]
    assert [entry[0] for entry in of.journal] == [30]
    assert old.id not in of.alerts


def test_a_closed_alert_that_an_undo_would_open_again_is_kept() -> None:
    of = episodes()
    first = take(of, 5, timestamp=1000)
    of.finalise(40)
    second = take(of, 30, timestamp=1601)  # 601 seconds later: another episode of the same subject
    of.forget(20, now=1601)
    opened, alerts = of.at(20)
    assert [episode.alert.id for episode in opened.values()] == [first.id]
    assert list(alerts) == [first.id]
    of.undo(20, "its block left")
    again = take(of, 31, timestamp=1100)
    assert (again.id, again.id != second.id) == (first.id, True)


def test_batch_work_keeps_forgotten_alerts_for_the_book() -> None:
    of = Episodes("a run", SETTINGS, keep_all=True)
    old = take(of, 5, timestamp=1000)
    of.finalise(40)
    of.forget(40, now=9000)
    assert (list(of.alerts), of.open) == ([old.id], {})


def test_the_past_can_be_asked_for_without_going_back() -> None:
    of = episodes()
    opened = take(of, 5)
    revised = take(of, 6, score=0.9)
    _, alerts = of.at(5)
    assert alerts == {opened.id: opened}
    assert of.at(4) == ({}, {})
    assert of.alerts == {opened.id: revised}
