"""Uniswap V3: its factory, positions, router, quoter and migrator, and pools at the world's prices.

Amounts are in wei or token units, fees in hundredths of a basis point, prices as V3 keeps them: the square
root of token1 per token0, times 2**96.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt, log
from typing import Self

from ingest.localchain.chain.actions import (
    LIQUIDITY_GAS,
    NO_DEADLINE,
    SWAP_GAS,
    TOKEN_GAS,
    Asset,
    Transaction,
    approve,
    wrap,
)
from ingest.localchain.chain.artifacts import Artifact
from ingest.localchain.chain.deployment import Deployment
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address, call_data, create2_address
from ingest.localchain.world.world import Base

POOL_CODE_HASH = "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54"
"""keccak-256 of the pool's creation code, as PoolAddress of v3-periphery has it."""

LOW_FEE, MIDDLE_FEE, HIGH_FEE = 500, 3_000, 10_000
SPACING = {LOW_FEE: 10, MIDDLE_FEE: 60, HIGH_FEE: 200}
"""Ticks between two at which a position may end, by the pool's fee (UniswapV3Factory)."""

_LAST_TICK = 887_272
_ALL = 2**128 - 1
_SEED_USD = 10_000_000
"""Dollars on each side of a pool of the world: less than V2 holds, as most of it lies near the price."""

_POOLS = (
    ("WETH", "USDC", LOW_FEE),
    ("WETH", "USDC", MIDDLE_FEE),
    ("WETH", "USDT", MIDDLE_FEE),
    ("WETH", "DAI", MIDDLE_FEE),
    ("WETH", "LINK", MIDDLE_FEE),
    ("WETH", "WBTC", MIDDLE_FEE),
    ("USDC", "DAI", LOW_FEE),
    ("USDC", "USDT", LOW_FEE),
)

_CORE = ("@uniswap/v3-core", "artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json")
_PERIPHERY = "@uniswap/v3-periphery"


def _periphery(name: str, *takes: str, folder: str = "") -> Artifact:
    return Artifact(_PERIPHERY, f"artifacts/contracts/{folder}{name}.sol/{name}.json", takes)


