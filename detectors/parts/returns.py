"""What a payer gets back in the transaction that takes from it, as far as it means something."""

from __future__ import annotations

import polars as pl

from ingest import schema

_TRANSACTION = ["block_number", "transaction_index"]
_PART = 20
"""Of the same asset a twentieth counts: less of it leaves a wallet emptied all the same."""


def without_returns(payments: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """The rows of `payments` (a part of `transfers`, both as `Features` has them) whose payer gets nothing
    back in the transaction.

    Anybody can send something worthless along, whoever signed. So it must be of the same asset; or a deposit
    of the wrapped coin that this very payment wraps, as logs alone can tell of any; or something else that
    matters to the payer.
    """
    back = transfers.select(
        *_TRANSACTION, "asset_id", "token", "amount", "standard", "to_matters",
        from_id="to_id", giver="from_address",
    )  # fmt: skip
    answers = payments.join(back, on=[*_TRANSACTION, "from_id"], suffix="_back")
    if answers.is_empty():
        return payments
    made = (pl.col("standard_back") == "weth") & (pl.col("giver") == schema.ZERO_ADDRESS)
    wraps = made & pl.col("token").is_null() & (pl.col("to_address") == pl.col("token_back"))
    same = (pl.col("asset_id") == pl.col("asset_id_back")) | wraps
    enough = [_is_part(*amounts) for amounts in answers.select("amount", "amount_back").iter_rows()]
    matters = ~made & ~same & (pl.col("to_matters_back") == 1)
    returned = answers.filter((same & pl.lit(pl.Series(enough))) | matters)
    return payments.filter(~pl.col("row").is_in(returned["row"].to_list()))


def _is_part(paid: bytes, back: bytes) -> bool:
    return _PART * int.from_bytes(back, "big") >= int.from_bytes(paid, "big")
