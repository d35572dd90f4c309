"""The ledger numbers addresses in order of appearance, and forgets what a rollback takes back."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.kernels.layout import FUNDING_WEI, GWEI, Limits
from detectors.parts.features import stream
from detectors.parts.ledger import FIRST_ROOM, NO_TOKEN, UNKNOWN, UNNAMED_COIN, Ledger, Token, address_words
from ingest import decode
from tests.detectors.graphs import graph
from tests.fixtures.frames import ChainBuilder, address

ETHER = 10**18
ALICE, BOB, CAROL, USD = (address(name) for name in ("alice", "bob", "carol", "usd"))


def words(*addresses: bytes) -> NDArray[np.uint32]:
    return address_words(pl.Series(list(addresses), dtype=pl.Binary))


def ids(ledger: Ledger, *addresses: bytes) -> list[int]:
    return [int(number) for number in ledger.intern(words(*addresses))]


def test_addresses_are_numbered_in_order_of_appearance_after_the_zero_address() -> None:
    ledger = Ledger()
    assert ids(ledger, BOB, ALICE, BOB, bytes(20), CAROL) == [1, 2, 1, 0, 3]
    assert ledger.addresses([3, 0, 1]) == [CAROL, bytes(20), BOB]


def test_growing_keeps_every_number() -> None:
    ledger, many = Ledger(), [n.to_bytes(20, "big") for n in range(1, 3 * FIRST_ROOM)]
    assert ids(ledger, *many) == list(range(1, 3 * FIRST_ROOM))
    assert ids(ledger, *many) == list(range(1, 3 * FIRST_ROOM))


def test_addresses_that_differ_in_one_bit_are_different() -> None:
    ledger = Ledger()
    near = [bytes(19) + bytes([1 << bit]) for bit in range(8)]
    assert ids(ledger, *near) == list(range(1, 9))


Blocks = st.lists(st.lists(st.integers(0, 12), max_size=6), min_size=1, max_size=6)


@settings(deadline=None, max_examples=50)
@given(Blocks, st.integers(0, 6))
def test_truncating_equals_never_having_seen(blocks: list[list[int]], upto: int) -> None:
    undone, unaware = Ledger(), Ledger()
    for number, people in enumerate(blocks, start=1):
        take(undone, number, people)
        if number <= upto:
            take(unaware, number, people)
    undone.truncate(upto)
    assert undone.count == unaware.count
    assert undone.block_ends == unaware.block_ends
    everybody = [n.to_bytes(20, "big") for n in range(12, -1, -1)]
    assert ids(undone, *everybody) == ids(unaware, *everybody)


def take(ledger: Ledger, number: int, people: list[int]) -> None:
    if people:
        ids(ledger, *(n.to_bytes(20, "big") for n in people))
    ledger.close_block(number, ledger.count)


def test_the_first_sender_of_native_value_is_the_funder_for_good_until_its_block_leaves() -> None:
    chain = ChainBuilder()
    chain.block().native(BOB, ALICE, 0).erc20(USD, BOB, ALICE, 5)  # neither nothing nor a token funds
    chain.block().native(BOB, ALICE, FUNDING_WEI)  # nor dust
    chain.block().native(CAROL, ALICE, FUNDING_WEI + 1)
    chain.block().native(BOB, ALICE, 10**18)
    ledger = streamed(chain)
    alice, carol = ids(ledger, ALICE, CAROL)
    assert ledger.funder[alice] == carol
    assert ledger.funding[alice] == (FUNDING_WEI + 1) // GWEI
    ledger.truncate(2)
    assert (ledger.funder[alice], ledger.funding[alice]) == (UNKNOWN, 0)


def test_who_sends_to_a_wallet_that_had_money_before_the_stream_did_not_fund_it() -> None:
    chain = ChainBuilder().block()
    chain.native(ALICE, BOB, 100)  # alice sends before she was sent anything
    chain.native(CAROL, ALICE, ETHER).native(ALICE, BOB, 1)
    ledger = streamed(chain)
    (alice,) = ids(ledger, ALICE)
    assert ledger.funder[alice] == UNKNOWN


def test_a_wallet_that_pays_more_than_ever_came_was_not_funded_by_the_first_who_sent_some() -> None:
    chain = ChainBuilder().block().native(CAROL, ALICE, ETHER).native(ALICE, BOB, ETHER).native(ALICE, BOB, 1)
    funders = stream(chain.batch(), graph(), Ledger(), Limits()).transfers["from_funder"].to_list()
    assert funders[1] >= 0
    assert funders[2] == UNKNOWN


def test_an_address_first_met_in_a_block_that_left_is_forgotten_with_its_funder() -> None:
    chain = ChainBuilder()
    chain.block().native(ALICE, BOB, ETHER)
    chain.block().native(BOB, CAROL, ETHER)
    ledger = streamed(chain)
    ledger.truncate(1)
    (carol,) = ids(ledger, CAROL)
    assert ledger.funder[carol] == UNKNOWN


def test_the_first_word_about_a_token_stands_until_its_block_leaves() -> None:
    ledger = Ledger()
    chain = ChainBuilder()
    chain.block().metadata(USD, "Dollar", "USD", 6)
    chain.block().metadata(USD, "Real Dollar", "REAL", 18)
    ledger.learn_tokens(chain.batch().token_metadata)
    assert ledger.token(USD, 2) == Token("USD", 6)
    ledger.truncate(0)
    assert ledger.token(USD, 2) == NO_TOKEN
    assert ledger.facts.height == 0


def test_native_value_needs_no_fact_and_an_unknown_token_has_none() -> None:
    assert Ledger().token(None, 1) == UNNAMED_COIN
    assert Ledger().token(USD, 1) == NO_TOKEN


def test_a_word_is_not_known_before_the_block_that_told_it() -> None:
    ledger = Ledger()
    chain = ChainBuilder(first_block=5).block().metadata(USD, "Dollar", "USD", 6)
    ledger.learn_tokens(chain.batch().token_metadata)
    assert [ledger.token(USD, number) for number in (4, 5, 6)] == [NO_TOKEN, *[Token("USD", 6)] * 2]


def test_what_wraps_the_coin_is_known_from_the_block_that_told_so_until_it_leaves() -> None:
    chain = ChainBuilder(first_block=5).block().wraps(USD, decode.BY_SETTING).wraps(BOB, decode.BY_VALUE)
    ledger = Ledger(wrapped_here=frozenset({CAROL}))
    ledger.learn_wrapped(chain.block().wraps(USD).batch().wrapped_natives)
    assert [ledger.is_coin(USD, number) for number in (4, 5, 6)] == [False, True, True]
    assert [ledger.is_coin(token, 4) for token in (None, CAROL)] == [True, True]
    assert not ledger.is_coin(BOB, 6)  # it only calls itself so
    assert ledger.until(5).is_coin(USD, 6)
    ledger.truncate(4)
    assert not ledger.is_coin(USD, 6)


def test_a_hostile_symbol_is_printable_and_raw_bytes_stay_in_the_facts() -> None:
    ledger, hostile = Ledger(), "<b>\u202eDSU\n"
    ledger.learn_tokens(ChainBuilder().block().metadata(USD, hostile, hostile).batch().token_metadata)
    assert ledger.token(USD, 1).symbol == r"<b>\u{202e}DSU\u{000a}"
    assert ledger.facts["symbol"].to_list() == [hostile.encode()]


def test_a_copy_until_a_block_leaves_the_ledger_as_it_was() -> None:
    chain = ChainBuilder()
    chain.block().native(ALICE, BOB, 1)
    chain.block().native(BOB, CAROL, 1)
    ledger = streamed(chain)
    before = ledger.count
    assert ledger.until(1).count < before
    assert ledger.count == before
    assert ids(ledger, CAROL) == [before - 1]


def streamed(chain: ChainBuilder) -> Ledger:
    ledger = Ledger()
    stream(chain.batch(), graph(), ledger, Limits())
    return ledger
