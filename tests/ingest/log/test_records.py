"""The record format: what goes in comes out, in records that a broker carries; damage is noticed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import schema
from ingest.log import records
from ingest.log.records import Assembler, encode, peek
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import UnreadableRecord
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, USDC = address("alice"), address("bob"), address("usdc")


def decoded(values: Iterable[bytes]) -> list[Event]:
    assembler = Assembler()
    events = [assembler.feed(value) for value in values]
    return [event for event in events if event is not None]


def same(left: Batch, right: Batch) -> bool:
    return all(frame.equals(right.frames()[name]) for name, frame in left.frames().items())


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.booleans())
@settings(max_examples=25, deadline=None)
def test_any_batch_comes_out_as_it_went_in(payments: list[int], named: bool) -> None:
    chain = ChainBuilder()
    for count in payments:
        chain.block()
        for amount in range(count):
            chain.native(ALICE, BOB, amount + 1).erc20(USDC, ALICE, BOB, amount)
    if named:
        chain.metadata(USDC, "USD Coin", "USDC", 6)
    batch = chain.batch()

    (event,) = decoded(encode(batch))

    assert isinstance(event, Batch)
    assert same(event, batch)


def test_a_rollback_comes_out_as_it_went_in() -> None:
    rollback = Rollback(1, 41, b"\x07" * 32)

    assert decoded(encode(rollback)) == [rollback]


def test_facts_travel_before_the_blocks_they_belong_to() -> None:
    chain = ChainBuilder().block().erc20(USDC, ALICE, BOB, 1).metadata(USDC, "USD Coin", "USDC", 6)

    assert [peek(value).kind for value in encode(chain.batch())] == ["facts", "blocks"]


def test_facts_do_not_stick_to_later_blocks() -> None:
    named = ChainBuilder().block().metadata(USDC, "USD Coin", "USDC", 6).batch()
    plain = ChainBuilder().block().batch()

    first, second = decoded([*encode(named), *encode(plain)])

    assert isinstance(first, Batch) and first.token_metadata.height == 1
    assert isinstance(second, Batch) and second.token_metadata.height == 0


def test_every_kind_of_fact_and_the_calls_inside_come_out_as_they_went_in() -> None:
    batch = _told_everything()

    (event,) = decoded(encode(batch))

    assert isinstance(event, Batch) and same(event, batch)
    assert list(event.facts()) == ["codes", "lists"]
    assert event.traces.height == 1


def test_a_record_without_a_table_that_it_must_hold_is_refused() -> None:
    (value,) = encode(ChainBuilder().block().batch())
    head = msgspec.json.decode(value[12 : 12 + int.from_bytes(value[8:12], "big")])
    payload = value[12 + int.from_bytes(value[8:12], "big") :]
    size = head["frames"].pop("logs")

    with pytest.raises(UnreadableRecord, match="blocks 1-1 of chain 1 does not hold the tables that it must"):
        Assembler().feed(_sealed(head, payload[:-size]))
    head["frames"]["spells"] = size
    with pytest.raises(UnreadableRecord, match="does not hold the tables"):
        Assembler().feed(_sealed(head, payload))


def test_each_record_of_blocks_says_where_lists_lie_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 64_000 + 6_000)

    values = list(encode(_busy(blocks=4), {"ofac.txt": 17}))

    assert len(values) > 1
    assert {tuple(peek(value).lists.items()) for value in values} == {(("ofac.txt", 17),)}


def test_blocks_too_many_for_one_record_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 64_000 + 6_000)
    batch = _busy(blocks=8)

    values = list(encode(batch))
    events = decoded(values)

    assert len(values) > 1
    assert all(len(value) <= 70_000 for value in values)
    assert [number for event in events for number in _numbers(event)] == list(range(1, 9))


def test_one_big_block_is_split_into_parts_that_count_only_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 64_000 + 3_000)
    batch = _busy(blocks=1)

    values = list(encode(batch))

    assert len(values) > 2
    assert [peek(value).part for value in values] == list(range(len(values)))
    assert decoded(values[:-1]) == []
    (event,) = decoded(values)
    assert isinstance(event, Batch) and same(event, batch)


def test_a_missing_part_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 64_000 + 3_000)
    values = list(encode(_busy(blocks=1)))

    with pytest.raises(UnreadableRecord, match=r"part 3 of \d+ of blocks 1-1 of chain 1 came out of turn"):
        decoded([values[0], values[2]])


def test_a_log_that_was_cut_inside_of_a_block_begins_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 64_000 + 3_000)
    cut, whole = (list(encode(_busy(blocks=1))) for _ in range(2))
    assembler = records.Assembler(from_beginning=True)

    events = [event for value in (*cut[1:], *whole) if (event := assembler.feed(value)) is not None]

    assert len(events) == 1
    with pytest.raises(UnreadableRecord, match="came out of turn"):
        assembler.feed(whole[1])


def test_every_record_of_a_block_of_five_megabytes_is_small_enough_for_a_default_broker() -> None:
    noise = b"".join(address(str(n)) for n in range(50_000))
    chain = ChainBuilder().block()
    for n in range(5):
        chain.log(USDC, (), noise[n:])

    values = list(encode(chain.batch()))

    assert max(map(len, values)) <= 900_000
    assert len(decoded(values)) == 1


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_byte_is_always_noticed(data: st.DataObject) -> None:
    (value,) = encode(ChainBuilder().block().erc20(USDC, ALICE, BOB, 1).batch())
    at = data.draw(st.integers(0, len(value) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = value[:at] + bytes((value[at] ^ 1 << bit,)) + value[at + 1 :]

    with pytest.raises(UnreadableRecord):
        Assembler().feed(damaged)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_and_nothing_worse(noise: bytes) -> None:
    for value in (noise, b"uTw\x01" + noise):
        with pytest.raises(UnreadableRecord):
            Assembler().feed(value)


@pytest.mark.parametrize("size", [0, 3, 11, 12, 40])
def test_a_record_cut_short_is_refused(size: int) -> None:
    (value,) = encode(Rollback(1, 41, b"\x07" * 32))

    with pytest.raises(UnreadableRecord):
        peek(value[:size])


def test_a_later_format_is_named() -> None:
    (value,) = encode(Rollback(1, 41, b"\x07" * 32))

    with pytest.raises(UnreadableRecord, match="has format 6, this undertow reads 1 to 5: update it"):
        peek(value[:3] + b"\x06" + value[4:])


def test_a_table_with_other_columns_is_refused() -> None:
    batch = ChainBuilder().block().batch()
    odd = Batch(batch.blocks.with_columns(pl.lit(1).alias("extra")), batch.transactions, batch.logs)

    with pytest.raises(UnreadableRecord, match="table blocks of blocks 1-1 of chain 1 has other columns"):
        decoded(encode(odd))


def test_a_record_from_before_a_column_came_to_be_is_read_with_nulls_in_it() -> None:
    batch = ChainBuilder().block().native(ALICE, BOB, 1).batch()
    older = Batch(batch.blocks, batch.transactions.drop("receipt_of"), batch.logs)

    (read,) = decoded(encode(older))
    assert isinstance(read, Batch)
    assert read.transactions.equals(batch.transactions)


def _told_everything() -> Batch:
    batch = ChainBuilder().block().native(ALICE, BOB, 1).batch()
    (tx_hash,) = batch.transactions["transaction_hash"]
    code = (1, 1, USDC, b"\7" * 32, b"\x60\x01")
    file = ("phishing.txt", 1_700_000_000, b"\1" * 32)
    entry = (1, 1, BOB, "phishing", True, "Fake\u202e", *file, 1_600_000_000, None)
    place = (1, 1, batch.blocks["timestamp"][0], 0, tx_hash)
    call = (*place, 0, 0, "call", ALICE, BOB, word(1), 1.0, 21_000, b"", None, False)

    def rows(table: schema.Table, row: tuple[object, ...]) -> pl.DataFrame:
        return pl.DataFrame([row], schema=table.schema, orient="row")

    return replace(
        batch,
        codes=rows(schema.CODES, code),
        lists=rows(schema.LISTS, entry),
        traces=rows(schema.TRACES, call),
    )


def _sealed(head: dict[str, object], payload: bytes) -> bytes:
    """An envelope made by hand: magic, version, checksum, length of the header."""
    header = msgspec.json.encode(head)
    body = header + payload
    return b"uTw\1" + zlib.crc32(body).to_bytes(4, "big") + len(header).to_bytes(4, "big") + body


def _busy(blocks: int) -> Batch:
    """Blocks of about 6 kB each that hardly compress."""
    chain = ChainBuilder()
    for number in range(blocks):
        chain.block().log(USDC, (), b"".join(address(f"{number}/{n}") for n in range(300)))
    return chain.batch()


def _numbers(event: Event) -> list[int]:
    assert isinstance(event, Batch)
    return event.blocks["block_number"].to_list()
