"""Wallets of which most of two assets goes to one who lives by that: neither rest nor time hides it."""

from __future__ import annotations

from tests.detectors.drains import CUSTOMERS, ETHER, LEFT, THIEF, USD, VICTIMS, alerts_of, in_use
from tests.fixtures.frames import ChainBuilder, address

DAY = 86_400
ALL = {"0x" + victim.hex() for victim in VICTIMS}


def victims_of(chain: ChainBuilder) -> set[str]:
    """Of the last alert about the thief."""
    told = [alert for alert in alerts_of(chain) if alert["subject"]["id"] == "0x" + THIEF.hex()]
    return {role["address"] for role in told[-1]["roles"] if role["role"] == "victim"} if told else set()


def lose(chain: ChainBuilder, part: float, tokens: float | None = None, rest_s: int = 12) -> ChainBuilder:
    """Each victim sends a part of its token and of its native value to the thief, one after the other."""
    for victim in VICTIMS:
        chain.block(rest_s).erc20(USD, victim, THIEF, int(290 * (part if tokens is None else tokens)))
        chain.native(victim, THIEF, int(LEFT * part))
    return chain


def test_four_who_each_lose_two_thirds_of_two_assets_were_robbed() -> None:
    assert victims_of(lose(in_use(with_token=True), 0.66)) == ALL


def test_days_between_the_wallets_hide_nothing() -> None:
    assert victims_of(lose(in_use(with_token=True), 0.8, rest_s=3 * DAY)) == ALL


def test_nobody_is_accused_of_a_third_or_of_one_asset_alone() -> None:
    assert not victims_of(lose(in_use(with_token=True), 0.34))
    assert not victims_of(lose(in_use(with_token=True), 0.66, tokens=0.1))


def test_who_is_paid_by_many_others_too_sells_something() -> None:
    chain = in_use(with_token=True).block()
    for customer in CUSTOMERS[4:10]:
        chain.native(customer, THIEF, ETHER // 10)
    assert not victims_of(lose(chain, 0.66))


def test_wallets_that_one_hand_set_up_are_one_owner_who_moves_house() -> None:
    owner, chain = address("owner"), ChainBuilder(first_block=1).block()
    for victim in VICTIMS:
        chain.native(owner, victim, ETHER).erc20(USD, owner, victim, 300)
    chain.block()
    for at, victim in enumerate(VICTIMS):
        for errand in range(2):
            chain.native(victim, address(f"errand {at} {errand}"), ETHER // 10)
        chain.erc20(USD, victim, address(f"errand {at} 0"), 10)
    assert not victims_of(lose(chain, 0.66))


def older_than_the_stream(chain: ChainBuilder, sums: list[tuple[int, int]]) -> ChainBuilder:
    """Each victim, whose savings nobody saw come, pays two others; then the thief gets so much of the token
    and of the coin.
    """
    for at, victim in enumerate(VICTIMS):
        for errand in range(2):
            chain.native(victim, address(f"errand {at} {errand}"), ETHER)
        chain.erc20(USD, victim, address(f"errand {at} 0"), 100)
    for victim, (units, wei) in zip(VICTIMS, sums, strict=False):
        chain.block().erc20(USD, victim, THIEF, units).native(victim, THIEF, wei)
    return chain


def test_of_savings_that_nobody_saw_come_more_must_go_than_ever_of_two_wallets_at_least() -> None:
    more, half = (300, 3 * ETHER), (300, 6 * ETHER // 10)
    assert len(victims_of(older_than_the_stream(unknown_town(), [more, half, more]))) == 3
    assert not victims_of(older_than_the_stream(unknown_town(), [more, half, half]))


def unknown_town() -> ChainBuilder:
    chain = ChainBuilder(first_block=1).block()
    for customer in CUSTOMERS[4:]:
        chain.erc20(USD, customer, address("shop"), 10)
    return chain


def test_what_customers_of_unknown_savings_pay_a_shop_is_no_loss() -> None:
    """In two assets, and more than ever before; a thief whom nobody else pays is told by the same."""
    sums = [(300, 3 * ETHER)] * 3
    shop = unknown_town()
    for customer in CUSTOMERS[4:10]:
        shop.native(customer, THIEF, ETHER)
    assert not victims_of(older_than_the_stream(shop, sums))
    assert len(victims_of(older_than_the_stream(unknown_town(), sums))) == 3
