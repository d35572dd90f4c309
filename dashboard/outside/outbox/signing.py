"""How a webhook proves that it is ours, and is not an old one: HMAC-SHA256 over the time and the body.

`check` is what a receiver does. Without undertow: split `Undertow-Signature` (`t=SECONDS,v1=HEX`), refuse a
time more than five minutes off, compute HMAC-SHA256 with the shared secret over `SECONDS.BODY`, compare in
constant time, then keep the body's `id` for ten minutes and refuse it when it comes again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, MutableMapping

from ingest.model.errors import UndertowError

HEADER = "Undertow-Signature"
WINDOW_S = 300
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


class WebhookRefused(UndertowError):
    """`name` is one of missing, malformed, stale, forged, replayed."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of the header."""
    return f"t={at},v1={_digest(secret, at, body)}"


def check(
    headers: Mapping[str, str], body: bytes, secret: str, now: int, seen: MutableMapping[str, int]
) -> str:
    """The id of a message that is ours and new. `seen` is what came lately, by id. Raises WebhookRefused.

    A message that is sent again since nobody knows whether it arrived is refused as replayed, too: it was
    received before, so answer 200 to it.
    """
    given = {name.lower(): value for name, value in headers.items()}.get(HEADER.lower())
    if given is None:
        raise WebhookRefused("missing", f"there is no header {HEADER}")
    found = _SIGNATURE.fullmatch(given)
    if found is None:
        raise WebhookRefused("malformed", f"{HEADER} is not t=SECONDS,v1=HEX")
    at = int(found[1])
    if not hmac.compare_digest(found[2], _digest(secret, at, body)):
        raise WebhookRefused("forged", "the signature is not of this body, time and secret")
    if abs(now - at) > WINDOW_S:
        raise WebhookRefused("stale", f"it was signed {now - at} s ago, at most {WINDOW_S} are let pass")
    return _new(body, now, seen)


def _new(body: bytes, now: int, seen: MutableMapping[str, int]) -> str:
    name = str(json.loads(body)["id"])
    for old in [each for each, at in seen.items() if now - at > 2 * WINDOW_S]:
        del seen[old]
    if name in seen:
        raise WebhookRefused("replayed", "it came before")
    seen[name] = now
    return name


def _digest(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
