"""`clusters`: who paid a wallet first, and who does the same in the same order."""

from __future__ import annotations

from typing import Any

from detectors.parts.contract import Seen
from tests.detectors.seen.looking import whole
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address, keccak
from tests.fixtures.market import ETHER

ALICE, BOB, CAROL, PROJECT, TOKEN, POOL = (
    address(name) for name in ("alice", "bob", "carol", "project", "token", "pool")
)
WALLETS = [address(f"wallet {n}") for n in range(6)]
READS = ("net", "trails", "clusters")
VISIT, CLAIM = (keccak(name)[:4] for name in (b"visit()", b"claim()"))


def told(chain: ChainBuilder, table: str) -> tuple[Seen, list[dict[str, Any]]]:
    view = seen(chain.batch(), None, *READS)
    columns = whole(view.of("clusters").get(table, {}))
    return view, [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def in_step(chain: ChainBuilder) -> list[tuple[bytes, int, int, int]]:
    """Leader, link, count, members, of each line."""
    view, lines = told(chain, "in_step")
    return [(view.address(each["leader"]), each["link"], each["count"], each["members"]) for each in lines]


def paid_by(funder: bytes, wallets: list[bytes]) -> ChainBuilder:
    chain = ChainBuilder().block().native(BOB, funder, 50 * ETHER).block()
    for wallet in wallets:
        chain.native(funder, wallet, ETHER)
    return chain.block()


def claims(chain: ChainBuilder, who: bytes) -> None:
    with chain.transaction(who, PROJECT, data=CLAIM):
        chain.erc20(TOKEN, PROJECT, who, 100)


def test_a_wallet_is_whose_first_money_it_got_and_nobodys_who_acted_before() -> None:
    chain = ChainBuilder().block().native(CAROL, BOB, 1).native(ALICE, BOB, 5).native(ALICE, CAROL, 5)
    view, young = told(chain, "young")
    assert [(view.address(y["wallet"]), view.address(y["funder"])) for y in young] == [(BOB, CAROL)]


def test_a_chain_of_first_payments_has_the_root_where_it_began_unless_a_day_lies_between() -> None:
    for seconds, root in ((60, ALICE), (2 * 86_400, BOB)):
        chain = ChainBuilder().block().native(ALICE, BOB, 5 * ETHER)
        chain.block(seconds).native(BOB, CAROL, 4 * ETHER)
        view, young = told(chain, "young")
        assert view.address(young[-1]["root"]) == root


def test_four_of_six_that_do_the_same_two_are_in_step() -> None:
    chain = paid_by(ALICE, WALLETS)
    for wallet in WALLETS[:4]:
        chain.calls(wallet, PROJECT, VISIT)
    chain.block()
    for wallet in WALLETS[:4]:
        claims(chain, wallet)
    assert in_step(chain) == [(ALICE, 0, 4, 6)]


def test_half_of_a_hosts_guests_are_not_nor_who_does_it_in_another_order() -> None:
    chain = paid_by(ALICE, WALLETS)
    for n, wallet in enumerate(WALLETS):
        for data in (VISIT, CLAIM) if n % 2 else (CLAIM, VISIT):
            chain.calls(wallet, PROJECT, data)
    assert in_step(chain) == []


def test_who_does_it_hours_later_is_not_in_step() -> None:
    chain = paid_by(ALICE, WALLETS)
    for wallet in WALLETS:
        chain.block(3601).calls(wallet, PROJECT, VISIT)
        chain.calls(wallet, PROJECT, CLAIM)
    assert in_step(chain) == []


def test_to_buy_and_sell_in_step_is_no_crowd() -> None:
    chain = paid_by(ALICE, WALLETS)
    for data in (VISIT, CLAIM):
        for wallet in WALLETS:
            with chain.transaction(wallet, POOL, ETHER // 10, data=data):
                chain.erc20(TOKEN, POOL, wallet, 100)
    assert in_step(chain) == []


def test_a_call_that_fails_is_a_step_as_well() -> None:
    chain = paid_by(ALICE, WALLETS)
    for data in (VISIT, CLAIM):
        for wallet in WALLETS:
            chain.calls(wallet, PROJECT, data, status=0)
    assert in_step(chain)[-1] == (ALICE, 0, 6, 6)


def a_hub(chain: ChainBuilder) -> None:
    """Alice becomes an exchange."""
    for n in range(20):
        chain.native(address(f"customer {n}"), ALICE, ETHER).native(ALICE, address(f"customer {n}"), ETHER)


def drawn(*sums: int, seconds: int = 0) -> ChainBuilder:
    """The wallets draw these sums from the exchange, one after the other."""
    chain = ChainBuilder().block()
    a_hub(chain)
    for wallet, wei in zip(WALLETS, sums, strict=True):
        chain.block(seconds or 12).native(ALICE, wallet, wei)
    return chain


def visit_and_claim(chain: ChainBuilder, wallets: list[bytes]) -> None:
    for wallet in wallets:
        chain.calls(wallet, PROJECT, VISIT)
        claims(chain, wallet)


def test_customers_of_a_hub_who_draw_what_each_needs_are_tied_by_an_exit_only() -> None:
    chain = drawn(*(ETHER * 3**n for n in range(6)))
    visit_and_claim(chain, WALLETS)
    assert in_step(chain) == []
    for wallet in WALLETS:
        chain.erc20(TOKEN, wallet, CAROL, 100)
    assert in_step(chain)[-1] == (CAROL, 2, 6, 6)


def test_six_who_drew_the_same_within_minutes_and_do_the_same_are_one_owners() -> None:
    chain = drawn(*(ETHER * (1000 + n) for n in range(6)))
    visit_and_claim(chain, WALLETS)
    assert in_step(chain)[-1] == (ALICE, 3, 6, 6)


def test_claims_that_fail_tie_them_as_well() -> None:
    chain = drawn(*[ETHER] * 6)
    for wallet in WALLETS:
        chain.calls(wallet, PROJECT, VISIT).calls(wallet, PROJECT, CLAIM, status=0)
    assert in_step(chain)[-1] == (ALICE, 3, 6, 6)


def test_who_drew_as_much_meanwhile_and_does_something_else_makes_them_customers() -> None:
    for others, said in ((3, 1), (4, 0)):
        chain = drawn(*[ETHER] * 6)
        chain.native(ALICE, address("one"), ETHER // 3)
        for n in range(others):
            chain.native(ALICE, address(f"stranger {n}"), ETHER)
        chain.native(ALICE, address("last"), ETHER)
        visit_and_claim(chain, [*WALLETS, address("last")])
        assert len([line for line in in_step(chain) if line[2] == 7]) == said


def test_customers_who_do_the_same_and_drew_other_sums_make_it_a_crowd() -> None:
    for others, said in ((3, True), (4, False)):
        chain = drawn(*[ETHER] * 6)
        crowd = [address(f"guest {n}") for n in range(others)]
        for n, guest in enumerate(crowd):
            chain.native(ALICE, guest, ETHER * 3 ** (n + 1))
        visit_and_claim(chain, [*crowd, *WALLETS])
        assert bool(in_step(chain)) is said


def test_the_same_sum_once_in_a_quarter_of_an_hour_ties_nobody() -> None:
    chain = drawn(*[ETHER] * 6, seconds=901)
    visit_and_claim(chain, WALLETS)
    assert in_step(chain) == []


def test_of_a_hub_with_more_new_customers_than_are_looked_through_nothing_is_said() -> None:
    for many, said in ((4_096 - 6, True), (4_096, False)):
        chain = drawn(*[ETHER] * 6)
        visit_and_claim(chain, WALLETS[:4])
        assert in_step(chain) == []
        for n in range(many):
            chain.native(ALICE, address(f"newcomer {n}"), 3 * ETHER)
        visit_and_claim(chain, WALLETS[4:])
        assert bool(in_step(chain)) is said


def test_a_shop_that_others_pay_too_is_no_exit() -> None:
    chain = ChainBuilder().block()
    for n in range(20):
        chain.native(address(f"customer {n}"), ALICE, ETHER).native(ALICE, address(f"customer {n}"), ETHER)
        chain.erc20(TOKEN, address(f"customer {n}"), CAROL, 3)
    for wallet in WALLETS:
        chain.native(ALICE, wallet, ETHER)
    for wallet in WALLETS:
        claims(chain, wallet)
        chain.erc20(TOKEN, wallet, CAROL, 100)
    assert in_step(chain) == []


def test_some_are_left_out_of_the_second_step_of_a_farm_that_all_began_together() -> None:
    for visitors, found in ((7, [(ALICE, 0, 4, 7)]), (5, [])):
        wallets = [*WALLETS, address("wallet 6")]
        chain = paid_by(ALICE, wallets)
        for wallet in wallets[:visitors]:
            chain.calls(wallet, PROJECT, VISIT)
        chain.block(20 * 86_400)
        for wallet in wallets[:4]:
            claims(chain, wallet)
        assert in_step(chain) == found
