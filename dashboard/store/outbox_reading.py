"""What is asked of the outbox: how many messages wait, and which could not be told."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from dashboard.store.heads import raw
from dashboard.store.outward_tables import outbox
from dashboard.store.reading import Reader
from dashboard.store.values import cut

STATES = ("held", "waiting", "sent", "folded", "dropped", "dead")
DEAD_LIMIT = 20


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody could be told. Values are as the store holds them; times are seconds UTC."""

    channel: str
    id: str
    chain_id: int
    alert_id: str
    kind: str
    attempts: int
    done_at: int
    reason: str


def outbox_counts(reader: Reader) -> dict[str, int]:
    """Messages by state."""
    found = dict.fromkeys(STATES, 0)
    for state, count in reader.ask(select(raw(outbox.c.state), func.count()).group_by(outbox.c.state)):
        name = cut(str(state))
        found[name] = found.get(name, 0) + int(count)
    return found


def dead_letters(reader: Reader, most: int = DEAD_LIMIT) -> list[DeadLetter]:
    """The last of them first."""
    columns = [raw(outbox.c[name]) for name in DeadLetter.__slots__]
    dead = select(*columns).where(outbox.c.state == "dead").order_by(outbox.c.number.desc()).limit(most)
    return [DeadLetter(*row) for row in reader.ask(dead)]
