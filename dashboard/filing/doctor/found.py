"""What a check found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ingest.model.errors import UndertowError

State = Literal["ok", "notice", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class Found:
    """`says`: what is there, or what is wrong; `mend`: what to do, empty where it is well. A notice may be as
    it should: a person has to look.
    """

    name: str
    state: State
    says: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        return self.state in ("ok", "notice")

    def line(self) -> str:
        return f"{self.state:8} {self.name:12} {self.says}{f': {self.mend}' if self.mend else ''}"


def answered(name: str, ask: Callable[[], str]) -> Found:
    """What `ask` says, or what is wrong in the words of its error, which say what to do as well."""
    try:
        return Found(name, "ok", ask())
    except UndertowError as error:
        return Found(name, "broken", " ".join(str(error).split()))
