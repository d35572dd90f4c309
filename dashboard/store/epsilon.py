"""What is spent of privacy: rows of the audit, each with the sum so far, which nobody can take back.

Whole millionths of epsilon: sums are exact, and what is used up is used up to the last one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from dashboard.store.case_tables import audit
from dashboard.store.heads import raw
from dashboard.store.reading import Reader
from dashboard.store.values import whole
from ingest.model.errors import BadInput

RELEASED = "release figures"
MICRO = 1_000_000


def epsilon_subject(chain_id: int) -> str:
    """What rows of the audit about a chain's budget are about."""
    return f"epsilon of chain {chain_id}"


@dataclass(frozen=True, slots=True)
class Spent:
    """Of a chain, in millionths; `budget` is None before the first release."""

    micro: int = 0
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """What is to be spent, in millionths; `floor`: what is known to be spent from outside of the store."""

    chain_id: int
    micro: int
    budget: int
    floor: int = 0

    def total_after(self, spent: Spent) -> int:
        """Raises BadInput where the budget is another one, or does not hold it."""
        if spent.budget not in (None, self.budget):
            raise BadInput(
                f"the budget of chain {self.chain_id} is {told(spent.budget or 0)}, and stays so: give "
                f"--budget {told(spent.budget or 0)}"
            )
        before = max(spent.micro, self.floor)
        if before + self.micro > self.budget:
            raise BadInput(
                f"epsilon is used up: of {told(self.budget)} for chain {self.chain_id} {told(before)} is "
                f"spent, and this takes {told(self.micro)}; nothing was released"
            )
        return before + self.micro


def told(micro: int) -> str:
    """As a person gives it, to the last millionth."""
    return f"{micro / MICRO:.12g}"


def spent_of(connection: Connection, chain_id: int) -> Spent:
    """As a writer sees it who holds the audit. Raises BadInput for rows that say no number."""
    return _summed(connection.scalars(_wanted(chain_id)))


def spent(reader: Reader, chain_id: int) -> Spent:
    """The same, to be shown."""
    return _summed(row[0] for row in reader.ask(_wanted(chain_id)))


def _wanted(chain_id: int) -> Select[tuple[Any]]:
    here = (audit.c.action == RELEASED) & (audit.c.subject == epsilon_subject(chain_id))
    return select(raw(audit.c.change)).where(here).order_by(audit.c.number)


def _summed(changes: Iterable[object]) -> Spent:
    found = Spent()
    for change in changes:
        try:
            after = json.loads(str(change))["after"]
            micro, budget = whole(after["spent"], 0), whole(after["budget"], 0)
        except (ValueError, KeyError, TypeError, RecursionError):
            micro = budget = None
        if micro is None or budget is None:
            raise BadInput("a row of the audit about epsilon says no number: see `undertow audit verify`")
        found = Spent(max(found.micro, micro), budget)
    return found
