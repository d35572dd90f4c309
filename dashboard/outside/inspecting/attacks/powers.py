"""What an owner can do that nobody else can, and what anybody can do: found by calling everything as each."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from operator import itemgetter

from dashboard.outside.inspecting.attacks.selling import HALF, buy, sale_pays, set_ups
from dashboard.outside.inspecting.attacks.standing import DRAINS, Standing, arrives, effects, standing
from dashboard.outside.inspecting.functions import Function
from dashboard.outside.inspecting.guesses import Guesses, calls
from dashboard.outside.inspecting.lab import STAKE, Lab
from dashboard.outside.inspecting.market import Market
from dashboard.outside.inspecting.outcome import POWERS, Count, Outcome, found, missed
from dashboard.outside.inspecting.stage import ETHER, provide
from ingest.localchain.chain.actions import ZERO
from ingest.localchain.chain.wallet import Address, call_data

KIND = "powers"
_MORE = 20
"""Calls are asked about many at once, so there are so many times as many tries."""
_CALLS = 40
"""Sets of arguments a function is tried with."""
_IDLE = 4
"""Times that a function may do nothing for a caller before no other arguments are tried."""
_OWN_WORDS = ("approve", "increaseAllowance", "decreaseAllowance", "permit")


def powers(lab: Lab, market: Market | None) -> list[Outcome]:
    """Outcomes of all kinds of power, and of `owner-drains`; their tries are counted together."""
    count = lab.count(KIND, _MORE * lab.most)
    with lab.fork.undone():
        holders = _prepared(lab, market)
        seen: dict[str, Outcome] = {}
        before: dict[Address, Standing] = {}
        idle: collections.Counter[tuple[Address, str]] = collections.Counter()
        for caller, function, data in _attempts(lab, market, holders, count):
            if idle[caller, function.selector] >= _IDLE:
                continue
            if caller not in before:
                before[caller] = standing(lab, market, holders, caller)
            did = _tried(lab, market, holders, before[caller], caller, function, data, count)
            idle[caller, function.selector] += not did
            for outcome in did:
                seen.setdefault(outcome.kind, outcome)
    return [seen.get(kind) or _missed(kind, count, bool(holders)) for kind in (DRAINS, *POWERS)]


def _missed(kind: str, count: Count, is_token: bool) -> Outcome:
    if is_token or kind in (DRAINS, "destroys"):
        return missed(kind, count)
    return missed(kind, Count(0), "it is no token, or nobody has any")


def _prepared(lab: Lab, market: Market | None) -> tuple[Address, ...]:
    """Gives the contract something to lose, and people some of the token. Returns who holds it."""
    fork, stage, at = lab.fork, lab.stage, lab.subject.address
    for asset in lab.assets():
        provide(fork, stage, stage.victim, asset, STAKE)
        for way in lab.ways_in(asset)[:2]:
            lab.enter(stage.victim, way, STAKE)
        if asset is not None and asset != at:
            fork.send(stage.victim, asset, call_data("transfer(address,uint256)", at, STAKE))
    if lab.subject.fresh:
        fork.send(stage.victim, at, "0x", STAKE)
    people = (stage.victim, stage.friend)
    if market is not None and market.token == at:
        for who in people:
            if not buy(lab, market, who):
                return ()
        _opened(lab, market)
        owners = [each for each in lab.subject.owners[:1] if each not in people]
        return (*people, *owners, market.pair)
    if fork.view(at, "totalSupply()") and all(fork.held(who, at) for who in people[:1]):
        return people
    return ()


def _opened(lab: Lab, market: Market) -> None:
    """Of a new token, the owner's acts that name the pool, as launches have them, where trade goes on."""
    fork, at, owner = lab.fork, lab.subject.address, lab.stage.owner
    for act in set_ups(lab, market):
        if act is None:
            continue
        mark, names = fork.mark(), fork.view(at, "owner()")
        done = fork.send(owner, at, act[0]).ok and fork.view(at, "owner()") == names
        if (
            not done
            or sale_pays(lab, market, lab.stage.victim) < HALF
            or arrives(lab, lab.stage.friend) is None
        ):
            fork.back_to(mark)


