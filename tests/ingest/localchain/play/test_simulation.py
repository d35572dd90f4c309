"""A whole simulation: repeatable, honest about its end, and clear about what it cannot play on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dashboard.demo.parts import watched_categories
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.simulation import Script, Summary, simulate
from ingest.machine.processes import free_port
from ingest.model.errors import BadInput, NodeUnreachable
from tests.fixtures.chain import PLAYED, Played, plays
from tests.ingest.localchain.reading import labels_of

pytestmark = pytest.mark.chain

SHORT = Script(seed=8, blocks=45)
"""Room for the shortest stories only."""


def head_hash(url: str) -> str:
    return str(Wallet.connect(url).ask("eth_getBlockByNumber", "latest", False)["hash"])


@pytest.mark.parametrize(
    "script", [SHORT, pytest.param(PLAYED, marks=pytest.mark.soak)], ids=["short", "long"]
)
def test_the_same_seed_gives_the_same_labels_and_the_same_last_block(
    origin_rpc: str, tmp_path: Path, script: Script
) -> None:
    first, again = (how_it_ends(origin_rpc, tmp_path / name, script) for name in ("first", "again"))

    assert first == again
    assert first[0].labels


def how_it_ends(origin_rpc: str, folder: Path, script: Script) -> tuple[Summary, str, str]:
    """What was played, its labels, and the hash of the last block."""
    folder.mkdir()
    (end,) = (
        (played.summary, played.labels.read_text(), head_hash(played.rpc))
        for played in plays(origin_rpc, folder, script)
    )
    return end


def test_another_seed_plays_something_else(origin_rpc: str, tmp_path: Path) -> None:
    hashes = []
    for seed in (1, 2):
        with fork(origin_rpc) as node:
            simulate(node.url, tmp_path / "labels.jsonl", Script(seed=seed, blocks=3))
            hashes.append(head_hash(node.url))

    assert hashes[0] != hashes[1]


def test_in_200_blocks_every_category_has_two_attacks_and_two_hard_negatives(played: Played) -> None:
    header = json.loads(played.labels.read_text().splitlines()[0])
    told = [(label["category"], label["kind"]) for label in labels_of(played.labels)]

    assert len(told) == 4 * len(watched_categories()) and {told.count(one) for one in told} == {2}
    assert header["last_block"] - header["first_block"] >= 200
    assert max(label["last_block"] for label in labels_of(played.labels)) < header["last_block"]


def test_the_first_attack_is_complete_within_forty_blocks(played: Played) -> None:
    header = json.loads(played.labels.read_text().splitlines()[0])
    first = min(label["last_block"] for label in labels_of(played.labels) if label["kind"] == "attack")

    assert first - header["first_block"] <= 40


def test_most_blocks_hold_ten_to_eighty_transactions(played: Played) -> None:
    wallet = Wallet.connect(played.rpc)
    numbers = range(10, 10 + 190)
    calls = [("eth_getBlockTransactionCountByNumber", [hex(number)]) for number in numbers]
    counts = [int(count, 16) for count in wallet.ask_all(calls)]

    assert sum(10 <= count <= 80 for count in counts) >= 0.8 * len(counts)


def test_a_stopped_simulation_ends_in_good_order(fork_rpc: str, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()

    summary = simulate(fork_rpc, tmp_path / "labels.jsonl", Script(), stop)

    assert summary.blocks == 0
    assert json.loads((tmp_path / "labels.jsonl").read_text())["unlabelled"] == "honest"


def test_a_second_simulation_can_follow_on_the_same_chain(fork_rpc: str, tmp_path: Path) -> None:
    simulate(fork_rpc, tmp_path / "first.jsonl", Script(seed=1, blocks=3))

    second = simulate(fork_rpc, tmp_path / "second.jsonl", Script(seed=1, blocks=3))

    assert second.blocks == 3


def test_what_a_short_run_leaves_out_is_said(fork_rpc: str, tmp_path: Path) -> None:
    said: list[str] = []

    simulate(fork_rpc, tmp_path / "labels.jsonl", Script(blocks=3), report=said.append)

    assert "no anomalous-wallet attack: it takes more than 3 blocks" in said


class _OtherNode(BaseHTTPRequestHandler):
    """A node that is not anvil: it knows its chain id and its name."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = {"eth_chainId": "0x1", "web3_clientVersion": "Geth/v1.15.0"}
        answers = [{"jsonrpc": "2.0", "id": one["id"], "result": results[one["method"]]} for one in asked]
        body = json.dumps(answers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as http.server calls it)
        """Quiet."""


@pytest.fixture
def other_node() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _OtherNode) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_nothing_is_played_on_a_node_that_is_not_anvil(other_node: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"is not anvil.*undertow chain"):
        simulate(other_node, tmp_path / "labels.jsonl", Script(blocks=1))


def test_a_node_that_does_not_answer_is_named_without_its_key(tmp_path: Path) -> None:
    port = free_port()

    with pytest.raises(NodeUnreachable, match=f"http://127.0.0.1:{port} does not answer") as error:
        simulate(f"http://127.0.0.1:{port}/v2/secret", tmp_path / "labels.jsonl", Script(blocks=1))
    assert "secret" not in str(error.value)


def test_labels_that_cannot_be_written_stop_it_before_it_plays(fork_rpc: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BadInput, match="labels cannot be written"):
        simulate(fork_rpc, tmp_path / "file" / "labels.jsonl", Script(blocks=1))
