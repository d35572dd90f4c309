"""Vault inflation: mallory's gift to herself, and gifts that are none of hers."""

from __future__ import annotations

from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.vault_inflation import VaultInflation
from tests.contract.stories.vault_inflation import DEAD, USD, Vault
from tests.contract.story import TOKENS
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import WETH

ALICE, BOB, MALLORY, OPERATOR, TOOL = (
    address(name) for name in ("alice", "bob", "mallory", "operator", "tool")
)

EUR = TOKENS["eur"]


def opened() -> Vault:
    return Vault(ChainBuilder().block().creates(OPERATOR, address("vault")).block(), address("vault"))


def alerts(vault: Vault) -> list[Alert]:
    detectors: list[Any] = [VaultInflation()]
    engine = Engine(1, detectors, follows=False)
    engine.take(vault.chain.batch())
    return list(engine.standing())


def test_mallory_who_has_the_only_share_and_gives_a_million_is_named_before_alice_comes() -> None:
    vault = opened()
    vault.pays_in(MALLORY, 1, 1)
    vault.chain.erc20(USD, MALLORY, vault.where, 10**6)
    (alert,) = alerts(vault)
    roles = {role.address: role.role for role in alert.roles}
    assert roles == {"0x" + MALLORY.hex(): "attacker", "0x" + vault.where.hex(): "infrastructure"}
    assert alert.measured["factor"] == 10**6 + 1


def test_alice_is_never_named_for_the_deposit_that_buys_her_nothing() -> None:
    vault = opened()
    vault.pays_in(MALLORY, 1, 1)
    vault.chain.erc20(USD, MALLORY, vault.where, 10**6).block()
    vault.pays_in(ALICE, 10**6, 0)
    (alert,) = alerts(vault)
    assert "0x" + ALICE.hex() not in {role.address for role in alert.roles}


def test_a_unit_and_a_gift_in_one_call_of_her_contract_are_told_apart() -> None:
    vault = opened()
    vault.chain.creates(MALLORY, TOOL).erc20(USD, MALLORY, TOOL, 10**7)
    with vault.chain.transaction(MALLORY, TOOL):
        vault.takes(TOOL, 1, 1)
        vault.chain.erc20(USD, TOOL, vault.where, 10**6)
    (alert,) = alerts(vault)
    assert {role.address for role in alert.roles if role.role == "attacker"} == {
        "0x" + who.hex() for who in (MALLORY, TOOL)
    }


def test_who_gives_to_other_peoples_shares_is_generous() -> None:
    vault = opened()
    vault.pays_in(ALICE, 10, 10)
    vault.pays_in(MALLORY, 1, 1)
    vault.chain.erc20(USD, MALLORY, vault.where, 10**6)
    assert alerts(vault) == []


def test_who_has_burnt_the_first_shares_gives_to_nobody() -> None:
    vault = opened()
    vault.pays_in(OPERATOR, 10, 10)
    vault.chain.erc20(vault.where, OPERATOR, DEAD, 10).erc20(USD, OPERATOR, vault.where, 10**6)
    assert alerts(vault) == []


def test_ten_times_as_dear_by_ones_own_gift_is_no_attack_yet() -> None:
    vault = opened()
    vault.pays_in(ALICE, 1_000, 1_000)
    vault.chain.erc20(USD, ALICE, vault.where, 9_000)
    assert alerts(vault) == []


def test_a_vault_of_whose_deposits_nothing_is_known_is_not_judged() -> None:
    vault = Vault(ChainBuilder().block(), address("old vault"))
    vault.chain.erc20(vault.where, bytes(20), ALICE, 5, by=ALICE)
    vault.chain.block().erc20(USD, ALICE, vault.where, 10**6)
    assert alerts(vault) == []


def test_a_gift_that_is_taken_out_again_in_the_same_transaction_was_one() -> None:
    vault = opened()
    vault.chain.creates(MALLORY, TOOL).erc20(USD, MALLORY, TOOL, 10**7).block()
    with vault.chain.transaction(MALLORY, TOOL):
        vault.chain.erc20(USD, TOOL, vault.where, 100).erc20(vault.where, vault.where, TOOL, 2)
        vault.chain.erc20(USD, TOOL, vault.where, 10**6).erc20(EUR, OPERATOR, TOOL, 500)
        vault.chain.erc20(vault.where, TOOL, vault.where, 2).erc20(USD, vault.where, TOOL, 10**6 + 100)
    assert len(alerts(vault)) == 1


def test_a_vault_of_wrapped_ether_is_a_vault() -> None:
    vault = opened()
    for amount, shares in ((1, 1), (10**18, 0)):
        with vault.chain.transaction(MALLORY, vault.where):
            vault.chain.erc20(WETH, MALLORY, vault.where, amount)
            if shares:
                vault.chain.erc20(vault.where, bytes(20), MALLORY, shares)
    (alert,) = alerts(vault)
    assert alert.value_wei == str(10**18)
