"""Oracle push, and the same with borrowed money: a price is moved between paying in and taking out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from dashboard.outside.inspecting.functions import lowered
from dashboard.outside.inspecting.lab import Lab, Way, templates
from dashboard.outside.inspecting.market import Market, market_at
from dashboard.outside.inspecting.outcome import Count, Outcome, amount, found, missed
from dashboard.outside.inspecting.stage import ETHER, POOLED, provide
from detectors.parts import bytecode
from ingest.localchain.chain.wallet import Address, call_data

PUSH, FLASH = "oracle-push", "flash-loan"
_VIEWS = ("pair()", "pool()", "oracle()", "uniswapV2Pair()", "lpPair()", "priceSource()")
_PUSHES = ((1, 50), (1, 2), (2, 1), (10, 1))
"""Of the pool's money, what is paid into it to move its price, as a fraction."""
_SHARES = (1, 2, 4, 10)
_OUT = ((1, 1), (19, 20), (1, 2), (1, 10))
_OTHERS = 500_000 * ETHER
_BORROW = "borrow(address,address,uint256,(address,uint256,bytes)[])"


@dataclass(frozen=True, slots=True)
class Plan:
    """Money goes in (or what was bought with it), before or after a push of the price by `push`."""

    way: Way
    before: bool
    push: tuple[int, int]
    share: int


def pushing(lab: Lab) -> tuple[Outcome, Outcome]:
    """Outcomes of `oracle-push` and `flash-loan`: a raid that gains with own money is done again, in one
    transaction, with a loan.
    """
    counts = lab.count(PUSH), lab.count(FLASH)
    market = _market(lab)
    if market is None:
        why = "no pool is known that it could look at"
        return missed(PUSH, counts[0], why), _flash_alone(lab, counts[1])
    with lab.fork.undone():
        dealt = _stocked(lab, market)
        for plan in _plans(lab, market):
            if not counts[0].more():
                break
            with lab.fork.undone():
                gain, calls = _raid(lab, market, plan)
                if gain <= 0:
                    continue
                said = (
                    f"the pool's price is moved {'after' if plan.before else 'before'} "
                    f"{plan.way.function.name}: {amount(gain)} more of {market.quote} than before"
                )
                pushed = found(PUSH, said, counts[0], lab.fork)
            flash = _with_loan(lab, market.quote, _needed(lab, market, plan), calls, counts[1])
            return pushed, flash or missed(FLASH, counts[1], "what it gains does not pay for the loan")
    why = "" if dealt else "no way was found to put anything into it"
    return missed(PUSH, counts[0], why), _flash_alone(lab, counts[1])


def _market(lab: Lab) -> Market | None:
    """The pool that the contract names, by a view, in its code, or in its first slots."""
    at, fork = lab.subject.address, lab.fork
    words = [fork.view(at, each) for each in _VIEWS] + [fork.slot(at, hex(n)) for n in range(8)]
    named = [lowered(word) for word in words if word and not word >> 160]
    named += ["0x" + each.hex() for each in bytecode.read(lab.subject.code).addresses]
    assets = {each for each in lab.assets() if each}
    for pair in dict.fromkeys(named):
        for side in ("token0()", "token1()"):
            token = fork.view(pair, side)
            market = market_at(fork, pair, lowered(token)) if token else None
            if market is not None and (market.quote in assets or lab.subject.fresh):
                money = fork.view(at, "money()") or fork.view(at, "asset()")
                if money is None or int(market.quote, 16) == money:
                    return market
    return None


def _stocked(lab: Lab, market: Market) -> bool:
    """Others have put money into it, so that there is something to take; of a new one that buys for itself
    what it prices, as vaults do, it is given some.
    """
    dealt = False
    for asset in (market.quote, market.token):
        for way in lab.ways_in(asset):
            lab.enter(lab.stage.victim, way, _OTHERS)
            dealt = True
    if lab.subject.fresh and not lab.ways_in(market.token):
        provide(lab.fork, lab.stage, lab.subject.address, market.token, _OTHERS)
    return dealt


def _plans(lab: Lab, market: Market) -> list[Plan]:
    """What is bought is pledged, or what was put in before the push is taken out, in an order of the dice."""
    plans = [
        Plan(way, before, push, share)
        for asset, before in ((market.token, False), (market.quote, True))
        for way, push, share in itertools.product(lab.ways_in(asset), _PUSHES, _SHARES)
    ]
    lab.dice(PUSH).shuffle(plans)
    return plans


