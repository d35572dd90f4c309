"""Label packs: a model knows what it learned from, and what no longer counts is refused by its name."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dashboard.store import open_reader, open_writer
from detectors.evaluate.training.labelled_rows import Rows
from detectors.evaluate.training.pack_noise import doubts, lines_of
from detectors.models.growing import Growth
from detectors.models.model_file import digest_of, load
from detectors.parts.model_tables import COLUMNS
from tests.detectors.test_train import Town, made_rows
from undertow import app


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


def pack(town: Town, folder: Path, **changes: Any) -> Path:
    """A pack of the town's labels by carol, as she gave it out."""
    told = {
        "format": "undertow-labels/1", "name": "carols-labels", "source": "carol", "made": "2026-01-01",
        "expires": "2027-01-01", "withdrawn": None, "labels": str(town.labels),
        "digest": hashlib.sha256(town.labels.read_bytes()).hexdigest(), **changes,
    }  # fmt: skip
    path = folder / "carol.pack.json"
    path.write_text(json.dumps(told))
    return path


def trains(town: Town, folder: Path, labels: Path, *more: str) -> tuple[int, str]:
    """On 1 June 2026."""
    given = ("--lake", town.lake, "--labels", labels, "--model", "contract-code")
    out = ("--out", folder / "code.model.json", "--leave-out", "families", "--on", "2026-06-01", *more)
    done = CliRunner().invoke(app, ["train", *map(str, (*given, *out))])
    return done.exit_code, str(done.exception) if done.exit_code == 1 else done.output


def test_a_model_knows_its_label_pack_and_the_audit_keeps_the_digests(town: Town, tmp_path: Path) -> None:
    labels = pack(town, tmp_path)
    status, said = trains(town, tmp_path, labels)
    assert status == 0, said
    assert "label pack carols-labels: " in said

    model, file = load(tmp_path / "code.model.json", COLUMNS), hashlib.sha256(labels.read_bytes()).hexdigest()
    (source,) = model.sources
    assert (source.pack, source.pack_digest) == ("carols-labels", file)
    store = f"sqlite:///{tmp_path / 'store.db'}"
    open_writer(store).close()
    done = CliRunner().invoke(app, ["anchor", "model", str(tmp_path / "code.model.json"), "--store", store])
    assert done.exit_code == 0, done.output
    assert "(label packs: carols-labels) is in the audit" in done.output
    with closing(open_reader(store)) as reader:
        (row,) = reader.cases.audit()
    noted = json.loads(row.change)["after"]
    assert (row.action, row.subject) == ("note model", f"model {model.name}")
    assert (noted["model"], noted["training_rows"]) == (digest_of(model), model.rows_digest)
    assert noted["packs"] == [{"pack": "carols-labels", "labels": source.labels, "file": file}]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "withdrawn": (
        {"withdrawn": "bob was honest"},
        "carols-labels .* was withdrawn: bob was honest",
    ),
    "expired": ({"expires": "2026-05-31"}, "carols-labels .* expired on 2026-05-31, and it is 2026-06-01"),
    "of a later day": (
        {"made": "2026-06-02"},
        "carols-labels .* is of 2026-06-02, .* after 2026-06-01",
    ),
    "changed": ({"digest": "ab" * 32}, "labels of pack carols-labels .* were changed"),
    "of another format": ({"format": "x"}, "is no label pack: it takes exactly the keys"),
    "with a key more": ({"trust": "me"}, "is no label pack: it takes exactly the keys"),
    "of no day": ({"made": "soon"}, "is no label pack: Invalid isoformat"),
    "of no labels": ({"labels": "nowhere.jsonl"}, "nowhere.jsonl cannot be read"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_pack_that_does_not_count_is_refused_by_its_name(what: str, town: Town, tmp_path: Path) -> None:
    changes, why = REFUSED[what]
    status, said = trains(town, tmp_path, pack(town, tmp_path, **changes))

    assert status == 1
    assert re.search(why, said), said
    assert not (tmp_path / "code.model.json").exists()


def test_labels_that_were_withdrawn_since_are_refused_bare_or_in_a_pack(town: Town, tmp_path: Path) -> None:
    gone = tmp_path / "withdrawn.txt"
    gone.write_text(
        f"# by carol\n{hashlib.sha256(town.labels.read_bytes()).hexdigest()} mallory wrote them\n"
    )
    for labels in (town.labels, pack(town, tmp_path)):
        status, said = trains(town, tmp_path, labels, "--withdrawn", str(gone))
        assert (status, "was withdrawn: mallory wrote them" in said) == (1, True), said
    gone.write_text("mallory\n")
    status, said = trains(town, tmp_path, town.labels, "--withdrawn", str(gone))
    assert (status, "line 1 of" in said) == (1, True)


def rows_of_packs(count: int) -> Rows:
    """A tenth of what each says is noise, in all alike."""
    values, truth = made_rows(3_000)
    world = np.arange(truth.size) % count
    return Rows(values, truth, ("",) * truth.size, (b"",) * truth.size, world, (), 0)


def test_a_pack_with_turned_labels_is_named_and_none_where_all_are_alike() -> None:
    rows, names, growth = rows_of_packs(4), ["alice", "bob", "carol", "mallory"], Growth(trees=20)
    alike = doubts(rows, rows.truth, names, growth, 1)
    assert not [each.pack for each in alike if each.named]

    turned = rows.truth.copy()
    turned[np.flatnonzero(rows.world == 3)[::10]] ^= True
    found = doubts(rows, turned, names, growth, 1)
    assert [each.pack for each in found if each.named] == ["mallory"]
    assert [line.split()[0] for line in lines_of(found) if "SAYS OTHERWISE" in line] == ["mallory"]
    assert found[3].doubted > alike[3].doubted


def test_of_two_packs_none_is_named() -> None:
    rows = rows_of_packs(2)
    assert doubts(rows, rows.truth, ["alice", "bob"], Growth(trees=5), 1) == []
