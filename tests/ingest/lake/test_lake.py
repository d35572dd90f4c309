"""The lake: where files lie, that only whole, undamaged ranges are seen, and what overlaps do."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from ingest import schema
from ingest.lake.reading import Lake, split
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput, NotALake
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.full_disk import files_of_at_most

ALICE, BOB, USDC = address("alice"), address("bob"), address("usdc")


def payments(blocks: int, first: int = 1) -> ChainBuilder:
    """A chain on which alice pays bob once in every block."""
    chain = ChainBuilder(first_block=first)
    for _ in range(blocks):
        chain.block().erc20(USDC, ALICE, BOB, chain.head)
    return chain


def numbers(lake: Lake) -> list[int]:
    return [number for batch in lake.batches(1) for number in batch.blocks["block_number"]]


def test_ranges_end_at_thousands_and_at_the_ends_of_the_request() -> None:
    assert split(1500, 3200) == [(1500, 1999), (2000, 2999), (3000, 3200)]
    assert split(0, 999) == [(0, 999)]
    assert split(7, 7) == [(7, 7)]


def test_every_table_has_its_file_even_an_empty_one(tmp_path: Path) -> None:
    LakeWriter(tmp_path).write(payments(3, first=41).batch())

    for table in schema.LAKE_TABLES:
        file = tmp_path / table.name / "chain_id=1" / "000000000041-000000000043.parquet"
        frame = pl.read_parquet(file, hive_partitioning=False)
        assert dict(frame.schema) == table.schema
        assert frame.height == (3 if table in (*schema.CHAIN_TABLES, schema.TRANSFERS) else 0)


def test_a_manifest_says_what_its_range_holds(tmp_path: Path) -> None:
    batch = payments(3).batch()
    LakeWriter(tmp_path).write(batch)

    manifest = json.loads((tmp_path / "_ranges" / "1-000000000001-000000000003.json").read_bytes())
    assert (manifest["chain_id"], manifest["first"], manifest["last"]) == (1, 1, 3)
    assert (manifest["parent_hash"], manifest["last_hash"]) == (
        batch.parent_hash.hex(),
        batch.last_hash.hex(),
    )
    assert len(manifest["files"]) == len(schema.LAKE_TABLES)


def test_what_was_written_is_read_in_batches_of_the_wanted_size(tmp_path: Path) -> None:
    chain = payments(7)
    writer = LakeWriter(tmp_path)
    writer.write(chain.batch(1, 4))
    writer.write(chain.batch(5, 7))

    batches = list(writer.lake().batches(1, first=2, last=6, blocks=2))

    assert [(batch.first, batch.last) for batch in batches] == [(2, 3), (4, 4), (5, 6)]
    for batch in batches:
        expected = chain.batch(batch.first, batch.last)
        assert all(frame.equals(expected.frames()[name]) for name, frame in batch.frames().items())


def test_a_file_that_no_manifest_lists_is_not_seen(tmp_path: Path) -> None:
    writer = LakeWriter(tmp_path)
    writer.write(payments(2).batch())
    (tmp_path / "_ranges" / "1-000000000001-000000000002.json").unlink()

    assert numbers(writer.lake()) == []


def test_a_fact_is_told_once_though_every_range_holds_it(tmp_path: Path) -> None:
    first = ChainBuilder().block().metadata(USDC, "USD Coin", "USDC", 6).block()
    later = ChainBuilder(first_block=3).block().metadata(USDC, "Other", "OTHER", 6)
    writer = LakeWriter(tmp_path)
    for chain in (first, later):
        writer.write(chain.batch())

    facts = pl.concat([batch.token_metadata for batch in writer.lake().batches(1)])

    assert facts["symbol"].to_list() == [b"USDC"]


def test_a_new_range_takes_the_place_of_what_it_overlaps(tmp_path: Path) -> None:
    old = payments(10)
    new = old.fork(at=3)
    for _ in range(3):
        new.block().native(ALICE, BOB, 1)
    writer = LakeWriter(tmp_path)
    writer.write(old.batch())

    writer.write(new.batch(4, 6))

    spans = [(range_.first, range_.last) for range_ in writer.lake().ranges(1)]
    assert spans == [(1, 3), (4, 6), (7, 10)]
    assert numbers(writer.lake()) == list(range(1, 11))
    assert next(writer.lake().batches(1, first=4)).transfers["standard"].unique().to_list() == ["native"]
    assert not list(tmp_path.rglob("*000000000001-000000000010*"))


def test_chains_lie_side_by_side(tmp_path: Path) -> None:
    writer = LakeWriter(tmp_path)
    writer.write(payments(2).batch())
    writer.write(ChainBuilder(chain_id=5).block().batch())

    lake = writer.lake()
    assert lake.chain_ids() == [1, 5]
    assert numbers(lake) == [1, 2]
    with pytest.raises(NotALake, match="must hold one chain, it holds 1, 5"):
        lake.chain_id()


def test_a_folder_that_is_no_lake_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        NotALake, match="is not a lake: it has no folder _ranges; make one with `undertow backfill`"
    ):
        Lake.open(tmp_path)


def test_a_manifest_that_does_not_decode_is_refused(tmp_path: Path) -> None:
    writer = LakeWriter(tmp_path)
    (tmp_path / "_ranges" / "1-000000000001-000000000002.json").write_text("{")

    with pytest.raises(NotALake, match="cannot be read: remove it and backfill its range again"):
        writer.lake()


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_damage_is_noticed_when_the_range_is_read(tmp_path: Path, damage: str) -> None:
    writer = LakeWriter(tmp_path)
    manifest = writer.write(payments(2).batch())
    file = tmp_path / "logs" / "chain_id=1" / "000000000001-000000000002.parquet"
    if damage == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    else:
        file.unlink()

    with pytest.raises(NotALake, match=r"is damaged: logs/chain_id=1/000000000001-000000000002.parquet is"):
        numbers(writer.lake())
    assert not writer.lake().intact(manifest)


def test_a_lake_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadInput, match=r"the lake's folder .*file cannot be made: "):
        LakeWriter(tmp_path / "file")


def as_before(lake: Path, column: str) -> None:
    """The transactions of the lake's one range lose a column, as if written before it came to be."""
    (file,) = (lake / "transactions").rglob("*.parquet")
    pl.read_parquet(file, hive_partitioning=False).drop(column).write_parquet(file)
    (manifest,) = (lake / "_ranges").iterdir()
    told = json.loads(manifest.read_bytes())
    for listed in told["files"]:
        listed["sha256"] = hashlib.sha256((lake / listed["path"]).read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told))


