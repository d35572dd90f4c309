"""A state that knows nothing yet, and what readers of some parts see of a piece."""

from __future__ import annotations

from typing import Any

from detectors.engine.state import State, advance
from detectors.parts.contract import Seen
from ingest import schema
from ingest.model.batch import Batch
from tests.detectors.seen.looking import SHORT, Looker


def begun(*reads: str) -> State:
    """Nothing is known yet but which contract wraps ether."""
    looker: Any = Looker(reads)
    state = State.empty([looker])
    state.ledger.wrapped_here = schema.wrapped_natives(1)
    return state


def seen(batch: Batch, state: State | None, *reads: str) -> Seen:
    """A piece, as a reader of these parts sees it."""
    return advance(state or begun(*reads), batch, [], SHORT).by("test", reads)
