"""Asset drains that failed: the call is tried on the contract as it was made, as if its maker had sent it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.parts.contract import Columns, Kind, Seen
from detectors.parts.inside import of_asset
from detectors.parts.kinds import is_some
from detectors.parts.lines import place_of
from detectors.parts.people import People, whole
from detectors.parts.sandbox.frame import Unknowable
from detectors.parts.sandbox.messages import Call, Said
from detectors.parts.staging import Stage, number_in, selector, staged
from ingest.decode.shapes import signature

_UPGRADED = int.from_bytes(signature("Upgraded(address)"), "big")
_TRANSFER = selector("transfer(address,uint256)")
_LEAST_ASKED = 4 + 3 * 32
"""Bytes of a call that names a payment to be agreed on: whom, how much, and what else to do."""
MOST_ASSETS = 20
"""Assets of a contract that are asked for."""


@dataclass(frozen=True, slots=True)
class Try:
    """A call that failed: `signer` wanted `share` of an asset that `contract` keeps for `taker`; with `code`
    he wanted to put other code behind it. `waits`: it was done, and others have yet to agree.
    """

    row: int
    contract: int
    maker: int
    signer: int
    taker: int
    share: float
    assets: int
    code: int = 0
    waits: bool = False


def tried_drains(seen: Seen, share: float) -> Iterator[Finding]:
    """Of calls that failed and that would have given most of what a contract keeps to somebody who never had
    to do with it, or put a stranger's code behind it, had its maker sent them when it was new.
    """
    acts, sent = seen.of("acts").get("acts"), seen.transactions
    if acts is None:
        return
    at = acts["transaction"] - sent["number"][0]
    for line in np.flatnonzero(acts["created"] == 0).tolist():
        place, number = int(at[line]), int(acts["transaction"][line])
        row = int(seen.rows["number"][sent["first_row"][place]])
        people = People(seen, int(sent["block"][place]))
        look = _asked if sent["done"][place] else _try
        found = look(people, int(acts["contract"][line]), number, row)
        if found is not None and (found.code or found.share >= share) and _is_strange(people, found):
            yield _finding(people, found, share)


def _try(people: People, contract: int, number: int, row: int) -> Try | None:
    seen, block = people.seen, people.block
    place = number - int(seen.transactions["number"][0])
    signer = int(seen.transactions["signer"][place])
    kept = _kept(people, contract)
    if not kept:
        return None
    try:
        stage = staged(seen, contract, block, kept=kept)
        if stage is None:
            return None
        ran = stage.machine.run(Call(stage.maker, stage.contract, seen.call_data(number)))
    except Unknowable:
        return None
    maker = stage.acts[0].signer
    code = _code(seen, ran.logs, block) if ran.ok else 0
    if code:
        return Try(row, contract, maker, signer, signer, 0.0, 0, code)
    best = _taken(seen, stage, kept, ran.paid) if ran.ok else None
    if best is None:
        return None
    taker, part, assets = best
    return Try(row, contract, maker, signer, signer if taker == maker else taker, part, assets)


def _asked(people: People, contract: int, number: int, row: int) -> Try | None:
    """Of a call that was done and moved nothing: a payment that it names, of something that is kept, as those
    who share a wallet propose them to each other.
    """
    seen, place = people.seen, number - int(people.seen.transactions["number"][0])
    rows = people.rows(contract)
    if ((rows["source"] == contract) & (rows["row"] >= row) & is_some(rows["amount"])).any():
        return None
    data, here = seen.call_data(number), seen.transactions
    told = seen.rows["kind"][int(here["first_row"][place]) : int(here["end_row"][place])]
    if len(data) < _LEAST_ASKED or (told == Kind.PROPOSAL_CREATED).any():
        return None  # what is voted on is the business of `governance-attack`
    found, kept = list[tuple[float, int]](), _kept(people, contract)
    words = [number_in(data[at : at + 32]) for at in range(4, len(data), 32)]
    for asset, held in kept.items():
        asks = pairwise(words) if not asset else _transfers(data, seen.address(asset))
        found += [(units / held, who) for who, units in asks if 1 << 96 < who < 1 << 160 and units <= held]
    if not found:
        return None
    share, who = max(found)
    taker = seen.number_of(who.to_bytes(20, "big"), people.block)
    acts = seen.history("acts.said").rows(contract, people.block, 1)
    maker, signer = int(acts["maker"][0]), int(seen.transactions["signer"][place])
    return Try(row, contract, maker, signer, taker, share, 1, waits=True)


def _transfers(data: bytes, token: bytes) -> Iterator[tuple[int, int]]:
    """Payee and units of the transfers of a token that stand in call data."""
    at = data.find(_TRANSFER) if token in data else -1
    while at >= 0:
        yield number_in(data[at + 4 : at + 36]), number_in(data[at + 36 : at + 68])
        at = data.find(_TRANSFER, at + 4)


def _kept(people: People, contract: int) -> dict[int, int]:
    """What a contract has of each asset, where all that moved is known."""
    if not people.is_fully_known(contract):
        return {}
    rows, coins = people.rows(contract), people.seen.coins["id"]
    assets = [0, *np.unique(rows["asset"][rows["asset"] > 0]).tolist()][:MOST_ASSETS]
    found = {}
    for asset in assets:
        moved = of_asset(rows, asset, coins if asset == 0 else coins[:0])
        if asset == 0:
            moved &= rows["asset"] == 0
        left = _sum(rows, moved & (rows["target"] == contract))
        left -= _sum(rows, moved & (rows["source"] == contract))
        if left > 0:
            found[asset] = left
    return found


def _sum(rows: Columns, which: np.ndarray) -> int:
    return sum(whole(rows["amount"][which]))


def _taken(
    seen: Seen, stage: Stage, kept: dict[int, int], paid: tuple[tuple[int, int, int], ...]
) -> tuple[int, float, int] | None:
    """Who would have got the largest share of something, which share, and of how many assets."""
    numbers = {number_in(seen.address(asset)): asset for asset in kept if asset}
    moves = [(numbers[token], to, units) for token, payer, to, units in stage.around.moves
             if payer == stage.contract and token in numbers]  # fmt: skip
    moves += [(0, to, units) for payer, to, units in paid if payer == stage.contract and 0 in kept]
    got: dict[tuple[int, int], int] = {}
    for asset, to, units in moves:
        got[to, asset] = got.get((to, asset), 0) + units
    if not got:
        return None
    shares = {(to, asset): min(1.0, units / kept[asset]) for (to, asset), units in got.items()}
    (taker, _), share = max(shares.items(), key=lambda each: each[1])
    known = seen.number_of(taker.to_bytes(20, "big"), stage.block)
    return known, share, len({asset for to, asset in got if to == taker})


def _code(seen: Seen, logs: tuple[Said, ...], block: int) -> int:
    """The code that a proxy would have had, by its own word."""
    for log in logs:
        if len(log.topics) == 2 and log.topics[0] == _UPGRADED:
            return max(0, seen.number_of((log.topics[1] % 2**160).to_bytes(20, "big"), block))
    return 0


def _is_strange(people: People, found: Try) -> bool:
    """Whether the taker has nothing to do with the contract and its maker, or the code is a stranger's."""
    made = people.seen.history("contracts.made")
    if found.code:
        return found.signer != found.maker and found.signer in _signers(made, found.code, people.block)
    taker = found.taker
    if taker == found.maker:
        return False
    if taker <= 0:
        return True
    if found.maker in (people.funder(taker), people.fee_payer(taker)) or people.is_hub(taker):
        return False
    if found.maker in _signers(made, taker, people.block):
        return False
    rows = people.rows(taker)
    ends = (rows["source"], rows["target"])
    with_it = (ends[0] == found.contract) | (ends[1] == found.contract)
    with_it &= (rows["flag"] != 0) | (rows["row"] < 0)
    dealt = with_it & is_some(rows["amount"])
    return people.is_fully_known(taker) and not dealt.any()


