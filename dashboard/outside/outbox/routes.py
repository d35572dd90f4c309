"""The file of routes: channels, and which alerts each is told of. Read once, and refused with the place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

import msgspec

from detectors.alerts.alert import SEVERITIES, RoleName, Severity
from ingest.model.errors import BadInput

_SPAN = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_QUIET = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])(?: (\S+))?")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_Told = TypeVar("_Told", bound=msgspec.Struct)
KINDS = ("webhook", "slack", "pagerduty", "email", "apprise")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of a day in which nobody is told; from and to in minutes, the end not included."""

    begins: int
    ends: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts go to which channels; what is empty or None lets everything through.

    `watched`: somebody in it is on the watch list; `roles`: somebody has one of these parts in it, and with
    `watched` somebody who is watched has. `digest` gathers for so many seconds; in `quiet` hours all is
    gathered, but for what is at least as grave as `always`.
    """

    channels: tuple[str, ...]
    severity: Severity = "low"
    categories: tuple[str, ...] = ()
    chains: tuple[int, ...] = ()
    least_wei: int | None = None
    watched: bool = False
    roles: tuple[str, ...] = ()
    digest: int | None = None
    quiet: Quiet | None = None
    always: Severity | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """`channels` by name, as the file has them: a sender reads its own. `max_age` in seconds: of blocks that
    are older nobody is told. `storm`: messages a minute to one channel, before the rest is told as one.
    `operators`: channels that are told of alarms about undertow itself, at once and whatever routes say.
    """

    channels: Mapping[str, Mapping[str, Any]]
    routes: tuple[Route, ...]
    max_age: int
    storm: int
    operators: tuple[str, ...] = ()


class _Route(msgspec.Struct, forbid_unknown_fields=True):
    channels: list[str]
    severity: str = "low"
    categories: list[str] = []
    chains: list[int] = []
    least_value: str | None = None
    watched: bool = False
    roles: list[str] = []
    digest: str | None = None
    quiet: str | None = None
    always: str | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    channels: dict[str, dict[str, Any]]
    routes: list[_Route] = []
    max_age: str = "6h"
    storm: int = 20
    operators: list[str] = []


def read_routes(path: Path) -> Routes:
    """Raises BadInput."""
    found = read_toml(path, _File, f"--routes: {path}")
    for name, channel in found.channels.items():
        if not _NAME.fullmatch(name) or channel.get("kind") not in KINDS:
            raise BadInput(
                f"--routes: [channels.{name[:40]!r}]: a name of a-z, 0-9 and dashes, and a kind of "
                f"{', '.join(KINDS)}"
            )
    if not (found.routes or found.operators) or not 1 <= found.storm <= 100_000:
        raise BadInput("--routes: name a [[routes]] or `operators` at least, and a `storm` of 1 to 100,000")
    if strange := sorted(set(found.operators) - set(found.channels)):
        raise BadInput(f"--routes: operators: no [channels.{strange[0][:40]}]")
    routes = tuple(_route(each, place, found.channels) for place, each in enumerate(found.routes, 1))
    max_age = span(found.max_age, "--routes: max_age")
    return Routes(found.channels, routes, max_age, found.storm, tuple(found.operators))


def read_toml(path: Path, kind: type[_Told], what: str) -> _Told:
    """A file as `kind` says it is. Raises BadInput, which begins with `what`."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), kind)
    except OSError as error:
        raise BadInput(f"{what} cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise BadInput(f"{what}: {error}") from error
    except ValueError as error:  # of TOML, and of UTF-8
        raise BadInput(f"{what} is no TOML: {error}") from error


def _route(told: _Route, place: int, channels: Mapping[str, Any]) -> Route:
    where = f"[[routes]] number {place}"
    unknown = [name for name in told.channels if name not in channels]
    if unknown or not told.channels:
        raise BadInput(f"--routes: {where}: no [channels.{unknown[0] if unknown else '…'}]")
    odd = set(told.roles) - set(get_args(RoleName))
    if odd:
        raise BadInput(f"--routes: {where}: no role {min(odd)!r}: choose {', '.join(get_args(RoleName))}")
    return Route(
        channels=tuple(told.channels),
        severity=_severity(told.severity, where),
        categories=tuple(told.categories),
        chains=tuple(told.chains),
        least_wei=None if told.least_value is None else _wei(told.least_value, where),
        watched=told.watched,
        roles=tuple(told.roles),
        digest=None if told.digest is None else span(told.digest, f"--routes: {where}: digest"),
        quiet=None if told.quiet is None else _quiet(told.quiet, where),
        always=None if told.always is None else _severity(told.always, where),
    )


def span(text: str, what: str) -> int:
    """Seconds of `30s`, `5m`, `6h` or `2d`. Raises BadInput, which begins with `what`."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise BadInput(f"{what}: {text[:40]!r} is no span of time: write 30s, 5m, 6h or 2d")
    return int(found[1]) * _UNITS[found[2]]


def _severity(text: str, where: str) -> Severity:
    if text not in SEVERITIES:
        raise BadInput(f"--routes: {where}: no severity {text[:40]!r}: choose {', '.join(SEVERITIES)}")
    return text


def _wei(text: str, where: str) -> int:
    """Of a decimal number of the chain's own coin."""
    whole, _, rest = text.partition(".")
    if not re.fullmatch(r"[0-9]{1,30}", whole) or not re.fullmatch(r"[0-9]{0,18}", rest):
        raise BadInput(f'--routes: {where}: least_value: {text[:40]!r} is no amount: write "12.5"')
    return int(whole) * 10**18 + int(rest.ljust(18, "0"))


def _quiet(text: str, where: str) -> Quiet:
    found = _QUIET.fullmatch(text)
    zone = None
    if found is not None:
        try:
            zone = ZoneInfo(found[5] or "UTC")
        except (ValueError, OSError, KeyError):
            zone = None
    if found is None or zone is None:
        raise BadInput(f'--routes: {where}: quiet: write "22:00-07:00 Europe/Berlin", not {text[:40]!r}')
    return Quiet(int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4]), zone)
