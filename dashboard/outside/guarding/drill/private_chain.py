"""A private chain with a vault that pays before it books, its savers, its guard, and a thief with the world's
weapon against such vaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dashboard.outside.guarding.contracts import Bounds, Scale, guard_deployment, limit_deployment
from ingest.localchain.chain.actions import Asset, Transaction, approve, mint, pay
from ingest.localchain.chain.artifacts import PERMIT_TOKEN, Own
from ingest.localchain.chain.chain import origin
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined, Miner
from ingest.localchain.chain.wallet import Address, address_of
from ingest.localchain.story_parts.attack_contracts import HOOK_RAIDER, STRIKE_GAS
from ingest.localchain.story_parts.banks import HOOK_TOKEN

GUARDED_BANK = Own("guarded_bank", "GuardedBank", ("address",))
COIN = 10**18
SAVERS = 8
EACH = 12_500 * COIN
HELD = SAVERS * EACH
"""What lies in the vault: 100,000 tokens."""
DEPTH = 5
"""How often a strike is paid what it put in once."""
MINUTE = 60
BOUNDS = Bounds(
    pauses_a_day=2, pause_seconds=30 * 12, proposal_seconds=20 * MINUTE, resume_delay=MINUTE,
    expires=2**40, alone=True,
)  # fmt: skip
SCALE = Scale(
    least=HELD // 100, most=HELD, unknown=HELD // 10, window=3_600, interval=12, lifetime=1_800,
    rise=500_000, fall=100_000,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keys:
    """Addresses of who guards: each is the address of a key file."""

    guardian: Address
    confirmer: Address
    oracle: Address


@dataclass(slots=True)
class PrivateChain:
    """`miner` mines what its actors do; what guards send comes into the same blocks."""

    url: str
    miner: Miner
    token: Asset
    underlying: Asset
    vault: Address
    guard: Address
    limit: Address
    savers: tuple[Address, ...]
    thieves: int = 0

    def mine(self, *transactions: Transaction) -> list[Mined]:
        return self.miner.mine(transactions)

    def held(self) -> int:
        """What is in the vault, in units of its token."""
        return self.miner.holdings([(self.token, self.vault)])[0]

    def raider(self) -> tuple[Address, Address]:
        """A new thief with his contract: address of both, one block later."""
        self.thieves += 1
        thief = address_of(f"thief {self.thieves}")
        self.miner.give(thief, 10 * COIN)
        (made,) = self.mine(create(thief, HOOK_RAIDER, self.vault, self.token.token))
        return thief, created(made)

    def equip(self, thief: Address, raider: Address, stake: int) -> list[Transaction]:
        """`stake` of the vault's token for the weapon: mined before the first strike."""
        return [
            mint(self.underlying.token, FOUNDER, thief, stake),
            approve(self.underlying.token, thief, self.token.token, stake),
            call(thief, self.token.token, "wrap(uint256)", stake),
            pay(self.token, thief, raider, stake),
        ]


FOUNDER = address_of("founder of the drill's vault")


def strike(thief: Address, raider: Address, stake: int, depth: int = DEPTH) -> Transaction:
    """Takes `stake` times one less than `depth` out of the vault, beyond what it puts in."""
    return call(thief, raider, "raid(uint256,uint256)", stake, depth, gas=STRIKE_GAS)


@contextmanager
def private_chain(
    keys: Keys, bounds: Bounds = BOUNDS, guarded: bool = True, limited: bool = False
) -> Iterator[PrivateChain]:
    """With a vault that asks its guard, and its limit, where it is to have them."""
    with origin(lambda _miner: None) as node:
        miner = Miner.start(node.url)
        for who in (FOUNDER, keys.guardian, keys.confirmer, keys.oracle):
            miner.give(who, 1_000 * COIN)
        (coin,) = miner.mine([create(FOUNDER, PERMIT_TOKEN, "Drill Dollar", "DRD", 18)])
        underlying = Asset("DRD", created(coin), 100)
        (hooked,) = miner.mine([create(FOUNDER, HOOK_TOKEN, underlying.token, "Hooked Dollar", "hDRD")])
        token = Asset("hDRD", created(hooked), 100)
        (bank,) = miner.mine([create(FOUNDER, GUARDED_BANK, token.token)])
        vault = created(bank)
        made = miner.mine(
            [
                Transaction(
                    FOUNDER, None, guard_deployment(86_400, bounds, keys.guardian, keys.confirmer, vault),
                    gas=6_000_000,
                ),
                Transaction(FOUNDER, None, limit_deployment(SCALE, keys.oracle), gas=6_000_000),
            ]
        )  # fmt: skip
        guard, limit = (created(each) for each in made)
        asked = (guard if guarded else NOBODY, limit if limited else NOBODY)
        miner.mine([call(FOUNDER, vault, "protect(address,address)", *asked)])
        savers = tuple(address_of(f"saver {number}") for number in range(SAVERS))
        chain = PrivateChain(node.url, miner, token, underlying, vault, guard, limit, savers)
        _save(chain)
        yield chain


NOBODY = "0x" + "00" * 20


def _save(chain: PrivateChain) -> None:
    for who in chain.savers:
        chain.miner.give(who, 10 * COIN)
        chain.mine(
            *chain.equip(who, who, EACH)[:3],
            approve(chain.token.token, who, chain.vault, EACH),
            call(who, chain.vault, "deposit(uint256)", EACH),
        )
