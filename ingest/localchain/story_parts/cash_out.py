"""Where those who raided a protocol take what they got: nowhere yet, to other wallets, to native value."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, Transaction, pay, unwrap
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.money_trails import cash_in
from ingest.localchain.story_parts.random_draws import split
from ingest.localchain.world.stage import Acts, Stage


def take_away(stage: Stage, thief: Address, asset: Asset) -> Acts:
    """Moves all of a token (or WETH) that the thief holds; returns what was mined, and the other wallets."""
    held = stage.holding(asset, thief)
    way = stage.rng.choice(("keep", "split", "convert"))
    mined: list[Mined] = []
    if way == "keep" or not held:
        return mined, []
    if way == "convert":
        mined = yield _into_native(stage, thief, asset, held)
        return mined, []
    wallets = [stage.fresh() for _ in range(stage.rng.randint(1, 4))]
    parts = split(stage.rng, held, len(wallets))
    mined = yield [pay(asset, thief, there, part) for there, part in zip(wallets, parts, strict=True)]
    return mined, wallets


def _into_native(stage: Stage, thief: Address, asset: Asset, held: int) -> list[Transaction]:
    if asset.token == stage.world.weth:
        return [unwrap(asset.token, thief, held)]
    return cash_in(stage, asset, thief)
