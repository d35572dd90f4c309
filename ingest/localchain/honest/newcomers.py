"""New ordinary wallets: funded by the exchange or by a friend, they begin to pay like everybody else."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import Habit, Stage, wait
from ingest.localchain.world.world import ETH


def begin(stage: Stage, per_block: int) -> Opening:
    """More come where there is more traffic."""
    return Opening([newcomers(stage) for _ in range(max(1, per_block // 25))])


def newcomers(stage: Stage) -> Habit:
    """One new wallet every two to six blocks."""
    while True:
        yield from wait(stage.rng.randint(1, 5))
        address = stage.fresh()
        yield _first_money(stage, address)
        stage.cast.join(stage.rng, address)


def _first_money(stage: Stage, address: Address) -> list[Transaction]:
    token = stage.rng.choice(stage.world.tokens)
    usd = min(20_000.0, stage.rng.lognormvariate(6.5, 1))
    friends = stage.holders(stage.cast.active(stage.rng, 6), ETH, 10_000)
    if friends and stage.rng.random() < 0.4:
        friends[0].paid.add(address)
        return [pay(ETH, friends[0].address, address, stage.ether(0.2, 1))]
    hot = stage.exchange.hot
    return [pay(ETH, hot, address, stage.ether(0.2, 2)), pay(token, hot, address, token.units(usd))]
