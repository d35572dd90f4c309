"""Throws of a new token that failed: the maker's own call is tried on the token as it was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.parts.acts import OwnCall, own_calls
from detectors.parts.baits import CLAIM, HOSTILE, LINK, bait, is_strong
from detectors.parts.contract import Seen
from detectors.parts.lines import place_of
from detectors.parts.new_tokens import MOST_MOVES, is_market
from detectors.parts.people import People
from detectors.parts.sandbox.frame import Unknowable
from detectors.parts.sandbox.messages import Call, Said
from detectors.parts.staging import Stage, selector, staged
from ingest.decode import TRANSFER
from ingest.facts.tokens import text

_TRANSFERRED = int.from_bytes(TRANSFER, "big")
_NAME, _SYMBOL = selector("name()"), selector("symbol()")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a call would have done: `receivers` get the token, by a name whose promises are `bait`; `forged`:
    the logs call somebody else the giver.
    """

    receivers: int
    bait: int
    forged: bool

    @property
    def is_strong(self) -> bool:
        return self.forged or is_strong(self.bait)


def tried_throws(seen: Seen, baited: int, plain: int) -> Iterator[Finding]:
    """Of calls of a token by its maker that failed, those that would have thrown it to so many people, had
    they gone through as the token's code has it.
    """
    for call in own_calls(seen):
        trial = None if call.done else _tried(seen, call)
        if trial is None or trial.receivers < (baited if trial.is_strong else plain):
            continue
        if trial.forged or not _has_market(People(seen, call.block), call.contract):
            yield _finding(seen, call, trial, baited)


def _tried(seen: Seen, call: OwnCall) -> Trial | None:
    """None where nobody can know, or where nobody gets anything."""
    try:
        stage = staged(seen, call.contract, call.block)
        if stage is None:
            return None
        stage.replay(call.row)
        ran = stage.machine.run(Call(stage.maker, stage.contract, seen.call_data(call.transaction)))
        moves = [each for each in ran.logs if _is_move(each, stage)] if ran.ok else []
        if not moves:
            return None
        promised = bait(_called(stage, _NAME), _called(stage, _SYMBOL))
    except Unknowable:
        return None
    ours = {0, stage.maker, stage.contract}
    receivers = {each.topics[2] for each in moves} - ours
    forged = all(each.topics[1] not in ours for each in moves)
    return Trial(len(receivers), promised, forged)


def _is_move(log: Said, stage: Stage) -> bool:
    return log.emitter == stage.contract and len(log.topics) == 3 and log.topics[0] == _TRANSFERRED


def _called(stage: Stage, function: bytes) -> bytes | None:
    """What a token calls itself, by its code."""
    return text(stage.machine.view(Call(stage.maker, stage.contract, function)))


def _has_market(people: People, token: int) -> bool:
    moved = people.seen.history("new-tokens.moved").rows(token, people.block, MOST_MOVES)
    first = list(dict.fromkeys(moved["target"][::-1].tolist()))[:12]
    return any(is_market(people, each) for each in first)


def _finding(seen: Seen, call: OwnCall, trial: Trial, baited: int) -> Finding:
    sender, name = seen.address(call.maker), seen.address(call.contract)
    roles: tuple[tuple[bytes, RoleName], ...] = ((sender, "attacker"), (name, "infrastructure"))
    reasons = {
        "names a sender that never had it": trial.forged,
        "leads to a page by its name": trial.bait & LINK,
        "promises something by its name": trial.bait & CLAIM,
        "attacks whoever shows its name": trial.bait & HOSTILE,
    }
    why = ", ".join(each for each, is_so in reasons.items() if is_so)
    return Finding(
        **place_of(seen, call.row),
        category="spam-token",
        subject_kind="wallet",
        subject=sender,
        score=round(0.4 + 0.15 * trial.is_strong + 0.1 * min(1.0, trial.receivers / 40), 6),
        severity="low",
        roles=roles,
        rows=seen.evidence([call.row]),
        measured={"receivers": trial.receivers, "used": 0, "payers": 0, "failed": 1},
        thresholds={"receivers": baited},
        explanation=(
            f"{hexed(sender)} tried to throw the token {hexed(name)}, which he made"
            f"{f' and which {why}' if why else ''}, to {trial.receivers} people who had not asked for it; "
            "the call failed, and nobody got anything."
        ),
    )
