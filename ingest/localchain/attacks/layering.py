"""Layering: dirty money runs through fresh wallets within minutes, so that its end hides its source."""

from __future__ import annotations

from ingest.localchain.actions import PLAIN_GAS, TOKEN_GAS, Asset, Transaction, buy, pay
from ingest.localchain.miner import Mined
from ingest.localchain.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.wallet import Address
from ingest.localchain.world import ETH

CATEGORY = "layering"
WARM_UP = 25
LONGEST = 30

_LOOT_ETHER = (40, 300)


def peel_chain(stage: Stage) -> Story:
    """Each wallet sends most of it on to a fresh one and peels the rest off to where it is cashed out."""
    source, asset, _ = yield from _loot(stage, ETH)
    hops = [stage.fresh() for _ in range(stage.rng.randint(5, 9))]
    shops = [stage.fresh() for _ in range(3)]
    done: list[Mined] = []
    for here, there in zip([source, *hops], hops, strict=False):
        left = stage.spendable(here, PLAIN_GAS, PLAIN_GAS)
        on = int(left * stage.rng.uniform(0.75, 0.95))
        peel = pay(asset, here, stage.rng.choice(shops), left - on)
        done += yield [pay(asset, here, there, on), *([peel] if here != source else [])]
        yield from wait(stage.rng.randint(0, 2))
    note = f"{len(hops)} hops, each peeling 5 to 25 % off"
    return Outcome(hashes(done), roles([source], intermediaries=[*hops, *shops]), note)


def pass_through(stage: Stage) -> Story:
    """A straight line of fresh wallets, each of which forwards everything at once; often in a token."""
    source, asset, amount = yield from _loot(stage, stage.rng.choice((ETH, stage.world.token("USDC"))))
    hops = [stage.fresh() for _ in range(stage.rng.randint(5, 8))]
    done: list[Mined] = []
    for here, there in zip([source, *hops], hops, strict=False):
        done += yield _forward(stage, asset, here, there, amount)
        yield from wait(stage.rng.randint(0, 2))
    note = f"{len(hops)} hops in {asset.symbol}, all of it each time"
    return Outcome(hashes(done), roles([source], intermediaries=hops), note)


def scatter_gather(stage: Stage) -> Story:
    """One wallet spreads it over six to twelve, which all send it to one other."""
    source, asset, amount = yield from _loot(stage, ETH)
    middle = [stage.fresh() for _ in range(stage.rng.randint(6, 12))]
    end = stage.fresh()
    shares = [stage.rng.uniform(0.7, 1.3) for _ in middle]
    parts = [int(amount * 0.98 * share / sum(shares)) for share in shares]
    out = [pay(asset, source, wallet, part) for wallet, part in zip(middle, parts, strict=True)]
    done: list[Mined] = yield out[: len(out) // 2]
    done += yield out[len(out) // 2 :]
    yield from wait(stage.rng.randint(1, 4))
    for wallets in (middle[::3], middle[1::3], middle[2::3]):
        done += yield [pay(asset, w, end, stage.spendable(w, PLAIN_GAS)) for w in wallets]
        yield from wait(stage.rng.randint(0, 1))
    note = f"scattered over {len(middle)} wallets and gathered again"
    return Outcome(hashes(done), roles([source, end], intermediaries=middle), note)


VARIANTS = {"peel_chain": peel_chain, "pass_through": pass_through, "scatter_gather": scatter_gather}


def _loot(stage: Stage, asset: Asset) -> Acts:
    """An old wallet with dirty money, swapped where the story wants a token. Wallet, asset, amount."""
    wei = stage.ether(*_LOOT_ETHER)
    source = stage.dormant(wei)
    if asset.address is None:
        yield from wait(1)  # what it holds is set with this block
        return source, asset, wei
    yield [buy(stage.world.router, source, [stage.world.weth, asset.address], wei - ETHER)]
    return source, asset, stage.holding(asset, source)


def _forward(stage: Stage, asset: Asset, here: Address, there: Address, amount: int) -> list[Transaction]:
    """All of `here` to `there`; with a token goes the native value for the next fees."""
    if asset.address is None:
        return [pay(ETH, here, there, stage.spendable(here, PLAIN_GAS))]
    fees = stage.spendable(here, PLAIN_GAS, TOKEN_GAS)
    return [pay(asset, here, there, amount), pay(ETH, here, there, fees)]
