"""Thefts from contracts of which nothing was seen before mallory called his own: the shape of one transaction
decides, and what honest people take looks different.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.evaluate.recorded import exploits, files
from detectors.library.asset_drain import AssetDrain
from detectors.library.flash_loan_attack import FlashLoanAttack
from ingest.decode.shapes import signature
from tests.detectors.test_asset_drain import alerts, roles
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.lenders import BORROW
from tests.fixtures.mainnet import recorded

MALLORY, RAID, HELPER, LOOT, BANK, SAFE, POOL, ALICE, WALLET, USD, EUR, JUNK, SHARE = (
    address(name)
    for name in (
        *("mallory", "raid", "helper", "loot wallet", "bank", "safe", "pool", "alice", "alice's wallet"),
        *("usd", "eur", "junk", "share"),
    )
)
Deed = Callable[[ChainBuilder], object]


def said(deed: Deed, by: bytes = MALLORY, called: bytes = RAID, before: Deed | None = None) -> list[Alert]:
    """Alerts of a chain on which `by` calls `called`, inside of which the deed happens."""
    chain = ChainBuilder().block()
    if before is not None:
        before(chain)
        chain.block()
    with chain.transaction(by, called, data=b"\1\2\3\4"):
        deed(chain)
    return alerts(chain)


def debt(token: bytes, who: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Topics and data by which a lender tells that somebody owes it."""
    return (BORROW, word(token), word(who), word(0)), word(who) + word(5_000) + word(1) + word(0)


def two_safes(chain: ChainBuilder, to: bytes = HELPER) -> ChainBuilder:
    return chain.erc20(USD, BANK, to, 5_000).erc20(EUR, SAFE, to, 7_000)


def test_a_helper_that_empties_two_contracts_is_the_attacker_and_the_alert_says_what_is_not_known() -> None:
    (alert,) = said(two_safes)
    assert roles(alert) == {
        "0x" + HELPER.hex(): "attacker", "0x" + MALLORY.hex(): "attacker",
        "0x" + BANK.hex(): "victim", "0x" + SAFE.hex(): "victim",
    }  # fmt: skip
    assert "not known" in alert.explanation
    assert alert.severity == "medium"  # nobody knows what the tokens are worth


def test_who_sends_the_loot_on_at_once_is_named_with_who_has_it() -> None:
    (alert,) = said(
        lambda chain: (
            two_safes(two_safes(chain), HELPER)
            .erc20(USD, HELPER, LOOT, 10_000)
            .erc20(EUR, HELPER, LOOT, 14_000)
        )
    )
    assert {who for who, role in roles(alert).items() if role == "attacker"} == {
        "0x" + who.hex() for who in (MALLORY, HELPER, LOOT)
    }
    assert alert.score > said(two_safes)[0].score


def test_a_pool_that_is_given_worthless_tokens_for_both_of_its_own_is_robbed() -> None:
    def deed(chain: ChainBuilder) -> None:
        chain.erc20(JUNK, MALLORY, POOL, 5_050).erc20(SHARE, MALLORY, POOL, 7_070)
        chain.erc20(USD, POOL, RAID[::-1], 5_000).erc20(EUR, POOL, RAID[::-1], 7_000)

    (alert,) = said(deed)
    assert alert.measured["swapped"] == 1
    assert roles(alert)["0x" + POOL.hex()] == "victim"


def test_who_puts_in_and_takes_out_more_robs_the_others_of_the_bank() -> None:
    def deed(chain: ChainBuilder) -> None:
        for _ in range(2):
            chain.erc20(USD, HELPER, BANK, 1_000).erc20(USD, BANK, HELPER, 1_300)
        chain.erc20(USD, HELPER, LOOT, 600)

    (alert,) = said(deed)
    assert alert.measured["turned"] == 0.3
    assert {who for who, role in roles(alert).items() if role == "victim"} == {"0x" + BANK.hex()}


def test_a_contract_that_is_mallorys_alone_may_keep_the_loot_itself() -> None:
    (alert,) = said(lambda chain: two_safes(chain, RAID), before=lambda chain: chain.creates(MALLORY, RAID))
    assert roles(alert)["0x" + RAID.hex()] == "attacker"


@pytest.mark.parametrize("to", [ALICE, WALLET])
def test_rewards_that_alice_claims_herself_or_by_her_wallet_with_code_are_hers(to: bytes) -> None:
    assert said(lambda chain: two_safes(chain, to), by=ALICE, called=WALLET) == []


def test_a_compounder_takes_out_first_and_puts_back_what_its_fee_leaves() -> None:
    def deed(chain: ChainBuilder) -> None:
        chain.erc20(USD, BANK, HELPER, 1_000).erc20(USD, HELPER, LOOT, 40).erc20(USD, HELPER, BANK, 960)

    assert said(deed) == []


@pytest.mark.parametrize(
    "also",
    [
        lambda chain: chain.erc20(SHARE, HELPER, bytes(20), 12_000),
        lambda chain: chain.erc721(JUNK, HELPER, BANK, 7),
        lambda chain: chain.log(BANK, *debt(USD, HELPER)),
    ],
    ids=["shares are burnt", "art is given", "a debt is told"],
)
def test_what_shares_art_or_a_debt_is_given_for_is_paid(also: Deed) -> None:
    def deed(chain: ChainBuilder) -> None:
        also(two_safes(chain))

    assert said(deed) == []


