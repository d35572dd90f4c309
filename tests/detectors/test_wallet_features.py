"""What models see of a wallet at a block's end, worked out by hand: counts that fade."""

from __future__ import annotations

from math import exp, log, log1p
from typing import Any

import pytest

from tests.detectors.known import wallets
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL, USD = (address(name) for name in ("alice", "bob", "carol", "usd"))


def seen(chain: ChainBuilder, wallet: bytes) -> list[dict[str, Any]]:
    return [row for row in wallets(chain) if row["wallet"] == wallet]


def test_two_payments_to_bob_and_one_to_carol() -> None:
    chain = ChainBuilder().block()
    (row,) = seen(chain.native(ALICE, BOB, 5).native(ALICE, BOB, 5).native(ALICE, CAROL, 5), ALICE)
    assert row["out_fast"] == row["out_slow"] == pytest.approx(log1p(3))
    assert row["new_payees"] == pytest.approx(log1p(2))
    assert (row["in_fast"], row["in_slow"], row["new_payers"], row["new_assets"]) == (0, 0, 0, 0)
    assert row["out_over_in"] == pytest.approx(log(4 / 1))  # (3 out + 1) / (0 in + 1)
    assert row["share_new_payees"] == pytest.approx(2 / 4)  # two new of three, and one


def test_counts_fade_with_time_the_fast_ones_within_a_minute() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 5).native(ALICE, BOB, 5)
    chain.block(60).native(ALICE, BOB, 5)
    _, later = seen(chain, ALICE)
    assert later["out_fast"] == pytest.approx(log1p(2 * exp(-1) + 1))  # 60 of 60 seconds
    assert later["out_slow"] == pytest.approx(log1p(2 * exp(-0.1) + 1))  # 60 of 600 seconds
    assert later["new_payees"] == pytest.approx(log1p(exp(-0.1)))  # bob is new once


def test_a_wallet_is_seen_once_a_block_at_its_end_and_only_if_it_ever_sent() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 5).native(ALICE, BOB, 5)
    chain.block().native(BOB, CAROL, 1)
    assert [row["block"] for row in seen(chain, ALICE)] == [1]
    assert [row["block"] for row in seen(chain, BOB)] == [2]  # in block 1 he had sent nothing yet
    assert seen(chain, CAROL) == []


def test_a_new_asset_counts_once() -> None:
    chain = ChainBuilder().block().erc20(USD, BOB, ALICE, 5).erc20(USD, BOB, ALICE, 5).native(ALICE, BOB, 1)
    (row,) = seen(chain, ALICE)
    assert row["new_assets"] == pytest.approx(log1p(1))
    assert row["new_payers"] == pytest.approx(log1p(1))


def test_an_amount_is_unusual_only_once_the_asset_is_known() -> None:
    usual = ChainBuilder().block()
    for _ in range(20):
        usual.native(BOB, CAROL, 100)
    # Twenty payments of 100 have no spread, so the least counts, 0.25 of log10: 10**5 is 3 / 0.25 away.
    (row,) = seen(usual.native(ALICE, BOB, 10**5), ALICE)
    assert row["unusual_amount"] == pytest.approx(12)
    (early,) = seen(ChainBuilder().block().native(BOB, CAROL, 100).native(ALICE, BOB, 10**5), ALICE)
    assert early["unusual_amount"] == 0
