"""Address poisoning is true: a lookalike of whom the victim paid stands in its history, and some pay it."""

from __future__ import annotations

import pytest

from tests.ingest.localchain.reading import named, receipts_of
from tests.ingest.localchain.truth.also import says_what_is_true, shows_a_listed_name
from tests.ingest.localchain.truth.played import Label, Told

CATEGORY = "address-poisoning"
pytestmark = pytest.mark.chain


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_who_fell_for_it_lost_what_the_label_says_to_the_lookalike(told: Told) -> None:
    for label in told.attacks():
        assert label["loss_usd"] > 0
        (harmed,) = receipts_of(told.chain, label["transactions"][-1:])
        block = int(harmed["blockNumber"], 16)
        assert block == label["harm_block"] and harmed["from"] in named(label, "victim")
        for role, sign in (("victim", -1), ("attacker", 1)):
            change = told.wealth(named(label, role), block) - told.wealth(named(label, role), block - 1)
            assert sign * change == pytest.approx(label["loss_usd"], abs=5), label["note"]


def test_all_of_the_poison_is_mined(told: Told) -> None:
    for label in told.labels:
        assert {r["status"] for r in receipts_of(told.chain, label["transactions"])} == {"0x1"}, label["note"]


def test_who_did_not_fall_for_it_lost_nothing(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert (label["harm_block"], label["loss_usd"]) == (None, 0.0)
        assert told.lost(label) <= 0


@pytest.mark.parametrize("variant", ["zero_value", "batch_contract", "forged_events"])
def test_the_log_shows_a_payment_from_a_victim_to_a_lookalike_that_the_victim_never_sent(
    told: Told, variant: str
) -> None:
    for label in [one for one in told.labels if one["variant"] == variant]:
        shown = _shown(told, label)
        assert {(sender in named(label, "victim")) for sender, _ in shown} == {True}
        assert {receiver for _, receiver in shown} <= set(named(label, "attacker"))


def _shown(told: Told, label: Label) -> list[tuple[str, str]]:
    """(from, to) of each transfer in the log of the attackers' transactions."""
    receipts = receipts_of(told.chain, label["transactions"])
    logs = [log for r in receipts if r["from"] in named(label, "attacker") for log in r["logs"]]
    return [("0x" + log["topics"][1][-40:], "0x" + log["topics"][2][-40:]) for log in logs]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"token-impersonation": shows_a_listed_name})
