"""People who hold tokens that are not like others: they buy them, pay with them, sell and bridge them."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, Transaction, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.token_zoo import TokenZoo, bridge_in, bridge_out, rebase
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.token_launches import TRADE_GAS, purchase, sale
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Habit, Stage
from ingest.localchain.world.world import ETH

_REBASE_EVERY = (60, 150)
_HOLDERS = 20


def begin(stage: Stage, per_block: int) -> Opening:
    """About one transaction in two blocks at twenty a block; the rebasing token has its policy."""
    return Opening([holders(stage, per_block / 60), policy(stage)])


def holders(stage: Stage, chance: float) -> Habit:
    """With this chance in each block somebody new buys, and so often a holder does something with it."""
    zoo = stage.world.of(TokenZoo)
    owners: list[tuple[Address, Asset]] = []
    while True:
        block: list[Transaction] = []
        if stage.rng.random() < chance:
            block += _enter(stage, zoo, owners)
        if owners and stage.rng.random() < chance:
            block += _use(stage, zoo, *owners.pop(stage.rng.randrange(len(owners))), owners)
        yield block
        del owners[:-_HOLDERS]


def policy(stage: Stage) -> Habit:
    """The rebasing token's supply follows its price: now and again by up to three percent."""
    zoo = stage.world.of(TokenZoo)
    while True:
        for _ in range(stage.rng.randint(*_REBASE_EVERY)):
            yield []
        yield [rebase(zoo, stage.rng.choice((1, 1, -1)) * stage.rng.randint(5, 300))]


def _enter(stage: Stage, zoo: TokenZoo, owners: list[tuple[Address, Asset]]) -> list[Transaction]:
    """Somebody buys one of the tokens, or has it come over the bridge."""
    people = stage.cast.active(stage.rng, 1)
    asset = stage.rng.choice(zoo.tokens)
    if not people or stage.holding(ETH, people[0].address) < ETHER // 10:
        return []
    buyer = people[0].address
    owners.append((buyer, asset))
    if asset in zoo.bridged and stage.rng.random() < 0.4:
        amount = asset.units(between(stage, 20, 20_000))
        return [bridge_in(asset.token, zoo.keeper, buyer, amount)]
    wei = int(stage.spendable(buyer, TRADE_GAS) * between(stage, 0.01, 0.3))
    return [purchase(stage.world, buyer, asset.token, wei)]


def _use(
    stage: Stage, zoo: TokenZoo, owner: Address, asset: Asset, owners: list[tuple[Address, Asset]]
) -> list[Transaction]:
    """All or a part of it to a friend, to the pool, or back over the bridge. Whoever is busy does nothing."""
    person = stage.cast.people.get(owner)
    if person is None or owner in stage.cast.reserved or stage.spendable(owner, TRADE_GAS) <= 0:
        return []
    amount = int(stage.holding(asset, owner) * stage.rng.uniform(0.2, 1) * 0.999)
    way = stage.rng.random()
    if not amount:
        return []
    if way < 0.4:
        friend = stage.cast.friend(stage.rng, person)
        owners.append((friend, asset))
        return [pay(asset, owner, friend, amount)]
    if way < 0.5 and asset in zoo.bridged:
        return [bridge_out(asset.token, owner, amount)]
    return sale(stage.world, owner, asset.token, amount)
