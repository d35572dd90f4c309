"""Reentrancy: a contract pays somebody several times in one transaction what he had put in once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Tier, hexed
from detectors.kernels.decoding import Kind
from detectors.library.failed_reentries import failed_reentries
from detectors.memory.layout import Array, Columns
from detectors.memory.rowlog import DAYS_90
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.inside import NOBODY, Inside, in_coin, of_asset
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.people import People, whole

PAYS = (Kind.INNER_VALUE, Kind.ERC20)
PAID_IN = (Kind.TRANSACTION, Kind.CREATION, *PAYS)
TRADED = (Kind.SWAP_V2, Kind.SWAP_V3)


@dataclass(frozen=True, slots=True)
class Settings:
    """payouts: how often the same sum is paid out in one transaction: twice is once too often, as the sums
    decide. beyond: how much more than all that was ever put in comes out, in such sums: a whole one.
    """

    payouts: int = 2
    beyond: float = 1.0


@dataclass(frozen=True, slots=True)
class Raid:
    """`times` payouts of `amount` of an asset by `bank`, to accounts of one side that ever put in `given` and
    got `taken`, with these; the rows. `known`: all that these accounts ever did is in the record log.
    """

    bank: int
    asset: int
    amount: int
    times: int
    given: int
    taken: int
    hands: tuple[int, ...]
    rows: tuple[int, ...]
    known: bool


class Reentrancy:
    """Flags a contract that pays one side the same sum several times in a transaction, beyond all it put in.

    The mechanism leaves its mark in what moves: a side (a signer and contracts that are his alone) has put a
    sum in, and takes that very sum out twice or more inside one transaction, so that in the end it got at
    least one sum more than it ever gave; the stake is put in in this very transaction, or by contracts so
    young that all they did is known. Who is paid may be one contract or several hands of one owner, by
    native value, or by a token whose hook calls its receiver.

    What was taken back is said with severity low, where there are traces: in a failed call of the signer's
    own contract another's paid it the coin, or had a token tell it of a payment, and was called by it
    meanwhile, without the coin.

    Proven where all that the paid accounts ever did is known, so that no older stake can be what is paid out.

    Left in peace: who puts a part straight back, routers that pay many, callbacks of flash loans, and several
    withdrawals of what one has.

    Fails: read-only forms, in which another is paid by a state that was read in the middle (hard case 11.P1:
    with a loan behind them `flash-loan-attack` finds the lender's loss), entry by the hook of another
    standard (P2), providers' shares that are burnt in slices (P3), sums that differ, stakes older than the
    row log, attempts that revert where there are no traces, and native value where there are no traces (P4),
    as nothing then tells what a contract paid. Costs a sort of the moves inside transactions. Source: Forta's
    depth bands (3, 5, 7, 9, 11 calls); static tools have 99.8 % false positives.
    """

    name = "reentrancy"
    catches: tuple[str, ...] = ("reentrancy",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "kept", "sides", "contracts", "prices")
    quiet_seconds = 90 * 86_400

    def score(self, seen: Seen) -> list[Finding]:
        members = seen.of("sides").get("members")
        found = list(failed_reentries(seen))
        if members is None:
            return found
        for number in _repeating(seen.rows, _both(members["transaction"], members["account"])).tolist():
            finding = self._judge(Inside(seen, int(number)))
            found += [finding] if finding is not None else []
        return sorted(found, key=lambda finding: finding.block_number)

    def _judge(self, one: Inside) -> Finding | None:
        side, rows = one.side(), one.rows
        swaps = set(rows["emitter"][of_kinds(rows["kind"], TRADED)].tolist())
        raids = [self._raid(one, rows, group, side) for group in _groups(rows, side, swaps)]
        kept = [raid for raid in raids if raid is not None]
        if not kept:
            return None
        return self._finding(one, max(kept, key=lambda raid: (raid.times, raid.amount)), side)

    def _raid(self, one: Inside, rows: Columns, group: Array, side: set[int]) -> Raid | None:
        """Payouts (places of rows) as a raid, where they are more than what was put in."""
        bank, asset = int(rows["source"][group[0]]), int(rows["money"][group[0]])
        if group.size < self.settings.payouts:
            return None
        amount = whole(rows["amount"][group[:1]])[0]
        hands = set(rows["target"][group].tolist())
        given, taken = _dealings(one, hands | side, bank, asset)
        if given < amount or 1_000 * (taken - given) < round(1_000 * self.settings.beyond) * amount:
            return None
        known = _all_is_known(one, hands)
        if _put_in(one, rows, hands | side, bank, asset) < amount and not known:
            return None
        numbers = tuple(rows["number"][group].tolist())
        return Raid(bank, asset, amount, group.size, given, taken, tuple(sorted(hands)), numbers, known)

    def _finding(self, one: Inside, raid: Raid, side: set[int]) -> Finding:
        seen, signer = one.seen, one.of("signer")
        loss = raid.taken - raid.given
        wei, unpriced = in_coin(one, [(raid.asset, loss)])
        roles: dict[int, RoleName] = dict.fromkeys([signer, *sorted(side), *raid.hands], "attacker")
        roles |= {raid.bank: "victim"}
        numbers = sorted({*raid.rows, *one.moved({raid.bank})})
        wallet, bank = seen.address(signer), seen.address(raid.bank)
        return Finding(
            block_number=one.of("block"),
            timestamp=one.of("time"),
            category=self.name,
            subject_kind="wallet",
            subject=wallet,
            score=round(0.7 + 0.3 * (1 - 1 / raid.times), 6),
            severity=worth.severity("critical", wei, unpriced),
            transaction=one.hash,
            roles=tuple((seen.address(who), role) for who, role in roles.items()),
            rows=seen.evidence(numbers),
            measured={
                "payouts": raid.times, "beyond": round(loss / raid.amount, 6), "paid_in": str(raid.given),
                "paid_out": str(raid.taken),
            },
            thresholds={"payouts": self.settings.payouts, "beyond": self.settings.beyond},
            explanation=f"{hexed(bank)} paid the side of {hexed(wallet)} the same sum {raid.times} times in "
            f"one transaction: {raid.taken} units in all, of {raid.given} that it ever put in.",
            proven=raid.known,
            value_wei=wei or None,
        )  # fmt: skip


def _both(left: Array, right: Array) -> Array:
    """Two numbers as one."""
    found: Array = (left << 32) | right
    return found


def _repeating(rows: Columns, members: Array) -> Array:
    """Transactions in which somebody pays the signer's side the same sum of an asset twice."""
    pays = of_kinds(rows["kind"], PAYS) & np.isin(_both(rows["transaction"], rows["target"]), members)
    pays &= is_some(rows["amount"])
    pays &= ~np.isin(_both(rows["transaction"], rows["source"]), members)
    which = np.flatnonzero(pays)
    keys = [rows[name][which] for name in ("transaction", "source", "money")]
    words = [rows["amount"][which, limb].view(np.int64) for limb in range(4)]
    columns = np.stack([*keys, *words], axis=1) if which.size else np.zeros((0, 7), np.int64)
    order = np.lexsort(columns.T[::-1])
    same = (columns[order][1:] == columns[order][:-1]).all(axis=1)
    found: Array = np.unique(columns[order][1:][same, 0])
    return found


def _groups(rows: Columns, side: set[int], swaps: set[int]) -> list[Array]:
    """Places of rows by which one account that is none of the side's pays the side the same sum."""
    pays = of_kinds(rows["kind"], PAYS) & among(rows["target"], side) & ~among(rows["source"], side)
    pays &= (rows["source"] != NOBODY) & ~among(rows["source"], swaps)
    groups: dict[tuple[int, int, bytes], list[int]] = {}
    for at in np.flatnonzero(pays).tolist():
        key = (int(rows["source"][at]), int(rows["money"][at]), rows["amount"][at].tobytes())
        groups.setdefault(key, []).append(at)
    return [np.array(group) for group in groups.values() if len(group) > 1]


def _dealings(one: Inside, side: set[int], bank: int, asset: int) -> tuple[int, int]:
    """What a side ever paid a bank of an asset, and got from it, up to the end of this transaction."""
    people, last, given, taken = People(one.seen, one.of("block")), int(one.rows["number"][-1]), 0, 0
    for who in side:
        rows = people.rows(who)
        about = (rows["row"] <= last) & of_asset(rows, asset, one.seen.coins["id"])
        given += sum(whole(rows["amount"][about & (rows["source"] == who) & (rows["target"] == bank)]))
        taken += sum(whole(rows["amount"][about & (rows["target"] == who) & (rows["source"] == bank)]))
    return given, taken


def _put_in(one: Inside, rows: Columns, hands: set[int], bank: int, asset: int) -> int:
    """What a side paid a bank of an asset in this transaction."""
    pays = of_kinds(rows["kind"], PAID_IN) & among(rows["source"], hands) & (rows["target"] == bank)
    return sum(whole(rows["amount"][pays & (rows["money"] == asset)]))


def _all_is_known(one: Inside, hands: set[int]) -> bool:
    """Whether hands are contracts so young that the row log has all that they ever did."""
    people, made = People(one.seen, one.of("block")), one.seen.history("contracts.made")
    for who in hands:
        births = made.rows(who, one.of("block"), 1)
        young = births["time"].size > 0 and int(births["time"][0]) + DAYS_90 > one.of("time")
        if not young or not people.is_fully_known(who):
            return False
    return True
