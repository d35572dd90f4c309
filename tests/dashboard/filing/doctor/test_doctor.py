"""The doctor tells an operator what is there, what is not, and what to do; nothing is written anywhere."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.filing.doctor import installation, peers
from dashboard.store import open_writer
from ingest.lake.writing import LakeWriter
from tests.dashboard.alerts import Filing, drain, judged
from tests.fixtures.frames import ChainBuilder
from tests.fixtures.http_server import answering
from undertow import app


def words(found: object) -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in found]  # type: ignore[attr-defined]


def test_an_empty_home_lacks_what_setup_brings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTOW_HOME", str(tmp_path / "home"))

    ran = CliRunner().invoke(app, ["doctor"])

    assert ran.exit_code == 1
    lines = ran.stdout.splitlines()
    missing = [line for line in lines if line.startswith("missing")]
    assert [line.split()[1] for line in missing][:4] == ["kafka", "npm", "solc", "contracts"]
    assert all("run `undertow setup`" in line for line in missing)
    assert not (tmp_path / "home").exists(), "looking makes nothing"


def test_another_python_is_named() -> None:
    told = installation.python((3, 9, 1)).line()
    assert told.startswith("broken   python       3.9.1, which is not tested: use Python <3.1")


def test_what_is_not_reached_is_said_in_the_words_of_its_error() -> None:
    (node,) = peers.node("http://someone:secret@127.0.0.1:9/key")
    assert node.state == "broken"
    assert "secret" not in node.line()
    assert "is it running?" in node.line()
    assert "start one with `undertow broker`" in peers.kafka("127.0.0.1:9").line()
    assert peers.store("sqlite:////nowhere/store.db").state == "broken"
    assert "is not a lake" in peers.lake(Path("/nowhere")).line()


def test_a_node_that_gives_pages_instead_of_answers_is_broken() -> None:
    with answering(lambda _asked: (200, b"<html>maintenance</html>")) as url:
        (found,) = peers.node(url)
    assert found.state == "broken"


def test_store_and_lake_say_how_far_they_go(tmp_path: Path) -> None:
    chain = ChainBuilder(31337, first_block=1)
    for _ in range(9):
        chain.block()
    writer = LakeWriter(tmp_path / "lake")
    for first, last in ((1, 3), (4, 5), (8, 9)):
        writer.write(chain.batch(first, last))
    url = f"sqlite:///{tmp_path}/store.db"
    with closing(open_writer(url)) as filing:
        Filing(filing).file(drain(100), blocks=(judged(100),))

    assert peers.lake(tmp_path / "lake").line().endswith("chain 31337: 1 to 5, 8 to 9")
    assert "chain 31337 to block" in peers.store(url).line()


@pytest.mark.chain
def test_a_real_node_gives_what_ingest_needs(fork_rpc: str) -> None:
    found = list(peers.node(fork_rpc))
    assert {state for _, state in words(found)} <= {"ok", "notice"}
    chain, _, final, blocks, calls = (each.says for each in found)
    assert chain.startswith("chain 31337, head ")
    assert "calls nothing final" in final
    assert "receipts" in blocks
    assert "calls of block" in calls


@pytest.mark.broker
def test_a_real_broker_answers_and_a_program_reads_it_as_json(kafka: str) -> None:
    ran = CliRunner().invoke(app, ["doctor", "--kafka", kafka, "--json"])
    told = {line["name"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert (told["kafka"]["state"], told["broker"]["state"]) == ("ok", "ok")
    assert told["broker"]["says"].startswith(f"answers at {kafka}")
