"""Lists of addresses: what files may look like, what is told of them and when, and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from ingest import schema
from ingest.facts import list_files, lists
from ingest.facts.list_files import KINDS, read
from ingest.facts.lists import ListBook
from ingest.model.errors import BadInput
from tests.fixtures.frames import address
from tests.fixtures.mainnet import recorded

MALLORY, OSCAR, TRUDY = address("mallory"), address("oscar"), address("trudy")


def hexed(raw: bytes) -> str:
    return "0x" + raw.hex()


def write(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines) + "\n")
    return file


def told(book: ListBook, number: int) -> list[tuple[object, ...]]:
    """What the book tells with block `number`; it is in the log then."""
    facts = book.facts(1, number)
    book.remember(facts)
    return facts.select("source", "address", "listed", "tag", "block_number").rows()


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "LOOK_S", 0.0)


def test_plain_text_is_an_address_a_line_with_comments(tmp_path: Path) -> None:
    file = write(
        tmp_path / "OFAC_eth.txt",
        "# sanctioned",
        "",
        hexed(MALLORY).upper().replace("X", "x"),
        f" {hexed(OSCAR)} # a mixer",
    )

    found = read(file)

    assert (found.kind, found.source) == ("sanctions", "OFAC_eth.txt")
    assert found.tags == {MALLORY: None, OSCAR: "a mixer"}
    assert found.digest == hashlib.sha256(file.read_bytes()).digest()
    assert found.date == int(file.stat().st_mtime)


@pytest.mark.parametrize("kind", ["mixer", "exchange", "bridge"])
def test_mixers_exchanges_and_bridges_are_listed_by_the_beginning_of_the_name(
    tmp_path: Path, kind: str
) -> None:
    assert read(write(tmp_path / f"{kind}s.txt", hexed(MALLORY))).kind == kind


@pytest.mark.parametrize("columns", ["valid_from,valid_until", "from,until", "since,to"])
def test_an_entry_of_a_csv_says_since_when_and_until_when_it_holds(tmp_path: Path, columns: str) -> None:
    file = write(
        tmp_path / "sanctions.csv",
        f"address,{columns}",
        f"{hexed(MALLORY)},2022-08-08,2025-03-21T12:00:00+00:00",
        f"{hexed(OSCAR)},1659916800,",
        f"{hexed(TRUDY)},,",
    )

    facts = ListBook(tmp_path, print).facts(1, 5)

    assert facts.select("address", "valid_from", "valid_until").rows() == [
        (MALLORY, 1_659_916_800, 1_742_558_400), (OSCAR, 1_659_916_800, None), (TRUDY, None, None),
    ]  # fmt: skip
    assert read(file).dates.keys() == {MALLORY, OSCAR}


@pytest.mark.parametrize(
    ("dates", "wrong"),
    [
        ("soon,", "'soon' is no date"),
        ("08/08/2022,", "'08/08/2022' is no date"),
        ("1900-01-01,", "'1900-01-01' is no date"),
        ("99999999999999999999,", "is no date"),
        ("2022-08-08,2022-08-08", "ends before it begins"),
    ],
)
def test_a_date_that_is_none_is_named_with_its_line(tmp_path: Path, dates: str, wrong: str) -> None:
    file = write(tmp_path / "ofac.csv", "address,from,until", f"{hexed(MALLORY)},{dates}")
    with pytest.raises(BadInput, match=rf"ofac.csv, line 2: .*{wrong}"):
        read(file)


def test_csv_has_a_column_of_addresses_and_perhaps_tags(tmp_path: Path) -> None:
    file = write(
        tmp_path / "forta.csv",
        "Etherscan_Labels,Address,etherscan_tag,is_contract",
        f'phish-hack,{hexed(MALLORY)},"Fake, Phishing1",False',
        f"phish-hack,{hexed(OSCAR)},,False",
        f"phish-hack,{hexed(MALLORY)},again,False",
    )

    assert read(file).tags == {MALLORY: "Fake, Phishing1", OSCAR: None}
    assert read(file).kind == "phishing"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("sanctions.txt", "0x12", "line 1: '0x12' is no address"),
        ("sanctions.txt", "# fine\n\nnot one", "line 3: 'not one' is no address"),
        ("allow.csv", "who,tag\n", "line 1: a list in CSV has a column `address`"),
        ("allow.csv", "address,tag\n0x1,\n", "line 2: '0x1' is no address"),
        (
            "friends.txt",
            hexed(OSCAR),
            "what is listed here\\? Begin the file's name with one of sanctions, ofac",
        ),
    ],
)
def test_what_is_no_list_is_one_line_that_says_where(
    tmp_path: Path, name: str, content: str, why: str
) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(BadInput, match=f"{name}.*{why}"):
        ListBook(tmp_path, print)


def test_what_is_no_text_or_too_large_or_no_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "allow.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"allow.txt is not UTF-8 text: byte 0"):
        ListBook(tmp_path, print)
    monkeypatch.setattr(list_files, "MOST_BYTES", 1)
    with pytest.raises(BadInput, match=r"allow.txt is larger than 1 bytes"):
        ListBook(tmp_path, print)
    with pytest.raises(BadInput, match=r"the lists in .*nowhere cannot be read: No such file"):
        ListBook(tmp_path / "nowhere", print)


def test_a_tag_is_cut_between_letters(tmp_path: Path) -> None:
    file = write(tmp_path / "allow.txt", f"{hexed(OSCAR)} # {'é' * 200}")

    assert read(file).tags == {OSCAR: "é" * 128}


def test_a_list_is_told_once_and_again_when_it_changes(tmp_path: Path) -> None:
    file = write(tmp_path / "phishing.txt", hexed(MALLORY), hexed(OSCAR))
    book = ListBook(tmp_path, print)

    assert told(book, 5) == [
        ("phishing.txt", MALLORY, True, None, 5),
        ("phishing.txt", OSCAR, True, None, 5),
    ]
    assert told(book, 6) == []

    write(file, hexed(OSCAR), f"{hexed(TRUDY)} # new")
    assert told(book, 7) == [
        ("phishing.txt", OSCAR, True, None, 7),
        ("phishing.txt", TRUDY, True, "new", 7),
        ("phishing.txt", MALLORY, False, None, 7),
    ]
    assert told(book, 8) == []


def test_a_list_that_is_taken_away_or_emptied_names_nobody_any_more(tmp_path: Path) -> None:
    first, second = write(tmp_path / "allow.txt", hexed(OSCAR)), write(tmp_path / "ofac.txt", hexed(TRUDY))
    book = ListBook(tmp_path, print)
    told(book, 5)

    first.unlink()
    second.write_text("")
    assert told(book, 6) == [
        ("allow.txt", OSCAR, False, None, 6),
        ("ofac.txt", TRUDY, False, None, 6),
    ]
    assert told(book, 7) == []

    write(first, hexed(OSCAR))
    assert told(book, 8) == [("allow.txt", OSCAR, True, None, 8)]


def test_what_left_the_chain_is_told_again_as_it_is_now(tmp_path: Path) -> None:
    file = write(tmp_path / "allow.txt", hexed(OSCAR))
    book = ListBook(tmp_path, print)
    told(book, 5)
    write(file, hexed(TRUDY), hexed(MALLORY))
    told(book, 9)

    book.roll_back(8)
    assert told(book, 9) == [
        ("allow.txt", TRUDY, True, None, 9),
        ("allow.txt", MALLORY, True, None, 9),
        ("allow.txt", OSCAR, False, None, 9),
    ]
    book.roll_back(4)
    assert [row[1:3] for row in told(book, 5)] == [(TRUDY, True), (MALLORY, True)]


def test_what_was_not_remembered_is_told_again(tmp_path: Path) -> None:
    write(tmp_path / "allow.txt", hexed(OSCAR))
    book = ListBook(tmp_path, print)

    assert book.facts(1, 5).height == book.facts(1, 6).height == 1


def test_a_restart_knows_what_was_told_and_tells_what_changed_meanwhile(tmp_path: Path) -> None:
    kept, changed = write(tmp_path / "allow.txt", hexed(OSCAR)), write(tmp_path / "ofac.txt", hexed(TRUDY))
    gone = write(tmp_path / "phishing.txt", hexed(MALLORY))
    in_the_log = ListBook(tmp_path, print).facts(1, 5)
    write(changed, hexed(OSCAR))
    gone.unlink()

    book = ListBook(tmp_path, print)
    book.remember(in_the_log)

    assert told(book, 6) == [
        ("ofac.txt", OSCAR, True, None, 6),
        ("ofac.txt", TRUDY, False, None, 6),
        ("phishing.txt", MALLORY, False, None, 6),
    ]
    assert kept.exists()


def test_a_list_that_breaks_while_running_stays_as_it_was_and_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    file = write(tmp_path / "allow.txt", hexed(OSCAR))
    book = ListBook(tmp_path, said.append)
    told(book, 5)

    write(file, "nonsense!")
    assert told(book, 6) == told(book, 7) == []
    assert len(said) == 1 and said[0].startswith("the lists stay as they are: ")

    write(file, hexed(TRUDY))
    assert [row[1:3] for row in told(book, 8)] == [(TRUDY, True), (OSCAR, False)]


def test_without_a_folder_nothing_is_told_not_even_that_lists_are_gone(tmp_path: Path) -> None:
    write(tmp_path / "allow.txt", hexed(OSCAR))
    book = ListBook(None, print)
    book.remember(ListBook(tmp_path, print).facts(1, 5))

    assert book.facts(1, 6).height == 0


def test_what_was_told_lately_is_kept_for_the_lake(tmp_path: Path) -> None:
    file = write(tmp_path / "allow.txt", hexed(OSCAR))
    book = ListBook(tmp_path, print)
    told(book, 5)
    write(file, hexed(TRUDY), hexed(OSCAR))
    told(book, 9)

    assert book.told(0, 8)["block_number"].unique().to_list() == [5]
    assert book.told(9, 9).height == 2
    assert book.told(10, 99).equals(schema.LISTS.empty())

    book.forget(9)  # what was told with block 5 still counts then
    assert book.told(0, 8).height == 1
    book.forget(10)
    assert book.told(0, 8).height == 0
    assert book.told(9, 9).height == 2
    assert told(book, 11) == []


def test_real_lists_are_read_whole(tmp_path: Path) -> None:
    folder = recorded("labels/ofac_eth.txt").parent

    facts = ListBook(folder, print).facts(1, 5)

    assert dict(facts.schema) == schema.LISTS.schema
    assert schema.conform(schema.LISTS, facts).equals(facts)
    counted = dict(facts.group_by("kind").len().rows())
    lines = (folder / "ofac_eth.txt").read_text().split()
    assert counted["sanctions"] == len({line.lower() for line in lines})
    assert counted["phishing"] > 6000
    assert facts.filter(pl.col("tag") == "Fake_Phishing3901").height == 1


def test_every_kind_of_list_can_be_brought_as_a_file() -> None:
    assert set(KINDS.values()) == set(schema.LIST_KINDS)
