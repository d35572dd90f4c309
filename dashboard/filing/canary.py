"""Listens for canaries: harmless attacks that are played so that somebody notices when detection is silent.

By the clock of the sink: where no canary is newly found within the stated time an alarm is raised, whoever's
fault it is (who plays, ingest, a detector); with the next one that is found it is over. An alarm is noted in
the store, for the outbox, and told in the sink's health record. It is never an alert, and in no book.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.store import Writer, whole
from dashboard.store.alarms import OVER, RAISED, Alarm
from ingest.model.health import CanaryHealth, Health

NAME = "canary"
LOOK_EVERY_S = 2.0
NEWEST = 20
"""Canaries of the file that are asked about: one that is older will not be found any more."""
WITHIN_S = 600

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Canary:
    """What is listened for: those of a label file, or, None, what a shadow run of the chain tells."""

    file: Path | None
    within_s: int = WITHIN_S
    clock: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Played:
    """A canary of a label file: an alert of `category` that calls an attacker by name has found it."""

    id: str
    category: str
    attackers: tuple[str, ...]
    block: int


class CanaryWatch:
    """Of one chain; asked again and again."""

    def __init__(self, chain_id: int, canary: Canary, writer: Writer, say: Say) -> None:
        self._chain_id = chain_id
        self._canary = canary
        self._writer = writer
        self._say = say
        self._clock = canary.clock
        self._about = "shadow" if canary.file is None else "played"
        self._silent = writer.is_alarmed(chain_id, NAME, self._about)
        self._heard_at = canary.clock()
        self._found_at: int | None = None
        self._looked = float("-inf")
        self._known: set[str] | None = None
        self._told = (0, 0)
        self._why = "none was played yet"
        self._is_of_another = False

    def step(self, shadow: Health | None) -> CanaryHealth | None:
        """Looks where it is time to. `shadow`: what a shadow run told last. None where the label file is of
        another chain: nobody listens for this one. Raises StoreUnreachable.
        """
        now = self._clock()
        if time.monotonic() - self._looked >= LOOK_EVERY_S:
            self._looked = time.monotonic()
            if self._is_heard(shadow):
                self._heard_at, self._found_at = now, int(now)
                self._note(OVER, now, "it is found again")
            elif self._is_of_another:
                self._heard_at = now
            elif now - self._heard_at > self._canary.within_s:
                self._note(RAISED, now, f"none was found for {self._canary.within_s} s: {self._why}")
        if self._is_of_another:
            return None
        return CanaryHealth(self._about, self._silent, self._canary.within_s, self._found_at, self._why)

    def _note(self, kind: str, now: float, reason: str) -> None:
        if self._silent != (kind == RAISED):
            alarm = Alarm(0, self._chain_id, NAME, self._about, kind, int(now), reason)
            self._writer.note_alarm(alarm)
            self._silent = kind == RAISED
            self._say(f"sink: chain {self._chain_id}: canary ({self._about}): {reason}")

    def _is_heard(self, shadow: Health | None) -> bool:
        return self._shadow_is_heard(shadow) if self._canary.file is None else self._found_newly()

    def _found_newly(self) -> bool:
        """Whether a canary was found that was not before; those that lay there at a start do not count."""
        assert self._canary.file is not None
        try:
            read = read_canaries(self._canary.file, self._chain_id)
        except ValueError as error:
            self._why = str(error)
            return False
        self._is_of_another = read is None
        played = (read or ())[-NEWEST:]
        known = self._known or set()
        found = {one.id for one in played if one.id not in known and self._is_found(one)}
        is_first, self._known = self._known is None, known | found
        if played:
            last = played[-1]
            state = "found" if last.id in self._known else "not found"
            self._why = f"the last was {last.id} of block {last.block}, {state}"
        return bool(found) and not is_first

    def _is_found(self, one: Played) -> bool:
        return any(self._writer.is_alerted(self._chain_id, one.category, who) for who in one.attackers)

    def _shadow_is_heard(self, shadow: Health | None) -> bool:
        """Whether a shadow run has found more than when it was last looked at; after a start of its own it
        counts anew.
        """
        if shadow is None:
            self._why = "no shadow run tells of itself: is `undertow canary` there?"
            return False
        played, found = (shadow.counts.get(name, 0) for name in ("played", "found"))
        before, self._told = self._told, (shadow.began_at, found)
        self._why = f"its shadow run found {found} of {played}"
        return found > 0 and before != self._told and before != (0, 0)


def read_canaries(file: Path, chain_id: int) -> Sequence[Played] | None:
    """The canaries of a label file, in its order; None where it is of another chain. Raises ValueError with
    one line for a person.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read: {type(error).__name__}") from error
    try:
        if lines and json.loads(lines[0])["chain_id"] != chain_id:
            return None
        told = [json.loads(line) for line in lines[1:] if '"canary"' in line]
        return [_played(label) for label in told if label["kind"] == "canary"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{file} holds a line that is no label: {type(error).__name__}") from error


def _played(label: dict[str, object]) -> Played:
    block, named = whole(label["last_block"]), label["roles"]
    if block is None or not isinstance(named, list):
        raise ValueError("no label")
    attackers = tuple(str(role["address"]).lower() for role in named if role["role"] == "attacker")
    return Played(str(label["id"])[:200], str(label["category"])[:200], attackers, block)
