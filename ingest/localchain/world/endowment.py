"""What people have from before the chain was watched: native value that is set, tokens that are minted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ingest.localchain.chain.actions import Asset, Transaction, mint
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.stage import ETHER, Habit, Stage
from ingest.localchain.world.world import World

TREASURY_USD = 300_000_000


@dataclass(slots=True)
class Opening:
    """How a habit begins: tokens that are minted before the first block is played, and its actors."""

    habits: list[Habit]
    grants: list[Transaction] = field(default_factory=list)


def grant(world: World, token: Asset, to: Address, usd: float) -> Transaction:
    """Tokens made for `to`; the deployer is their minter."""
    return mint(token.token, world.deployer, to, token.units(usd))


def endow(stage: Stage, address: Address) -> list[Transaction]:
    """Old money, log-normal: about 3 ETH, and about 2,500 dollars in each of one to four tokens."""
    rng = stage.rng
    stage.miner.give(address, int(min(2_000.0, 0.2 + rng.lognormvariate(1.1, 1.2)) * ETHER))
    tokens = rng.sample(stage.world.tokens, rng.randint(1, 4))
    return [
        grant(stage.world, token, address, min(400_000.0, 100 + rng.lognormvariate(7.8, 1.2)))
        for token in tokens
    ]


def company(
    stage: Stage, tokens: Iterable[Asset], usd: float = TREASURY_USD
) -> tuple[Address, list[Transaction]]:
    """A wallet of an institution, with so much of each of `tokens`; and what mints them."""
    address = stage.fresh()
    stage.miner.give(address, 1_000 * ETHER)
    return address, [grant(stage.world, token, address, usd) for token in tokens]
