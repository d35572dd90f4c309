"""Spam is true: it lies in many wallets, nobody moves it, and who paid to claim it got nothing for it."""

from __future__ import annotations

import re

import pytest

from tests.ingest.localchain.reading import named
from tests.ingest.localchain.truth.also import reads_like_a_listed_token, says_what_is_true
from tests.ingest.localchain.truth.played import Label, Told
from tests.ingest.localchain.truth.tokens import (
    NOBODY,
    deployed_by,
    fees_usd,
    moves_of,
    sent_by,
    supply_of,
    text_of,
)

CATEGORY = "spam-token"
BLOCKS_APART = 12
pytestmark = pytest.mark.chain

LINK = re.compile(r"[a-z0-9-]+\.(xyz|com|io|net|org|gift|me)\b", re.IGNORECASE)


def reached(told: Told, label: Label) -> set[str]:
    """Everybody who, by the token's logs, was given some, but for those who gave it and what they called."""
    token, *_ = deployed_by(told, label)
    moves = moves_of(told.chain, token, label["last_block"])
    called = {sent.to for sent in sent_by(told, label)}
    givers = {NOBODY, *named(label, "attacker"), *named(label, "infrastructure")}
    return {m.receiver for m in moves} - givers - called


def passed_on(told: Told, label: Label) -> set[str]:
    """Who of those moved it to anybody later, burning left out."""
    token, *_ = deployed_by(told, label)
    moves = moves_of(told.chain, token, label["last_block"])
    return {m.sender for m in moves if m.receiver != NOBODY} & reached(told, label)


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_spam_reaches_many_and_nobody_uses_it(told: Told) -> None:
    for label in told.attacks():
        assert len(reached(told, label)) >= 5, label["note"]
        assert not passed_on(told, label), label["note"]


def test_its_name_is_a_link_a_weapon_or_innocent(told: Told) -> None:
    for label in told.attacks():
        token, *_ = deployed_by(told, label)
        name = text_of(told.chain, token, "name") + " " + text_of(told.chain, token, "symbol")
        assert bool(LINK.search(name)) == (label["variant"] != "innocent_name"), ascii(name)[:80]
        hostile = any(mark in name for mark in "<>\u202e\u200b[=\u0300") or len(name) > 200
        assert hostile == (label["variant"] == "poisoned_name"), ascii(name)[:80]


def test_forged_events_name_a_sender_who_sent_nothing(told: Told) -> None:
    for label in told.attacks("forged_sender"):
        token, *_ = deployed_by(told, label)
        shown = {m.sender for m in moves_of(told.chain, token, label["last_block"])}
        assert len(shown) == 1 and NOBODY not in shown
        assert not shown & {sent.sender for sent in sent_by(told, label)}


def test_who_claims_pays_and_gets_nothing(told: Told) -> None:
    paid = [label for label in told.attacks() if label["harm_block"]]
    assert paid
    for label in paid:
        assert label["loss_usd"] > 0
        assert told.lost(label) == pytest.approx(label["loss_usd"], rel=0.02, abs=5), label["note"]
        gain = told.gained(label, "attacker") + fees_usd(told, label)
        assert gain == pytest.approx(label["loss_usd"], rel=0.002, abs=3), label["note"]


def test_where_nobody_claims_nobody_lost_anything(told: Told) -> None:
    unpaid = [label for label in told.attacks() if not label["harm_block"]]
    assert unpaid
    for label in unpaid:
        assert label["loss_usd"] == 0 and not named(label, "victim")
        assert told.gained(label, "attacker") <= 0


def test_a_throw_that_failed_reached_nobody(told: Told) -> None:
    assert told.failed()
    for label in told.failed():
        assert not reached(told, label) and not all(sent.ok for sent in sent_by(told, label))


def test_honest_gifts_are_used_by_those_who_get_them(told: Told) -> None:
    for label in told.hard_negatives():
        token, *_ = deployed_by(told, label)
        given, used = reached(told, label), passed_on(told, label)
        people = set(named(label, "intermediary"))
        assert supply_of(told.chain, token, label["last_block"]) > 0
        assert people <= given and len(used & people) >= 0.4 * len(people), label["note"]


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    says_what_is_true(told, {"token-impersonation": reads_like_a_listed_token})
