"""Users of Permit2, through which a shop takes what they allow it to; and of Multicall3, who pay many."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, approve
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.protocols import multicall3, permit2
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.random_draws import often
from ingest.localchain.world.clock import DAY
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Habit, Stage

_LEAST_USD = 100
_TERM_DAYS = (1, 90)


@dataclass(frozen=True, slots=True)
class Standing:
    """`owner` lets the shop take up to `limit` of `asset` until a second UTC."""

    owner: Address
    asset: Asset
    limit: int
    until: int


def begin(stage: Stage, per_block: int) -> Opening:
    """Two shops and a wallet that pays in batches: at twenty a block, each acts in one of ten."""
    shops, payer = [stage.fresh(), stage.fresh()], stage.fresh()
    for address in shops:
        stage.miner.give(address, 20 * ETHER)
    stage.miner.give(payer, 2_000 * ETHER)
    habits = [permit2_shop(stage, shop, per_block / 200) for shop in shops]
    return Opening([*habits, batch_payer(stage, payer, per_block / 200)])


def permit2_shop(stage: Stage, shop: Address, rate: float) -> Habit:
    """New customers allow it a sum for a time; it takes parts of it for what they buy; some end it early."""
    standing: dict[tuple[Address, str], Standing] = {}
    while True:
        block: list[Transaction] = []
        for _ in range(often(stage.rng, rate)):
            block += _sign_up(stage, shop, standing)
        for _ in range(often(stage.rng, 2 * rate) if standing else 0):
            block += _charge(stage, shop, standing)
        yield block


def batch_payer(stage: Stage, payer: Address, rate: float) -> Habit:
    """Pays three to twelve people in one transaction, or asks several contracts at once what it holds."""
    while True:
        block: list[Transaction] = []
        if often(stage.rng, rate) and stage.spendable(payer, 10**7) > 50 * ETHER:
            people = stage.cast.active(stage.rng, stage.rng.randint(3, 12))
            block.append(multicall3.pay_all(payer, [(p.address, stage.ether(0.01, 0.4)) for p in people]))
        if often(stage.rng, rate / 3):
            question = call_data("balanceOf(address)", payer)
            block.append(multicall3.call_all(payer, [(a.token, 0, question) for a in stage.world.tokens]))
        yield block


def _sign_up(stage: Stage, shop: Address, standing: dict[tuple[Address, str], Standing]) -> list[Transaction]:
    asset = stage.rng.choice(stage.world.tokens[:3])
    able = stage.holders(stage.cast.active(stage.rng, 4), asset, _LEAST_USD)
    if not able:
        return []
    owner = able[0].address
    limit = asset.units(between(stage, 20, 2_000))
    until = stage.now + stage.rng.randint(*_TERM_DAYS) * DAY
    standing[owner, asset.symbol] = Standing(owner, asset, limit, until)
    return [
        approve(asset.token, owner, permit2.ADDRESS),
        permit2.allow(owner, asset.token, shop, until, limit),
    ]


def _charge(stage: Stage, shop: Address, standing: dict[tuple[Address, str], Standing]) -> list[Transaction]:
    """Takes once from one customer who is free; then the rest of the allowance lapses, or is ended."""
    key = stage.rng.choice(list(standing))
    one = standing[key]
    if one.owner in stage.cast.reserved:
        return []
    del standing[key]
    if one.owner not in stage.cast.people or one.until <= stage.now:
        return []
    amount = min(one.limit, stage.holding(one.asset, one.owner)) * stage.rng.randint(5, 100) // 100
    if not amount:
        return []
    taking = permit2.take(shop, one.owner, shop, one.asset.token, amount)
    is_careful = stage.rng.random() < 0.3 and stage.spendable(one.owner, taking.gas) > 0
    return [taking, permit2.lock_down(one.owner, [(one.asset.token, shop)])] if is_careful else [taking]
