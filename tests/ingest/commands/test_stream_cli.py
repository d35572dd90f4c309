"""`undertow ingest` and `undertow backfill` as a person meets them: exit status, one clear line, no key."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingest.kafka import Cluster
from ingest.lake.reading import Lake
from tests.fixtures.log import replay
from tests.fixtures.town import Town
from tests.ingest.live.mempool.test_watching import lacking

NOBODY = "http://someone:secret@127.0.0.1:1/key"


def undertow(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "undertow", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def the_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed command prints."""
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_a_node_that_does_not_answer_is_named_without_its_key(tmp_path: Path) -> None:
    line = the_line(
        undertow("backfill", "--rpc", NOBODY, "--from-block", 0, "--to-block", 1, "--lake", tmp_path)
    )

    assert line.startswith("undertow: error: no node answers at http://127.0.0.1:1 (")
    assert "secret" not in line
    assert "key" not in line


def test_an_address_that_is_no_url_is_refused() -> None:
    line = the_line(undertow("ingest", "--rpc", "localhost:8545"))

    assert "is no http://, https://, ws:// or wss:// URL" in line


@pytest.mark.chain
def test_a_broker_that_does_not_answer_is_named(town: Town) -> None:
    line = the_line(undertow("ingest", "--rpc", town.url, "--kafka", "127.0.0.1:1"))

    assert line.startswith("undertow: error: no Kafka broker answers at 127.0.0.1:1")


@pytest.mark.chain
def test_a_node_of_another_chain_is_refused(town: Town, tmp_path: Path) -> None:
    wanted = ("--from-block", 0, "--to-block", 1, "--lake", tmp_path, "--chain-id", 1)
    line = the_line(undertow("backfill", "--rpc", town.url, *wanted))

    assert line == f"undertow: error: the node at {town.url} serves chain {town.chain_id}, not chain 1"


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "--rpc", NOBODY, "--start", "yesterday"),
        ("ingest", "--rpc", NOBODY, "--verify", "perhaps"),
        ("ingest", "--rpc", NOBODY, "--lake", "lake", "--lake-every", 30),
        ("ingest",),
        ("backfill", "--rpc", NOBODY, "--from-block", 2, "--to-block", 1, "--lake", "lake"),
    ],
)
def test_a_command_used_wrongly_ends_with_2(arguments: tuple[object, ...]) -> None:
    assert undertow(*arguments).returncode == 2


@pytest.mark.chain
@pytest.mark.broker
def test_a_node_without_a_pool_or_of_another_chain_ends_it_before_anything_is_written(
    town: Town, kafka: str
) -> None:
    wanted = ("--kafka", kafka, "--mempool")
    with lacking(town, "txpool_content", "eth_newPendingTransactionFilter") as url:
        without = the_line(undertow("ingest", "--rpc", url, *wanted))
    other = the_line(undertow("ingest", "--rpc", town.url, *wanted, "--chain-id", 1))

    assert "offers no pool" in without and "leave --mempool out" in without
    assert other == f"undertow: error: the node at {town.url} serves chain {town.chain_id}, not chain 1"
    assert town.chain_id not in Cluster(kafka).chains()


def test_who_stands_by_reads_no_pool() -> None:
    done = undertow("ingest", "--rpc", NOBODY, "--mempool", "--standby", 3)
    assert done.returncode == 2
    assert "give --mempool without --standby" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.chain
@pytest.mark.broker
def test_ingest_with_a_lake_keeps_final_blocks_there_too(town: Town, kafka: str, tmp_path: Path) -> None:
    # 64 blocks stand on a final block: of 1..1100, blocks up to 1036 are final when 1100 is the head
    town.mine(1100 - town.head)
    wanted = ("--start", 1, "--until-block", 1100, "--lake", tmp_path)

    done = undertow("ingest", "--rpc", town.url, "--kafka", kafka, *wanted)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert max(replay(kafka, town.chain_id).hashes()) == 1100
    lake = Lake.open(tmp_path)
    assert [(range_.first, range_.last) for range_ in lake.ranges(town.chain_id)] == [(1, 999), (1000, 1036)]


@pytest.mark.chain
def test_backfill_shows_how_far_it_is(town: Town, tmp_path: Path) -> None:
    town.mine(10)

    done = undertow("backfill", "--rpc", town.url, "--from-block", 1, "--to-block", 10, "--lake", tmp_path)

    assert done.returncode == 0
    assert done.stderr.startswith("backfill: 10 of 10 blocks, ")


@pytest.mark.parametrize(
    "command", [("ingest",), ("backfill", "--from-block", 0, "--to-block", 1, "--lake", "x")]
)
def test_a_wrapped_coin_that_is_no_address_is_refused_before_a_node_is_asked(
    command: tuple[object, ...],
) -> None:
    line = the_line(undertow(*command, "--rpc", NOBODY, "--wrapped-native", "0x12\u202e,WETH"))

    assert line == (r"undertow: error: --wrapped-native: '0x12\u202e' is no address (0x and 40 hex digits)")
