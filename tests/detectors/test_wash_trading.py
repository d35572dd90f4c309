"""Whose sales only go round, whose wallets they are, and trade that is somebody's risk."""

from __future__ import annotations

from itertools import pairwise

from detectors.alerts.alert import Alert
from detectors.library.wash_trading import WashTrading
from tests.contract.stories.wash_trading import ART, sells
from tests.detectors.told_alerts import alerts_of, named
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import WETH, Market, Pool

ZERO = bytes(20)
FUNDER, ANNA, BERT, CORA, TOKEN, SPLITTER, HOT = (
    address(name) for name in ("funder", "anna", "bert", "cora", "token", "splitter", "hot")
)
RING = [ANNA, BERT, CORA]
ETHER = 10**18
DAY = 86_400


def funded(wallets: list[bytes] = RING, funder: bytes = FUNDER) -> ChainBuilder:
    chain = ChainBuilder().block().native(HOT, funder, 90 * ETHER)
    for wallet in wallets:
        chain.native(funder, wallet, 20 * ETHER)
    return chain.block()


def alerts(chain: ChainBuilder) -> list[Alert]:
    return alerts_of(WashTrading(), chain)


def goes(chain: ChainBuilder, *owners: bytes, wei: int = ETHER, pause: int = 12) -> ChainBuilder:
    for seller, buyer in pairwise(owners):
        sells(chain, 7, seller, buyer, wei)
        chain.block(pause)
    return chain


def test_two_wallets_that_sell_each_other_a_picture_twice_are_one_alert() -> None:
    (alert,) = alerts(goes(funded(), ANNA, BERT, ANNA, BERT, ANNA))
    assert named(alert, "attacker") == {"0x" + who.hex() for who in (ANNA, BERT)}
    assert alert.measured["returns"] == 3


def test_a_ring_that_closes_once_needs_one_owner() -> None:
    (alert,) = alerts(goes(funded(), ANNA, BERT, CORA, ANNA))
    assert alert.severity == "high"


def test_months_between_sales_change_nothing() -> None:
    assert len(alerts(goes(funded(), ANNA, BERT, ANNA, BERT, pause=25 * DAY))) == 1


def test_new_wallets_of_an_exchange_that_trade_only_this_are_found_by_the_round_itself() -> None:
    """Hard case P1: nobody's money ties them."""
    chain = ChainBuilder().block()
    for customer in (address(f"customer {n}") for n in range(15)):
        chain.native(customer, HOT, ETHER).native(HOT, customer, ETHER)
    for wallet in RING:
        chain.native(HOT, wallet, 20 * ETHER)
    (alert,) = alerts(goes(chain.block(), ANNA, BERT, CORA, ANNA))
    assert alert.severity == "medium"


def test_two_who_drew_the_same_odd_sum_from_an_exchange_have_one_owner() -> None:
    odd = 1_111_994 * 10**12
    for sums, others, found in (
        ((odd, odd), 0, 1), ((odd, odd + 10**12), 0, 0), ((ETHER, ETHER), 0, 0), ((odd, odd), 12, 0)
    ):  # fmt: skip
        chain = ChainBuilder().block()
        for customer in (address(f"customer {n}") for n in range(15)):
            chain.native(customer, HOT, ETHER).native(HOT, customer, ETHER)
        for wallet, wei in zip((ANNA, BERT), sums, strict=True):
            chain.native(HOT, wallet, wei)
        for n in range(others):
            chain.native(HOT, address(f"who is given a bonus {n}"), odd)
        assert len(alerts(goes(chain.block(), ANNA, BERT, ANNA))) == found


def test_who_buys_back_once_from_a_stranger_or_much_dearer_washes_nothing() -> None:
    chain = funded([ANNA]).native(address("uncle"), BERT, 9 * ETHER).block()
    assert alerts(goes(chain, ANNA, BERT, ANNA)) == []
    chain = goes(goes(funded(), ANNA, BERT), BERT, ANNA, wei=3 * ETHER)
    assert alerts(chain) == []


def test_a_cheap_picture_sold_on_and_on_is_no_wash() -> None:
    """Hard case N2: a low price says nothing."""
    assert alerts(goes(funded(), ANNA, BERT, CORA, address("dora"), wei=10**12)) == []