@dataclass(frozen=True, slots=True)
class Pool:
    """Two tokens and the fee of their pool; token0 is the one with the lower address."""

    token0: Address
    token1: Address
    fee: int

    @classmethod
    def of(cls, one: Address, other: Address, fee: int) -> Self:
        first, second = sorted((one.lower(), other.lower()))
        return cls(first, second, fee)

    @property
    def widest(self) -> tuple[int, int]:
        """The ticks of a position that is in range at every price."""
        last = _LAST_TICK // SPACING[self.fee] * SPACING[self.fee]
        return -last, last

    def around(self, sqrt_price: int, times: float) -> tuple[int, int]:
        """The ticks of a position from a price divided by `times` up to it multiplied by `times`."""
        spacing = SPACING[self.fee]
        middle = 2 * log(sqrt_price / 2**96) / log(1.0001)
        reach = log(times) / log(1.0001)
        low, high = int((middle - reach) // spacing), int((middle + reach) // spacing) + 1
        return low * spacing, high * spacing


@dataclass(frozen=True, slots=True)
class UniswapV3:
    """Where everything is."""

    factory: Address
    positions: Address
    router: Address
    quoter: Address
    migrator: Address
    pools: tuple[Pool, ...]
    """Those of the world, filled."""

    @classmethod
    def deploy(cls, base: Base, deployment: Deployment) -> Self:
        weth = base.weth
        factory = deployment.deploy(Artifact(*_CORE).deployment())
        pictures = deployment.deploy(_periphery("NFTDescriptor", folder="libraries/").deployment())
        descriptor = _periphery("NonfungibleTokenPositionDescriptor", "address", "bytes32")
        named = descriptor.linked({"NFTDescriptor": pictures}).deployment(weth, b"ETH".ljust(32, b"\0"))
        described = deployment.deploy(named)
        positions = deployment.deploy(
            _periphery("NonfungiblePositionManager", *["address"] * 3).deployment(factory, weth, described)
        )
        router, quoter = (
            deployment.deploy(_periphery(name, "address", "address", folder=folder).deployment(factory, weth))
            for name, folder in (("SwapRouter", ""), ("QuoterV2", "lens/"))
        )
        migrator = deployment.deploy(
            _periphery("V3Migrator", *["address"] * 3).deployment(factory, weth, positions)
        )
        assets = [{"WETH": base.wrapped}.get(name) or base.token(name) for p in _POOLS for name in p[:2]]
        pools = [
            Pool.of(one.token, other.token, fee)
            for one, other, (_, _, fee) in zip(assets[::2], assets[1::2], _POOLS, strict=True)
        ]
        v3 = cls(factory, positions, router, quoter, migrator, tuple(pools))
        _fill(v3, base, deployment, list(dict.fromkeys(assets)))
        return v3

    def address(self, pool: Pool) -> Address:
        """Where a pool lies, whether or not it has been created."""
        words = (pool.token0[2:], pool.token1[2:], f"{pool.fee:x}")
        return create2_address(
            self.factory, bytes.fromhex("".join(w.rjust(64, "0") for w in words)), POOL_CODE_HASH
        )

    def pool(self, one: Address, other: Address, fee: int = MIDDLE_FEE) -> Pool:
        """The filled pool of two tokens. Raises StopIteration where the world has none."""
        return next(pool for pool in self.pools if pool == Pool.of(one, other, fee))


def _fill(v3: UniswapV3, base: Base, deployment: Deployment, assets: Sequence[Asset]) -> None:
    """All pools at the world's prices: half of each side near the price, half over a wide range."""
    me = deployment.deployer
    by_address = {asset.token: asset for asset in assets}
    for asset in assets:
        much = len(v3.pools) * asset.units(_SEED_USD)
        if asset.token == base.weth:
            deployment.send(wrap(base.weth, me, much))
        else:
            deployment.receive(base.deployer, asset.token, much)
        deployment.send(approve(asset.token, me, v3.positions))
    for pool in v3.pools:
        amounts = tuple(by_address[token].units(_SEED_USD / 2) for token in (pool.token0, pool.token1))
        price = sqrt_price(amounts[0], amounts[1])
        deployment.send(create_pool(v3, me, pool, price))
        for ticks in (pool.around(price, 1.5), pool.widest):
            deployment.send(add_position(v3, me, pool, ticks, (amounts[0], amounts[1])))


PROTOCOL = UniswapV3


def sqrt_price(amount0: int, amount1: int) -> int:
    """The price at which so many units of token0 are worth so many of token1."""
    return isqrt((amount1 << 192) // amount0)


def create_pool(v3: UniswapV3, sender: Address, pool: Pool, price: int) -> Transaction:
    signature = "createAndInitializePoolIfNecessary(address,address,uint24,uint160)"
    data = call_data(signature, pool.token0, pool.token1, pool.fee, price)
    return Transaction(sender, v3.positions, data, gas=2 * LIQUIDITY_GAS)


def add_position(
    v3: UniswapV3, owner: Address, pool: Pool, ticks: tuple[int, int], amounts: tuple[int, int]
) -> Transaction:
    """Up to `amounts` of token0 and token1 as a new position, an ERC-721 token of its owner.

    Both tokens must be approved for `positions`.
    """
    signature = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
    place = (pool.token0, pool.token1, pool.fee, *ticks)
    data = call_data(signature, (*place, *amounts, 0, 0, owner, NO_DEADLINE))
    return Transaction(owner, v3.positions, data, gas=LIQUIDITY_GAS)


def remove_position(v3: UniswapV3, owner: Address, number: int, liquidity: int) -> list[Transaction]:
    """Takes so much liquidity out of the position with this number, then collects it with the fees."""
    less = "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))"
    take = "collect((uint256,address,uint128,uint128))"
    out = call_data(less, (number, liquidity, 0, 0, NO_DEADLINE))
    collected = call_data(take, (number, owner, _ALL, _ALL))
    return [Transaction(owner, v3.positions, data, gas=6 * TOKEN_GAS) for data in (out, collected)]


def swap(
    v3: UniswapV3, sender: Address, path: tuple[Address, Address], fee: int, amount: int, least: int = 0
) -> Transaction:
    """Sells `amount` of the first token for at least so many of the second; the router must be approved."""
    return Transaction(sender, v3.router, _exact_input(sender, path, fee, amount, least), gas=SWAP_GAS)


def buy(
    v3: UniswapV3, sender: Address, weth: Address, token: Address, fee: int, wei: int, least: int = 0
) -> Transaction:
    """Native value swapped for at least so many of a token."""
    data = _exact_input(sender, (weth, token), fee, wei, least)
    return Transaction(sender, v3.router, data, wei, SWAP_GAS)


def migrate(
    v3: UniswapV3, owner: Address, pair: Address, liquidity: int, pool: Pool, ticks: tuple[int, int]
) -> list[Transaction]:
    """A share of a V2 pair becomes a V3 position, through the migrator."""
    part, where = "address,uint256,uint8", "address,address,uint24,int24,int24"
    signature = f"migrate(({part},{where},uint256,uint256,address,uint256,bool))"
    place = (pool.token0, pool.token1, pool.fee, *ticks)
    data = call_data(signature, (pair, liquidity, 100, *place, 0, 0, owner, NO_DEADLINE, False))
    return [
        approve(pair, owner, v3.migrator, liquidity),
        Transaction(owner, v3.migrator, data, gas=LIQUIDITY_GAS),
    ]


def _exact_input(to: Address, path: tuple[Address, Address], fee: int, amount: int, least: int) -> str:
    signature = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
    return call_data(signature, (*path, fee, to, NO_DEADLINE, amount, least, 0))


def positions_of(miner: Miner, v3: UniswapV3, owner: Address) -> list[tuple[int, int]]:
    """The number and liquidity of each position of `owner`."""
    count = miner.number(v3.positions, "balanceOf(address)", owner)
    signature = "tokenOfOwnerByIndex(address,uint256)"
    numbers = [miner.number(v3.positions, signature, owner, place) for place in range(count)]
    words = [miner.ask(v3.positions, "positions(uint256)", number) for number in numbers]
    return [
        (number, int.from_bytes(word[7 * 32 : 8 * 32], "big"))
        for number, word in zip(numbers, words, strict=True)
    ]


def price(miner: Miner, v3: UniswapV3, pool: Pool) -> int:
    """The square root price of a pool at the head."""
    return miner.number(v3.address(pool), "slot0()")
