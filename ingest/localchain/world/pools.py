"""Uniswap V2 pools as their users see them: where one lies, what it holds, what a swap of it would give.

Amounts are in wei or token units. A pool's two tokens are always named in the order of the question.
"""

from __future__ import annotations

from math import isqrt

from ingest.localchain.chain.actions import (
    LIQUIDITY_GAS,
    NO_DEADLINE,
    SWAP_GAS,
    Transaction,
    add_liquidity_eth,
    approve,
)
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address, call_data, create2_address
from ingest.localchain.world.world import Base

PAIR_CODE_HASH = "0x96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"
"""keccak-256 of the pair's creation code, as UniswapV2Library of v2-periphery has it."""

Reserves = tuple[int, int]


def pair_address(factory: Address, one: Address, other: Address) -> Address:
    """Where the pool of two tokens lies, whether or not it has been created."""
    first, second = sorted((one.lower(), other.lower()))
    return create2_address(factory, bytes.fromhex(first[2:] + second[2:]), PAIR_CODE_HASH)


def reserves(miner: Miner, factory: Address, one: Address, other: Address) -> Reserves:
    """What the pool holds of `one` and of `other` by its own books; zeros where there is no pool."""
    pair = pair_address(factory, one, other)
    answer = miner.ask(pair, "getReserves()")
    first, second = int.from_bytes(answer[:32], "big"), int.from_bytes(answer[32:64], "big")
    return (first, second) if one.lower() < other.lower() else (second, first)


def amount_out(amount_in: int, reserve_in: int, reserve_out: int) -> int:
    """What a swap gives after the fee of 0.3 % (UniswapV2Library.getAmountOut)."""
    with_fee = amount_in * 997
    return with_fee * reserve_out // (reserve_in * 1_000 + with_fee)


def amount_in(amount_out: int, reserve_in: int, reserve_out: int) -> int:
    """What must be paid in for `amount_out` (UniswapV2Library.getAmountIn); less than the whole reserve."""
    return reserve_in * amount_out * 1_000 // ((reserve_out - amount_out) * 997) + 1


def amount_to_push(reserve_in: int, percent: int) -> int:
    """What must be sold into a pool to make what it sells dearer by `percent`; the fee makes it a bit more.

    With x * y constant, the price x / y grows with the square of the reserve sold into.
    """
    return isqrt(reserve_in**2 * (100 + percent) // 100) - reserve_in


def open_pool(world: Base, owner: Address, token: Address, amount: int, wei: int) -> list[Transaction]:
    """A pool of `amount` of a token against native value, made by `owner`, who gets its liquidity tokens."""
    return [
        approve(token, owner, world.router),
        add_liquidity_eth(world.router, owner, token, amount, wei),
    ]


def close_pool(world: Base, owner: Address, token: Address, liquidity: int) -> list[Transaction]:
    """Takes `liquidity` (units of the pair's own token) out of the pool of a token against native value."""
    signature = "removeLiquidityETH(address,uint256,uint256,uint256,address,uint256)"
    data = call_data(signature, token, liquidity, 0, 0, owner, NO_DEADLINE)
    return [
        approve(pair_address(world.factory, token, world.weth), owner, world.router),
        Transaction(owner, world.router, data, gas=LIQUIDITY_GAS),
    ]


def swap(
    world: Base, sender: Address, path: list[Address], amount: int, least: int = 0, to: Address = ""
) -> Transaction:
    """Tokens swapped along `path` for at least so many of the last; the router must be approved."""
    signature = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
    data = call_data(signature, amount, least, path, to or sender, NO_DEADLINE)
    return Transaction(sender, world.router, data, gas=SWAP_GAS)
