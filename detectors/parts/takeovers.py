"""What a motion can do beside a payment: hand over control, make money, or run code that nobody voted on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from detectors.parts.ballots import Ballot
from detectors.parts.contract import Kind
from detectors.parts.inside import NOBODY, Inside
from detectors.parts.kinds import among, of_kinds

HANDED = (Kind.OWNER, Kind.ADMIN, Kind.ROLE_GRANTED)


@dataclass(frozen=True, slots=True)
class Takeover:
    """What was taken over (`what`, a contract), the rows that say so, and how, for a sentence."""

    what: int
    rows: tuple[int, ...]
    how: str
    others: tuple[int, ...] = ()


def handed_over(one: Inside, party: Collection[int]) -> Takeover | None:
    """Control of a contract that an execution gives to one of a party."""
    rows = one.rows
    given = of_kinds(rows["kind"], HANDED) & among(rows["target"], party)
    if not given.any():
        return None
    return Takeover(
        int(rows["emitter"][given][0]), tuple(rows["number"][given].tolist()), "hands control to him"
    )


def made_money(one: Inside, party: Collection[int], share: float) -> Takeover | None:
    """A token of which an execution mints so large a share of all for one of a party."""
    lines, rows = one.lines(), one.rows
    for mint in lines:
        if mint.account != NOBODY or mint.more >= 0 or mint.asset == NOBODY or not mint.supply:
            continue
        got = sum(line.more for line in lines if line.asset == mint.asset and line.account in party)
        if got >= share * (mint.supply - mint.more):
            minted = (rows["kind"] == Kind.ERC20) & (rows["asset"] == mint.asset) & (rows["source"] == NOBODY)
            numbers = tuple(rows["number"][minted].tolist())
            return Takeover(mint.asset, numbers, f"mints {got / mint.supply:.2f} of the supply for him")
    return None


def replaced(one: Inside, ballot: Ballot) -> Takeover | None:
    """Code that a motion calls and that was made anew after it was proposed (needs the part `contracts`)."""
    made = one.seen.history("contracts.made")
    for target in ballot.targets:
        births = made.rows(target, one.of("block"), 8)
        after = births["row"] > ballot.created
        if after.any() and not after.all():
            numbers = tuple(births["row"][after].tolist())
            others = tuple(births["signer"][after].tolist())
            return Takeover(target, numbers, "runs code that was exchanged after it was proposed", others)
    return None
