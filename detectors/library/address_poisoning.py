"""Address poisoning: a lookalike of an address that the victim pays slips into the victim's history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Memory, Row, evidence_rows, hexed
from detectors.kernels import u256
from detectors.kernels.compiled import njit
from detectors.kernels.table import Table, look, touch
from detectors.parts import worth
from detectors.parts.features import Features
from detectors.parts.rows import limbs
from ingest.model.batch import Batch

PREFIX_DIGITS, SUFFIX_DIGITS = 3, 4
NONE, ZERO_VALUE, DUST, COUNTERFEIT, LOSS, SMALL_LOSS = range(6)
MANNER = {
    ZERO_VALUE: "a transfer of nothing",
    DUST: "a tiny amount",
    COUNTERFEIT: "a token the victim never used",
    LOSS: "the victim's own payment to it, by mistake",
    SMALL_LOSS: "the victim's own payment to it, by mistake",
}
# Integer columns of what is remembered of (payer, ends of an address): the payee really paid, in which asset,
# a lookalike that proved harmless, the lookalike that poisoned.
PAYEE, ASSET, HARMLESS, POISONER = range(4)
# Integer column of what is remembered of a wallet that one with the same ends paid before anybody else did.
FIRST = 0


_KNOWN = (
    "from_funder", "to_funder", "funder_payees", "from_paid_asset", "to_paid_asset", "from_first_payer",
    "to_first_payer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """dust_divisor: an amount of at most 1/n of what the victim paid in the same asset is tiny.
    same_owner_payees: a funder of fewer wallets than this ties the wallets it funded to one owner.
    """

    dust_divisor: int = 100
    same_owner_payees: int = 20


@njit(cache=True)
def _lookalike(table, old, victim, ends, other):  # type: ignore[no-untyped-def]
    """The address that `victim` really paid and `other` (with these `ends`) imitates, or 0."""
    key = (victim << 28) | ends
    payee = look(table, old, key, PAYEE)
    if payee == 0 or payee == other or look(table, old, key, HARMLESS) == other:
        return 0
    return payee


@njit(cache=True)
def _pay(table, old, payer, payee, ends, asset, amount, divisor, out):  # type: ignore[no-untyped-def]
    """The payer's own payment: remembered, or the loss where it goes to a lookalike that poisoned. Whether it
    is one; a small one is none of what the payer is known to pay the address meant.
    """
    row = touch(table, old, (payer << 28) | ends)
    ints = table.ints[row]
    if ints[PAYEE] == 0 or ints[PAYEE] == payee:
        ints[PAYEE], ints[ASSET] = payee, asset
        table.words[row] = amount
        return False
    if ints[POISONER] == payee:
        is_usual = ints[ASSET] == asset and u256.at_least(amount, 1, table.words[row], divisor)
        out[0], out[1] = LOSS if is_usual else SMALL_LOSS, ints[PAYEE]
        return True
    ints[HARMLESS] = payee
    return False


@njit(cache=True)
def _manner(table, old, key, asset, amount, own_payments, received, divisor):  # type: ignore[no-untyped-def]
    """How a lookalike's transfer poisons, or NONE where it moves real money."""
    if u256.is_zero(amount):
        return ZERO_VALUE
    if own_payments == 0 and asset != 0:
        return COUNTERFEIT
    if not received:
        return NONE
    row = touch(table, old, key)
    if table.ints[row, ASSET] != asset or u256.at_least(table.words[row], divisor, amount, 1):
        return DUST
    return NONE


@njit(cache=True)
def _first_of(kin, old_kin, wallet):  # type: ignore[no-untyped-def]
    """The wallet that a row of wallets with the same ends began with, each set up by the one before it."""
    first = look(kin, old_kin, wallet, FIRST)
    return wallet if first == 0 else first


