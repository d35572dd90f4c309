"""What a thief can give away decides nothing: gifts hide no drain, and make no wallet look in use."""

from __future__ import annotations

from itertools import product

import pytest

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


def worthless_token(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(SPAM[0], HELPER, victim, 5)


def three_worthless_tokens(chain: ChainBuilder, victim: bytes) -> None:
    for token in SPAM:
        chain.erc20(token, THIEF, victim, 10**30)


def worthless_items(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc721(SPAM[0], HELPER, victim, 7).erc1155(SPAM[1], HELPER, victim, [(1, 5), (2, 5)])


def dust(chain: ChainBuilder, victim: bytes) -> None:
    chain.native(HELPER, victim, 1)


def dust_of_the_thief(chain: ChainBuilder, victim: bytes) -> None:
    chain.native(THIEF, victim, ETHER // 1000)


def dust_of_a_token_in_use(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(USD, THIEF, victim, 1)


def nothing_in_the_victims_name(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(USD, victim, THIEF, 0, by=HELPER)


def transfers_in_the_victims_name(chain: ChainBuilder, victim: bytes) -> None:
    with chain.transaction(HELPER, SPAM[0]):
        for sybil in SYBILS:
            chain.erc20(SPAM[0], victim, sybil, 5).erc20(SPAM[0], sybil, victim, 5)


def mint_in_the_victims_name(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(SPAM[0], bytes(20), victim, 5, by=HELPER).erc20(SPAM[0], victim, HELPER, 3, by=HELPER)


def deposit_told_by_a_lookalike(chain: ChainBuilder, victim: bytes) -> None:
    with chain.transaction(HELPER, SPAM[0]):
        chain.deposit_log(SPAM[0], victim, ETHER)


def deposit_with_the_victims_keys(chain: ChainBuilder, victim: bytes) -> None:
    chain.deposit(SPAM[0], victim, ETHER // 1000)


def a_busy_thief(chain: ChainBuilder, _victim: bytes) -> None:
    """His token tells of payments to and from everybody."""
    with chain.transaction(HELPER, SPAM[0]):
        for sybil in SYBILS:
            chain.erc20(SPAM[0], THIEF, sybil, 5).erc20(SPAM[0], sybil, THIEF, 5)


GIFTS: list[Act] = [
    worthless_token, three_worthless_tokens, worthless_items, dust, dust_of_the_thief,
    dust_of_a_token_in_use, nothing_in_the_victims_name, transfers_in_the_victims_name,
    mint_in_the_victims_name, deposit_told_by_a_lookalike, deposit_with_the_victims_keys, a_busy_thief,
]  # fmt: skip
THEFTS: list[Act] = [all_native_value, token_then_native_value, token_by_an_approval]


def drained(theft: Act, gift: Act | None = None, moment: str = "before") -> ChainBuilder:
    chain = in_use(theft is not all_native_value, gift if moment == "first" else None)
    for victim in VICTIMS:
        chain.block()
        if gift is not None and moment == "before":
            gift(chain, victim)
    for victim in VICTIMS:
        chain.block()
        theft(chain, victim)
        for other in VICTIMS:
            if gift is not None and moment == "between":
                gift(chain, other)
    for victim in VICTIMS:
        if gift is not None and moment == "after":
            gift(chain.block(), victim)
    return chain


@pytest.mark.parametrize("theft", THEFTS, ids=lambda theft: theft.__name__)
def test_four_wallets_in_use_that_lose_all_are_a_drain(theft: Act) -> None:
    ((subject, victims, _),) = drains(drained(theft))
    assert subject == "0x" + THIEF.hex()
    assert victims == {"0x" + victim.hex() for victim in VICTIMS}


CASES = list(product(THEFTS, GIFTS, ("before", "between", "after")))
CASES += list(product(THEFTS, (dust, dust_of_the_thief), ("first",)))


@pytest.mark.parametrize(
    ("theft", "gift", "moment"), CASES, ids=[f"{t.__name__}-{g.__name__}-{m}" for t, g, m in CASES]
)
def test_no_gift_hides_it(theft: Act, gift: Act, moment: str) -> None:
    assert drains(drained(theft, gift, moment)) == drains(drained(theft))


def older_than_the_stream(gift: Act | None) -> ChainBuilder:
    """Wallets whose money came before the stream: they pay three others, then lose a token and all else."""
    chain = ChainBuilder(first_block=1).block()
    for victim in VICTIMS:
        if gift is not None:
            gift(chain, victim)
    for at, victim in enumerate(VICTIMS):
        chain.block()
        for errand in range(3):
            chain.native(victim, address(f"errand {at} {errand}"), ETHER // 10)
    for victim in VICTIMS:
        chain.block().erc20(USD, victim, THIEF, 290).native(victim, THIEF, LEFT)
    return chain


@pytest.mark.parametrize("gift", GIFTS, ids=lambda gift: gift.__name__)
def test_no_gift_makes_one_owner_of_wallets_whose_money_is_older_than_the_stream(gift: Act) -> None:
    expected = drains(older_than_the_stream(None))
    assert [victims for _, victims, _ in expected] == [{"0x" + victim.hex() for victim in VICTIMS}]
    assert drains(older_than_the_stream(gift)) == expected


@pytest.mark.parametrize("token", [SPAM[0], USD], ids=["a worthless token", "dust of one in use"])
def test_what_comes_back_with_the_pull_must_be_worth_something(token: bytes) -> None:
    chain = in_use(with_token=True)
    for victim in VICTIMS:
        with chain.block().transaction(SPENDER, USD):
            chain.erc20(USD, victim, THIEF, 290).erc20(token, THIEF, victim, 1 if token == USD else 10**30)
    assert [subject for subject, _, _ in drains(chain)] == ["0x" + THIEF.hex()]


def test_orders_that_are_filled_with_a_token_the_owners_use_are_no_drain() -> None:
    eur = address("eur")
    chain = in_use(with_token=True)
    for at, victim in enumerate(VICTIMS):
        chain.erc20(eur, HOT, victim, 100).erc20(eur, victim, address(f"errand {at} 0"), 50)
    for victim in VICTIMS:
        with chain.block().transaction(SPENDER, USD):
            chain.erc20(USD, victim, THIEF, 290).erc20(eur, THIEF, victim, 40)
    assert drains(chain) == []


@pytest.mark.parametrize("gift", [transfers_in_the_victims_name, mint_in_the_victims_name])
def test_no_transfer_in_its_name_makes_a_deposit_address_a_wallet_in_use(gift: Act) -> None:
    chain = in_use(with_token=False)
    for at, customer in enumerate(CUSTOMERS[:6]):
        deposit = address(f"deposit {at}")
        chain.block().native(customer, deposit, ETHER // 2)
        gift(chain, deposit)
        chain.block().native(deposit, THIEF, ETHER // 2 - FEE)
    assert drains(chain) == []


def test_who_had_paid_them_well_before_is_not_accused_of_what_they_pay_back() -> None:
    chain = in_use(with_token=False)
    for victim in VICTIMS:
        chain.native(THIEF, victim, ETHER)
    for victim in VICTIMS:
        chain.block().native(victim, THIEF, ETHER)
    assert drains(chain) == []


@pytest.mark.parametrize(
    ("coins", "severity"),
    [(0.0018, "low"), (0.019, "low"), (0.03, "medium"), (0.19, "medium"), (0.3, "high"), (3, "critical")],
)
def test_severity_follows_the_value_taken_from_five(coins: float, severity: str) -> None:
    """Five times as much in all: from 0.1 coins on it is medium, from one on high, from ten on critical."""
    chain, wei = ChainBuilder(first_block=1).block(), int(coins * 10**6) * 10**12
    for customer in CUSTOMERS:
        chain.native(HOT, customer, wei + 2)
    chain.block()
    for at, customer in enumerate(CUSTOMERS[:5]):
        for errand in range(2):
            chain.native(customer, address(f"errand {at} {errand}"), 1)
    for customer in CUSTOMERS[:5]:
        chain.block().native(customer, THIEF, wei)
    assert [grave for _, _, grave in drains(chain)] == [severity]


def test_a_token_of_unknown_worth_is_not_taken_for_a_large_value() -> None:
    assert [grave for _, _, grave in drains(drained(token_by_an_approval))] == ["medium"]


def test_a_thousand_victims_in_one_block_are_one_alert_that_counts_them_all() -> None:
    chain, people = ChainBuilder(first_block=1).block(), [address(f"person {n}") for n in range(1_000)]
    for person in people:
        chain.native(HOT, person, ETHER)
    chain.block()
    for person in people:
        chain.native(person, address("shop"), 1).native(person, address("other shop"), 1)
    chain.block()
    for person in people:
        chain.native(person, THIEF, ETHER - 2)
    (alert,) = alerts_of(chain)
    assert alert["measured"]["victims"] == alert["measured"]["roles_victim"] == 1_000
    assert alert["measured"]["evidence_rows"] == 1_000
    assert [drains(chain, size) for size in (1, 2)] == [drains(chain)] * 2