def test_a_lake_from_before_a_column_came_to_be_is_read_with_nulls_in_it(tmp_path: Path) -> None:
    batch = payments(3).batch()
    LakeWriter(tmp_path).write(batch)
    as_before(tmp_path, "receipt_of")

    (held,) = Lake.open(tmp_path).batches(1)
    assert held.transactions.equals(batch.transactions)


def test_a_column_that_must_be_there_is_still_missed(tmp_path: Path) -> None:
    LakeWriter(tmp_path).write(payments(3).batch())
    as_before(tmp_path, "gas_used")

    with pytest.raises(NotALake, match="has other columns than this undertow reads"):
        list(Lake.open(tmp_path).batches(1))


def test_a_full_disk_is_told_in_one_line_and_leaves_the_lake_as_it_was(tmp_path: Path) -> None:
    """Of alice's six blocks no table fits at first, then the smaller ones do; three were there before."""
    LakeWriter(tmp_path).write(payments(3).batch())
    before = contents(tmp_path)
    for room in (100, 2_000):
        told = pytest.raises(BadInput, match=r"cannot be written: .*make room")
        with files_of_at_most(room), told as error:
            LakeWriter(tmp_path).write(payments(6).batch())
        assert "\n" not in str(error.value)
        assert numbers(Lake.open(tmp_path)) == [1, 2, 3]
        assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]
    assert before.items() <= contents(tmp_path).items()
    LakeWriter(tmp_path).write(payments(6).batch())
    assert numbers(Lake.open(tmp_path)) == [1, 2, 3, 4, 5, 6]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
