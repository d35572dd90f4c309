"""Ways of a thief to hide a drain, or to make it look small, which cost little: none of them works."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import cast

import pytest

from detectors.base import Detector
from detectors.library.wallet_drain import Settings, WalletDrain
from ingest import decode, schema
from tests.detectors.drains import (
    CUSTOMERS,
    ETHER,
    FEE,
    HELPER,
    HOT,
    LEFT,
    SPAM,
    SPENDER,
    SYBILS,
    THIEF,
    USD,
    VICTIMS,
    Act,
    alerts_of,
    all_native_value,
    drains,
    in_use,
    token_by_an_approval,
    token_then_native_value,
)
from tests.fixtures.frames import ChainBuilder, address

(WETH,) = schema.wrapped_natives(1)
TAKEN = LEFT - 3 * FEE
ALL = ("0x" + THIEF.hex(), {"0x" + victim.hex() for victim in VICTIMS})


def found(chain: ChainBuilder) -> list[tuple[str, set[str]]]:
    return [(subject, victims) for subject, victims, _ in drains(chain)]


def worthless(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(SPAM[0], HELPER, victim, 10**30)


def made_for_the_victim(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(SPAM[0], bytes(20), victim, 10**30)


def item(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc721(SPAM[0], THIEF, victim, 7)


def dust_of_a_token_in_use(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(USD, THIEF, victim, 1)


def deposit_without_value(chain: ChainBuilder, victim: bytes) -> None:
    chain.deposit_log(WETH, victim, TAKEN)


RETURNS: list[Act] = [worthless, made_for_the_victim, item, dust_of_a_token_in_use, deposit_without_value]


@pytest.mark.parametrize("back", RETURNS, ids=lambda act: act.__name__)
def test_what_comes_back_in_the_victims_own_transaction_must_be_worth_something(back: Act) -> None:
    chain = in_use(with_token=True)
    for victim in VICTIMS:
        chain.block().erc20(USD, victim, THIEF, 290)
        with chain.transaction(victim, THIEF, TAKEN):
            back(chain, victim)
    assert found(chain) == [ALL]


def test_a_twentieth_of_the_same_token_is_needed_whatever_comes_first() -> None:
    chain = in_use(with_token=True)
    for victim in VICTIMS:
        with chain.block().transaction(SPENDER, USD):
            chain.erc20(USD, THIEF, victim, 10).erc20(USD, victim, THIEF, 300)
    assert found(chain) == [ALL]


def claim_of_a_page(chain: ChainBuilder, victim: bytes) -> None:
    """The victim signs something harmless, which tells of payments that it never made."""
    with chain.transaction(victim, HELPER):
        for sybil in SYBILS:
            chain.erc20(SPAM[0], HELPER, victim, 5).erc20(SPAM[0], victim, sybil, 3)


def claim_of_the_token(chain: ChainBuilder, victim: bytes) -> None:
    with chain.transaction(victim, SPAM[0]):
        for sybil in SYBILS:
            chain.erc20(SPAM[0], HELPER, victim, 5).erc20(SPAM[0], victim, sybil, 3)


def a_payment_with_the_victims_keys(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(SPAM[0], HELPER, victim, 10).erc20(SPAM[0], victim, HELPER, 4)


def a_stake(chain: ChainBuilder, victim: bytes) -> None:
    """Dollars for a share of a vault, of which it gives some to a friend."""
    with chain.transaction(victim, SPAM[1]):
        chain.erc20(USD, victim, SPAM[1], 10).erc20(SPAM[2], bytes(20), victim, 10)
    chain.erc20(SPAM[2], victim, HELPER, 1)


RESTS: list[Act] = [claim_of_a_page, claim_of_the_token, a_payment_with_the_victims_keys, a_stake]


@pytest.mark.parametrize("rest", RESTS, ids=lambda act: act.__name__)
def test_what_is_left_but_worthless_or_staked_hides_nothing(rest: Act) -> None:
    chain = in_use(with_token=True)
    for victim in VICTIMS:
        rest(chain.block(), victim)
    for victim in VICTIMS:
        left = 280 if rest is a_stake else 290
        chain.block().erc20(USD, victim, THIEF, left).native(victim, THIEF, TAKEN)
    assert found(chain) == [ALL]


def test_a_stake_that_everybody_has_is_no_rest_either() -> None:
    chain = in_use(with_token=False)
    for customer in CUSTOMERS:
        with chain.transaction(customer, SPAM[1], ETHER // 100):
            chain.erc20(SPAM[2], bytes(20), customer, 10)
        chain.erc20(SPAM[2], customer, HELPER, 1)
    for victim in VICTIMS:
        chain.block().native(victim, THIEF, LEFT - ETHER // 100)
    assert found(chain) == [ALL]


@pytest.mark.parametrize("wei", [1, ETHER // 1000, ETHER // 50], ids=["a wei", "dust", "0.02 coins"])
def test_small_payments_of_his_own_wallets_make_the_thief_no_busy_place(wei: int) -> None:
    chain = in_use(with_token=False)
    for sybil in SYBILS:
        chain.native(HELPER, sybil, ETHER).native(sybil, THIEF, wei)
    for sybil in SYBILS:
        chain.native(THIEF, sybil, wei // 2 or 1)
    for victim in VICTIMS:
        chain.block().native(victim, THIEF, TAKEN)
    assert found(chain) == [ALL]


def test_what_was_stolen_makes_the_thief_no_busy_place() -> None:
    """With the loot of two he pays own wallets, which pay him back; then he takes from the others."""
    chain = in_use(with_token=False)
    for sybil in SYBILS:
        chain.native(sybil, THIEF, ETHER // 50)
    for sybil in SYBILS:
        chain.native(THIEF, sybil, ETHER // 60)
    victims = CUSTOMERS[:12]
    for victim in victims[:2]:
        chain.block().native(victim, THIEF, TAKEN)
    for sybil in (address(f"late sybil {n}") for n in range(8)):
        chain.native(THIEF, sybil, ETHER).native(sybil, THIEF, ETHER * 9 // 10)
    for victim in victims[2:]:
        chain.block().native(victim, THIEF, TAKEN)
    assert found(chain) == [("0x" + THIEF.hex(), {"0x" + victim.hex() for victim in victims})]


LOANS = [(1, "high"), (5, "high"), (40, "high")]


@pytest.mark.parametrize(("coins", "severity"), LOANS)
def test_what_the_thief_lends_first_is_his_and_the_rest_is_theirs(coins: int, severity: str) -> None:
    """Four lose 0.8 each, less the fees: 3.2 coins are high, whatever went to and fro."""
    chain = in_use(with_token=False)
    for victim in VICTIMS:
        chain.native(THIEF, victim, coins * ETHER)
    for victim in VICTIMS:
        chain.block().native(victim, THIEF, coins * ETHER + TAKEN)
    (alert,) = alerts_of(chain)
    assert alert["measured"]["native_wei"] == str(len(VICTIMS) * TAKEN)
    assert (alert["subject"]["id"], alert["severity"]) == (ALL[0], severity)


@pytest.mark.parametrize(
    ("shares", "blocks"),
    product([(0.94, 0.06), (0.5, 0.5), (0.94, 0.05), (0.35, 0.35, 0.3)], [0, 1]),
    ids=str,
)
def test_a_theft_in_bites_is_one_theft(shares: Sequence[float], blocks: int) -> None:
    chain = in_use(with_token=False)
    for victim in VICTIMS:
        chain.block()
        for share in shares:
            chain.native(victim, THIEF, int(share * 1000) * TAKEN // 1000)
            chain.native(victim, HELPER, 1).blocks(blocks)
    (alert,) = alerts_of(chain)
    taken = len(VICTIMS) * sum(int(share * 1000) * TAKEN // 1000 for share in shares)
    assert found(chain) == [ALL]
    assert alert["measured"]["native_wei"] == str(taken)
    assert alert["measured"]["evidence_rows"] == len(VICTIMS) * len(shares)
    assert alerts_of(chain, 1) == [alert]


@pytest.mark.parametrize("taker_funds", [True, False])
def test_a_little_first_money_is_no_excuse_for_a_theft(taker_funds: bool) -> None:
    chain = ChainBuilder().block()
    for victim in VICTIMS:
        chain.native(THIEF if taker_funds else HELPER, victim, ETHER // 500)
    for customer in CUSTOMERS:
        chain.native(HOT, customer, ETHER)
    for at, customer in enumerate(CUSTOMERS):
        for errand in range(2):
            chain.native(customer, address(f"errand {at} {errand}"), ETHER // 10)
    for victim in VICTIMS:
        chain.block().native(victim, THIEF, TAKEN)
    assert found(chain) == [ALL]


class Forgetful(WalletDrain):
    settings = Settings(remembered=10)


@pytest.mark.parametrize("theft", [all_native_value, token_then_native_value, token_by_an_approval])
def test_all_victims_of_a_block_count_however_few_are_remembered(theft: Act) -> None:
    """Twenty victims where ten rows are remembered: those of the block itself are beside that."""
    few = cast("Detector", Forgetful())
    chain = in_use(with_token=theft is not all_native_value).block()
    for victim in CUSTOMERS[:20]:
        theft(chain, victim)
    (alert,) = alerts_of(chain, 100, few)
    assert alert["measured"]["victims"] == 20
    assert sum(role["role"] == "victim" for role in alert["roles"]) == 20
    assert alerts_of(chain, 1, few) == [alert]


@pytest.mark.parametrize("how", [decode.BY_SETTING, decode.BY_CODE, None])
def test_the_wrapped_coin_is_worth_what_the_coin_is(how: str | None) -> None:
    wrapped = WETH if how is None else address("wrapped coin of a small chain")
    chain = in_use(with_token=False)
    for victim in VICTIMS:
        chain.native(HOT, victim, ETHER)
        with chain.transaction(victim, wrapped, ETHER):
            chain.deposit_log(wrapped, victim, ETHER)
    if how is not None:
        chain.wraps(wrapped, how)
    for victim in VICTIMS:
        chain.block().erc20(wrapped, victim, THIEF, ETHER).native(victim, THIEF, TAKEN)
    (alert,) = alerts_of(chain)
    assert alert["measured"]["native_wei"] == str(len(VICTIMS) * (ETHER + TAKEN))
    assert alert["severity"] == "high"


def test_dust_beside_tokens_that_nobody_uses_is_low() -> None:
    chain = ChainBuilder().block()
    for customer in CUSTOMERS:
        chain.native(HOT, customer, ETHER // 500).erc20(SPAM[0], HELPER, customer, 10**30)
    for at, customer in enumerate(CUSTOMERS[:6]):
        for errand in range(2):
            chain.native(customer, address(f"errand {at} {errand}"), 10)
        chain.erc20(SPAM[0], customer, HELPER, 10**29)
    for customer in CUSTOMERS[:6]:
        chain.block().erc20(SPAM[0], customer, THIEF, 9 * 10**29).native(customer, THIEF, ETHER // 500 - 20)
    assert [severity for _, _, severity in drains(chain)] == ["low"]
