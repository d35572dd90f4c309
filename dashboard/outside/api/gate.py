"""Who comes in: asked before every question. Each refusal says by name what was wrong with it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dashboard.outside.api.limits import Limits
from dashboard.outside.api.tokens import TokenFile, is_spelled_well
from dashboard.store import LOCAL, Actor, Desk, Reader
from dashboard.transfers.door import Transfers

WRONG_A_SECOND = 1.0
"""Wrong tokens that one address may come with; chance finds none, but the log fills."""
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Refused(Exception):
    """An answer of another status than 200: `error` is its one line."""

    def __init__(self, status: int, error: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.headers = headers or {}


class Shelved(Protocol):
    """A pack as it is listed: see `dashboard.outside.packs.pack`."""

    @property
    def head(self) -> Any: ...

    @property
    def signature(self) -> Any: ...

    @property
    def digest(self) -> str: ...


class Shelf(Protocol):
    """Packs that are given out."""

    def listed(self) -> Sequence[Shelved]: ...

    def content(self, digest: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What the API answers from. `open_desk` is called for what people change; `shelf` has the packs that are
    given out, None where none are.
    """

    reader: Reader
    transfers: Transfers
    open_desk: Callable[[], Desk]
    shelf: Shelf | None = None


class Gate:
    """`tokens` is None where nobody needs one: on this machine only."""

    def __init__(
        self,
        tokens: TokenFile | None,
        rate: float,
        is_local: bool,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._tokens = tokens
        self._asked = Limits(rate, clock)
        self._wrong = Limits(WRONG_A_SECOND, clock)
        self._is_local = is_local
        self._now = now

    def let_in(self, request: Request, given: HTTPAuthorizationCredentials | None) -> Actor:
        """Raises Refused: 401 for who is not known, 421 for a page of another name, 429 for too many."""
        self._check_host(request)
        address = request.client.host if request.client else ""
        actor = LOCAL if self._tokens is None else self._known(self._tokens, request, given, address)
        self._slow_down(self._asked, actor.name if self._tokens else address)
        return actor

    def _check_host(self, request: Request) -> None:
        """A page of elsewhere can make a browser here ask this address under a name of its own."""
        name = request.headers.get("host", "").rsplit(":", 1)
        host = name[0] if name[-1].isdecimal() else ":".join(name)
        if self._is_local and host not in LOCAL_NAMES:
            raise Refused(421, "this API answers to 127.0.0.1 and localhost only")

    def _known(
        self, tokens: TokenFile, request: Request, given: HTTPAuthorizationCredentials | None, address: str
    ) -> Actor:
        if given is None:
            there = "authorization" in request.headers
            raise self._unknown(
                "write `Authorization: Bearer TOKEN`" if there else "a token is needed", address
            )
        if not is_spelled_well(given.credentials):
            raise self._unknown("that is no token of undertow", address)
        found = tokens.find(given.credentials)
        if found is None:
            raise self._unknown("that token is not known: forged, or removed", address)
        if found.expires is not None and found.expires <= self._now():
            raise self._unknown(f"the token {found.name} has expired", address)
        return Actor(f"{found.name} (token)", found.role)

    def _unknown(self, why: str, address: str) -> Refused:
        self._slow_down(self._wrong, address)
        return Refused(401, why, {"WWW-Authenticate": "Bearer"})

    def _slow_down(self, limits: Limits, name: str) -> None:
        wait = limits.wait_s(name)
        if wait > 0:
            seconds = str(math.ceil(wait))
            raise Refused(429, f"too many requests: come back in {seconds} s", {"Retry-After": seconds})


_BEARER = HTTPBearer(auto_error=False, description="A token that `undertow tokens add` made.")


async def come_in(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Actor:
    gate: Gate = request.app.state.gate
    return gate.let_in(request, given)


async def sources(request: Request) -> Sources:
    found: Sources = request.app.state.sources
    return found


Who = Annotated[Actor, Depends(come_in)]
From = Annotated[Sources, Depends(sources)]
