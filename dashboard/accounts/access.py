"""From where people may come in to the dashboard, and what that asks for: off this machine nobody comes in
without signing in.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard.accounts.users import User, read_users
from dashboard.store import LOCAL, quoted
from ingest.model.errors import BadInput

_SHARED = ("redirect_uri", "cookie_secret")
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True, slots=True)
class Access:
    """`address` is listened on. `users` is the file of who may sign in, None where nobody has to; `secrets`
    is Streamlit's file about a provider of OpenID Connect; `certificate` and `key` are for TLS. `host` is
    what people call this machine in their browser.
    """

    address: str = "127.0.0.1"
    users: Path | None = None
    secrets: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    host: str | None = None

    @property
    def is_local(self) -> bool:
        return ipaddress.ip_address(self.address).is_loopback


def check(access: Access) -> list[str]:
    """What is to be said of it, a line each. Raises BadInput where somebody could come in who may not, or
    nobody could.
    """
    _check_address(access.address)
    _check_tls(access)
    if access.secrets is not None:
        _check_secrets(access.secrets)
    if access.users is None:
        return _open_to_this_machine(access)
    ways = _ways_in(access.users, read_users(access.users), access.secrets)
    return [f"people sign in {ways}", *_told_of_plain_text(access)]


def _open_to_this_machine(access: Access) -> list[str]:
    if not access.is_local:
        raise BadInput(
            f"on {access.address} nobody may come in without signing in: add people with "
            "`undertow users add`, or listen on 127.0.0.1"
        )
    if access.secrets is not None:
        raise BadInput("nobody may sign in at the provider yet: `undertow users add NAME --provider`")
    return [f"nobody signs in, who sits here works as {LOCAL.name!r}: `undertow users add` changes that"]


def _ways_in(path: Path, users: Mapping[str, User], secrets: Path | None) -> str:
    by_password = any(user.password is not None for user in users.values())
    at_provider = secrets is not None and any(user.password is None for user in users.values())
    ways = [name for name, there in (("by password", by_password), ("at the provider", at_provider)) if there]
    if not ways:
        mend = "or name the provider with --secrets" if users else "or listen on 127.0.0.1 without --users"
        raise BadInput(f"nobody in {path} could sign in: `undertow users add NAME`, {mend}")
    return " or ".join(ways)


def _told_of_plain_text(access: Access) -> list[str]:
    if access.is_local or access.certificate is not None:
        return []
    return ["passwords travel as typed: give --tls-cert and --tls-key, or put a proxy with TLS before it"]


def _check_address(address: str) -> None:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise BadInput(f"{quoted(address)} is no address to listen on: write 127.0.0.1 or 0.0.0.0") from None


def _check_tls(access: Access) -> None:
    if (access.certificate is None) != (access.key is None):
        raise BadInput("TLS takes both: give --tls-cert and --tls-key")
    for flag, path in (("--tls-cert", access.certificate), ("--tls-key", access.key)):
        if path is not None and not path.is_file():
            raise BadInput(f"{flag}: there is no file {path}")


def _check_secrets(path: Path) -> None:
    """Raises BadInput where Streamlit would find no provider in it."""
    try:
        told = tomllib.loads(path.read_text())
    except OSError as error:
        raise BadInput(f"--secrets: {path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # of TOML, and of UTF-8
        raise BadInput(f"--secrets: {path} is no TOML: {error}") from error
    section = told.get("auth")
    if not isinstance(section, dict):
        raise BadInput(f"--secrets: {path} has no section [auth]: see dashboard/README.md")
    missing = [name for name in (*_SHARED, *_OF_PROVIDER) if not isinstance(section.get(name), str)]
    if missing:
        raise BadInput(f"--secrets: [auth] of {path} lacks {', '.join(missing)}")
