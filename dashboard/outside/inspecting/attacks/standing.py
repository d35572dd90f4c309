"""What is at stake in a contract, and what an act has changed of it, in words by kind of power."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.outside.inspecting.attacks.selling import HALF, sale_pays
from dashboard.outside.inspecting.lab import Lab
from dashboard.outside.inspecting.market import Market
from dashboard.outside.inspecting.outcome import amount
from ingest.localchain.chain.wallet import Address, call_data

DRAINS = "owner-drains"
_TAX = 1
"""Percentage points by which less of a payment arrives, from which on it is a tax."""
_DUST = 10**12


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


def standing(lab: Lab, market: Market | None, holders: tuple[Address, ...], caller: Address) -> Standing:
    """As it is now, for those who hold the token and whoever is about to call."""
    fork, at, assets = lab.fork, lab.subject.address, lab.assets()
    people = tuple(dict.fromkeys([*holders, caller])) if holders else ()
    read = fork.held_by(
        [*((who, at) for who in people), *((who, asset) for who in (at, caller) for asset in assets)]
    )
    reaching = tuple(arrives(lab, who) for who in holders[:2]) if len(holders) > 1 else (None, None)
    count, most = len(people), len(people) + len(assets)
    return Standing(
        fork.view(at, "totalSupply()") or 0 if holders else 0,
        tuple(read[:count]),
        (reaching[0], reaching[1]),
        _pay(lab, market, holders) if market is not None and len(holders) > 1 else None,
        tuple(read[count:most]),
        tuple(read[most:]),
        bool(fork.code(at)),
    )


def arrives(lab: Lab, who: Address) -> int | None:
    """Percent of a tenth of one's tokens that reach another; None where they cannot be paid."""
    fork, token = lab.fork, lab.subject.address
    to = lab.stage.other
    with fork.undone():
        units, before = fork.held(who, token) // 10, fork.held(to, token)
        data = call_data("transfer(address,uint256)", to, units)
        if not units or not fork.send(who, token, data).ok:
            return None
        return (fork.held(to, token) - before) * 100 // units


def effects(
    lab: Lab, holders: tuple[Address, ...], before: Standing, after: Standing, caller: Address
) -> dict[str, str]:
    """What became worse for others, in words, by kind."""
    found: dict[str, str] = {}
    if before.lives and not after.lives:
        found["destroys"] = "its code is gone"
    if holders:
        found |= _on_holders(holders, before, after, caller)
    for asset, was, now, had, has in zip(
        lab.assets(), before.held, after.held, before.callers, after.callers, strict=True
    ):
        lost, got = was - now, has - had
        if lost > _DUST:
            name = "the coin" if asset is None else f"token {asset}"
            who = "a stranger who calls" if caller == lab.stage.attacker else "the owner who calls"
            found[DRAINS] = f"{amount(lost)} of {name} that it held go {_where(got, who)}"
    return found


def _where(got: int, caller: str) -> str:
    return f"to {caller}" if got > _DUST else f"elsewhere, at a word of {caller}"


def _on_holders(
    holders: tuple[Address, ...], before: Standing, after: Standing, caller: Address
) -> dict[str, str]:
    found: dict[str, str] = {}
    changed = [now - was for was, now in zip(before.balances, after.balances, strict=True)]
    made = sum(changed)
    people = [i for i, who in enumerate(holders) if who != caller]
    beyond = any(
        now > after.supply and was <= before.supply
        for was, now in zip(before.balances, after.balances, strict=True)
    )
    if made * 10**6 > max(1, before.supply) or beyond:
        found["makes-tokens"] = f"holders have {amount(made)} more, of a supply of {amount(before.supply)}"
    taken = max((-changed[i] for i in people), default=0)
    if taken > 0 and made <= 0:
        found["takes-from-holders"] = f"{amount(taken)} are gone from a holder who signed nothing"
    found |= _on_payments(before, after)
    return found


def _on_payments(before: Standing, after: Standing) -> dict[str, str]:
    (victim, other), (victim_now, other_now) = before.arrives, after.arrives
    stopped = [was is not None and now is None for was, now in ((victim, victim_now), (other, other_now))]
    found: dict[str, str] = {}
    if all(stopped):
        found["stops-transfers"] = "holders' transfers fail from then on"
    elif any(stopped):
        found["shuts-out-one"] = "one holder's transfers fail from then on, another's do not"
    elif before.pays and after.pays:
        found |= _on_sales(before.pays, after.pays)
    if victim is not None and victim_now is not None and victim - victim_now >= _TAX:
        found["taxes"] = f"{victim_now} % of a payment arrive, before {victim} %"
    return found


def _on_sales(before: tuple[int, int], after: tuple[int, int]) -> dict[str, str]:
    lost = [was >= HALF > now for was, now in zip(before, after, strict=True)]
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
