"""Layering: money that is passed on and on, or scattered and gathered again, to lose its trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, evidence_rows, hexed
from detectors.parts import worth
from detectors.parts.features import Features
from ingest.model.batch import Batch


@dataclass(frozen=True, slots=True)
class Settings:
    """hops: wallets in a row that passed the money on. gathered: wallets that passed one source's money on to
    one payee. payers: distinct earlier payers at which the payee counts as a place where many pay, and a
    chain that ends there as ordinary.
    """

    hops: int = 3
    gathered: int = 4
    payers: int = 3


class Layering:
    """Flags peel chains, pass-through chains and scatter-gather among wallets that pay each other directly.

    A wallet passes money on when it rests there at most half an hour, between half and all of it leaves in
    one payment, and the wallet does little else meanwhile (`kernels.walks.pass_through`). Three in a row, or
    four that gather what one scattered, alert. Fails: money that rests longer, is split evenly in more than
    two, moves through contracts, or through busy wallets; an owner who moves his own money through three
    fresh wallets within the time looks the same. Hubs (six payers and payees) end a trail. Costs a walk over
    at most 64 recent edges a payment. Source: IBM Graph Feature Preprocessor and AMLworld patterns (minority
    F1 .648 on HI-Small).

    What a trail was for may show weeks later (a farm rests between its funding and its claims): its alert
    stays open for that long, to yield. Nothing was gathered where the payee is the source itself, or is paid
    by it openly too (an owner who consolidates), nor what wallets fetched themselves (claims of an airdrop).
    """

    name = "layering"
    catches = ("layering",)
    needs = "transfers"
    settings = Settings()
    quiet_seconds = 90 * 86_400

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """One finding a payment that completes or extends a trail: subject = the wallet where the trail
        began.
        """
        chain = (pl.col("depth") >= self.settings.hops) & (pl.col("to_distinct_in") < self.settings.payers)
        rows = features.transfers.filter(chain | (pl.col("gathered") >= self.settings.gathered))
        if rows.is_empty():
            return []
        trails = features.trails.partition_by("row", as_dict=True)
        origins = features.addresses(rows["origin"].to_list())
        named = zip(rows.iter_rows(named=True), origins, strict=True)
        # A trail below the engine's limits is not copied out: without evidence nothing is said.
        with_trail = ((row, origin, trails.get((row["row"],))) for row, origin in named)
        found = ((row, origin, trail) for row, origin, trail in with_trail if trail is not None)
        return [self._finding(*each, features) for each in found]

    def _finding(
        self, row: dict[str, Any], origin: bytes, trail: pl.DataFrame, features: Features
    ) -> Finding:
        trail = trail.sort("block_number", "timestamp", maintain_order=True)
        hops, gathered = int(row["depth"]), int(row["gathered"])
        met = set(trail["from_address"].to_list()) | set(trail["to_address"].to_list())
        roles: list[tuple[bytes, RoleName]] = [(origin, "attacker")]
        roles += [(wallet, "intermediary") for wallet in sorted(met - {origin})]
        wei = _native_wei(trail, bytes(row["to_address"]), features)
        seconds = int(row["timestamp"]) - int(trail["timestamp"].to_list()[0])
        most: Severity = (
            "high" if hops > self.settings.hops + 1 or gathered > self.settings.gathered else "medium"
        )
        return Finding(
            block_number=int(row["block_number"]),
            timestamp=int(row["timestamp"]),
            category="layering",
            subject_kind="wallet",
            subject=origin,
            score=self._score(hops, gathered),
            severity=worth.severity(most, wei, worth.has_tokens(trail, features)),
            transaction=bytes(row["transaction_hash"]),
            roles=tuple(roles),
            rows=evidence_rows(trail),
            measured={
                "hops": hops,
                "gathered": gathered,
                "seconds": seconds,
                "native_wei": str(wei),
            },
            thresholds={"hops": self.settings.hops, "gathered": self.settings.gathered},
            explanation=self._sentence(origin, hops, gathered, len(met), seconds),
        )

    def _score(self, hops: int, gathered: int) -> float:
        """0.6 at a threshold, towards 1 the longer the chain or the more wallets gather."""
        beyond = max(hops - self.settings.hops, gathered - self.settings.gathered, 0)
        return round(1.0 - 0.4 / (1.0 + 0.5 * beyond), 6)

    def _sentence(self, origin: bytes, hops: int, gathered: int, wallets: int, seconds: int) -> str:
        if gathered >= self.settings.gathered:
            told = f"was scattered and {gathered} wallets passed it on to one payee"
        else:
            told = f"was passed on {hops} times in a row, each time within half an hour"
        return f"Money of {hexed(origin)} {told}: {wallets} wallets in {seconds} seconds."


def _native_wei(trail: pl.DataFrame, payee: bytes, features: Features) -> int:
    """The native value at stake: the largest payment of the trail, since those in a row move the same money,
    or all that was gathered at its payee.
    """
    native = trail.filter(worth.in_coin(trail, features))
    largest = max((int.from_bytes(amount, "big") for amount in native["amount"]), default=0)
    return max(largest, worth.native_wei(native.filter(pl.col("to_address") == payee), features))