def _signers(made: object, contract: int, block: int) -> list[int]:
    births: Columns = made.rows(contract, block, 1)  # type: ignore[attr-defined]
    return [int(each) for each in births["signer"]]


def _finding(people: People, found: Try, share: float) -> Finding:
    seen = people.seen
    contract, stranger = seen.address(found.contract), found.signer != found.maker and not found.waits
    who = found.taker if found.taker > 0 else found.contract if found.waits else found.signer
    roles: dict[int, RoleName] = {found.taker: "attacker"} if found.taker > 0 else {}
    if stranger:
        roles |= {found.signer: "attacker"}
    if found.code:
        roles |= {found.code: "attacker"}
    roles.setdefault(found.contract, "infrastructure")
    subject = seen.address(who)
    told = (
        f"wanted to put code of his own behind {hexed(contract)}"
        if found.code
        else f"was to get {found.share:.0%} of what {hexed(contract)} keeps"
    )
    how = (
        "as a call proposes that others have yet to agree to. Nothing was paid yet."
        if found.waits
        else "by a call that failed: when it was new its maker could have sent it. Nothing was lost."
    )
    by = "who has nothing to do with it" if stranger or found.taker != found.signer else "its maker"
    return Finding(
        **place_of(seen, found.row),
        category="asset-drain",
        subject_kind="wallet",
        subject=subject,
        score=round(0.45 + 0.1 * stranger + 0.1 * found.share, 6),
        severity="low",
        roles=tuple((seen.address(each), role) for each, role in roles.items()),
        rows=seen.evidence([found.row]),
        measured={
            "share": round(found.share, 6), "assets": found.assets, "stranger_signs": int(stranger),
            "code_put_behind": int(bool(found.code)), "failed": int(not found.waits), "payees": 1,
        },
        thresholds={"share": share} if not found.code else {},
        explanation=f"{hexed(subject)}, {by}, {told}, {how}",
    )  # fmt: skip
