"""What an owner can do that nobody else can, and what anybody can do: found by calling everything as each."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.outside.inspecting.attacks.selling import buy, sale_pays, set_ups
from dashboard.outside.inspecting.functions import Function
from dashboard.outside.inspecting.guesses import Guesses, calls
from dashboard.outside.inspecting.lab import STAKE, Lab
from dashboard.outside.inspecting.market import Market
from dashboard.outside.inspecting.outcome import POWERS, Count, Outcome, amount, found, missed
from dashboard.outside.inspecting.stage import ETHER, provide
from ingest.localchain.chain.actions import ZERO
from ingest.localchain.chain.wallet import Address, call_data

DRAINS, KIND = "owner-drains", "powers"
_MORE = 20
"""Calls are asked about many at once, so there are so many times as many tries."""
_CALLS = 40
"""Sets of arguments a function is tried with."""
_TAX = 1
"""Percentage points by which less of a payment arrives, from which on it is a tax."""
_HALF = 50
"""Percent of the pool's price: who gets less cannot be said to sell."""
_DUST = 10**12
_IDLE = 4
"""Times that a function may do nothing for a caller before no other arguments are tried."""
_OWN_WORDS = ("approve", "increaseAllowance", "decreaseAllowance", "permit")


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are: what the token says of its supply and holders, what of a payment arrives in percent
    (None: it fails), for the victim and for somebody else; what percent of the pool's price a sale of theirs
    pays (0: it fails; None: there is no pool); what the contract holds and what the caller has of each asset;
    whether there is code.
    """

    supply: int
    balances: tuple[int, ...]
    arrives: tuple[int | None, int | None]
    pays: tuple[int, int] | None
    held: tuple[int, ...]
    callers: tuple[int, ...]
    lives: bool


def powers(lab: Lab, market: Market | None) -> list[Outcome]:
    """Outcomes of all kinds of power, and of `owner-drains`; their tries are counted together."""
    count = lab.count(KIND, _MORE * lab.most)
    with lab.fork.undone():
        holders = _prepared(lab, market)
        seen: dict[str, Outcome] = {}
        before: dict[Address, Standing] = {}
        idle: collections.Counter[tuple[Address, str]] = collections.Counter()
        for caller, function, data in _attempts(lab, holders, count):
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
    for _, data_and_name in set_ups(lab, market):
        if data_and_name is None:
            continue
        before, written, names = fork.wallet.ask("evm_snapshot"), len(fork.steps), fork.view(at, "owner()")
        done = fork.send(owner, at, data_and_name[0]).ok and fork.view(at, "owner()") == names
        if (
            not done
            or sale_pays(lab, market, lab.stage.victim) < _HALF
            or _arrives(lab, lab.stage.friend) is None
        ):
            fork.wallet.ask("evm_revert", before)
            del fork.steps[written:]


def _attempts(
    lab: Lab, holders: tuple[Address, ...], count: Count
) -> Iterator[tuple[Address, Function, str]]:
    """What would not fail of calls of every function with many arguments, as each who may be an owner: each
    function's first, then its second, and so on. All that are asked about count as tries.
    """
    stage, fork, dice = lab.stage, lab.fork, lab.dice(KIND)
    addresses = [stage.victim, stage.friend, *(each for each in lab.assets() if each), *holders[-1:]]
    works: list[tuple[int, Address, Function, str]] = []
    for owner in (*(lab.subject.owners[:4] or (stage.owner,)), stage.attacker):
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
    yield from ((owner, function, data) for _, owner, function, data in sorted(works, key=_turn))


def _turn(work: tuple[int, Address, Function, str]) -> int:
    return work[0]


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
        effects = _effects(lab, holders, before, standing(lab, market, holders, caller), caller)
        if not effects:
            return []
        _show(lab, holders, caller)
        outcomes = [found(kind, f"by {function.name}: {said}", count, fork) for kind, said in effects.items()]
    if caller == lab.stage.attacker:
        return [each for each in outcomes if each.kind == DRAINS]
    return [each for each in outcomes if _is_power(lab, market, holders, data, each.kind)]


def _is_power(lab: Lab, market: Market | None, holders: tuple[Address, ...], data: str, kind: str) -> bool:
    """Whether it is more than what each holder can do with his own, by the same call from a stranger."""
    stranger, fork = lab.stage.attacker, lab.fork
    if kind == DRAINS or kind == "destroys":
        return True
    before = standing(lab, market, holders, stranger)
    with fork.undone():
        if not fork.send(stranger, lab.subject.address, data).ok:
            return True
        return kind not in _effects(
            lab, holders, before, standing(lab, market, holders, stranger), stranger
        ) or (kind in ("makes-tokens", "takes-from-holders"))


def standing(lab: Lab, market: Market | None, holders: tuple[Address, ...], caller: Address) -> Standing:
    fork, at, assets = lab.fork, lab.subject.address, lab.assets()
    people = tuple(dict.fromkeys([*holders, caller])) if holders else ()
    read = fork.held_by(
        [*((who, at) for who in people), *((who, asset) for who in (at, caller) for asset in assets)]
    )
    arrives = tuple(_arrives(lab, who) for who in holders[:2]) if len(holders) > 1 else (None, None)
    count, most = len(people), len(people) + len(assets)
    return Standing(
        fork.view(at, "totalSupply()") or 0 if holders else 0,
        tuple(read[:count]),
        (arrives[0], arrives[1]),
        _pay(lab, market, holders) if market is not None and len(holders) > 1 else None,
        tuple(read[count:most]),
        tuple(read[most:]),
        bool(fork.code(at)),
    )


def _arrives(lab: Lab, who: Address) -> int | None:
    fork, token = lab.fork, lab.subject.address
    to = lab.stage.other
    with fork.undone():
        units, before = fork.held(who, token) // 10, fork.held(to, token)
        data = call_data("transfer(address,uint256)", to, units)
        if not units or not fork.send(who, token, data).ok:
            return None
        return (fork.held(to, token) - before) * 100 // units


def _effects(
    lab: Lab, holders: tuple[Address, ...], before: Standing, after: Standing, caller: Address
) -> dict[str, str]:
    found_: dict[str, str] = {}
    if before.lives and not after.lives:
        found_["destroys"] = "its code is gone"
    if holders:
        found_ |= _on_holders(holders, before, after, caller)
    for asset, was, now, had, has in zip(
        lab.assets(), before.held, after.held, before.callers, after.callers, strict=True
    ):
        lost, got = was - now, has - had
        if lost > _DUST:
            name = "the coin" if asset is None else f"token {asset}"
            who = "a stranger who calls" if caller == lab.stage.attacker else "the owner who calls"
            found_[DRAINS] = f"{amount(lost)} of {name} that it held go {_where(got, who)}"
    return found_


def _where(got: int, caller: str) -> str:
    return f"to {caller}" if got > _DUST else f"elsewhere, at a word of {caller}"


def _on_holders(
    holders: tuple[Address, ...], before: Standing, after: Standing, caller: Address
) -> dict[str, str]:
    effects: dict[str, str] = {}
    changed = [now - was for was, now in zip(before.balances, after.balances, strict=True)]
    made = sum(changed)
    people = [i for i, who in enumerate(holders) if who != caller]
    beyond = any(
        now > after.supply and was <= before.supply
        for was, now in zip(before.balances, after.balances, strict=True)
    )
    if made * 10**6 > max(1, before.supply) or beyond:
        effects["makes-tokens"] = f"holders have {amount(made)} more, of a supply of {amount(before.supply)}"
    taken = max((-changed[i] for i in people), default=0)
    if taken > 0 and made <= 0:
        effects["takes-from-holders"] = f"{amount(taken)} are gone from a holder who signed nothing"
    effects |= _on_payments(before, after)
    return effects


def _on_payments(before: Standing, after: Standing) -> dict[str, str]:
    (victim, other), (victim_now, other_now) = before.arrives, after.arrives
    stopped = [was is not None and now is None for was, now in ((victim, victim_now), (other, other_now))]
    effects: dict[str, str] = {}
    if all(stopped):
        effects["stops-transfers"] = "holders' transfers fail from then on"
    elif any(stopped):
        effects["shuts-out-one"] = "one holder's transfers fail from then on, another's do not"
    elif before.pays and after.pays:
        effects |= _on_sales(before.pays, after.pays)
    if victim is not None and victim_now is not None and victim - victim_now >= _TAX:
        effects["taxes"] = f"{victim_now} % of a payment arrive, before {victim} %"
    return effects


def _on_sales(before: tuple[int, int], after: tuple[int, int]) -> dict[str, str]:
    lost = [was >= _HALF > now for was, now in zip(before, after, strict=True)]
    if all(lost):
        return {"stops-transfers": "holders' sales fail or pay next to nothing from then on"}
    if any(lost):
        return {
            "shuts-out-one": "one holder's sales fail or pay next to nothing from then on, another's do not"
        }
    if before[0] - after[0] >= _TAX:
        return {"taxes": f"a sale pays {after[0]} % of the pool's price, before {before[0]} %"}
    return {}


def _pay(lab: Lab, market: Market, holders: tuple[Address, ...]) -> tuple[int, int]:
    return sale_pays(lab, market, holders[0]), sale_pays(lab, market, holders[1])


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
