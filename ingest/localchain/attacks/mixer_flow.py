"""Mixer flow: stolen or dirty money goes into the mixer and comes out at wallets that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ingest.localchain.chain.actions import PLAIN_GAS, Transaction, approve, pay, pull
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.mixer import Mixer, Note, deposit, withdraw
from ingest.localchain.story_parts.funding import between, fund, people_with
from ingest.localchain.story_parts.key_thefts import Theft, stolen_key
from ingest.localchain.story_parts.money_trails import cash_in, cash_out, cover, dirty, hop
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest, split
from ingest.localchain.world.clock import DAY, HOUR
from ingest.localchain.world.stage import Acts, Outcome, Stage, Story, hashes, roles, sleep, wait
from ingest.localchain.world.world import ETH

CATEGORY = "mixer-flow"
WARM_UP = 25
LONGEST = 30
NIGHTS = 2

_ETHER = (0.5, 400)
_MOST_NOTES = 8


@dataclass(slots=True)
class _Laundry:
    """Whose money it is, and what has been done with it so far."""

    owner: Address
    theft: Theft | None = None
    done: list[Mined] = field(default_factory=list)
    recipients: list[Address] = field(default_factory=list)
    tip: int | None = None


def through_relayer(stage: Stage) -> Story:
    """Notes from one wallet; relayers pay them out to a new wallet each, or all to one."""
    laundry = yield from _laundry(stage)
    if laundry.theft is None and comes_to_nothing(stage.rng):
        return (yield from _wrong_value(stage, laundry))
    notes = yield from _pay_in(stage, laundry, [laundry.owner])
    one = stage.fresh() if stage.rng.random() < 0.5 else None
    yield from _pay_out(stage, laundry, notes, [one or stage.fresh() for _ in notes])
    yield from _spend(stage, laundry)
    return _ending(stage, laundry, f"{len(notes)} notes, paid out by relayers")


def own_gas(stage: Stage) -> Story:
    """The new wallets withdraw by themselves: with the depositor's habit of tipping, and gas."""
    laundry = yield from _laundry(stage)
    if laundry.theft is None and comes_to_nothing(stage.rng):
        return (yield from _unknown_note(stage, laundry))
    notes = yield from _pay_in(stage, laundry, [laundry.owner])
    yield from sleep(stage, int(between(stage, HOUR / 2, 3 * DAY)))
    careless = stage.rng.random() < 0.3
    for note in notes[:5]:
        wallet, gas = stage.fresh(), stage.miner.fee(400_000)
        if careless and stage.spendable(laundry.owner, PLAIN_GAS) > gas:
            laundry.done += yield [pay(ETH, laundry.owner, wallet, gas)]
        else:
            yield from fund(stage, wallet, gas)
        laundry.done += yield [withdraw(note, wallet, wallet, tip=laundry.tip)]
        laundry.recipients.append(wallet)
    yield from _spend(stage, laundry)
    told = "the depositor's gas" if careless else "gas from elsewhere"
    return _ending(stage, laundry, f"{len(notes)} notes, drawn with one tip and {told}")


