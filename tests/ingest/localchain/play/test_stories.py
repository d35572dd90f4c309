"""The stories that the demo plays, on a real chain: well labelled, really mined, and true in every detail."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.deploying import world
from tests.fixtures.chain import Played
from tests.ingest.localchain.reading import labels_of, moved_by, named

pytestmark = pytest.mark.chain

ASSETS = {asset.address: asset for asset in world().assets}


@pytest.fixture(scope="module")
def chain(whole: Played) -> Wallet:
    return Wallet.connect(whole.rpc)


def told(played: Played, category: str, kind: str = "attack", variant: str = "") -> list[dict[str, Any]]:
    return [
        label
        for label in labels_of(played.labels)
        if (label["category"], label["kind"]) == (category, kind) and label["note"].startswith(variant)
    ]


def alike(one: str, other: str) -> bool:
    return one != other and one[:5] == other[:5] and one[-4:] == other[-4:]


def test_a_poisoned_victim_had_paid_the_address_that_is_imitated(whole: Played, chain: Wallet) -> None:
    for label in told(whole, "address-poisoning"):
        history = moved_by(chain, all_before(chain, label["first_block"]))
        for victim in named(label, "victim"):
            paid = {movement.receiver for movement in history if movement.sender == victim}
            assert any(alike(friend, fake) for friend in paid for fake in named(label, "attacker")), label


def test_poison_is_nothing_or_next_to_nothing_or_counterfeit(whole: Played, chain: Wallet) -> None:
    for label in told(whole, "address-poisoning"):
        for move in moved_by(chain, label["transactions"]):
            if move.receiver in named(label, "victim") and move.token in ASSETS:
                assert ASSETS[move.token].usd(move.amount) <= 0.01, label


def test_one_who_falls_for_it_loses_what_the_label_says(whole: Played, chain: Wallet) -> None:
    fallen = [label for label in told(whole, "address-poisoning") if label["harm_block"]]

    assert fallen
    for label in fallen:
        mistake = moved_by(chain, label["transactions"])[-1]
        assert mistake.block == label["harm_block"]
        assert mistake.sender in named(label, "victim") and mistake.receiver in named(label, "attacker")
        assert ASSETS[mistake.token].usd(mistake.amount) == label["loss_usd"]


def test_the_hostile_token_is_in_ordinary_traffic_and_in_a_poisoning(whole: Played, chain: Wallet) -> None:
    hostile = world().hostile
    assert "<img src=x onerror=alert(1)>" in hostile.symbol and "\u202e" in hostile.symbol

    poisoned = [t for label in told(whole, "address-poisoning") for t in label["transactions"]]
    assert hostile.address in {movement.token for movement in moved_by(chain, poisoned)}
    assert hostile.address in {movement.token for movement in moved_by(chain, all_before(chain, 25))}


def test_drained_people_have_a_life_of_their_own(whole: Played, chain: Wallet) -> None:
    for label in told(whole, "wallet-drain"):
        history = moved_by(chain, all_before(chain, label["first_block"]))
        paid = {victim: [m for m in history if m.sender == victim] for victim in named(label, "victim")}

        assert min(len(payments) for payments in paid.values()) >= 2
        assert not {m.receiver for payments in paid.values() for m in payments} & paid.keys()


def test_hard_negatives_do_no_harm(whole: Played) -> None:
    innocent = [label for label in labels_of(whole.labels) if label["kind"] == "hard_negative"]

    assert {(label["harm_block"], label["loss_usd"]) for label in innocent} == {(None, 0.0)}


def test_who_hands_in_tokens_gets_as_many_back(whole: Played, chain: Wallet) -> None:
    (label, *_) = told(whole, "wallet-drain", "hard_negative", "migration")
    moves = moved_by(chain, label["transactions"])

    for holder in named(label, "intermediary"):
        given = [m.amount for m in moves if m.sender == holder]
        got = [m.amount for m in moves if m.receiver == holder]
        assert given == got


def all_before(chain: Wallet, block: int) -> list[str]:
    """Hashes of everything mined since the fork and before `block`, set-up left out."""
    calls: list[tuple[str, list[Any]]] = [
        ("eth_getBlockByNumber", [hex(n), False]) for n in range(7, block + 1)
    ]
    return [hash_ for there in chain.ask_all(calls) for hash_ in there["transactions"]]
