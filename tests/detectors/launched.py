"""A token and its people, and what a detector says of them: for tests of detectors of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from tests.contract.launches import Launch, launched, pays_in
from tests.contract.story import HOT, Names
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER

MALLORY, ALICE, BOB, CAROL, DAVE, ERIN = (
    address(name) for name in ("mallory", "alice", "bob", "carol", "dave", "erin")
)
PEOPLE = (ALICE, BOB, CAROL, DAVE, ERIN)


def launch(maker: bytes = MALLORY, pooled: float = 0.9, wei: int = 10 * ETHER) -> Launch:
    """A new token with a pool of ten of the coin; everybody has withdrawn from a busy exchange."""
    chain = ChainBuilder().block()
    for n in range(20):
        chain.native(HOT, address(f"customer {n}"), ETHER)
    made = launched(chain, Names("token"), maker, Random(1), pooled, wei)
    pays_in(chain, list(PEOPLE))
    chain.block()
    return made


def bought(made: Launch, *people: bytes, wei: int = ETHER) -> None:
    for person in people:
        made.buys(person, wei)
    made.chain.block()


def alerts(chain: ChainBuilder, *detectors: Any) -> list[Alert]:
    engine = Engine(chain.chain_id, list(detectors), follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def roles(alert: Alert) -> dict[bytes, str]:
    return {bytes.fromhex(each.address[2:]): each.role for each in alert.roles}


def named(alert: Alert, role: str) -> set[bytes]:
    return {who for who, is_one in roles(alert).items() if is_one == role}


def open_ones(found: list[Alert]) -> Iterator[Alert]:
    return (alert for alert in found if alert.suppressed_by is None)