def address_reuse(stage: Stage) -> Story:
    """It comes back to the wallet that paid it in, or to one that it had paid before."""
    laundry = yield from _laundry(stage)
    if laundry.theft is None and comes_to_nothing(stage.rng):
        return (yield from _wrong_value(stage, laundry))
    known = laundry.owner
    if stage.rng.random() < 0.5:
        known = stage.fresh()
        laundry.done += yield [
            pay(ETH, laundry.owner, known, stage.spendable(laundry.owner, PLAIN_GAS) // 50)
        ]
        yield from wait(stage.rng.randint(0, 2))
    notes = yield from _pay_in(stage, laundry, [laundry.owner])
    yield from _pay_out(stage, laundry, notes, [known] * len(notes))
    yield from _spend(stage, laundry)
    told = "the depositor itself" if known == laundry.owner else "a wallet the depositor had paid"
    return _ending(stage, laundry, f"{len(notes)} notes, paid out to {told}")


def many_depositors(stage: Stage) -> Story:
    """Spread over several wallets that pay in, with payments to others in between; one gets it all."""
    laundry = yield from _laundry(stage, least=3)
    if laundry.theft is None and comes_to_nothing(stage.rng):
        return (yield from _unknown_note(stage, laundry))
    wallets = [stage.fresh() for _ in range(stage.rng.randint(2, 4))]
    left = stage.spendable(laundry.owner, *[PLAIN_GAS] * len(wallets))
    parts = split(stage.rng, left, len(wallets), 0.2)
    laundry.done += yield [pay(ETH, laundry.owner, w, n) for w, n in zip(wallets, parts, strict=True)]
    laundry.done += yield [t for wallet in wallets for t in cover(stage, wallet)]
    notes = yield from _pay_in(stage, laundry, wallets)
    yield from _pay_out(stage, laundry, notes, [stage.fresh()] * len(notes))
    yield from _spend(stage, laundry)
    laundry.recipients += wallets
    return _ending(stage, laundry, f"{len(notes)} notes of {len(wallets)} wallets, paid out to one")


def funded_by_mixer(stage: Stage) -> Story:
    """Out of the mixer into a new wallet, which steals with it, sells the loot and mixes that.

    It steals by an allowance that the victim signed: approval phishing too.
    """
    laundry = yield from _laundry(stage, stolen=False)
    if comes_to_nothing(stage.rng):
        return (yield from _wrong_value(stage, laundry))
    notes = yield from _pay_in(stage, laundry, [laundry.owner], most=1)
    spender = stage.fresh()
    yield from _pay_out(stage, laundry, notes, [spender])
    asset = stage.world.token(stage.rng.choice(("USDC", "USDT", "DAI")))
    (victim,) = yield from people_with(stage, 1, asset, 400)
    amount = stage.holding(asset, victim)
    laundry.done += yield [approve(asset.token, victim, spender)]
    yield from wait(stage.rng.randint(0, 3))
    (stolen,) = yield [pull(asset.token, spender, victim, spender, amount)]
    laundry.done.append(stolen)
    stage.cast.leave([victim])
    laundry.done += yield cash_in(stage, asset, spender)
    again = yield from _pay_in(stage, laundry, [spender], most=2)
    named = roles([laundry.owner, spender], [victim], infrastructure=_pools(stage))
    note = f"{len(notes)} notes paid for a theft, whose loot went back in as {len(again)} notes"
    also = ("approval-phishing",)
    return Outcome(hashes(laundry.done), named, note, stolen.hash, asset.usd(amount), also=also)


VARIANTS = {
    "through_relayer": through_relayer,
    "own_gas": own_gas,
    "address_reuse": address_reuse,
    "many_depositors": many_depositors,
    "funded_by_mixer": funded_by_mixer,
}


def _laundry(stage: Stage, least: float = _ETHER[0], stolen: bool | None = None) -> Acts:
    """Money to be washed: from a theft more often than not, else old dirty money."""
    tip = stage.rng.randint(1_050_000, 3_900_000) * 1_000
    if stolen is None:
        stolen = stage.rng.random() < 0.6
    if stolen:
        theft = yield from stolen_key(stage, least, _ETHER[1])
        return _Laundry(theft.thief, theft, [theft.mined], tip=tip)
    wei = ETH.units(between(stage, least, _ETHER[1]) * ETH.cents / 100)
    return _Laundry((yield from dirty(stage, wei)), tip=tip)


def _pay_in(stage: Stage, laundry: _Laundry, owners: Sequence[Address], most: int = _MOST_NOTES) -> Acts:
    """As many notes as each owner's money gives, one or two a block; returns them."""
    mixer, paid = stage.world.of(Mixer), list[Note]()
    for owner in owners:
        left = stage.spendable(owner, *[200_000] * most)
        notes = mixer.notes(stage.rng, left, max(1, most // len(owners)))
        for start in range(0, len(notes), 2):
            laundry.done += yield [deposit(note, owner, laundry.tip) for note in notes[start : start + 2]]
            yield from wait(stage.rng.randint(0, 1))
        paid += notes
    return paid


def _pay_out(stage: Stage, laundry: _Laundry, notes: Sequence[Note], wallets: Sequence[Address]) -> Acts:
    """Each note to its wallet by some relayer, in random order, after minutes to days."""
    pairs = list(zip(notes, wallets, strict=True))
    stage.rng.shuffle(pairs)
    sleeps = naps(stage, len(pairs), NIGHTS)
    yield from rest(stage, 0, blocks=3)
    for number, (note, wallet) in enumerate(pairs):
        relayer = stage.rng.choice(stage.world.of(Mixer).relayers)
        fee = int(note.pool.wei * stage.rng.uniform(0.002, 0.01))
        yield from rest(stage, sleeps.get(number, 0), blocks=0)
        laundry.done += yield [withdraw(note, wallet, relayer, fee)]
    laundry.recipients += list(dict.fromkeys(wallets))


def _spend(stage: Stage, laundry: _Laundry) -> Acts:
    """What the money touches next: the exchange, another new wallet, or nothing yet."""
    for wallet in laundry.recipients[:2]:
        way = stage.rng.choice(("exchange", "wallet", "nothing"))
        if way == "exchange":
            laundry.done += yield _tipped(cash_out(stage, wallet), laundry.tip)
        elif way == "wallet":
            there = stage.fresh()
            moved = pay(ETH, wallet, there, stage.spendable(wallet, PLAIN_GAS))
            laundry.done += yield _tipped([moved], laundry.tip)
            laundry.recipients.append(there)


def _tipped(transactions: list[Transaction], tip: int | None) -> list[Transaction]:
    return [replace(transaction, tip=tip) for transaction in transactions]


def _wrong_value(stage: Stage, laundry: _Laundry) -> Story:
    """The deposit is not what the pool takes, and fails; the owner moves on without the mixer."""
    note = stage.world.of(Mixer).notes(stage.rng, stage.spendable(laundry.owner, 200_000), 1)[0]
    wrong = replace(deposit(note, laundry.owner, laundry.tip), value=note.pool.wei // 2)
    laundry.done += yield [wrong]
    there = stage.fresh()
    laundry.done += yield hop(stage, ETH, laundry.owner, there)
    named = roles([laundry.owner, there], infrastructure=_pools(stage))
    return Outcome(hashes(laundry.done), named, "given up: the pool does not take that sum", succeeded=False)


def _unknown_note(stage: Stage, laundry: _Laundry) -> Story:
    """It is paid in, but the note is lost: withdrawals with a wrong one fail, and the money stays there."""
    (note,) = yield from _pay_in(stage, laundry, [laundry.owner], most=1)
    relayer, there = stage.rng.choice(stage.world.of(Mixer).relayers), stage.fresh()
    for _ in range(stage.rng.randint(1, 3)):
        guess = replace(note, secret=stage.rng.randbytes(32))
        laundry.done += yield [withdraw(guess, there, relayer, note.pool.wei // 200)]
        yield from wait(stage.rng.randint(0, 2))
    named = roles([laundry.owner], infrastructure=_pools(stage))
    return Outcome(hashes(laundry.done), named, "given up: the note is lost", succeeded=False)


def _ending(stage: Stage, laundry: _Laundry, note: str) -> Outcome:
    theft = laundry.theft
    attackers = dict.fromkeys([laundry.owner, *laundry.recipients])
    named = roles(attackers, [theft.victim] if theft else (), infrastructure=_pools(stage))
    whose = "stolen" if theft else "old dirty"
    told = hashes(laundry.done), named, f"{whose} money: {note}"
    return Outcome(*told, theft.mined.hash, theft.loss_usd) if theft else Outcome(*told)


def _pools(stage: Stage) -> list[Address]:
    return [pool.address for pool in stage.world.of(Mixer).pools]
