"""Routes say who is told of which alert, and what was told is taken back when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.outside.outbox.choosing import quiet_until, tellings
from dashboard.outside.outbox.routes import Routes, read_routes
from dashboard.store.letters import Known, Letter, Telling, Told, netted
from dashboard.store.revision_reading import Revision
from detectors.alerts.alert import Alert
from ingest.model.errors import BadInput
from tests.dashboard.alerts import ALICE, CHAIN, GENESIS, MALLORY, drain

CHANNELS = """
[channels.soc]
kind = "webhook"
[channels.oncall]
kind = "pagerduty"
"""
NOW = GENESIS + 12 * 100
OVER: dict[str, Any] = {"status": "retracted", "retraction_reason": "its block left the chain"}
PART = {"kind": "part-of", "reason": "says less", "id": "drain-7"}


def routed(folder: Path, text: str) -> Routes:
    (folder / "routes.toml").write_text(text)
    return read_routes(folder / "routes.toml")


def told(
    routes: Routes, alert: Alert, before: dict[str, Told] | None = None, now: int = NOW, watched: str = ""
) -> list[Telling]:
    revision = Revision(7, CHAIN, alert.id, "raised", alert.timestamp, now, alert.to_json(), "00")
    return tellings(routes, revision, alert, Known(before or {}, frozenset({watched})), now)


@pytest.mark.parametrize(
    ("route", "is_told"),
    [
        ("", True),
        ('severity = "high"', True),
        ('severity = "critical"', False),
        ('categories = ["wallet-drain"]', True),
        ('categories = ["rug-pull"]', False),
        ("chains = [31337]", True),
        ("chains = [1]", False),
        ('least_value = "0.5"', True),
        ('least_value = "0.500000000000000001"', False),
        ("watched = true", True),
        ('watched = true\nroles = ["victim"]', False),
        ('watched = true\nroles = ["attacker"]', True),
        ('roles = ["victim"]', True),
        ('roles = ["infrastructure"]', False),
        ('severity = "high"\nchains = [1]', False),
    ],
)
def test_a_route_takes_what_it_names(tmp_path: Path, route: str, is_told: bool) -> None:
    routes = routed(tmp_path, f'{CHANNELS}[[routes]]\nchannels = ["soc"]\n{route}\n')
    found = told(routes, drain(value_wei=str(5 * 10**17)), watched=MALLORY)
    assert [each.channel for each in found] == (["soc"] if is_told else [])


@pytest.mark.parametrize(
    ("before", "changes", "kind", "standing"),
    [
        (None, {}, "raised", True),
        (None, {"suppressed_by": PART}, None, None),
        (None, OVER, None, None),
        (Told("high", True), {}, None, None),
        (Told("high", True), {"severity": "critical"}, "risen", True),
        (Told("high", True), {"severity": "low"}, "lowered", True),
        (Told("high", True), {"suppressed_by": PART}, "lowered", False),
        (Told("high", True), OVER, "retracted", False),
        (Told("high", False), OVER, None, None),
        (Told("high", False), {}, "raised", True),
        (Told("high", False), {"suppressed_by": PART}, None, None),
    ],
)
def test_a_channel_is_told_what_it_does_not_know_yet(
    tmp_path: Path, before: Told | None, changes: dict[str, Any], kind: str | None, standing: bool | None
) -> None:
    routes = routed(tmp_path, f'{CHANNELS}[[routes]]\nchannels = ["soc"]\nseverity = "high"\n')
    found = told(routes, drain(**changes), {} if before is None else {"soc": before})
    assert [(each.kind, each.after.standing) for each in found] == (
        [] if kind is None else [(kind, standing)]
    )


def test_of_old_blocks_nothing_is_told_anew_and_what_was_told_is_taken_back(tmp_path: Path) -> None:
    routes = routed(tmp_path, f'max_age = "1h"\n{CHANNELS}[[routes]]\nchannels = ["soc"]\n')
    late = drain().timestamp + 3_601
    assert told(routes, drain(), now=late) == []
    assert len(told(routes, drain(), now=late - 1)) == 1
    assert [each.kind for each in told(routes, drain(**OVER), {"soc": Told("high", True)}, late)] == [
        "retracted"
    ]
    assert told(routes, drain(severity="critical"), {"soc": Told("high", True)}, late) == []


def test_a_digest_waits_and_quiet_hours_hold_all_but_the_gravest(tmp_path: Path) -> None:
    routes = routed(
        tmp_path,
        f"""{CHANNELS}