def test_a_gift_is_no_sale() -> None:
    chain = funded()
    for here, there in ((ANNA, BERT), (BERT, ANNA)) * 3:
        chain.erc721(ART, here, there, 7).block()
    assert alerts(chain) == []


def test_a_desk_that_lends_on_pictures_is_beside_every_loan() -> None:
    """Hard case N1."""
    desk, owners = address("desk"), [address(f"owner {n}") for n in range(14)]
    chain = ChainBuilder().block()
    for number, owner in enumerate(owners):
        chain.native(HOT, owner, 9 * ETHER)
        sells(chain, number, owner, desk, ETHER)
        sells(chain, number, desk, owner, ETHER)
    for number, owner in enumerate(owners[:3]):
        sells(chain.block(), number, owner, desk, ETHER)
        sells(chain, number, desk, owner, ETHER)
    assert alerts(chain) == []


def pooled(chain: ChainBuilder) -> tuple[Market, Pool]:
    """A token of the funder's, and its pool."""
    market = Market(chain)
    chain.creates(FUNDER, TOKEN).erc20(TOKEN, ZERO, FUNDER, 10**24, by=FUNDER).metadata(TOKEN, "T", "T")
    return market, market.opens(Pool(address("pool"), (TOKEN, WETH), [10**23, 50 * ETHER]))


def in_and_out(market: Market, pool: Pool, who: bytes) -> None:
    bought = pool.out(1, ETHER)
    market.buys_with_coin(who, pool, ETHER)
    market.sells_for_coin(who, pool, bought)
    market.chain.block()


def test_wallets_of_the_maker_that_buy_and_sell_again_are_his() -> None:
    chain = funded()
    market, pool = pooled(chain)
    for who in (*RING, ANNA):
        in_and_out(market, pool, who)
    (alert,) = alerts(chain)
    assert named(alert, "attacker") == {"0x" + who.hex() for who in (*RING, FUNDER)}


def test_wallets_paid_through_a_splitter_are_of_who_had_it_pay() -> None:
    chain = ChainBuilder().block().native(HOT, FUNDER, 90 * ETHER)
    for crowd in range(14):
        with chain.transaction(address(f"payer {crowd}"), SPLITTER):
            chain.erc20(WETH, SPLITTER, address(f"paid {crowd}"), ETHER)
    with chain.transaction(FUNDER, SPLITTER):
        for wallet in RING:
            chain.erc20(WETH, SPLITTER, wallet, 9 * ETHER)
    chain.block()
    market, pool = pooled(chain)
    for who in (*RING, ANNA):
        in_and_out(market, pool, who)
    assert len(alerts(chain)) == 1


def test_strangers_who_trade_beside_them_make_it_a_market() -> None:
    chain = funded()
    market, pool = pooled(chain)
    for number, who in enumerate((*RING, ANNA)):
        in_and_out(market, pool, who)
        market.buys_with_coin(address(f"stranger {number}"), pool, 4 * ETHER)
    last = alerts(chain)
    assert last == []


def test_a_bundle_that_gathers_first_and_leaves_later_is_another_kind() -> None:
    chain = funded()
    market, pool = pooled(chain)
    held = {}
    for who in RING:
        held[who] = pool.out(1, ETHER)
        market.buys_with_coin(who, pool, ETHER)
    for who in RING:
        market.sells_for_coin(who, pool, held[who])
    assert alerts(chain) == []


def test_a_maker_whose_partners_an_exchange_paid_and_who_leaves_nobody_any_is_found_by_that() -> None:
    """Hard case P1, in a pool: all that is bought is sold again at once, and the maker is one of them."""
    chain = ChainBuilder().block()
    for customer in (address(f"customer {n}") for n in range(15)):
        chain.native(customer, HOT, ETHER).native(HOT, customer, ETHER)
    for wallet in (FUNDER, *RING):
        chain.native(HOT, wallet, 20 * ETHER)
    market, pool = pooled(chain.block())
    for who in (FUNDER, *RING, FUNDER):
        in_and_out(market, pool, who)
    (alert,) = alerts(chain)
    assert alert.severity == "medium"
    assert "0x" + HOT.hex() not in named(alert, "attacker")
