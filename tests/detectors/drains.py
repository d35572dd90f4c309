"""Customers of an exchange who lose what they have to a thief: for tests of what hides that, and what not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from detectors.base import Detector
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from tests.contract.told import book_of
from tests.fixtures.frames import ChainBuilder, address

ETHER = 10**18
DRAIN = [detector for detector in detectors() if detector.name == "wallet-drain"]
HOT, THIEF, HELPER, USD, SPENDER = (address(name) for name in ("hot", "thief", "helper", "usd", "spender"))
CUSTOMERS = [address(f"customer {n}") for n in range(24)]
VICTIMS = CUSTOMERS[:4]
SPAM = [address(f"spam {n}") for n in range(3)]
SYBILS = [address(f"sybil {n}") for n in range(8)]
FEE = ETHER // 1000
LEFT = 8 * ETHER // 10
"""Of one ether, after two errands."""

Act = Callable[[ChainBuilder, bytes], None]


def all_native_value(chain: ChainBuilder, victim: bytes) -> None:
    chain.native(victim, THIEF, LEFT - 3 * FEE)


def token_then_native_value(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(USD, victim, THIEF, 290).native(victim, THIEF, LEFT - 3 * FEE)


def token_by_an_approval(chain: ChainBuilder, victim: bytes) -> None:
    chain.erc20(USD, victim, THIEF, 290, by=SPENDER)


def in_use(with_token: bool, gift: Act | None = None) -> ChainBuilder:
    """Customers of an exchange who each pay two others, and spend some of their token where they have it. A
    `gift` comes before anything else.
    """
    chain = ChainBuilder(first_block=1).block()
    for victim in VICTIMS:
        if gift is not None:
            gift(chain, victim)
    for customer in CUSTOMERS:
        chain.native(HOT, customer, ETHER)
        if with_token:
            chain.erc20(USD, HOT, customer, 300)
    chain.block()
    for at, customer in enumerate(CUSTOMERS):
        for errand in range(2):
            chain.native(customer, address(f"errand {at} {errand}"), ETHER // 10)
        if with_token:
            chain.erc20(USD, customer, address(f"errand {at} 0"), 10)
    return chain


def drains(chain: ChainBuilder, size: int = 100) -> list[tuple[str, set[str], str]]:
    """Subject, victims and severity of each alert."""
    return [
        (a["subject"]["id"], {r["address"] for r in a["roles"] if r["role"] == "victim"}, a["severity"])
        for a in alerts_of(chain, size)
    ]


def alerts_of(chain: ChainBuilder, size: int = 100, detector: Detector | None = None) -> list[dict[str, Any]]:
    """The book, judged in batches of `size` blocks."""
    which = DRAIN if detector is None else [detector]
    lines, _ = book_of(which, chain.batches(size), EngineSettings())
    return [json.loads(line) for line in lines]
