"""What the version before wrote, before wrapped coins were told: read as it is, or mended by one command.

`tests/fixtures/files/before_wrapped_natives` was written by that version: seven blocks of a chain of its own
in which bob pays 2 ether into a wrapped coin and carol takes 1 out, as a lake, as records of the log, and the
checkpoint of a detector that read them.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.registry import detectors
from ingest import schema
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.log.records import Assembler, encode
from ingest.model.batch import Batch, Event, Rollback, concat
from ingest.model.errors import UnreadableCheckpoint, UnreadableRecord
from tests.fixtures.frames import ChainBuilder, address

FILES = Path(__file__).parent.parent / "fixtures" / "files" / "before_wrapped_natives"
CHAIN_ID = 31337
BOB, CAROL, WETH = address("bob"), address("carol"), address("weth")


def records(folder: Path = FILES) -> Iterator[bytes]:
    """Each record, after its length in four bytes."""
    data = gzip.decompress((folder / "records.gz").read_bytes())
    while data:
        size = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + size]
        data = data[4 + size :]


def replayed() -> list[Event]:
    assembler = Assembler()
    events = (assembler.feed(value) for value in records())
    return [event for event in events if event is not None]


def at_rest(lake: Path = FILES / "lake") -> Batch:
    return concat(list(Lake.open(lake).batches(CHAIN_ID)))


def test_its_log_is_read_and_holds_no_fact_of_a_wrapped_coin() -> None:
    first, second, back = replayed()

    assert isinstance(first, Batch) and isinstance(second, Batch)
    assert back == Rollback(CHAIN_ID, 6, second.blocks["block_hash"][2])
    whole = concat([first, second])
    assert whole.blocks["block_number"].to_list() == [1, 2, 3, 4, 5, 6, 7]
    assert whole.wrapped_natives.equals(schema.WRAPPED_NATIVES.empty())
    assert whole.token_metadata["symbol"].to_list() == [b"WETH", b"USDC"]
    for name, frame in whole.frames().items():
        assert dict(frame.schema) == schema.TABLES[name].schema


def test_its_lake_is_read_as_its_log() -> None:
    live = concat([event for event in replayed() if isinstance(event, Batch)])

    for name, frame in at_rest().frames().items():
        assert frame.equals(live.frames()[name]), name
    assert at_rest().transfers.equals(live.transfers)


def test_a_wrapped_coin_of_no_known_chain_counts_once_its_blocks_are_told_anew() -> None:
    batch = at_rest()
    assert batch.transfers["standard"].to_list() == [*["native"] * 2, "erc20", "erc20", *["native"] * 4]

    rows = [(CHAIN_ID, number, WETH, "code") for number in (2, 3)]
    told = pl.DataFrame(rows, schema=schema.WRAPPED_NATIVES.schema, orient="row")
    moved = batch.with_facts(wrapped_natives=told).transfers.filter(pl.col("standard") == "weth")
    assert moved.select("from_address", "to_address").rows() == [
        (schema.ZERO_ADDRESS, BOB),
        (CAROL, schema.ZERO_ADDRESS),
    ]


def test_what_is_kept_of_its_ranges_does_not_look_as_if_it_had_been_asked(tmp_path: Path) -> None:
    shutil.copytree(FILES / "lake", tmp_path / "lake")
    writer = LakeWriter(tmp_path / "lake")

    writer.write(at_rest().slice(4, 7))

    lake = writer.lake()
    asked = [(one.first, one.last, lake.holds(one, schema.WRAPPED_NATIVES)) for one in lake.manifests]
    assert asked == [(1, 3, False), (4, 7, True)]
    assert at_rest(tmp_path / "lake").transfers.equals(at_rest().transfers)


def test_its_checkpoint_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    name = f"chain-{CHAIN_ID}.checkpoint"
    (tmp_path / name).write_bytes(gzip.decompress((FILES / f"{name}.gz").read_bytes()))

    with pytest.raises(UnreadableCheckpoint, match=r"by an earlier undertow.*: start detect with --rebuild$"):
        checkpoint.opened(Engine(CHAIN_ID, detectors(), folder=tmp_path))


def test_a_record_that_it_cannot_read_says_so_to_it_and_others_do_not() -> None:
    """Byte 4 is the format: 1 is what the version before reads, and blocks are of 5 since their blob gas is
    kept; of another it says `update it`.
    """
    plain = ChainBuilder().block().native(BOB, CAROL, 1).metadata(WETH, "Wrapped Ether", "WETH").batch()
    wrapping = ChainBuilder().block().deposit(WETH, BOB, 1).batch()

    assert [value[3] for value in encode(plain)] == [1, 5]
    assert [value[3] for value in encode(wrapping)] == [2, 5]
    with pytest.raises(UnreadableRecord, match="has format 6, this undertow reads 1 to 5: update it"):
        Assembler().feed(next(encode(plain))[:3] + b"\6" + next(encode(plain))[4:])


@pytest.mark.parametrize("table", [schema.TRANSACTIONS, schema.BLOCKS])
def test_a_column_that_may_be_null_and_came_later_is_null_and_any_other_is_refused(
    table: schema.Table,
) -> None:
    batch = ChainBuilder().block().native(BOB, CAROL, 1).batch()
    optional = next(column.name for column in table.columns if column.nullable)
    needed = [column.name for column in table.columns if not column.nullable][-1]
    frame = batch.frames()[table.name]

    whole = schema.completed(table, frame.drop(optional))
    assert dict(whole.schema) == table.schema
    assert whole[optional].null_count() == whole.height
    assert dict(schema.completed(table, frame.drop(needed)).schema) != table.schema
    assert schema.completed(table, frame).equals(frame)

    older = replace(batch, **{table.name: frame.drop(optional)})
    (event,) = [event for event in map(Assembler().feed, encode(older)) if event is not None]
    assert isinstance(event, Batch)
    assert event.frames()[table.name][optional].null_count() == 1
    with pytest.raises(UnreadableRecord, match=f"table {table.name} .* has other columns"):
        list(map(Assembler().feed, encode(replace(batch, **{table.name: frame.drop(needed)}))))


def test_blocks_of_before_their_blob_gas_was_kept_are_read_without_it() -> None:
    """`before_blob_gas`: three blocks in which alice pays bob, by the version that kept headers."""
    folder = FILES.parent / "before_blob_gas"
    assembler = Assembler()
    events = [assembler.feed(value) for value in records(folder)]
    (live,) = [event for event in events if isinstance(event, Batch)]

    for batch in (live, at_rest(folder / "lake")):
        assert dict(batch.blocks.schema) == schema.BLOCKS.schema
        assert batch.blocks.select("block_number", "blob_gas_used", "excess_blob_gas").rows() == [
            (number, None, None) for number in (1, 2, 3)
        ]
    assert at_rest(folder / "lake").blocks.equals(live.blocks)
    assert [value[3] for value in encode(live)] == [5]
