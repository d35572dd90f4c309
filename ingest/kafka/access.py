"""How a Kafka is spoken to: in plain text, or as a file says that `UNDERTOW_KAFKA_CONFIG` names. A process
has one Kafka, and hands the variable on to the processes that it starts.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.model.errors import BadInput
from ingest.model.private_file import read_private

CONFIG, PLAIN_TEXT = "UNDERTOW_KAFKA_CONFIG", "UNDERTOW_KAFKA_PLAINTEXT"
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")
SETTINGS = frozenset(
    {
        "security", "mechanism", "username", "password", "ca_file", "certificate_file", "key_file",
        "key_password", "check_hostname", "require_replication",
    }
)  # fmt: skip
LONGEST_FILE, LONGEST_SECRET = 100_000, 10_000
"""Bytes."""


class Secret(str):
    """Text that no message, log or representation shows."""

    __slots__ = ()

    def __str__(self) -> str:
        return "…"

    def __repr__(self) -> str:
        return "'…'"

    def __format__(self, form: str) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection needs beside an address. Secrets are read anew for each one: they may change."""

    security: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str | None = None
    password: Secret | None = None
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    has_certificate: bool = False
    require_replication: bool = False

    @property
    def is_named(self) -> bool:
        """Whether the broker knows who asks, so that its rights can be asked for."""
        return self.username is not None or self.has_certificate

    @property
    def is_encrypted(self) -> bool:
        return self.tls is not None

    def client_settings(self) -> dict[str, Any]:
        """Keyword arguments of every client of kafka-python."""
        told: dict[str, Any] = {"security_protocol": self.security}
        if self.tls is not None:
            told["ssl_context"] = self.tls
        if self.mechanism is not None:
            told |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return told


PLAIN = Access()


def access(given: Access | None = None) -> Access:
    """What is given, else as the environment says: plain text where it names no file. Raises BadInput."""
    if given is not None:
        return given
    named = os.environ.get(CONFIG, "")
    return read_access(Path(named)) if named else PLAIN


def check_plain_text(bootstrap: str, chosen: Access) -> None:
    """Raises BadInput where words would leave this machine unencrypted, unless it was said that they may."""
    away = [part for part in bootstrap.split(",") if not _is_here(part.rpartition(":")[0])]
    if away and not chosen.is_encrypted and os.environ.get(PLAIN_TEXT, "") not in ("1", "true"):
        raise BadInput(
            f"{away[0]} is another machine, and nothing says to encrypt what goes there: give --kafka-config "
            "a file with `security` SASL_SSL or SSL, or --kafka-plaintext on a network that is yours alone"
        )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def read_access(path: Path) -> Access:
    """What a file of access says. Raises BadInput, which never says what a secret is."""
    told = _Told(path, _parsed(path))
    security = told.one_of("security", PROTOCOLS)
    if security is None:
        raise BadInput(f"{path} says nothing of `security`: write one of {', '.join(PROTOCOLS)}")
    sasl, encrypted = security.startswith("SASL"), security.endswith("SSL")
    made = Access(
        security=security,
        mechanism=told.one_of("mechanism", MECHANISMS) if sasl else None,
        username=told.text("username") if sasl else None,
        password=told.secret("password") if sasl else None,
        has_certificate=encrypted and told.text("certificate_file") is not None,
        tls=_tls(told) if encrypted else None,
        require_replication=told.flag("require_replication", False),
    )
    told.expect_no_more()
    _expect_a_user(path, made)
    return made


def _expect_a_user(path: Path, made: Access) -> None:
    if not made.security.startswith("SASL"):
        return
    has = {"mechanism": made.mechanism, "username": made.username, "password": made.password}
    if missing := [name for name, value in has.items() if not value]:
        raise BadInput(f"{path}: {made.security} needs `{missing[0]}`, which is not there")
    if set(str(made.username)) & set(",="):
        raise BadInput(f"{path}: `username` has a comma or an equals sign, which SCRAM cannot tell")


def _parsed(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LONGEST_FILE:
            raise BadInput(f"{path} is longer than {LONGEST_FILE:,} bytes: --kafka-config takes a few lines")
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; give --kafka-config its file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise BadInput(f'{path} is no TOML: write lines as `security = "SASL_SSL"`') from None


def _tls(told: _Told) -> ssl.SSLContext:
    """TLS 1.2 or later, held against one CA, or against those of this machine where the file names none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = told.flag("check_hostname", True)
    ca, certificate, key = (told.file(name) for name in ("ca_file", "certificate_file", "key_file"))
    if (certificate is None) != (key is None):
        raise BadInput(f"{told.path}: `certificate_file` and `key_file` belong together: give both or none")
    if ca is None:
        context.load_default_certs()
    else:
        told.load("ca_file", lambda: context.load_verify_locations(ca))
    password = told.secret("key_password") or Secret()
    if certificate is not None and key is not None:
        read_private(key, "file of `key_file`", most_bytes=1)
        # Without a word the library would ask for one at the terminal.
        told.load("certificate_file", lambda: context.load_cert_chain(certificate, key, lambda: password))
    return context


class _Told:
    """What a file says, and which of its keys were asked for."""

    def __init__(self, path: Path, values: Mapping[str, Any]) -> None:
        self.path = path
        self._values = values
        self._asked: set[str] = set()

    def text(self, name: str) -> str | None:
        self._asked.add(name)
        value = self._values.get(name)
        if value is not None and not (isinstance(value, str) and value.strip() and value.isprintable()):
            raise BadInput(f"{self.path}: `{name}` is no text: write it between quotation marks")
        return value

    def one_of(self, name: str, known: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and value not in known:
            raise BadInput(f"{self.path}: `{name}` is none of {', '.join(known)}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        self._asked.add(name)
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise BadInput(f"{self.path}: `{name}` is neither true nor false")
        return value

    def file(self, name: str) -> Path | None:
        """Relative to the file that names it."""
        value = self.text(name)
        return None if value is None else self.path.parent / value

    def secret(self, name: str) -> Secret | None:
        """What `env:NAME` or `file:PATH` names, which must be one line."""
        reference = self.text(name)
        if reference is None:
            return None
        kind, _, place = reference.partition(":")
        if kind == "env" and place:
            found, where = os.environ.get(place, ""), f"the environment's {place}"
        elif kind == "file" and place:
            raw = read_private(self.path.parent / place, f"file of `{name}`", LONGEST_SECRET + 1)
            found, where = raw.decode("utf-8", "replace"), place
        else:
            raise BadInput(
                f"{self.path}: `{name}` is a secret: write env:NAME or file:PATH, which says where it stands"
            )
        found = found.strip("\r\n")
        if not found or len(found) > LONGEST_SECRET or not found.isprintable():
            raise BadInput(f"{self.path}: `{name}`: {where} holds no secret: one line of text is wanted")
        return Secret(found)

    def load(self, name: str, loading: Callable[[], None]) -> None:
        try:
            loading()
        except (OSError, ValueError) as error:  # of the file, its form or its password (ssl.SSLError)
            why = "it is no PEM that can be read, or not with that key"
            if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
                why = str(error.strerror)
            raise BadInput(f"{self.path}: `{name}` cannot be used: {why}") from None

    def expect_no_more(self) -> None:
        if unknown := sorted(self._values.keys() - SETTINGS):
            known = ", ".join(sorted(SETTINGS))
            raise BadInput(f"{self.path}: `{unknown[0]}` is no setting: those are {known}")
        if idle := sorted(set(self._values) - self._asked):
            raise BadInput(
                f"{self.path}: `{idle[0]}` has no meaning with `security` {self._values['security']}"
            )
