"""Hidden mints before anything is sold: the maker's own call is tried on the token as it was made."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.parts.acts import OwnCall, own_calls
from detectors.parts.contract import Seen
from detectors.parts.lines import place_of
from detectors.parts.token_trials import Surplus, surplus_by


def tried_mints(seen: Seen, least: float) -> Iterator[Finding]:
    """Of calls by which a token's maker gives somebody at least a share `least` of the supply that no log
    tells of, or would have given, had he still been allowed to.
    """
    for call in own_calls(seen):
        if call.pays:
            continue
        data = seen.call_data(call.transaction)
        found = surplus_by(seen, call.contract, call.block, data, 0)
        if found is None or found.share < least:
            continue
        now = surplus_by(seen, call.contract, call.block, data, call.row) if call.done else None
        yield _finding(seen, call, found, now is not None, least)


def _finding(seen: Seen, call: OwnCall, found: Surplus, works: bool, least: float) -> Finding:
    creator, name = seen.address(call.maker), seen.address(call.contract)
    roles: tuple[tuple[bytes, RoleName], ...] = ((creator, "attacker"), (name, "infrastructure"))
    what = "gave" if works else "would have given, had it worked as when the token was made,"
    return Finding(
        **place_of(seen, call.row),
        category="hidden-mint",
        subject_kind="wallet",
        subject=creator,
        score=round(0.5 + 0.1 * works + 0.2 * found.share / (1 + found.share), 6),
        severity="medium" if works else "low",
        roles=roles,
        rows=seen.evidence([call.row]),
        measured={"least": round(found.share, 6), "sellers": 0, "works": int(works)},
        thresholds={"least": least},
        explanation=(
            f"A call of {hexed(creator)}, who made the token {hexed(name)}, {what} {found.units} units "
            f"to {found.who:#042x} that no log tells of: {found.share:.2f} of its supply. Nothing of it was "
            "sold yet."
        ),
    )
