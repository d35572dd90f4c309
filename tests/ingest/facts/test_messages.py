"""Messages of other chains stand in the first block by whose time they are due, whoever reads, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import polars as pl
import pytest

from ingest import schema
from ingest.facts.bridge_files import Bridge, read_bridge
from ingest.facts.crossings import crossings
from ingest.facts.messages import MessageBook, here, placed, together
from ingest.lake.range_workers import with_messages
from ingest.model.batch import Batch
from tests.fixtures.bridges import locks, mints, write
from tests.fixtures.frames import ChainBuilder, address

ALICE = address("alice")


@pytest.fixture
def bridge(tmp_path: Path) -> Bridge:
    return read_bridge(write(tmp_path, wait_seconds=0))


def chains(bridge: Bridge, seed: int = 1) -> tuple[Batch, pl.DataFrame]:
    """Forty blocks here, and what was locked there in as many of other lengths."""
    rng, own, other = Random(seed), ChainBuilder(1), ChainBuilder(2)
    for number in range(40):
        other.block(rng.choice((1, 12, 12, 300)))
        locks(other, ALICE, number + 1, number)
        own.block(rng.choice((0, 12, 12, 400)))
        if rng.random() < 0.5:
            mints(own, ALICE, number + 1, number)
    return own.batch(), crossings(other.batch(), bridge, "there", 1)


def lived(book: MessageBook, batches: Sequence[Batch]) -> pl.DataFrame:
    told = []
    for batch in batches:
        told.append(book.facts(batch))
        book.remember(told[-1])
    return pl.concat(told)


def as_history(bridge: Bridge, batch: Batch, there: pl.DataFrame) -> pl.DataFrame:
    return with_messages(batch.with_facts(messages=there), (bridge,)).messages


@pytest.mark.parametrize("seed", range(5))
def test_however_blocks_come_they_carry_the_same_messages(bridge: Bridge, seed: int) -> None:
    batch, there = chains(bridge, seed)
    expected, rng = as_history(bridge, batch, there), Random(seed)
    assert expected.filter(pl.col("side") == "there").height > 20

    for size in (1, 3, 40):
        book = MessageBook([bridge], pytest.fail)
        book.arrive(bridge, there.sample(fraction=1.0, shuffle=True, seed=seed), 2**40)
        pieces = [batch.slice(at, at + size - 1) for at in range(1, 41, size)]
        assert lived(book, pieces).equals(expected)

    cut = rng.randint(2, 39)
    floor = int(batch.blocks["timestamp"][cut - 1])
    first = as_history(bridge, batch.slice(1, cut), there)
    rest = as_history(bridge, batch.slice(cut + 1, 40), there.filter(pl.col("due_time") > floor))
    assert pl.concat([first, rest]).equals(expected), "ranges of a lake"


def test_each_stands_in_the_first_block_that_is_not_before_it_is_due(bridge: Bridge) -> None:
    batch, there = chains(bridge)
    times = dict(batch.blocks.select("block_number", "timestamp").iter_rows())
    for row in placed(there, batch.blocks).iter_rows(named=True):
        assert times[row["block_number"]] >= row["due_time"]
        assert row["block_number"] == 1 or times[row["block_number"] - 1] < row["due_time"]


def test_what_left_the_chain_with_its_block_is_told_again_and_nothing_is_told_twice(bridge: Bridge) -> None:
    batch, there = chains(bridge)
    book = MessageBook([bridge], pytest.fail)
    book.arrive(bridge, there, 2**40)
    expected = lived(book, [batch])
    book.arrive(bridge, there, 2**40)
    assert book.facts(batch.slice(40, 40)).filter(pl.col("side") == "there").height == 0

    book.roll_back(20)
    again = lived(book, [batch.slice(21, 40)])
    assert again.equals(expected.filter(pl.col("block_number") > 20))
    assert book.told(1, 40).equals(expected)


def test_a_restart_goes_on_from_what_the_log_was_told(bridge: Bridge) -> None:
    batch, there = chains(bridge)
    expected = as_history(bridge, batch, there)
    kept = batch.slice(15, 25)
    book = MessageBook([bridge], pytest.fail, floor=int(kept.blocks["timestamp"][0]))
    book.remember(expected.filter(pl.col("block_number").is_between(15, 25)))
    book.arrive(bridge, there, 2**40)

    assert lived(book, [batch.slice(26, 40)]).equals(expected.filter(pl.col("block_number") > 25))


def test_a_chain_that_is_not_read_holds_nothing_up_and_its_messages_come_late_loudly(bridge: Bridge) -> None:
    batch, there = chains(bridge)
    lines: list[str] = []
    book = MessageBook([bridge], lines.append)

    early = lived(book, [batch.slice(at, at) for at in range(1, 30)])
    assert early.filter(pl.col("side") == "there")["kind"].to_list() == ["late"]
    book.arrive(bridge, there, 2**40)
    late = lived(book, [batch.slice(at, at) for at in range(30, 41)])

    told = late.filter(pl.col("side") == "there")
    assert told["kind"][0] == "read"
    assert told.filter(pl.col("block_number") == 30).height > 5
    assert [line.split(":")[1].split(" is ")[1][:8] for line in lines] == ["not read", "read as "]


def test_a_block_waits_until_the_second_of_the_last_read_block_is_over(bridge: Bridge) -> None:
    book = MessageBook([bridge], pytest.fail)
    book.arrive(bridge, schema.MESSAGES.empty(), 1_000)
    assert book.is_sure(bridge, 1_059)
    assert not book.is_sure(bridge, 1_060), "a later block of the same second may come"


def test_what_is_here_stands_behind_what_is_told_in_the_same_block(bridge: Bridge) -> None:
    batch, there = chains(bridge)
    both = together(placed(there, batch.blocks), here(batch, [bridge]))
    sides = both.group_by("block_number", maintain_order=True).agg("side")
    assert both["block_number"].is_sorted()
    assert all(list(each) == sorted(each, reverse=True) for each in sides["side"])
