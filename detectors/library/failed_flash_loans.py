"""Flash-loan attacks that failed: a loan moves a price, and the protocol that should pay for it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.parts.bytecode import CALLBACKS
from detectors.parts.contract import Seen
from detectors.parts.failed_calls import Failed, failed_by_own_code, few_use
from detectors.parts.lines import place_of
from ingest.decode.shapes import signature

SWAPS = frozenset(
    int.from_bytes(signature(each)[:4], "big")
    for each in (
        "swap(uint256,uint256,address,bytes)",
        "swap(address,bool,int256,uint160,bytes)",
        "swap(uint256,uint256,address)",
        "exchange(int128,int128,uint256,uint256)",
    )
)
"""What pools are asked for by contracts."""
ASKS = ("call", "staticcall")
"""Where a protocol refuses: to act, or to say what something is worth."""


@dataclass(frozen=True, slots=True)
class Raid:
    """Places of calls: where the lender called back, and where the victim refused; who lent."""

    back: int
    refused: int
    lender: bytes
    victim: bytes


def failed_flash_loans(seen: Seen, users: int) -> Iterator[Finding]:
    """Of failed calls of own contracts (where there are traces): a lender called back, a pool was swapped in
    meanwhile, and another's contract that fewer than `users` people use then refused what was asked of it.
    """
    for one in failed_by_own_code(seen):
        raid = _raid(seen, one, users)
        if raid is not None:
            yield _finding(seen, one, raid, users)


def _raid(seen: Seen, one: Failed, users: int) -> Raid | None:
    backs = [
        place
        for place, call in enumerate(one.calls)
        if call.selector in CALLBACKS and call.target in one.own and call.source not in one.own
    ]
    pools = {call.target for call in one.calls if call.selector in SWAPS and call.way == "call"}
    for place, call in enumerate(one.calls):
        refuses = call.failed and call.way in ASKS and call.source in one.own and call.target
        if not refuses or call.target in one.own | pools:
            continue
        inside = [back for back in backs if back in one.ancestors(place)]
        swapped = any(one.calls[each].selector in SWAPS for back in inside[:1] for each in range(back, place))
        assert call.target is not None
        lender = one.calls[inside[0]].source if inside else b""
        if swapped and call.target != lender and few_use(seen, one, call.target, users):
            return Raid(inside[0], place, lender, call.target)
    return None


def _finding(seen: Seen, one: Failed, raid: Raid, users: int) -> Finding:
    wallet = seen.address(one.signer)
    roles: list[tuple[bytes, RoleName]] = [(each, "attacker") for each in sorted(one.own)]
    roles += [(raid.victim, "infrastructure"), (raid.lender, "infrastructure")]
    return Finding(
        **place_of(seen, one.row),
        category="flash-loan-attack",
        subject_kind="wallet",
        subject=wallet,
        score=0.55,
        severity="low",
        roles=tuple(dict(roles).items()),
        rows=seen.evidence([one.row]),
        measured={"loans": 1, "failed": 1, "users": users - 1},
        thresholds={"users": users},
        explanation=(
            f"{hexed(wallet)} borrowed from {hexed(raid.lender)}, moved a price with it and called "
            f"{hexed(raid.victim)}, which refused; the transaction failed, and nothing was lost."
        ),
    )
