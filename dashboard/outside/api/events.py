"""The stream of events: every revision of every alert, retractions too, in the order in which it was filed.

Server-sent events. Whoever comes back with `Last-Event-ID` goes on right after it: the ids are places in the
store's own list, so nothing is missed, however long they were away, and the same id is never given twice.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from dashboard.outside.api import models, wording
from dashboard.outside.api.gate import From, Refused, Who
from dashboard.store import Reader
from dashboard.store.revision_reading import Revision, last_revision, revision_hash, revisions_after
from ingest.model.errors import StoreUnreachable

router = APIRouter(prefix="/v1", tags=["events"])

POLL_S = 0.25
BEAT_S = 15.0
"""How often a line is sent when nothing happens: proxies close what is silent."""
AT_ONCE = 200
MOST_STREAMS = 50
_EVENT = re.compile(rf"([0-9]{{1,19}})-([0-9a-f]{{{wording.HASH_DIGITS}}})")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which events; an empty tuple is all."""

    chains: tuple[int, ...]
    categories: tuple[str, ...]

    def passes(self, told: models.Revision) -> bool:
        return (not self.chains or told.alert.chain_id in self.chains) and (
            not self.categories or told.alert.category in self.categories
        )


@router.get("/events", response_class=StreamingResponse)
def events(
    request: Request,
    who: Who,
    source: From,
    chain: Annotated[list[models.Number], Query(max_length=100)] = [],  # noqa: B006
    category: Annotated[list[str], Query(max_length=100)] = [],  # noqa: B006
    after: Annotated[
        str | None,
        Query(max_length=40, description="As `Last-Event-ID`; `start` for all that was ever filed."),
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> StreamingResponse:
    """Every revision from now on, or from after an event on, as it is filed.

    410 where the store does not hold that event as it was: it is another one, or an older copy of it.
    """
    place = place_after(source.reader, last_event_id or after)
    streams: set[int] = request.app.state.streams
    if len(streams) >= MOST_STREAMS:
        raise Refused(503, f"{MOST_STREAMS} streams are open: come back later", {"Retry-After": "30"})
    stream = _stream(request, source.reader, place, Wish(tuple(chain), tuple(category)), streams)
    quiet = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=quiet)


def place_after(reader: Reader, event: str | None) -> int:
    """The number of the revision after which a stream goes on. Raises Refused."""
    if event is None:
        return last_revision(reader)[0]
    if event == "start":
        return 0
    found = _EVENT.fullmatch(event)
    if found is None or int(found[1]) >= 2**63:
        raise Refused(400, "that is no id of an event: leave it out, or send `start` for all events")
    number, digest = int(found[1]), found[2]
    if number == 0:
        return 0
    held = revision_hash(reader, number)
    if held is None or not held.startswith(digest):
        raise Refused(410, "the store does not hold that event: begin anew with `start`")
    return number


async def _stream(
    request: Request, reader: Reader, place: int, wish: Wish, streams: set[int]
) -> AsyncIterator[str]:
    mine = id(request)
    streams.add(mine)
    try:
        yield "retry: 1000\n\n"
        beat = time.monotonic()
        while not await request.is_disconnected():
            fresh = await run_sync(_fresh, reader, place)
            for each in fresh:
                place = each.number
                told = wording.revision(each)
                if told is not None and wish.passes(told):
                    beat = time.monotonic()
                    yield wording.event(told)
            if time.monotonic() - beat > BEAT_S:
                beat = time.monotonic()
                yield ": nothing new\n\n"
            if len(fresh) < AT_ONCE:
                await anyio.sleep(POLL_S)
    finally:
        streams.discard(mine)


def _fresh(reader: Reader, place: int) -> list[Revision]:
    """A store that is away is waited for."""
    try:
        return revisions_after(reader, place, AT_ONCE)
    except StoreUnreachable:
        return []
