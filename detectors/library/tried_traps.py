"""Honeypots before anybody is caught: strangers are tried on the token's code, beside the chain."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.parts.acts import own_calls
from detectors.parts.contract import Seen
from detectors.parts.launches import Life, life_of
from detectors.parts.lines import place_of
from detectors.parts.token_trials import STRANGERS, Trial, tried_to_sell
from detectors.parts.tokens import What

_NOW = 2**62
_OPEN_AGAIN = ("open-again", "strangers who try its code can sell again.")


def tried_traps(seen: Seen, through: float) -> Iterator[Finding]:
    """Of tokens whose first pool was filled, and of those that their makers told something since, block by
    block: where of what a stranger sells less than `through` comes to the pool.
    """
    for block, token in sorted(_asked(seen)):
        life = life_of(seen, token, block)
        added = life.of(What.ADDED) if life is not None else []
        if life is None or not added:
            continue
        rows = _rows_of(seen, life, block)
        if not rows and added[0].block != block:
            continue
        pool, first = added[0].pool, min([*rows, added[0].row])
        now = tried_to_sell(seen, token, pool, block, _NOW)
        if now is not None and now.through < through:
            yield _finding(seen, life, pool, now, max([*rows, added[0].row]), through)
        elif now is not None and added[0].block != block:
            before = tried_to_sell(seen, token, pool, block, first)
            if before is not None and before.through < through:
                yield _finding(seen, life, pool, before, max(rows), through, _OPEN_AGAIN)


def _asked(seen: Seen) -> set[tuple[int, int]]:
    """Block and token of what is to be looked at."""
    found: set[tuple[int, int]] = set()
    lines = seen.of("tokens").get("lines")
    if lines is not None:
        added = (lines["what"] == What.ADDED) & (lines["born"] != 0)
        blocks = seen.rows["block"][lines["row"][added] - int(seen.rows["number"][0])]
        found |= set(zip(blocks.tolist(), lines["token"][added].tolist(), strict=True))
    return found | {(call.block, call.contract) for call in own_calls(seen) if call.done}


def _rows_of(seen: Seen, life: Life, block: int) -> list[int]:
    """The rows of the block by which its maker told a token something."""
    mine = (call for call in own_calls(seen) if call.done and call.maker == life.maker)
    return [call.row for call in mine if call.contract == life.token and call.block == block]


def _finding(
    seen: Seen,
    life: Life,
    pool: int,
    trial: Trial,
    row: int,
    through: float,
    lowers: tuple[str, str] | None = None,
) -> Finding:
    token, maker = seen.address(life.token), seen.address(life.maker)
    roles: list[tuple[bytes, RoleName]] = [(maker, "attacker"), (token, "infrastructure")]
    what = "could not sell" if trial.through <= 0 else f"got {100 * trial.through:.0f} % of it into the pool"
    own = ", and its maker could" if trial.maker_sells else ""
    return Finding(
        **place_of(seen, row),
        category="honeypot",
        subject_kind="token",
        subject=token,
        score=round(0.55 + 0.1 * (trial.through <= 0) + 0.15 * trial.maker_sells, 6),
        severity="medium",
        roles=(*roles, (seen.address(pool), "infrastructure")),
        rows=seen.evidence(sorted({life.lines[0].row, row})),
        measured={
            "through": round(trial.through, 6), "tried": STRANGERS, "maker_sells": int(trial.maker_sells),
            "people": 0, "buyers": 0,
        },
        thresholds={"through": through},
        explanation=(
            f"{STRANGERS} strangers who bought {hexed(token)} in a trial of its code {what}{own}; nobody is "
            "known to have lost anything by that yet."
        ),
        lowers=lowers,
    )  # fmt: skip
