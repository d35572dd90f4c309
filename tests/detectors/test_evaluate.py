"""Books and labels made by hand, and what the judge must say of them, worked out beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.alerts.alert import Alert, Role
from detectors.evaluate import HORIZON_BLOCKS, Label, Misnamed, Verdict, judge
from detectors.evaluate.categories import ANY
from ingest.model.errors import BadInput
from tests.detectors.alerts import ALICE, BOB, MALLORY, TRUDY, label, labels, layered, transaction

CAROL = f"0x{'c' * 40}"
FIRST, SECOND = transaction(9_001), transaction(9_002)


def ids(found: tuple[Label, ...]) -> list[str]:
    return [each.id for each in found]


def verdict(alerts: list[Alert], *made: Label) -> Verdict:
    return judge(alerts, labels(*made))


def trudys(**changes: Any) -> Label:
    """Trudy layers too, and shares nothing with mallory."""
    plain = {"attackers": frozenset({TRUDY}), "addresses": frozenset({TRUDY}), "transactions": frozenset()}
    return label("trudy's", **(plain | changes))


def honest(**changes: Any) -> Label:
    """Bob's payroll."""
    plain = {"kind": "hard_negative", "attackers": frozenset(), "victims": frozenset()}
    return label("payroll", **(plain | {"addresses": frozenset({BOB})} | changes))


def anomaly(block: int = 100, *attackers: str, **changes: Any) -> Alert:
    plain = {"category": "anomalous-wallet", "detector": "anomalous-wallet", "id": f"anomaly {block}"}
    return layered(block, *attackers, **(plain | changes))


def test_a_perfect_book_finds_everything_and_flags_nothing_else() -> None:
    said = verdict([layered(), layered(101, TRUDY)], label(), trudys(), honest())
    assert (ids(said.found), ids(said.missed)) == (["attack", "trudy's"], [])
    assert (said.flagged_hard_negatives, said.unmatched, said.victims_named_attacker) == ((), (), ())
    assert (said.misnamed, said.duplicates, said.flags) == ((), (), ())


def test_an_empty_book_misses_everything() -> None:
    said = verdict([], label(), honest())
    assert (ids(said.found), ids(said.missed)) == ([], ["attack"])
    assert said.flagged_hard_negatives == ()


def test_in_an_empty_world_every_alert_is_about_nothing() -> None:
    assert verdict([layered()]).unmatched == (layered(),)
    assert verdict([]).missed == ()


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (95, True),
        (105 + HORIZON_BLOCKS, True),  # the last block that still counts
        (105 + HORIZON_BLOCKS + 1, False),
        (94, True),  # a warning: mallory was named before he did it
    ],
)
def test_an_alert_must_not_come_late(block: int, found: bool) -> None:
    said = verdict([layered(block)], label())
    assert (bool(said.found), bool(said.unmatched)) == (found, not found)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "retracted", "retraction_reason": "its block left the chain"},
        {"suppressed_by": {"kind": "arbitrage", "reason": "a cycle"}},
        {"category": "wallet-drain"},
    ],
)
def test_a_retracted_or_suppressed_alert_or_one_of_another_category_hits_nothing(
    changes: dict[str, Any],
) -> None:
    assert not verdict([layered(**changes)], label()).found


def test_a_retracted_or_suppressed_alert_is_not_held_against_anybody() -> None:
    raised = [
        layered(100, MALLORY, ALICE, status="retracted"),
        layered(101, BOB, suppressed_by={"kind": "airdrop", "reason": "gives"}),
    ]
    said = verdict(raised, label(), honest())
    assert (said.flagged_hard_negatives, said.unmatched, said.misnamed) == ((), (), ())
    assert (said.retracted, said.suppressed, said.raised) == (1, 1, ())


def test_an_attack_that_only_a_suppressed_alert_is_about_is_missed_and_said_so() -> None:
    lowered = layered(suppressed_by={"kind": "arbitrage", "reason": "a cycle"})
    assert ids(verdict([lowered], label(), trudys()).silenced) == ["attack"]
    assert ids(verdict([lowered, layered(101)], label()).silenced) == []


def test_an_alert_of_another_category_is_about_nothing_labelled_though_it_is_near() -> None:
    near, far = layered(category="wallet-drain"), layered(101, CAROL, category="wallet-drain")
    said = verdict([near, far], label())
    assert (said.unmatched, said.elsewhere) == ((near, far), (near,))


def test_a_shared_transaction_is_enough_and_naming_only_the_victim_is_not() -> None:
    shares = layered(100, BOB, transactions=(transaction(9_000),))
    assert verdict([shares], label()).found
    assert not verdict([layered(100, ALICE)], label()).found


def test_addresses_and_hashes_are_the_same_in_capitals() -> None:
    loud = f"0x{'D' * 40}"
    assert verdict([layered(100, loud)], label()).found
    assert verdict([layered(100, CAROL, transactions=(f"0x{'AB' * 32}",))], shouted()).found


def shouted() -> Label:
    return label(transactions=frozenset({f"0x{'ab' * 32}"}))


