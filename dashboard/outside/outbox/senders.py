"""How each kind of channel is spoken to. A failure is said in words of ours: no address or key in it."""

from __future__ import annotations

import hashlib
import json
import smtplib
import ssl
import time
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from dashboard.outside.outbox import messages
from dashboard.outside.outbox.apprise_sender import Apprise
from dashboard.outside.outbox.messages import Message
from dashboard.outside.outbox.outcome import Outcome, is_here
from dashboard.outside.outbox.secrets import secret
from dashboard.outside.outbox.signing import HEADER, signature
from ingest.model.errors import BadInput

CONNECT_S, ANSWER_S = 5.0, 10.0
PAGERDUTY = "https://events.pagerduty.com"
_PAGERDUTY_SEVERITY = {"critical": "critical", "high": "error", "medium": "warning", "low": "info"}
_PASSING = (408, 425, 429)
_LONGEST_WAIT_S = 3_600


class Sender(Protocol):
    def send(self, message: Message) -> Outcome: ...


def sender(name: str, settings: Mapping[str, Any]) -> Sender:
    """Raises BadInput where a setting is missing, unknown or no secret."""
    given = dict(settings)
    kind = given.pop("kind")
    makers: dict[str, Callable[[str, dict[str, Any]], Sender]] = {
        "webhook": _webhook,
        "slack": _slack,
        "pagerduty": _pagerduty,
        "email": _email,
        "apprise": _apprise,
    }
    made = makers[kind](f"[channels.{name}]", given)
    if given:
        raise BadInput(f"--routes: [channels.{name}]: {kind} has no setting {min(given)!r}")
    return made


class _Http:
    """One kept connection. Nothing is followed elsewhere, and no answer is read."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        try:
            with self._session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json", "User-Agent": "undertow", **headers},
                timeout=(CONNECT_S, ANSWER_S),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return _outcome(answer.status_code, answer.headers.get("Retry-After", ""))
        except requests.exceptions.SSLError:
            return Outcome(False, "its certificate is not trusted")
        except requests.Timeout:
            return Outcome(False, "it did not answer in time")
        except requests.RequestException:
            return Outcome(False, "it cannot be reached")


def _outcome(status: int, retry_after: str) -> Outcome:
    if 200 <= status < 300:
        return Outcome(True)
    again = status >= 500 or status in _PASSING
    wait = int(retry_after) if retry_after.isascii() and retry_after.isdecimal() else 0
    return Outcome(False, f"it answered {status}", again, min(wait, _LONGEST_WAIT_S))


class Webhook:
    """JSON, signed: see `signing`."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key, self._http = url, key, _Http()

    def send(self, message: Message) -> Outcome:
        body = _json(messages.facts(message))
        signed = {HEADER: signature(self._key, int(time.time()), body), "Undertow-Id": message.id}
        return self._http.post(self._url, body, signed)


class Slack:
    """The shape of Slack's incoming webhooks: plain text, so that nothing in it is a mention or a link."""

    def __init__(self, url: str) -> None:
        self._url, self._http = url, _Http()

    def send(self, message: Message) -> Outcome:
        text = "\n".join((messages.title(message), *messages.lines(message)))
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")[:2_900]
        block = {"type": "section", "text": {"type": "plain_text", "text": escaped, "emoji": False}}
        shape = {
            "text": escaped.split("\n", 1)[0],
            "mrkdwn": False,
            "parse": "none",
            "link_names": False,
            "unfurl_links": False,
            "unfurl_media": False,
            "blocks": [block],
        }
        return self._http.post(self._url, _json(shape), {})


