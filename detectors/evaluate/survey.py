"""What evaluation counts in the lake itself: honest transactions, and what naive baselines go by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.evaluate.labels import Labels
from ingest.lake.reading import Lake
from ingest.model.errors import BadInput

WALLET_COUNTS = (
    "transactions", "payments", "receipts", "payees", "payers", "tokens", "ether_paid", "largest_ether_paid",
)  # fmt: skip
"""Features of a wallet over the whole lake, the plainest: counts, distinct counts, ether."""

WEI = 1e18


@dataclass(frozen=True, slots=True)
class Survey:
    """transactions: all of the lake. honest: those in no label. wallets: senders of transactions in order of
    address; features: [n, `WALLET_COUNTS`], each as log(1 + x), ether in ether. wrapped_ether: contracts that
    gave tokens for just the ether they were paid.
    """

    transactions: int
    honest: int
    wallets: tuple[bytes, ...]
    features: NDArray[np.float64]
    wrapped_ether: frozenset[bytes]


def survey(lake: Lake, labels: Labels) -> Survey:
    """Reads all blocks of the labels' chain. Raises BadInput where the lake holds none of them."""
    told = pl.Series(
        [t.removeprefix("0x") for label in labels.labels for t in label.transactions], dtype=pl.String
    )
    count, honest, wrapped = 0, 0, set[bytes]()
    sent: list[pl.DataFrame] = []
    moved: list[pl.DataFrame] = []
    for batch in lake.batches(labels.chain_id):
        labelled = batch.transactions["transaction_hash"].bin.encode("hex").is_in(told.implode())
        count, honest = count + labelled.len(), honest + int((~labelled).sum())
        wrapped.update(_wrapped_ether(batch.transfers))
        sent.append(batch.transactions.select("from_address"))
        moved.append(batch.transfers.select("token", "from_address", "to_address", "amount_float"))
    if not sent:
        raise BadInput(
            f"the lake at {lake.path} holds no block of chain {labels.chain_id}, which the labels are about: "
            "give the lake that was judged"
        )
    wallets = _wallet_counts(pl.concat(sent), pl.concat(moved))
    features = np.log1p(wallets.select(WALLET_COUNTS).to_numpy().astype(np.float64))
    return Survey(count, honest, tuple(wallets["wallet"]), features, frozenset(wrapped))


def _wrapped_ether(transfers: pl.DataFrame) -> list[bytes]:
    """Tokens that say they gave as much to a depositor as their contract was paid in that transaction."""
    given = transfers.filter(pl.col("standard") == "weth")
    paid = transfers.filter(pl.col("standard") == "native")
    both = given.join(
        paid,
        left_on=("transaction_hash", "token", "amount"),
        right_on=("transaction_hash", "to_address", "amount"),
        how="semi",
    )
    return both["token"].unique(maintain_order=True).to_list()


def _wallet_counts(sent: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """One row for each sender of a transaction: `wallet` and `WALLET_COUNTS`."""
    ether = pl.when(pl.col("token").is_null()).then(pl.col("amount_float") / WEI).otherwise(0.0)
    paid = moved.group_by(wallet="from_address").agg(
        payments=pl.len(),
        payees=pl.col("to_address").n_unique(),
        tokens=pl.col("token").drop_nulls().n_unique(),
        # In order of size: a sum of floats depends on the order, and groups come in any.
        ether_paid=ether.sort().sum(),
        largest_ether_paid=ether.max(),
    )
    received = moved.group_by(wallet="to_address").agg(
        receipts=pl.len(), payers=pl.col("from_address").n_unique()
    )
    senders = sent.group_by(wallet="from_address").agg(transactions=pl.len())
    joined = senders.join(paid, on="wallet", how="left").join(received, on="wallet", how="left")
    return joined.sort("wallet").with_columns(pl.col(WALLET_COUNTS).fill_null(0))
