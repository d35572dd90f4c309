"""Banks that a story opens: contracts that keep native value for others, or a token that calls back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ingest.localchain.chain.actions import TOKEN_GAS, Asset, Transaction, approve
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import fund, withdrawal
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH

BANK = Own("bank", "Bank", ("uint8",))
TOKEN_BANK = Own("bank", "TokenBank", ("address", "uint8"))
HOOK_TOKEN = Own("bank", "HookToken", ("address", "string", "string"))

_DEPOSIT = "deposit()"


class Care(IntEnum):
    """How a bank pays out: money first and books later, the same with `withdraw` locked, or books first."""

    NONE = 0
    ONE_FUNCTION = 1
    BOOKS_FIRST = 2


@dataclass(frozen=True, slots=True)
class HookBank:
    """A bank that keeps `token`, which wraps `underlying` one for one and calls its receiver."""

    bank: Address
    token: Address
    underlying: Asset


def builder(stage: Stage) -> Acts:
    """The address of somebody new who is about to deploy something honest."""
    address = stage.fresh()
    yield from fund(stage, address, stage.ether(0.3, 1.5))
    return address


def open_bank(stage: Stage, care: Care, wei: int) -> Acts:
    """A bank into which people, most of them not of the cast, have put about so many wei. Its address."""
    owner = yield from builder(stage)
    made = yield [create(owner, BANK, int(care))]
    bank = created(made[0])
    yield from fill(stage, bank, wei)
    return bank


def fill(stage: Stage, bank: Address, wei: int) -> Acts:
    """Deposits of three to eight strangers and up to two people, over a few blocks."""
    shares = [stage.rng.paretovariate(1.2) for _ in range(stage.rng.randint(3, 8))]
    parts = [int(wei * share / sum(shares)) for share in shares]
    strangers = [(stage.dormant(part + ETHER // 5), part) for part in parts]
    yield []  # what strangers hold is set with this block
    deposits = [call(who, bank, _DEPOSIT, value=part) for who, part in strangers]
    half = len(deposits) // 2
    yield deposits[:half]
    people = stage.holders(stage.cast.veterans(stage.rng, 1), ETH, 500)[: stage.rng.randint(0, 2)]
    small = [(p.address, stage.spendable(p.address) // stage.rng.randint(20, 80)) for p in people]
    yield [*deposits[half:], *(call(who, bank, _DEPOSIT, value=part) for who, part in small)]


def open_hook_bank(stage: Stage, care: Care, usd: float) -> Acts:
    """A `HookBank` into which a few have put tokens worth about so many dollars."""
    underlying = stage.rng.choice(stage.world.tokens[:5])
    owner = yield from builder(stage)
    name = f"Hooked {underlying.symbol}"
    made = yield [create(owner, HOOK_TOKEN, underlying.token, name, f"h{underlying.symbol}")]
    token = created(made[0])
    made = yield [create(owner, TOKEN_BANK, token, int(care))]
    bank = HookBank(created(made[0]), token, underlying)
    savers = [stage.fresh() for _ in range(stage.rng.randint(2, 4))]
    yield [t for who in savers for t in withdrawal(stage, who, underlying, usd / len(savers))]
    yield [t for who in savers for t in save(bank, who, stage.holding(underlying, who))]
    return bank


def hooked(bank: HookBank, owner: Address, amount: int) -> list[Transaction]:
    """So much of the underlying token, wrapped by its owner."""
    return [
        approve(bank.underlying.token, owner, bank.token, amount),
        call(owner, bank.token, "wrap(uint256)", amount, gas=3 * TOKEN_GAS),
    ]


def save(bank: HookBank, owner: Address, amount: int) -> list[Transaction]:
    """So much of the underlying token, wrapped and put into the bank by its owner."""
    return [
        *hooked(bank, owner, amount),
        approve(bank.token, owner, bank.bank, amount),
        call(owner, bank.bank, "deposit(uint256)", amount, gas=3 * TOKEN_GAS),
    ]
