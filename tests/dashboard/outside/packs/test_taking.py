"""What is taken in is shown before, comes into the log as lists do, is taken back with what leans on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard.outside.evidence.canonical import canonical
from dashboard.outside.evidence.signing import Signer
from dashboard.outside.sharing.bins import edges
from dashboard.outside.sharing.release import FORMAT, Histogram, Release, text_of
from dashboard.store import open_reader
from detectors.engine.engine import Engine
from detectors.library.sanctioned_exposure import SanctionedExposure
from detectors.models.model_file import digest_of, load
from detectors.parts.model_tables import COLUMNS
from ingest.facts import lists
from ingest.facts.lists import ListBook
from tests.dashboard.outside.packs.exchange import MALLORY, OSCAR, TRUDY, Exchange, model, resigned
from tests.detectors.test_train import Town
from tests.fixtures.frames import ChainBuilder, address
from tests.readme.documents import TOP
from undertow import app

ETHER = 10**18
FAR = 1_798_848_000
"""The end of 2027-01-01: an entry holds no longer than its pack."""


@pytest.fixture
def each(tmp_path: Path) -> Exchange:
    found = Exchange(tmp_path)
    found.trusts()
    return found


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "LOOK_S", 0.0)


def told(book: ListBook, number: int) -> list[tuple[object, ...]]:
    facts = book.facts(1, number)
    book.remember(facts)
    return [
        ("0x" + who.hex(), kind, listed, until)
        for who, kind, listed, until in facts.select("address", "kind", "listed", "valid_until").rows()
    ]


def test_import_says_what_changes_before_it_does_and_a_dry_run_changes_nothing(each: Exchange) -> None:
    each.takes(each.list(f"{MALLORY} # drains", f"{OSCAR} # a mixer"))
    second = each.list(f"{MALLORY} # drains wallets", TRUDY, version=2)
    before = each.files()
    said = each.takes(second, "--dry-run")
    assert "entries: 1 added, 1 withdrawn, 1 changed, 0 as before" in said
    assert [line.split()[:2] for line in said.splitlines() if line.startswith("  ")] == [
        ["+", TRUDY], ["-", OSCAR], ["~", MALLORY],
    ]  # fmt: skip
    assert said.endswith("nothing was changed\n")
    assert each.files() == before

    assert each.takes(second) == said.replace("nothing was changed", "done")
    with closing(open_reader(each.store)) as reader:
        _, first, last = reader.cases.audit()
    assert [(row.action, row.subject) for row in (first, last)] == [
        ("import pack", "pack carols 1"), ("import pack", "pack carols 2"),
    ]  # fmt: skip
    assert (
        json.loads(last.change)["after"]["changes"][0]
        == "entries: 1 added, 1 withdrawn, 1 changed, 0 as before"
    )


def test_an_entry_that_is_withdrawn_comes_into_the_log_as_a_withdrawal(each: Exchange) -> None:
    each.lists.mkdir()
    book = ListBook(each.lists, print)
    assert told(book, 1) == []
    each.takes(each.list(MALLORY, OSCAR))
    both = sorted((MALLORY, OSCAR))
    assert told(book, 2) == [(who, "phishing", True, FAR) for who in both]

    each.takes(each.list(MALLORY, version=2))
    assert told(book, 3) == [(MALLORY, "phishing", True, FAR), (OSCAR, "phishing", False, None)]
    said = each.withdraws("carols", "mallory was a shop")
    assert "entries: 0 added, 1 withdrawn" in said
    assert told(book, 4) == [(MALLORY, "phishing", False, None)]
    assert told(book, 5) == []
    assert "withdrawn: mallory was a shop" in each.did("show", "--packs", each.packs)
    status, again = each.taking(each.folder / "carols-2.pack")
    assert (status, "revoked pack: it was withdrawn: mallory was a shop" in again) == (1, True)


def blamed(each: Exchange, acts: list[str]) -> dict[str, set[int]]:
    """By attacker, the blocks whose payments are told of: mallory and oscar pay somebody after each act."""
    chain, book = ChainBuilder(), ListBook(each.lists, print)
    for number, act in enumerate(acts):
        chain.block()
        if act == "take":
            each.takes(each.list(MALLORY, OSCAR, kind="sanctions"))
        elif act == "take oscar":
            each.takes(each.list(OSCAR, kind="sanctions", version=2))
        elif act == "withdraw":
            each.withdraws("carols", "carol was wrong")
        facts = book.facts(1, chain.head)
        book.remember(facts)
        for row in facts.iter_rows(named=True):
            chain.lists(row["address"], listed=row["listed"], source=row["source"], until=row["valid_until"])
        for name in ("mallory", "oscar"):
            chain.native(address(name), address(f"bob {number} {name}"), 5 * ETHER)
    detectors: list[Any] = [SanctionedExposure()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return {
        role.address: {row.block_number for row in alert.evidence}
        for alert in engine.standing()
        for role in alert.roles
        if role.role == "attacker"
    }


def test_detection_takes_back_what_leaned_on_an_entry_and_nothing_else(each: Exchange) -> None:
    each.lists.mkdir()
    found = blamed(each, ["wait", "take", "take oscar", "withdraw"])
    # What was paid in block 1, before the list was told, counts as well: a thief does not wait to be listed.
    assert found == {MALLORY: {1, 2}, OSCAR: {1, 2, 3}}


def test_a_signer_withdraws_what_is_theirs_before_or_after_it_came(each: Exchange) -> None:
    first, second = each.list(MALLORY), each.list(OSCAR, name="others")
    gone = each.makes("withdrawal", first, "gone", 1, "--reason", "a mistake")
    also = each.makes("withdrawal", second, "also-gone", 1, "--reason", "another")
    each.takes(first)
    assert "the pack carols 1 (list) is withdrawn: a mistake" in each.takes(gone)
    assert "was withdrawn before" in each.takes(gone)
    assert "is refused from now on" in each.takes(also)
    status, said = each.taking(second)
    assert (status, "revoked pack: it was withdrawn: another" in said) == (1, True), said
    assert list(each.lists.iterdir()) == []


def test_nobody_withdraws_what_is_anothers(each: Exchange) -> None:
    first, dave = each.list(MALLORY), Signer(each.folder / "dave.key")
    each.did("trust", "dave", dave.public, "--may", "model", "--packs", each.packs, "--store", each.store)
    each.key = each.folder / "dave.key"
    gone = each.makes("withdrawal", first, "gone", 1, "--reason", "carol lies")
    assert "is refused from now on" in each.takes(gone, "--dry-run")
    each.takes(gone)
    each.takes(first)
    status, said = each.taking(each.makes("withdrawal", first, "gone", 2, "--reason", "carol lies still"))
    assert (status, "wrong signer: carols is carol's here" in said) == (1, True), said


def test_of_a_revoked_key_nothing_counts_any_more(each: Exchange) -> None:
    first, second = each.list(MALLORY), each.list(OSCAR, name="others")
    each.takes(first)
    before = each.files()
    told = (each.carol.public, "--reason", "stolen", "--packs", each.packs, "--store", each.store)
    assert "1 of its packs are in force" in each.did("revoke", *told, "--dry-run")
    assert each.files() == before
    assert "the pack carols 1 (list) is withdrawn: key revoked: stolen" in each.did("revoke", *told)
    assert list(each.lists.iterdir()) == []
    status, said = each.taking(second)
    assert (status, "revoked key: carol's was revoked on" in said) == (1, True), said
    assert "revoked" in each.did("keys", "--packs", each.packs)
    pinned = ("carol", each.carol.public, "--may", "list", "--packs", each.packs, "--store", each.store)
    assert "is revoked, and stays so" in each.run("trust", *pinned)[1]


def test_what_fits_is_not_written_again_and_what_does_not_is_made_to_fit(each: Exchange) -> None:
    labels = each.folder / "labels.jsonl"
    labels.write_text(json.dumps({"chain_id": 1, "unlabelled": "honest"}) + "\n")
    each.takes(each.list(MALLORY))
    each.takes(each.makes("labels", labels, "carols-labels"))
    each.withdraws("carols-labels", "wrong")
    before, entries = each.files(), each.lists / "phishing-pack.carols.csv"
    written = {name: Path(name).stat().st_ino for name in before}
    each.did("show", "--packs", each.packs)
    assert {name: Path(name).stat().st_ino for name in each.files()} == written
    entries.write_bytes(b"\xff")
    each.did("show", "--packs", each.packs)
    assert each.files() == before


def test_a_kept_pack_that_is_another_is_told_and_nothing_is_made_of_it(each: Exchange) -> None:
    each.takes(each.list(MALLORY))
    other = each.list(OSCAR, name="others")
    (kept,) = (each.packs / "kept").iterdir()
    kept.write_bytes(other.read_bytes())
    before = each.files()
    status, said = each.run("show", "--packs", each.packs)
    assert (status, "is not the one that carols was taken in from" in said) == (1, True), said
    assert each.files() == before


def test_a_folder_that_cannot_be_written_is_one_line(each: Exchange) -> None:
    (each.folder / "file").write_text("")
    status, said = each.run("show", "--packs", each.folder / "file" / "packs")
    assert (status, said.endswith("give another --packs"), "\n" in said) == (1, True, False), said
    each.lists.write_text("no folder")
    status, said = each.taking(each.list(MALLORY))
    assert (status, f"{each.lists / 'phishing-pack.carols.csv'} cannot be written" in said) == (1, True), said


def test_a_model_of_a_pack_replaces_another_by_a_rebuild_only(each: Exchange) -> None:
    one, other = model(each.folder), model(each.folder, seed=2, name="other")
    each.takes(each.makes("model", one, "code"))
    said = each.takes(each.makes("model", other, "code", 2))
    digests = [digest_of(load(path, COLUMNS))[:16] for path in (one, other)]
    place = each.packs / "models" / "code.model.json"
    assert f"({digests[1]}…) replaces contract-code-" in said
    assert f"({digests[0]}…) in {place}" in said
    assert f"in force only by `undertow detect --models {place.parent} --rebuild`" in said
    assert place.read_bytes() == other.read_bytes()


def test_withdrawn_labels_stop_training_and_take_their_models_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    each, town = Exchange(home), Town(tmp_path / "town")
    monkeypatch.setattr("detectors.evaluate.training.packs.home", lambda: home)
    each.trusts()
    each.takes(each.makes("labels", town.labels, "carols-labels"))
    pack = each.packs / "labels" / "carols-labels.pack.json"
    out, given = tmp_path / "code.model.json", ["train", "--lake", town.lake, "--model", "contract-code"]

    def trains(labels: Path, to: Path) -> str:
        words = [*given, "--labels", labels, "--out", to, "--leave-out", "families", "--on", "2026-06-01"]
        done = CliRunner().invoke(app, list(map(str, words)))
        return str(done.exception) if done.exit_code == 1 else done.output

    assert "label pack carols-labels: " in trains(pack, out)
    each.takes(each.makes("model", out, "code"))
    said = each.withdraws("carols-labels", "bob was honest", "--models", tmp_path)
    assert "the pack code 1 (model) is withdrawn: it was trained on the label pack carols-labels" in said
    assert f"({out}) was trained on carols-labels, which was withdrawn: bob was honest" in said
    assert not list((each.packs / "models").iterdir())

    digest = load(out, COLUMNS).sources[0].labels
    for labels in (pack, town.labels):
        assert "was withdrawn: bob was honest" in trains(labels, tmp_path / "again.model.json")
    status, refused = each.taking(each.makes("model", model(tmp_path, digest), "again"))
    assert status == 1
    assert "it was trained on the label pack carols-labels, withdrawn: bob was honest" in refused


def test_somebody_without_undertow_checks_a_pack(each: Exchange, tmp_path: Path) -> None:
    script, true = TOP / "docs" / "check_pack.py", each.list(MALLORY)
    assert "undertow" not in {line.split()[1].split(".")[0] for line in script.read_text().splitlines() if
                              line.startswith(("import ", "from "))}  # fmt: skip

    def checked(content: bytes, key: str = each.carol.public) -> str:
        file = tmp_path / "some.pack"
        file.write_bytes(content)
        words = [sys.executable, "-I", str(script), str(file), key]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ))
        return done.stdout + done.stderr

    content = true.read_bytes()
    assert checked(content).startswith("'carols' 1: list, signed; from 'carol'\n")
    assert "refused: the signature" in checked(content.replace(b"CC0", b"MIT"))
    assert "refused: the content" in checked(content.replace(MALLORY.encode(), OSCAR.encode()))
    assert "refused: another signer's key" in checked(content, "ab" * 32)
    assert "refused: not in canonical form" in checked(content + b" ")
    for name, odd in (
        ("content", 7),
        ("content", "\ud800"),
        ("signature", {"key": each.carol.public, "value": 7}),
    ):
        said = checked(canonical(json.loads(content) | {name: odd}) + b"\n")
        assert said.startswith("refused: ") and said.count("\n") == 1, said


def test_histograms_are_taken_in_as_they_were_released_and_in_no_other_form(each: Exchange) -> None:
    bins = [Histogram(name, edges(name).tolist(), [7] * (edges(name).size + 1)) for name in ("out_fast",)]
    file, released = each.folder / "release.json", Release(FORMAT, 1, (1, 9), 500_000, 2.0, bins)
    file.write_text(text_of(released))
    each.did(
        "trust",
        "carol",
        each.carol.public,
        "--may",
        "histograms",
        "--packs",
        each.packs,
        "--store",
        each.store,
    )
    pack = each.makes("histograms", file)
    said = each.takes(pack)
    assert "histograms: 1 added" in said
    assert "  + out_fast of 238 wallets, noise of scale 2" in said
    assert (each.packs / "histograms" / "carols.json").read_bytes() == file.read_bytes()

    odd = resigned(
        pack.read_bytes(), each.carol, lambda head: head.update(version=2), text_of(released) + " "
    )
    (each.folder / "odd.pack").write_bytes(odd)
    status, said = each.taking(each.folder / "odd.pack")
    assert (status, "is not written as `undertow share release` writes it" in said) == (1, True), said
