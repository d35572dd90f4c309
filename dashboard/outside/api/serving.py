"""Starts the API, and refuses to where somebody could come in who may not."""

from __future__ import annotations

import ipaddress
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from dashboard.outside.api.app import make_app, measured
from dashboard.outside.api.gate import Gate, Shelf, Sources
from dashboard.outside.api.tokens import TokenFile, read_tokens
from dashboard.store import bring_up_to_date, open_desk, open_reader, quoted
from dashboard.transfers.door import open_transfers
from ingest.machine.metrics import metrics
from ingest.machine.processes import refuse_taken
from ingest.model.errors import BadInput

CLOSING_S = 2
"""How long open streams are waited for at the end: they go on by `Last-Event-ID`."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the API listens, and by what it knows who asks. `rate` is requests a second of each."""

    host: str = "127.0.0.1"
    port: int = 8601
    tokens: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    rate: float = 20.0

    @property
    def is_local(self) -> bool:
        return ipaddress.ip_address(self.host).is_loopback


def check(listening: Listening) -> str:
    """What is to be said of who may come in. Raises BadInput where that is not safe."""
    try:
        is_local = listening.is_local
    except ValueError:
        raise BadInput(f"{quoted(listening.host)} is no address to listen on: write 127.0.0.1") from None
    if (listening.certificate is None) != (listening.key is None):
        raise BadInput("TLS takes both: give --tls-cert and --tls-key")
    for flag, path in (("--tls-cert", listening.certificate), ("--tls-key", listening.key)):
        if path is not None and not path.is_file():
            raise BadInput(f"{flag}: there is no file {path}")
    if not is_local and (listening.tokens is None or listening.certificate is None):
        raise BadInput(
            f"on {listening.host} the API needs --tokens, --tls-cert and --tls-key: give them, or listen on "
            "127.0.0.1"
        )
    if listening.tokens is None:
        return "whoever is on this machine may ask: --tokens changes that"
    count = len(read_tokens(listening.tokens))
    return "1 token may ask" if count == 1 else f"{count} tokens may ask"


def serve(
    url: str,
    lake: str,
    listening: Listening,
    stop: threading.Event,
    say: Callable[[str], None],
    metrics_port: int | None = None,
    shelf: Shelf | None = None,
) -> None:
    """Answers until `stop`. Raises BadInput, PortTaken and StoreUnreachable."""
    told = check(listening)
    refuse_taken(listening.port, "--port")
    bring_up_to_date(url)
    with ExitStack() as opened:
        reader = opened.enter_context(closing(open_reader(url)))
        sources = Sources(reader, open_transfers(reader, lake), lambda: open_desk(url), shelf)
        tokens = None if listening.tokens is None else TokenFile(listening.tokens)
        app = make_app(sources, Gate(tokens, listening.rate, listening.is_local))
        server = _server(app, listening)
        opened.enter_context(metrics(metrics_port, lambda: measured(app)))
        running = threading.Thread(target=server.run, name="api")
        running.start()
        opened.callback(running.join)
        opened.callback(setattr, server, "should_exit", True)
        while running.is_alive() and not server.started:
            time.sleep(0.02)
        if server.started:
            scheme = "http" if listening.certificate is None else "https"
            host = f"[{listening.host}]" if ":" in listening.host else listening.host
            say(f"api: {told}")
            say(f"api: {scheme}://{host}:{listening.port}/docs")
        while running.is_alive() and not stop.wait(0.2):
            pass
    if not server.started:
        raise BadInput(f"the API could not listen on {listening.host}: it is no address of this machine")


def _server(app: FastAPI, listening: Listening) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        host=listening.host,
        port=listening.port,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.key,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSING_S,
        h11_max_incomplete_event_size=32_768,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"--tls-cert and --tls-key do not belong together: {error}") from error
    return uvicorn.Server(config)