def test_naming_many_attackers_finds_nobody_but_through_a_transaction() -> None:
    fifty = [f"0x{number:040x}" for number in range(49)] + [MALLORY]
    assert not verdict([layered(100, *fifty)], label()).found
    assert verdict([layered(100, *fifty[:9], MALLORY)], label()).found  # ten are not too many
    assert verdict([layered(100, *fifty, transactions=(transaction(9_000),))], label()).found


def test_one_alert_that_names_five_thousand_addresses_and_all_transactions_finds_one_attack() -> None:
    made = [
        label(
            f"attack {n:04}", transactions=frozenset({transaction(n)}), attackers=frozenset({f"0x{n:040x}"})
        )
        for n in range(5_000)
    ]
    everybody = [f"0x{number:040x}" for number in range(5_000)]
    everything = tuple(transaction(number) for number in range(5_000))
    assert len(verdict([layered(100, *everybody, transactions=())], *made).missed) == 5_000
    assert ids(verdict([layered(100, *everybody, transactions=everything)], *made).found) == ["attack 0000"]


def test_an_alert_hits_one_label_only() -> None:
    said = verdict([layered()], label("first"), label("second"))
    assert (ids(said.found), ids(said.missed)) == (["first"], ["second"])


def test_an_alert_is_about_the_attack_it_shares_most_transactions_with() -> None:
    """One transaction and the attacker with the first, two transactions with the second."""
    first = label("first", transactions=frozenset({FIRST}))
    second = label("second", first=99, transactions=frozenset({SECOND, transaction(9_003)}))
    alert = layered(transactions=(FIRST, SECOND, transaction(9_003)))
    assert ids(verdict([alert], first, second).found) == ["second"]


def test_of_two_that_share_as_much_the_earlier_is_hit() -> None:
    later, earlier = label("a", first=98), label("b", first=96)
    assert ids(verdict([layered()], later, earlier).found) == ["b"]


def test_no_attack_is_left_unfound_because_another_took_its_only_alert() -> None:
    """Both alerts are about mallory, who layers slowly and, meanwhile, quickly; only one is in time for both.

    Taken in order of blocks, both alerts would go to the attack that began first.
    """
    first = label("first", first=50, last=105)
    second = label("second", first=60, last=70)
    alerts = [layered(100), layered(140)]
    assert ids(verdict(alerts, first, second).found) == ["first", "second"]


def test_a_hard_negative_is_flagged_by_its_transaction_or_by_calling_one_of_it_an_attacker() -> None:
    by_address = verdict([layered(100, BOB)], honest())
    by_transaction = verdict([layered(100, CAROL, transactions=(transaction(9_000),))], honest())
    assert ids(by_address.flagged_hard_negatives) == ids(by_transaction.flagged_hard_negatives) == ["payroll"]
    assert by_address.unmatched == ()
    assert len(by_address.flags) == 1


def test_a_hard_negative_is_not_flagged_by_another_category_or_as_a_victim() -> None:
    drain = layered(100, BOB, category="wallet-drain")
    pitied = layered(101, CAROL, roles=(Role(CAROL, "attacker"), Role(BOB, "victim")))
    said = verdict([drain, pitied], honest())
    assert (said.flagged_hard_negatives, len(said.unmatched)) == ((), 2)


def test_an_alert_that_hits_an_attack_flags_no_hard_negative() -> None:
    said = verdict([layered(100, MALLORY, BOB)], label(), honest())
    assert (ids(said.found), said.flagged_hard_negatives) == (["attack"], ())


def test_a_victim_of_the_attack_called_an_attacker_is_counted() -> None:
    alert = layered(100, MALLORY, ALICE)
    assert verdict([alert], label()).victims_named_attacker == ((alert.id, ALICE),)


def test_a_victim_called_an_attacker_by_an_alert_about_nothing_else_is_counted_too() -> None:
    drain = layered(100, ALICE, category="wallet-drain")
    said = verdict([drain], label())
    assert (said.victims_named_attacker, said.unmatched) == (((drain.id, ALICE),), (drain,))


def test_a_victim_who_attacks_elsewhere_may_be_called_an_attacker() -> None:
    robbed_robber = label("other", attackers=frozenset({ALICE}), victims=frozenset(), first=300, last=305)
    alert = layered(304, ALICE)
    assert verdict([alert], label(), robbed_robber).victims_named_attacker == ()
    within = layered(100, MALLORY, ALICE)  # an alert about the very attack in which she is the victim
    assert verdict([within], label(), robbed_robber).victims_named_attacker == ((within.id, ALICE),)


def test_every_part_that_is_misnamed_is_told() -> None:
    story = label(
        addresses=frozenset({MALLORY, ALICE, BOB, CAROL}),
        infrastructure=frozenset({BOB}),
        intermediaries=frozenset({CAROL}),
    )
    roles = (Role(MALLORY, "victim"), Role(ALICE, "victim"), Role(BOB, "attacker"), Role(CAROL, "attacker"))
    alert = layered(100, BOB, roles=roles, transactions=(transaction(9_000),))
    assert set(verdict([alert], story).misnamed) == {
        Misnamed(alert.id, MALLORY, "attacker", "victim"),
        Misnamed(alert.id, BOB, "infrastructure", "attacker"),
        Misnamed(alert.id, CAROL, "intermediary", "attacker"),
    }


