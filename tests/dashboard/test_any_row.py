"""Whatever stands in whatever column of a store, every command and screen shows the other rows, and says a
line of the bad one.

SQLite keeps any value in any column; PostgreSQL any of a column's type. Rows get in that no undertow of today
would file: by an older version, by another program, by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Float, String, Table, TextClause, bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import NullType
from typer.testing import CliRunner

import undertow
from dashboard.filing.export import Chain, from_store, table
from dashboard.filing.status import gather
from dashboard.filing.status import text as status_text
from dashboard.screens import parts
from dashboard.store import Feed, Filters, Reader, Writer, open_reader, open_writer
from dashboard.store.tables import metadata
from ingest.model.errors import UnreadableRecord
from tests.dashboard.alerts import CHAIN, MALLORY, Filing, drain, judged, poisoning
from tests.dashboard.screen import opened, said
from tests.dashboard.test_odd_rows import are_texts, drawn_page

OTHER = 5
"""A chain that is well, beside the one with the odd row."""
REBUILT = 99
BAD_ROW = {
    "alerts": "id = 'drain-2'",
    "roles": "alert_id = 'drain-2'",
    "alert_transactions": "alert_id = 'drain-2'",
    "scores": f"chain_id = {CHAIN}",
    "heads": f"chain_id = {CHAIN}",
    "offsets": f"chain_id = {CHAIN} AND topic = 'alerts'",
    "rejected": f"chain_id = {CHAIN}",
    "rebuilds": f"chain_id = {REBUILT}",
}
TABLES = [metadata.tables[name] for name in BAD_ROW]
"""What the sink files of detection; what people file is in `test_odd_cases`."""
ANYTHING: tuple[object, ...] = ("high", "\0\u202e<b>", b"\xff", 1.5, -1, 2**63 - 1, "9" * 5_000)


def odd_values(dialect: str, kind: object) -> Sequence[object]:
    if dialect == "sqlite":
        return ANYTHING
    if isinstance(kind, Boolean):
        return (True, False)
    if isinstance(kind, Float):
        return (float("nan"), float("inf"))
    return ("\u202e<b>",) if isinstance(kind, String) else (-1, 2**31 - 1)


def filled(writer: Writer) -> None:
    """Two alerts of mallory, the second of which may become odd, and one alert of another chain."""
    bad = drain(2, roles=drain().roles[2:3], evidence=())
    Filing(writer).file(drain(1), bad, blocks=(judged(20, (MALLORY, 0.5)),))
    Filing(writer, chain_id=OTHER).file(
        poisoning(7, chain_id=OTHER), blocks=(judged(9, (MALLORY, 0.5), chain_id=OTHER),)
    )
    with writer._engine.begin() as connection:
        for name in (CHAIN, OTHER):
            connection.execute(text(f"INSERT INTO rejected VALUES ({name}, 'fraud.alerts', 3, 'not JSON')"))
        connection.execute(text(f"INSERT INTO rebuilds VALUES ({REBUILT}, 'a run')"))


@contextmanager
def odd(writer: Writer, table: Table, columns: Sequence[str], value: object) -> Iterator[None]:
    """The bad row of a table with this value in these columns; all is as it was afterwards."""
    engine = writer._engine
    with engine.connect() as connection:
        before = connection.execute(table.select()).mappings().all()
    make_odd(writer, table, columns, value)
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(table.delete())
            connection.execute(table.insert(), [dict(row) for row in before])


def make_odd(writer: Writer, table: Table, columns: Sequence[str], value: object) -> None:
    with writer._engine.begin() as connection:
        changed = _set(table, columns, ":value").bindparams(bindparam("value", value, NullType()))
        assert connection.execute(changed).rowcount == 1


def _set(table: Table, columns: Sequence[str], value: str) -> TextClause:
    """In words, since SQLAlchemy would refuse a value that is not of the column's type."""
    named = ", ".join(f'"{name}" = {value}' for name in columns)
    return text(f"UPDATE {table.name} SET {named} WHERE {BAD_ROW[table.name]}")


