"""Layering: money handed on through wallets that serve nothing else, or scattered and gathered again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.kernels.handed_on import GATHERED, LINE, SPENT
from detectors.kernels.tried import ASKED, TRIED
from detectors.parts import trails, worth
from detectors.parts.contract import Seen
from detectors.parts.ways import Way, ways

_LIMITS = trails.Settings()
TRIED_SCORE = 0.3
"""Of a line that broke off: it may be anybody who moves to a new wallet and fails there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """few: wallets between the ends of a line up to which it may be chance, and as many that gather: more of
    them make it grave (AMLworld's shortest patterns have three accounts, its usual ones five and more).
    """

    few: int = 4


class Layering:
    """Flags lines of wallets that hand on what they got, and money that one scatters and one gathers.

    The part `trails` walks back from each payment (signed by its payer, whatever contract carried it out, and
    from each making of a contract): two wallets in a row that somebody paid, hardly anybody else did (what
    counts is the coin, the asset itself, and what a pool prices), and which have handed nine tenths of it on,
    whenever they did and in however many pieces, most of it to one payee, are a line (peels to others count
    as handed on; what a wallet changes itself is followed). Where one of them adds more than a quarter of its
    own, or the origin pays five or more, three are asked for, and what is known to be dust is none. Who pays
    six or more, and others more than this, is no origin: an employer. Four wallets that one paid and that
    passed this on to another one, whom hardly anybody else pays, are a gathering; but a contract that none of
    them made is a place (a mixer, a sale) where many are yet to come. A line whose end makes a contract says
    so, and names the maker: the money was for that (19.P1). No window of time but the 120 days for which
    payments are remembered (P2), and no least sum above that (P3). An attempt that broke off is found too, at
    severity low: a wallet that has what it holds, and the coin for fees, from one that pays nobody else, and
    whose first payment fails.

    Fails: a line over one wallet (P1), the second of two wallets that pays back (P4, `cycle-laundering` from
    three on), wallets in use by others too, a wallet that keeps more than a tenth or splits it evenly in more
    than two that do not gather, a contract or an exchange that keeps it meanwhile (hubs end a line: six
    payers and six payees). An owner who moves his money over two fresh wallets looks the same. Exchanges' and
    protocols' wallets (N1) are hubs, swaps (N2) no payments, a bridge (N3) pays nobody on. Costs a walk over
    32 payments of at most 64 wallets for payments of wallets that were paid before. Source: IBM Graph Feature
    Preprocessor and AMLworld patterns (minority F1 .648 on HI-Small).

    What a trail was for may show weeks later (a farm rests between its funding and its claims): its alert
    stays open, to yield, as long as payments are remembered, so that a line that rests is one alert.
    """

    name = "layering"
    catches = ("layering",)
    needs: Tier = "transfers"
    reads = ("contracts", "mixers", "trails")
    quiet_seconds = 120 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a transaction that completes or extends a trail: its subject is where that began."""
        lines = seen.of("trails").get("handed")
        if lines is None or not lines["transaction"].size:
            return []
        said = [way for way in ways(lines) if way.what != ASKED and not _is_a_place(seen, way)]
        return [self._finding(seen, way) for way in said]

    def _finding(self, seen: Seen, way: Way) -> Finding:
        sent = seen.transactions
        at = way.transaction - int(sent["number"][0])
        between, (wei, tokens) = way.between(), way.at_stake()
        rows = seen.evidence(np.unique(way.lines["row"]).tolist())
        most: Severity = "high" if len(between) > self.settings.few else "medium"
        if way.what == TRIED:
            most, between = "low", [*between, way.end]
        return Finding(
            block_number=int(sent["block"][at]),
            timestamp=int(sent["time"][at]),
            category="layering",
            subject_kind="wallet",
            subject=seen.address(way.origin),
            score=TRIED_SCORE if way.what == TRIED else _score(len(between)),
            severity=worth.severity(most, wei, tokens),
            transaction=sent["hash"][at].tobytes(),
            roles=_roles(seen, way, between),
            rows=rows,
            measured={
                "wallets": len(between),
                "gathered": len(between) if way.what == GATHERED else 0,
                "native_wei": str(wei),
                "failed": int(way.what == TRIED),
            },
            thresholds=_thresholds(way.what),
            explanation=_sentence(seen, way, len(between)),
            value_wei=wei or None,
        )


def _is_a_place(seen: Seen, way: Way) -> bool:
    """Whether what gathers is a mixer, or a contract that nobody on the way made."""
    if way.what != GATHERED:
        return False
    block = int(seen.transactions["block"][way.transaction - int(seen.transactions["number"][0])])
    if seen.history("mixers.pools").rows(way.end, block, 1)["row"].size:
        return True
    births = seen.history("contracts.made").rows(way.end, block, 1)["signer"]
    return bool(births.size) and int(births[0]) not in {way.origin, *way.between()}


def _roles(seen: Seen, way: Way, between: list[int]) -> tuple[tuple[bytes, RoleName], ...]:
    """Who sends it on its way, who gathers it and who uses it are attackers; everybody else only hands on."""
    attackers = [way.origin] if way.what in (LINE, TRIED) else [way.origin, way.end]
    others = [*between, *([way.end] if way.what == LINE else [])]
    named: list[tuple[bytes, RoleName]] = [(seen.address(wallet), "attacker") for wallet in attackers]
    return (*named, *((seen.address(wallet), "intermediary") for wallet in others))


def _thresholds(what: int) -> dict[str, int]:
    if what == TRIED:
        return {"wallets": 1}
    return {"gathered": _LIMITS.gatherers} if what == GATHERED else {"wallets": _LIMITS.hands}


def _score(wallets: int) -> float:
    """0.6 for two wallets, towards 1 the more it goes through."""
    return round(1.0 - 0.4 / (1.0 + 0.5 * max(wallets - 2, 0)), 6)


def _sentence(seen: Seen, way: Way, wallets: int) -> str:
    origin, end = hexed(seen.address(way.origin)), hexed(seen.address(way.end))
    if way.what == GATHERED:
        return f"Money of {origin} was scattered over {wallets} wallets, which passed it on to {end}."
    if way.what == TRIED:
        over = "" if wallets == 1 else f" over {wallets} wallets in a row"
        told = f"Money of {origin} was handed{over} to {end}, which serves nothing else"
        return f"{told} and failed to hand it on: nothing came of it so far."
    told = f"Money of {origin} was handed on through {wallets} wallets in a row that serve nothing else"
    return f"{told}, to {end}, who makes contracts with it." if way.what == SPENT else f"{told}, to {end}."
