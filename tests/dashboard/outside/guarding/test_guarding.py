"""An alert that names a vault pauses it once; a retracted one lets it go; what was done can be read."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace

import pytest

from dashboard.outside.guarding.contracts import guard_deployment
from dashboard.outside.guarding.running import Guardian
from dashboard.store import open_reader
from dashboard.store.guard_plans import GuardPlans
from ingest.model.errors import BadInput
from ingest.nodes.sending.sender import Sender, Wanted
from tests.dashboard.alerts import ALICE, Filing, back_to, judged
from tests.dashboard.outside.guarding.guarded import BOUNDS, DAY, HOUR, Guarded, lives
from tests.dashboard.outside.guarding.test_guard_contract import bounded, pauses

pytestmark = pytest.mark.chain


def confirms(guarded: Guarded, key: str) -> str:
    confirmer = guarded.of(guarded.confirmer)
    return guarded.does(confirmer, guarded.guard, "confirm(bytes32)", bytes.fromhex(key[2:]))


def states(guarded: Guarded, store: str) -> list[tuple[str, str, str]]:
    return [(each.kind, each.how, each.state) for each in guarded.plans(store)]


def retracts(guarded: Guarded, filing: Filing, number: int) -> None:
    gone = guarded.robbed(number, status="retracted", retraction_reason="its block left the chain")
    filing.file(gone, blocks=(back_to(number - 1), judged(number)))


def test_a_proven_alert_pauses_its_vault_once(guarded: Guarded, filing: Filing, sqlite_url: str) -> None:
    lives(filing, 101, guarded.robbed(100))
    said = guarded.goes_on(sqlite_url)
    assert guarded.is_paused()
    assert states(guarded, sqlite_url) == [("pause", "pause", "done")]
    said += guarded.goes_on(sqlite_url)
    assert len(guarded.sent_to_guard()) == 1
    assert [line.split(": ")[2].split(" ")[0].rstrip(",") for line in said] == ["planned", "sent", "done"]


def test_what_is_not_proven_of_another_vault_or_no_victim_pauses_nothing(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    robbed = guarded.robbed(100)
    turned = tuple(replace(each, role="attacker") for each in robbed.roles)
    others = (
        guarded.robbed(97, proven=False), guarded.robbed(98, roles=turned),
        guarded.robbed(99, roles=(replace(robbed.roles[0], address=ALICE),)),
        guarded.robbed(96, severity="low"), guarded.robbed(95, category="sandwich"),
    )  # fmt: skip
    lives(filing, 101, *others)
    assert guarded.goes_on(sqlite_url) == []
    assert not guarded.is_paused() and guarded.plans(sqlite_url) == []


def test_two_alerts_of_one_attack_make_one_pause(guarded: Guarded, filing: Filing, sqlite_url: str) -> None:
    lives(filing, 101, guarded.robbed(99), guarded.robbed(100))
    guarded.goes_on(sqlite_url, 6)
    assert states(guarded, sqlite_url) == [("pause", "pause", "done")]
    assert len(guarded.sent_to_guard()) == 1


def test_where_two_keys_are_wanted_it_is_a_proposal_that_a_second_confirms(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    assert bounded(guarded, alone=False) == "done"
    lives(filing, 101, guarded.robbed(100))
    said = guarded.goes_on(sqlite_url)
    assert any("wants two keys" in line for line in said)
    (plan,) = guarded.plans(sqlite_url)
    assert (plan.how, plan.state, guarded.is_paused()) == ("propose", "proposed", False)
    assert f"undertow guard confirm {plan.key}" in said[-1]
    assert confirms(guarded, plan.key) == "done"
    guarded.goes_on(sqlite_url)
    assert guarded.is_paused() and states(guarded, sqlite_url) == [("pause", "propose", "done")]


def test_a_proposal_that_nobody_confirms_lapses_and_is_not_made_again(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100))
    guarded.goes_on(sqlite_url, act="propose")
    guarded.later(HOUR + 1)
    said = guarded.goes_on(sqlite_url, act="propose")
    assert "nobody confirmed it in time" in said[0]
    assert states(guarded, sqlite_url) == [("pause", "propose", "lapsed")]
    assert len(guarded.sent_to_guard()) == 1


def test_a_retracted_alert_proposes_to_resume_and_a_second_key_does(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100))
    guarded.goes_on(sqlite_url)
    retracts(guarded, filing, 100)
    said = guarded.goes_on(sqlite_url)
    assert "planned for alert drain-100 (wallet-drain, it was retracted" in said[0]
    assert guarded.is_paused(), "it is only proposed"
    guarded.later(BOUNDS.resume_delay)
    assert confirms(guarded, guarded.plans(sqlite_url)[1].key) == "done"
    guarded.goes_on(sqlite_url)
    assert not guarded.is_paused()
    assert states(guarded, sqlite_url) == [("pause", "pause", "resumed"), ("resume", "propose", "done")]
    lives(filing, 102, guarded.robbed(100))
    guarded.goes_on(sqlite_url)
    assert guarded.is_paused(), "it stands again, and that is another pause"


def test_an_alert_that_is_gone_before_its_proposal_is_confirmed_is_said(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100))
    guarded.goes_on(sqlite_url, act="propose")
    retracts(guarded, filing, 100)
    said = guarded.goes_on(sqlite_url, act="propose")
    assert len(said) == 1 and "do not confirm" in said[0]
    assert [plan.kind for plan in guarded.plans(sqlite_url)] == ["pause"]


def test_used_up_caps_are_said_and_wait(guarded: Guarded, filing: Filing, sqlite_url: str) -> None:
    lives(filing, 101, guarded.robbed(100))
    assert pauses(guarded, 1) == "done"
    guarded.later(HOUR)
    with guarded.loop(sqlite_url, [], pauses_a_day=1) as guardian:
        guardian.step()
        assert "the policy allows 1 in 24 hours" in guardian.trouble
    assert pauses(guarded, 2) == "done"
    guarded.later(HOUR)
    with guarded.loop(sqlite_url, [], pauses_a_day=9) as guardian:
        guardian.step()
        assert "as often as it may in 24 hours" in guardian.trouble
    assert len(guarded.sent_to_guard()) == 2, "those of the test itself"
    lives(filing, 101 + DAY // 12 + 1)
    said = guarded.goes_on(sqlite_url)
    assert said == [f"guard: pause {guarded.vault}: dropped: it is older than {DAY} s"]


def test_a_policy_that_expires_ends_the_loop_in_one_line(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100))
    with (
        guarded.loop(sqlite_url, [], expires=guarded.now) as guardian,
        pytest.raises(BadInput, match="the policy has expired"),
    ):
        guardian.step()
    assert guarded.plans(sqlite_url) == []


def test_a_reorganisation_takes_no_pause_away_and_makes_no_second(
    alone: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, alone.robbed(100))
    with alone.loop(sqlite_url, []) as guardian:
        guardian.step()
        alone.chain.mine()
        guardian.step()
        assert alone.is_paused()
        alone.chain.reorganise(2)
        assert not alone.is_paused()
        for _ in range(6):
            guardian.step()
            alone.chain.mine()
    assert alone.is_paused()
    assert (len(alone.sent_to_guard()), states(alone, sqlite_url)) == (1, [("pause", "pause", "done")])


def test_what_was_planned_for_another_guard_is_left_to_it(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100))
    guarded.goes_on(sqlite_url, act="propose")
    given = (guarded.of(guarded.guardian), guarded.of(guarded.confirmer), guarded.vault)
    first, guarded.guard = guarded.guard, guarded.made(guard_deployment(DAY, BOUNDS, *given))
    guarded.chain.mine(3)
    guarded.goes_on(sqlite_url)
    assert states(guarded, sqlite_url) == [("pause", "propose", "proposed"), ("pause", "pause", "done")]
    guarded.guard = first


class Killed(BaseException):
    """As kill -9: nothing is caught, nothing is tidied."""


@pytest.mark.parametrize("stage", ["planned", "signed", "sent", "noted"])
def test_killed_at_any_stage_it_is_sent_once_and_said(
    guarded: Guarded, filing: Filing, sqlite_url: str, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives(filing, 101, guarded.robbed(100))
    with monkeypatch.context() as patched:
        _dies(patched, stage)
        with pytest.raises(Killed), guarded.loop(sqlite_url, []) as guardian:
            for _ in range(6):
                guardian.step()
                guarded.chain.mine()
    guarded.chain.mine()
    said = guarded.goes_on(sqlite_url)
    assert guarded.is_paused()
    assert (len(guarded.sent_to_guard()), states(guarded, sqlite_url)) == (1, [("pause", "pause", "done")])
    assert said[-1].endswith("done")


def _dies(patched: pytest.MonkeyPatch, stage: str) -> None:
    """Before or after the thing of its stage, the first time."""
    if stage == "planned":
        patched.setattr(Guardian, "_send", _killed)
    elif stage == "signed":
        patched.setattr(Sender, "_broadcast", _killed)
    elif stage == "sent":
        real = Sender.send

        def sends_and_dies(sender: Sender, wanted: Wanted) -> None:
            real(sender, wanted)
            raise Killed

        patched.setattr(Sender, "send", sends_and_dies)
    else:
        moves = GuardPlans.move

        def notes_and_dies(plans: GuardPlans, plan: object, **changes: object) -> None:
            moves(plans, plan, **changes)  # type: ignore[arg-type]
            raise Killed

        patched.setattr(GuardPlans, "move", notes_and_dies)


def _killed(*_: object) -> None:
    raise Killed


def test_killed_and_late_it_is_not_sent_at_all_and_that_is_said(
    guarded: Guarded, filing: Filing, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives(filing, 101, guarded.robbed(100))
    with monkeypatch.context() as patched:
        patched.setattr(Guardian, "_send", _killed)
        with pytest.raises(Killed), guarded.loop(sqlite_url, []) as guardian:
            guardian.step()
    retracts(guarded, filing, 100)
    said = guarded.goes_on(sqlite_url)
    assert said == [f"guard: pause {guarded.vault}: dropped: it was retracted (its block left the chain)"]
    assert guarded.sent_to_guard() == [] and not guarded.is_paused()


def test_every_change_is_a_row_of_the_audit_and_a_changed_row_is_named(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    lives(filing, 101, guarded.robbed(100))
    guarded.goes_on(sqlite_url)
    rows = audit(sqlite_url)
    assert [row["action"] for row in rows] == [
        "guard-pause-planned", "guard-pause-sent", "guard-pause-done",
    ]  # fmt: skip
    assert {row["person"] for row in rows} == {"undertow guard"}
    told = [json.loads(row["change"]) for row in rows]
    (plan,) = guarded.plans(sqlite_url)
    assert [each["state"] for each in told] == ["planned", "sent", "done"]
    assert told[0]["because"] == "proven" and told[1]["transaction"] == plan.transaction
    assert guarded.guardian.read_text().strip() not in json.dumps(told)
    with closing(open_reader(sqlite_url)) as reader:
        assert reader.cases.checked().rows == 3


def audit(store: str) -> list[dict[str, str]]:
    import sqlite3

    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM audit ORDER BY number")]
