"""Sanctioned exposure: listed wallets spend old money, and people take it who know whose it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from ingest.localchain.chain.actions import PLAIN_GAS, Asset, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.mixer import Mixer, deposit, withdraw
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.money_trails import cash_out, convert, cover, hop, stuck
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest, split
from ingest.localchain.story_parts.sanctioned_wallets import listed_wallet, step_back
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "sanctioned-exposure"
WARM_UP = 25
LONGEST = 30
NIGHTS = 2

_ETHER = (0.3, 900)


@dataclass(slots=True)
class _Flow:
    """Money of a listed wallet, and who has taken it on."""

    listed: Address
    asset: Asset
    done: list[Mined] = field(default_factory=list)
    takers: list[Address] = field(default_factory=list)
    between: list[Address] = field(default_factory=list)

    def ending(
        self, note: str, infrastructure: list[Address], succeeded: bool = True, also: tuple[str, ...] = ()
    ) -> Outcome:
        named, told = roles([self.listed, *self.takers], (), self.between, infrastructure), hashes(self.done)
        return Outcome(told, named, f"{note}, in {self.asset.symbol}", succeeded=succeeded, also=also)


def direct(stage: Stage) -> Story:
    """A listed wallet pays associates, who bring it to the exchange or spend it."""
    flow: _Flow = yield from _flow(stage)
    if comes_to_nothing(stage.rng):
        return (yield from _refused(stage, flow))
    flow.takers = [stage.dormant(stage.ether(0.1, 3)) for _ in range(stage.rng.randint(1, 4))]
    shares = [1 / (len(flow.takers) - number) for number in range(len(flow.takers))]
    for taker, share in zip(flow.takers, shares, strict=True):
        flow.done += yield hop(stage, flow.asset, flow.listed, taker, min(share, 0.999))
        yield from wait(stage.rng.randint(0, 2))
    for taker in flow.takers:
        flow.done += yield stage.rng.choice((cover, cash_out))(stage, taker)
    step_back(stage, flow.listed)
    return flow.ending(f"{len(flow.takers)} associates are paid directly", [])


def hops(stage: Stage) -> Story:
    """Over one to three wallets that serve nothing else, some of it after hours or days. Over two or more, so
    by three payments in a row, it is layering too.
    """
    flow: _Flow = yield from _flow(stage)
    if comes_to_nothing(stage.rng):
        return (yield from _refused(stage, flow))
    flow.between = [stage.fresh() for _ in range(stage.rng.randint(1, 3))]
    taker = stage.dormant(stage.ether(0.1, 3))
    flow.takers = [taker]
    line = [flow.listed, *flow.between, taker]
    sleeps = naps(stage, len(line), NIGHTS)
    for number, (here, there) in enumerate(pairwise(line)):
        flow.done += yield hop(stage, flow.asset, here, there, stage.rng.choice((1.0, 0.8, 0.95)))
        yield from rest(stage, sleeps.get(number, 0))
    flow.done += yield cover(stage, taker)
    step_back(stage, flow.listed)
    also = ("layering",) if len(flow.between) >= 2 else ()
    return flow.ending(f"an associate is paid over {len(flow.between)} wallets", [], also=also)


def through_exchanger(stage: Stage) -> Story:
    """An exchanger without questions takes it in and pays as much of its own money to the associate."""
    flow: _Flow = yield from _flow(stage)
    if comes_to_nothing(stage.rng):
        return (yield from _refused(stage, flow))
    desk, door, taker = stage.dormant(stage.ether(1_000, 2_000)), stage.fresh(), stage.fresh()
    flow.between, flow.takers = [door], [desk, taker]
    flow.done += yield hop(stage, flow.asset, flow.listed, door)
    yield from wait(stage.rng.randint(0, 3))
    usd = flow.asset.usd(stage.holding(flow.asset, door))
    flow.done += yield hop(stage, flow.asset, door, desk)
    yield from rest(stage, naps(stage, 2, 1).get(0, 0))
    parts = split(stage.rng, ETH.units(usd * stage.rng.uniform(0.9, 0.97)), stage.rng.randint(1, 4))
    for part in parts:
        flow.done += yield [pay(ETH, desk, taker, part)]
        yield from wait(stage.rng.randint(0, 1))
    flow.done += yield cash_out(stage, taker)
    step_back(stage, flow.listed)
    return flow.ending(f"an exchanger takes it and pays {len(parts)} times out of its own", [])


def through_mixer(stage: Stage) -> Story:
    """Into the mixer by itself or over another wallet, and out to an associate: a mixer flow too."""
    flow: _Flow = yield from _flow(stage, ETH)
    if comes_to_nothing(stage.rng):
        return (yield from _refused(stage, flow))
    payer = flow.listed
    if stage.rng.random() < 0.5:
        payer = stage.fresh()
        flow.between = [payer]
        flow.done += yield hop(stage, ETH, flow.listed, payer)
    taker, mixer = stage.fresh(), stage.world.of(Mixer)
    flow.takers = [taker]
    notes = mixer.notes(stage.rng, stage.spendable(payer, *[200_000] * 6), 6)
    for note in notes:
        flow.done += yield [deposit(note, payer)]
    sleeps = naps(stage, len(notes), NIGHTS)
    for number, note in enumerate(notes):
        yield from rest(stage, sleeps.get(number, 0), blocks=1)
        fee = int(note.pool.wei * stage.rng.uniform(0.002, 0.008))
        flow.done += yield [withdraw(note, taker, stage.rng.choice(mixer.relayers), fee)]
    flow.done += yield cash_out(stage, taker)
    step_back(stage, flow.listed)
    pools = list(dict.fromkeys(note.pool.address for note in notes))
    also = ("mixer-flow",) if notes else ()
    return flow.ending(f"{len(notes)} notes go through the mixer", pools, also=also)


def mixed_with_clean(stage: Stage) -> Story:
    """A hub takes clean money as well, and pays associates out of both: a haircut for each."""
    flow: _Flow = yield from _flow(stage, ETH)
    if comes_to_nothing(stage.rng):
        return (yield from _refused(stage, flow))
    hub, takers = stage.fresh(), [stage.fresh() for _ in range(stage.rng.randint(2, 6))]
    flow.takers = [hub, *takers]
    flow.done += yield hop(stage, ETH, flow.listed, hub)
    clean = int(stage.holding(ETH, hub) * between(stage, 0.2, 20))
    for part in split(stage.rng, min(clean, 3_000 * ETH.one), stage.rng.randint(1, 4)):
        flow.done += yield [pay(ETH, stage.exchange.hot, hub, part)]
        flow.done += yield cover(stage, hub)
    left = stage.spendable(hub, *[PLAIN_GAS] * len(takers))
    for taker, part in zip(takers, split(stage.rng, left, len(takers), 0.8), strict=True):
        flow.done += yield [pay(ETH, hub, taker, part)]
        yield from wait(stage.rng.randint(0, 1))
    step_back(stage, flow.listed)
    return flow.ending(f"mixed with clean money and paid to {len(takers)}", [stage.exchange.hot])


VARIANTS = {
    "direct": direct,
    "hops": hops,
    "through_exchanger": through_exchanger,
    "through_mixer": through_mixer,
    "mixed_with_clean": mixed_with_clean,
}


def _flow(stage: Stage, asset: Asset | None = None) -> Acts:
    """A listed wallet with old money, which it has swapped where the story is told in a token."""
    wei = ETH.units(between(stage, *_ETHER) * ETH.cents / 100)
    listed = yield from listed_wallet(stage, wei)
    chosen = asset or stage.rng.choice((ETH, ETH, stage.world.token("USDC"), stage.world.token("DAI")))
    flow = _Flow(listed, chosen)
    if chosen.address is not None:
        flow.done += yield convert(stage, chosen, listed)
    return flow


def _refused(stage: Stage, flow: _Flow) -> Story:
    """The payment fails, and the listed wallet gives up: it pays itself nothing, as one does to cancel."""
    flow.done += yield [stuck(stage, flow.asset, flow.listed)]
    flow.done += yield [pay(ETH, flow.listed, flow.listed, 0)]
    step_back(stage, flow.listed)
    return flow.ending("a payment that failed", [], succeeded=False)
