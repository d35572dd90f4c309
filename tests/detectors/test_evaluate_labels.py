"""Labels and books as files: what is read, and the one line about what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detectors.alerts.alert import Role
from detectors.evaluate import Label, Labels, load_book, load_labels
from ingest.model.errors import BadInput
from tests.detectors.alerts import BOB, MALLORY, TRUDY, in_a_book, layered

HEADER: dict[str, Any] = {"chain_id": 1, "first_block": 0, "last_block": 200, "unlabelled": "honest"}
LINE: dict[str, Any] = {
    "id": "attack", "category": "layering", "kind": "attack", "first_block": 95, "last_block": 105,
    "harm_block": None, "loss_usd": 0.0, "transactions": ["0xAB"], "note": "peel: in ten hops",
    "roles": [{"address": MALLORY.upper().replace("X", "x"), "role": "attacker"}],
}  # fmt: skip


def written(folder: Path, *lines: object) -> Path:
    path = folder / "file"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def read(folder: Path, **changes: object) -> Label:
    return load_labels(written(folder, HEADER, LINE | changes)).labels[0]


def test_labels_are_read_in_lower_case(tmp_path: Path) -> None:
    found = load_labels(written(tmp_path, HEADER, LINE))
    assert (found.chain_id, found.unlabelled) == (1, "honest")
    assert found.labels[0].transactions == {"0xab"}
    assert found.labels[0].attackers == {MALLORY}


def test_a_line_separator_in_a_note_does_not_end_the_line(tmp_path: Path) -> None:
    line = json.dumps(LINE | {"note": "a\u2028b"}, ensure_ascii=False)
    assert len(load_labels(written(tmp_path, HEADER, line)).labels) == 1


@pytest.mark.parametrize(
    ("changes", "variant"),
    [
        ({}, "peel"),
        ({"variant": "scatter"}, "scatter"),  # its own key counts more than the note
        ({"note": "what happened: nothing"}, ""),  # words are no variant
        ({"note": ""}, ""),
    ],
)
def test_a_variant_is_a_key_or_what_the_note_begins_with(
    tmp_path: Path, changes: dict[str, object], variant: str
) -> None:
    assert read(tmp_path, **changes).variant == variant


def test_an_attack_succeeded_where_nothing_else_is_said(tmp_path: Path) -> None:
    assert read(tmp_path).succeeded
    assert not read(tmp_path, succeeded=False).succeeded


def test_each_part_is_known_and_all_of_them_are_addresses(tmp_path: Path) -> None:
    parts = ("victim", "intermediary", "infrastructure")
    roles = [{"address": f"0x{n:040x}", "role": part} for n, part in enumerate(parts)]
    made = read(tmp_path, roles=[*LINE["roles"], *roles])
    assert [made.roles_of(f"0x{n:040x}") for n in range(4)] == [*({part} for part in parts), set()]
    assert len(made.addresses) == 4


def test_what_else_is_true_of_a_story_is_read_without_its_own_category(tmp_path: Path) -> None:
    assert read(tmp_path, also=["wallet-drain", "layering"]).also == {"wallet-drain"}
    assert read(tmp_path).also == frozenset()  # files of before have no such key


def test_a_subject_is_a_part_of_its_own(tmp_path: Path) -> None:
    made = read(tmp_path, roles=[{"address": BOB, "role": "subject"}])
    assert (made.subjects, made.attackers) == (frozenset({BOB}), frozenset())
    assert made.roles_of(BOB) == {"subject"}


def test_the_seed_of_a_world_is_read_where_it_is_told(tmp_path: Path) -> None:
    assert load_labels(written(tmp_path, HEADER | {"seed": 11}, LINE)).seed == 11
    assert load_labels(written(tmp_path, HEADER, LINE)).seed is None


def test_labels_are_in_time_order_whatever_the_file_says(tmp_path: Path) -> None:
    early = {**LINE, "id": "b", "first_block": 3}
    negative = {**LINE, "id": "c", "kind": "hard_negative"}
    found: Labels = load_labels(written(tmp_path, HEADER, LINE, negative, early))
    assert [each.id for each in found.attacks] == ["b", "attack"]
    assert [each.id for each in found.hard_negatives] == ["c"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "no header line"),
        (["{"], "line 1: no label"),
        ([[]], "line 1: no label"),
        ([{"unlabelled": "honest"}], "no label .KeyError: 'chain_id'"),
        ([HEADER | {"unlabelled": "guilty"}], "line 1: .*'guilty' is not one of honest, unknown"),
        ([HEADER, LINE, "not json"], "line 3: no label"),
        ([HEADER, 5], "line 2: no label"),
        ([HEADER, {**LINE, "roles": [{"address": 5, "role": "attacker"}]}], "line 2: no label"),
        ([HEADER, {**LINE, "roles": [{"address": BOB, "role": "king"}]}], "line 2: .*'king' is not one of"),
        ([HEADER, {**LINE, "first_block": "early"}], "line 2: no label"),
        ([HEADER, {**LINE, "first_block": float("inf")}], "line 2: no label"),
        ([HEADER, {**LINE, "harm_block": []}], "line 2: no label"),
        ([HEADER, {**LINE, "kind": "rumour"}], "line 2: .*'rumour' is not one of attack, hard_negative"),
        ([HEADER, {**LINE, "category": 7}], "line 2: .*7 is no text"),
        ([HEADER, {**LINE, "succeeded": "no"}], "line 2: .*'no' is neither true nor false"),
        ([HEADER, {**LINE, "also": "layering"}], "line 2: .*'layering' is no list"),
        ([HEADER, {**LINE, "also": [7]}], "line 2: .*7 is no text"),
        ([HEADER | {"seed": "7"}, LINE], "line 1: .*'7' is no whole number"),
        ([HEADER, LINE, LINE], "line 3: .*the id 'attack' is taken by a line above"),
        ([HEADER, "[" * 3_000], "line 2: no label"),  # deeper than Python reads
    ],
)
def test_malformed_labels_are_refused_in_one_line_that_names_theirs(
    tmp_path: Path, lines: list[object], said: str
) -> None:
    with pytest.raises(BadInput, match=said) as error:
        load_labels(written(tmp_path, *lines))
    assert "\n" not in str(error.value)


def test_a_book_is_read_as_it_was_written(tmp_path: Path) -> None:
    book = [
        in_a_book(layered()),
        in_a_book(layered(101, TRUDY, roles=(Role(TRUDY, "attacker"), Role(BOB, "victim")))),
    ]
    assert load_book(written(tmp_path, *(alert.to_json() for alert in book))) == book
    assert load_book(written(tmp_path)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"block_number":100', '"block_number":"100"'),
        ('"block_number":100', '"block_number":true'),
        ('"score":0.7', '"score":null'),
        ('"score":0.7', '"score":1.5'),
        ('"id":"alert 100 d"', '"id":7'),
        ('"role":"attacker"}]', '"role":"attacker"},{"address":7,"role":"victim"}]'),
        ('"role":"attacker"}]', '"role":"king"}]'),
        ('"suppressed_by":null', '"suppressed_by":{"reason":"because"}'),
        ('"suppressed_by":null', '"suppressed_by":"part-of"'),
    ],
)
def test_a_book_with_a_value_of_another_kind_is_refused(tmp_path: Path, before: str, after: str) -> None:
    line = in_a_book(layered()).to_json()
    assert before in line
    with pytest.raises(BadInput, match="line 1: no alert"):
        load_book(written(tmp_path, line.replace(before, after)))


@pytest.mark.parametrize(
    "line", ["{", "5", "{}", '{"id":"x"}', in_a_book(layered()).to_json().replace("[{", "[5,{")]
)
def test_a_malformed_book_is_refused_in_one_line_that_names_its_own(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadInput, match="line 2: no alert") as error:
        load_book(written(tmp_path, in_a_book(layered()).to_json(), line))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    for load in (load_book, load_labels):
        with pytest.raises(BadInput, match="cannot be read"):
            load(path)