def _raid(lab: Lab, market: Market, plan: Plan) -> tuple[int, list[dict[str, Any]]]:
    """What the probe has more of the money than it began with, and what it did."""
    fork, probe, money = lab.fork, lab.stage.probe, market.quote
    reserve = market.reserves(fork)[1]
    push, share = reserve * plan.push[0] // plan.push[1], reserve // plan.share
    provide(fork, lab.stage, probe, money, _needed(lab, market, plan))
    before, written = fork.noted(probe, money), len(fork.steps)
    lab.allow(plan.way.asset, probe)
    if plan.before and not lab.do(probe, plan.way, share):
        return 0, []
    bought = _swap(lab, market, money, push)
    if not bought or (not plan.before and not lab.do(probe, plan.way, bought // plan.share)):
        return 0, []
    _take_out(lab, market)
    _swap(lab, market, market.token, fork.held(probe, market.token))
    return fork.noted(probe, money) - before, fork.steps[written:]


def _needed(lab: Lab, market: Market, plan: Plan) -> int:
    """Money that it takes to begin with."""
    reserve = market.reserves(lab.fork)[1]
    return reserve * plan.push[0] // plan.push[1] + (reserve // plan.share if plan.before else 0)


def _take_out(lab: Lab, market: Market) -> None:
    """As much as any function pays, all that the contract holds first."""
    fork, probe, money = lab.fork, lab.stage.probe, market.quote
    held = fork.held(lab.subject.address, money)
    amounts = sorted([*lab.claims(probe), *(held * over // under for over, under in _OUT)], reverse=True)
    ways = lab.ways_out(money, probe, amounts)
    best, most = None, 0
    for way, out in ways:
        with fork.undone():
            before = fork.held(probe, money)
            lab.do(probe, way, out)
            got = fork.held(probe, money) - before
        if got > most:
            best, most = (way, out), got
    if best is not None:
        lab.do(probe, *best)


def _swap(lab: Lab, market: Market, sold: Address, units: int) -> int:
    """The probe trades; what it got."""
    bought = market.quote if sold == market.token else market.token
    due = market.price_of(lab.fork, sold, units)
    if due <= 0 or not lab.act(sold, call_data("transfer(address,uint256)", market.pair, units)):
        return 0
    return due if lab.act(market.pair, market.swap_out(bought, due, lab.stage.probe)) else 0


def _with_loan(
    lab: Lab, asset: Address, needed: int, calls: list[dict[str, Any]], count: Count
) -> Outcome | None:
    """The same calls inside of a loan of undertow's own lender; what is left after its fee counts."""
    fork, stage = lab.fork, lab.stage
    inside = [_inner(each) for each in calls if each["do"] == "send" and each["from"] == stage.attacker]
    if not count.more():
        return None
    with fork.undone():
        provide(fork, stage, stage.lender, asset, needed)
        before = fork.noted(stage.probe, asset)
        data = call_data(_BORROW, stage.lender, asset, needed, inside)
        if not fork.send(stage.attacker, stage.probe, data).ok:
            return None
        gain = fork.noted(stage.probe, asset) - before
        said = (
            f"with {amount(needed)} borrowed and paid back in one transaction, "
            f"{amount(gain)} of token {asset} are left"
        )
        return found(FLASH, said, count, fork) if gain > 0 else None


def _inner(step: dict[str, Any]) -> tuple[Address, int, bytes]:
    """What the probe was told to do, out of the call that told it."""
    data = bytes.fromhex(step["data"][10:])
    to, value, size = data[12:32], int.from_bytes(data[32:64], "big"), int.from_bytes(data[96:128], "big")
    return "0x" + to.hex(), value, data[128 : 128 + size]


def _flash_alone(lab: Lab, count: Count) -> Outcome:
    """Without a price to push: what is borrowed goes in, something is called, and it comes out again."""
    fork, stage, dealt = lab.fork, lab.stage, False
    for asset in (each for each in lab.assets() if each):
        for way_in in lab.ways_in(asset):
            dealt = True
            with fork.undone():
                lab.enter(stage.victim, way_in, POOLED // 2)
                outcome = _between(lab, asset, way_in, count)
                if outcome is not None:
                    return outcome
    return missed(FLASH, count, "" if dealt else "no way was found to put a token into it")


def _between(lab: Lab, asset: Address, way_in: Way, count: Count) -> Outcome | None:
    fork, probe = lab.fork, lab.stage.probe
    with fork.undone():
        provide(fork, lab.stage, probe, asset, POOLED)
        before, written = fork.held(probe, asset), len(fork.steps)
        lab.allow(asset, probe)
        if not lab.do(probe, way_in, POOLED):
            return None
        others = [Way(each, filled, asset) for each in lab.subject.acts for filled in templates(each)[:3]]
        for middle in (None, *lab.possible(others, probe, POOLED)):
            if not count.more():
                return None
            with fork.undone():
                if middle is not None:
                    lab.do(probe, middle, POOLED)
                for way, out in lab.ways_out(asset, probe, [*lab.claims(probe), POOLED])[:2]:
                    lab.do(probe, way, out)
                gain, calls = fork.held(probe, asset) - before, fork.steps[written:]
            if gain > POOLED // 1_000:
                break
        else:
            return None
    return _with_loan(lab, asset, POOLED, [each for each in calls if each.get("ok")], count)
