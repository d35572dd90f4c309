"""Both nodes come up, both go; and what stands in the way is said in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from ingest.localchain.chain import chain as chains
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Refusal, Wallet
from ingest.localchain.play.deploying import ensure_world, world
from ingest.localchain.world.world import DEPLOYER
from ingest.machine import tools
from ingest.machine.processes import Child, answers, free_port, wait_until
from ingest.model.errors import NodeUnreachable, PortTaken, SetupFailed

pytestmark = pytest.mark.chain

local_chain = partial(chains.local_chain, ensure_world)


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def test_an_origin_and_its_fork_come_up_and_both_end(tmp_path: Path) -> None:
    said: list[str] = []

    with local_chain(report=said.append, log_dir=tmp_path) as chain:
        assert chain.origin is not None
        urls = [chain.origin.url, chain.url]
        assert said == [f"origin chain  {urls[0]}", f"fork  {urls[1]}"]
        assert Wallet.connect(chain.url).ask("eth_chainId") == hex(31_337)
        assert all(Miner.start(chain.url).has_code([world().weth, world().router, world().gallery]))

    assert not any(answers(port_of(url)) for url in urls)


def test_old_states_are_forgotten_and_never_go_to_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_HOME", str(tools.home()))
    monkeypatch.setenv("HOME", str(tmp_path))

    with local_chain(states=20) as chain:
        wallet = Wallet.connect(chain.url)
        wallet.ask("anvil_mine", hex(1000))
        head = int(wallet.ask("eth_blockNumber"), 16)
        lately, long_ago = wallet.attempt_all(
            [("eth_getBalance", [DEPLOYER, hex(number)]) for number in (head - 10, head - 500)]
        )

    assert int(lately, 16) > 0
    assert isinstance(long_ago, Refusal)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_old_transactions_are_forgotten_where_that_is_asked_for_and_only_there() -> None:
    for kept, oldest in ((None, 1), (5, 0)):
        with local_chain(transactions=kept) as chain:
            wallet = Wallet.connect(chain.url)
            payer, paid = wallet.ask("eth_accounts")[:2]
            wallet.ask("evm_setAutomine", False)
            for _ in range(8):
                wallet.ask("eth_sendTransaction", {"from": payer, "to": paid, "value": "0x1"})
                wallet.ask("evm_mine")
            head = int(wallet.ask("eth_blockNumber"), 16)
            first, last = (wallet.ask("eth_getBlockByNumber", hex(n), False) for n in (head - 7, head))

        assert (len(first["transactions"]), len(last["transactions"])) == (oldest, 1)


def test_the_chain_id_can_be_chosen() -> None:
    with local_chain(chain_id=77) as chain:
        assert Wallet.connect(chain.url).ask("eth_chainId") == hex(77)


def test_another_network_is_forked_without_an_origin_of_ours(origin_rpc: str) -> None:
    with local_chain(fork_url=origin_rpc) as chain:
        assert chain.origin is None
        assert Miner.start(chain.url).head == int(Wallet.connect(origin_rpc).ask("eth_blockNumber"), 16)


def test_on_any_other_anvil_the_world_is_deployed() -> None:
    port = free_port()
    with Child.start("anvil", [tools.anvil(), "--silent", "--port", str(port)]) as child:
        wait_until(lambda: answers(port), 30, "anvil", child)
        miner = Miner.start(f"http://127.0.0.1:{port}")
        assert not any(miner.has_code([world().weth]))

        here = ensure_world(miner)

        assert all(miner.has_code([here.weth, here.factory, here.router]))
        assert miner.supply(here.gallery) == 0


def test_a_taken_port_is_named_with_the_flag_that_changes_it(origin_rpc: str) -> None:
    taken = port_of(origin_rpc)

    with pytest.raises(PortTaken, match=f"port {taken} .*--port"), local_chain(port=taken):
        pass
    with (
        pytest.raises(PortTaken, match=f"port {taken} .*--origin-port"),
        local_chain(origin_port=taken),
    ):
        pass


def test_a_network_that_does_not_answer_is_not_forked() -> None:
    url = f"http://127.0.0.1:{free_port()}/v2/secret"

    with (
        pytest.raises(NodeUnreachable, match="does not answer") as error,
        local_chain(fork_url=url),
    ):
        pass
    assert "secret" not in str(error.value)


def test_a_node_that_ends_by_itself_is_noticed() -> None:
    with local_chain() as chain:
        assert chain.origin is not None
        os.kill(chain.origin.child.pid, signal.SIGKILL)
        with pytest.raises(SetupFailed, match="origin chain ended by itself with status -9"):
            chain.watch(threading.Event())


def test_the_command_says_what_is_up_and_ends_it_on_sigterm() -> None:
    port = free_port()
    argv = [sys.executable, "-m", "undertow", "chain", "--port", str(port)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        origin_line, fork_line = command.stdout.readline(), command.stdout.readline()
        assert origin_line.startswith("origin chain  http://127.0.0.1:")
        assert fork_line == f"fork  http://127.0.0.1:{port}\n"

        command.send_signal(signal.SIGTERM)
        assert command.wait(20) == 0

    assert not answers(port)
    assert not answers(port_of(origin_line.strip()))


def test_the_command_plays_and_says_what_it_played(fork_rpc: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    argv = [sys.executable, "-m", "undertow", "simulate", "--rpc", fork_rpc, "--labels", str(labels)]

    done = subprocess.run([*argv, "--blocks", "2"], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("simulation  2 blocks, ")
    assert labels.exists()


def test_a_reorganisation_that_is_not_two_numbers_is_a_usage_error(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "undertow", "simulate", "--rpc", "http://127.0.0.1:1"]

    done = subprocess.run(
        [*argv, "--labels", str(tmp_path / "labels.jsonl"), "--reorg", "ten:3"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "BLOCKS:DEPTH, such as 100:3" in done.stderr
