"""The guard's own rules, asked of its bytecode on a real chain: who may do what, how often, how long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.outside.guarding.contracts import key_of, reason_of
from ingest.localchain.chain.wallet import Address, call_data
from tests.dashboard.alerts import CHAIN
from tests.dashboard.outside.guarding.guarded import BOUNDS, DAY, HOUR, OWNER, SAVER, STRANGER, Guarded

pytestmark = pytest.mark.chain

PAUSE, RESUME = 0, 1
_SET_BOUNDS = "setBounds((uint32,uint32,uint32,uint32,uint64,bool))"


def reason(number: int) -> bytes:
    return bytes.fromhex(reason_of(CHAIN, f"alert {number}", 0)[2:])


def key(guarded: Guarded, number: int, kind: str = "pause") -> bytes:
    told = key_of("resume" if kind == "resume" else "pause", guarded.vault, "0x" + reason(number).hex())
    return bytes.fromhex(told[2:])


def pauses(guarded: Guarded, number: int, who: Address | None = None) -> str:
    guardian = who or guarded.of(guarded.guardian)
    return guarded.does(guardian, guarded.guard, "pause(address,bytes32)", guarded.vault, reason(number))


def proposes(guarded: Guarded, number: int, kind: int = PAUSE, who: Address | None = None) -> str:
    guardian, given = who or guarded.of(guarded.guardian), (kind, guarded.vault, reason(number))
    return guarded.does(guardian, guarded.guard, "propose(uint8,address,bytes32)", *given)


def confirms(guarded: Guarded, number: int, kind: str = "pause", who: Address | None = None) -> str:
    confirmer = who or guarded.of(guarded.confirmer)
    return guarded.does(confirmer, guarded.guard, "confirm(bytes32)", key(guarded, number, kind))


def changed(guarded: Guarded, signature: str, *given: object) -> str:
    """The owner changes something through the time lock."""
    change = bytes.fromhex(call_data(signature, *given)[2:])
    assert guarded.does(OWNER, guarded.guard, "schedule(bytes)", change) == "done"
    guarded.later(DAY + 1)
    return guarded.does(OWNER, guarded.guard, "execute(bytes)", change)


def bounded(guarded: Guarded, **changes: int) -> str:
    told = replace(BOUNDS, **changes)  # type: ignore[arg-type]
    values = (
        told.pauses_a_day, told.pause_seconds, told.proposal_seconds, told.resume_delay, told.expires,
        bool(told.alone),
    )  # fmt: skip
    return changed(guarded, _SET_BOUNDS, values)


def test_only_a_guardian_pauses_or_proposes(guarded: Guarded) -> None:
    for who in (OWNER, STRANGER, guarded.of(guarded.confirmer), guarded.of(guarded.oracle)):
        assert "no guardian's" in pauses(guarded, 1, who)
        assert "no guardian's" in proposes(guarded, 1, who=who)
    assert not guarded.is_paused()
    assert pauses(guarded, 1) == "done"
    assert guarded.is_paused()


def test_only_a_confirmer_confirms_and_once(guarded: Guarded) -> None:
    assert proposes(guarded, 1) == "done"
    for who in (OWNER, STRANGER, guarded.of(guarded.guardian)):
        assert "no confirmer's" in confirms(guarded, 1, who=who)
    assert not guarded.is_paused()
    assert confirms(guarded, 1) == "done"
    assert guarded.is_paused()
    assert "no such proposal is open" in confirms(guarded, 1)
    assert "no such proposal is open" in confirms(guarded, 2)


def test_who_proposed_and_became_a_confirmer_does_not_confirm_his_own(guarded: Guarded) -> None:
    assert bounded(guarded, proposal_seconds=2 * DAY) == "done"
    assert proposes(guarded, 1) == "done"
    assert changed(guarded, "setRole(address,uint8)", guarded.of(guarded.guardian), 2) == "done"
    assert "needs a second key" in confirms(guarded, 1, who=guarded.of(guarded.guardian))


def test_where_two_persons_are_wanted_nobody_pauses_alone(guarded: Guarded) -> None:
    assert bounded(guarded, alone=False) == "done"
    assert "needs a second key" in pauses(guarded, 1)
    assert proposes(guarded, 1) == "done" and confirms(guarded, 1) == "done"
    assert guarded.is_paused()


def test_each_proposal_is_taken_once(guarded: Guarded) -> None:
    assert proposes(guarded, 1) == "done"
    assert "proposed before" in proposes(guarded, 1) and "proposed before" in pauses(guarded, 1)
    assert pauses(guarded, 2) == "done"
    guarded.later(HOUR)
    assert "proposed before" in pauses(guarded, 2)


def test_no_more_pauses_in_any_24_hours_than_the_cap(guarded: Guarded) -> None:
    for number in (1, 2):
        assert pauses(guarded, number) == "done"
        guarded.later(HOUR)
        assert not guarded.is_paused(), "it ends by itself"
    assert "as often as it may" in pauses(guarded, 3)
    assert proposes(guarded, 4) == "done"
    assert "as often as it may" in confirms(guarded, 4), "a second key opens no way round it"
    guarded.later(DAY - 2 * HOUR - 60)
    assert "as often as it may" in pauses(guarded, 5), "24 hours after the first are not over"
    guarded.later(120)
    assert pauses(guarded, 6) == "done"
    guarded.later(HOUR - 300)
    assert "paused already" in pauses(guarded, 7)


def test_a_proposal_lapses_and_a_withdrawn_one_is_not_confirmed(guarded: Guarded) -> None:
    assert proposes(guarded, 1) == "done" and proposes(guarded, 2) == "done"
    for who in (STRANGER, guarded.of(guarded.guardian), guarded.of(guarded.confirmer)):
        assert "not the owner's" in guarded.does(who, guarded.guard, "withdraw(bytes32)", key(guarded, 2))
    assert guarded.does(OWNER, guarded.guard, "withdraw(bytes32)", key(guarded, 2)) == "done"
    assert "no such proposal is open" in confirms(guarded, 2)
    guarded.later(HOUR + 1)
    assert "too late" in confirms(guarded, 1)


def test_resuming_takes_two_keys_and_its_delay(guarded: Guarded) -> None:
    assert "not paused" in proposes(guarded, 1, RESUME)
    assert pauses(guarded, 1) == "done"
    assert "no guardian's" in proposes(guarded, 1, RESUME, STRANGER)
    assert proposes(guarded, 1, RESUME) == "done"
    assert "too soon" in confirms(guarded, 1, "resume")
    guarded.later(60)
    assert "no confirmer's" in confirms(guarded, 1, "resume", guarded.of(guarded.guardian))
    assert confirms(guarded, 1, "resume") == "done"
    assert not guarded.is_paused()


def test_from_its_expiry_on_it_does_nothing(guarded: Guarded) -> None:
    assert bounded(guarded, expires=guarded.now + DAY + HOUR) == "done"
    assert proposes(guarded, 1) == "done"
    guarded.later(HOUR)
    for said in (pauses(guarded, 2), proposes(guarded, 3), confirms(guarded, 1)):
        assert "time is over" in said
    assert bounded(guarded) == "done", "the owner renews it"
    assert pauses(guarded, 2) == "done"


def test_what_gives_power_goes_through_the_time_lock_only(guarded: Guarded) -> None:
    for signature, given in (
        (_SET_BOUNDS, ((24, DAY, DAY, 0, 2**40, True),)),
        ("setRole(address,uint8)", (STRANGER, 1)),
        ("setVault(address,bool)", (SAVER, True)),
    ):
        for who in (OWNER, STRANGER, guarded.of(guarded.guardian)):
            assert "through the time lock" in guarded.does(who, guarded.guard, signature, *given)
        change = bytes.fromhex(call_data(signature, *given)[2:])
        for act in ("schedule(bytes)", "execute(bytes)", "cancel(bytes)"):
            assert "not the owner's" in guarded.does(STRANGER, guarded.guard, act, change)
        assert "not scheduled" in guarded.does(OWNER, guarded.guard, "execute(bytes)", change)
        assert guarded.does(OWNER, guarded.guard, "schedule(bytes)", change) == "done"
        assert "too soon" in guarded.does(OWNER, guarded.guard, "execute(bytes)", change)
        guarded.later(DAY)
        assert guarded.does(OWNER, guarded.guard, "execute(bytes)", change) == "done"
        assert "not scheduled" in guarded.does(OWNER, guarded.guard, "execute(bytes)", change), "once"


def test_a_change_that_was_cancelled_or_waited_too_long_is_not_made(guarded: Guarded) -> None:
    change = bytes.fromhex(call_data("setRole(address,uint8)", STRANGER, 1)[2:])
    assert guarded.does(OWNER, guarded.guard, "schedule(bytes)", change) == "done"
    assert guarded.does(OWNER, guarded.guard, "cancel(bytes)", change) == "done"
    guarded.later(DAY)
    assert "not scheduled" in guarded.does(OWNER, guarded.guard, "execute(bytes)", change)
    assert guarded.does(OWNER, guarded.guard, "schedule(bytes)", change) == "done"
    guarded.later(9 * DAY)
    assert "too late" in guarded.does(OWNER, guarded.guard, "execute(bytes)", change)


def test_the_owner_takes_a_role_away_at_once(guarded: Guarded) -> None:
    guardian = guarded.of(guarded.guardian)
    assert "not the owner's" in guarded.does(STRANGER, guarded.guard, "revoke(address)", guardian)
    assert guarded.does(OWNER, guarded.guard, "revoke(address)", guardian) == "done"
    assert "no guardian's" in pauses(guarded, 1)


@pytest.mark.parametrize(
    "wrong",
    [{"pauses_a_day": 0}, {"pauses_a_day": 25}, {"pause_seconds": 0}, {"pause_seconds": 8 * DAY},
     {"proposal_seconds": 0}, {"proposal_seconds": 8 * DAY}, {"resume_delay": HOUR}],
    ids=str,
)  # fmt: skip
def test_not_even_the_owner_goes_beyond_what_is_written_in_the_code(
    guarded: Guarded, wrong: dict[str, int]
) -> None:
    assert "no such bounds" in bounded(guarded, **wrong)


def test_only_its_own_vaults_are_paused(guarded: Guarded) -> None:
    guardian, given = guarded.of(guarded.guardian), (STRANGER, reason(1))
    assert "none of the guard's" in guarded.does(guardian, guarded.guard, "pause(address,bytes32)", *given)
    assert proposes(guarded, 1) == "done"
    assert changed(guarded, "setVault(address,bool)", guarded.vault, False) == "done"
    assert "none of the guard's" in pauses(guarded, 2)


def test_ownership_is_handed_over_in_two_steps(guarded: Guarded) -> None:
    assert "not the owner's" in guarded.does(STRANGER, guarded.guard, "handOver(address)", STRANGER)
    assert guarded.does(OWNER, guarded.guard, "handOver(address)", SAVER) == "done"
    assert "who is to take over" in guarded.does(STRANGER, guarded.guard, "accept()")
    assert guarded.does(SAVER, guarded.guard, "accept()") == "done"
    assert "not the owner's" in guarded.does(OWNER, guarded.guard, "revoke(address)", STRANGER)


def test_a_paused_vault_neither_takes_nor_pays_and_a_free_one_does(guarded: Guarded) -> None:
    vault, nobody = guarded.vault, "0x" + "00" * 20
    assert guarded.does(OWNER, guarded.token, "mint(address,uint256)", SAVER, 500) == "done"
    assert guarded.does(SAVER, guarded.token, "approve(address,uint256)", vault, 500) == "done"
    protect = "protect(address,address)"
    assert guarded.does(STRANGER, vault, protect, guarded.guard, nobody) != "done"
    assert guarded.does(OWNER, vault, protect, guarded.guard, nobody) == "done"
    assert guarded.does(OWNER, vault, protect, nobody, nobody) != "done", "once"
    assert guarded.does(SAVER, vault, "deposit(uint256)", 400) == "done"
    assert pauses(guarded, 1) == "done"
    assert guarded.does(SAVER, vault, "withdraw(uint256)", 1) != "done"
    assert guarded.does(SAVER, vault, "deposit(uint256)", 1) != "done"
    guarded.later(HOUR)
    assert guarded.does(SAVER, vault, "withdraw(uint256)", 400) == "done"