def _attempts(
    lab: Lab, market: Market | None, holders: tuple[Address, ...], count: Count
) -> Iterator[tuple[Address, Function, str]]:
    """What would not fail of calls of every function with many arguments, as each who may be an owner: each
    function's first, then its second, and so on. All that are asked about count as tries.
    """
    pool = None if market is None else market.pair  # a token may remember it, but nobody signs for it
    owners = [each for each in lab.subject.owners if each != pool][:4]
    stage, fork, dice = lab.stage, lab.fork, lab.dice(KIND)
    addresses = [stage.victim, stage.friend, *(each for each in lab.assets() if each), *holders[-1:]]
    works: list[tuple[int, Address, Function, str]] = []
    for owner in (*(owners or (stage.owner,)), stage.attacker):
        fork.give(owner)
        guesses = Guesses(
            tuple(dict.fromkeys([stage.victim, owner, *addresses, ZERO])),
            (STAKE, 100, 20, 1, 0, 10**6 * ETHER, 2**255),
        )
        for function in lab.subject.acts:
            drawn = calls(function, guesses, dice, _CALLS) if function.name not in _OWN_WORDS else []
            tried = [data for data in drawn if count.more()]
            answers = fork.ask_all([(lab.subject.address, data, owner, 0) for data in tried])
            good = [data for data, answer in zip(tried, answers, strict=True) if answer is not None]
            works += [(i, owner, function, data) for i, data in enumerate(good)]
    yield from ((owner, function, data) for _, owner, function, data in sorted(works, key=itemgetter(0)))


def _tried(
    lab: Lab,
    market: Market | None,
    holders: tuple[Address, ...],
    before: Standing,
    caller: Address,
    function: Function,
    data: str,
    count: Count,
) -> list[Outcome]:
    """What one call does as the owner; whether anybody can do it too, it says."""
    fork, at = lab.fork, lab.subject.address
    with fork.undone():
        _noted(lab, holders, caller)
        if not fork.send(caller, at, data).ok:
            return []
        changed = effects(lab, holders, before, standing(lab, market, holders, caller), caller)
        if not changed:
            return []
        _show(lab, holders, caller)
        outcomes = [found(kind, f"by {function.name}: {said}", count, fork) for kind, said in changed.items()]
    if caller == lab.stage.attacker:
        return [each for each in outcomes if each.kind == DRAINS]
    return [each for each in outcomes if _is_power(lab, market, holders, data, each.kind)]


def _is_power(lab: Lab, market: Market | None, holders: tuple[Address, ...], data: str, kind: str) -> bool:
    """Whether it is more than what each holder can do with his own, by the same call from a stranger."""
    stranger, fork = lab.stage.attacker, lab.fork
    if kind in (DRAINS, "destroys", "makes-tokens", "takes-from-holders"):
        return True
    before = standing(lab, market, holders, stranger)
    with fork.undone():
        if not fork.send(stranger, lab.subject.address, data).ok:
            return True
        after = standing(lab, market, holders, stranger)
        return kind not in effects(lab, holders, before, after, stranger)


def _noted(lab: Lab, holders: tuple[Address, ...], caller: Address) -> None:
    """Reads what is at stake, so that whoever does it again compares the same."""
    at = lab.subject.address
    people = list(dict.fromkeys([*holders, caller])) if holders else []
    lab.fork.note([*((who, at) for who in people), *((at, asset) for asset in lab.assets())])


def _show(lab: Lab, holders: tuple[Address, ...], caller: Address) -> None:
    _noted(lab, holders, caller)
    for who in holders[:2]:
        units = lab.fork.held(who, lab.subject.address) // 10
        lab.fork.send(
            who, lab.subject.address, call_data("transfer(address,uint256)", lab.stage.other, units)
        )
