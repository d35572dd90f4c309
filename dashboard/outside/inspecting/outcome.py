"""What a trial came to: found, with what shows it, or not found within so many tries. Never "safe"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dashboard import wording
from dashboard.outside.inspecting.fork import Fork

ATTACKS = (
    "sell-after-buy", "flash-loan", "first-depositor", "re-entry", "oracle-push", "owner-drains", "upgrade",
)  # fmt: skip
POWERS = ("makes-tokens", "takes-from-holders", "stops-transfers", "shuts-out-one", "taxes", "destroys")
WORDS = {
    "sell-after-buy": "sell after buy", "flash-loan": "flash loan against it",
    "first-depositor": "first depositor", "re-entry": "re-entry", "oracle-push": "oracle push",
    "owner-drains": "owner drains", "upgrade": "upgrade", "makes-tokens": "owner makes tokens",
    "takes-from-holders": "owner takes from holders", "stops-transfers": "owner stops transfers",
    "shuts-out-one": "owner shuts out one holder", "taxes": "owner raises a tax",
    "destroys": "owner destroys it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """`said`: what was found, or why nothing could be tried. `steps`: what shows it, as `fork` writes it."""

    kind: str
    found: bool
    said: str
    tries: int
    steps: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    def line(self) -> str:
        """One line for a person."""
        name = WORDS[self.kind]
        if self.found:
            return f"FOUND      {name}: {self.said} (try {self.tries})"
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        return f"not found  {name}: within {tries}{f': {self.said}' if self.said else ''}"


@dataclass(slots=True)
class Count:
    """Tries of one kind: `more` counts one, unless all are used."""

    most: int
    used: int = 0

    def more(self) -> bool:
        if self.used >= self.most:
            return False
        self.used += 1
        return True


def found(kind: str, said: str, count: Count, fork: Fork) -> Outcome:
    """To be called before what was done is undone."""
    return Outcome(kind, True, said, count.used, tuple(fork.steps))


def missed(kind: str, count: Count, why: str = "") -> Outcome:
    return Outcome(kind, False, why, count.used)


def amount(units: int) -> str:
    """Of 18 decimals, four of them, what is less in units: for people, not for sums."""
    if 0 < abs(units) < 10**14:
        return f"{units} units"
    return f"{'-' if units < 0 else ''}{wording.amount(abs(units) // 10**14, 4)}"
