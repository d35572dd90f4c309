"""Anomalous flow: a burst of payments unlike what a wallet, a pair or a token did before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity, SubjectKind
from detectors.base import Finding, Tier, hexed
from detectors.memory.layout import Array
from detectors.parts.contract import Columns, Seen
from detectors.parts.lines import place_of

OUT, IN = 0, 1
MINUTES_S = 300


@dataclass(frozen=True, slots=True)
class Settings:
    """midas: the score of MIDAS-R from which on a rate is unlike its past: what is counted, times the ticks
    seen, for somebody new; a place that is always busy stays below it or has a past. past: how many times
    what it did now a payer may ever have done. payments: in a burst of one payer (people run a dozen
    errands); one pays the same payees again and again: that many hundredths of the payees (a payroll, an
    airdrop and gifts pay each once). swarm: payments of each of several new payers who share their payees;
    others: how many beside one. failures: failed transactions in a row. token: payments with one token by so
    many payers: a hundred hands pass it on, no shop is paid. payers: who is paid by so many meanwhile passes
    on what is theirs, as a payment processor does. ticks: how many there must have been before anything is
    unusual.
    """

    midas: float = 100.0
    past: float = 1.5
    payments: int = 15
    repeats: int = 140
    swarm: int = 6
    others: int = 3
    failures: int = 9
    token: int = 40
    token_payers: int = 10
    payers: int = 5
    ticks: int = 10


class AnomalousFlow:
    """Flags bursts: a payer who was silent pays the same few again and again within minutes; several silent
    payers at once pay the same payees; a new token goes to and fro among many; one transaction after the
    other fails.

    By MIDAS-R over signed payments, held against the chain's own rate (ticks without traffic do not count).
    An anomaly is no accusation: roles are `subject`. It says what made it. Payments are those their payer
    signed and got nothing for; to pay each of many once is a payroll, an airdrop or an exchange at noon (N1),
    and none; nor is a mint, a sale or a sweep.

    Fails: one large payment after a small test (P1): amounts are not looked at; a burst inside a single
    transaction (P2); a burst of somebody who is always busy; one that pays each payee once. Costs a
    comparison a payment. Source: MIDAS-R .949, MIDAS-F .984 AUC on DARPA (Bhatia et al. 2020, 2022).
    """

    name = "anomalous-flow"
    catches = ("anomalous-flow",)
    needs: Tier = "transfers"
    reads = ("rates", "trails")
    excused_by = ("exchange-hot-wallet",)
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """At most one finding a block and payer or token: by the last payment that makes a burst."""
        edges = seen.of("rates").get("edges")
        if edges is None:
            return []
        own, late = self.settings, {}
        silent = (edges["ever"] <= own.past * edges["paid"] + 2) & (edges["midas_r"] >= own.midas)
        many = silent & (edges["paid"] >= own.swarm - 0.5)
        token = (edges["asset_paid"] >= own.token) & (
            edges["asset_ever"] <= own.past * edges["asset_paid"] + 2
        )
        token &= edges["ticks"] >= own.ticks
        many &= edges["ticks"] >= own.ticks
        block = seen.rows["block"][edges["row"] - int(seen.rows["number"][0])]
        for at in np.flatnonzero(many).tolist():
            late[int(block[at]), "wallet", int(edges["payer"][at])] = at
        for at in np.flatnonzero(token).tolist():
            if bin(int(edges["payers"][at]) & (2**64 - 1)).count("1") >= own.token_payers:
                late[int(block[at]), "token", int(edges["asset"][at])] = at
        found = [
            self._wallet(seen, edges, at, number) if kind == "wallet" else self._token(seen, edges, at)
            for (number, kind, _), at in sorted(late.items(), key=lambda item: item[1])
        ]
        return [each for each in found if each is not None]

    def _wallet(self, seen: Seen, edges: Columns, at: int, block: int) -> Finding | None:
        """A payer's burst, where its shape is one."""
        own, payer = self.settings, int(edges["payer"][at])
        lately = self._lately(seen, payer, OUT, block)
        failed = int(lately["failed"].sum())
        payments = lately["row"].size - failed
        payees = np.unique(lately["other"][lately["failed"] == 0])
        if failed >= own.failures:
            what, count = f"{failed} transactions of {{}} failed one after the other", failed
            least = own.failures
        elif self._repeats(payments, payees.size) and not self._serves(seen, payer, payees, block):
            what, count = f"{{}} made {payments} payments to {payees.size} payees", payments
            least = own.payments
        elif payments >= own.swarm and self._shared(seen, payer, payees, block):
            what, count = f"{{}} and others made {payments} payments each to the same payees", payments
            least = own.swarm
        else:
            return None
        rows: Array = lately["row"]
        return self._finding(seen, edges, at, "wallet", payer, what, count, least, rows)

    def _repeats(self, payments: int, payees: int) -> bool:
        return payments >= self.settings.payments and payments * 100 >= self.settings.repeats * payees

    def _serves(self, seen: Seen, payer: int, payees: Array, block: int) -> bool:
        """Whether many others pay the payer meanwhile."""
        others = np.setdiff1d(self._lately(seen, payer, IN, block)["other"], payees)
        return others.size >= self.settings.payers

    def _lately(self, seen: Seen, who: int, side: int, block: int) -> Columns:
        """Whom somebody paid, or who paid him, in the last minutes, as of a block."""
        found = seen.history("rates.paid").rows(who * 4 + side, block)
        now = int(seen.blocks["time"][np.searchsorted(seen.blocks["number"], block)])
        keep = found["time"] > now - MINUTES_S
        return {name: column[keep] for name, column in found.items()}

    def _shared(self, seen: Seen, payer: int, payees: Array, block: int) -> bool:
        """Whether half of the payees are paid by others as busy at the moment, and as silent before."""
        busy: dict[int, bool] = {}
        shared = 0
        for payee in payees[:32].tolist():
            others = np.unique(self._lately(seen, payee, IN, block)["other"])
            for other in others[others != payer].tolist():
                if other not in busy:
                    lately = self._lately(seen, other, OUT, block)
                    size, own = lately["row"].size, self.settings
                    busy[other] = size >= own.swarm - 1 and lately["ever"].max() <= own.past * size + 2
            shared += any(busy[other] for other in others[others != payer].tolist())
        return sum(busy.values()) >= self.settings.others and 2 * shared >= min(32, payees.size)

    def _token(self, seen: Seen, edges: Columns, at: int) -> Finding:
        first = int(seen.rows["number"][0])
        same = (edges["asset"] == edges["asset"][at]) & (np.arange(edges["row"].size) <= at)
        here = seen.rows["block"][edges["row"] - first] == seen.rows["block"][edges["row"][at] - first]
        count = round(float(edges["asset_paid"][at]))
        what = f"{{}}, a token that few had used, was paid {count} times among many within minutes"
        asset = int(edges["asset"][at])
        burst = edges["row"][same & here]
        return self._finding(seen, edges, at, "token", asset, what, count, self.settings.token, burst)

    def _finding(
        self,
        seen: Seen,
        edges: Columns,
        at: int,
        kind: SubjectKind,
        who: int,
        what: str,
        count: int,
        least: int,
        rows: Array,
    ) -> Finding:
        own, subject = self.settings, seen.address(who)
        role: RoleName = "subject"
        severity: Severity = "medium" if count >= 2 * least else "low"
        midas = float(edges["midas_r"][at])
        measured = {name: round(float(edges[name][at]), 6) for name in ("ever", "midas_r", "midas_f")}
        return Finding(
            **place_of(seen, int(rows.max())),
            category="anomalous-flow",
            subject_kind=kind,
            subject=subject,
            score=round(1 - 0.5 * min(1.0, least / (2 * count)), 6),
            severity=severity,
            roles=((subject, role),),
            rows=seen.evidence(np.unique(rows).tolist()),
            measured={"payments": count, **measured},
            thresholds={"payments": least, "midas_r": own.midas},
            explanation=f"{what.format(hexed(subject))}, unlike its past (MIDAS-R {midas:.0f}).",
        )
