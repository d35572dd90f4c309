"""Sanctioned exposure: money from, or for, an address while a sanctions list names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.memory.layout import Array
from detectors.parts import worth
from detectors.parts.contract import Columns, Kind, Seen
from detectors.parts.lists import SANCTIONS
from detectors.parts.people import whole
from detectors.parts.values import Values, values_before

COIN = 0
MOST = 200
"""Rows of an address that are read where its listing is told late."""
DIRECT = 1
"""Hops of what the listed address paid itself."""

_NONE = np.zeros(0, np.int64)
_PAYS, _IS_PAID, _FAILS, _IS_CALLED, _PAID = "pays", "is paid", "fails to pay", "is called", "paid"


@dataclass(frozen=True, slots=True)
class Settings:
    """dust_wei: what is not above this is dust in the coin (as elsewhere): a receiver of dust is nobody's
    suspect, as the sanctioning office itself said of nominal, unasked receipts in 2022. dust_share: one in so
    many of the most that the listed address held is dust in a token, as is what a pool prices at no more than
    dust of the coin. hops: payments through which money is followed (attackers put two or three wallets
    between). share: hundredths of a later payment that are of a listed address, by haircut, from which on it
    counts: below a tenth poison alone would call a customer of a customer exposed. late_share: the same once
    the address has paid nothing for late_s seconds (the rows that are remembered): what rests is still the
    launderer's own.
    """

    dust_wei: int = worth.DUST
    dust_share: int = 100
    hops: int = 6
    share: int = 10
    late_share: int = 50
    late_s: int = 90 * 86_400


@dataclass(slots=True)
class _Case:
    """What one listed address did, or had done to it, in one block."""

    listed: int
    rows: list[int] = field(default_factory=list)
    roles: dict[int, RoleName] = field(default_factory=dict)
    what: dict[str, int] = field(default_factory=dict)
    wei: int = 0
    tokens: bool = False
    poison: int = 0
    haircut: int = 0
    fifo: int = 0
    hops: int = 0
    last: int = -1

    def note(self, what: str, row: int, transaction: int) -> None:
        self.what[what] = self.what.get(what, 0) + 1
        self.rows.append(row)
        self.last = max(self.last, transaction)


class SanctionedExposure:
    """Flags what an address under sanctions pays and is paid while it is listed, and where its money goes.

    Direct: what it pays in a transaction of its own (or in the coin), what somebody pays it in the coin, a
    use of it where it is a contract that speaks, and a payment of its own that failed. Indirect: what the
    part `taint` follows through up to six payments and changes of asset, counted by poison, by haircut and
    first in first out, side by side. What a listed address paid after its listing began and before it was
    told is looked for among its newest 200 rows of the last 90 days, and stands in the block of the telling.
    One alert for a listed address, its subject, as long as there is news within half a year: so long is its
    money followed. When the address itself has moved nothing for three months, only payments that are mostly
    of its money are news: who waits is found, and who once was a customer of a customer is let be. Receivers
    are intermediaries, never attackers: who was sent money has asked for nothing yet; pools, hubs, mixers by
    what they do, and what lists call an exchange, a mixer or a bridge are infrastructure, and pass no taint
    on (N3). Dust counts for nothing (N1). Dates of listings count (N2), to the second of the block.

    Fails: a listed address that never sends, but signs what others send in tokens (P3); value through a
    mixer, but for the deposit; of a listing that is told late (P1) what its receivers did before that, what
    lies further back, and tokens; tokens of it smaller than a hundredth of what it held. Costs nothing
    where no listed address is touched. Source: Tironsakkul et al. 2019 (the policies); no accuracy is
    published by anybody.
    """

    name = "sanctioned-exposure"
    catches = ("sanctioned-exposure",)
    needs: Tier = "transfers"
    reads = ("lists", "taint", "net", "prices")
    quiet_seconds = 180 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a block and listed address: subject = that address."""
        cases: dict[tuple[int, int], _Case] = {}
        for block, listed, flow in self._flows(seen):
            self._pay(cases.setdefault((block, listed), _Case(listed)), flow)
        self._touched(seen, cases)
        self._told_late(seen, cases)
        return [self._finding(seen, *item) for item in sorted(cases.items(), key=lambda item: item[0])]

    def _flows(self, seen: Seen) -> Iterator[tuple[int, int, dict[str, int]]]:
        """Block, source, and each flow that is more than dust."""
        flows = seen.of("taint").get("flows")
        if flows is None:
            return
        first = int(seen.transactions["number"][0])
        blocks = seen.transactions["block"][flows["transaction"] - first].tolist()
        names = ("transaction", "source", "payer", "payee", "asset", "row", "hops", "shared", "traded")
        amounts = {name: whole(flows[name]) for name in ("amount", "haircut", "fifo", "had")}
        for at, block in enumerate(blocks):
            flow = {name: int(flows[name][at]) for name in names}
            flow |= {name: column[at] for name, column in amounts.items()}
            if not self._is_dust(values_before(seen, block), flow) and not (
                self._is_small(flow) and self._is_late(seen, block, flow)
            ):
                yield block, flow["source"], flow

    def _is_dust(self, values: Values, flow: dict[str, int]) -> bool:
        """Whether a flow says nothing: also where the payer got something else for it, and keeps the value
        (the part follows it there).
        """
        own, tainted = self.settings, flow["haircut"]
        if flow["traded"] or flow["hops"] > own.hops or tainted * 100 < own.share * flow["amount"]:
            return True
        if flow["asset"] == COIN:
            return tainted <= own.dust_wei
        wei = values.of(flow["asset"], tainted)
        if wei is not None and wei <= own.dust_wei:
            return True
        return tainted * own.dust_share < flow["had"]

    def _is_small(self, flow: dict[str, int]) -> bool:
        return flow["hops"] > DIRECT and flow["haircut"] * 100 < self.settings.late_share * flow["amount"]

    def _is_late(self, seen: Seen, block: int, flow: dict[str, int]) -> bool:
        """Whether the listed address has paid nothing itself for long, of what is remembered."""
        rows = seen.history("rows").rows(flow["source"], block, MOST)
        now = int(seen.blocks["time"][np.searchsorted(seen.blocks["number"], block)])
        own = (rows["source"] == flow["source"]) & (rows["time"] >= now - self.settings.late_s)
        return not own.any()

    def _pay(self, case: _Case, flow: dict[str, int]) -> None:
        case.note(_PAYS, flow["row"], flow["transaction"])
        case.hops = max(case.hops, flow["hops"])
        if flow["asset"] == COIN:
            case.wei += flow["haircut"]
        else:
            case.tokens = True
        case.poison += flow["amount"]
        case.haircut += flow["haircut"]
        case.fifo += flow["fifo"]
        if flow["payer"] != case.listed:
            case.roles.setdefault(flow["payer"], "intermediary")
        case.roles.setdefault(flow["payee"], "infrastructure" if flow["shared"] else "intermediary")

    def _touched(self, seen: Seen, cases: dict[tuple[int, int], _Case]) -> None:
        """Payments to the listed, calls of them, and what they failed at."""
        touched = seen.of("lists").get("touched")
        if touched is None:
            return
        which = np.flatnonzero((touched["kind"] == SANCTIONS) & touched["holds"])
        sent, first = seen.transactions, int(seen.transactions["number"][0])
        for place in which.tolist():
            listed, number = int(touched["account"][place]), int(touched["transaction"][place])
            at = number - first
            what = self._touch(seen, listed, at)
            if what is None:
                continue
            case = cases.setdefault((int(sent["block"][at]), listed), _Case(listed))
            case.note(what, int(seen.rows["number"][sent["first_row"][at]]), number)
            if what == _IS_PAID:
                case.wei += self._received(seen, listed, number)
            if what in (_IS_PAID, _IS_CALLED):
                case.roles.setdefault(int(sent["signer"][at]), "intermediary")

    def _told_late(self, seen: Seen, cases: dict[tuple[int, int], _Case]) -> None:
        """What those paid in the coin, by own transactions, who are named with a block for the first time."""
        changes = seen.of("lists").get("changes")
        if changes is None or not seen.rows["number"].size:
            return
        new = (changes["kind"] == SANCTIONS) & (changes["on"] == 1) & (changes["was"] == 0)
        for place in np.flatnonzero(new).tolist():
            block, listed = int(changes["block"][place]), int(changes["id"][place])
            at = int(np.searchsorted(seen.blocks["number"], block))
            first, end = (int(seen.blocks[name][at]) for name in ("first_row", "end_row"))
            if first == end:
                continue
            rows = seen.history("rows").rows(listed, block, MOST)
            paid = (rows["signer"] == listed) & (rows["source"] == listed) & (rows["target"] != listed)
            paid &= (rows["kind"] == Kind.TRANSACTION) & (rows["flag"] != 0)
            paid &= (rows["row"] < seen.rows["number"][first]) & (rows["time"] >= changes["since"][place])
            paid &= rows["time"] < changes["until"][place]
            sums = zip(np.flatnonzero(paid).tolist(), whole(rows["amount"][paid]), strict=True)
            large = [(line, wei) for line, wei in sums if wei > self.settings.dust_wei]
            if not large:
                continue
            case = cases.setdefault((block, listed), _Case(listed))
            for line, wei in large:
                case.note(_PAID, int(rows["row"][line]), int(seen.rows["transaction"][first]))
                case.wei += wei
                case.roles.setdefault(int(rows["target"][line]), "intermediary")
            case.rows.append(int(seen.rows["number"][first]))

    def _touch(self, seen: Seen, listed: int, at: int) -> str | None:
        """What a transaction is to a listed address, beside what it pays there."""
        sent, rows = seen.transactions, seen.rows
        signer, done = int(sent["signer"][at]) == listed, bool(sent["done"][at])
        if signer:
            tried = sent["selector"][at] >= 0 or whole(sent["value"][at : at + 1])[0] > self.settings.dust_wei
            return _FAILS if not done and tried else None
        if not done:
            return None
        if self._received(seen, listed, int(sent["number"][at])) > self.settings.dust_wei:
            return _IS_PAID
        speaks = (rows["emitter"][sent["first_row"][at] : sent["end_row"][at]] == listed).any()
        return _IS_CALLED if speaks else None

    def _received(self, seen: Seen, who: int, transaction: int) -> int:
        """Wei that somebody has more after a transaction."""
        changes: Columns | None = seen.of("net").get("changes")
        if changes is None:
            return 0
        first, end = np.searchsorted(changes["transaction"], [transaction, transaction + 1]).tolist()
        mine = first + np.flatnonzero(
            (changes["account"][first:end] == who) & (changes["asset"][first:end] == COIN)
        )
        more = zip(whole(changes["received"][mine]), whole(changes["paid"][mine]), strict=True)
        return max(0, sum(received - paid for received, paid in more))

    def _finding(self, seen: Seen, place: tuple[int, int], case: _Case) -> Finding:
        sent = seen.transactions
        at = case.last - int(sent["number"][0])
        block, listed = place
        who = seen.address(listed)
        roles: list[tuple[bytes, RoleName]] = [(who, "attacker")]
        roles += [(seen.address(one), role) for one, role in case.roles.items() if one != listed]
        rows: Array = np.unique(np.array(case.rows, np.int64))
        return Finding(
            block_number=block,
            timestamp=int(sent["time"][at]),
            category="sanctioned-exposure",
            subject_kind="wallet",
            subject=who,
            score=self._score(case),
            severity=self._severity(case),
            transaction=sent["hash"][at].tobytes(),
            roles=tuple(roles),
            rows=seen.evidence(rows.tolist()),
            measured={
                "hops": case.hops,
                "native_wei": str(case.wei),
                "poison": str(case.poison),
                "haircut": str(case.haircut),
                "fifo": str(case.fifo),
                "dust_wei": str(case.wei),
            },
            thresholds={"hops": self.settings.hops, "dust_wei": str(self.settings.dust_wei)},
            explanation=_sentence(who, case),
            value_wei=case.wei or None,
        )

    def _severity(self, case: _Case) -> Severity:
        """By what moved; a failed payment moved nothing, and a call may be anybody's."""
        if not {_PAYS, _IS_PAID, _PAID} & case.what.keys():
            return "low"
        most: Severity = "critical" if case.hops == DIRECT else "high"
        return worth.severity(most, case.wei, case.tokens)

    def _score(self, case: _Case) -> float:
        """Direct payments say most, later ones less with every hop and with how little of them is tainted."""
        if _PAYS not in case.what:
            return 0.7 if {_IS_PAID, _PAID} & case.what.keys() else 0.5
        share = case.haircut / case.poison if case.poison else 1.0
        return round(0.5 + 0.25 / max(case.hops, 1) + 0.25 * min(1.0, share), 6)


def _sentence(who: bytes, case: _Case) -> str:
    parts = {
        _PAYS: "its money was paid on",
        _PAID: "it paid before the list was told",
        _IS_PAID: "it was paid",
        _FAILS: "it tried to pay and failed",
        _IS_CALLED: "it was called",
    }
    told = ", ".join(f"{text} {case.what[what]} times" for what, text in parts.items() if what in case.what)
    over = f", over up to {case.hops} payments" if case.hops > DIRECT else ""
    if _PAYS not in case.what or not case.poison:
        share = ""
    else:
        by = (case.haircut * 100 // case.poison, case.fifo * 100 // case.poison)
        share = f"; of what was paid {by[0]} % is its own by haircut, {by[1]} % first in first out"
    return f"{hexed(who)} is under sanctions: {told}{over}{share}."
