"""Balances as the stream knows them, to the last unit: who was emptied, and who gave more than was known."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from detectors.kernels.holdings import EMPTIED, EXCEEDED, FUNDING_WEI, GWEI, IN_USE_PAYERS, SMALL_WEI
from detectors.parts.holdings import WALLET_CALLS
from tests.detectors.known import known, known_and_wallets
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, EXCHANGE = (address(name) for name in ("alice", "bob", "exchange"))
USD, EUR, SPAM = address("usd"), address("eur"), address("spam")
LARGEST = 2**256 - 1


def last(chain: ChainBuilder) -> dict[str, Any]:
    """What was known before the last transfer."""
    return known(chain)[-1]


def in_use(chain: ChainBuilder, token: bytes) -> ChainBuilder:
    """As many wallets as it takes pay with a token themselves."""
    for number in range(IN_USE_PAYERS):
        chain.erc20(token, address(f"user {number}"), address("shop"), 1)
    return chain


def paid_in(amount: int) -> ChainBuilder:
    return ChainBuilder().block().erc20(USD, EXCHANGE, ALICE, amount)


@pytest.mark.parametrize(
    ("amount", "emptied"),
    [
        (95, EMPTIED),  # 5 of 100 are left: a twentieth
        (94, 0),  # 6 of 100 are left
        (100, EMPTIED),
        (101, EXCEEDED),  # more than the stream knew of, more than ever before
    ],
)
def test_a_wallet_of_a_hundred(amount: int, emptied: int) -> None:
    assert last(paid_in(100).erc20(USD, ALICE, BOB, amount))["emptied"] == emptied


def test_one_wei_decides_where_a_float_would_not_see_it() -> None:
    # 20 * left <= held: with held = 20 * 10**30 the limit is left = 10**30, to the wei.
    held = 20 * 10**30
    assert last(paid_in(held).erc20(USD, ALICE, BOB, held - 10**30))["emptied"] == EMPTIED
    assert last(paid_in(held).erc20(USD, ALICE, BOB, held - 10**30 - 1))["emptied"] == 0


def test_a_balance_that_began_before_the_stream_is_never_called_emptied() -> None:
    chain = paid_in(100).erc20(USD, ALICE, BOB, 150)  # she had at least 50 more
    chain.erc20(USD, EXCHANGE, ALICE, 100).erc20(USD, ALICE, BOB, 100)  # all that is known, but who knows
    assert last(chain)["emptied"] == 0


def test_exceeding_what_is_known_again_takes_more_than_ever_before() -> None:
    first = ChainBuilder().block().erc20(USD, ALICE, BOB, 150)
    assert last(first)["emptied"] == EXCEEDED
    assert last(first.erc20(USD, ALICE, BOB, 150))["emptied"] == 0
    assert last(first.erc20(USD, ALICE, BOB, 151))["emptied"] == EXCEEDED


def test_tokens_left_counts_what_she_used_herself_and_kept_some_of() -> None:
    chain = in_use(paid_in(100), EUR).erc20(EUR, EXCHANGE, ALICE, 100).native(EXCHANGE, ALICE, 100)
    chain.erc20(EUR, ALICE, BOB, 1).native(ALICE, BOB, 1)
    assert last(chain.erc20(USD, ALICE, BOB, 100))["tokens_left"] == 1
    assert last(chain.erc20(EUR, ALICE, BOB, 99))["tokens_left"] == 0


def test_tokens_that_others_gave_or_moved_in_her_name_are_not_left() -> None:
    chain = paid_in(100).erc20(SPAM, EXCHANGE, ALICE, 100)
    chain.erc20(SPAM, ALICE, BOB, 50, by=EXCHANGE)  # she did not sign that
    assert last(chain.erc20(USD, ALICE, BOB, 100))["tokens_left"] == 0


def test_what_comes_after_she_spent_all_of_a_token_is_not_left() -> None:
    chain = paid_in(100).erc20(EUR, EXCHANGE, ALICE, 100).erc20(EUR, ALICE, BOB, 100)
    chain.erc20(EUR, EXCHANGE, ALICE, 1)
    assert last(chain.erc20(USD, ALICE, BOB, 100))["tokens_left"] == 0


def test_native_value_left_is_told_to_the_wei_and_clipped() -> None:
    chain = paid_in(100).native(EXCHANGE, ALICE, 10**18)
    assert last(chain.erc20(USD, ALICE, BOB, 1))["native_left"] == 10**18
    assert last(chain.native(ALICE, BOB, 10**17))["native_left"] == 9 * 10**17
    assert last(chain.native(EXCHANGE, ALICE, 2**70).erc20(USD, ALICE, BOB, 1))["native_left"] == 2**63 - 1


@pytest.mark.parametrize(("before", "paid_back"), [(100, 1), (99, 0)])
def test_native_value_is_paid_back_up_to_what_was_lent(before: int, paid_back: int) -> None:
    chain = paid_in(100).native(EXCHANGE, ALICE, 200).native(BOB, ALICE, before)
    assert last(chain.native(ALICE, BOB, 100))["paid_back"] == paid_back


def test_a_loan_is_paid_back_once() -> None:
    chain = paid_in(100).native(EXCHANGE, ALICE, 200 * GWEI).native(BOB, ALICE, 100 * GWEI)
    assert last(chain.native(ALICE, BOB, 60 * GWEI))["lent"] == 100
    row = last(chain.native(ALICE, BOB, 60 * GWEI))
    assert (row["lent"], row["paid_back"]) == (40, 0)


@pytest.mark.parametrize(("amount", "emptied"), [(195, EMPTIED), (194, 0)])
def test_who_repays_a_loan_is_emptied_of_what_was_her_own(amount: int, emptied: int) -> None:
    # She has 100 of her own and 100 lent: of 195, 95 are her own, which leaves her a twentieth.
    chain = paid_in(100).native(EXCHANGE, ALICE, 100).native(BOB, ALICE, 100)
    assert last(chain.native(ALICE, BOB, amount))["emptied"] == emptied


@pytest.mark.parametrize(("amount", "matters"), [(5, 1), (4, 0)])
def test_a_payment_matters_from_a_twentieth_of_her_largest_own_on(amount: int, matters: int) -> None:
    chain = paid_in(300).erc20(USD, ALICE, BOB, 100).erc20(USD, ALICE, BOB, 10)
    assert last(chain.erc20(USD, BOB, ALICE, amount))["to_matters"] == matters
    assert last(chain.erc20(SPAM, BOB, ALICE, 10**9))["to_matters"] == 0


def test_only_what_she_signed_makes_payees_and_payers() -> None:
    chain = (
        paid_in(100)
        .erc20(SPAM, ALICE, BOB, 5, by=EXCHANGE)
        .erc20(USD, ALICE, BOB, 1)
        .erc20(USD, ALICE, EUR, 1)
    )
    chain.native(ALICE, BOB, SMALL_WEI)
    assert last(chain.native(ALICE, BOB, 1))["other_payees"] == 1


@pytest.mark.parametrize(("wei", "usual"), [(SMALL_WEI + GWEI, 6 * (SMALL_WEI // GWEI + 1)), (SMALL_WEI, 0)])
def test_a_busy_place_is_paid_by_six_and_pays_six_and_small_sums_count_for_nothing(
    wei: int, usual: int
) -> None:
    chain = ChainBuilder().block()
    for n in range(6):
        chain.native(address(f"customer {n}"), BOB, wei).native(BOB, address(f"supplier {n}"), 1)
    assert last(chain.native(ALICE, BOB, 1))["to_usual"] == usual


def test_a_mint_is_known_and_a_burn_takes_away() -> None:
    chain = ChainBuilder().block().erc20(USD, bytes(20), ALICE, 100, by=ALICE)
    chain.erc20(USD, ALICE, bytes(20), 50)
    assert last(chain.erc20(USD, ALICE, BOB, 50))["emptied"] == EMPTIED


def test_a_hostile_token_that_mints_without_end_stays_at_the_largest_number() -> None:
    chain = paid_in(LARGEST).erc20(USD, EXCHANGE, ALICE, LARGEST)
    # What is held is LARGEST; were the sum to wrap it would be LARGEST - 1, and this more than was known.
    assert last(chain.erc20(USD, ALICE, BOB, LARGEST))["emptied"] == EMPTIED


def test_payments_to_oneself_change_nothing() -> None:
    chain = paid_in(100).erc20(USD, ALICE, ALICE, 100)
    assert last(chain.erc20(USD, ALICE, BOB, 100))["emptied"] == EMPTIED


def test_own_payments_of_an_asset_are_counted_apart_from_what_others_pulled() -> None:
    chain = paid_in(100).erc20(USD, ALICE, BOB, 1).erc20(USD, ALICE, BOB, 1, by=BOB)
    assert last(chain.erc20(USD, ALICE, BOB, 1))["from_paid_asset"] == 1


@pytest.mark.parametrize(
    ("bites", "emptied"),
    [
        ((94, 6), EMPTIED),
        ((50, 50), EMPTIED),
        ((94, 2), EMPTIED),  # 4 of 100 are left
        ((30, 30, 30, 6), EMPTIED),
        ((50, 40), 0),  # 10 of 100 are left
    ],
)
def test_bites_of_one_payee_add_up(bites: tuple[int, ...], emptied: int) -> None:
    chain = paid_in(100)
    for amount in bites[:-1]:
        assert last(chain.erc20(USD, ALICE, BOB, amount).block())["emptied"] == 0
        chain.erc20(USD, ALICE, EXCHANGE, 0)
    assert last(chain.erc20(USD, ALICE, BOB, bites[-1]))["emptied"] == emptied


def test_a_smaller_payment_to_another_does_not_end_the_count_of_bites() -> None:
    chain = paid_in(200).erc20(USD, ALICE, BOB, 100).erc20(USD, ALICE, EXCHANGE, 5)
    assert last(chain.erc20(USD, ALICE, BOB, 91))["emptied"] == EMPTIED  # 4 are left of 195


def test_payments_of_many_hours_are_no_bites() -> None:
    chain = paid_in(100).erc20(USD, ALICE, BOB, 90).block(seconds_later=6 * 3600 + 1)
    assert last(chain.erc20(USD, ALICE, BOB, 7))["emptied"] == 0  # 3 are left of 10


def test_a_share_made_for_her_is_no_token_left() -> None:
    share = address("share of a vault")
    chain = in_use(paid_in(100), share).erc20(share, bytes(20), ALICE, 50, by=ALICE)
    chain.erc20(share, ALICE, BOB, 1)
    assert last(chain.erc20(USD, ALICE, BOB, 100))["tokens_left"] == 0


def test_a_token_that_few_use_is_not_left() -> None:
    chain = paid_in(100).erc20(EUR, EXCHANGE, ALICE, 100).erc20(EUR, ALICE, BOB, 1)
    assert last(chain.erc20(USD, ALICE, BOB, 100))["tokens_left"] == 0


CAROL = address("carol")
ETHER = 10**18


def test_the_first_sender_of_native_value_is_the_funder_for_good() -> None:
    chain = ChainBuilder()
    chain.block().native(BOB, ALICE, 0).erc20(USD, BOB, ALICE, 5)  # neither nothing nor a token funds
    chain.block().native(BOB, ALICE, FUNDING_WEI)  # nor dust
    chain.block().native(CAROL, ALICE, FUNDING_WEI + 1)
    chain.block().native(BOB, ALICE, 10**18).native(ALICE, BOB, 1)
    rows = known(chain)
    assert [row["to_first_payer"] for row in rows[:-1]] == [None, None, None, CAROL]
    assert (rows[-1]["from_first_payer"], rows[-1]["from_funder"]) == (CAROL, CAROL)


def test_who_sends_to_a_wallet_that_had_money_before_the_stream_did_not_fund_it() -> None:
    chain = ChainBuilder().block()
    chain.native(ALICE, BOB, 100)  # alice sends before she was sent anything
    chain.native(CAROL, ALICE, ETHER).native(ALICE, BOB, 1)
    assert last(chain)["from_first_payer"] is None


def test_a_wallet_that_pays_more_than_ever_came_was_not_funded_by_the_first_who_sent_some() -> None:
    chain = ChainBuilder().block().native(CAROL, ALICE, ETHER).native(ALICE, BOB, ETHER).native(ALICE, BOB, 1)
    rows = known(chain)
    assert [row["from_funder"] for row in rows] == [None, CAROL, None]
    assert rows[2]["from_first_payer"] == CAROL  # whoever that was


def test_a_transfer_of_nothing_teaches_nothing() -> None:
    chain = ChainBuilder()
    chain.block().erc20(USD, ALICE, BOB, 0, by=CAROL)
    chain.block().erc20(USD, ALICE, BOB, 5)
    assert (last(chain)["met"], last(chain)["new_asset"]) == (0, 1)


def test_a_called_contract_wallet_pays_by_its_own_call() -> None:
    safe = address("safe")
    for data, own in ((WALLET_CALLS[0].to_bytes(4, "big"), True), (b"1234", False)):
        chain = ChainBuilder().block()
        with chain.transaction(ALICE, safe, data=data):
            chain.erc20(USD, safe, BOB, 5)
        row = last(chain)
        assert (row["own_call"], row["direct"]) == (own, False)


@pytest.mark.parametrize("size", [1, 3])
def test_the_cut_of_batches_changes_nothing_that_is_known(size: int) -> None:
    rng, people, chain = Random(size), [address(f"person {n}") for n in range(6)], ChainBuilder()
    for _ in range(60):
        chain.block(rng.choice((12, 12, 900)))
        for payer in rng.sample(people, 2):
            payee = rng.choice([each for each in people if each != payer])
            if rng.random() < 0.5:
                chain.native(payer, payee, rng.randint(0, 9) * GWEI)
            else:
                chain.erc20(USD, payer, payee, rng.randint(0, 9), by=rng.choice((payer, payee)))
    assert known_and_wallets(chain.batches(size)) == known_and_wallets([chain.batch()])
