"""Layering: dirty money runs through wallets that serve nothing else, so that its end hides its source."""

from __future__ import annotations

from ingest.localchain.chain.actions import PLAIN_GAS, Asset, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_ether, gas_of
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.money_trails import (
    cash_in,
    convert,
    cover,
    dirty,
    exchange_tokens,
    hop,
    stuck,
)
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest, split
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "layering"
WARM_UP = 25
LONGEST = 30
NIGHTS = 3

_LOOT_ETHER = (4, 1_500)
_MONEY = ("USDC", "USDT", "DAI")


def peel_chain(stage: Stage) -> Story:
    """Each wallet sends most of it on to a fresh one and peels the rest off to where it is cashed out."""
    source = yield from _loot(stage, ETH)
    if comes_to_nothing(stage.rng):
        return (yield from _given_up(stage, ETH, source))
    hops = [stage.fresh() for _ in range(stage.rng.randint(5, 10))]
    shops = [stage.fresh() for _ in range(stage.rng.randint(2, 5))]
    done: list[Mined] = []
    for here, there in zip([source, *hops], hops, strict=False):
        left = stage.spendable(here, PLAIN_GAS, PLAIN_GAS)
        on = int(left * stage.rng.uniform(0.7, 0.97))
        peel = pay(ETH, here, stage.rng.choice(shops), left - on)
        done += yield [pay(ETH, here, there, on), *([peel] if here != source else [])]
        yield from wait(stage.rng.randint(0, 1))
    note = f"{len(hops)} hops, each peeling 3 to 30 % off"
    return Outcome(hashes(done), roles([source], intermediaries=[*hops, *shops]), note)


def pass_through(stage: Stage) -> Story:
    """A straight line of fresh wallets, each of which forwards everything at once; often in a token."""
    asset = _any_money(stage)
    source = yield from _loot(stage, asset)
    if comes_to_nothing(stage.rng):
        return (yield from _given_up(stage, asset, source))
    hops = [stage.fresh() for _ in range(stage.rng.randint(5, 10))]
    done: list[Mined] = []
    for here, there in zip([source, *hops], hops, strict=False):
        done += yield hop(stage, asset, here, there)
        yield from wait(stage.rng.randint(0, 1))
    note = f"{len(hops)} hops in {asset.symbol}, all of it each time"
    return Outcome(hashes(done), roles([source], intermediaries=hops), note)


