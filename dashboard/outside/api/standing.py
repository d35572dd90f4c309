"""How everything stands: heads, roles, what was set aside, the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, ValidationError

from dashboard.outside.api import models, wording
from dashboard.outside.api.gate import From, Who
from dashboard.store import RoleHealth
from dashboard.store.outbox_reading import outbox_counts
from dashboard.store.revision_reading import last_revision

router = APIRouter(prefix="/v1", tags=["health"])
Model = TypeVar("Model", bound=BaseModel)


@router.get("/health")
def health(who: Who, source: From) -> models.Health:
    """How far each chain is, how each role is, what could not be read, and what waits to be told."""
    reader = source.reader
    rebuilding = (chain for chain in reader.rebuilding() if isinstance(chain, int))
    return models.Health(
        heads=_fitting(models.Head, reader.heads()),
        roles=_fitting(models.RoleHealth, map(_role, reader.health.now())),
        rebuilding=sorted(rebuilding),
        set_aside={str(chain): count for chain, count in reader.set_aside_counts().items()},
        outbox=outbox_counts(reader),
        event=wording.event_id(*last_revision(reader)),
    )


def _role(found: RoleHealth) -> dict[str, object]:
    told = found.health
    return {
        "chain_id": found.chain_id,
        "role": found.role,
        "instance": found.instance,
        "at": found.at,
        "head": told and told.head,
        "lag_blocks": told and told.lag_blocks,
        "counts": told.counts if told else {},
    }


def _fitting(model: type[Model], rows: Iterable[object]) -> list[Model]:
    """One that holds odd values is left out: the screen Health says which."""
    found = []
    for row in rows:
        try:
            found.append(model.model_validate(row))
        except ValidationError:
            continue
    return found
