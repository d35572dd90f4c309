"""A new token and its first pool, as anybody can make them, and those who then trade it.

The swaps are the router's for tokens that take a fee, as wallets use them where they do not know a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import (
    DEPLOY_GAS,
    LIQUIDITY_GAS,
    NO_DEADLINE,
    PLAIN_GAS,
    SWAP_GAS,
    TOKEN_GAS,
    ZERO,
    Asset,
    Transaction,
    approve,
)
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.scene import Scene
from ingest.localchain.world.coins import Coin
from ingest.localchain.world.pools import open_pool, pair_address
from ingest.localchain.world.stage import Acts, Stage
from ingest.localchain.world.world import ETH, Base

TRADE_GAS = SWAP_GAS + TOKEN_GAS + PLAIN_GAS


@dataclass(frozen=True, slots=True)
class Launch:
    """A token with a pool against native value; its creator holds the liquidity. `supply` in token units."""

    token: Address
    pool: Address
    creator: Address
    supply: int

    @property
    def asset(self) -> Asset:
        """The token, which has no price outside of its pool."""
        return Asset("", self.token, 0)

    @property
    def liquidity(self) -> Asset:
        """The pool's own token: a share of all that is in it."""
        return Asset("", self.pool, 0)


def launch(scene: Scene, creator: Address, coin: Coin, pooled: float, wei: int) -> Acts:
    """Deploys `coin`, then opens its pool with the share `pooled` of its supply and `wei`."""
    issued = yield from issue(scene, creator, coin)
    yield from scene.pause(2)
    yield from scene.play(
        open_pool(scene.stage.world, creator, issued.token, part_of(coin.supply, pooled), wei)
    )
    return issued


def issue(scene: Scene, creator: Address, coin: Coin) -> Acts:
    """Deploys `coin` and brings its supply to `creator`; its pool does not exist yet."""
    (deployed,) = yield from scene.play([Transaction(creator, None, coin.code, gas=DEPLOY_GAS)])
    token = deployed.created
    assert token is not None
    if first := coin.first_supply(token, creator):
        yield from scene.play(first)
    world = scene.stage.world
    return Launch(token, pair_address(world.factory, token, world.weth), creator, coin.supply)


def purchase(world: Base, buyer: Address, token: Address, wei: int) -> Transaction:
    """Native value for whatever of a token the pool gives."""
    signature = "swapExactETHForTokensSupportingFeeOnTransferTokens(uint256,address[],address,uint256)"
    data = call_data(signature, 0, [world.weth, token], buyer, NO_DEADLINE)
    return Transaction(buyer, world.router, data, wei, SWAP_GAS)


def sale(world: Base, seller: Address, token: Address, amount: int, least: int = 0) -> list[Transaction]:
    """An approval, then `amount` of a token for at least so much native value."""
    signature = (
        "swapExactTokensForETHSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)"
    )
    data = call_data(signature, amount, least, [token, world.weth], seller, NO_DEADLINE)
    swap = Transaction(seller, world.router, data, gas=SWAP_GAS)
    return [approve(token, seller, world.router, amount), swap]


def withdrawal(world: Base, owner: Address, launched: Launch, liquidity: int) -> list[Transaction]:
    """Takes `liquidity` (units of the pool's own token) out of the pool, whatever the token's fee."""
    signature = (
        "removeLiquidityETHSupportingFeeOnTransferTokens(address,uint256,uint256,uint256,address,uint256)"
    )
    data = call_data(signature, launched.token, liquidity, 0, 0, owner, NO_DEADLINE)
    return [
        approve(launched.pool, owner, world.router, liquidity),
        Transaction(owner, world.router, data, gas=LIQUIDITY_GAS),
    ]


def sales(
    stage: Stage, launched: Launch, sellers: Sequence[Address], share: float = 1.0
) -> list[Transaction]:
    """A share of what each of `sellers` holds, to the pool; without tokens or gas, nobody sells."""
    held = stage.miner.holdings((launched.asset, seller) for seller in sellers)
    native = stage.miner.holdings((ETH, seller) for seller in sellers)
    able = zip(sellers, (part_of(amount, share) for amount in held), native, strict=True)
    gas = stage.miner.fee(TRADE_GAS)
    return [t for s, n, wei in able if n and wei >= gas for t in sale(stage.world, s, launched.token, n)]


def part_of(amount: int, share: float) -> int:
    """A share of an amount, never more than it, as the product with a float can be."""
    return amount * min(10**6, round(share * 10**6)) // 10**6


def budgets(stage: Stage, buyers: Sequence[Address], shares: tuple[float, float]) -> dict[Address, int]:
    """What each spends: a share of their native value between the two `shares`, small as likely as large."""
    held = stage.miner.holdings((ETH, buyer) for buyer in buyers)
    room = stage.miner.fee(4 * TRADE_GAS)
    spent = ((b, int((wei - room) * between(stage, *shares))) for b, wei in zip(buyers, held, strict=True))
    return {buyer: wei for buyer, wei in spent if wei > 0}


def purchases(
    stage: Stage, launched: Launch, buyers: Sequence[Address], shares: tuple[float, float]
) -> list[Transaction]:
    """Each of `buyers` spends a share of their native value on the token."""
    wishes = budgets(stage, buyers, shares)
    return [purchase(stage.world, buyer, launched.token, wei) for buyer, wei in wishes.items()]


def trickle(scene: Scene, launched: Launch, buyers: Sequence[Address], blocks: int) -> Acts:
    """`buyers` come over about so many blocks, several at once or one by one; gives what was mined."""
    parts = [buyers[number::blocks] for number in range(blocks)]
    mined: list[Mined] = []
    for part in filter(None, parts):
        mined += yield from scene.play(purchases(scene.stage, launched, part, (0.03, 0.6)))
        yield from scene.pause(1)
    return mined


def burn(launched: Launch, owner: Address, liquidity: int) -> Transaction:
    """Liquidity that nobody can take out any more, as projects show to be trusted."""
    data = call_data("transfer(address,uint256)", _NOWHERE, liquidity)
    return Transaction(owner, launched.pool, data)


_NOWHERE = ZERO[:-4] + "dead"


def market(scene: Scene, launched: Launch, blocks: int) -> Acts:
    """The crowd trades both ways over so many blocks: most buy, some take profits or change their mind."""
    stage = scene.stage
    for _ in range(blocks):
        here = stage.rng.sample(scene.crowd, max(1, len(scene.crowd) // 2))
        sellers = [person for person in here if stage.rng.random() < 0.4]
        held = stage.miner.holdings((launched.asset, person) for person in sellers)
        owners = [person for person, amount in zip(sellers, held, strict=True) if amount]
        trades = sales(stage, launched, owners, stage.rng.uniform(0.1, 0.9))
        buyers = [person for person in here if person not in owners]
        yield from scene.play([*trades, *purchases(stage, launched, buyers, (0.02, 0.3))])
        yield from scene.pause(1)
