"""The ledger keeps what was told about tokens and the coin, and forgets what a rollback takes back."""

from __future__ import annotations

from detectors.parts.ledger import NO_TOKEN, UNNAMED_COIN, Ledger, Token
from ingest import decode
from tests.fixtures.frames import ChainBuilder, address

BOB, CAROL, USD = (address(name) for name in ("bob", "carol", "usd"))


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
    chain = ChainBuilder().block().metadata(USD, "Dollar", "USD", 6).block().metadata(BOB, "Bob", "BOB", 6)
    ledger = Ledger()
    ledger.learn_tokens(chain.batch().token_metadata)
    assert set(ledger.until(1).tokens) == {USD}
    assert set(ledger.tokens) == {USD, BOB}
