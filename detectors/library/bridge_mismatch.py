"""Bridge mismatch: what is minted or released on one chain without the same asset gone in on the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.memory.layout import Array, Columns
from detectors.parts.contract import Row, Seen
from detectors.parts.crossings import AMOUNT, ASSET, FORGED, HOLLOW, RECIPIENT, SUM, TWICE, UNSAID
from detectors.parts.horizons import DAY
from detectors.parts.lines import block_row, time_of
from detectors.parts.people import whole
from detectors.parts.worth import COIN

NAMES = {
    FORGED: "nothing went in", TWICE: "claimed before", HOLLOW: "deposit moved nothing like it",
    AMOUNT: "more than went in", RECIPIENT: "another recipient", ASSET: "another asset",
    UNSAID: "without a message", SUM: "more in all than went in",
}  # fmt: skip
SURE = {
    FORGED: 0.97, TWICE: 0.99, HOLLOW: 0.97, AMOUNT: 0.98, RECIPIENT: 0.95, ASSET: 0.97, UNSAID: 0.9,
    SUM: 0.9,
}  # fmt: skip
"""How complete the mechanism is. A deposit of the other chain that was not told leaves `FORGED`; an owner who
moves what the bridge holds leaves `UNSAID`; sums do not say which crossing it was. Judged, not measured.
"""
_TEXTS = {
    FORGED: "{who} is paid {worth} by bridge {bridge} for a deposit that nobody made on the other chain",
    TWICE: "{who} is paid {worth} by bridge {bridge} for a message that was paid before",
    HOLLOW: "{who} crosses {worth} by bridge {bridge}, but only {moved} went in",
    AMOUNT: "{who} is paid {worth} by bridge {bridge}, where {other_worth} went in",
    RECIPIENT: "{who} is paid {worth} by bridge {bridge} that was meant for {meant}",
    ASSET: "{who} is paid {worth} of another asset by bridge {bridge} than went in",
    UNSAID: "{who} is paid {worth} out of bridge {bridge} without any message",
    SUM: "{who} is paid {worth} by bridge {bridge}, which has paid more in all than went in",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """grave: units of a coin of eighteen digits from which on native value is critical."""

    grave: int = COIN


@dataclass(frozen=True, slots=True)
class Case:
    """A crossing that is wrong (`entry`) and what it should agree with (`other`), as `parts.crossings`."""

    why: int
    entry: dict[str, Any]
    other: dict[str, Any] | None
    relay_s: int
    usual_s: int
    matched: int


class BridgeMismatch:
    """Flags claims of a bridge (minted or released) whose deposit (locked or burnt) on the other chain is
    missing, was claimed before, is of another asset, amount or recipient, or never moved what it says; and
    what leaves a bridge without any message. Both directions: what is released on the other chain must have
    been locked or burnt here.

    It matches assets, not messages: of a deposit counts what its transaction really moved into the bridge or
    burnt (P1: a genuine message without a burn; P2: a log without a transfer), and such a deposit alerts
    before it is claimed. Who signed well is no matter (P4). A claim is judged once a deposit from before it
    would have been told: the other chain's finality and the stated delay later, longer where deposits of this
    bridge were told later so far; so delayed relays are no alert, and deposits that nobody claims say
    nothing (N1). Nothing is read from balances (N2); amounts may round by two units. Bridges without message
    ids are judged by sums.

    Fails: an express lane that pays of its own (P3) crosses nothing; native value moved by calls inside is
    taken at the bridge's word without traces; what both chains agree on though keys were stolen before the
    deposit; deposits older than a year; a reader that does not reach the other chain for longer than the
    file's wait judges late. Reorganisations below what the other chain calls final are not followed. Costs
    nothing without `--bridge`; some 0.8 ms a crossing. Source: XChainWatcher (Augusto et al. 2024: rules over
    both sides' events; finds Ronin, $611M, and Nomad, $190M, 37 odd crossings accepted).
    """

    name = "bridge-mismatch"
    catches = ("bridge-mismatch",)
    needs: Tier = "logs"
    reads = ("crossings",)
    quiet_seconds = 7 * DAY
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a crossing; subject = who is paid."""
        return [self._finding(seen, block, case) for block, case in _cases(seen)]

    def _finding(self, seen: Seen, block: int, case: Case) -> Finding:
        rows = _rows(seen, block, case)
        who = _party(case.entry)
        worth = int(case.entry["worth"])
        is_native = bool(case.entry["has_asset"]) and not case.entry["asset"]
        grave: Severity = "high" if is_native and worth < self.settings.grave else "critical"
        return Finding(
            block_number=block,
            timestamp=time_of(seen, block),
            category="bridge-mismatch",
            subject_kind="wallet",
            subject=who,
            score=SURE[case.why],
            severity=grave,
            transaction=rows[-1].transaction_hash,
            roles=_roles(seen, case, who),
            rows=rows,
            measured=_measured(case),
            thresholds={"usual_relay_s": case.usual_s},
            explanation=_sentence(case, who),
            value_wei=worth if is_native else None,
        )


def _cases(seen: Seen) -> Iterator[tuple[int, Case]]:
    wrong = seen.of("crossings").get("wrong")
    if wrong is None:
        return
    lines = {name: column.tolist() for name, column in wrong.items()}
    for at, block in enumerate(lines["block"]):
        rows = seen.history("crossings.entries").rows(lines["key"][at], block)
        entry = _entry(rows, lines["entry"][at])
        if entry is not None:
            other = _entry(rows, lines["other"][at])
            numbers = (lines[name][at] for name in ("relay_s", "usual_s", "matched"))
            yield block, Case(lines["why"][at], entry, other, *numbers)


def _entry(rows: Columns, number: int) -> dict[str, Any] | None:
    found = np.flatnonzero(rows["row"] == number)
    if not found.size:
        return None
    return {name: _plain(column[found[0]]) for name, column in rows.items()}


def _plain(value: Array) -> int:
    return whole(value[None])[0] if value.ndim else int(value)


def _rows(seen: Seen, block: int, case: Case) -> tuple[Row, ...]:
    """What of this chain shows it; the block where nothing does that stands in it."""
    entries = [case.entry] if case.other is None else [case.entry, case.other]
    numbers = sorted({int(entry["at_row"]) for entry in entries if entry["at_row"] >= 0})
    rows = seen.evidence(numbers)
    return rows if rows and rows[-1].block_number == block else (*rows, block_row(seen, block))


def _roles(seen: Seen, case: Case, who: bytes) -> tuple[tuple[bytes, RoleName], ...]:
    """Who is paid is the attacker, who was to be paid a victim, and the bridge; a relayer who signed for
    another is between them.
    """
    roles: dict[bytes, RoleName] = {who: "attacker"}
    if case.why == RECIPIENT and case.other is not None:
        roles.setdefault(_address(case.other["recipient"]), "victim")
    roles.setdefault(_address(case.entry["contract"]), "victim")
    if case.entry["signer"] >= 0:
        signer = seen.address(int(case.entry["signer"]))
        roles.setdefault(signer, "attacker" if not case.entry["claims"] else "intermediary")
    return tuple(roles.items())


def _measured(case: Case) -> dict[str, int | float | str]:
    """Both sides, so that everybody can look them up."""
    told: dict[str, int | float | str] = {
        "bridge": _name(case.entry["bridge"]), "why": NAMES[case.why], "matched_before": case.matched,
        "relay_s": case.relay_s, "usual_relay_s": case.usual_s,
    }  # fmt: skip
    told |= _side("", case.entry)
    return told if case.other is None else told | _side("other_", case.other)


def _side(prefix: str, entry: dict[str, Any]) -> dict[str, int | float | str]:
    moved = str(entry["moved"]) if entry["has_moved"] else "unknown"
    return {
        f"{prefix}chain": "other" if entry["there"] else "this",
        f"{prefix}transaction": hexed(int(entry["hash"]).to_bytes(32, "big")),
        f"{prefix}block": int(entry["height"]),
        f"{prefix}worth": str(entry["worth"]),
        f"{prefix}moved": moved,
    }


def _sentence(case: Case, who: bytes) -> str:
    other = case.other or case.entry
    moved = other["moved"] if other["has_moved"] and not other["claims"] else "nothing"
    text = _TEXTS[case.why].format(
        who=hexed(who), worth=case.entry["worth"], bridge=_name(case.entry["bridge"]), moved=moved,
        other_worth=other["worth"], meant=hexed(_address(other["recipient"])),
    )  # fmt: skip
    return f"{text}."


def _party(entry: dict[str, Any]) -> bytes:
    """Who is paid; where that is not said the bridge."""
    return _address(entry["recipient"] if entry["has_recipient"] else entry["contract"])


def _address(word: int) -> bytes:
    return int(word).to_bytes(32, "big")[-20:]


def _name(word: int) -> str:
    return int(word).to_bytes(32, "big").lstrip(b"\0").decode(errors="replace")
