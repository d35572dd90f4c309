"""Getting packs from another instance's API. What comes is a stranger's: bounded, and judged as a file is."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import requests

from dashboard.outside.outbox.outcome import is_here
from dashboard.outside.packs.pack import MOST_BYTES, Digest, Kind, Name, Pack, opened, refusal
from ingest.model.errors import BadInput, Unreachable
from ingest.model.redact import redact, shown

SILENCE_S, WHOLE_S = 10.0, 120.0
"""How long the other side may say nothing, and take for everything."""


class Offered(msgspec.Struct, frozen=True):
    """A pack that the other side says it has."""

    name: Name
    version: int
    kind: Kind
    digest: Digest


def offered(url: str, token: str | None) -> list[Offered]:
    """Raises BadInput and Unreachable."""
    try:
        return msgspec.json.decode(_answer(url, "/v1/packs", token), type=list[Offered])
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"{redact(url)} does not list packs: {shown(str(error))}") from error


def fetched(url: str, digest: str, token: str | None) -> tuple[Pack, bytes]:
    """The pack with this digest. Raises PackRefused where something else came."""
    content = _answer(url, f"/v1/packs/{digest}", token)
    found = opened(content, f"from {redact(url)}")
    if found.digest != digest:
        raise refusal(found.called, f"forged: {redact(url)} gave another file than it was asked for")
    return found, content


def token_in(path: Path | None) -> str | None:
    """Raises BadInput."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the token in {path} cannot be read: give another --token-file") from error


def _answer(url: str, path: str, token: str | None) -> bytes:
    scheme, host = _parts(url)
    if token is not None and scheme == "http" and not is_here(host):
        raise BadInput(f"a token is not sent to {redact(url)} in the open: use https")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with requests.Session() as session:
            session.trust_env = not is_here(host)  # no proxy between this machine and itself
            with session.get(
                url.rstrip("/") + path, headers=headers, timeout=SILENCE_S, stream=True, allow_redirects=False
            ) as answer:
                return _read(answer, url)
    except (requests.RequestException, OSError) as error:
        raise Unreachable(f"{redact(url)} does not answer: {type(error).__name__}; try again") from error


def _parts(url: str) -> tuple[str, str]:
    """Scheme and host. Raises BadInput."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{redact(url)} is no address of an API: write https://HOST:PORT")
    return parts.scheme, parts.hostname


def _read(answer: requests.Response, url: str) -> bytes:
    content, until = bytearray(), time.monotonic() + WHOLE_S
    for chunk in answer.iter_content(65_536):
        content += chunk
        if len(content) > MOST_BYTES:
            raise BadInput(f"{redact(url)} sends more than {MOST_BYTES:,} bytes, too large for a pack")
        if time.monotonic() > until:
            raise Unreachable(f"{redact(url)} is not done after {WHOLE_S:.0f} s: try again")
    if answer.status_code != 200:
        said = shown(bytes(content).decode(errors="replace"), 160)
        raise BadInput(f"{redact(url)} answers {answer.status_code}: {said}")
    return bytes(content)
