"""Address poisoning: a lookalike of an address the victim really paid is put into the victim's history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass

from ingest.localchain.chain import artifacts
from ingest.localchain.chain.actions import DEPLOY_GAS, TOKEN_GAS, Asset, Transaction, buy, mint, pay, pull
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.story_parts.funding import people_with
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, lookalike, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "address-poisoning"
WARM_UP = 20
LONGEST = 19

_LEAST_USD = 150
_TWIN = ("token-impersonation",)
_POISONER = Own("allowance", "Poisoner")
_EVENT_TOKEN = Own("allowance", "EventToken", ("string", "string"))


@dataclass(frozen=True, slots=True)
class _Mark:
    """A victim who has really paid `amount` of `asset` to `friend`, and the lookalike of that friend."""

    victim: Address
    friend: Address
    asset: Asset
    amount: int
    lookalike: Address


_Targets = Generator[list[Transaction], list[Mined], list[_Mark]]


def zero_value(stage: Stage) -> Story:
    """One sender moves nothing from victims to lookalikes: `transferFrom` of zero needs no allowance."""
    marks = yield from _real_payments(stage, [stage.world.hostile, _stablecoin(stage), _stablecoin(stage)])
    sender = stage.dormant(stage.ether(0.5, 2))
    poison = yield [pull(m.asset.token, sender, m.victim, m.lookalike, 0) for m in marks]
    return (yield from _ending(stage, marks, [sender], poison, "nothing moved from victims to lookalikes"))


def dust(stage: Stage) -> Story:
    """The lookalike itself sends a hair of what was paid: native value, or a token bought for the purpose."""
    asset = stage.rng.choice((ETH, _stablecoin(stage)))
    marks = yield from _real_payments(stage, [asset] * stage.rng.randint(1, 3))
    sender = stage.dormant(stage.ether(0.5, 2))
    hairs = [_hair(stage, asset) for _ in marks]
    poison = yield _equip(stage, sender, asset, marks)
    if asset.address:
        poison += yield [
            pay(asset, sender, m.lookalike, 2 * hair) for m, hair in zip(marks, hairs, strict=True)
        ]
    poison += yield [pay(asset, m.lookalike, m.victim, hair) for m, hair in zip(marks, hairs, strict=True)]
    return (yield from _ending(stage, marks, [sender], poison, "dust from lookalikes to victims"))


def counterfeit(stage: Stage) -> Story:
    """A worthless token with the real one's name: the lookalike sends what the victim had paid. A listed
    token's name in a forged history is token impersonation too.
    """
    (mark,) = yield from _real_payments(stage, [_stablecoin(stage)])
    sender = stage.dormant(stage.ether(1, 2))
    code = artifacts.TOKEN.deployment(mark.asset.symbol, mark.asset.symbol)
    poison = yield [Transaction(sender, None, code, gas=DEPLOY_GAS)]
    fake = poison[0].created
    assert fake is not None
    fund = pay(ETH, sender, mark.lookalike, stage.miner.fee(2 * TOKEN_GAS))
    poison += yield [mint(fake, sender, mark.lookalike, mark.amount), fund]
    poison += yield [pay(Asset("", fake, 0), mark.lookalike, mark.victim, mark.amount)]
    return (
        yield from _ending(stage, [mark], [sender], poison, "a counterfeit token from the lookalike", _TWIN)
    )


def batch_contract(stage: Stage) -> Story:
    """A contract moves nothing for many victims in one transaction: a campaign, one of many of its day."""
    marks = yield from _real_payments(stage, [_stablecoin(stage)] * stage.rng.randint(2, 8))
    sender = stage.dormant(stage.ether(0.5, 2))
    poison = yield [Transaction(sender, None, _POISONER.deployment(), gas=DEPLOY_GAS)]
    contract = poison[0].created
    assert contract is not None
    for asset in dict.fromkeys(mark.asset for mark in marks):
        these = [mark for mark in marks if mark.asset == asset]
        data = call_data(
            "poison(address,address[],address[])",
            asset.token, [mark.victim for mark in these], [mark.lookalike for mark in these],
        )  # fmt: skip
        poison += yield [Transaction(sender, contract, data, gas=(len(these) + 2) * TOKEN_GAS)]
    how = "nothing moved from many victims to lookalikes by one contract"
    return (yield from _ending(stage, marks, [sender, contract], poison, how))


def forged_events(stage: Stage) -> Story:
    """A token whose log says that the victims paid the lookalikes what they had really paid their friends.
    It reads like a listed one: token impersonation too.
    """
    marks = yield from _real_payments(stage, [_stablecoin(stage)] * stage.rng.randint(1, 5))
    sender = stage.dormant(stage.ether(0.5, 2))
    symbol = stage.rng.choice((marks[0].asset.symbol, "USD\u0421", "USDT.", " USDC"))
    code = _EVENT_TOKEN.deployment(symbol, symbol)
    poison = yield [Transaction(sender, None, code, gas=DEPLOY_GAS)]
    fake = poison[0].created
    assert fake is not None
    data = call_data(
        "say(address[],address[],uint256[])",
        [m.victim for m in marks], [m.lookalike for m in marks], [m.amount for m in marks],
    )  # fmt: skip
    poison += yield [Transaction(sender, fake, data, gas=(len(marks) + 2) * TOKEN_GAS)]
    how = "forged payments in the log of a fake token"
    return (yield from _ending(stage, marks, [sender], poison, how, _TWIN))


VARIANTS = {
    "zero_value": zero_value,
    "dust": dust,
    "counterfeit": counterfeit,
    "batch_contract": batch_contract,
    "forged_events": forged_events,
}


def _real_payments(stage: Stage, assets: list[Asset]) -> _Targets:
    """An honest person pays a friend in each of `assets`; the poisoner watches."""
    marks: list[_Mark] = []
    for asset, count in Counter(assets).items():
        victims = yield from people_with(stage, count, asset, _LEAST_USD)
        held = stage.miner.holdings((asset, victim) for victim in victims)
        for victim, holding in zip(victims, held, strict=True):
            friend = stage.cast.friend(stage.rng, stage.cast.people[victim])
            amount = asset.units(asset.usd(int(holding * stage.rng.uniform(0.01, 0.3))))
            marks.append(_Mark(victim, friend, asset, amount, lookalike(stage.rng, friend)))
    yield [pay(m.asset, m.victim, m.friend, m.amount) for m in marks]
    yield from wait(stage.rng.randint(0, 2))
    return marks


def _equip(stage: Stage, sender: Address, asset: Asset, marks: list[_Mark]) -> list[Transaction]:
    """Native value for each lookalike's fee and dust; and the token to send, bought on the market."""
    wei = 2 * stage.miner.fee(TOKEN_GAS) + ETH.units(0.01)
    funding = [pay(ETH, sender, mark.lookalike, wei) for mark in marks]
    if asset.address is None:
        return funding
    return [*funding, buy(stage.world.router, sender, [stage.world.weth, asset.address], ETHER // 20)]


def _ending(
    stage: Stage,
    marks: list[_Mark],
    senders: list[Address],
    poison: list[Mined],
    how: str,
    also: tuple[str, ...] = (),
) -> Story:
    """In half of the stories one victim copies the wrong address and pays it."""
    yield from wait(stage.rng.randint(1, 8))
    mark, harm, loss = stage.rng.choice(marks), None, 0.0
    if stage.rng.random() < 0.5:
        amount = int(stage.holding(mark.asset, mark.victim) * stage.rng.uniform(0.05, 0.9))
        (mistake,) = yield [pay(mark.asset, mark.victim, mark.lookalike, amount)]
        poison, harm, loss = [*poison, mistake], mistake.hash, mark.asset.usd(amount)
    stage.cast.release(mark.victim for mark in marks)
    attackers = [*senders, *(mark.lookalike for mark in marks)]
    named = roles(attackers, victims=(mark.victim for mark in marks))
    note = f"{how}; {'one of them paid the lookalike' if harm else 'nobody fell for it'}"
    return Outcome(hashes(poison), named, note, harm, loss, harm is not None, also)


def _stablecoin(stage: Stage) -> Asset:
    return stage.rng.choice(stage.world.tokens[:2])


def _hair(stage: Stage, asset: Asset) -> int:
    """At most a cent."""
    return asset.units(stage.rng.uniform(0.001, 0.01))
