"""The application: its routes put together, and what every error becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.outside.api import alerts, events, models, packs, pages, standing, subjects, work
from dashboard.outside.api.gate import Gate, Refused, Sources
from dashboard.store import NotAllowed, Overtaken
from ingest.machine.metrics import Metric, counter, gauge
from ingest.model.errors import BadInput, StoreUnreachable, UndertowError, UnreadableRecord

VERSION = "1.0"
THREADS = 12
"""Questions that are answered at once: as many as the store gives connections."""
TITLE = "undertow"
ABOUT = """Alerts of undertow, and all that belongs to them, as the store has them.

Amounts are decimal strings in units of their token, times are seconds UTC, addresses and hashes are
lower-case 0x-hex. Names from a chain are hostile: text in which nothing is hidden, and still no markup.
Every refusal is an object with one key, `error`.

Where tokens are asked for, send `Authorization: Bearer TOKEN`. A viewer reads, an analyst changes cases too,
an admin also reads the audit."""
_STATUS: tuple[tuple[type[UndertowError], int], ...] = (
    (NotAllowed, 403),
    (Overtaken, 409),
    (UnreadableRecord, 500),
    (BadInput, 400),
    (StoreUnreachable, 503),
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": pages.POLICY,
}


def make_app(sources: Sources, gate: Gate) -> FastAPI:
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        responses={status: {"model": models.Trouble} for status in (400, 401, 403, 404, 429, 503)},
    )
    app.state.sources, app.state.gate, app.state.streams = sources, gate, set()
    app.state.answered = Counter[str]()
    for each in (alerts, subjects, work, standing, events, packs):
        app.include_router(each.router)
    _add_pages(app)
    _add_errors(app)
    app.add_middleware(Guarded)
    return app


def measured(app: FastAPI) -> list[Metric]:
    """Of this application."""
    answered = [((status,), float(count)) for status, count in sorted(dict(app.state.answered).items())]
    return [
        counter("undertow_api_requests_total", ("status",), answered),
        gauge("undertow_api_streams", (), [((), float(len(app.state.streams)))]),
    ]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = THREADS
    yield


def _add_pages(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(pages.page(app.openapi()))

    @app.get("/docs.css", include_in_schema=False)
    def style() -> Response:
        return Response(pages.STYLE, media_type="text/css")


class Guarded:
    """Adds the headers by which a browser takes an answer for nothing else than it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["app"].state.answered[str(message["status"])] += 1
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> JSONResponse:
        return JSONResponse({"error": error.error}, error.status, error.headers)

    @app.exception_handler(UndertowError)
    def told(request: Request, error: UndertowError) -> JSONResponse:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        return JSONResponse({"error": " ".join(str(error).split())}, status)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": _first(error.errors())}, 400)

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> JSONResponse:
        known = {404: "there is nothing here: see /docs", 405: "that method is not known here: see /docs"}
        line = known.get(error.status_code, str(error.detail))
        return JSONResponse({"error": line}, error.status_code, dict(error.headers or {}))


def _first(errors: Any) -> str:
    """Where the first fault is and what it is, without what was sent: it is a stranger's."""
    one = errors[0]
    place = ".".join(str(each) for each in one["loc"])
    return f"{place}: {one['msg']}"
