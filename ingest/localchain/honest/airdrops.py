"""An honest airdrop: a distributor gives a token to many, some of whom sell it or pass it on."""

from __future__ import annotations

from ingest.localchain.chain import actions
from ingest.localchain.chain.actions import Transaction, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import TREASURY_USD, Opening, company
from ingest.localchain.world.stage import Habit, Stage, wait

_EVERY = (45, 70)
_RECIPIENTS = (25, 40)
_USERS_SHARE = 0.35


def begin(stage: Stage, per_block: int) -> Opening:
    """One distributor, whatever the traffic."""
    distributor, grants = company(stage, [stage.world.drift], TREASURY_USD / 10)
    return Opening([airdrops(stage, distributor)], grants)


def airdrops(stage: Stage, distributor: Address) -> Habit:
    """One airdrop, then its recipients' use of it over the following blocks, then a pause."""
    yield from wait(8)
    while True:
        people = stage.cast.active(stage.rng, stage.rng.randint(*_RECIPIENTS))
        recipients = [person.address for person in people]
        half = len(recipients) // 2
        yield give(stage, distributor, recipients[:half])
        yield give(stage, distributor, recipients[half:])
        users = [address for address in recipients if stage.rng.random() < _USERS_SHARE]
        for block in range(stage.rng.randint(*_EVERY)):
            free = block < 2 * len(users) and block % 2 == 0
            yield use(stage, users[block // 2]) if free else []


def give(stage: Stage, distributor: Address, recipients: list[Address]) -> list[Transaction]:
    """The same amount of the airdropped token to each."""
    drift = stage.world.drift
    return [pay(drift, distributor, recipient, drift.units(80)) for recipient in recipients]


def use(stage: Stage, owner: Address) -> list[Transaction]:
    """Half of it to a friend, or all of it to the pool. Nothing where `owner` is busy in a story."""
    drift = stage.world.drift
    amount, native = stage.holding(drift, owner), stage.spendable(owner, actions.SWAP_GAS, actions.TOKEN_GAS)
    person = stage.cast.people.get(owner)
    if person is None or owner in stage.cast.reserved or not amount or not native or drift.address is None:
        return []
    if stage.rng.random() < 0.5:
        return [pay(drift, owner, stage.cast.friend(stage.rng, person), amount // 2)]
    path = [drift.address, stage.world.weth]
    router = stage.world.router
    return [actions.approve(drift.address, owner, router), actions.sell(router, owner, path, amount)]
