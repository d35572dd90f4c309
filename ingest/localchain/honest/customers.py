"""The exchange at work: deposits to each customer's address, sweeps to the hot wallet, withdrawals."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.localchain.chain.actions import PLAIN_GAS, TOKEN_GAS, Asset, Transaction, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import Habit, Stage
from ingest.localchain.world.world import ETH

_SWEEP_EVERY = 3
_DEPOSIT_SHARE = (0.1, 0.35)


def begin(stage: Stage, per_block: int) -> Opening:
    """One exchange; its customers come more often where there is more traffic."""
    return Opening([customers(stage) for _ in range(max(1, per_block // 25))])


def customers(stage: Stage) -> Habit:
    """Deposits and withdrawals in each block, sweeps in every third."""
    unswept: list[tuple[Asset, Address]] = []
    block = 0
    while True:
        block += 1
        made = _deposits(stage, stage.rng.choice((0, 0, 1, 1, 2)))
        outgoing = _withdrawals(stage, 8 if block % 11 == 0 else stage.rng.choice((0, 1, 1, 2)))
        swept: list[Transaction] = []
        if block % _SWEEP_EVERY == 0:
            swept = sweeps(stage, unswept)
            unswept = []
        yield [*(deposit for _, _, deposit in made), *outgoing, *swept, *_gas(stage, made)]
        unswept += [(asset, address) for asset, address, _ in made]


def _deposits(stage: Stage, count: int) -> list[tuple[Asset, Address, Transaction]]:
    made = []
    for person in stage.holders(stage.cast.active(stage.rng, count), ETH, 100):
        asset = stage.rng.choice((ETH, ETH, stage.world.token("USDC"), stage.world.token("USDT")))
        amount = int(stage.holding(asset, person.address) * stage.rng.uniform(*_DEPOSIT_SHARE))
        if asset.usd(amount) >= 20:
            address = stage.exchange.deposit_address(stage.rng, person.address)
            made.append((asset, address, pay(asset, person.address, address, amount)))
    return made


def _gas(stage: Stage, made: Iterable[tuple[Asset, Address, Transaction]]) -> list[Transaction]:
    """Token deposits cannot be swept without native value to pay for it."""
    waiting = [address for asset, address, _ in made if asset.address]
    return [pay(ETH, stage.exchange.gas_station, a, 2 * stage.miner.fee(TOKEN_GAS)) for a in waiting]


def sweeps(stage: Stage, unswept: Iterable[tuple[Asset, Address]]) -> list[Transaction]:
    """Everything deposited, to the hot wallet. One sweep for each asset of a deposit address."""
    out = []
    for asset, address in dict.fromkeys(unswept):
        # The fee of a token swept in the same block stays behind.
        native = stage.spendable(address, PLAIN_GAS, TOKEN_GAS)
        amount = stage.holding(asset, address) if asset.address else native
        if asset.usd(amount) >= 1:
            out.append(pay(asset, address, stage.exchange.hot, amount))
    return out


def _withdrawals(stage: Stage, count: int) -> list[Transaction]:
    out = []
    for person in stage.cast.active(stage.rng, count):
        asset = stage.rng.choice(stage.world.assets[:4])
        usd = min(50_000.0, stage.rng.lognormvariate(6.5, 1.3))
        out.append(pay(asset, stage.exchange.hot, person.address, asset.units(usd)))
    return out