class PagerDuty:
    """Events v2: all that is told of an alert has one `dedup_key`, and what is over resolves it."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key, self._http = f"{url}/v2/enqueue", key, _Http()

    def send(self, message: Message) -> Outcome:
        event: dict[str, Any] = {
            "routing_key": self._key,
            "event_action": "resolve" if message.is_over else "trigger",
            "dedup_key": message.thread[:255],
            "client": "undertow",
        }
        if not message.is_over:
            event["payload"] = {
                "summary": f"{messages.title(message)}: {messages.lines(message)[0]}"[:1_024],
                "source": f"chain {message.chain_id}",
                "severity": _PAGERDUTY_SEVERITY[message.severity],
                "class": messages.plain(message.category),
                "custom_details": {"id": message.id, "lines": messages.lines(message)},
            }
        return self._http.post(self._url, _json(event), {})


class Email:
    """Plain text by SMTP, over TLS."""

    def __init__(
        self,
        place: tuple[str, int],
        tls: str,
        context: ssl.SSLContext,
        sign_in: tuple[str, str] | None,
        people: tuple[str, tuple[str, ...]],
    ) -> None:
        self._place, self._tls, self._context = place, tls, context
        self._sign_in, self._people = sign_in, people

    def send(self, message: Message) -> Outcome:
        letter = EmailMessage()
        letter["From"], letter["To"] = self._people[0], ", ".join(self._people[1])
        letter["Subject"] = messages.title(message)
        letter["Message-ID"] = f"<{message.id}@undertow.invalid>"
        thread = hashlib.sha256(message.thread.encode()).hexdigest()[:32]
        letter["References"] = f"<{thread}@undertow.invalid>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content("\n".join(messages.lines(message)) + "\n")
        try:
            with self._connected() as server:
                if self._sign_in is not None:
                    server.login(*self._sign_in)
                server.send_message(letter)
        except ssl.SSLError:
            return Outcome(False, "its certificate is not trusted")
        except smtplib.SMTPResponseException as error:
            return Outcome(False, f"it answered {error.smtp_code}", again=error.smtp_code < 500)
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            return Outcome(False, f"it refused everybody ({max(codes)})", again=max(codes) < 500)
        except smtplib.SMTPNotSupportedError:
            return Outcome(False, "it knows no TLS, or no way to sign in", again=False)
        except (OSError, smtplib.SMTPException):
            return Outcome(False, "it cannot be reached")
        return Outcome(True)

    def _connected(self) -> smtplib.SMTP:
        host, port = self._place
        if self._tls == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=ANSWER_S, context=self._context)
        server = smtplib.SMTP(host, port, timeout=ANSWER_S)
        if self._tls == "starttls":
            try:
                server.starttls(context=self._context)
            except BaseException:
                server.close()
                raise
        return server


def _webhook(where: str, given: dict[str, Any]) -> Sender:
    return Webhook(_url(where, given), secret(given.pop("secret", None), f"--routes: {where}: secret"))


def _slack(where: str, given: dict[str, Any]) -> Sender:
    """Its address is its password."""
    found = secret(given.pop("url", None), f"--routes: {where}: url")
    return Slack(_checked(found, where))


def _pagerduty(where: str, given: dict[str, Any]) -> Sender:
    given.setdefault("url", PAGERDUTY)
    url = _url(where, given).rstrip("/")
    return PagerDuty(url, secret(given.pop("routing_key", None), f"--routes: {where}: routing_key"))


def _apprise(where: str, given: dict[str, Any]) -> Sender:
    return Apprise(secret(given.pop("url", None), f"--routes: {where}: url"), where)


def _email(where: str, given: dict[str, Any]) -> Sender:
    host, tls = str(given.pop("host", "")), str(given.pop("tls", "tls"))
    port = given.pop("port", {"tls": 465, "starttls": 587}.get(tls, 25))
    to = given.pop("to", [])
    people = (given.pop("from", ""), tuple(to) if isinstance(to, list) else ())
    known = host and isinstance(port, int) and people[1]
    if not known or not all(map(_is_mailbox, (people[0], *people[1]))):
        raise BadInput(f'--routes: {where}: an e-mail takes host, port, from and to = ["ann@example.org"]')
    if tls not in ("tls", "starttls") and not (tls == "none" and is_here(host)):
        raise BadInput(f"--routes: {where}: tls is tls or starttls; none goes to this machine only")
    user, password = given.pop("user", None), given.pop("password", None)
    sign_in = None if user is None else (str(user), secret(password, f"--routes: {where}: password"))
    return Email((host, port), tls, _context(given.pop("ca", None), where), sign_in, people)


def _context(authority: object, where: str) -> ssl.SSLContext:
    """`ca` names a file of authorities that are trusted instead of the machine's."""
    try:
        return ssl.create_default_context(cafile=None if authority is None else str(authority))
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"--routes: {where}: ca is no file of certificates") from error


def _is_mailbox(text: object) -> bool:
    plain = isinstance(text, str) and text.isascii() and text.isprintable() and len(text) < 255
    return plain and str(text).count("@") == 1 and not set(str(text)) & set(' ,;<>"\\')


def _url(where: str, given: dict[str, Any]) -> str:
    """Written out, or where it stands in the way of a secret."""
    told = given.pop("url", "")
    if isinstance(told, str) and told.startswith(("env:", "file:")):
        told = secret(told, f"--routes: {where}: url")
    return _checked(told, where)


def _checked(url: object, where: str) -> str:
    """Raises BadInput for what is no address to post to, or would carry a secret in the open."""
    try:
        parts = urlsplit(str(url))
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.username is not None or parts.scheme not in ("http", "https"):
        raise BadInput(f"--routes: {where}: url is no https://HOST/… without user and password")
    if parts.scheme == "http" and not is_here(host):
        raise BadInput(f"--routes: {where}: url: http:// goes to this machine only: write https://")
    return str(url)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
