"""Wallet drain: several unrelated wallets are emptied to one address within hours."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Memory, evidence_rows, hexed
from detectors.kernels.layout import EMPTIED, GWEI, IN_USE_PAYERS
from detectors.parts import worth
from detectors.parts.features import Features
from detectors.parts.returns import without_returns
from detectors.parts.worth import DUST
from ingest.model.batch import Batch


@dataclass(frozen=True, slots=True)
class Settings:
    """victims: owners emptied to one address before it alerts. window_seconds: block time within which they
    must be. own_payees: distinct payees other than the taker that a wallet must have paid to count as
    somebody's wallet in use. same_owner_payees: a funder of fewer wallets than this ties the wallets it
    funded to one owner. remembered: candidate rows kept beside those of a block itself; beyond it the oldest
    are forgotten. gas_wei: native value that a wallet keeps for fees, so that it is emptied nonetheless.
    """

    victims: int = 3
    window_seconds: int = 6 * 3600
    own_payees: int = 2
    same_owner_payees: int = 20
    remembered: int = 20_000
    gas_wei: int = DUST


CANDIDATE = (
    "block_number", "timestamp", "transaction_hash", "log_index", "index_in_log", "standard", "token",
    "from_address", "to_address", "amount",
    "by", "from_id", "to_id", "asset_id", "lent", "to_usual", "to_paid_as_much",
)  # fmt: skip

_IN_USE = pl.col("asset_payers") >= IN_USE_PAYERS
_GONE = pl.col("whole").any() | (pl.col("asset_id").filter("emptied").n_unique() >= 2)
"""Whether a wallet's payments to one taker left it emptied."""
_BUSY = pl.col("to_usual").first().over("at")
_USUAL = (_BUSY > 0) & (
    pl.when(pl.col("token").is_null())
    .then(3 * pl.col("gwei") <= _BUSY)
    .otherwise(pl.col("to_paid_as_much") > 0)
)
"""Whether a payment is nothing unusual for its payee: a busy place by what it was paid before the first of
these, since a thief can make himself one of what he took.
"""


