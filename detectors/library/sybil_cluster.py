"""Sybil clusters: one owner's many wallets act in step, as if they were many people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.kernels.lockstep import CASHED_OUT_TO, DRAWN_FROM, FUNDED_BY
from detectors.memory.layout import Columns
from detectors.parts.contract import Seen
from detectors.parts.people import People

MOST = 60
"""Wallets of a cluster that are named, the newest; `measured` has how many there were."""
TIES = {
    FUNDED_BY: "had their first money from {}",
    FUNDED_BY + 1: "had their first money in a chain from {}",
    CASHED_OUT_TO: "handed in what they got to {}",
    DRAWN_FROM: "drew the same sum within minutes from {}, which has many customers",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """wallets: how many act in step; by a common exit only, `clusters` asks for more. share: hundredths of
    all that the leader paid first (or of all payments it got) that do: nearly all of a farm does, while of a
    host's guests or a shop's customers some do. rest: hundredths that do both where `began` hundredths, or
    all but one, did the first together: owners leave some out when they claim. drawn: how many of a hub's
    customers, as `clusters` has it. step_s: they are in step while the next one does the same within this,
    as there.
    """

    wallets: int = 4
    share: int = 66
    rest: int = 50
    began: int = 90
    drawn: int = 5
    step_s: int = 3600


@dataclass(frozen=True, slots=True)
class Member:
    """A wallet of a cluster and the rows that say so."""

    wallet: int
    rows: tuple[int, ...]


class SybilCluster:
    """Flags wallets that share a funder, a chain of funding, or an exit, *and* do the same in the same order.

    The part `clusters` remembers of young wallets who paid them first and the first eight different things
    they did. Four or more of one funder that do the same two one after the other, within an hour of one
    another, and that are two thirds of all it ever paid first, are one owner's, as are more than half of them
    where nine tenths, or all but one, did the first of the two together; so are five that got the same
    for nothing and handed it in to one account that nearly only they pay. One of the two is a call that costs
    nothing (a visit, a claim, a vote), or one that fails: who only trades in step is no crowd but a bundle or
    a wash trade. A hub ties nobody, but for five or more that drew the same sum from it within a quarter of
    an hour, and that are two thirds of all who drew it about then, and of all customers of those minutes who
    then did the same: who come to try one project (N1) draw what each of them needs.

    Fails: twins on two chains (hard case P2); chains broken by an exchange every few steps (P3), or a farm
    that draws ever other sums, or over hours, or among a great exchange's many customers, where each wallet
    sells for itself; wallets older than the stream that are first seen when somebody pays them count as
    young; whoever pays people in for one programme only, a faucet of a project, looks the same, as do friends
    who draw the same sum together; a farm that only swaps and bridges, until it claims. Costs four touches of
    tables a transaction, a row of 64 bytes for each act of a wallet with a funder, and of 80 for each new
    customer of a hub. Source: review rules of
    the Hop and LayerZero sybil reports (7 to 300 wallets an exit); subgraph LightGBM above .9.
    """

    name = "sybil-cluster"
    catches = ("sybil-cluster",)
    needs: Tier = "receipts"
    reads = ("clusters",)
    quiet_seconds = 120 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a leader and block: subject = who paid the wallets first, or whom they paid; of those
        that a hub paid, the first one to do it.
        """
        lines = seen.of("clusters").get("in_step")
        if lines is None or not lines["transaction"].size:
            return []
        last: dict[tuple[int, int, int], int] = {}
        first = int(seen.transactions["number"][0])
        for line, (transaction, leader, link) in enumerate(
            zip(*(lines[name].tolist() for name in ("transaction", "leader", "link")), strict=True)
        ):
            block = int(seen.transactions["block"][transaction - first])
            last[block, leader, link] = line
        found = [self._finding(seen, lines, line) for line in sorted(last.values())]
        return [each for each in found if each is not None]

    def _in_step(self, seen: Seen, transaction: int, block: int) -> list[Member]:
        """The customers of a hub that a transaction completes, those that did it last within hours of one
        another, in the order in which they did.
        """
        drawn, people = seen.of("clusters")["drawn"], People(seen, block)
        found = list[tuple[int, int, Member]]()
        for line in np.flatnonzero(drawn["transaction"] == transaction).tolist():
            wallet, *rows = (int(drawn[name][line]) for name in ("wallet", "row", "first_row", "second_row"))
            theirs = people.rows(wallet)
            at = np.flatnonzero(theirs["row"] == rows[-1])
            if at.size:
                found.append((rows[-1], int(theirs["time"][at[0]]), Member(wallet, tuple(sorted(rows)))))
        found.sort(key=lambda each: each[0])
        last = _gaps([time for _, time, _ in found], self.settings.step_s) if found else 0
        return [member for _, _, member in found[len(found) - last :]]

    def _finding(self, seen: Seen, lines: Columns, line: int) -> Finding | None:
        transaction, leader, link, first, second, count, members, began = (
            int(lines[name][line])
            for name in ("transaction", "leader", "link", "first", "second", "count", "members", "began")
        )
        share, left_out = 100 * count // max(count, members), members * (100 - self.settings.began) // 100
        together = began >= members - max(1, left_out)
        least = self.settings.rest if together else self.settings.share
        if count < self.settings.wallets or share < least:
            return None
        sent = seen.transactions
        at = transaction - int(sent["number"][0])
        block, end = int(sent["block"][at]), int(seen.rows["number"][sent["end_row"][at] - 1])
        if link == DRAWN_FROM:
            wallets = self._in_step(seen, transaction, block)
            count = min(count, len(wallets)) if len(wallets) < min(count, MOST) else count
            share = 100 * count // max(count, members)
            if count < self.settings.drawn or share < self.settings.share:
                return None
        else:
            done = seen.history("clusters.done").rows(leader * 4 + link, block, 20 * MOST)
            wallets = _members(done, link, first, second, end)
        rows = sorted({row for each in wallets for row in each.rows})
        named = seen.address(leader)
        subject = seen.address(wallets[0].wallet) if link == DRAWN_FROM else named
        attackers = dict.fromkeys([subject, *(seen.address(each.wallet) for each in wallets)])
        roles: list[tuple[bytes, RoleName]] = [(address, "attacker") for address in attackers]
        called = [(seen.address(each), role) for each, role in _called(seen, at)]
        called += [(named, "infrastructure")] if link == DRAWN_FROM else []
        roles += [each for each in called if each[0] not in attackers]
        severity: Severity = "high" if count > 2 * self.settings.wallets else "medium"
        severity = "medium" if link == DRAWN_FROM else severity
        tie = TIES[link].format(hexed(named))
        return Finding(
            block_number=block,
            timestamp=int(sent["time"][at]),
            category="sybil-cluster",
            subject_kind="wallet",
            subject=subject,
            score=_score(count, share),
            severity=severity,
            transaction=sent["hash"][at].tobytes(),
            roles=tuple(roles),
            rows=seen.evidence(rows),
            measured={"wallets": count, "share": share, "members": members},
            thresholds={"wallets": self.settings.wallets, "share": self.settings.share},
            explanation=(
                f"{count} wallets did the same in the same order within an hour of one another, and {tie}: "
                f"{share} % of all that ever did."
            ),
        )


