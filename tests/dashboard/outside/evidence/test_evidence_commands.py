"""`undertow evidence` and `undertow verify` as people give them, and a script that knows neither."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from dashboard.outside.evidence.steps import steps_of
from dashboard.store import open_writer
from detectors.registry import detectors
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput, EvidenceRefused
from tests.dashboard.alerts import Filing, judged
from tests.dashboard.outside.evidence.bundles import FINALITY, HEAD, Plain, alert, told
from tests.fixtures.recorded_node import playing
from tests.fixtures.signed_chain import CHAIN_ID, recordings
from undertow import app

SCRIPT = Path(__file__).parents[4] / "docs" / "verify_bundle.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake, a lake of the version before, a book and a store of the same alert."""
    made = tmp_path_factory.mktemp("evidence")
    whole = told()
    LakeWriter(made / "lake").write(whole)
    older = replace(
        whole,
        blocks=whole.blocks.with_columns(header=pl.lit(None, pl.Binary)),
        transactions=whole.transactions.with_columns(envelope=pl.lit(None, pl.Binary)),
    )
    LakeWriter(made / "older").write(older)
    (made / "book.jsonl").write_text(alert().to_json() + "\n")
    with closing(open_writer(f"sqlite:///{made / 'store.db'}")) as writer:
        filing = Filing(writer, FINALITY)
        filing.file(replace(alert(), status=None, severity="medium", updated_block=100))
        filing.file(replace(alert(), status=None), blocks=(judged(HEAD),))
    return made


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    with playing(*recordings(), chain_id=CHAIN_ID) as url:
        yield url


def undertow(*arguments: object) -> str:
    """What a command says; raises what it ends with."""
    done = CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def made(folder: Path, name: str, *options: object, of: str = "store") -> Plain:
    """A bundle in a file of this name."""
    source = ("--store", f"sqlite:///{folder / 'store.db'}") if of == "store" else ("--alerts", folder / of)
    key = ("--key-file", folder / "key")
    undertow("evidence", alert().id, *source, "--out", folder / name, *key, *options)
    plain: Plain = json.loads((folder / name).read_bytes())
    return plain


def script(path: Path) -> subprocess.CompletedProcess[str]:
    """The independent script, in an interpreter that sees no folder of ours."""
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, path], capture_output=True, text=True, cwd=path.parent
    )


def test_a_bundle_from_a_lake_is_verified_offline_and_says_what_it_cannot_know(folder: Path) -> None:
    made(folder, "lake.json", "--lake", folder / "lake")
    said = undertow("verify", folder / "lake.json")

    assert "proved    row 0\n" in said
    assert "stated    row 4: of a call inside of a transaction" in said
    assert "10 proved, 0 anchored, 9 signed, 3 stated" in said
    assert "it rests on what holdings" in said
    assert "the headers are not known to be on the chain: give --rpc" in said


def test_a_bundle_from_a_node_has_the_same_proofs_and_no_facts(folder: Path, node: str) -> None:
    of_lake = made(folder, "a.json", "--lake", folder / "lake")["evidence"]
    of_node = made(folder, "b.json", "--rpc", node)["evidence"]

    assert of_node["blocks"] == of_lake["blocks"]
    assert of_node["facts"] is None
    assert len(of_lake["facts"]) == 2
    assert {fact["source"] for fact in of_lake["facts"]} == {
        "the list phishing.txt", "the token itself, asked in this block"
    }  # fmt: skip


def test_the_book_has_the_same_evidence_as_the_store_and_one_revision_fewer(folder: Path) -> None:
    of_store = made(folder, "c.json", "--lake", folder / "lake")
    of_book = made(folder, "d.json", "--lake", folder / "lake", of="book.jsonl")

    assert of_book["evidence"] == of_store["evidence"]
    assert of_book["filed"] is None
    assert [each["kind"] for each in of_store["filed"]["revisions"]] == ["raised", "changed"]


def test_a_lake_of_the_version_before_needs_a_node(folder: Path, node: str) -> None:
    bare = made(folder, "e.json", "--lake", folder / "older")["evidence"]["blocks"]

    assert [each["header"] for each in bare] == [None] * 3
    assert bare[0]["note"] == "block 100 was written before headers were kept: needs --rpc"
    assert bare[0]["hash"] == alert().block_hash
    said = undertow("verify", folder / "e.json")
    assert "stated    row 0: nothing of block 100 is proved" in said
    whole = made(folder, "f.json", "--lake", folder / "older", "--rpc", node)["evidence"]
    assert whole["blocks"] == made(folder, "g.json", "--lake", folder / "lake")["evidence"]["blocks"]


def test_without_lake_or_node_a_bundle_says_that_nothing_is_proved(folder: Path) -> None:
    plain = made(folder, "h.json")

    assert plain["evidence"]["blocks"][0]["note"] == "no block was read: give --rpc or --lake"
    assert "1 proved, 0 anchored" in undertow("verify", folder / "h.json")


def test_a_node_tells_whether_the_headers_are_on_the_chain(folder: Path, node: str) -> None:
    made(folder, "i.json", "--lake", folder / "lake")
    said = undertow("verify", folder / "i.json", "--rpc", node)

    assert f"block 100 is {alert().block_hash}: it is on the chain, says {node}" in said
    assert "not known to be on the chain" not in said