def assert_told_of(chains: Sequence[Chain]) -> None:
    """The alerts that are well are in the book; of any other there is a line."""
    booked = {json.loads(line)["id"] for chain in chains for line in chain.book()}
    left_out = [line for chain in chains for line in chain.unreadable]
    assert "poison-7" in booked
    assert "drain-1" in booked or left_out
    assert "drain-2" in booked or left_out
    assert all(line.isprintable() and len(line) < 500 for line in left_out)
    assert table(chains).count("\r\n") == 1 + len(booked)


def assert_shown(reader: Reader) -> None:
    """What the queue makes of the store, but for the widgets."""
    lines = [parts.line(row) for row in reader.page(Filters(), 1, 10)]
    assert {"5:poison-7", f"{CHAIN}:drain-1"} <= {line["key"] for line in lines}
    assert reader.counts(Filters()).total == len(lines) == 3
    heads = reader.heads()
    assert f"Chain {OTHER} · block 9" in parts.heads_line(heads, 0.0)
    notices = [parts.fault_line(heads), parts.set_aside_line(reader.set_aside_counts())]
    notices.append(parts.rebuild_line(reader.rebuilding()))
    assert f"Chain {OTHER}: 1 record set aside" in notices[1]
    assert all(line.isprintable() for line in notices)
    assert isinstance(reader.revision(), int)
    assert "address-poisoning" in reader.categories()


def assert_status_tells(url: str) -> None:
    status = gather(None, url)
    told = status_text(status)
    assert "chain 5 in the store: head 9\n  alerts: 1 provisional" in told
    assert [line for line in told.splitlines() if not line.isprintable() or len(line) > 5_000] == []
    assert json.loads(json.dumps(status.to_dict(), allow_nan=False))["store"]


@pytest.mark.parametrize("table", TABLES, ids=[each.name for each in TABLES])
def test_any_value_of_any_column_leaves_the_others_to_be_seen(
    writer: Writer, reader: Reader, store_url: str, table: Table
) -> None:
    filled(writer)
    for column in table.columns:
        for value in odd_values(writer._engine.dialect.name, column.type):
            with odd(writer, table, [column.name], value):
                assert_told_of(from_store(store_url))
                assert_shown(reader)
                assert_status_tells(store_url)


@pytest.mark.parametrize("table", TABLES, ids=[each.name for each in TABLES])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("high", id="text"),
        pytest.param(b"\xff", id="bytes", marks=pytest.mark.soak),
        pytest.param(-1, id="below zero", marks=pytest.mark.soak),
    ],
)
def test_any_value_of_any_column_lets_the_sink_file_on(tmp_path: Path, table: Table, value: object) -> None:
    for column in table.columns:
        url = f"sqlite:///{tmp_path}/{column.name}.db"
        with closing(open_writer(url)) as writer:
            filled(writer)
            make_odd(writer, table, [column.name], value)
            revisions = [(10, drain(2, score=1.0, updated_block=30)), (11, drain(25))]
            before, after = writer.offsets(CHAIN), {"alerts": 12, "scores": 12}
            writer.file(Feed(CHAIN, revisions, (judged(30, again=True),), before, after, 10))
            assert (writer.head(CHAIN), writer.finality(CHAIN)) == (30, 10)
            with closing(open_reader(url)) as reader:
                rows = {row.id: row for row in reader.page(Filters(), 1, 10) if row.chain_id == CHAIN}
            assert (rows["drain-2"].score, rows["drain-2"].status) == (1.0, "final")
            assert rows["drain-25"].status == "provisional"  # finality 10 at head 30


def with_text_that_is_none(writer: Writer) -> None:
    """In every column of every bad row. Python's driver makes an error of the whole query of it."""
    with writer._engine.begin() as connection:
        for table in TABLES:
            names = [column.name for column in table.columns]
            connection.execute(_set(table, names, "CAST(x'c328' AS TEXT)"))


