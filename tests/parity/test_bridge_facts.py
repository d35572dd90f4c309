"""Messages of bridges and what nodes disagree on go through log and lake; older files have none."""

from __future__ import annotations

import gzip
from pathlib import Path

from ingest import schema
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.log.records import Assembler, encode
from ingest.model.batch import Batch, Rollback, concat
from tests.fixtures.frames import ChainBuilder, Crossing, address, word

ALICE, BOB, COIN = address("alice"), address("bob"), address("bridged coin")
FILES = Path(__file__).parent.parent / "fixtures" / "files" / "before_messages"
"""Written by the version before: five blocks with a wrapped coin, a list, code and two tokens."""
CHAIN_ID = 31337


def crossed() -> Batch:
    """Alice's deposit is told, her claim stands beside it, and one node told of no such block."""
    chain = ChainBuilder().block().native(ALICE, BOB, 1).block()
    lock = Crossing("lock", "in", word(7), COIN, 2**255 + 1, None, ALICE, BOB, transaction=word(9), ago=60)
    chain.crosses(lock).erc20(COIN, bytes(20), ALICE, 5, by=ALICE)
    chain.crosses(Crossing("mint", "in", word(7), COIN, 5, 5, ALICE, at=0, moved_log=0))
    chain.block().disagrees("http://node-1", depth=3).disagrees("http://node-2", "chain", other=None)
    return chain.batch()


def same(left: Batch, right: Batch) -> bool:
    return all(frame.equals(right.frames()[name]) for name, frame in left.frames().items())


def test_both_come_out_of_the_log_as_they_went_in() -> None:
    batch, assembler = crossed(), Assembler()
    events = [assembler.feed(value) for value in encode(batch)]

    (told,) = [event for event in events if isinstance(event, Batch)]
    assert told.messages.height == told.disagreements.height == 2
    assert same(told, batch)


def test_a_version_that_does_not_know_them_says_that_it_is_too_old() -> None:
    """Byte 4 is the format: 3 where facts of either kind are in it, 5 of blocks with blob gas."""
    plain = ChainBuilder().block().metadata(COIN, "coin", "COIN").batch()

    assert [value[3] for value in encode(plain)] == [1, 5]
    assert [value[3] for value in encode(crossed())] == [3, 5]


def test_both_come_out_of_the_lake_as_they_went_in_also_where_a_range_is_cut(tmp_path: Path) -> None:
    batch, writer = crossed(), LakeWriter(tmp_path)
    writer.write(batch)
    writer.write(batch.slice(3, 3))

    assert [each.last for each in writer.lake().ranges(1)] == [2, 3]
    assert same(concat(list(writer.lake().batches(1))), batch)


def test_the_log_of_the_version_before_has_none() -> None:
    data, assembler, events = gzip.decompress((FILES / "records.gz").read_bytes()), Assembler(), []
    while data:
        size = int.from_bytes(data[:4], "big")
        events.append(assembler.feed(data[4 : 4 + size]))
        data = data[4 + size :]
    batches = [event for event in events if isinstance(event, Batch)]

    assert [event.number for event in events if isinstance(event, Rollback)] == [4]
    whole = concat(batches[:2])
    assert whole.messages.equals(schema.MESSAGES.empty())
    assert whole.disagreements.equals(schema.DISAGREEMENTS.empty())
    assert whole.token_metadata["symbol"].to_list() == [b"WETH", b"USD"]
    assert same(whole, concat(list(Lake.open(FILES / "lake").batches(CHAIN_ID))))


def test_a_lake_of_the_version_before_goes_on_with_them(tmp_path: Path) -> None:
    before = concat(list(Lake.open(FILES / "lake").batches(CHAIN_ID)))
    writer = LakeWriter(tmp_path)
    writer.write(before)

    assert same(concat(list(writer.lake().batches(CHAIN_ID))), before)
    (held,) = writer.lake().ranges(CHAIN_ID)
    assert writer.lake().holds(held, schema.MESSAGES)
