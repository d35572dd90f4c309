"""Contracts made to rob another one: what each is aimed at, and how it is used when its time has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, approve, pay
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.protocols.flash_lender import FlashLender, take_back
from ingest.localchain.protocols.savings import OLD_VAULT
from ingest.localchain.story_parts.banks import Care, HookBank, builder, hooked, open_bank, open_hook_bank
from ingest.localchain.story_parts.funding import between, people_with, withdrawal
from ingest.localchain.story_parts.lockup_voting import (
    FLASH_VOTER,
    SPENDING,
    Commons,
    buy_fee,
    open_commons,
    propose_spending,
    strike,
)
from ingest.localchain.story_parts.treasuries import (
    PROXY,
    SIPHON,
    UPGRADEABLE_TREASURY,
    fill_treasury,
    lost_by,
    named_by,
    pay_out,
    treasury_usd,
    upgrade,
)
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import ETHER, Acts, Stage, sleep, wait
from ingest.localchain.world.world import ETH

RAIDER = Own("raiders", "Raider", ("address",))
CROSS_RAIDER = Own("raiders", "CrossRaider", ("address",))
HOOK_RAIDER = Own("raiders", "HookRaider", ("address", "address"))
INFLATOR = Own("vault", "Inflator", ("address",))

STRIKE_GAS = 3_000_000

Arms = tuple[Own, tuple[object, ...]]
"""A contract and the arguments of its constructor."""


@dataclass(frozen=True, slots=True)
class Blow:
    """What became of a strike: the transaction that does the harm, and what the target lost, in dollars."""

    mined: list[Mined]
    fatal: Mined
    loss: float
    also: Sequence[Address] = ()
    """Others who lost by it."""
    through: Sequence[Address] = ()
    """Contracts whose users had no part in it, that what was taken went through."""


@dataclass(frozen=True, slots=True)
class Weapon:
    """`arms` are deployed by the thief, in this order, against `target`; using them takes `wei`.

    `use` is given the thief and the deployed contracts, and returns a `Blow`: an attack of the categories in
    `does`.
    """

    target: Address
    arms: tuple[Arms, ...]
    wei: int
    use: Callable[[Address, Sequence[Address]], Acts]
    does: tuple[str, ...]


def bank_raider(stage: Stage, fails: bool) -> Acts:
    """Aimed at a bank that pays before it books; where it `fails`, the bank books first."""
    cross = stage.rng.random() < 0.4
    flaw = Care.ONE_FUNCTION if cross else Care.NONE
    bank = yield from open_bank(stage, Care.BOOKS_FIRST if fails else flaw, stage.ether(3, 200))
    depth = stage.rng.randint(2, 11)
    share = stage.rng.randint(5, 100)
    stake = stage.holding(ETH, bank) * share // 100 // (depth - 1)

    def use(thief: Address, contracts: Sequence[Address]) -> Acts:
        before = stage.holding(ETH, bank)
        (raider,) = contracts
        mined = yield [
            call(thief, raider, "raid(uint256)", depth, value=stake, gas=STRIKE_GAS),
            call(thief, raider, "collect()"),
        ]
        return Blow(mined, mined[0], ETH.usd(before - stage.holding(ETH, bank)))

    code = CROSS_RAIDER if cross else RAIDER
    return Weapon(bank, ((code, (bank,)),), stake + ETHER // 2, use, ("reentrancy",))


def hook_raider(stage: Stage, fails: bool) -> Acts:
    """Aimed at a bank of a token that calls its receiver; where it `fails`, the bank books first."""
    care = Care.BOOKS_FIRST if fails else Care.NONE
    bank: HookBank = yield from open_hook_bank(stage, care, between(stage, 5_000, 500_000))
    token, depth = Asset("", bank.token, 0), stage.rng.randint(2, 11)
    stake = stage.holding(token, bank.bank) * stage.rng.randint(5, 100) // 100 // (depth - 1)

    def use(thief: Address, contracts: Sequence[Address]) -> Acts:
        (raider,) = contracts
        yield withdrawal(stage, thief, bank.underlying, 1.01 * bank.underlying.usd(stake) + 1)
        before = stage.holding(token, bank.bank)
        mined = yield [
            *hooked(bank, thief, stake),
            pay(token, thief, raider, stake),
            call(thief, raider, "raid(uint256,uint256)", stake, depth, gas=STRIKE_GAS),
            call(thief, raider, "collect()"),
        ]
        loss = bank.underlying.usd(before - stage.holding(token, bank.bank))
        return Blow(mined, mined[3], loss, through=[bank.token])

    return Weapon(bank.bank, ((HOOK_RAIDER, (bank.bank, bank.token)),), ETHER, use, ("reentrancy",))


def vault_inflator(stage: Stage, fails: bool) -> Acts:
    """Aimed at an empty vault without virtual shares; where it `fails`, its depositor is careful."""
    asset = stage.rng.choice(stage.world.tokens[:5])
    operator = yield from builder(stage)
    made = yield [create(operator, OLD_VAULT, asset.token, f"Pot of {asset.symbol}", f"p{asset.symbol}")]
    vault = created(made[0])

    def use(thief: Address, contracts: Sequence[Address]) -> Acts:
        (contract,) = contracts
        (victim,) = yield from people_with(stage, 1, asset, between(stage, 100, 10_000))
        held = stage.holding(asset, victim)
        amount = held * stage.rng.randint(30, 95) // 100
        yield withdrawal(stage, thief, asset, asset.usd(amount) * stage.rng.uniform(1.05, 2) + 1)
        mined = yield [
            pay(asset, thief, contract, stage.holding(asset, thief)),
            call(thief, contract, "inflate(uint256)", 1),
        ]
        signature = "depositForAtLeast(uint256,address,uint256)"
        deposit = call(victim, vault, signature, amount, victim, amount if fails else 0)
        mined += yield [approve(asset.token, victim, vault, amount), deposit]
        yield from wait(stage.rng.randint(0, 2))
        mined += yield [call(thief, contract, "collect()")]
        loss = lost_by(stage, victim, [asset], [held])
        stage.cast.release([victim])
        return Blow(mined, mined[3], loss, [victim])

    return Weapon(vault, ((INFLATOR, (vault,)),), ETHER // 2, use, ("vault-inflation",))


def siphon(stage: Stage, fails: bool) -> Acts:
    """Code to be put behind a treasury's proxy, whose owner's key has leaked; where it `fails`, the owner has
    found out and taken everything home.
    """
    owner = yield from builder(stage)
    made = yield [create(owner, UPGRADEABLE_TREASURY)]
    begun = bytes.fromhex(call_data("initialize(address)", owner)[2:])
    made = yield [create(owner, PROXY, created(made[0]), begun)]
    treasury = created(made[0])
    assets = yield from fill_treasury(stage, treasury, treasury_usd(stage))

    def use(thief: Address, contracts: Sequence[Address]) -> Acts:
        if fails:
            home, held = stage.fresh(), stage.miner.holdings((asset, treasury) for asset in assets)
            yield [pay_out(treasury, owner, a, home, n) for a, n in zip(assets, held, strict=True)]
        before = stage.miner.holdings((asset, treasury) for asset in assets)
        signature = "empty(address[],address,uint256)"
        mined = yield [
            upgrade(treasury, owner, contracts[0]),
            call(thief, treasury, signature, named_by(assets), thief, stage.rng.choice((100, 100, 95))),
        ]
        return Blow(mined, mined[1], lost_by(stage, treasury, assets, before), [owner])

    return Weapon(treasury, ((SIPHON, ()),), ETHER // 2, use, ("asset-drain",))


def flash_voter(stage: Stage, fails: bool) -> Acts:
    """Aimed at commons whose votes can be borrowed; where it `fails`, the lender has too few in the end."""
    commons: Commons = yield from open_commons(stage)

    def use(thief: Address, contracts: Sequence[Address]) -> Acts:
        spending, voter = contracts
        mined = yield [
            propose_spending(commons, thief, spending, thief, stage.rng.choice((100, 100, 80))),
            *buy_fee(commons, thief, voter),
        ]
        yield from sleep(stage, stage.rng.randint(DAY + HOUR, 3 * DAY))
        if fails:
            lender = stage.world.of(FlashLender).lender
            yield [take_back(lender, commons.votes.token, commons.founder, commons.lent // 2)]
        before = stage.miner.holdings((asset, commons.address) for asset in commons.assets)
        mined += yield [strike(stage, commons, thief, voter)]
        return Blow(mined, mined[-1], lost_by(stage, commons.address, commons.assets, before))

    arms = ((SPENDING, ()), (FLASH_VOTER, (commons.address,)))
    return Weapon(commons.address, arms, ETHER, use, ("governance-attack", "flash-loan-attack"))
