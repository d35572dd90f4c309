"""The local chain: an origin anvil that holds the protocols, and a second anvil that forks it, on which actors play."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest import tools
from ingest.errors import NodeUnreachable
from ingest.localchain.miner import Miner
from ingest.localchain.wallet import Wallet
from ingest.localchain.world import ensure_world
from ingest.processes import LOOPBACK, Child, free_port, refuse_taken, wait_until

CHAIN_ID = 31_337
GENESIS_TIME = 1_700_000_000
"""Seconds UTC. Fixed, so that the same seed gives the same block hashes on any day."""

_DEADLINE_S = 30
_SHARED = ("--host", LOOPBACK, "--silent", "--order", "fees")

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LocalChain:
    """What is up. `origin_url` is None where another network was forked."""

    url: str
    origin_url: str | None
    chain_id: int


@contextmanager
def local_chain(
    port: int | None = None,
    origin_port: int | None = None,
    fork_url: str | None = None,
    chain_id: int = CHAIN_ID,
    log_dir: Path | None = None,
    report: Report = lambda line: None,
) -> Iterator[LocalChain]:
    """Starts both anvils and ends them; with `fork_url` only the fork. Free ports where none are given.

    Raises PortTaken, NodeUnreachable (the URL to fork), SetupFailed (anvil did not come up).
    """
    with ExitStack() as running:
        origin_url = None
        if port is not None:
            refuse_taken(port, "--port")
        if fork_url is None:
            origin_url = running.enter_context(origin(origin_port, chain_id, log_dir))
            report(f"origin chain  {origin_url}")
        else:
            Wallet.connect(fork_url)
        fork_of = fork_url or origin_url
        assert fork_of is not None
        url = running.enter_context(fork(fork_of, port, chain_id, log_dir))
        report(f"fork  {url}")
        yield LocalChain(url, origin_url, chain_id)


@contextmanager
def origin(port: int | None = None, chain_id: int = CHAIN_ID, log_dir: Path | None = None) -> Iterator[str]:
    """An anvil with the protocols deployed; yields its URL."""
    arguments = ("--timestamp", str(GENESIS_TIME), "--no-mining")
    with _anvil("origin chain", port, "--origin-port", chain_id, arguments, log_dir) as url:
        ensure_world(Miner.start(url))
        yield url


@contextmanager
def fork(
    of_url: str, port: int | None = None, chain_id: int = CHAIN_ID, log_dir: Path | None = None
) -> Iterator[str]:
    """An anvil that forks the node at `of_url` at its head; yields its URL."""
    arguments = ("--fork-url", of_url, "--no-rate-limit", "--no-storage-caching")
    with _anvil("fork", port, "--port", chain_id, arguments, log_dir) as url:
        yield url


@contextmanager
def _anvil(
    name: str, port: int | None, flag: str, chain_id: int, arguments: tuple[str, ...], log_dir: Path | None
) -> Iterator[str]:
    port = free_port() if port is None else port
    refuse_taken(port, flag)
    url = f"http://{LOOPBACK}:{port}"
    numbers = ("--port", str(port), "--chain-id", str(chain_id))
    log = log_dir / f"{name.replace(' ', '-')}.log" if log_dir else None
    with Child.start(name, [tools.anvil(), *_SHARED, *numbers, *arguments], log=log) as child:
        wait_until(lambda: _answers(url), _DEADLINE_S, f"{name} on port {port}", child)
        yield url


def _answers(url: str) -> bool:
    try:
        Wallet.connect(url)
    except NodeUnreachable:
        return False
    return True
