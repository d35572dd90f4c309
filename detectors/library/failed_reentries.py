"""Reentrancy that failed: who was being paid entered again, and the transaction was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.parts.contract import Seen
from detectors.parts.failed_calls import Failed, failed_by_own_code
from detectors.parts.lines import place_of


@dataclass(frozen=True, slots=True)
class Entry:
    """`bank` was called again by somebody's contract while it paid him, so many `times`."""

    bank: bytes
    times: int


def failed_reentries(seen: Seen) -> Iterator[Finding]:
    """Of failed calls of own contracts (where there are traces): a contract of another's pays the coin to one
    of them, or has a token tell it of a payment, and is called again by them meanwhile, to take out, not in.
    """
    for one in failed_by_own_code(seen):
        entry = _entry(one)
        if entry is not None:
            yield _finding(seen, one, entry)


def _entry(one: Failed) -> Entry | None:
    times: dict[bytes, int] = {}
    for place, call in enumerate(one.calls):
        enters = call.way == "call" and call.source in one.own and call.target not in one.own
        if enters and call.target and not call.value and call.data and _is_paid(one, place, call.target):
            times[call.target] = times.get(call.target, 0) + 1
    if not times:
        return None
    bank = max(times, key=lambda each: (times[each], each))
    return Entry(bank, times[bank])


def _is_paid(one: Failed, place: int, bank: bytes) -> bool:
    """Whether a call stands in a payment by the bank to one of the signer's contracts."""
    for above in one.ancestors(place):
        call = one.calls[above]
        if call.target not in one.own or call.way != "call" or call.source in one.own:
            continue
        of_bank = any(one.calls[each].target == bank for each in one.ancestors(above))
        by_coin = call.source == bank and call.value > 0
        by_token = call.source != bank and bool(call.data)
        if of_bank and (by_coin or by_token):
            return True
    return False


def _finding(seen: Seen, one: Failed, entry: Entry) -> Finding:
    wallet = seen.address(one.signer)
    roles: list[tuple[bytes, RoleName]] = [(each, "attacker") for each in sorted(one.own)]
    return Finding(
        **place_of(seen, one.row),
        category="reentrancy",
        subject_kind="wallet",
        subject=wallet,
        score=round(0.5 + 0.2 * (1 - 1 / (1 + entry.times)), 6),
        severity="low",
        roles=(*roles, (entry.bank, "infrastructure")),
        rows=seen.evidence([one.row]),
        measured={"payouts": 0, "entered": entry.times, "failed": 1},
        thresholds={},
        explanation=(
            f"A contract of {hexed(wallet)} entered {hexed(entry.bank)} again {entry.times} times while that "
            "paid it; the transaction failed, and nothing was lost."
        ),
    )