@pytest.mark.parametrize("value", [*ANYTHING, None], ids=range(len(ANYTHING) + 1))
def test_the_screens_show_the_others_where_a_whole_row_of_every_table_is_odd(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    with closing(open_writer(sqlite_url)) as writer:
        filled(writer)
        if value is None:
            with_text_that_is_none(writer)
        else:
            for table in TABLES:
                make_odd(writer, table, [column.name for column in table.columns], value)
    queue = said(opened())
    assert "<b>3</b>alerts" in queue
    assert "Chain 5 · block 9" in queue
    assert "<h1>Wallet drain</h1>" in said(opened(alert=f"{CHAIN}:drain-1"))
    assert "<h1>Address poisoning</h1>" in said(opened(alert="5:poison-7"))
    assert_status_tells(sqlite_url)
    assert_told_of(from_store(sqlite_url))


def test_a_head_that_is_no_block_is_one_line_of_each_command_and_screen(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    with closing(open_writer(sqlite_url)) as writer:
        filled(writer)
        make_odd(writer, metadata.tables["heads"], ["block_number"], "high")
    fault = "the block number of its head is 'high', not a whole number from 0 on"
    book = str(tmp_path / "book.jsonl")
    export = CliRunner().invoke(undertow.app, ["export", "--store", sqlite_url, "--alerts", book])
    assert export.exit_code == 0, export.output
    assert f"chain {CHAIN}: left out all it has (2 alerts): {fault}" in export.output
    assert "chain 5: 1 alert at head 9" in export.output
    status = CliRunner().invoke(undertow.app, ["status", "--store", sqlite_url])
    assert f"chain {CHAIN} in the store: head none" in status.output
    assert f"chain {CHAIN} in the store: {fault}" in status.output
    as_json = CliRunner().invoke(undertow.app, ["status", "--store", sqlite_url, "--json"])
    assert [(chain["chain_id"], chain["head"]) for chain in json.loads(as_json.output)["store"]] == [
        (OTHER, 9), (CHAIN, None),
    ]  # fmt: skip
    assert f"Chain {CHAIN}: {fault.replace(chr(39), '&#x27;')}" in said(opened())
    alone = CliRunner().invoke(
        undertow.app, ["export", "--store", sqlite_url, "--alerts", book, "--chain-id", str(CHAIN)]
    )
    assert str(alone.exception).startswith(
        f"the store holds no chain {CHAIN} that has a book (chain {CHAIN}:"
    )


def test_a_column_that_may_not_be_null_is_not(sqlite_url: str) -> None:
    """Which is why no test here puts null where a table forbids it."""
    with closing(open_writer(sqlite_url)) as writer:
        filled(writer)
        with pytest.raises(IntegrityError), odd(writer, metadata.tables["heads"], ["finality"], None):
            pass


def anything_in(plain: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The record with each of its keys, and each of a row of evidence, as anything JSON knows."""
    for value in (None, -1, 10**40, "\ud800", [1], [None], {"a": [1]}):
        for name in plain:
            yield name, {**plain, name: value}
        for name in plain["evidence"][0]:
            yield name, {**plain, "evidence": [{**plain["evidence"][0], name: value}]}


def test_a_record_with_anything_in_it_is_a_page_or_one_line(sqlite_url: str) -> None:
    with closing(open_writer(sqlite_url)) as writer, closing(open_reader(sqlite_url)) as reader:
        filled(writer)
        for _, plain in anything_in(drain(1).to_dict()):
            with odd(writer, metadata.tables["alerts"], ["record"], json.dumps(plain)):
                try:
                    found = reader.alert(CHAIN, "drain-2")
                except UnreadableRecord as error:
                    assert str(error).startswith("the record of alert drain-2 cannot be read")
                    continue
                assert found is not None
                assert are_texts(drawn_page(found[0]))
                assert isinstance(reader.related(found[0]), list)
