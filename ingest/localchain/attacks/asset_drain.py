"""Asset drain: a contract loses nearly all it keeps, at once, to somebody who has nothing to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ingest.localchain.chain.actions import Asset, Transaction
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.attackers import assailant, look_ordinary
from ingest.localchain.story_parts.banks import builder
from ingest.localchain.story_parts.random_draws import FAILS, comes_to_nothing
from ingest.localchain.story_parts.treasuries import (
    PROXY,
    SHARED_WALLET,
    SIGNED_TREASURY,
    SIPHON,
    TREASURY,
    UPGRADEABLE_TREASURY,
    fill_treasury,
    lost_by,
    named_by,
    pay_out,
    rescue,
    shared_payment,
    treasury_usd,
    upgrade,
)
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, sleep, wait

CATEGORY = "asset-drain"
WARM_UP = 20
LONGEST = 30
NIGHTS = 1


@dataclass(slots=True)
class _Heist:
    """`treasury` keeps `assets`, of which `percent` will go to `takers`; `owners` lost their keys."""

    treasury: Address
    assets: Sequence[Asset]
    takers: list[Address]
    percent: int
    before: list[int]
    fails: bool
    owners: list[Address] = field(default_factory=list)
    helpers: list[Address] = field(default_factory=list)
    done: list[Mined] = field(default_factory=list)


def leaked_key(stage: Stage) -> Story:
    """The thief has the owner's key, and has the treasury pay: all at once, or asset by asset."""
    owner = yield from builder(stage)
    made = yield [create(owner, TREASURY, False)]
    heist = yield from _heist(stage, created(made[0]), [owner])
    if heist.fails:
        yield [call(owner, heist.treasury, "transferOwnership(address)", stage.fresh())]
    if stage.rng.random() < 0.5:
        theft = [_rescued(heist, owner, taker, part) for taker, part in _parts(heist)]
    else:
        amounts = zip(heist.assets, heist.before, strict=True)
        taker = heist.takers[0]
        theft = [pay_out(heist.treasury, owner, a, taker, n * heist.percent // 100) for a, n in amounts]
    return (
        yield from _stolen(stage, heist, theft, "the owner's key had leaked", "the owner had just changed")
    )


def unprotected(stage: Stage) -> Story:
    """A function that should have been the owner's alone was left open to everybody."""
    owner = yield from builder(stage)
    fails = comes_to_nothing(stage.rng)
    made = yield [create(owner, TREASURY, not fails)]
    heist = yield from _heist(stage, created(made[0]), [], fails)
    thief = heist.takers[0]
    theft = [_rescued(heist, thief, taker, part) for taker, part in _parts(heist)]
    return (
        yield from _stolen(stage, heist, theft, "rescue() is open to everybody", "rescue() is the owner's")
    )


def malicious_upgrade(stage: Stage) -> Story:
    """Other code is put behind the treasury's proxy: with the owner's key, or as it had no owner. The thief
    deploys that code for the purpose: a suspicious contract too.
    """
    owner, is_orphan = (yield from builder(stage)), stage.rng.random() < 0.5
    made = yield [create(owner, UPGRADEABLE_TREASURY)]
    fails = is_orphan and stage.rng.random() < 2 * FAILS
    first = bytes.fromhex(call_data("initialize(address)", owner)[2:])
    begun = b"" if is_orphan and not fails else first
    made = yield [create(owner, PROXY, created(made[0]), begun)]
    heist = yield from _heist(stage, created(made[0]), [] if is_orphan else [owner], fails)
    thief = heist.takers[0]
    heist.done += yield [create(thief, SIPHON)]
    siphon = created(heist.done[-1])
    heist.helpers.append(siphon)
    yield from wait(stage.rng.randint(0, 3))
    mine = [call(thief, heist.treasury, "initialize(address)", thief)] if is_orphan else []
    turned = upgrade(heist.treasury, thief if is_orphan else owner, siphon)
    signature = "empty(address[],address,uint256)"
    wanted = named_by(heist.assets)
    emptied = [call(thief, heist.treasury, signature, wanted, taker, part) for taker, part in _parts(heist)]
    how = "nobody had initialised the proxy" if is_orphan else "the owner's key had leaked"
    theft = [*mine, turned, *emptied]
    told: Outcome = yield from _stolen(stage, heist, theft, how, "the proxy had an owner", len(mine) + 1)
    return replace(told, also=("suspicious-contract",))


def hot_wallet(stage: Stage) -> Story:
    """Enough keys of a company's shared wallet are in the thief's hands."""
    owners = [stage.dormant(ETHER // 2) for _ in range(stage.rng.choice((2, 3, 5)))]
    needed = 2 if len(owners) < 4 else 3
    yield []
    made = yield [create(owners[0], SHARED_WALLET, owners, needed)]
    heist = yield from _heist(stage, created(made[0]), owners[:needed])
    signers = owners[: needed - 1] if heist.fails else owners[:needed]
    theft: list[Transaction] = []
    for number, (asset, held) in enumerate(zip(heist.assets, heist.before, strict=True)):
        taker = stage.rng.choice(heist.takers)
        amount = held * heist.percent // 100
        theft += shared_payment(heist.treasury, signers, number, asset, taker, amount)
    how = f"{needed} keys of {len(owners)} had leaked"
    return (yield from _stolen(stage, heist, theft, how, "one key too few had leaked", needed - 1))


def broken_signature(stage: Stage) -> Story:
    """A claim needs the signer's signature; no signer was ever set, and a broken one is taken for it."""
    owner = yield from builder(stage)
    made = yield [create(owner, SIGNED_TREASURY)]
    heist = yield from _heist(stage, created(made[0]), [])
    if heist.fails:
        yield [call(owner, heist.treasury, "setSigner(address)", stage.fresh())]
    signature = "claim(address,address,uint256,uint8,bytes32,bytes32)"
    theft: list[Transaction] = []
    for token, held in zip(named_by(heist.assets), heist.before, strict=True):
        taker, amount = stage.rng.choice(heist.takers), held * heist.percent // 100
        junk = (0, stage.rng.randbytes(32), stage.rng.randbytes(32))
        theft.append(call(heist.takers[0], heist.treasury, signature, token, taker, amount, *junk))
    return (yield from _stolen(stage, heist, theft, "any broken signature will do", "a signer had been set"))


VARIANTS = {
    "leaked_key": leaked_key,
    "unprotected": unprotected,
    "malicious_upgrade": malicious_upgrade,
    "hot_wallet": hot_wallet,
    "broken_signature": broken_signature,
}


def _heist(stage: Stage, treasury: Address, owners: list[Address], fails: bool | None = None) -> Acts:
    """The treasury is filled, and the thief comes, sometimes days later. The first taker can pay for gas."""
    assets = yield from fill_treasury(stage, treasury, treasury_usd(stage))
    if stage.rng.random() < 0.3:
        yield from sleep(stage, stage.rng.randint(2 * HOUR, 9 * DAY))
    thief = yield from assailant(stage, ETHER // 2)
    yield from look_ordinary(stage, thief)
    others = [stage.fresh() for _ in range(stage.rng.choice((0, 0, 1, 2)))]
    percent = 100 if stage.rng.random() < 0.6 else stage.rng.randint(90, 99)
    before = stage.miner.holdings((asset, treasury) for asset in assets)
    if fails is None:
        fails = comes_to_nothing(stage.rng)
    return _Heist(treasury, assets, [thief, *others], percent, before, fails, owners)


def _parts(heist: _Heist) -> list[tuple[Address, int]]:
    """Who takes how many percent of what is there then: the last one as much as makes `percent` of all."""
    shares = [10] * (len(heist.takers) - 1)
    left = 100
    for share in shares:
        left -= left * share // 100
    last = 100 - (100 - heist.percent) * 100 // left
    return list(zip(heist.takers, [*shares, last], strict=True))


def _rescued(heist: _Heist, sender: Address, taker: Address, percent: int) -> Transaction:
    return rescue(heist.treasury, sender, heist.assets, taker, percent)


def _stolen(
    stage: Stage, heist: _Heist, theft: list[Transaction], how: str, why_not: str, first: int = 0
) -> Story:
    """All in one block, or a transaction a block; what the treasury lacks afterwards is the loss.

    The `first` of `theft` that takes something is the first harm.
    """
    struck: list[Mined] = []
    if stage.rng.random() < 0.75:
        struck = yield theft
    else:
        for one in theft:
            struck += yield [one]
            yield from wait(stage.rng.randint(0, 1))
    loss = lost_by(stage, heist.treasury, heist.assets, heist.before)
    if not heist.fails and stage.rng.random() < 0.5:
        struck += yield from _run(stage, heist)
    stage.cast.leave(heist.takers[:1])
    named = roles([*heist.takers, *heist.helpers], [heist.treasury, *heist.owners])
    done = hashes([*heist.done, *struck])
    if heist.fails:
        return Outcome(done, named, f"in vain: {why_not}", succeeded=False)
    note = f"{heist.percent} % of {len(heist.assets)} assets; {how}"
    return Outcome(done, named, note, struck[first].hash, loss)


def _run(stage: Stage, heist: _Heist) -> Acts:
    """The thief's own wallet passes everything on to a new one."""
    yield from wait(stage.rng.randint(1, 4))
    hideout = stage.fresh()
    moved = yield stage.send_all(heist.takers[0], hideout)
    heist.helpers.append(hideout)
    return moved
