"""Where batches are cut changes nothing, nor how their frames lie in memory, nor what was decoded before."""

from __future__ import annotations

import random
from dataclasses import fields

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from detectors.kernels.decoding import Room, Rows, decode
from ingest.model.batch import Batch, concat
from tests.detectors.decoding.logs import PEOPLE, SOUND, chain_of, hostile
from tests.fixtures.frames import ChainBuilder

ALICE, BOB, CAROL, _ = PEOPLE


def town(seed: int) -> Batch:
    """Some blocks with logs of every event, a third of them with something wrong."""
    dice = random.Random(seed)
    logs = [hostile(log, dice) if dice.random() < 0.3 else log for log in SOUND * 3]
    dice.shuffle(logs)
    return chain_of(logs, dice).batch()


def assert_equal(one: Rows, other: Rows) -> None:
    for column in fields(Rows):
        assert_array_equal(getattr(one, column.name), getattr(other, column.name), column.name)


def joined(pieces: list[Batch]) -> Rows:
    """The rows of consecutive batches; those that point into frames point into the frames of all of them."""
    parts: dict[str, list[np.ndarray]] = {column.name: [] for column in fields(Rows)}
    transactions = logs = more = 0
    for piece in pieces:
        rows = decode(piece)
        moved = {"transaction": transactions, "log": logs, "more_row": more}
        for name, found in parts.items():
            column = getattr(rows, name)
            found.append(np.where(column < 0, column, column + moved[name]) if name in moved else column)
        transactions, logs = transactions + piece.transactions.height, logs + piece.logs.height
        more += len(rows.more)
    return Rows(**{name: np.concatenate(found) for name, found in parts.items()})


@pytest.mark.parametrize("seed", range(3))
def test_the_rows_of_a_batch_are_those_of_its_pieces(seed: int) -> None:
    whole, dice = town(seed), random.Random(seed)
    blocks = whole.blocks["block_number"].to_list()
    for count in (1, len(blocks) // 2, len(blocks) - 1):
        firsts = sorted({blocks[0], *dice.sample(blocks, count)})
        lasts = [first - 1 for first in firsts[1:]] + [blocks[-1]]
        pieces = [whole.slice(first, last) for first, last in zip(firsts, lasts, strict=True)]
        assert len(pieces) > 1 or count == 1

        assert_equal(joined(pieces), decode(whole))


def test_frames_in_many_chunks_or_cut_out_of_others_read_the_same() -> None:
    whole = town(1)
    blocks = whole.blocks["block_number"].to_list()
    chunked = concat([whole.slice(number, number) for number in blocks])
    assert chunked.logs.n_chunks() > 1
    inner = whole.logs.with_row_index().filter(pl.col("block_number").is_in(blocks[1:-1]))
    cut = whole.logs.slice(int(inner["index"][0]), inner.height)
    part = whole.slice(blocks[1], blocks[-2])

    assert_equal(decode(chunked), decode(whole))
    assert_equal(decode(Batch(part.blocks, part.transactions, cut)), decode(part))


def test_what_lies_under_a_null_is_not_read() -> None:
    batch = ChainBuilder().block().erc721(CAROL, ALICE, BOB, 7).erc20(CAROL, ALICE, BOB, 7).batch()
    hidden = batch.logs.with_columns(
        topic3=pl.when(pl.col("data") == b"").then("topic3"),
        topic2=pl.when(pl.col("data") == b"").then("topic2"),
    )

    rows = decode(Batch(batch.blocks, batch.transactions, hidden))

    assert rows.log.tolist() == [0]


def test_a_room_that_is_used_again_gives_the_same_rows_in_any_order() -> None:
    room, batches = Room(), [town(seed) for seed in range(3)]
    crowded = ChainBuilder().block().erc1155(CAROL, ALICE, BOB, [(n, n) for n in range(3_000)]).batch()
    small = ChainBuilder().block().native(ALICE, BOB, 1).batch()

    for batch in (small, batches[0], crowded, batches[1], small, batches[2], crowded, batches[0]):
        assert_equal(decode(batch, room), decode(batch))


def test_without_a_room_rows_stay_what_they_were() -> None:
    rows = decode(town(1))
    before = {column.name: getattr(rows, column.name).copy() for column in fields(Rows)}

    decode(town(2))

    assert_equal(rows, Rows(**before))


def test_a_room_is_kept_where_it_is_large_enough() -> None:
    room, batch = Room(), town(1)
    first = decode(batch, room)

    assert np.shares_memory(first.words, decode(batch.slice(1, 2), room).words)


def test_candidates_that_were_refused_leave_the_others_as_they_are() -> None:
    rows = decode(town(1))
    kept = rows.kind % 2 == 0

    left = rows.where(kept)

    assert 0 < len(left) == kept.sum() < len(rows)
    assert_array_equal(left.block, rows.block[kept])
    for name in ("amount", "item", "amount4", "liquidity"):
        assert_array_equal(left.word(name), rows.word(name)[kept])
    assert rows.where(np.ones(len(rows), np.bool_)) is rows
