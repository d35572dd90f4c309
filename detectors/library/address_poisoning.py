"""Address poisoning: a lookalike of an address that the victim pays slips into the victim's history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.kernels import lookalikes
from detectors.kernels.lookalikes import (
    COUNTERFEIT,
    DUST,
    KIN,
    LESS,
    LOSS,
    PAID,
    POISONED,
    SMALL_LOSS,
    ZERO_VALUE,
)
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts import worth
from detectors.parts.contract import Columns, Kind, PartMemory, Row, Seen, TableSpec
from detectors.parts.holdings import TRANSFERS
from detectors.parts.horizons import DAY
from detectors.parts.lines import place_of
from detectors.parts.people import whole

PREFIX_DIGITS, SUFFIX_DIGITS = 3, 4
MANNER = {
    ZERO_VALUE: "a transfer of nothing",
    DUST: "a tiny amount",
    LESS: "an amount below what the victim pays",
    COUNTERFEIT: "a token the victim never used",
    LOSS: "the victim's own payment to it, by mistake",
    SMALL_LOSS: "the victim's own payment to it, by mistake",
}
_ROW = ("source", "target", "signer", "asset", "block", "time", "amount")
_KNOWN = (
    "from_funder", "to_funder", "funder_payees", "from_paid_asset", "to_paid_asset", "from_first_payer",
    "to_first_payer", "to_usual",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remembered:
    """dust_divisor: an amount of at most 1/n of what the victim paid in the same asset is tiny.
    same_owner_payees: a funder of fewer wallets than this ties the wallets it funded to one owner.
    candidate_s: block time for which an address that was really paid can be imitated. loss_s: block time
    after a poisoning in which a payment to the lookalike is a loss: of real losses half come after 33
    hours, a fifth after two weeks. kin_s: block time for which it is known that a wallet with the same
    ends set one up: whose addresses are made to look alike keeps them for years. *_cap: rows of what is
    remembered of payments, of those that the token alone tells of, of poisonings, and of wallets that
    were set up so.
    """

    dust_divisor: int = 100
    same_owner_payees: int = 20
    candidate_s: int = 90 * DAY
    loss_s: int = 400 * DAY
    kin_s: int = 3650 * DAY
    paid_cap: int = 8_000_000
    told_cap: int = 1_000_000
    met_cap: int = 4_000_000
    poisoned_cap: int = 1_000_000
    kin_cap: int = 250_000


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """`poisonings`, by "row": transfers by which a lookalike reaches a history, and payments to one: `manner`
    (a number of `kernels.lookalikes`), and the number of the address `imitated`.

    Remembers whom each wallet really paid, who really paid it, by the ends of the address, who poisoned it,
    and wallets that one with the same ends set up.
    """

    name: str = "lookalikes"
    reads: tuple[str, ...] = ("holdings",)
    kinds: tuple[Kind, ...] = TRANSFERS
    settings: Remembered = field(default_factory=Remembered)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "paid": TableSpec(PAID, own.candidate_s, own.paid_cap),
            "told": TableSpec(PAID, own.candidate_s, own.told_cap),
            "met": TableSpec(PAID, own.candidate_s, own.met_cap),
            "poisoned": TableSpec(POISONED, own.loss_s, own.poisoned_cap),
            "kin": TableSpec(KIN, own.kin_s, own.kin_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        known, own = seen.of("holdings").get("known"), self.settings
        if known is None:
            return {}
        which, arrays = known["row"] - int(seen.rows["number"][0]), list[Array]()
        for name in ("paid", "told", "met", "poisoned", "kin"):
            table = memory[name]
            assert isinstance(table, Table)
            table.reserve(3 * which.size)
            arrays += table.arrays()
        rows = {name: seen.rows[name][which] for name in _ROW}
        ids = [*(rows[name] for name in _ROW[:4]), known["direct"], rows["block"], rows["time"]]
        ends = [_ends(seen.addresses(rows[name])) for name in ("source", "target")]
        out = np.zeros((which.size, 2), np.int64)
        lookalikes.run(
            lookalikes.Tables(*arrays),
            np.stack([*ids, known["own_call"]], axis=1).astype(np.int64),
            np.stack(ends, axis=1),
            rows["amount"],
            np.stack([known[name] for name in _KNOWN], axis=1),
            lookalikes.Limits(own.dust_divisor, own.same_owner_payees, own.candidate_s),
            out,
        )
        found = np.flatnonzero(out[:, 0])
        lines = {"row": known["row"][found], "manner": out[found, 0], "imitated": out[found, 1]}
        return {"poisonings": lines} if found.size else {}


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set: see `Remembered`."""


