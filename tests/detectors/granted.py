"""A town for tests of grants: people with accounts at an exchange, and what detectors say of it."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.registry import detectors
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL, DAVE, MALLORY, SPENDER, USD, HOT = (
    address(name) for name in ("alice", "bob", "carol", "dave", "mallory", "spender", "usd", "exchange")
)
ETHER = 10**18


class Town:
    """An exchange that twenty others paid and were paid by, and people to whom it sent 100 each."""

    def __init__(self, people: Sequence[bytes] = (ALICE, BOB, CAROL, DAVE)) -> None:
        self.chain = ChainBuilder().block()
        for n in range(20):
            other = address(f"other {n}")
            self.chain.native(other, HOT, ETHER).native(HOT, other, ETHER)
            self.chain.erc20(USD, HOT, other, ETHER).erc20(USD, other, HOT, ETHER)
        self.chain.native(HOT, SPENDER, ETHER)
        for who in people:
            self.opens(who)
        self.chain.block()

    def opens(self, who: bytes, usd: int = 100 * ETHER) -> None:
        self.chain.native(HOT, who, ETHER).erc20(USD, HOT, who, usd)

    def alerts(self, name: str) -> list[Alert]:
        """Of one detector, at the end."""
        engine = Engine(1, [each for each in detectors() if each.name == name], keep_all=True)
        engine.take(self.chain.batch())
        assert engine.state.off == {}
        return list(engine.standing())


def roles(alert: Alert) -> dict[bytes, str]:
    return {bytes.fromhex(role.address[2:]): role.role for role in alert.roles}