class WalletDrain:
    """Flags an address to which at least three unrelated owners' wallets were emptied within six hours.

    A wallet counts as emptied when at least 95 % of a balance the stream fully knows went, in one payment or
    in bites, and no token in use is left that it paid with itself (nor native value, where it sent the token
    itself); or, where the balance is not fully known, when two assets went in more than was known and more
    than in any payment before. It must have been in use: it paid others itself and kept something. What the
    taker had lent it is no loss; and it gets nothing that matters to it back in the transaction. Wallets with
    one funder count as one owner, as do a wallet and its funder, unless that funder serves many.

    What an attacker can give decides nothing: worthless tokens, dust, transfers and deposits told by some
    contract. Every excuse is held against the sum that moves: a funder's money is a twentieth of what the
    wallet ever had, a busy place was paid three times as much by wallets that kept some, before the first
    was emptied. A stake or a share of a vault is no rest.

    Fails: victims with one asset whose balance began before the stream, or to whom native value came inside
    of calls; what leaves more than a twentieth, whatever it takes; another taker for each victim, one whose
    victims were first robbed into each other, and drains through contracts that route the money; six hours
    and more between victims or bites; who funds the wallets of strangers before their owners do, by a
    twentieth of all they will have; who was paid by six wallets of his own what three victims have. Accuses
    wrongly: a contract that sells something nobody used yet, where three spend all they have on it; wallets
    of one owner that each came from a large exchange. Costs one filter a batch; candidates are rare and
    capped. Source: Forta's drainer heuristics (.3 to .4 confidence).
    """

    name = "wallet-drain"
    catches = ("wallet-drain",)
    needs = "transfers"
    settings = Settings()

    def remember(self, memory: Memory, batch: Batch, features: Features) -> tuple[Memory, pl.DataFrame]:
        """Payments of the last hours that emptied somebody, or were bites of it; hands on, for each that
        completes a drain, the payments it consists of.
        """
        payments, past = self._payments(features), memory.get("emptied")
        assert isinstance(past, pl.DataFrame | None)
        if payments.is_empty() and past is not None:
            return {"emptied": self._young(past, batch)}, pl.DataFrame()
        fresh = self._candidates(payments, features)
        every = fresh.drop("row") if past is None else pl.concat([past, fresh.drop("row")])
        pairs = self._pairs(fresh, every) if self._may_complete(fresh, every) else pl.DataFrame()
        return {"emptied": self._young(every, batch).tail(self.settings.remembered)}, pairs

    def _young(self, candidates: pl.DataFrame, batch: Batch) -> pl.DataFrame:
        """What the window still reaches. Mostly the first row tells that all are young."""
        now = int(batch.blocks["timestamp"][-1])
        if candidates.is_empty() or int(candidates["timestamp"][0]) + self.settings.window_seconds >= now:
            return candidates
        return candidates.filter(pl.col("timestamp") + self.settings.window_seconds >= now)

    def _may_complete(self, fresh: pl.DataFrame, every: pl.DataFrame) -> bool:
        """Whether some taker of these was paid by enough wallets: few are, and only then groups are made."""
        payers: dict[int, set[int]] = {taker: set() for taker in fresh["to_id"].to_list()}
        for payer, taker in zip(every["from_id"].to_list(), every["to_id"].to_list(), strict=True):
            if taker in payers:
                payers[taker].add(payer)
        return any(len(found) >= self.settings.victims for found in payers.values())

    def _payments(self, features: Features) -> pl.DataFrame:
        """That took much of what a wallet in use had."""
        pulled = pl.col("by_id") != pl.col("from_id")
        is_known = pl.col("token").is_null() | (pl.col("from_paid_asset") > 0) | _IN_USE
        from_funder = (pl.col("from_funder") == pl.col("to_id")) & (pl.col("funded_well") > 0)
        return features.transfers.filter(
            (pl.col("emptied") > 0) | (pl.col("partly") > 0),
            pl.col("direct") | (pulled & is_known),
            ~from_funder & (pl.col("paid_back") == 0),
            pl.col("from_other_payees") >= self.settings.own_payees,
        )

    def _candidates(self, payments: pl.DataFrame, features: Features) -> pl.DataFrame:
        pulled = pl.col("by_id") != pl.col("from_id")
        payments = without_returns(payments, features.transfers)
        gwei = [min(int.from_bytes(amount, "big") // GWEI, 2**62) for amount in payments["amount"]]
        return payments.select(
            "row",
            *CANDIDATE,
            gwei=pl.Series(gwei, dtype=pl.Int64),
            is_coin=worth.in_coin(payments, features),
            in_use=_IN_USE,
            emptied=pl.col("emptied") > 0,
            whole=self._whole(pulled),
            owner=self._owner(),
        )

    def _whole(self, pulled: pl.Expr) -> pl.Expr:
        """Whether a payment leaves nothing behind. Who has the keys takes the native value too."""
        all_gone = pulled | pl.col("token").is_null() | (pl.col("native_left") <= self.settings.gas_wei)
        return (pl.col("emptied") == EMPTIED) & (pl.col("tokens_left") == 0) & all_gone

    def _owner(self) -> pl.Expr:
        """The wallet's funder, where few share it; else what stands for the wallet alone."""
        few = (pl.col("from_funder") >= 0) & (pl.col("funder_payees") < self.settings.same_owner_payees)
        tied = few & (pl.col("funded_well") > 0)
        return pl.when(tied).then("from_funder").otherwise(-1 - pl.col("from_id"))

    def _pairs(self, fresh: pl.DataFrame, every: pl.DataFrame) -> pl.DataFrame:
        """[at, transfer...]: for each row `at` that completes a drain, the emptying payments to the same
        taker up to it.
        """
        if fresh.is_empty():
            return pl.DataFrame()
        numbered = every.with_row_index("order")
        ends = self._ends(fresh, numbered)
        pairs = self._within(ends, numbered, "to_id").filter(~_USUAL).filter(_GONE.over("at", "from_id"))
        enough = pl.col("from_id").n_unique().over("at") >= self.settings.victims
        groups = pairs.filter(enough).sort("at", "order").partition_by("at", maintain_order=True)
        counted = [group.with_columns(owners=pl.lit(_owners(group))) for group in groups]
        drains = [group for group in counted if group["owners"][0] >= self.settings.victims]
        return pl.concat(drains) if drains else pl.DataFrame()

    def _ends(self, fresh: pl.DataFrame, numbered: pl.DataFrame) -> pl.DataFrame:
        """The last payment of each block and taker whose payer it leaves emptied: one finding covers a block,
        however many are emptied in it. `first`: the oldest row it looks at, so many before its block.
        """
        place = pl.int_range(pl.len()) + numbered.height - fresh.height
        ends = fresh.select("block_number", "to_id", "from_id", at="row", until="timestamp", last=place)
        first = pl.col("last").min().over("block_number") - self.settings.remembered
        ends = ends.with_columns(first=first)
        own = self._within(ends, numbered, "to_id", "from_id").filter(_GONE.over("at"))
        emptying = ends.filter(pl.col("at").is_in(own["at"].unique().to_list()))
        last = emptying.unique(["block_number", "to_id"], keep="last", maintain_order=True)
        return last.drop("block_number", "from_id")

    def _within(self, ends: pl.DataFrame, numbered: pl.DataFrame, *keys: str) -> pl.DataFrame:
        """For each end the rows of the same keys up to it, as far as the window and what is remembered
        reach.
        """
        ends = ends.select("at", "until", "last", "first", *keys)
        return ends.join(numbered, on=keys, maintain_order="left_right").filter(
            pl.col("order") <= pl.col("last"),
            pl.col("order") >= pl.col("first"),
            pl.col("timestamp") + self.settings.window_seconds >= pl.col("until"),
        )

    def score(self, batch: Batch, features: Features) -> list[Finding]:
        """One finding for each block and taker with a drain completed or going on: subject = the taker."""
        drains = features.columns[self.name]
        if drains.is_empty():
            return []
        return [self._finding(payments) for payments in drains.partition_by("at", maintain_order=True)]

    def _finding(self, payments: pl.DataFrame) -> Finding:
        last = payments.row(-1, named=True)
        taker = bytes(last["to_address"])
        victims = sorted(set(payments["from_address"].to_list()))
        operators = sorted(set(payments["by"].to_list()) - {*victims, taker})
        owners = int(last["owners"])
        seconds = int(last["timestamp"]) - int(payments["timestamp"].to_list()[0])
        roles: list[tuple[bytes, RoleName]] = [(taker, "attacker")]
        roles += [(wallet, "attacker") for wallet in operators]
        roles += [(wallet, "victim") for wallet in victims]
        most: Severity = "critical" if owners > self.settings.victims + 1 else "high"
        wei, in_use = _lost_wei(payments), bool((~payments["is_coin"] & payments["in_use"]).any())
        return Finding(
            block_number=int(last["block_number"]),
            timestamp=int(last["timestamp"]),
            category="wallet-drain",
            subject_kind="wallet",
            subject=taker,
            score=round(1.0 - 0.3 / (1.0 + 0.5 * (owners - self.settings.victims)), 6),
            severity=worth.severity(most, wei, in_use),
            transaction=bytes(last["transaction_hash"]),
            roles=tuple(roles),
            rows=evidence_rows(payments),
            measured={"victims": owners, "seconds": seconds, "native_wei": str(wei)},
            thresholds={"victims": self.settings.victims, "seconds": self.settings.window_seconds},
            explanation=f"{owners} unrelated wallets in use were emptied to {hexed(taker)} "
            f"within {seconds} seconds; none of them got anything back.",
        )


def _owners(payments: pl.DataFrame) -> int:
    """How many owners the emptied wallets have: those tied by a funder, or funding each other, are one."""
    tied: dict[int, int] = {}

    def root(wallet: int) -> int:
        while tied.get(wallet, wallet) != wallet:
            wallet = tied[wallet]
        return wallet

    for wallet, owner in payments.select("from_id", "owner").iter_rows():
        tied[root(wallet)] = root(owner)
    return len({root(wallet) for wallet in payments["from_id"]})


def _lost_wei(payments: pl.DataFrame) -> int:
    """Native value, wrapped or not, that the wallets lost: what the taker had lent them is none of it."""
    lost: dict[int, int] = {}
    loans: dict[int, int] = {}
    for wallet, amount, loan in payments.filter("is_coin").select("from_id", "amount", "lent").iter_rows():
        lost[wallet] = lost.get(wallet, 0) + int.from_bytes(amount, "big")
        loans[wallet] = max(loans.get(wallet, 0), loan * GWEI)
    return sum(max(0, wei - loans[wallet]) for wallet, wei in lost.items())