def scatter_gather(stage: Stage) -> Story:
    """One wallet spreads it over five to twenty, which all send it to one other."""
    source = yield from _loot(stage, ETH)
    if comes_to_nothing(stage.rng):
        return (yield from _given_up(stage, ETH, source))
    middle = [stage.fresh() for _ in range(stage.rng.randint(5, 20))]
    end = stage.fresh()
    left = stage.spendable(source, *[PLAIN_GAS] * len(middle))
    parts = split(stage.rng, left, len(middle), stage.rng.uniform(0, 0.8))
    out = [pay(ETH, source, wallet, part) for wallet, part in zip(middle, parts, strict=True)]
    done: list[Mined] = yield out[: len(out) // 2]
    done += yield out[len(out) // 2 :]
    yield from wait(stage.rng.randint(0, 6))
    done += yield from _gather(stage, middle, end)
    note = f"scattered over {len(middle)} wallets and gathered again"
    return Outcome(hashes(done), roles([source, end], intermediaries=middle), note)


def slow_chain(stage: Stage) -> Story:
    """Few hops, with hours to days of rest in between: longer than any window of minutes."""
    asset = _any_money(stage)
    source = yield from _loot(stage, asset)
    if comes_to_nothing(stage.rng):
        return (yield from _given_up(stage, asset, source))
    hops = [stage.fresh() for _ in range(stage.rng.randint(3, 7))]
    sleeps = naps(stage, len(hops), NIGHTS)
    done: list[Mined] = []
    for number, (here, there) in enumerate(zip([source, *hops], hops, strict=False)):
        done += yield hop(stage, asset, here, there)
        yield from rest(stage, sleeps.get(number, 0))
    note = f"{len(hops)} hops in {asset.symbol}, resting {len(sleeps)} times for hours or days"
    return Outcome(hashes(done), roles([source], intermediaries=hops), note)


def parallel_chains(stage: Stage) -> Story:
    """Split over a few short chains, each below what counts as one, that meet again at the end."""
    source, end = (yield from _loot(stage, ETH)), stage.fresh()
    if comes_to_nothing(stage.rng):
        return (yield from _given_up(stage, ETH, source))
    chains = [[stage.fresh() for _ in range(2)] for _ in range(stage.rng.randint(2, 4))]
    left = stage.spendable(source, *[PLAIN_GAS] * len(chains))
    parts = split(stage.rng, left, len(chains))
    starts = [pay(ETH, source, chain[0], part) for chain, part in zip(chains, parts, strict=True)]
    done: list[Mined] = yield starts
    for chain in chains:
        yield from wait(stage.rng.randint(0, 2))
        done += yield hop(stage, ETH, chain[0], chain[1])
        yield from wait(stage.rng.randint(0, 2))
        done += yield hop(stage, ETH, chain[1], end)
    middle = [wallet for chain in chains for wallet in chain]
    note = f"{len(chains)} chains of two wallets that meet at the end"
    return Outcome(hashes(done), roles([source, end], intermediaries=middle), note)


def through_contracts(stage: Stage) -> Story:
    """Disperse scatters it, each wallet swaps its part into some token and back, and one gathers."""
    source, end = (yield from _loot(stage, ETH)), stage.fresh()
    if comes_to_nothing(stage.rng):
        return (yield from _given_up(stage, ETH, source))
    middle = [stage.fresh() for _ in range(stage.rng.randint(4, 7))]
    left = stage.spendable(source, gas_of(len(middle)))
    amounts = dict(zip(middle, split(stage.rng, left, len(middle)), strict=True))
    done: list[Mined] = yield [disperse_ether(stage.world.of(Disperse), source, amounts)]
    for wallet in middle:
        token = stage.world.token(stage.rng.choice(_MONEY))
        done += yield convert(stage, token, wallet)
        if stage.rng.random() < 0.3:  # over a second token, so that the way back is another
            other, token = token, stage.world.token("DAI" if token.symbol == "USDC" else "USDC")
            done += yield exchange_tokens(stage, other, token, wallet)
        done += yield cash_in(stage, token, wallet)
    done += yield from _gather(stage, middle, end)
    note = f"dispersed over {len(middle)} wallets, swapped there and back, and gathered"
    infrastructure = [stage.world.of(Disperse).contract, stage.world.router]
    named = roles([source, end], intermediaries=middle, infrastructure=infrastructure)
    return Outcome(hashes(done), named, note)


def among_honest(stage: Stage) -> Story:
    """Aged wallets with money of their own pass it on in two or three pieces, and live on as others do."""
    asset = _any_money(stage)
    source = yield from _loot(stage, asset)
    if comes_to_nothing(stage.rng):
        return (yield from _given_up(stage, asset, source))
    hops = [stage.dormant(stage.ether(0.5, 6)) for _ in range(stage.rng.randint(3, 6))]
    sleeps = naps(stage, len(hops), 1)
    done: list[Mined] = []
    for number, (here, there) in enumerate(zip([source, *hops], hops, strict=False)):
        done += yield [*hop(stage, asset, here, there, stage.rng.uniform(0.4, 0.6))]
        done += yield [*cover(stage, there), *hop(stage, asset, here, there, stage.rng.uniform(0.9, 0.97))]
        yield from rest(stage, sleeps.get(number, 0), blocks=1)
    note = f"{len(hops)} aged wallets pass it on in pieces, between payments to others"
    return Outcome(hashes(done), roles([source], intermediaries=hops), note)


VARIANTS = {
    "peel_chain": peel_chain,
    "pass_through": pass_through,
    "scatter_gather": scatter_gather,
    "slow_chain": slow_chain,
    "parallel_chains": parallel_chains,
    "through_contracts": through_contracts,
    "among_honest": among_honest,
}


def _loot(stage: Stage, asset: Asset) -> Acts:
    return (yield from dirty(stage, ETH.units(between(stage, *_LOOT_ETHER) * ETH.cents / 100), asset))


def _any_money(stage: Stage) -> Asset:
    return stage.rng.choice((ETH, stage.world.token(stage.rng.choice(_MONEY))))


def _given_up(stage: Stage, asset: Asset, source: Address) -> Story:
    """One hop, then a payment that fails: the launderer leaves the money where it is."""
    there = stage.fresh()
    done: list[Mined] = yield hop(stage, asset, source, there)
    yield from wait(stage.rng.randint(0, 3))
    done += yield [stuck(stage, asset, there)]
    note = "given up: the second payment failed"
    return Outcome(hashes(done), roles([source], intermediaries=[there]), note, succeeded=False)


def _gather(stage: Stage, middle: list[Address], end: Address) -> Acts:
    """All that the wallets hold goes to one, in three blocks."""
    done: list[Mined] = []
    for wallets in (middle[::3], middle[1::3], middle[2::3]):
        done += yield [t for wallet in wallets for t in hop(stage, ETH, wallet, end)]
        yield from wait(stage.rng.randint(0, 1))
    return done