@njit(cache=True)
def _stream(table, old, kin, old_kin, ids, ends, amounts, known, limits, out):  # type: ignore[no-untyped-def]
    """Rows in order. ids: sender, payee, transaction sender, asset. ends: of sender, of payee. limits: see
    `Settings`. out: kind, imitated id.
    """
    divisor, owner_payees = limits
    for i in range(ids.shape[0]):
        sender, payee, by, asset = ids[i]
        if sender == payee or sender == 0 or payee == 0:
            continue
        is_own = by == sender and not u256.is_zero(amounts[i])
        if is_own and asset == 0 and known[i, 6] < 0 and ends[i, 0] == ends[i, 1]:
            kin.ints[touch(kin, old_kin, payee), FIRST] = _first_of(kin, old_kin, sender)
        if is_own and _pay(table, old, sender, payee, ends[i, 1], asset, amounts[i], divisor, out[i]):
            continue
        for received in range(2):
            victim, other = (payee, sender) if received else (sender, payee)
            victim_ends = ends[i, 0] if received else ends[i, 1]
            imitated = _lookalike(table, old, victim, victim_ends, other)
            if by == victim or imitated == 0:
                continue
            funder = known[i, 0] if received else known[i, 1]
            victims_funder = known[i, 1] if received else known[i, 0]
            first_payer = known[i, 5] if received else known[i, 6]
            first = _first_of(kin, old_kin, other)
            related = first_payer in (victim, imitated) or first == _first_of(kin, old_kin, imitated)
            related = related or (funder >= 0 and funder == victims_funder and known[i, 2] < owner_payees)
            key = (victim << 28) | victim_ends
            own = known[i, 4] if received else known[i, 3]
            manner = _manner(table, old, key, asset, amounts[i], own, received, divisor)
            row = touch(table, old, key)
            if related or manner == NONE:
                table.ints[row, HARMLESS] = other
            else:
                table.ints[row, POISONER] = other
                out[i, 0], out[i, 1] = manner, imitated