class AddressPoisoning:
    """Flags a transfer that plants a lookalike in a victim's history, and the payment that falls for it.

    A lookalike has the first 3 and last 4 hex digits of an address that the victim paid in the last 90 days
    by a transaction of its own (or by a call of its contract wallet), or that really paid the victim, or of
    the victim's own address. It poisons by a transfer of nothing "from" the victim, by a tiny amount or one
    below what the victim pays, or by a token the victim never paid with. A payment to it in the next 400
    days is a loss, also where what it sent looked like business.

    Fails: where the real payment lies before the stream or further back; for wallets of ERC-4337 that are
    paid for by a bundler; against lookalikes of who paid the victim with hairs only, or in another asset
    than the poison's. Does not flag wallets funded by the victim, by the imitated address, or by the
    victim's own funder, nor one that the imitated address, or whoever set that up, set up through wallets
    with the same ends; a busy payee (an exchange) is told of tiny amounts only, as chance makes lookalikes
    among its thousands. Costs three table look-ups a transfer and direction; remembers 100 bytes for each
    (payer, payee), in both directions. Source: Tsuchiya et al. 2025 (all of 435 real losses match at least
    3 + 4 digits; 270M attempts); Forta recall 16 %.
    """

    name = "address-poisoning"
    catches = ("address-poisoning",)
    needs: Tier = "transfers"
    settings = Settings()

    reads: tuple[str, ...] = ("lookalikes",)

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a poisoning transfer: subject = the lookalike wallet."""
        found = seen.of("lookalikes").get("poisonings")
        if found is None:
            return []
        columns = (found[name].tolist() for name in ("row", "manner", "imitated"))
        told = seen.evidence(found["row"].tolist())
        return [self._finding(seen, *line) for line in zip(*columns, told, strict=True)]

    def _finding(self, seen: Seen, row: int, kind: int, meant: int, told: Row) -> Finding:
        at = row - int(seen.rows["number"][0])
        sender, payee, by = (
            seen.address(int(seen.rows[name][at])) for name in ("source", "target", "signer")
        )
        imitated, wei = seen.address(meant), whole(seen.rows["amount"][at : at + 1])[0]
        attacker, victim = (payee, sender) if _is_payee(seen, at, kind, imitated) else (sender, payee)
        prefix, suffix = _digits(attacker, imitated)
        roles: list[tuple[bytes, RoleName]] = [(attacker, "attacker"), (victim, "victim")]
        if by not in (victim, attacker) and kind not in (LOSS, SMALL_LOSS):
            roles.append((by, "attacker"))
        score = _score(kind, prefix + suffix - PREFIX_DIGITS - SUFFIX_DIGITS)
        return Finding(
            **place_of(seen, row),
            category="address-poisoning",
            subject_kind="wallet",
            subject=attacker,
            score=round(score, 6),
            severity=_severity(kind, wei, bool(seen.rows["money"][at] == 0)),
            roles=tuple(roles),
            rows=(told,),
            measured={
                "prefix_digits": prefix,
                "suffix_digits": suffix,
                "manner": MANNER[kind],
                "imitated": hexed(imitated),
            },
            thresholds={"prefix_digits": PREFIX_DIGITS, "suffix_digits": SUFFIX_DIGITS},
            explanation=f"{hexed(attacker)} imitates {_meant(imitated, victim)}: "
            f"the first {prefix} and last {suffix} digits are equal. "
            f"It reached the victim's history by {MANNER[kind]}.",
        )


def _is_payee(seen: Seen, at: int, kind: int, imitated: bytes) -> bool:
    """Whether the lookalike is who is paid. Where the victim looks like whom it deals with as well, as one of
    two wallets that were made alike does, the lookalike is who signs for his own transfer, else the newer.
    """
    ends = np.array([int(seen.rows[name][at]) for name in ("source", "target")])
    sender, payee = (seen.address(int(each)) for each in ends)
    if kind in (LOSS, SMALL_LOSS) or not _alike(sender, imitated) or not _alike(payee, imitated):
        return _alike(payee, imitated)
    if seen.rows["signer"][at] == ends[0]:
        return False
    first = seen.appeared(ends)
    return bool(first[1] > first[0])


def _score(kind: int, more_digits: int) -> float:
    """Certain where money went; else by the digits that are alike beyond those that are asked for."""
    if kind in (LOSS, SMALL_LOSS):
        return 1.0
    return min(0.99, (0.7 if kind == LESS else 0.85) + 0.02 * more_digits)


def _meant(imitated: bytes, victim: bytes) -> str:
    if imitated == victim:
        return f"its victim {hexed(victim)} itself"
    return f"{hexed(imitated)}, which {hexed(victim)} has paid or was paid by"


def _severity(kind: int, wei: int, is_coin: bool) -> Severity:
    """A loss of native value, wrapped or not, is as grave as its sum, one in a token as the victim's own
    payments tell: a hundredth at least of what it pays the right address with is critical. What is planted
    takes nothing yet.
    """
    if not is_coin or kind not in (LOSS, SMALL_LOSS):
        return "critical" if kind == LOSS else "medium"
    return "low" if wei <= worth.DUST else "medium" if wei < worth.COIN // 10 else "critical"


def _ends(addresses: Array) -> Array:
    """First 3 and last 4 hex digits of each address (uint8 [n, 20]) as one 28-bit number."""
    raw = addresses.astype(np.int64)
    found: Array = (raw[:, 0] << 20) | ((raw[:, 1] >> 4) << 16) | (raw[:, 18] << 8) | raw[:, 19]
    return found


def _alike(left: bytes, right: bytes) -> bool:
    prefix, suffix = _digits(left, right)
    return left != right and prefix >= PREFIX_DIGITS and suffix >= SUFFIX_DIGITS


def _digits(left: bytes, right: bytes) -> tuple[int, int]:
    """Equal hex digits at the start and at the end."""
    differs, bits = int.from_bytes(left, "big") ^ int.from_bytes(right, "big"), 8 * len(left)
    if not differs:
        return bits // 4, bits // 4
    return (bits - differs.bit_length()) // 4, ((differs & -differs).bit_length() - 1) // 4
