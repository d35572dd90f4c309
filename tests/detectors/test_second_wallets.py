"""A second wallet that its owner had made to look like the first one imitates nobody."""

from __future__ import annotations

import json

import pytest

from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from tests.contract.told import book_of
from tests.fixtures.frames import ChainBuilder, address

ETHER = 10**18
POISONING = [detector for detector in detectors() if detector.name == "address-poisoning"]
ALICE, SHOP, USD = address("alice"), address("shop"), address("usd")
SECOND = ALICE[:4] + address("alice's second")[4:16] + ALICE[16:]


def told(chain: ChainBuilder) -> list[str]:
    lines, _ = book_of(POISONING, chain.batches(1), EngineSettings(finality=2))
    return [json.loads(line)["subject"]["id"] for line in lines]


@pytest.mark.parametrize(
    "paid", [ETHER // 2, 3 * ETHER], ids=["of what it had", "more than the stream saw come"]
)
def test_whoever_paid_alice_knows_her_second_wallet_too(paid: int) -> None:
    chain = ChainBuilder()
    chain.block().native(SHOP, ALICE, 5 * ETHER)
    chain.block().native(ALICE, SECOND, ETHER)
    chain.block().native(SECOND, address("a friend"), paid)
    chain.block().native(SECOND, SHOP, ETHER // 100)

    assert told(chain) == []


def test_a_stranger_who_looks_like_alice_poisons_the_shop_that_paid_her() -> None:
    chain = ChainBuilder()
    chain.block().native(SHOP, ALICE, 5 * ETHER)
    chain.block().native(address("mallory"), SECOND, ETHER)
    chain.block().native(SECOND, SHOP, ETHER // 100)

    assert told(chain) == ["0x" + SECOND.hex()]


THIRD, FOURTH = (ALICE[:3] + address(f"alice's {name}")[3:17] + ALICE[17:] for name in ("third", "fourth"))


@pytest.mark.parametrize("days", [0, 500, 3000])
def test_whoever_paid_alice_knows_the_wallets_that_she_set_up_through_her_second(days: int) -> None:
    """However long ago that was: she pays from them for years."""
    chain = ChainBuilder()
    chain.block().native(SHOP, ALICE, 5 * ETHER)
    chain.block().native(ALICE, SECOND, 4 * ETHER)
    chain.block().native(SECOND, THIRD, 3 * ETHER)
    chain.block().native(THIRD, FOURTH, 2 * ETHER)
    for _ in range(60):
        chain.block(days * 86_400 // 60)
    chain.block().native(SHOP, ALICE, 5 * ETHER)
    chain.block().native(FOURTH, SHOP, ETHER // 100)
    chain.block().native(address("a payer"), THIRD, 5 * ETHER)
    chain.block().native(FOURTH, address("a payer"), ETHER // 100)

    assert told(chain) == []


def test_a_strangers_second_lookalike_poisons_like_the_first() -> None:
    chain = ChainBuilder()
    chain.block().native(SHOP, ALICE, 5 * ETHER)
    chain.block().native(address("mallory"), SECOND, 4 * ETHER)
    chain.block().native(SECOND, THIRD, 3 * ETHER)
    chain.block().native(THIRD, SHOP, ETHER // 100)

    assert told(chain) == ["0x" + THIRD.hex()]


def test_a_lookalike_that_was_paid_before_is_not_alices_because_she_pays_it_too() -> None:
    chain = ChainBuilder()
    chain.block().native(SHOP, ALICE, 5 * ETHER)
    chain.block().native(address("mallory"), SECOND, ETHER)
    chain.block().native(ALICE, SECOND, ETHER)
    chain.block().native(SECOND, SHOP, ETHER // 100)

    assert told(chain) == ["0x" + SECOND.hex()]
