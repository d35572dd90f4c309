"""Contracts that Mallory wrote, compiled once, and a bare chain to inspect them beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.outside.inspecting.inspect import Report, Wish, examined
from dashboard.outside.inspecting.subject import chosen
from ingest.localchain.chain.chain import origin
from ingest.machine.untrusted_solidity import Compiled, compile_file

HOSTILE = Path(__file__).parent / "hostile.sol"


@pytest.fixture(scope="session")
def bare_rpc() -> Iterator[str]:
    with origin(lambda miner: None) as node:
        yield node.url


@pytest.fixture(scope="session")
def hostile() -> Compiled:
    return compile_file(HOSTILE, HOSTILE.parent)


@pytest.fixture(scope="session")
def inspected(bare_rpc: str, hostile: Compiled) -> Callable[..., Report]:
    def of(name: str, tries: int = 12, seconds: float = 60, seed: int = 7) -> Report:
        wish = Wish(HOSTILE.name, bare_rpc, tries=tries, seconds=seconds, seed=seed)
        return examined(wish, (hostile, chosen(hostile, name, HOSTILE.name)))

    return of


@pytest.fixture(scope="session")
def bank(inspected: Callable[..., Report]) -> Report:
    """What an inspection of the careless bank came to."""
    return inspected("Bank")
