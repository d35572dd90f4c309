"""Suspicious contracts are true: their deployer was new, they lie on chain, and where used, it hurt."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.wallet import call_data
from tests.ingest.localchain.reading import named, receipts_of
from tests.ingest.localchain.truth.also import (
    MIXED_IN,
    enters_again,
    is_borrowed_and_paid_back,
    says_what_is_true,
    was_funded_by_the_mixer,
)
from tests.ingest.localchain.truth.played import Label, Told
from tests.ingest.localchain.truth.tokens import NOBODY, sent_by

CATEGORY = "suspicious-contract"
pytestmark = pytest.mark.chain

FEES_USD = 150
DEPOSIT = "0xdcbc1c05240f31ff3ad067ef1ee35ce4997762752e3a095284754544f4c709d7"
"""keccak-256 of "Deposit(address,address,uint256,uint256)", as in ERC-4626: caller, owner; assets, shares."""
NEW = 6
"""A new deployer has sent fewer transactions than this before the first suspicious one."""


def used(told: Told) -> list[Label]:
    return [label for label in told.attacks() if label["harm_block"]]


def unused(told: Told) -> list[Label]:
    return [label for label in told.attacks() if not label["harm_block"]]


def deployed(told: Told, label: Label) -> dict[str, int]:
    """The contracts that the label's transactions created, each with its block."""
    return {
        receipt["contractAddress"]: int(receipt["blockNumber"], 16)
        for receipt in receipts_of(told.chain, label["transactions"])
        if receipt["contractAddress"]
    }


def test_every_variant_is_played(told: Told) -> None:
    for kind in ("attack", "hard_negative"):
        assert told.variants(kind) == told.all_variants(kind)


def test_about_half_of_the_contracts_are_used(told: Told) -> None:
    attacks = told.attacks()
    assert 0.2 <= len(used(told)) / len(attacks) <= 0.8


def test_the_contract_lies_on_chain_before_it_does_harm(told: Told) -> None:
    for label in told.attacks():
        contracts = deployed(told, label)
        assert set(contracts) <= set(named(label, "attacker"))
        for address, block in contracts.items():
            assert len(told.chain.ask("eth_getCode", address, hex(block))) > 100, label["note"]
        if label["harm_block"]:
            assert max(contracts.values()) < label["harm_block"], label["note"]


def test_the_deployer_is_new(told: Told) -> None:
    for label in [*told.attacks(), *told.failed()]:
        deployer, before = named(label, "attacker")[0], hex(label["first_block"] - 1)
        assert int(told.chain.ask("eth_getTransactionCount", deployer, before), 16) < NEW, label["note"]


def test_who_mixes_a_deployers_first_money_is_named_with_the_notes_that_he_pays_in(told: Told) -> None:
    stories = [*told.attacks(), *told.failed()]
    for label in stories:
        logs = [log for r in receipts_of(told.chain, label["transactions"]) for log in r["logs"]]
        paid_in = {log["transactionHash"] for log in logs if log["topics"][0] == MIXED_IN}
        payers = {sent.sender for sent in sent_by(told, label) if sent.hash in paid_in}
        assert bool(paid_in) == ("mixer-flow" in label["also"])
        assert payers <= set(named(label, "attacker")[1:])
    assert any("mixer-flow" in label["also"] for label in stories)


def test_what_was_used_cost_its_victims_what_the_label_says(told: Told) -> None:
    for label in used(told):
        assert label["loss_usd"] > 0
        # A hooked token's bank holds the wrapped token, and the token's contract what it stands for.
        keeper = "infrastructure" if label["variant"] == "token_raider" else "victim"
        lost = told.lost(label, keeper)
        assert lost == pytest.approx(label["loss_usd"], rel=0.001, abs=FEES_USD), label["note"]
        harm, thieves = label["harm_block"], named(label, "attacker")
        gained = told.wealth(thieves, label["last_block"]) - told.wealth(thieves, harm - 1)
        assert gained >= 0.5 * label["loss_usd"] - FEES_USD, label["note"]


def test_what_was_not_used_or_in_vain_cost_its_target_nothing(told: Told) -> None:
    assert unused(told)
    for label in [*unused(told), *told.failed()]:
        targets = [*named(label, "infrastructure"), *named(label, "victim")]
        assert label["loss_usd"] == 0
        assert told.gained_by(label, targets) >= -FEES_USD, label["note"]


def test_honest_deployers_are_new_too_and_keep_what_is_theirs(told: Told) -> None:
    for label in told.hard_negatives():
        deployer, before = named(label, "intermediary")[0], hex(label["first_block"] - 1)
        assert deployed(told, label), label["note"]
        assert int(told.chain.ask("eth_getTransactionCount", deployer, before), 16) < NEW
        own = [*named(label, "intermediary"), *deployed(told, label)]
        gained = told.gained_by(label, own)
        if label["variant"] == "flash_borrower":
            assert gained > 0  # savings leave a vault that many use for one of its own
        else:
            assert gained == pytest.approx(0, abs=FEES_USD), label["note"]


# What the contract is used for


def sends(told: Told, label: Label, signature: str, *arguments: object) -> bool:
    """A transaction of the label calls a victim's function of that signature."""
    selector, victims = call_data(signature, *arguments)[:10], named(label, "victim")
    return any(sent.to in victims and sent.selector == selector for sent in sent_by(told, label))


def makes_a_share_dear(told: Told, label: Label) -> bool:
    """The attackers' contract is the vault's first depositor, of one unit, and a victim deposits after it."""
    deposited = [
        ("0x" + log["topics"][2][-40:], int(log["data"][2:66], 16))
        for receipt in receipts_of(told.chain, label["transactions"])
        for log in receipt["logs"]
        if log["topics"][0] == DEPOSIT
    ]
    return bool(deposited) and deposited[0][0] in named(label, "attacker") and deposited[0][1] == 1


def replaces_the_treasurys_code(told: Told, label: Label) -> bool:
    """A function is called on the treasury that the thief's code has and its own had not."""
    return sends(told, label, "empty(address[],address,uint256)", [], NOBODY, 0)


def decides_over_a_treasury(told: Told, label: Label) -> bool:
    """The deployer proposes what its own code is to do with it."""
    return sends(told, label, "propose(address,bytes)", NOBODY, b"")


def test_what_else_is_said_is_true_and_what_else_is_true_is_said(told: Told) -> None:
    checks = {
        "reentrancy": enters_again,
        "vault-inflation": makes_a_share_dear,
        "asset-drain": replaces_the_treasurys_code,
        "governance-attack": decides_over_a_treasury,
        "flash-loan-attack": is_borrowed_and_paid_back,
        "mixer-flow": was_funded_by_the_mixer,
    }
    says_what_is_true(told, checks)