def test_infrastructure_of_a_hard_negative_called_an_attacker_is_misnamed() -> None:
    alert = layered(100, BOB)
    said = verdict([alert], honest(infrastructure=frozenset({BOB})))
    assert said.misnamed == (Misnamed(alert.id, BOB, "infrastructure", "attacker"),)


def test_an_id_that_comes_twice_is_a_duplicate_and_its_later_line_is_judged() -> None:
    alert = layered()
    said = verdict([alert, layered(status="retracted")], label())
    assert (said.duplicates, ids(said.missed)) == (((alert.id, alert.id),), ["attack"])


def test_two_alerts_of_one_detector_about_one_subject_that_hit_one_attack_are_duplicates() -> None:
    again = layered(101)
    said = verdict([layered(), again], label())
    assert (said.duplicates, ids(said.found)) == (((layered().id, again.id),), ["attack"])


@pytest.mark.parametrize(
    "changes",
    [{"detector": "another"}, {"subject_id": TRUDY}, {"subject_kind": "flow"}],
)
def test_alerts_of_two_detectors_or_about_two_subjects_are_no_duplicates(changes: dict[str, Any]) -> None:
    assert verdict([layered(), layered(101, **changes)], label()).duplicates == ()


def test_two_alerts_about_one_subject_that_hit_two_attacks_are_no_duplicates() -> None:
    said = verdict([layered(), layered(101)], label("first"), label("second"))
    assert (said.duplicates, ids(said.found)) == ((), ["first", "second"])


def test_an_anomaly_about_an_attacker_of_another_category_is_right_but_finds_nothing() -> None:
    said = verdict([anomaly()], label())
    assert (said.found, said.unmatched, ids(said.missed)) == ((), (), ["attack"])
    assert [(hit.alert, hit.label.id) for hit in said.hits] == [(anomaly(), "attack")]


def test_a_node_that_differs_is_found_by_its_subject_and_accuses_nobody() -> None:
    nobody: dict[str, Any] = {"category": "node-divergence", "attackers": frozenset(), "victims": frozenset()}
    apart: dict[str, Any] = {
        "transactions": frozenset(),
        "subjects": frozenset({TRUDY}),
        "addresses": frozenset({TRUDY}),
    }
    told: dict[str, Any] = {
        "category": "node-divergence",
        "detector": "node-divergence",
        "roles": (Role(TRUDY, "subject"),),
    }
    liar = label("liar", **nobody, **apart)
    slow = label("slow", kind="hard_negative", **nobody, **(apart | {"addresses": frozenset({BOB})}))

    said = verdict([layered(**told)], liar, slow)
    assert (ids(said.found), said.unmatched, said.flagged_hard_negatives, said.misnamed) == (
        ["liar"],
        (),
        (),
        (),
    )
    said = verdict([layered(**(told | {"roles": (Role(BOB, "subject"),)}))], liar, slow)
    assert (ids(said.missed), ids(said.flagged_hard_negatives)) == (["liar"], ["slow"])


def test_an_anomaly_finds_an_attack_of_its_own_category_before_all_others() -> None:
    """It shares a transaction with the layering, and only the attacker with what it is labelled for."""
    own = label("odd", category="anomalous-wallet", transactions=frozenset())
    said = verdict([anomaly(transactions=(transaction(9_000),))], label(), own)
    assert (ids(said.found), ids(said.missed)) == (["odd"], ["attack"])


def test_an_anomaly_about_no_attacker_is_unmatched_and_about_a_hard_negative_is_a_flag() -> None:
    stray, payroll = anomaly(100, CAROL), anomaly(101, BOB)
    said = verdict([stray, payroll], label(), honest())
    assert (said.unmatched, said.flags, said.flagged_hard_negatives) == ((stray,), (payroll,), ())
    own = verdict([payroll], honest(category="anomalous-wallet"))
    assert ids(own.flagged_hard_negatives) == ["payroll"]


def test_an_alert_that_names_no_category_hits_attacks_and_flags_hard_negatives_of_any() -> None:
    drain = trudys(category="wallet-drain")
    naive = [layered(100, MALLORY, category=ANY), layered(101, TRUDY, category=ANY)]
    said = verdict([*naive, layered(102, BOB, category=ANY)], label(), drain, honest())
    assert (ids(said.found), ids(said.flagged_hard_negatives)) == (["attack", "trudy's"], ["payroll"])


def test_a_book_of_another_chain_is_refused_in_one_line() -> None:
    with pytest.raises(BadInput, match="about chain 2 and the labels about chain 1: give") as error:
        verdict([layered(chain_id=2)], label())
    assert "\n" not in str(error.value)


def test_the_order_of_the_book_and_of_the_labels_changes_nothing() -> None:
    alerts = [layered(block) for block in range(96, 104)] + [layered(101, TRUDY), anomaly(99, BOB)]
    made = [label("first"), label("second", first=96), trudys(), honest()]
    assert judge(alerts[::-1], labels(*made[::-1])).hits == judge(alerts, labels(*made)).hits
