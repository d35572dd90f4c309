"""`trails` against plain sums and plain searches, and who can be put on a trail by whom."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from detectors.parts.contract import Seen
from tests.detectors.parts.test_net import said as net_sums
from tests.detectors.seen.looking import pieces, whole
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER, WETH, lived

ALICE, BOB, CAROL, DAVE, TOKEN, SHOP = (
    address(name) for name in ("alice", "bob", "carol", "dave", "token", "shop")
)
READS = ("net", "trails")


def told(view: Seen, table: str) -> list[dict[str, Any]]:
    columns = whole(view.of("trails").get(table, {}))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def payments(view: Seen) -> set[tuple[bytes, bytes, bytes | None, int, int]]:
    """Payer, payee, asset (None: the coin), amount, form."""
    return {
        (
            view.address(p["payer"]), view.address(p["payee"]),
            view.address(p["asset"]) if p["asset"] else None, p["amount"], p["form"],
        )
        for p in told(view, "payments")
    }  # fmt: skip


def rounds(chain: ChainBuilder) -> list[list[bytes]]:
    """Each round as the wallets that pay in it, in order."""
    view, found = seen(chain.batch(), None, *READS), dict[tuple[int, int], list[bytes]]()
    for hop in told(view, "hops"):
        way = found.setdefault((hop["transaction"], hop["origin"]), [])
        if view.address(hop["payer"]) not in way:
            way.append(view.address(hop["payer"]))
    return list(found.values())


@pytest.mark.parametrize("seed", range(3))
def test_whoever_signs_and_has_less_pays_whoever_has_more(seed: int) -> None:
    batch, state = lived(seed, 60).batch(), begun(*READS)
    count = 0
    for piece in pieces(batch, *range(19, 60, 20)):
        view = seen(piece, state, *READS)
        signers = dict(
            zip(piece.transactions["transaction_hash"], piece.transactions["from_address"], strict=True)
        )
        less: dict[tuple[bytes, bytes | None], int] = {}
        for (sent, account, asset), (received, paid) in net_sums(view).items():
            if account == signers[sent] and paid > received:
                less[sent, asset] = paid - received
        expected = {
            (signers[sent], account, asset, min(received - paid, less[sent, asset]))
            for (sent, account, asset), (received, paid) in net_sums(view).items()
            if (sent, asset) in less and received > paid and account != bytes(20)
        }
        found = {payment[:4] for payment in payments(view) if payment[4] != 2}
        assert found == expected
        count += len(found)
    assert count > 50


def test_what_is_given_is_no_sale_and_what_is_bought_is() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 5 * ETHER)
    with chain.transaction(ALICE, SHOP):
        chain.erc20(TOKEN, ALICE, SHOP, 7).erc721(SHOP, SHOP, ALICE, 1)
    assert payments(seen(chain.batch(), None, *READS)) == {
        (ALICE, BOB, None, 5 * ETHER, 0), (ALICE, SHOP, TOKEN, 7, 1),
    }  # fmt: skip


def test_nobody_is_put_on_a_trail_by_a_log_that_somebody_else_makes() -> None:
    chain = ChainBuilder().block()
    for here, there in pairwise([ALICE, BOB, CAROL, ALICE]):
        chain.erc20(TOKEN, here, there, 100, by=DAVE)
    assert payments(seen(chain.batch(), None, *READS)) == set()
    assert rounds(chain) == []


def test_money_that_comes_home_over_two_wallets_is_a_round() -> None:
    chain = ChainBuilder()
    for here, there in pairwise([ALICE, BOB, CAROL, ALICE]):
        chain.block().native(here, there, 10 * ETHER)
    assert rounds(chain) == [[ALICE, BOB, CAROL]]


def test_a_loan_and_its_return_are_none() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 10 * ETHER).block().native(BOB, ALICE, 10 * ETHER)
    assert rounds(chain) == []


def test_payments_in_another_order_are_no_round() -> None:
    chain = ChainBuilder()
    for here, there in ((CAROL, ALICE), (BOB, CAROL), (ALICE, BOB)):
        chain.block().native(here, there, 10 * ETHER)
    assert rounds(chain) == []


def test_bob_who_passes_on_less_than_half_or_much_more_than_came_is_not_on_the_way() -> None:
    for sums in ((10, 4, 4), (10, 13, 13)):
        chain = ChainBuilder()
        for (here, there), sum_ in zip(pairwise([ALICE, BOB, CAROL, ALICE]), sums, strict=True):
            chain.block().native(here, there, sum_ * ETHER)
        assert rounds(chain) == []


def test_what_bob_changes_himself_is_followed_into_the_other_asset() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 10 * ETHER)
    with chain.block().transaction(BOB, SHOP, 9 * ETHER):
        chain.erc20(TOKEN, SHOP, BOB, 900)
    chain.block().erc20(TOKEN, BOB, CAROL, 900)
    with chain.block().transaction(CAROL, SHOP):
        chain.erc20(TOKEN, CAROL, SHOP, 900).erc20(WETH, SHOP, CAROL, 9 * ETHER)
    chain.block().erc20(WETH, CAROL, ALICE, 9 * ETHER)
    assert rounds(chain) == [[ALICE, BOB, CAROL]]


def test_after_four_months_a_payment_is_forgotten() -> None:
    for days, expected in ((119, [[ALICE, BOB, CAROL]]), (121, [])):
        chain = ChainBuilder().block().native(ALICE, BOB, ETHER)
        chain.block(days * 86_400).native(BOB, CAROL, ETHER)
        chain.block().native(CAROL, ALICE, ETHER)
        assert rounds(chain) == expected


def test_a_hub_ends_the_way_and_is_nobodys_origin() -> None:
    def with_hub(hub: bytes, partners: int) -> ChainBuilder:
        chain = ChainBuilder().block()
        for n in range(partners):
            chain.native(address(f"customer {n}"), hub, ETHER).native(hub, address(f"payee {n}"), ETHER)
        for here, there in pairwise([ALICE, BOB, CAROL, ALICE]):
            chain.block().native(here, there, 100 * ETHER)
        return chain

    assert rounds(with_hub(BOB, 3)) == [[ALICE, BOB, CAROL]]
    assert rounds(with_hub(BOB, 10)) == []
    assert rounds(with_hub(ALICE, 6)) == [[ALICE, BOB, CAROL]]
    assert rounds(with_hub(ALICE, 24)) == []


def test_a_wallet_with_more_payments_than_the_budget_is_not_looked_through() -> None:
    chain = ChainBuilder().block()
    for n in range(33):
        chain.erc20(TOKEN, address("somebody"), BOB, n + 1)
    for here, there in pairwise([ALICE, BOB, CAROL, ALICE]):
        chain.block().native(here, there, 100 * ETHER)
    assert rounds(chain) == []
