"""What a message of the outbox is, and what is left to be told of those that were held."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.store.revision_reading import Revision


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel was last told of an alert. `standing`: it still takes it for a danger."""

    severity: str
    standing: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """That a channel is to be told of a revision, and what it knows then. `due_at` None: at once."""

    channel: str
    kind: str
    after: Told
    due_at: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision goes by, beside the revision: what each channel was told of the alert, addresses that
    are watched on its chain, and the ids of messages that arrived, as they are known outside of the store.
    """

    told: dict[str, Told]
    watched: frozenset[str]
    arrived: Container[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of the outbox. `alert_id` is empty in a digest. Times are seconds UTC."""

    number: int
    channel: str
    id: str
    chain_id: int
    alert_id: str
    revision: int
    kind: str
    state: str
    due_at: int
    filed_at: int
    attempts: int


def netted(
    held: Sequence[Letter], standing: Collection[tuple[int, str]]
) -> tuple[list[Letter], list[Letter]]:
    """Of messages that were held, what is still to be told, and what is not: of each alert the last counts,
    and nothing at all of one that came and went meanwhile. `standing` are alerts that are still a danger.
    """
    by_alert: dict[tuple[int, str], list[Letter]] = {}
    for each in held:
        by_alert.setdefault((each.chain_id, each.alert_id), []).append(each)
    kept, dropped = list[Letter](), list[Letter]()
    for key, some in by_alert.items():
        is_new = some[0].kind == "raised"
        came_and_went = is_new and key not in standing
        dropped += some if came_and_went else some[:-1]
        if not came_and_went:
            kept.append(replace(some[-1], kind="raised" if is_new else some[-1].kind))
    return kept, dropped


def message_id(channel: str, revision: Revision, kind: str) -> str:
    """The same for the same message, in whatever copy of the store it is planned."""
    told_of = f"{channel}\n{revision.chain_id}:{revision.alert_id}\n{revision.hash}\n{kind}"
    return hashlib.sha256(told_of.encode()).hexdigest()[:32]


def digest_row(number: int, kept: Sequence[Letter], now: int) -> dict[str, Any]:
    told_of = "\n".join((kept[0].channel, *(each.id for each in kept)))
    return {
        "number": number,
        "channel": kept[0].channel,
        "id": hashlib.sha256(told_of.encode()).hexdigest()[:32],
        "chain_id": 0,
        "alert_id": "",
        "revision": max(each.revision for each in kept),
        "kind": "digest",
        "state": "waiting",
        "due_at": now,
        "filed_at": now,
        "attempts": 0,
        "reason": "",
    }