def _gaps(times: list[int], step_s: int) -> int:
    """How many of the last of these times, in order, lie within so many seconds of the one before."""
    count = 1
    while count < len(times) and times[-count] - times[-count - 1] <= step_s:
        count += 1
    return count


def _members(done: Columns, link: int, first: int, second: int, end: int) -> list[Member]:
    """Wallets that did both by row `end`, the newest first, with the rows of it and of what ties them."""
    acts: dict[int, dict[int, tuple[int, int]]] = {}
    for wallet, act, row, earlier in zip(
        *(done[name].tolist() for name in ("wallet", "act", "row", "earlier")), strict=True
    ):
        if row <= end:
            acts.setdefault(wallet, {})[act] = row, earlier
    wanted = (first,) if link == CASHED_OUT_TO else (first, second)
    found = []
    for wallet, did in acts.items():
        if all(act in did for act in wanted):
            rows = {did[act][0] for act in wanted} | {did[wanted[0]][1]}
            found.append(Member(wallet, tuple(sorted(rows))))
    return found[:MOST]


def _called(seen: Seen, at: int) -> list[tuple[int, RoleName]]:
    """The contract that the last transaction called: robbed, where it gave its caller something."""
    sent, rows = seen.transactions, seen.rows
    target, signer = int(sent["target"][at]), int(sent["signer"][at])
    if sent["selector"][at] < 0 or target == 0:
        return []
    mine = slice(int(sent["first_row"][at]), int(sent["end_row"][at]))
    gave = bool(np.any((rows["source"][mine] == target) & (rows["target"][mine] == signer)))
    return [(target, "victim" if gave else "infrastructure")]


def _score(count: int, share: int) -> float:
    """A half, a quarter for the share of the leader's wallets that are in step, a quarter for how many."""
    return round(0.5 + 0.25 * share / 100 + 0.25 * (1.0 - 3.0 / count), 6)
