"""The local chain: an origin anvil that holds the protocols, and the anvil that forks it, for the actors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Wallet
from ingest.machine import tools
from ingest.machine.processes import LOOPBACK, Child, free_port, refuse_taken, wait_until
from ingest.model.errors import NodeUnreachable, SetupFailed

CHAIN_ID = 31_337
GENESIS_TIME = 1_700_000_000
"""Seconds UTC. Fixed, so that the same seed gives the same block hashes on any day."""

_DEADLINE_S = 30
_LOOK_S = 0.5
STATES = 512
"""How many blocks back the state can be asked for, each some 3 to 40 MB of memory as the world grows. anvil
would keep older ones on disk, and leave them there when it is killed.
"""

_SHARED = ("--host", LOOPBACK, "--silent", "--order", "fees")

Report = Callable[[str], None]
Deploy = Callable[[Miner], object]
"""Puts the protocols onto a bare chain."""


@dataclass(frozen=True, slots=True)
class Node:
    """One running anvil."""

    url: str
    child: Child


@dataclass(frozen=True, slots=True)
class LocalChain:
    """What is up. `origin` is None where another network was forked."""

    fork: Node
    origin: Node | None
    chain_id: int

    @property
    def url(self) -> str:
        """Where actors play and everybody reads."""
        return self.fork.url

    def watch(self, stop: threading.Event) -> None:
        """Returns once `stop` is set. Raises SetupFailed where a node ends before."""
        children = [node.child for node in (self.fork, self.origin) if node]
        while not stop.wait(_LOOK_S):
            for child in children:
                if (status := child.poll()) is not None:
                    raise SetupFailed(f"{child.name} ended by itself with status {status}: start it again")


@contextmanager
def local_chain(
    deploy: Deploy,
    port: int | None = None,
    origin_port: int | None = None,
    fork_url: str | None = None,
    chain_id: int = CHAIN_ID,
    log_dir: Path | None = None,
    report: Report = lambda line: None,
    states: int = STATES,
    transactions: int | None = None,
) -> Iterator[LocalChain]:
    """Starts both anvils and ends them; with `fork_url` only the fork, and nothing is deployed. Free ports
    where none are given. The fork remembers the state after each of its newest `states` blocks,
    and with `transactions` only what was in so many of the newest.

    Raises PortTaken, NodeUnreachable (the URL to fork), SetupFailed (anvil did not come up).
    """
    if port is not None:
        refuse_taken(port, "--port")
    with ExitStack() as running:
        ours = None
        if fork_url is None:
            ours = running.enter_context(origin(deploy, origin_port, chain_id, log_dir))
            report(f"origin chain  {ours.url}")
        copy = running.enter_context(
            fork(
                ours.url if ours else fork_url or "",
                port,
                chain_id,
                log_dir,
                states,
                transactions=transactions,
            )
        )
        report(f"fork  {copy.url}")
        yield LocalChain(copy, ours, chain_id)


@contextmanager
def origin(
    deploy: Deploy, port: int | None = None, chain_id: int = CHAIN_ID, log_dir: Path | None = None
) -> Iterator[Node]:
    """An anvil on which `deploy` has put the protocols."""
    arguments = ("--timestamp", str(GENESIS_TIME), "--no-mining")
    with _anvil("origin chain", port, "--origin-port", chain_id, arguments, log_dir) as node:
        deploy(Miner.start(node.url))
        yield node


@contextmanager
def fork(
    of_url: str,
    port: int | None = None,
    chain_id: int = CHAIN_ID,
    log_dir: Path | None = None,
    states: int = STATES,
    at: int | None = None,
    free_of_fees: bool = False,
    transactions: int | None = None,
) -> Iterator[Node]:
    """An anvil that forks the node at `of_url`, at its head or after block `at`. Raises NodeUnreachable where
    nobody answers. `free_of_fees`: its blocks begin with a base fee of nothing. `transactions`: of how many
    of the newest blocks it keeps them; older ones it serves as if they were empty. None: of all.
    """
    Wallet.connect(of_url)
    fees = ("--base-fee", "0") if free_of_fees else ()
    kept = () if transactions is None else ("--transaction-block-keeper", str(transactions))
    arguments = (*_forking(of_url, states, at), *fees, *kept)
    with _anvil("fork", port, "--port", chain_id, arguments, log_dir) as node:
        yield node


def _forking(of_url: str, states: int, at: int | None) -> tuple[str, ...]:
    return (
        "--fork-url", of_url, "--no-rate-limit", "--no-storage-caching", "--prune-history", str(states),
        *(() if at is None else ("--fork-block-number", str(at))),
    )  # fmt: skip


@contextmanager
def private_fork(of_url: str, chain_id: int, number: int) -> Iterator[str]:
    """The URL of an anvil on which what waits at a node is tried after its block `number`, without fees; the
    node may speak whatever anvil does (HTTP, WebSocket, IPC). A request to it may be as large as a state is.
    """
    arguments = (*_forking(of_url, 8, number), "--base-fee", "0", "--no-request-size-limit")
    with _anvil("fork", None, "--port", chain_id, arguments, None) as node:
        yield node.url


@contextmanager
def _anvil(
    name: str, port: int | None, flag: str, chain_id: int, arguments: tuple[str, ...], log_dir: Path | None
) -> Iterator[Node]:
    port = free_port() if port is None else port
    refuse_taken(port, flag)
    url = f"http://{LOOPBACK}:{port}"
    numbers = ("--port", str(port), "--chain-id", str(chain_id))
    log = log_dir / f"{name.replace(' ', '-')}.log" if log_dir else None
    with Child.start(name, [tools.anvil(), *_SHARED, *numbers, *arguments], log=log) as child:
        wait_until(lambda: _answers(url), _DEADLINE_S, f"{name} on port {port}", child)
        yield Node(url, child)


def _answers(url: str) -> bool:
    try:
        Wallet.connect(url)
    except NodeUnreachable:
        return False
    return True
