"""Who watches the watchers: canaries, alarms about undertow itself, and how old the models in use are."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import wording
from dashboard.screens import parts, tables
from dashboard.screens.tables import Column
from dashboard.store import Reader, RoleHealth
from dashboard.store.alarms import Alarm, last_alarms
from ingest.model.health import CanaryHealth, Health, ModelHealth

CANARIES = (
    Column("Chain", "number"), Column("Canary", "short"), Column("State"), Column("Last found", "short"),
    Column("Alarm after s", "number"), Column("Says"),
)  # fmt: skip
ALARMS = (
    Column("Chain", "number"), Column("Alarm", "short"), Column("State", "short"), Column("When", "short"),
    Column("Why"),
)  # fmt: skip
MODELS = (
    Column("Chain", "number"), Column("Model"), Column("Digest"), Column("Trained up to block", "number"),
    Column("Its time (UTC)", "number"), Column("Age at the head", "short"),
)  # fmt: skip


def show(reader: Reader, told: Sequence[RoleHealth], now: float) -> None:
    """Draws the sections of which there is something to say."""
    known = [each.health for each in told if each.health is not None]
    heard = [canary(record, each, now) for record in known for each in record.canaries]
    if heard:
        parts.section("Canaries", "harmless attacks that are played to see whether detection speaks")
        tables.table("health_canaries", CANARIES, heard, "")
    raised = [alarm(each, now) for each in last_alarms(reader)]
    if raised:
        parts.section("Alarms", "about undertow itself, the newest first; none is an alert")
        tables.table("health_alarms", ALARMS, raised, "")
    used = [model(record, each) for record in known for each in record.models]
    if used:
        parts.section("Models in use", "age is block time from the end of the training data to the head")
        tables.table("health_models", MODELS, used, "")


def canary(record: Health, told: CanaryHealth, now: float) -> list[tables.Cell]:
    """A row. Its state is as old as the record that tells it."""
    found = "not yet" if told.found_at is None else wording.ago(now - told.found_at)
    return [
        tables.cell(record.chain_id), tables.cell(told.source),
        tables.cell("silent" if told.silent else "heard, or not yet due"), tables.cell(found),
        tables.number(told.within_s), tables.cell(told.last),
    ]  # fmt: skip


def alarm(told: Alarm, now: float) -> list[tables.Cell]:
    """A row of whatever the store holds."""
    at = wording.ago(now - told.at if isinstance(told.at, int | float) else None)
    name = f"{told.name} ({told.about})"
    cells = (told.chain_id, name, told.kind, at, told.reason)
    return [tables.cell(each) for each in cells]


def model(record: Health, used: ModelHealth) -> list[tables.Cell]:
    """A row; where nobody knows any more when the training data ended, its cells are empty."""
    until, head = used.trained_until, record.head_time
    age = "" if until is None or head is None else wording.span(max(0, head - until))
    return [
        tables.cell(record.chain_id), tables.cell(used.name), tables.cell(used.digest),
        tables.number(used.trained_block), tables.cell("" if until is None else wording.utc(until)),
        tables.cell(age),
    ]  # fmt: skip
