"""The canary: a harmless attack on wallets of its own, played at regular intervals so that somebody notices
when its detector falls silent. Off unless it is asked for: without it a seeded world is what it was.

Nobody of the world is in it: who pays, who loses and who takes are wallets that nobody else deals with, paid
from purses that this chain gives them. The label says `canary`, so that no evaluation counts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import count

from ingest.localchain.chain.actions import PLAIN_GAS, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.play.programme import Entry
from ingest.localchain.play.stories import Repertoire
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles
from ingest.localchain.world.world import ETH

CATEGORY = "wallet-drain"
"""The least data that any detector needs, native payments, finds it; its first blocks need no warm-up."""
FIRST = 20
"""Blocks that are played before the first."""
LEAST_BLOCKS = 10
"""Between the beginnings of two: one is over before the next."""

_VICTIMS = 4
_PURSE, _WALLET, _SHOPPING = ETHER // 20, ETHER // 50, ETHER // 1_000
_LONGEST = 6


def canary(stage: Stage) -> Story:
    """Four wallets in use, each paid from a purse of its own, are emptied to one taker in a block."""
    victims = [stage.fresh() for _ in range(_VICTIMS)]
    purses = [stage.dormant(_PURSE) for _ in victims]
    taker = stage.fresh()
    payees: list[Address] = []
    yield []  # what purses hold is set with this block
    done: list[Mined] = yield [pay(ETH, *pair, _WALLET) for pair in zip(purses, victims, strict=True)]
    for _ in range(2):
        shops = [stage.fresh() for _ in victims]
        payees += shops
        done += yield [pay(ETH, *pair, _SHOPPING) for pair in zip(victims, shops, strict=True)]
    taken = yield [pay(ETH, victim, taker, stage.spendable(victim, PLAIN_GAS)) for victim in victims]
    note = f"{_VICTIMS} wallets of the canary's own emptied by its own keys; nobody else is in it"
    named = roles([taker], victims, infrastructure=[*purses, *payees])
    return Outcome(hashes([*done, *taken]), named, note, taken[0].hash)


REPERTOIRE = Repertoire(CATEGORY, "canary", FIRST, _LONGEST, {"own_wallets": canary})


def with_canaries(entries: Iterator[Entry], every: int, blocks: int | None) -> Iterator[Entry]:
    """`entries` and a canary every so many blocks, as long as one fits before the run's last block."""
    return merge(entries, _canaries(every, blocks), key=lambda entry: entry.start)


def _canaries(every: int, blocks: int | None) -> Iterator[Entry]:
    for number in count():
        start = FIRST + number * every
        if blocks is not None and start + _LONGEST >= blocks:
            return
        yield Entry(start, REPERTOIRE, number)
