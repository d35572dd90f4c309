"""The pass writes only where there is room, and refuses in one line frames that no ingester makes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from detectors.kernels.decoding import Kind, decode
from detectors.kernels.decoding.columns import arrays
from detectors.kernels.decoding.one_pass import SOUND, one_pass
from detectors.kernels.decoding.program import program
from detectors.kernels.decoding.rows import Room
from ingest import decode as frames
from ingest.model.batch import Batch
from ingest.model.errors import BadInput
from tests.detectors.decoding.logs import PEOPLE
from tests.detectors.decoding.test_cuts import town
from tests.fixtures.frames import ChainBuilder, word

ALICE, BOB, CAROL, _ = PEOPLE
GUARD = 64


def test_a_room_that_is_too_small_is_not_left_and_what_is_needed_is_told() -> None:
    batch = town(1)
    whole = decode(batch)
    for rows in (0, 1, 5, len(whole) - 1, len(whole)):
        for more in (0, 1, len(whole.more) - 1, len(whole.more)):
            columns, guards = _guarded(rows, more)

            fault, _, needed, needed_more = one_pass(*program(), *arrays(batch), *columns)

            assert fault == SOUND
            assert needed >= len(whole) and needed_more >= len(whole.more)
            assert all((guard == 0xA5).all() for guard in guards), (rows, more)


def _guarded(rows: int, more: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The columns of a room of exactly that size, and the bytes that follow each of them."""
    plain, columns, guards = Room(), [], []
    plain.reserve(1, 1)
    sizes = [column.size // plain.rows for column in plain.columns[:-2]]
    counts = [size * rows for size in sizes] + [plain.columns[-2].size // plain.more * more]
    for column, count in zip(plain.columns[:-1], counts, strict=True):
        used = count * column.itemsize
        whole = np.full(used + GUARD, 0xA5, np.uint8)
        columns.append(whole[:used].view(column.dtype))
        guards.append(whole[used:])
    return [*columns, plain.columns[-1]], guards


def _logs(change: pl.Expr) -> Callable[[Batch], Batch]:
    return lambda batch: Batch(batch.blocks, batch.transactions, batch.logs.with_columns(change))


def _transactions(change: pl.Expr) -> Callable[[Batch], Batch]:
    return lambda batch: Batch(batch.blocks, batch.transactions.with_columns(change), batch.logs)


SHORT = pl.lit(bytes(19))


def ends_with(topic: str, last: pl.Expr | None) -> pl.Expr:
    """A topic, with another one in the last row."""
    return pl.when(pl.int_range(pl.len()) == pl.len() - 1).then(last).otherwise(topic).alias(topic)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda b: Batch(b.blocks, b.transactions, b.logs.reverse()), "row 1 of logs .* not after the one"),
        (lambda b: Batch(b.blocks, b.transactions[:1], b.logs), "row 0 of logs belongs to none of the trans"),
        (_logs(pl.lit(0, pl.Int32).alias("log_index")), "row 1 of logs .* is not after the one before it"),
        (lambda b: Batch(b.blocks, b.transactions.reverse(), b.logs), "row 1 of transactions is not after"),
        (lambda b: Batch(b.blocks[:0], b.transactions, b.logs), "no blocks .* row 0 of transactions belongs"),
        (_transactions(pl.col("block_number") + 1), "row 0 of transactions belongs to none of the blocks"),
        (_transactions(SHORT.alias("from_address")), "row 0 of transactions has an address"),
        (_transactions(SHORT.alias("to_address")), "row 0 of transactions has an address"),
        (_transactions(SHORT.alias("contract_address")), "row 0 of transactions has an address"),
        (_transactions(SHORT.alias("value")), "row 0 of transactions .* or a value that is not 32"),
        (_logs(SHORT.alias("address")), "row 0 of logs has an address that is not 20 bytes"),
        (_logs(ends_with("topic2", SHORT)), "row 2 of logs has a topic that is not 32 bytes"),
        (_logs(ends_with("topic1", None)), "row 2 of logs has a topic after one that is missing"),
    ],
)  # fmt: skip
def test_frames_of_no_batch_are_refused_in_one_line(broken: Callable[[Batch], Batch], said: str) -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 1)
    with chain.transaction(ALICE, CAROL):
        for log in ((), (frames.TRANSFER, word(ALICE), word(BOB)), (frames.TRANSFER, word(ALICE), word(BOB))):
            chain.log(CAROL, log, word(1))
    batch = chain.batch()
    assert decode(batch).kind.tolist() == [Kind.NATIVE, Kind.ERC20, Kind.ERC20]

    with pytest.raises(BadInput, match=said) as caught:
        decode(broken(batch))

    assert "\n" not in str(caught.value)
    assert "read these blocks from a node or a lake again" in str(caught.value)
