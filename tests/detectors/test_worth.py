"""Severity follows what is at stake: exact sums of the chain's coin; tokens are not taken for large sums."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from detectors.alerts.alert import Severity
from detectors.engine.settings import EngineSettings
from detectors.parts import worth
from detectors.registry import detectors
from tests.contract.told import book_of
from tests.fixtures.frames import ChainBuilder, address

ETHER = 10**18
ALICE, BOB, MALLORY, USD, EUR = (address(name) for name in ("alice", "bob", "mallory", "usd", "eur"))
LOOKALIKE = bytes.fromhex(BOB.hex()[:6] + "0" * 28 + BOB.hex()[-6:])


@pytest.mark.parametrize(
    ("most", "wei", "has_tokens", "severity"),
    [
        ("critical", 0, False, "low"),
        ("critical", ETHER // 10 - 1, False, "low"),
        ("critical", ETHER // 10, False, "medium"),
        ("critical", ETHER - 1, False, "medium"),
        ("critical", ETHER, False, "high"),
        ("critical", 10 * ETHER, False, "critical"),
        ("medium", 10 * ETHER, False, "medium"),
        ("low", 10 * ETHER, True, "low"),
        ("critical", 0, True, "medium"),  # tokens of unknown worth
        ("critical", ETHER, True, "high"),  # what is known is large enough
    ],
)
def test_a_sum_is_as_grave_as_it_is_large(
    most: Severity, wei: int, has_tokens: bool, severity: Severity
) -> None:
    assert worth.severity(most, wei, has_tokens) == severity


def severities(name: str, chain: ChainBuilder) -> list[str]:
    only = [detector for detector in detectors() if detector.name == name]
    lines, _ = book_of(only, [chain.batch()], EngineSettings())
    return [json.loads(line)["severity"] for line in lines]


def passed_on(amount: int, token: bytes | None = None) -> ChainBuilder:
    """Seven times in a row, from one fresh wallet to the next."""
    chain, line = ChainBuilder(), [address(f"hop {n}") for n in range(8)]
    for here, there in pairwise(line):
        chain.block()
        if token is None:
            chain.native(here, there, amount)
        else:
            chain.erc20(token, here, there, amount)
    return chain


@pytest.mark.parametrize(
    ("chain", "severity"),
    [
        (passed_on(ETHER // 50), "low"),
        (passed_on(ETHER // 2), "medium"),
        (passed_on(5 * ETHER), "high"),
        (passed_on(10**30, USD), "medium"),
    ],
)
def test_a_trail_is_as_grave_as_the_money_on_it(chain: ChainBuilder, severity: str) -> None:
    assert severities("layering", chain) == [severity]


def test_money_that_is_gathered_again_adds_up() -> None:
    """Six times 0.2 coins: no payment is large, the whole is."""
    for wei, severity in ((ETHER // 5, "high"), (ETHER // 100, "low")):
        chain, middle = ChainBuilder().block(), [address(f"middle {n}") for n in range(6)]
        for wallet in middle:
            chain.native(ALICE, wallet, wei)
        chain.block()
        for wallet in middle:
            chain.native(wallet, BOB, wei)
        assert severities("layering", chain) == [severity]


def poisoned(pays: dict[str, Any] | None) -> ChainBuilder:
    """Alice pays bob; mallory plants a lookalike; then perhaps alice falls for it."""
    chain = ChainBuilder().block().native(ALICE, BOB, ETHER).erc20(USD, ALICE, BOB, 500)
    chain.block().erc20(USD, ALICE, LOOKALIKE, 0, by=MALLORY).block()
    if pays is None:
        return chain
    token = pays.get("token")
    if token is None:
        return chain.native(ALICE, LOOKALIKE, pays["amount"])
    return chain.erc20(token, ALICE, LOOKALIKE, pays["amount"])


@pytest.mark.parametrize(
    ("pays", "severity"),
    [
        (None, "medium"),  # nothing is lost yet
        ({"amount": ETHER}, "critical"),
        ({"amount": ETHER // 50}, "medium"),
        ({"amount": 5}, "medium"),  # the attempt stays graver than what was lost by it
        ({"amount": 10**30, "token": EUR}, "medium"),  # of unknown worth
    ],
)
def test_a_loss_is_as_grave_as_what_went(pays: dict[str, Any] | None, severity: str) -> None:
    assert severities("address-poisoning", poisoned(pays)) == [severity]


@pytest.mark.parametrize(("amount", "severity"), [(500, "critical"), (5, "critical"), (4, "medium")])
def test_a_loss_in_a_token_is_measured_by_what_the_victim_pays_with_it(amount: int, severity: str) -> None:
    chain = ChainBuilder().block().erc20(USD, ALICE, BOB, 500)
    chain.block().erc20(USD, ALICE, LOOKALIKE, 0, by=MALLORY).block().erc20(USD, ALICE, LOOKALIKE, amount)
    assert severities("address-poisoning", chain) == [severity]