[[routes]]
channels = ["soc"]
digest = "1h"
[[routes]]
channels = ["oncall"]
quiet = "00:00-23:59"
always = "critical"
""",
    )
    at = {each.channel: each.due_at for each in told(routes, drain())}
    assert at["soc"] == (NOW // 3_600 + 1) * 3_600
    assert at["oncall"] is not None and (at["oncall"] % 86_400) == (23 * 60 + 59) * 60
    grave = {each.channel: each.due_at for each in told(routes, drain(severity="critical"))}
    assert grave["oncall"] is None and grave["soc"] == at["soc"]


@pytest.mark.parametrize(
    ("here", "until"),
    [
        ("2026-07-01 21:59", None),
        ("2026-07-01 22:00", "2026-07-02 07:00"),
        ("2026-07-02 06:59", "2026-07-02 07:00"),
        ("2026-07-02 07:00", None),
        ("2026-10-24 23:00", "2026-10-25 07:00"),  # an hour comes twice that night
        ("2026-03-28 23:00", "2026-03-29 07:00"),  # and one is left out
    ],
)
def test_quiet_hours_are_those_of_a_place(tmp_path: Path, here: str, until: str | None) -> None:
    text = f'{CHANNELS}[[routes]]\nchannels = ["soc"]\nquiet = "22:00-07:00 Europe/Berlin"\n'
    quiet = routed(tmp_path, text).routes[0].quiet
    assert quiet is not None

    def seconds(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp())

    assert quiet_until(quiet, seconds(here)) == (None if until is None else seconds(until))


def test_what_came_and_went_while_it_was_held_is_told_to_nobody() -> None:
    def letter(number: int, alert: str, kind: str) -> Letter:
        return Letter(number, "soc", f"{number}", CHAIN, alert, number, kind, "held", 0, 0, 0)

    story = ["a raised", "b raised", "a retracted", "b risen", "c retracted", "d raised", "d lowered"]
    held = [letter(number, *each.split()) for number, each in enumerate(story, 1)]
    kept, dropped = netted(held, {(CHAIN, "b"), (CHAIN, "d")})
    assert [(each.number, each.kind) for each in kept] == [(4, "raised"), (5, "retracted"), (7, "raised")]
    assert [each.number for each in dropped] == [1, 3, 2, 6]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing required field"),
        ("[[[", "is no TOML"),
        ('[channels.soc]\nkind = "pigeon"\n[[routes]]\nchannels = ["soc"]', "a kind of webhook"),
        ('[channels.So_C]\nkind = "slack"\n[[routes]]\nchannels = ["So_C"]', "a name of a-z"),
        (f"routes = []\n{CHANNELS}", "at least"),
        (f"storm = 0\n{CHANNELS}[[routes]]\nchannels = ['soc']", "`storm` of 1"),
        (f"{CHANNELS}[[routes]]\nchannels = ['nobody']", "number 1: no .channels.nobody."),
        (f"{CHANNELS}[[routes]]\nchannels = []", "no .channels"),
        (f"{CHANNELS}[[routes]]\nchannels = ['soc']\nseverity = 'huge'", "no severity 'huge'"),
        (f"{CHANNELS}[[routes]]\nchannels = ['soc']\nroles = ['boss']", "no role 'boss'"),
        (f"{CHANNELS}[[routes]]\nchannels = ['soc']\ndigest = 'daily'", "no span of time"),
        (f"{CHANNELS}[[routes]]\nchannels = ['soc']\nleast_value = '-1'", "no amount"),
        (f"{CHANNELS}[[routes]]\nchannels = ['soc']\nquiet = '25:00-07:00'", "quiet: write"),
        (f"{CHANNELS}[[routes]]\nchannels = ['soc']\nquiet = '22:00-07:00 Moon/Base'", "quiet: write"),
        (f"{CHANNELS}[[routes]]\nchannels = ['soc']\ncolour = 'red'", "colour"),
        (f"max_age = 'long'\n{CHANNELS}[[routes]]\nchannels = ['soc']", "max_age"),
    ],
)
def test_a_file_of_routes_that_cannot_be_used_is_refused_with_the_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        routed(tmp_path, text)
    assert str(refused.value).startswith("--routes: ")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_routes(tmp_path / "routes.toml")


def test_an_alert_without_a_value_or_of_nobody_is_no_error(tmp_path: Path) -> None:
    routes = routed(
        tmp_path, f'{CHANNELS}[[routes]]\nchannels = ["soc"]\nleast_value = "1"\nwatched = true\n'
    )
    assert told(routes, replace(drain(), roles=()), watched=ALICE) == []
