"""Asset drains: what a contract kept goes to somebody who has nothing to do with it, nearly all and at
once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.kernels.decoding import Kind
from detectors.library.failed_drains import tried_drains
from detectors.library.given_back import given_back
from detectors.library.taken_unseen import candidates, unseen
from detectors.memory.layout import Array, Columns
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.inside import NOBODY, Inside, Line, in_coin, of_asset
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.limbs import floats
from detectors.parts.people import People, whole

DAY = 86_400
TRADED = (Kind.SYNC, Kind.SWAP_V2, Kind.SWAP_V3)


@dataclass(frozen=True, slots=True)
class Settings:
    """share: of what a contract had of an asset goes to one taker; with what left it in window_s before, so
    that a theft in pieces is whole and the last of many payments is a small part. payees: of that asset in
    this time; a fund that pays many does its work. recent_s: control that changed hands so shortly before
    counts with the theft. lain_s: for how long an asset lay in a contract that is older than the stream.
    """

    share: float = 0.6
    payees: int = 3
    window_s: int = 3600
    recent_s: int = 7 * DAY
    lain_s: int = DAY


@dataclass(frozen=True, slots=True)
class Taking:
    """What a contract lost of an asset to a taker: the share of what it had, and what the taker got."""

    contract: int
    asset: int
    amount: int
    share: float
    taker: int


class AssetDrain:
    """Flags contracts that lose most of an asset to somebody who never had anything to do with them.

    The catch-all for thefts without a better name: a key that leaked, a function without its guard, code that
    was exchanged, a signature that is none. A contract that was seen to get what it kept loses at least six
    tenths of it (within an hour, with what left before) to one account, gets nothing for it, and nobody
    burns a share. That account never paid the contract and never was paid by it, did not make it, was not
    made or first paid by who did, and is no busy place; the sum is not what somebody had put in. It weighs
    more if a stranger signs, and if control changed hands shortly before. It yields to every better name.

    Of contracts of which nothing was seen before the shape of the transaction decides: several assets went
    from accounts that got nothing (or, for them, others that have no price) to one who gave nothing; or a
    hand put an asset in, took out more of it, and left the rest with a third. Nobody knows which share that
    is, so these are graded by how much of the shape is there, and the alert says so.

    What came to nothing is said with severity low. A call that failed is tried on the contract as it was
    made, as if its maker had sent it: then it pays six tenths of something to somebody who never dealt with
    it, or puts the signer's code behind it. A call that was done and moved nothing names such a payment, as
    those who share a wallet propose it.

    Left in peace: treasuries that move to a contract of their owner's, funds that pay many, depositors who
    leave, withdrawals of an owner, contracts that are empty after each transaction.

    Fails: takings below six tenths (hard case 15.P1: 10 to 50 % of a pool) and repeated ones that stay small
    (P2); calls that move what others allowed a contract (P4) where it is one asset; loot that is split among
    more than three; a rescue (N4) is said until the contract has it back, which lowers it; an owner's new
    wallet that nothing ties to him looks the same as a thief's; one asset from one contract that was there
    before the stream (a withdrawal of a wallet with code looks the same: 14 of 10,000 transactions do); who
    burns a share or has a debt told beside it. Costs a comparison a line of `net`. Source: Forta's asset-
    drained (99 % and more of an asset in a block).
    """

    name = "asset-drain"
    catches: tuple[str, ...] = ("asset-drain",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "kept", "sides", "contracts", "prices", "acts")
    quiet_seconds = 30 * DAY
    excused_by: tuple[str, ...] = ("known-protocol",)

    def score(self, seen: Seen) -> list[Finding]:
        found = [*tried_drains(seen, self.settings.share), *self._taken(seen), *given_back(seen)]
        return sorted(found, key=lambda finding: finding.block_number)

    def _taken(self, seen: Seen) -> list[Finding]:
        kept, net = seen.of("kept").get("lines"), seen.of("net").get("changes")
        if kept is None or net is None or not net["account"].size:
            return []
        signer = seen.transactions["signer"][net["transaction"] - seen.transactions["number"][0]]
        before, out = floats(kept["before"]), floats(net["paid"]) - floats(net["received"])
        # a part may already have left within the window: a first look asks for a half of the rest
        drained = (out >= 0.5 * before) & (before > 0) & (out > 0) & (kept["first"] > 0)
        drained &= (net["account"] != NOBODY) & (net["account"] != signer) & (net["account"] != net["asset"])
        found = []
        for number in np.intersect1d(net["transaction"][drained], _left_without(net, kept, before, out)):
            finding = self._judge(Inside(seen, int(number)))
            found += [finding] if finding is not None else []
        told = {finding.transaction for finding in found}
        for number in candidates(seen, net, out, before):
            finding = unseen(seen, number, self.settings.payees)
            found += [finding] if finding is not None and finding.transaction not in told else []
        return found

    def _judge(self, one: Inside) -> Finding | None:
        lines, rows = one.lines(), one.rows
        burns = any(line.account in (NOBODY, line.asset) and line.received for line in lines)
        if burns:
            return None
        mute = set(rows["emitter"][of_kinds(rows["kind"], TRADED)].tolist()) | {NOBODY, one.of("signer")}
        gained = {line.account for line in lines if line.more > 0}
        people = People(one.seen, one.of("block"))
        takings = []
        for line in lines:
            if line.more >= 0 or line.account in mute | gained or line.first == 0 or line.before < -line.more:
                continue
            taking = self._taking(one, people, line, lines)
            takings += [taking] if taking is not None else []
        return self._finding(one, people, takings) if takings else None

    def _taking(self, one: Inside, people: People, line: Line, lines: list[Line]) -> Taking | None:
        first, coins = int(one.rows["number"][0]), one.seen.coins["id"]
        best = _best(one, line, lines)
        if best is None or best.account == NOBODY:
            return None
        rows = people.rows(line.account)
        if (rows["signer"] == line.account).any() or not self._is_kept(one, rows, line):
            return None
        out = of_asset(rows, line.asset, coins) & (rows["source"] == line.account)
        out &= rows["time"] + self.settings.window_s >= one.of("time")
        earlier, mine = out & (rows["row"] < first), out & (rows["row"] <= int(one.rows["number"][-1]))
        had = line.before + sum(whole(rows["amount"][earlier]))
        got = sum(whole(rows["amount"][mine & (rows["target"] == best.account)]))
        share = max(got, best.more) / max(had, 1)
        if share < self.settings.share or np.unique(rows["target"][mine]).size > self.settings.payees:
            return None
        if self._is_related(one, people, line, best.account, first):
            return None
        return Taking(line.account, line.asset, -line.more, min(1.0, share), best.account)

    def _is_kept(self, one: Inside, rows: Columns, line: Line) -> bool:
        """Whether it is a contract that was seen to be made, so that all it has is known, or an older one in
        which the asset lay for a while: what just came in may be passing through.
        """
        if one.seen.history("contracts.made").rows(line.account, one.of("block"), 1)["row"].size:
            return True
        called = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == line.account) & (rows["small"] >= 0)
        return bool(called.any()) and line.first + self.settings.lain_s <= one.of("time")

    def _is_related(self, one: Inside, people: People, line: Line, taker: int, first: int) -> bool:
        """Whether a taker has to do with a contract, or is one of its owner's."""
        made = one.seen.history("contracts.made")
        owners = self._owners(one, line.account)
        if taker in owners or not people.is_fully_known(taker) or people.is_hub(taker):
            return True
        rows = people.rows(taker)
        before = rows["row"] < first
        with_it = (rows["source"] == line.account) | (rows["target"] == line.account)
        early = before & with_it & (rows["time"] + self.settings.window_s < one.of("time"))
        paid_in = (
            before & (rows["target"] == line.account) & (rows["source"] == taker) & is_some(rows["amount"])
        )
        if early.any() or paid_in.any():
            return True
        maker = made.rows(taker, one.of("block"), 1)
        side = one.side()
        if maker["row"].size and int(maker["signer"][0]) in owners:
            return True
        if owners & {people.funder(taker)} - {0}:
            return True
        if maker["row"].size and taker not in side:
            return True
        return _was_put_in(people.rows(line.account), line, one.seen.coins["id"])

    def _owners(self, one: Inside, contract: int) -> set[int]:
        """Who made a contract, and who it told to control it before the last days."""
        block = one.of("block")
        made = one.seen.history("contracts.made").rows(contract, block, 1)
        told = one.seen.history("contracts.told").rows(contract, block)
        old = told["time"] + self.settings.recent_s < one.of("time")
        return {*made["signer"].tolist(), *told["target"][old & (told["kind"] == Kind.OWNER)].tolist()} - {0}

    def _has_turned(self, one: Inside, contract: int) -> bool:
        """Whether control changed hands shortly before. Whom a contract obeys as it is made is no change."""
        block = one.of("block")
        told = one.seen.history("contracts.told").rows(contract, block)
        made = one.seen.history("contracts.made").rows(contract, block, 1)
        late = told["time"] + self.settings.recent_s >= one.of("time")
        as_made = among(told["block"], made["block"]) & among(told["signer"], made["signer"])
        return bool((late & ~as_made).any())

    def _takes_part(self, one: Inside, people: People, takings: list[Taking], signer: int) -> bool:
        """Whether a signer had a share, now or shortly before, by a contract of his own too, or made the code
        that was put behind: keys that leaked sign for their owners, who are victims.
        """
        if not one.side().isdisjoint(taking.taker for taking in takings):
            return True
        rows = people.rows(signer)
        near = (rows["target"] == signer) & (rows["time"] + self.settings.window_s >= one.of("time"))
        if (near & among(rows["source"], [taking.contract for taking in takings])).any():
            return True
        made = one.seen.history("contracts.made")
        for taking in takings:
            told = one.seen.history("contracts.told").rows(taking.contract, one.of("block"))
            for code in told["target"][told["kind"] == Kind.IMPLEMENTATION][:8].tolist():
                if signer in made.rows(code, one.of("block"), 1)["signer"].tolist():
                    return True
        return False

    def _finding(self, one: Inside, people: People, takings: list[Taking]) -> Finding:
        seen, signer = one.seen, one.of("signer")
        main = max(takings, key=lambda taking: (taking.share, taking.amount))
        owners = {who for taking in takings for who in self._owners(one, taking.contract)}
        is_stranger = signer not in owners and self._takes_part(one, people, takings, signer)
        turned = self._has_turned(one, main.contract)
        wei, unpriced = in_coin(one, ((taking.asset, taking.amount) for taking in takings))
        roles: dict[int, RoleName] = {taking.taker: "attacker" for taking in takings}
        if is_stranger:
            roles |= {signer: "attacker"}
        roles |= {taking.contract: "victim" for taking in takings}
        subject, lost = seen.address(main.taker), f"{main.share:.0%} of what it kept of {len(takings)} assets"
        most: Severity = "critical" if is_stranger or turned else "high"
        rows = one.moved({taking.contract for taking in takings})
        return Finding(
            block_number=one.of("block"),
            timestamp=one.of("time"),
            category=self.name,
            subject_kind="wallet",
            subject=subject,
            score=round(0.4 + 0.2 * (main.share + is_stranger) + 0.1 * (turned + (len(takings) > 1)), 6),
            severity=worth.severity(most, wei, unpriced),
            transaction=one.hash,
            roles=tuple((seen.address(who), role) for who, role in roles.items()),
            rows=seen.evidence(sorted(rows)),
            measured={
                "share": round(main.share, 6), "assets": len(takings), "stranger_signs": int(is_stranger),
                "control_changed": int(turned), "payees": len({taking.taker for taking in takings}),
            },
            thresholds={"share": self.settings.share, "payees": self.settings.payees},
            explanation=f"{hexed(seen.address(main.contract))} lost {lost} to {hexed(subject)}, who "
            "never had anything to do with it, and got nothing for it.",
            value_wei=wei or None,
        )  # fmt: skip


