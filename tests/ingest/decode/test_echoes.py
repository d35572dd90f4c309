"""The native coin is told of once: not again as a token by a system's own logs, nor as two assets."""

from __future__ import annotations

import pytest

from ingest.facts.tokens import MetadataReader
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, USDC = address("alice"), address("bob"), address("usdc")
SYSTEM, ZK = bytes.fromhex("ff" * 19 + "fe"), bytes(18) + b"\x80\x0a"
ETHER = 10**18


def paid(echo: bytes) -> ChainBuilder:
    """Alice pays Bob an ether, as the system says again, and some of a token."""
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB, ETHER):
        chain.erc20(echo, ALICE, BOB, ETHER).erc20(USDC, ALICE, BOB, 5)
    return chain


@pytest.mark.parametrize("echo", [SYSTEM, ZK])
def test_ether_of_which_the_system_logs_a_transfer_moves_once(echo: bytes) -> None:
    """EIP-7708, and zkSync's base token."""
    batch = paid(echo).batch()

    assert batch.transfers.select("standard", "token", "amount").rows() == [
        ("native", None, word(ETHER)),
        ("erc20", USDC, word(5)),
    ]
    assert batch.logs.height == 2, "the log itself stays"


def test_the_system_is_asked_for_no_name() -> None:
    asked: list[bytes] = []

    def ask(calls: object, _hash: bytes) -> list[None]:
        asked.extend(to for to, _ in calls)  # type: ignore[attr-defined]
        return [None] * len(calls)  # type: ignore[arg-type]

    MetadataReader(ask).facts(paid(SYSTEM).batch())
    assert set(asked) == {USDC}


def test_a_token_at_an_address_that_ends_alike_is_a_token() -> None:
    other = b"\x01" * 16 + SYSTEM[-4:]
    assert paid(other).batch().transfers["token"].to_list() == [None, other, USDC]
