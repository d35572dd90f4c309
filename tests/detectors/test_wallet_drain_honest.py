"""People who send all they have to one address and are nobody's victims; and who would have them accused."""

from __future__ import annotations

import pytest

from ingest import schema
from tests.detectors.drains import (
    CUSTOMERS,
    ETHER,
    FEE,
    HELPER,
    HOT,
    LEFT,
    SPAM,
    USD,
    VICTIMS,
    drains,
    in_use,
)
from tests.fixtures.frames import address

(WETH,) = schema.wrapped_natives(1)
SHOP, EXCHANGE, ROUTER, POOL, BANK = (address(n) for n in ("shop", "exchange", "router", "pool", "bank"))


def test_who_wraps_all_native_value_gets_it_back() -> None:
    chain = in_use(with_token=False)
    for customer in CUSTOMERS:
        chain.block().deposit(WETH, customer, LEFT - FEE)
    assert drains(chain) == []


def test_who_buys_a_token_in_use_with_all_native_value_gets_it() -> None:
    chain = in_use(with_token=True)
    for customer in CUSTOMERS[:6]:
        chain.erc20(USD, customer, SHOP, 290)
        with chain.block().transaction(customer, ROUTER, LEFT - 4 * FEE):
            chain.erc20(USD, POOL, customer, 250)
    assert drains(chain) == []


def test_who_closes_an_account_at_a_busy_exchange_is_no_victim() -> None:
    """It is paid by many who keep most of what they have, and pays many."""
    chain = in_use(with_token=False)
    for number in range(8):
        chain.native(address(f"market maker {number}"), EXCHANGE, 5 * ETHER)
        chain.native(EXCHANGE, address(f"client {number}"), ETHER)
    for customer in CUSTOMERS[:5]:
        chain.block().native(customer, EXCHANGE, LEFT - FEE)
    assert drains(chain) == []


def test_a_busy_shop_that_others_pay_more_of_a_token_is_used_to_what_customers_pay_last() -> None:
    """It takes the token and pays none of it out itself."""

    def paid(units: int) -> int:
        chain = in_use(with_token=True)
        for number in range(8):
            buyer = address(f"buyer {number}")
            chain.native(buyer, SHOP, 5 * ETHER).native(SHOP, address(f"supplier {number}"), ETHER)
            chain.erc20(USD, HOT, buyer, 2 * units).block().erc20(USD, buyer, SHOP, units)
        for customer in CUSTOMERS[:5]:
            chain.block().native(customer, SHOP, LEFT - 3 * FEE).erc20(USD, customer, SHOP, 290)
        return len(drains(chain))

    assert (paid(units=200), paid(units=20)) == (0, 1)


def test_who_repays_a_loan_and_its_interest_is_no_victim() -> None:
    chain = in_use(with_token=False)
    for customer in CUSTOMERS[:5]:
        chain.native(BANK, customer, 10 * ETHER)
    for customer in CUSTOMERS[:5]:
        chain.block().native(customer, BANK, 10 * ETHER + ETHER // 5)
    assert drains(chain) == []


@pytest.mark.parametrize("test_payment", [0, ETHER // 500])
def test_one_owners_wallets_are_one_owner_also_where_a_test_payment_came_first(test_payment: int) -> None:
    chain, owner = in_use(with_token=False), address("owner")
    own = [address(f"own {n}") for n in range(6)]
    chain.native(HOT, owner, 50 * ETHER)
    for wallet in own:
        if test_payment:
            chain.native(owner, wallet, test_payment)
        chain.native(owner, wallet, ETHER)
    for wallet in own:
        for errand in range(2):
            chain.native(wallet, address(f"errand {errand}"), ETHER // 10)
    for wallet in own:
        chain.block().native(wallet, address("vault"), LEFT + test_payment - FEE)
    assert drains(chain) == []


def test_deposit_addresses_are_nobodys_wallets_however_many_hot_wallets_there_were() -> None:
    """What comes to one goes on whole, to whichever wallet the exchange has at the time."""
    chain = in_use(with_token=False)
    for era in range(4):
        for at, customer in enumerate(CUSTOMERS[:6]):
            deposit = address(f"deposit {at}")
            chain.block().native(customer, deposit, ETHER // 10)
            chain.native(deposit, address(f"hot wallet of era {era}"), ETHER // 10)
    assert drains(chain) == []


@pytest.mark.parametrize("signed_by", [HELPER, SHOP])
def test_logs_of_a_worthless_token_make_no_thief_of_a_shop(signed_by: bytes) -> None:
    """Somebody's token tells that the customers had it, and that all of it went to the shop."""
    chain = in_use(with_token=False)
    with chain.transaction(HELPER, SPAM[0]):
        for customer in CUSTOMERS:
            chain.erc20(SPAM[0], HELPER, customer, 10**30).erc20(SPAM[1], HELPER, customer, 10**30)
    with chain.block().transaction(signed_by, SPAM[0]):
        for customer in CUSTOMERS:
            chain.erc20(SPAM[0], customer, SHOP, 10**30).erc20(SPAM[1], customer, SHOP, 10**30)
    assert drains(chain) == []


def test_who_moves_to_a_new_wallet_alone_or_as_a_couple_is_no_victim() -> None:
    chain = in_use(with_token=True)
    for customer in CUSTOMERS[:8]:
        new = address("new wallet of a couple" if customer in VICTIMS[:2] else f"new {customer.hex()}")
        chain.block().erc20(USD, customer, new, 290).native(customer, new, LEFT - 3 * FEE)
    assert drains(chain) == []


def test_a_release_of_vested_tokens_to_their_owners_is_no_drain() -> None:
    """The vesting contract gives each all of a token; some pay part of it to a broker."""
    chain, vesting, broker = in_use(with_token=True), address("vesting"), address("broker")
    for customer in CUSTOMERS[:8]:
        with chain.block().transaction(customer, vesting):
            chain.erc20(SPAM[0], vesting, customer, 1000)
        chain.erc20(SPAM[0], customer, broker, 1000)
    assert drains(chain) == []