def _best(one: Inside, line: Line, lines: list[Line]) -> Line | None:
    """Who has most of what an account lost; before all a contract of the signer's own through which all of it
    went, however many it was spread over.
    """
    about = [each for each in lines if each.asset == line.asset and each.account != line.account]
    own = one.side() - {one.of("signer")}
    through = [each for each in about if each.account in own and each.received >= -line.more]
    gained = [each for each in about if each.more > 0]
    return max(through or gained, key=lambda each: each.more, default=None)


def _left_without(net: Columns, kept: Columns, before: Array, out: Array) -> Array:
    """Transactions in which nobody burns anything and an account loses what lay there and gains nothing."""
    sent, account = net["transaction"], net["account"]
    came = is_some(net["received"])
    burnt = np.unique(sent[came & ((account == NOBODY) | (account == net["asset"]))])
    first = int(sent[0])
    pairs = ((sent - first) << 40) | account
    rounding = 2.0**-40 * before + 2.0**-50 * floats(net["paid"])
    lost = (out > 0) & (kept["first"] != 0) & (out <= before + rounding) & (account != NOBODY)
    lost &= ~np.isin(pairs, pairs[out < 0]) & ~np.isin(sent, burnt)
    found: Array = np.unique(sent[lost])
    return found


def _was_put_in(rows: Columns, line: Line, coins: Array) -> bool:
    """Whether the sum that left is one that somebody had put in by a call, as depositors do (what a mixer
    pays out belongs to whoever knows the note), or one of several that came.
    """
    into = of_asset(rows, line.asset, coins) & (rows["target"] == line.account)
    same = np.array([amount == -line.more for amount in whole(rows["amount"][into])], np.bool_)
    called = (rows["kind"][into] == Kind.TRANSACTION) & (rows["small"][into] >= 0)
    return bool((same & called).any() or (same.any() and same.size > 1))
