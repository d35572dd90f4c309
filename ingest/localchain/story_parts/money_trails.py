"""How money moves on from wallet to wallet, whatever it is: hops, hops that fail, and what hides them."""

from __future__ import annotations

from dataclasses import replace

from ingest.localchain.chain.actions import (
    PLAIN_GAS,
    SWAP_GAS,
    TOKEN_GAS,
    Asset,
    Transaction,
    approve,
    buy,
    pay,
    sell,
)
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_ether, gas_of
from ingest.localchain.world.pools import swap
from ingest.localchain.world.stage import ETHER, Acts, Stage, wait
from ingest.localchain.world.world import ETH

HOP_FEES = (PLAIN_GAS, TOKEN_GAS)
_CONVERSION_FEES = (SWAP_GAS, TOKEN_GAS, SWAP_GAS, TOKEN_GAS, SWAP_GAS, *HOP_FEES)


def dirty(stage: Stage, wei: int, asset: Asset = ETH) -> Acts:
    """An old wallet with dirty money, swapped where the story wants a token; its address."""
    source = stage.dormant(wei)
    if asset.address is None:
        yield from wait(1)  # what it holds is set with this block
    else:
        fees = min(ETHER, wei // 20)
        yield [buy(stage.world.router, source, [stage.world.weth, asset.address], wei - fees)]
    return source


def hop(stage: Stage, asset: Asset, here: Address, there: Address, share: float = 1.0) -> list[Transaction]:
    """`share` of what `here` holds to `there`; with a token goes native value for the next fees."""
    if asset.address is None:
        left = stage.spendable(here, *(HOP_FEES if share < 1.0 else HOP_FEES[:1]))
        moved = [pay(ETH, here, there, _part(left, share))]
    else:
        fees = pay(ETH, here, there, _part(stage.spendable(here, *HOP_FEES), share))
        moved = [pay(asset, here, there, _part(stage.holding(asset, here), share)), fees]
    return [one for one in moved if one.value or one.data != "0x"]


def _part(amount: int, share: float) -> int:
    """In whole numbers where it is all of it: a float would lose the last digits."""
    return int(amount * share) if share < 1.0 else amount


def convert(stage: Stage, asset: Asset, wallet: Address) -> list[Transaction]:
    """All native value into a token but what the way back and on costs."""
    wei = stage.spendable(wallet, *_CONVERSION_FEES)
    return [buy(stage.world.router, wallet, [stage.world.weth, asset.token], wei)] if wei else []


def exchange_tokens(stage: Stage, one: Asset, other: Asset, wallet: Address) -> list[Transaction]:
    """All of one token into another, over WETH."""
    path = [one.token, stage.world.weth, other.token]
    amount = stage.holding(one, wallet)
    if not amount:
        return []
    return [approve(one.token, wallet, stage.world.router), swap(stage.world, wallet, path, amount)]


def stuck(stage: Stage, asset: Asset, here: Address) -> Transaction:
    """A payment that fails: of a token more than there is; of native value to a contract that takes none."""
    if asset.address is None:
        return pay(ETH, here, stage.world.factory, stage.spendable(here, PLAIN_GAS) // 2)
    return pay(asset, here, stage.fresh(), 2 * stage.holding(asset, here) + 1)


def stuck_home(stage: Stage, asset: Asset, here: Address, home: Address) -> Transaction:
    """A payment to one wallet that fails: of a token more than there is; of native value by Disperse, which
    is told to pay more than it is given.
    """
    if asset.address is not None:
        return pay(asset, here, home, 2 * stage.holding(asset, here) + 1)
    left = stage.spendable(here, gas_of(1))
    asked = disperse_ether(stage.world.of(Disperse), here, {home: left})
    return replace(asked, value=left // 2)


def cover(stage: Stage, wallet: Address) -> list[Transaction]:
    """What anybody does: a small payment to somebody, or a purchase. Nothing where fees are short."""
    wei = int(stage.spendable(wallet, SWAP_GAS, *HOP_FEES) * stage.rng.uniform(0.002, 0.02))
    people = stage.cast.active(stage.rng, 1)
    if wei < ETHER // 1_000 or not people:
        return []
    if stage.rng.random() < 0.6:
        return [pay(ETH, wallet, people[0].address, wei)]
    token = stage.rng.choice(stage.world.tokens).token
    return [buy(stage.world.router, wallet, [stage.world.weth, token], wei)]


def cash_in(stage: Stage, asset: Asset, wallet: Address) -> list[Transaction]:
    """All the tokens a wallet holds, sold for native value."""
    amount = stage.holding(asset, wallet)
    if asset.address is None or not amount:
        return []
    path = [asset.address, stage.world.weth]
    return [
        approve(asset.address, wallet, stage.world.router),
        sell(stage.world.router, wallet, path, amount),
    ]


def cash_out(stage: Stage, wallet: Address) -> list[Transaction]:
    """All native value of a wallet to a deposit address at the exchange that is its own."""
    there = stage.exchange.deposit_address(stage.rng, wallet)
    return [pay(ETH, wallet, there, stage.spendable(wallet, PLAIN_GAS))]