def test_payments_of_many_to_many_in_one_batch_are_no_theft() -> None:
    def deed(chain: ChainBuilder) -> None:
        for at in range(6):
            token = (USD, EUR)[at % 2]
            chain.erc20(token, address(f"payer {at}"), address(f"payee {at}"), 100)

    assert said(deed) == []


def test_a_treasury_that_pays_one_in_two_tokens_does_what_it_is_for() -> None:
    def deed(chain: ChainBuilder) -> None:
        chain.erc20(USD, BANK, HELPER, 5_000).erc20(EUR, BANK, HELPER, 7_000)

    assert said(deed) == []


def test_what_a_vote_pays_out_of_several_contracts_is_left_to_who_judges_votes() -> None:
    def deed(chain: ChainBuilder) -> None:
        two_safes(chain).log(RAID, (signature("ProposalExecuted(uint256)"),), word(7))

    assert said(deed) == []


def test_a_hot_wallet_that_had_to_do_with_the_payers_before_collects_from_them() -> None:
    assert said(two_safes, before=lambda chain: chain.erc20(USD, HELPER, BANK, 5_000)) == []


def test_a_wrapper_that_pays_native_value_nobody_traces_leaves_it_open_who_was_paid() -> None:
    weth = address("weth")

    def deed(chain: ChainBuilder) -> None:
        two_safes(chain).withdrawal(weth, RAID, 10**18)

    assert said(deed, before=lambda chain: chain.wraps(weth)) == []


def borrowed(chain: ChainBuilder, *, by_debt: bool = False) -> ChainBuilder:
    """Mallory borrows dollars for a moment; his contract gets euros, sells them to an unknown pool, and a
    wallet has what is left.
    """
    with chain.transaction(MALLORY, RAID, data=b"\1\2\3\4"):
        chain.erc20(USD, SAFE, RAID, 9_000)
        if by_debt:
            chain.log(BANK, debt(EUR, RAID)[0], debt(EUR, RAID)[1])
        chain.erc20(EUR, BANK, RAID, 8_000).erc20(EUR, RAID, POOL, 8_000).erc20(USD, POOL, RAID, 7_900)
        chain.erc20(USD, RAID, SAFE, 9_000).erc20(USD, RAID, LOOT, 7_900)
    return chain


def test_a_token_without_a_price_that_is_sold_to_an_unknown_pool_was_somebodys() -> None:
    (alert,) = alerts(borrowed(ChainBuilder().block()), FlashLoanAttack())
    assert roles(alert)["0x" + BANK.hex()] == "victim"
    assert {roles(alert)["0x" + who.hex()] for who in (MALLORY, RAID, LOOT)} == {"attacker"}
    assert "what has no price" in alert.explanation


def test_who_owes_the_euros_that_he_sells_with_a_loan_has_taken_them_on_credit() -> None:
    assert alerts(borrowed(ChainBuilder().block(), by_debt=True), FlashLoanAttack()) == []


def test_five_of_the_six_recorded_exploits_are_told_with_who_has_the_loot() -> None:
    expected = {
        "0x35032531": "0x3882a1e7", "0x395675b5": "0x910fd17b", "0x597d11c0": "0x00000000b2ff98680ada",
        "0x600a869a": "0x9e025943", "0x8bb8dc5c": "0xdf8bee86",
    }  # fmt: skip
    detectors: list[Any] = [AssetDrain(), FlashLoanAttack()]
    for path in sorted(recorded("exploits").glob("*.json")):
        outcome = exploits._outcome(path, detectors)
        assert bool(outcome.fitting) == outcome.found_untraced == (path.stem in expected)
        for alert in outcome.fitting:
            named = {role.address for role in alert.roles if role.role == "attacker"}
            assert any(who.startswith(expected[path.stem]) for who in named)
            assert Path(outcome.place).stem == path.stem


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def test_the_sixth_exploit_is_found_once_it_was_seen_who_had_staked() -> None:
    """Umbrella: one asset goes from one contract to another, as in every withdrawal; that the taker had never
    put anything in is the whole mechanism, and lies before the transaction.
    """
    path = recorded("exploits/0x33479bcf.json")
    exploit = files.decode(path, files.read(path), exploits.Recorded)
    moved = exploit.logs[0]
    share, (bank, taker) = raw(moved.address), (raw(topic[-40:]) for topic in moved.topics[1:])
    units = int(moved.data, 16)
    chain = ChainBuilder().block().creates(ALICE, bank)
    for at in range(3):
        staker = address(f"staker {at}")
        chain.erc20(share, staker, bank, units // 3 + 1, by=staker, via=bank)
    chain.creates(MALLORY, taker).block(2 * 86_400)
    with chain.transaction(MALLORY, taker, data=b"\1\2\3\4"):
        chain.erc20(share, bank, taker, units)
    (alert,) = alerts(chain)
    assert roles(alert)["0x" + bank.hex()] == "victim"
    assert roles(alert)["0x" + taker.hex()] == roles(alert)["0x" + MALLORY.hex()] == "attacker"
