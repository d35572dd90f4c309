"""Throws of a new token that failed: the maker's own call is tried on the token as it was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.parts.baits import CLAIM, HOSTILE, LINK, bait
from detectors.parts.contract import Seen
from detectors.parts.lines import place_of
from detectors.parts.new_tokens import MOST_MOVES, is_market
from detectors.parts.people import People
from detectors.parts.sandbox.frame import Unknowable
from detectors.parts.sandbox.messages import Call, Said
from detectors.parts.staging import Stage, number_in, selector, staged
from ingest.decode import TRANSFER

_TRANSFERRED = int.from_bytes(TRANSFER, "big")
_NAME, _SYMBOL = selector("name()"), selector("symbol()")
_WORD = 32


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
        return bool(self.forged or self.bait & HOSTILE or self.bait & (LINK | CLAIM) == LINK | CLAIM)


def tried_throws(seen: Seen, baited: int, plain: int) -> Iterator[Finding]:
    """Of calls of a token by its maker that failed, those that would have thrown it to so many people, had
    they gone through as the token's code has it.
    """
    acts, sent = seen.of("acts").get("acts"), seen.transactions
    if acts is None:
        return
    at = acts["transaction"] - sent["number"][0]
    failed = (acts["created"] == 0) & ~sent["done"][at] & (sent["signer"][at] == acts["maker"])
    for line in np.flatnonzero(failed).tolist():
        token, place = int(acts["contract"][line]), int(at[line])
        row = int(seen.rows["number"][sent["first_row"][place]])
        people = People(seen, int(sent["block"][place]))
        trial = _tried(people, token, int(acts["transaction"][line]), row)
        if trial is None or trial.receivers < (baited if trial.is_strong else plain):
            continue
        if trial.forged or not _has_market(people, token):
            yield _finding(seen, token, int(acts["maker"][line]), row, trial, baited)


def _tried(people: People, token: int, number: int, row: int) -> Trial | None:
    """None where nobody can know, or where nobody gets anything."""
    try:
        stage = staged(people.seen, token, people.block)
        if stage is None:
            return None
        stage.replay(row)
        ran = stage.machine.run(Call(stage.maker, stage.contract, people.seen.call_data(number)))
        moves = [each for each in ran.logs if _is_move(each, stage)] if ran.ok else []
        if not moves:
            return None
        promised = bait(_text(stage, _NAME), _text(stage, _SYMBOL))
    except Unknowable:
        return None
    ours = {0, stage.maker, stage.contract}
    receivers = {each.topics[2] for each in moves} - ours
    forged = all(each.topics[1] not in ours for each in moves)
    return Trial(len(receivers), promised, forged)


def _is_move(log: Said, stage: Stage) -> bool:
    return log.emitter == stage.contract and len(log.topics) == 3 and log.topics[0] == _TRANSFERRED


def _text(stage: Stage, function: bytes) -> bytes | None:
    """What a token calls itself, by its code."""
    answer = stage.machine.view(Call(stage.maker, stage.contract, function))
    if answer is None or len(answer) < 2 * _WORD:
        return None
    begin = 2 * _WORD
    return answer[begin : begin + number_in(answer[_WORD:begin])]


def _has_market(people: People, token: int) -> bool:
    moved = people.seen.history("new-tokens.moved").rows(token, people.block, MOST_MOVES)
    first = list(dict.fromkeys(moved["target"][::-1].tolist()))[:12]
    return any(is_market(people, each) for each in first)


def _finding(seen: Seen, token: int, maker: int, row: int, trial: Trial, baited: int) -> Finding:
    sender, name = seen.address(maker), seen.address(token)
    roles: tuple[tuple[bytes, RoleName], ...] = ((sender, "attacker"), (name, "infrastructure"))
    reasons = {
        "names a sender that never had it": trial.forged,
        "leads to a page by its name": trial.bait & LINK,
        "promises something by its name": trial.bait & CLAIM,
        "attacks whoever shows its name": trial.bait & HOSTILE,
    }
    why = ", ".join(each for each, is_so in reasons.items() if is_so)
    return Finding(
        **place_of(seen, row),
        category="spam-token",
        subject_kind="wallet",
        subject=sender,
        score=round(0.4 + 0.15 * trial.is_strong + 0.1 * min(1.0, trial.receivers / 40), 6),
        severity="low",
        roles=roles,
        rows=seen.evidence([row]),
        measured={"receivers": trial.receivers, "used": 0, "payers": 0, "failed": 1},
        thresholds={"receivers": baited},
        explanation=(
            f"{hexed(sender)} tried to throw the token {hexed(name)}, which he made"
            f"{f' and which {why}' if why else ''}, to {trial.receivers} people who had not asked for it; "
            "the call failed, and nobody got anything."
        ),
    )
