"""Who is told of a revision: decided by the routes and by what each channel was told before. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dashboard.outside.outbox.routes import Quiet, Route, Routes
from dashboard.store.letters import Known, Telling, Told, message_id
from dashboard.store.revision_reading import Revision
from detectors.alerts.alert import SEVERITIES, Alert


def tellings(routes: Routes, revision: Revision, alert: Alert, known: Known, now: int) -> list[Telling]:
    """At most one for each channel.

    A danger is told once, and again when it is graver; whoever was told of one is told when it is less or
    none, however old it is by then. Of blocks older than `max_age` nothing is told anew, but
    what arrived is chosen again: so a store from a backup comes to know of it.
    """
    is_fresh = revision.block_time >= now - routes.max_age
    found = (_telling(routes, revision, alert, name, known, is_fresh, now) for name in routes.channels)
    return [each for each in found if each is not None]


def _telling(
    routes: Routes, revision: Revision, alert: Alert, channel: str, known: Known, is_fresh: bool, now: int
) -> Telling | None:
    before = known.told.get(channel)
    is_over = alert.status == "retracted" or alert.suppressed_by is not None
    if is_over:
        if before is None or not before.standing:
            return None
        kind = "retracted" if alert.status == "retracted" else "lowered"
        return Telling(channel, kind, Told(alert.severity, False))
    rank = SEVERITIES.index(alert.severity)
    stood = SEVERITIES.index(before.severity) if before and before.severity in SEVERITIES else -1
    if before is not None and before.standing and rank <= stood:
        return Telling(channel, "lowered", Told(alert.severity, True)) if rank < stood else None
    route = next(
        (each for each in routes.routes if channel in each.channels and passes(each, alert, known)), None
    )
    kind = "risen" if before is not None and before.standing else "raised"
    if route is None or not (is_fresh or message_id(channel, revision, kind) in known.arrived):
        return None
    return Telling(channel, kind, Told(alert.severity, True), due_at(route, alert, now))


def passes(route: Route, alert: Alert, known: Known) -> bool:
    """Whether a route takes an alert that stands."""
    return (
        SEVERITIES.index(alert.severity) >= SEVERITIES.index(route.severity)
        and (not route.categories or alert.category in route.categories)
        and (not route.chains or alert.chain_id in route.chains)
        and (route.least_wei is None or int(alert.value_wei or 0) >= route.least_wei)
        and _names(route, alert, known)
    )


def _names(route: Route, alert: Alert, known: Known) -> bool:
    if not route.watched and not route.roles:
        return True
    return any(
        (not route.watched or each.address in known.watched) and (not route.roles or each.role in route.roles)
        for each in alert.roles
    )


def due_at(route: Route, alert: Alert, now: int) -> int | None:
    """Until when the message is held; None for not at all."""
    is_grave = route.always is not None and SEVERITIES.index(alert.severity) >= SEVERITIES.index(route.always)
    held = list(_held(route, now))
    return None if is_grave or not held else max(held)


def _held(route: Route, now: int) -> Iterator[int]:
    if route.digest is not None:
        yield (now // route.digest + 1) * route.digest
    if route.quiet is not None and (ends := quiet_until(route.quiet, now)) is not None:
        yield ends


def quiet_until(quiet: Quiet, now: int) -> int | None:
    """When the quiet hours end in which `now` lies; None where it does not. A day may have 23 hours or 25."""
    here = datetime.fromtimestamp(now, UTC).astimezone(quiet.zone)
    minute = here.hour * 60 + here.minute
    through_midnight = quiet.begins >= quiet.ends
    inside = (
        minute >= quiet.begins or minute < quiet.ends
        if through_midnight
        else quiet.begins <= minute < quiet.ends
    )
    if not inside:
        return None
    day = here.date() + timedelta(days=1 if through_midnight and minute >= quiet.begins else 0)
    ends = datetime(day.year, day.month, day.day, quiet.ends // 60, quiet.ends % 60, tzinfo=quiet.zone)
    return max(now + 60, int(ends.timestamp()))
