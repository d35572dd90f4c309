"""Wallets of one owner: how a whole group of them gets its first money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import PLAIN_GAS, Transaction, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_ether, gas_of
from ingest.localchain.story_parts.funding import fund
from ingest.localchain.story_parts.random_draws import rest, split
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH


@dataclass(frozen=True, slots=True)
class Group:
    """`wallets` that somebody's `funder` paid for; `funder` is None where each came from the exchange."""

    wallets: tuple[Address, ...]
    funder: Address | None
    mined: tuple[Mined, ...]

    @property
    def everybody(self) -> tuple[Address, ...]:
        return (self.funder, *self.wallets) if self.funder else self.wallets


def one_by_one(stage: Stage, count: int, wei: int) -> Acts:
    """The funder pays each directly, a few in a block, about `wei` each."""
    funder, wallets = yield from _owner(stage, count, wei)
    payments = [pay(ETH, funder, w, n) for w, n in _amounts(stage, wallets, wei)]
    done: list[Mined] = []
    step = max(1, len(payments) // stage.rng.randint(1, 3))
    for start in range(0, len(payments), step):
        done += yield payments[start : start + step]
        yield from rest(stage, blocks=1)
    return Group(wallets, funder, tuple(done))


def in_a_chain(stage: Stage, count: int, wei: int) -> Acts:
    """The funder pays the first, which keeps its part and pays the next, and so on."""
    funder, wallets = yield from _owner(stage, count, wei)
    done: list[Mined] = []
    here = funder
    for left, there in zip(range(count, 0, -1), wallets, strict=True):
        whole = stage.spendable(here, PLAIN_GAS)
        done += yield [pay(ETH, here, there, whole if here == funder else whole * left // (left + 1))]
        here = there
    return Group(wallets, funder, tuple(done))


def by_disperse(stage: Stage, count: int, wei: int) -> Acts:
    """One transaction pays all."""
    funder, wallets = yield from _owner(stage, count, wei)
    done = yield [disperse_ether(stage.world.of(Disperse), funder, dict(_amounts(stage, wallets, wei)))]
    return Group(wallets, funder, tuple(done))


def by_exchange(stage: Stage, count: int, wei: int) -> Acts:
    """Each withdraws from the exchange, so that no wallet of the owner ties them."""
    wallets = tuple(stage.fresh() for _ in range(count))
    payments = [pay(ETH, stage.exchange.hot, w, n) for w, n in _amounts(stage, wallets, wei)]
    done: list[Mined] = []
    for part in (payments[::2], payments[1::2]):
        done += yield part
        yield from rest(stage, blocks=2)
    return Group(wallets, None, tuple(done))


WAYS = {
    "one by one": one_by_one,
    "in a chain": in_a_chain,
    "by Disperse": by_disperse,
    "by the exchange": by_exchange,
}


def gather(stage: Stage, wallets: Sequence[Address], to: Address) -> list[Transaction]:
    """All native value of each, to one of them or another."""
    held = stage.miner.holdings((ETH, wallet) for wallet in wallets)
    fee = stage.miner.fee(PLAIN_GAS)
    return [pay(ETH, w, to, n - fee) for w, n in zip(wallets, held, strict=True) if n > fee and w != to]


def _owner(stage: Stage, count: int, wei: int) -> Acts:
    """A funder with enough for `count` wallets, and these."""
    funder = stage.fresh()
    fees = stage.miner.fee(gas_of(count), *[PLAIN_GAS] * count)
    yield from fund(stage, funder, count * wei + fees + ETHER // 100)
    return funder, tuple(stage.fresh() for _ in range(count))


def _amounts(stage: Stage, wallets: Sequence[Address], wei: int) -> list[tuple[Address, int]]:
    """About `wei` for each: all the same, or each another, as careful owners do."""
    parts = split(stage.rng, wei * len(wallets), len(wallets), stage.rng.choice((0, 0.3)))
    return list(zip(wallets, parts, strict=True))
