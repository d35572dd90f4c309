"""Reentrancy: mallory takes her stake out several times; others only seem to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.reentrancy import Reentrancy
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, WETH, Market

ALICE, BOB, MALLORY, RAIDER, OTHER, BANK, USD, BUILDER = (
    address(name) for name in ("alice", "bob", "mallory", "raider", "other hand", "bank", "usd", "builder")
)

DAY = 86_400


def begun() -> ChainBuilder:
    """Alice and bob have put a thousand dollars into the bank; mallory has two contracts."""
    chain = ChainBuilder().block().creates(BUILDER, BANK).creates(MALLORY, RAIDER).creates(MALLORY, OTHER)
    chain.erc20(USD, ALICE, BANK, 700, via=BANK).erc20(USD, BOB, BANK, 300, via=BANK)
    return chain.block()


def alerts(chain: ChainBuilder | Market) -> list[Alert]:
    detectors: list[Any] = [Reentrancy()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def proven(chain: ChainBuilder | Market, proof: str = "receipts-root") -> list[bool | None]:
    """What alerts say of it, where the blocks are proved so."""
    batch = chain.batch()
    detectors: list[Any] = [Reentrancy()]
    engine = Engine(1, detectors, follows=False)
    engine.take(replace(batch, blocks=batch.blocks.with_columns(proof=pl.lit(proof))))
    return [alert.proven for alert in engine.standing()]


def raid(chain: ChainBuilder, *payouts: int, stake: int = 100, hands: tuple[bytes, ...] = (RAIDER,)) -> None:
    with chain.transaction(MALLORY, RAIDER, data=b"raid"):
        if stake:
            chain.erc20(USD, RAIDER, BANK, stake)
        for n, amount in enumerate(payouts):
            chain.erc20(USD, BANK, hands[n % len(hands)], amount)


def test_the_bank_that_pays_a_stake_four_times_is_the_victim_of_mallory_and_her_contract() -> None:
    chain = begun()
    raid(chain, 100, 100, 100, 100)
    (alert,) = alerts(chain)
    roles = {role.address: role.role for role in alert.roles}
    assert roles == {
        "0x" + MALLORY.hex(): "attacker",
        "0x" + RAIDER.hex(): "attacker",
        "0x" + BANK.hex(): "victim",
    }
    assert alert.measured["payouts"] == 4
    assert alert.measured["beyond"] == 3.0


def test_a_raid_by_contracts_of_which_all_is_known_is_proven_by_its_logs() -> None:
    chain = begun()
    raid(chain, 100, 100, 100)
    assert proven(chain) == proven(chain, "header") == [True]
    assert proven(chain, "none") == [False]


def test_calls_inside_lie_under_no_root_so_what_they_show_is_not_proven() -> None:
    market = Market(begun())
    market.traced.add(market.chain.head)
    market._calls([(RAIDER, BANK, ETHER, "call"), *[(BANK, RAIDER, ETHER, "call")] * 3])
    with market.chain.transaction(MALLORY, RAIDER, ETHER, data=b"raid"):
        pass
    assert proven(market) == [False]


def test_of_an_account_that_was_there_before_the_stream_nothing_is_proven() -> None:
    chain = begun()
    with chain.transaction(MALLORY, BANK, data=b"raid"):
        chain.erc20(USD, MALLORY, BANK, 100)
        for _ in range(3):
            chain.erc20(USD, BANK, MALLORY, 100)
    assert proven(chain) == [False]


def test_two_hands_in_turn_are_one_side() -> None:
    chain = begun()
    raid(chain, 100, 100, hands=(RAIDER, OTHER))
    (alert,) = alerts(chain)
    assert {role.address for role in alert.roles if role.role == "attacker"} >= {"0x" + OTHER.hex()}


def test_ether_that_comes_back_twice_is_seen_where_there_are_traces() -> None:
    market = Market(begun())
    market.traced.add(market.chain.head)
    market._calls([(RAIDER, BANK, ETHER, "call"), *[(BANK, RAIDER, ETHER, "call")] * 3])
    with market.chain.transaction(MALLORY, RAIDER, ETHER, data=b"raid"):
        pass
    (alert,) = alerts(market)
    assert alert.value_wei == str(2 * ETHER)


def test_great_sums_are_compared_exactly() -> None:
    chain, stake = begun(), 10**19 + 7
    raid(chain, stake, stake, stake=stake)
    assert len(alerts(chain)) == 1


def test_twice_half_of_what_she_has_there_is_hers() -> None:
    chain = begun()
    raid(chain, 50, 50)
    assert alerts(chain) == []


def test_what_she_puts_straight_back_is_no_loss() -> None:
    chain = begun()
    with chain.transaction(MALLORY, RAIDER, data=b"turn"):
        for _ in range(3):
            chain.erc20(USD, RAIDER, BANK, 100).erc20(USD, BANK, RAIDER, 100)
    assert alerts(chain) == []


def test_rewards_of_one_who_put_in_more_are_earned() -> None:
    chain = begun()
    raid(chain, 10, 10, 10)
    assert alerts(chain) == []


def test_alice_and_bob_who_are_paid_the_same_by_one_call_are_two() -> None:
    chain = begun()
    with chain.transaction(ALICE, BANK, data=b"close"):
        chain.erc20(USD, BANK, ALICE, 300).erc20(USD, BANK, BOB, 300)
    assert alerts(chain) == []


def test_wrapped_ether_is_ether() -> None:
    chain = begun()
    with chain.transaction(MALLORY, RAIDER, data=b"raid"):
        chain.erc20(WETH, RAIDER, BANK, ETHER)
        for _ in range(3):
            chain.erc20(WETH, BANK, RAIDER, ETHER)
    (alert,) = alerts(chain)
    assert alert.value_wei == str(2 * ETHER)


def test_alice_of_whose_deposits_the_oldest_are_forgotten_takes_two_equal_sums() -> None:
    chain = begun().block(200 * DAY).erc20(USD, ALICE, BANK, 100, via=BANK).block()
    with chain.transaction(ALICE, BANK, data=b"take"):
        chain.erc20(USD, BANK, ALICE, 100).erc20(USD, BANK, ALICE, 100)
    assert alerts(chain) == []
