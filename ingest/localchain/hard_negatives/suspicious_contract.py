"""Honest code by new deployers: factories, rehearsals, borrowers of flash loans, wallets that call back."""

from __future__ import annotations

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import DEPLOY_GAS, TOKEN_GAS, Transaction, approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.protocols.flash_lender import FlashLender
from ingest.localchain.protocols.savings import VAULT, Savings, deposit, redeem
from ingest.localchain.story_parts.banks import BANK, Care, builder
from ingest.localchain.story_parts.funding import between, withdrawal
from ingest.localchain.story_parts.treasuries import PROXY, TREASURY, UPGRADEABLE_TREASURY
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "suspicious-contract"
WARM_UP = 25
LONGEST = 28

_FACTORY = Own("wallets", "WalletFactory")
_SAVER = Own("bank", "Saver", ("address", "uint256"))
_MOVER = Own("lender", "Mover", ("address",))


def factory(stage: Stage) -> Story:
    """A new company deploys a factory, which makes a wallet for each of its customers."""
    company = yield from builder(stage)
    done: list[Mined] = yield [create(company, _FACTORY)]
    maker = created(done[0])
    customers = [stage.fresh() for _ in range(stage.rng.randint(3, 15))]
    for start in range(0, len(customers), 4):
        wanted = customers[start : start + 4]
        done += yield [call(company, maker, "make(address)", customer) for customer in wanted]
        yield from wait(stage.rng.randint(0, 2))
    named = roles(intermediaries=[company], infrastructure=[maker])
    return Outcome(hashes(done), named, f"a factory makes {len(customers)} wallets")


def rehearsal(stage: Stage) -> Story:
    """A developer deploys the same vault again and again, and tries each with small money."""
    developer, asset = (yield from builder(stage)), stage.rng.choice(stage.world.tokens[:3])
    yield withdrawal(stage, developer, asset, between(stage, 20, 500))
    money = stage.holding(asset, developer) // 2
    done: list[Mined] = []
    for number in range(stage.rng.randint(2, 4)):
        done += yield [create(developer, VAULT, asset.token, f"Test {number}", f"T{number}", number)]
        vault = created(done[-1])
        done += yield deposit(vault, asset, developer, money)
        shares = stage.miner.number(vault, "balanceOf(address)", developer)
        done += yield [redeem(vault, developer, shares)]
    named = roles(intermediaries=[developer])
    return Outcome(hashes(done), named, "the same vault, deployed and tried several times")


def saving_wallet(stage: Stage) -> Story:
    """A newly funded wallet deploys a bank, and a wallet that enters it again while it is paid."""
    owner = yield from builder(stage)
    done: list[Mined] = yield [create(owner, BANK, int(Care.BOOKS_FIRST))]
    bank = created(done[0])
    done += yield [create(owner, _SAVER, bank, stage.rng.randint(5, 60))]
    saver = created(done[-1])
    done += yield [call(owner, saver, "save()", value=ETHER // stage.rng.randint(20, 60))]
    yield from wait(stage.rng.randint(0, 3))
    done += yield [call(owner, saver, "take(uint256)", ETHER // 200)]
    named = roles(intermediaries=[owner, saver], infrastructure=[bank])
    return Outcome(hashes(done), named, "a wallet that calls back, and the bank it saves in")


def flash_borrower(stage: Stage) -> Story:
    """A newly funded wallet deploys code that borrows, to move its own savings between vaults."""
    owner, savings = (yield from builder(stage)), stage.world.of(Savings)
    which = stage.rng.randrange(len(savings.vaults))
    asset, old = savings.assets[which], savings.vaults[which]
    yield withdrawal(stage, owner, asset, between(stage, 500, 50_000))
    saved = stage.holding(asset, owner) * 9 // 10
    yield deposit(old, asset, owner, saved)
    lender = stage.world.of(FlashLender).lender
    done: list[Mined] = yield [
        create(owner, VAULT, asset.token, f"Own {asset.symbol}", f"o{asset.symbol}", 6),
        create(owner, _MOVER, lender),
    ]
    new, mover = (created(one) for one in done)
    yield from wait(stage.rng.randint(0, 3))
    amount = saved * stage.rng.randint(20, 95) // 100
    signature = "move(address,address,uint256)"
    done += yield [
        approve(old, owner, mover),
        approve(asset.token, owner, mover),
        call(owner, mover, signature, old, new, amount, gas=10 * TOKEN_GAS),
    ]
    named = roles(intermediaries=[owner, mover], infrastructure=[lender, old, new])
    return Outcome(hashes(done), named, "own savings moved by code that borrows")


def launch(stage: Stage) -> Story:
    """A newly funded project deploys a token, a treasury and a proxy within minutes."""
    project = yield from builder(stage)
    done: list[Mined] = yield [_token(project, stage.rng.randint(1, 99))]
    yield from wait(stage.rng.randint(0, 3))
    done += yield [create(project, TREASURY, False), create(project, UPGRADEABLE_TREASURY)]
    code = created(done[-1])
    yield from wait(stage.rng.randint(0, 3))
    done += yield [create(project, PROXY, code, b"")]
    done += yield [call(project, created(done[-1]), "initialize(address)", project)]
    named = roles(intermediaries=[project])
    return Outcome(hashes(done), named, "a token, a treasury and a proxy by one new wallet")


VARIANTS = {
    "factory": factory,
    "rehearsal": rehearsal,
    "saving_wallet": saving_wallet,
    "flash_borrower": flash_borrower,
    "launch": launch,
}


def _token(project: str, number: int) -> Transaction:
    code = artifacts.TOKEN.deployment(f"Project {number}", f"P{number}")
    return Transaction(project, None, code, gas=DEPLOY_GAS)
