"""Honest contracts that are entered again before they have returned: nobody loses anything by it."""

from __future__ import annotations

from ingest.localchain.chain.actions import TOKEN_GAS, Asset, Transaction, approve, pay
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import CALL_GAS, call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import call_data
from ingest.localchain.protocols.flash_lender import FlashLender
from ingest.localchain.protocols.savings import VAULT, deposit
from ingest.localchain.story_parts.banks import Care, HookBank, builder, hooked, open_bank, open_hook_bank
from ingest.localchain.story_parts.funding import between, withdrawal
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "reentrancy"
WARM_UP = 20
LONGEST = 26

_SAVER = Own("bank", "Saver", ("address", "uint256"))
_TOKEN_SAVER = Own("bank", "TokenSaver", ("address", "address", "uint256"))
_PAYROLL = Own("wallets", "Payroll")
_PARTNER = Own("wallets", "Partner", ("uint256",))
_MOVER = Own("lender", "Mover", ("address",))


def saver(stage: Stage) -> Story:
    """A wallet's bank pays it, and it puts a part straight back, from inside of the withdrawal."""
    bank = yield from open_bank(stage, Care.BOOKS_FIRST, stage.ether(20, 600))
    owner = stage.dormant(stage.ether(2, 60))
    yield []
    done: list[Mined] = yield [create(owner, _SAVER, bank, stage.rng.randint(5, 60))]
    wallet = created(done[0])
    saved = stage.spendable(owner, CALL_GAS, CALL_GAS, CALL_GAS) // 2
    done += yield [call(owner, wallet, "save()", value=saved)]
    for _ in range(stage.rng.randint(1, 4)):
        yield from wait(stage.rng.randint(0, 2))
        done += yield [call(owner, wallet, "take(uint256)", saved // stage.rng.randint(5, 9))]
    named = roles(intermediaries=[owner, wallet], infrastructure=[bank])
    return Outcome(hashes(done), named, "withdrawals, a part of which comes back at once")


def token_saver(stage: Stage) -> Story:
    """The same with a token that calls its receiver."""
    bank: HookBank = yield from open_hook_bank(stage, Care.BOOKS_FIRST, between(stage, 5_000, 500_000))
    owner, token = stage.dormant(ETHER), Asset("", bank.token, 0)
    yield withdrawal(stage, owner, bank.underlying, between(stage, 500, 50_000))
    done: list[Mined] = yield [create(owner, _TOKEN_SAVER, bank.bank, bank.token, stage.rng.randint(5, 60))]
    wallet, amount = created(done[0]), stage.holding(bank.underlying, owner)
    done += yield [
        *hooked(bank, owner, amount),
        pay(token, owner, wallet, amount),
        call(owner, wallet, "save(uint256)", amount),
    ]
    for _ in range(stage.rng.randint(1, 4)):
        yield from wait(stage.rng.randint(0, 2))
        done += yield [call(owner, wallet, "take(uint256)", amount // stage.rng.randint(5, 9))]
    named = roles(intermediaries=[owner, wallet], infrastructure=[bank.bank, bank.token])
    return Outcome(hashes(done), named, "withdrawals of a hooked token, a part of which comes back at once")


def payroll(stage: Stage) -> Story:
    """A router calls itself for each payment, and each partner it pays gives a commission back meanwhile."""
    owner = yield from builder(stage)
    payer = stage.dormant(stage.ether(5, 200))
    made = yield [create(owner, _PAYROLL)]
    router = created(made[0])
    partners = [stage.dormant(ETHER // 4) for _ in range(stage.rng.randint(3, 9))]
    yield []
    made = yield [create(p, _PARTNER, stage.rng.randint(1, 15)) for p in partners]
    contracts = [created(one) for one in made]
    done: list[Mined] = []
    for _ in range(stage.rng.randint(1, 3)):
        amount = stage.spendable(payer, 3 * CALL_GAS) // 5 // len(contracts)
        calls = [bytes.fromhex(call_data("pay(address,uint256)", c, amount)[2:]) for c in contracts]
        done += yield [
            call(payer, router, "batch(bytes[])", calls, value=amount * len(calls), gas=3 * CALL_GAS)
        ]
        yield from wait(stage.rng.randint(1, 3))
    yield [call(partner, c, "collect()") for partner, c in zip(partners, contracts, strict=True)]
    named = roles(intermediaries=[payer, *contracts], infrastructure=[router])
    return Outcome(
        hashes(done), named, f"a router pays {len(contracts)} partners, who give a commission back"
    )


def flash_callback(stage: Stage) -> Story:
    """Savings move from one vault to another with a flash loan: the lender calls back, and is repaid."""
    asset = stage.rng.choice(stage.world.tokens[:3])
    operator = yield from builder(stage)
    made = yield [
        create(operator, VAULT, asset.token, f"{name} {asset.symbol}", name, 6)
        for name in ("First", "Second")
    ]
    first, second = (created(one) for one in made)
    owner = stage.fresh()
    usd = between(stage, 1_000, 200_000)
    yield [*withdrawal(stage, owner, asset, usd)]
    savings = stage.holding(asset, owner) * 9 // 10
    yield deposit(first, asset, owner, savings)
    lender = stage.world.of(FlashLender).lender
    done: list[Mined] = yield [create(owner, _MOVER, lender)]
    mover = created(done[0])
    moved = savings * stage.rng.randint(30, 99) // 100
    done += yield [*_allowed(first, asset, owner, mover), _moved(owner, mover, first, second, moved)]
    named = roles(intermediaries=[owner, mover], infrastructure=[lender, first, second])
    return Outcome(hashes(done), named, f"savings in {asset.symbol} move to another vault by a flash loan")


VARIANTS = {
    "saver": saver,
    "token_saver": token_saver,
    "payroll": payroll,
    "flash_callback": flash_callback,
}


def _allowed(vault: str, asset: Asset, owner: str, mover: str) -> list[Transaction]:
    return [approve(vault, owner, mover), approve(asset.token, owner, mover)]


def _moved(owner: str, mover: str, first: str, second: str, amount: int) -> Transaction:
    signature = "move(address,address,uint256)"
    return call(owner, mover, signature, first, second, amount, gas=10 * TOKEN_GAS)