def test_a_block_that_left_the_chain_is_refused_with_a_node(folder: Path) -> None:
    made(folder, "j.json", "--lake", folder / "lake")
    changed = recordings()
    changed[1]["block"]["hash"] = "0x" + "12" * 32
    for blocks, place in (
        (changed, "/evidence/blocks/1/hash"),
        (recordings()[:2], "/evidence/blocks/2/hash"),
    ):
        with (
            playing(*blocks, chain_id=CHAIN_ID) as url,
            pytest.raises(EvidenceRefused, match=f"is refused: not-on-chain at {place}$"),
        ):
            undertow("verify", folder / "j.json", "--rpc", url)


def test_a_node_of_another_chain_is_refused(folder: Path) -> None:
    made(folder, "k.json", "--lake", folder / "lake")
    with (
        playing(*recordings(), chain_id=5) as url,
        pytest.raises(EvidenceRefused, match="another-chain at /evidence/alert/chain_id"),
    ):
        undertow("verify", folder / "k.json", "--rpc", url)


def test_a_changed_byte_is_named_with_its_place_and_by_the_script_too(folder: Path) -> None:
    made(folder, "l.json", "--lake", folder / "lake")
    text = (folder / "l.json").read_bytes()
    (folder / "l.json").write_bytes(text.replace(b'"score":0.91', b'"score":0.92', 1))

    with pytest.raises(
        EvidenceRefused, match=r"is refused: wrong-digest at /evidence/alert/score, and 1 more$"
    ):
        undertow("verify", folder / "l.json")
    assert script(folder / "l.json").stderr.strip() == "refused: /evidence/alert/score is not what was signed"


def test_the_script_that_knows_nothing_of_undertow_says_the_same_of_every_row(folder: Path) -> None:
    made(folder, "m.json", "--lake", folder / "lake")
    done = script(folder / "m.json")

    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("row")]
    assert [line.split(": ")[1].split(" ")[0] for line in lines] == [
        "proved", "proved", "proved", "proved", "stated", "proved", "proved"
    ]  # fmt: skip


def test_the_script_is_short_and_imports_nothing_of_undertow() -> None:
    text = SCRIPT.read_text()
    roots = {line.split()[1].split(".")[0] for line in text.splitlines()
             if line.startswith(("import ", "from "))}  # fmt: skip

    assert len(text.splitlines()) < 200
    assert roots <= {"hashlib", "json", "sys", "collections", "pathlib", "typing", "rlp", "Crypto"}


@pytest.mark.parametrize("name", ["verify_bundle.py", "check_pack.py"])
def test_a_script_that_is_given_nothing_says_what_it_wants(name: str) -> None:
    words = [sys.executable, "-I", str(SCRIPT.with_name(name))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"usage: python {name} FILE")


def test_what_is_not_there_is_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    store, out = ("--store", f"sqlite:///{folder / 'store.db'}"), ("--out", tmp_path / "x.json")
    key = ("--key-file", folder / "key")
    with pytest.raises(BadInput, match="the store has no alert 'nobody': an id is 32 hex digits"):
        undertow("evidence", "nobody", *store, *out, *key)
    with pytest.raises(BadInput, match=r"the book .*nowhere cannot be read: .*; give another --alerts"):
        undertow("evidence", "a", "--alerts", tmp_path / "nowhere", *out, *key)
    (tmp_path / "odd.jsonl").write_text('{"id":"odd"}\n')
    with pytest.raises(BadInput, match=r"line 1 of .*odd.jsonl is no alert"):
        undertow("evidence", "odd", "--alerts", tmp_path / "odd.jsonl", *out, *key)
    with pytest.raises(BadInput, match=r"the bundle .* cannot be read: .*; give another file"):
        undertow("verify", tmp_path / "nowhere.json")
    outcome = CliRunner().invoke(app, ["evidence", "a", "--out", str(tmp_path / "x.json")])
    assert outcome.exit_code == 2
    assert "give one of --store and --alerts" in outcome.output
    assert CliRunner().invoke(app, ["verify", str(folder / "key"), "--signer", "me"]).exit_code == 2


def test_an_alert_of_a_rule_asks_for_the_rules() -> None:
    of_a_rule = replace(alert(), detector="rule-large-to-newcomer", category="analyst-rule")
    with pytest.raises(BadInput, match="an analyst's rule, rule-large-to-newcomer: give --rules"):
        steps_of(of_a_rule, detectors())


def test_a_lake_of_another_history_is_refused(folder: Path, tmp_path: Path) -> None:
    other = told().blocks.with_columns(block_hash=pl.lit(bytes(32)))
    LakeWriter(tmp_path / "lake").write(replace(told(), blocks=other))
    made(folder, "n.json", "--lake", folder / "lake")

    with pytest.raises(EvidenceRefused, match="not-in-lake at /evidence/blocks/0/hash, and 2 more"):
        undertow("verify", folder / "n.json", "--lake", tmp_path / "lake")


def test_a_run_that_cannot_be_made_again_is_not_replayed(folder: Path) -> None:
    made(folder, "o.json", "--lake", folder / "lake")

    with pytest.raises(EvidenceRefused, match=r"another-run at /evidence/run/digest$"):
        undertow("verify", folder / "o.json", "--lake", folder / "lake")


def test_the_key_is_never_said(folder: Path) -> None:
    secret = (folder / "key").read_text().split("\n")[1]
    key = ("--key-file", folder / "key")
    said = undertow(
        "evidence", alert().id, "--alerts", folder / "book.jsonl", "--out", folder / "p.json", *key
    )

    assert secret not in said + (folder / "p.json").read_text()