class AddressPoisoning:
    """Flags a transfer that plants a lookalike in a victim's history, and the payment that falls for it.

    A lookalike has the first 3 and last 4 hex digits of an address the victim paid by a transaction of its
    own. It poisons by a transfer of nothing "from" the victim, by a tiny amount, or by a token the victim
    never paid with. Fails: where the victim's real payment lies before the stream (or two generations back);
    against lookalikes of addresses that only paid the victim. Does not flag wallets funded by the victim, by
    the imitated address, or by the victim's own funder, nor one that the imitated address, or whoever set
    that up, set up through wallets with the same ends. Costs one table look-up a transfer and direction;
    remembers 60 bytes for each (payer, payee). Source: Tsuchiya et al. 2025 (all of 435 real losses match at
    least 3 + 4 digits; 270M attempts); Forta recall 16 %.
    """

    name = "address-poisoning"
    catches = ("address-poisoning",)
    needs = "transfers"
    settings = Settings()

    def remember(self, memory: Memory, batch: Batch, features: Features) -> tuple[Memory, pl.DataFrame]:
        """Whom each wallet really paid, by the ends of the address; gives each poisoning row its kind and
        imitated address.
        """
        rows = features.transfers
        table, kin = memory.get("paid", Table.new(4, 0, 4)), memory.get("kin", Table.new(1))
        assert isinstance(table, Table) and isinstance(kin, Table)
        table.reserve(3 * rows.height)
        kin.reserve(rows.height)
        ids = _matrix(rows, "from_id", "to_id", "by_id", "asset_id")
        ends = np.stack([_ends(rows["from_address"]), _ends(rows["to_address"])], axis=1)
        known = _matrix(rows, *_KNOWN)
        out = np.zeros((rows.height, 2), np.int64)
        limits = (self.settings.dust_divisor, self.settings.same_owner_payees)
        tables = (table.current, table.previous, kin.current, kin.previous)
        _stream(*tables, ids, ends, limbs(rows["amount"]), known, limits, out)
        found = np.flatnonzero(out[:, 0])
        imitated = features.addresses(out[found, 1])
        columns = {
            "row": pl.Series(found, dtype=pl.Int64),
            "kind": pl.Series(out[found, 0], dtype=pl.Int64),
            "imitated": pl.Series(imitated, dtype=pl.Binary),
        }
        return {"paid": table, "kin": kin}, pl.DataFrame(columns)

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """One finding a poisoning transfer: subject = the lookalike wallet."""
        found = features.columns[self.name]
        if found.is_empty():
            return []
        poisoned = found.join(features.transfers, on="row", maintain_order="left")
        rows = zip(poisoned.iter_rows(named=True), evidence_rows(poisoned), strict=True)
        return [self._finding(row, evidence, features) for row, evidence in rows]

    def _finding(self, row: dict[str, bytes | int], evidence: Row, features: Features) -> Finding:
        sender, payee, by = bytes(row["from_address"]), bytes(row["to_address"]), bytes(row["by"])
        imitated, kind = bytes(row["imitated"]), int(row["kind"])
        attacker, victim = (payee, sender) if _alike(payee, imitated) else (sender, payee)
        prefix, suffix = _digits(attacker, imitated)
        roles: list[tuple[bytes, RoleName]] = [(attacker, "attacker"), (victim, "victim")]
        if by not in (victim, attacker):
            roles.append((by, "attacker"))
        score = (
            1.0
            if kind in (LOSS, SMALL_LOSS)
            else min(0.99, 0.85 + 0.02 * (prefix + suffix - PREFIX_DIGITS - SUFFIX_DIGITS))
        )
        return Finding(
            block_number=int(row["block_number"]),
            timestamp=int(row["timestamp"]),
            category="address-poisoning",
            subject_kind="wallet",
            subject=attacker,
            score=round(score, 6),
            severity=_severity(kind, row["amount"], features.is_coin(evidence.token, evidence.block_number)),
            transaction=bytes(row["transaction_hash"]),
            roles=tuple(roles),
            rows=(evidence,),
            measured={
                "prefix_digits": prefix,
                "suffix_digits": suffix,
                "manner": MANNER[kind],
                "imitated": hexed(imitated),
            },
            thresholds={"prefix_digits": PREFIX_DIGITS, "suffix_digits": SUFFIX_DIGITS},
            explanation=f"{hexed(attacker)} imitates {hexed(imitated)}, which {hexed(victim)} has paid: "
            f"the first {prefix} and last {suffix} digits are equal. "
            f"It reached the victim's history by {MANNER[kind]}.",
        )


def _severity(kind: int, amount: bytes | int, is_coin: bool) -> Severity:
    """A loss of native value, wrapped or not, is as grave as its sum, one in a token as the victim's own
    payments tell: a hundredth at least of what it pays the right address with is critical. What is planted
    takes nothing yet.
    """
    if not is_coin or kind not in (LOSS, SMALL_LOSS):
        return "critical" if kind == LOSS else "medium"
    wei = int.from_bytes(bytes(amount), "big")
    return "low" if wei <= worth.DUST else "medium" if wei < worth.COIN // 10 else "critical"


def _matrix(rows: pl.DataFrame, *names: str) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.stack([rows[name].to_numpy() for name in names], axis=1).astype(np.int64)


def _ends(addresses: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """First 3 and last 4 hex digits of each address as one 28-bit number."""
    raw = np.frombuffer(b"".join(addresses.to_list()), np.uint8).reshape(-1, 20).astype(np.int64)
    return (raw[:, 0] << 20) | ((raw[:, 1] >> 4) << 16) | (raw[:, 18] << 8) | raw[:, 19]


def _alike(left: bytes, right: bytes) -> bool:
    prefix, suffix = _digits(left, right)
    return left != right and prefix >= PREFIX_DIGITS and suffix >= SUFFIX_DIGITS


def _digits(left: bytes, right: bytes) -> tuple[int, int]:
    """Equal hex digits at the start and at the end."""
    return _common(left.hex(), right.hex()), _common(left.hex()[::-1], right.hex()[::-1])


def _common(left: str, right: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=True)) if a != b), len(left))
