"""Developers: they deploy tokens, vaults, wallets, treasuries and proxies, try them out, and deploy again."""

from __future__ import annotations

from collections.abc import Callable

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import DEPLOY_GAS, Asset, Transaction, mint, pay
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.protocols.savings import VAULT
from ingest.localchain.protocols.wallet_factory import FACTORY, make
from ingest.localchain.story_parts.banks import BANK, Care
from ingest.localchain.story_parts.governors import delegate
from ingest.localchain.story_parts.treasuries import PROXY, SHARED_WALLET, TREASURY, UPGRADEABLE_TREASURY
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.governance import SUPPLY, VOTE_TOKEN
from ingest.localchain.world.stage import ETHER, Acts, Habit, Stage, wait
from ingest.localchain.world.world import ETH

_RETURN = 0.5
"""The share of projects that are an earlier developer's next one."""

Project = Callable[[Stage, Address], Acts]


def begin(stage: Stage, per_block: int) -> Opening:
    """A project in about fifteen blocks at twenty transactions a block, side by side where there is more."""
    return Opening([developers(stage) for _ in range(max(1, per_block // 20))])


def developers(stage: Stage) -> Habit:
    """One project after the other, by new developers, who come from the exchange, and by earlier ones."""
    known: list[Address] = []
    while True:
        yield from wait(stage.rng.randint(4, 20))
        developer = stage.rng.choice(known) if known and stage.rng.random() < _RETURN else stage.fresh()
        if stage.holding(ETH, developer) < ETHER // 2:
            yield [pay(ETH, stage.exchange.hot, developer, stage.ether(0.6, 3))]
        known = [*known[-20:], developer]
        yield from wait(stage.rng.randint(0, 3))
        yield from stage.rng.choice(PROJECTS)(stage, developer)


def token(stage: Stage, developer: Address) -> Acts:
    """A token, some of which goes to a few people."""
    word = f"{stage.rng.choice(_WORDS)}{stage.rng.randint(1, 999)}"
    made = yield [_preset(developer, word)]
    if not made[0].ok:
        return
    asset = Asset(word, created(made[0]), 0)
    yield [mint(asset.token, developer, developer, stage.rng.randint(10**3, 10**9) * 10**18)]
    friends = [person.address for person in stage.cast.active(stage.rng, stage.rng.randint(0, 3))]
    yield [pay(asset, developer, friend, stage.rng.randint(1, 500) * 10**18) for friend in friends]


def voting_token(stage: Stage, developer: Address) -> Acts:
    """A token that votes, for a council to come."""
    made = yield [create(developer, VOTE_TOKEN, "Future Vote", "FUT", SUPPLY, stage.rng.random() < 0.5)]
    if made[0].ok:
        yield [delegate(created(made[0]), developer, developer)]


def vault(stage: Stage, developer: Address) -> Acts:
    """A vault, sometimes twice, with another number of decimals."""
    asset = stage.rng.choice(stage.world.tokens[:5])
    for _ in range(stage.rng.choice((1, 1, 2))):
        names = (f"Vault {asset.symbol}", f"v{asset.symbol}", stage.rng.randint(0, 9))
        yield [create(developer, VAULT, asset.token, *names)]
        yield from wait(stage.rng.randint(0, 2))


def bank(stage: Stage, developer: Address) -> Acts:
    """A careful bank, and a first deposit and withdrawal to try it."""
    made = yield [create(developer, BANK, int(Care.BOOKS_FIRST))]
    if not made[0].ok:
        return
    address, wei = created(made[0]), ETHER // stage.rng.randint(50, 500)
    yield [call(developer, address, "deposit()", value=wei)]
    yield [call(developer, address, "withdraw(uint256)", wei // stage.rng.randint(1, 4))]


def wallet(stage: Stage, developer: Address) -> Acts:
    """A wallet that several share, or a factory of wallets."""
    if stage.rng.random() < 0.5:
        owners = [developer, *(stage.fresh() for _ in range(stage.rng.randint(1, 4)))]
        yield [create(developer, SHARED_WALLET, owners, 2)]
    else:
        made = yield [create(developer, FACTORY)]
        if made[0].ok:
            yield [make(created(made[0]), developer)]


def treasury(stage: Stage, developer: Address) -> Acts:
    """A treasury, plain or behind a proxy that belongs to its developer from the beginning."""
    if stage.rng.random() < 0.5:
        yield [create(developer, TREASURY, False)]
        return
    made = yield [create(developer, UPGRADEABLE_TREASURY)]
    if not made[0].ok:
        return
    begun = bytes.fromhex(call_data("initialize(address)", developer)[2:])
    yield [create(developer, PROXY, created(made[0]), begun)]


PROJECTS: tuple[Project, ...] = (token, token, voting_token, vault, bank, wallet, treasury)

_WORDS = ("Amber", "Birch", "Cove", "Dune", "Ember", "Fjord", "Grove", "Heath", "Isle", "Juniper")


def _preset(developer: Address, word: str) -> Transaction:
    return Transaction(developer, None, artifacts.TOKEN.deployment(word, word[:4].upper()), gas=DEPLOY_GAS)
