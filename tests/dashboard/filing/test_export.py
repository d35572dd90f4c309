"""The book is the same from Kafka and from the store, whole or not at all, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from dashboard.filing.export import Chain, from_store, lines, table, write_whole
from dashboard.store import open_writer
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing, drain, judged, poisoning


def test_the_book_of_a_store_leaves_out_what_was_retracted_and_states_what_is_final(sqlite_url: str) -> None:
    gone = poisoning(3, status="retracted", retraction_reason="its block left the chain")
    Filing(open_writer(sqlite_url), finality=10).file(drain(2), drain(1), gone, blocks=(judged(11),))
    book = [json.loads(line) for line in lines(from_store(sqlite_url)).splitlines()]
    # finality 10 at head 11: block 1 is final, block 2 has nine blocks on it.
    assert [(row["id"], row["status"]) for row in book] == [("drain-1", "final"), ("drain-2", "provisional")]


def test_one_chain_of_two_can_be_asked_for(sqlite_url: str) -> None:
    writer = open_writer(sqlite_url)
    Filing(writer).file(drain(1), blocks=(judged(1),))
    Filing(writer, chain_id=1).file(drain(1, chain_id=1), blocks=(judged(1, chain_id=1),))
    assert [chain.chain_id for chain in from_store(sqlite_url)] == [1, CHAIN]
    assert [chain.chain_id for chain in from_store(sqlite_url, 1)] == [1]
    with pytest.raises(BadInput, match="holds no chain 5"):
        from_store(sqlite_url, 5)


def test_no_cell_of_the_csv_begins_a_formula() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "ok"]
    hostile = [drain(number, explanation=text) for number, text in enumerate(texts)]
    text = table([Chain(CHAIN, 10, 64, tuple(hostile))])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["explanation"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "ok"]
    assert rows[0]["p_value"] == ""
    assert json.loads(rows[0]["measured"]) == {"emptied_share": 0.985, "victims": 2}


def test_the_book_says_what_an_alert_is_worth_and_which_one_says_more(sqlite_url: str) -> None:
    part = {"kind": "part-of", "reason": "says less", "id": "drain-7"}
    Filing(open_writer(sqlite_url)).file(drain(1, suppressed_by=part, value_wei="12"), blocks=(judged(2),))
    chains = from_store(sqlite_url)
    (row,) = map(json.loads, lines(chains).splitlines())
    assert (row["value_wei"], row["suppressed_by"]) == ("12", part)
    (cells,) = csv.DictReader(io.StringIO(table(chains), newline=""))
    assert (cells["value_wei"], json.loads(cells["suppressed_by"])) == ("12", part)


def test_a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "book.jsonl").write_text("old")
    write_whole(tmp_path / "book.jsonl", "new\n")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("book.jsonl", "new\n")]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere/book\.jsonl cannot be written"):
        write_whole(tmp_path / "nowhere" / "book.jsonl", "")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match="folder cannot be written"):
        write_whole(tmp_path / "folder", "")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
