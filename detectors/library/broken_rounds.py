"""Cycle laundering that broke off: the payment that was to bring the money home failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Seen, hexed
from detectors.kernels.tried import ASKED, TRIED
from detectors.parts import worth
from detectors.parts.people import People
from detectors.parts.ways import Way, ways

SCORE = 0.4
"""Of a round that broke off: it may be an owner who moves money between wallets of his own and fails."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A way whose last wallet failed to pay `home`: who stood between, in order."""

    way: Way
    home: int
    between: tuple[int, ...]


def broken_rounds(seen: Seen, wallets: int, of_many: int) -> Iterator[Finding]:
    """Of the ways whose last wallet failed to hand on what it had got: those over so many wallets (`of_many`
    where the first sent money to many, as an exchange does) whose failed call names one that the money had
    come from. Who was to be paid stands in the call's own data, whatever it calls: a token, a contract that
    pays many, a router.
    """
    lines = seen.of("trails").get("handed")
    if lines is None or not lines["transaction"].size:
        return
    for way in ways(lines):
        found = _broken(seen, way) if way.what in (TRIED, ASKED) else None
        if found is None or len(found.between) < wallets:
            continue
        sent = seen.transactions
        block = int(sent["block"][way.transaction - int(sent["number"][0])])
        least = of_many if People(seen, block).serves_many(found.home) else wallets
        if len(found.between) >= least:
            yield _finding(seen, found, least)


def _broken(seen: Seen, way: Way) -> Broken | None:
    data = seen.call_data(way.transaction)
    line = list(dict.fromkeys([*way.lines["payer"].tolist(), way.end]))
    for place, wallet in enumerate(line[:-1]):
        if seen.address(wallet).rjust(32, b"\0") in data:
            return Broken(way, wallet, tuple(line[place + 1 :]))
    return None


def _finding(seen: Seen, broken: Broken, wallets: int) -> Finding:
    way, sent = broken.way, seen.transactions
    at = way.transaction - int(sent["number"][0])
    home, (wei, tokens) = seen.address(broken.home), way.at_stake()
    roles: list[tuple[bytes, RoleName]] = [(home, "attacker")]
    roles += [(seen.address(wallet), "intermediary") for wallet in broken.between]
    return Finding(
        block_number=int(sent["block"][at]),
        timestamp=int(sent["time"][at]),
        category="cycle-laundering",
        subject_kind="wallet",
        subject=home,
        score=SCORE,
        severity=worth.severity("low", wei, tokens),
        transaction=sent["hash"][at].tobytes(),
        roles=tuple(roles),
        rows=seen.evidence(np.unique(way.lines["row"]).tolist()),
        measured={"wallets": len(broken.between), "home": 0, "native_wei": str(wei)},
        thresholds={"wallets": wallets},
        explanation=(
            f"Money of {hexed(home)} went through {len(broken.between)} wallets in order that serve nothing"
            " else; the last one's payment back to it failed, and nothing came home so far."
        ),
        value_wei=wei or None,
    )
