"""Logs that a hostile contract writes: the one pass and the functions on frames agree about each of them."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.kernels.decoding import LAID, Kind, decode
from ingest import decode as frames
from ingest.decode.shapes import signature
from tests.detectors.decoding.logs import (
    PEOPLE,
    SOUND,
    Log,
    any_word_any_number,
    chain_of,
    cut_anywhere,
    hostile,
)
from tests.detectors.decoding.oracle import assert_same, counts
from tests.fixtures.frames import ChainBuilder, batch_data, word

ALICE, BOB, CAROL, MALLORY = PEOPLE


def test_a_sound_log_of_every_event_is_a_row_of_its_kind() -> None:
    chain = chain_of([*SOUND], random.Random(1)).native(ALICE, BOB, 1)

    rows = assert_same(chain.batch())

    assert counts(rows).keys() == {kind.name for kind in Kind if kind not in LAID}


@pytest.mark.parametrize("wrong", [cut_anywhere, any_word_any_number])
def test_every_log_with_one_thing_wrong_is_read_as_before(wrong: Callable[[Log], list[Log]]) -> None:
    logs = [changed for log in SOUND for changed in wrong(log)]
    assert len(logs) > 5_000

    assert_same(chain_of(logs, random.Random(1)).batch())


@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_logs_with_something_wrong_are_read_as_before(seed: int) -> None:
    dice = random.Random(seed)
    logs = []
    for log in SOUND * 40:
        for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
            log = hostile(log, dice)
        logs.append(log)
    dice.shuffle(logs)

    rows = assert_same(chain_of(logs, dice).batch())

    assert len(logs) / 5 < (rows.log >= 0).sum() < len(logs) * 2


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(SOUND), max_size=12))
def test_any_few_logs_are_read_as_before(dice: random.Random, logs: list[Log]) -> None:
    changed = [hostile(log, dice) for log in logs]

    assert_same(chain_of(changed, dice).native(ALICE, BOB, 1).batch())


@pytest.mark.parametrize(
    "head",
    [
        (64, 96, 2**256 - 1),
        (64, 96, 2**64 - 1),
        (64, 96, 2**63),
        (64, 96, 2**59),
        (2**256 - 32, 64, 1),
        (2**63, 64, 1),
        (2**64 - 32, 2**64 - 32, 1),
        (96, 96, 1),
        (128, 64, 1),
        (64, 64, 0),
    ],
    ids=str,
)
def test_a_batch_whose_places_and_lengths_lie_is_no_transfer(head: tuple[int, ...]) -> None:
    topics = (frames.TRANSFER_BATCH, word(ALICE), word(ALICE), word(BOB))
    data = b"".join(word(number) for number in head) + bytes(32)
    batch = ChainBuilder().block().log(CAROL, topics, data).batch()

    rows = assert_same(batch)

    assert len(rows) == batch.transfers.height


@pytest.mark.parametrize("missing", [1, 31, 32, 33, 64])
def test_a_batch_whose_last_amount_is_not_all_there_is_no_transfer(missing: int) -> None:
    topics = (frames.TRANSFER_BATCH, word(ALICE), word(ALICE), word(BOB))
    data = batch_data([(1, 10), (2, 20)])[:-missing]
    chain = ChainBuilder().block().log(CAROL, topics, data).log(CAROL, (word(1),), b"\xff" * 64)

    assert len(assert_same(chain.batch())) == 0


@pytest.mark.parametrize(("lent", "tokens"), [((5, 6), [0, 1]), ((5, 0), [0]), ((0, 6), [1]), ((0, 0), [])])
def test_a_flash_is_a_row_for_each_token_that_was_lent(lent: tuple[int, int], tokens: list[int]) -> None:
    topics = (signature("Flash(address,address,uint256,uint256,uint256,uint256)"), word(ALICE), word(BOB))
    chain = ChainBuilder().block().log(CAROL, topics, word(lent[0]) + word(lent[1]) + word(7) + word(8))

    rows = assert_same(chain.erc20(CAROL, ALICE, BOB, 1).batch())

    assert rows.index_in_log.tolist() == [*tokens, 0]
    assert rows.word("amount2")[:-1, 3].tolist() == [(7, 8)[token] for token in tokens]


def test_ids_may_be_their_own_amounts() -> None:
    topics = (frames.TRANSFER_BATCH, word(ALICE), word(ALICE), word(BOB))
    data = word(64) + word(64) + word(2) + word(3) + word(4)

    rows = assert_same(ChainBuilder().block().log(CAROL, topics, data).batch())

    assert rows.word("item")[:, 3].tolist() == rows.word("amount")[:, 3].tolist() == [3, 4]


def test_a_batch_of_five_thousand_ids_has_a_row_for_each() -> None:
    moved = [(number, number + 1) for number in range(5_000)]
    chain = ChainBuilder().block().erc1155(CAROL, ALICE, BOB, moved).erc20(CAROL, ALICE, BOB, 9)

    rows = assert_same(chain.batch())

    assert rows.index_in_log.tolist() == [*range(5_000), 0]


def test_a_transaction_of_ten_thousand_and_one_logs_is_read_in_order() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, CAROL):
        for amount in range(10_001):
            chain.log(CAROL, (frames.TRANSFER, word(ALICE), word(BOB)), word(amount))

    rows = assert_same(chain.batch())

    assert rows.log_index.tolist() == rows.word("amount")[:, 3].tolist() == list(range(10_001))


def test_a_log_without_topics_or_with_an_unknown_one_is_no_row() -> None:
    chain = ChainBuilder().block().log(CAROL, (), word(1)).log(CAROL, (bytes(32),), word(1))
    chain.log(CAROL, (frames.TRANSFER[:-1] + b"\0", word(ALICE), word(BOB)), word(1))

    assert len(assert_same(chain.batch())) == 0


def test_data_of_odd_sizes_does_not_shift_what_comes_after_it() -> None:
    chain = ChainBuilder().block()
    for size in range(9):
        chain.log(CAROL, (word(1),), bytes(size)).erc20(CAROL, ALICE, BOB, size)

    rows = assert_same(chain.batch())

    assert rows.word("amount")[:, 3].tolist() == list(range(9))


def test_an_empty_batch_and_an_empty_block_have_no_rows() -> None:
    chain = ChainBuilder().block()

    assert len(assert_same(chain.batch())) == 0
    assert len(decode(chain.batch().slice(5, 6))) == 0


def test_money_of_a_reverted_transaction_did_not_move_and_a_creation_is_paid() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 5, status=0).native(ALICE, BOB, 6, status=None)
    chain.native(ALICE, BOB, 0).creates(ALICE, CAROL, wei=7)

    rows = assert_same(chain.batch())

    assert rows.word("amount")[:, 3].tolist() == [6, 7]
    assert rows.address("target").tobytes() == BOB + CAROL


def test_a_batch_of_one_id_and_a_single_transfer_read_the_same() -> None:
    topics = (frames.TRANSFER_BATCH, word(ALICE), word(ALICE), word(BOB))
    chain = ChainBuilder().block().erc1155(CAROL, ALICE, BOB, [(3, 4)])
    chain.log(CAROL, topics, batch_data([(3, 4)]))

    rows = assert_same(chain.batch())
    single, batched = rows.where(np.array([True, False])), rows.where(np.array([False, True]))

    assert single.words.tolist() == batched.words.tolist()
    assert single.addresses.tolist() == batched.addresses.tolist()
