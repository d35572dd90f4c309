"""Which deposits and withdrawals move tokens: any contract may emit `Deposit(address,uint256)`, a bank or a
stake as well as a wrapped native coin, and the first two give no token for what they take.

Counted is what comes from a contract that is known to wrap the chain's native coin: by chain id
(`schema.natives`), or by a fact (`schema.WRAPPED_NATIVES`) that names a setting or its code. One that only
calls itself a token of the coin's decimals counts where exactly that value is seen to reach it, or to leave
it: in the transaction, or in a call inside of it. Value alone proves nothing: a stake takes it too. Nothing
counts beside a Transfer that tells of the same movement.

All of it is decided inside one transaction and its block, wherever batches are cut.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ingest import schema
from ingest.decode.shapes import ORDER
from ingest.decode.words import ZERO

BY_SETTING, BY_CODE, BY_VALUE = "setting", "code", "token"
"""How a contract is known, as `schema.WRAPPED_NATIVES` has it. `BY_VALUE` counts only where value is seen."""

_TRANSACTION = ("block_number", "transaction_index")
_MOVEMENT = (*_TRANSACTION, "token", "from_address", "to_address", "amount")
_VALUE = (*_TRANSACTION, "token", "comes_in", "amount")
_FROM_NOBODY = pl.col("from_address") == schema.ZERO_ADDRESS
_BY_VALUE = pl.col("how").eq_missing(BY_VALUE)


def counted(
    given: pl.DataFrame,
    moved: Sequence[pl.DataFrame],
    transactions: pl.DataFrame,
    wrapped: pl.DataFrame,
    traces: pl.DataFrame,
) -> pl.DataFrame:
    """The rows of `given` that moved tokens: deposits and withdrawals of one chain, as transfers from and to
    nobody. `moved` are frames of the other transfers of the same blocks.

    One Transfer stands for one deposit, and one value for one: of several alike the first are taken.
    """
    known = _known(given, wrapped)
    minted = _minted(moved, known["token"].unique().to_list())
    is_by_value = known["how"] == BY_VALUE
    if not minted.height and not is_by_value.any():
        return known.drop("how")  # mostly so
    told, by_value = _as_wraps(minted), known.filter(is_by_value)
    once = known.sort(ORDER).with_columns(comes_in=_FROM_NOBODY)
    once = _numbered(once, _MOVEMENT, told=told).filter(pl.col("place") >= pl.col("told"))
    seen = _values(transactions, traces, by_value["token"].unique().to_list())
    paid = _numbered(once.filter(_BY_VALUE), _VALUE, told=told, seen=seen)
    paid = paid.filter(pl.col("place") + pl.col("told") < pl.col("seen"))
    return pl.concat([part.select(given.columns) for part in (once.filter(~_BY_VALUE), paid)])


def _known(given: pl.DataFrame, wrapped: pl.DataFrame) -> pl.DataFrame:
    """The rows whose token may wrap the native coin, and `how` that is known: null where by chain id."""
    known = given.with_columns(how=pl.lit(None, pl.String))
    by_chain = given["token"].is_in(sorted(schema.wrapped_natives(given["chain_id"][0])))
    if by_chain.all():
        return known
    names = wrapped.select("block_number", "how", token="address").unique(("block_number", "token"))
    found = given.filter(~by_chain).join(names, on=("block_number", "token"))
    return pl.concat([known.filter(by_chain), found.select(known.columns)])


def _minted(moved: Sequence[pl.DataFrame], tokens: Sequence[bytes]) -> pl.DataFrame:
    """Transfers of these tokens that come from nobody, or go there."""
    erc20 = [frame for frame in moved if frame.height and frame["standard"][0] == "erc20"]
    ours = [frame.filter(pl.col("token").is_in(tokens)) for frame in erc20]
    rows = pl.concat(ours) if ours else moved[0].clear()
    return rows.filter(_is_nobody("from_address") | _is_nobody("to_address")) if rows.height else rows


def _is_nobody(end: str) -> pl.Expr:
    """A token's own contract holds nothing of it for anybody."""
    return (pl.col(end) == schema.ZERO_ADDRESS) | (pl.col(end) == pl.col("token"))


def _as_wraps(minted: pl.DataFrame) -> pl.DataFrame:
    """These transfers as deposits and withdrawals would tell them."""
    nobody = pl.lit(schema.ZERO_ADDRESS)
    ends = [
        pl.when(_is_nobody(end)).then(nobody).otherwise(pl.col(end)).alias(end)
        for end in ("from_address", "to_address")
    ]
    return minted.with_columns(ends).with_columns(comes_in=_FROM_NOBODY)


def _values(transactions: pl.DataFrame, traces: pl.DataFrame, tokens: Sequence[bytes]) -> pl.DataFrame:
    """Native value that reached these contracts (`comes_in`) or left them. Where a transaction's calls are
    known they say it all, itself being the first.
    """
    payee, done = pl.coalesce("to_address", "contract_address"), pl.col("status").ne_missing(0)
    calls = traces.filter(~pl.col("undone"))
    untraced = transactions.filter(done).join(traces, on=_TRANSACTION, how="anti")
    flows = (
        (untraced, payee, True),
        (calls, pl.col("to_address"), True),
        (calls, pl.col("from_address"), False),
    )
    values = pl.concat(
        frame.select(*_TRANSACTION, token=token, comes_in=pl.lit(comes_in), amount="value")
        for frame, token, comes_in in flows
    )
    return values.filter((pl.col("amount") != ZERO) & pl.col("token").is_in(tokens))


def _numbered(rows: pl.DataFrame, key: tuple[str, ...], **others: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the `place` of each among those of its key, and how many of the others have that key."""
    whole = rows.with_columns(place=pl.int_range(pl.len()).over(key))
    for name, other in others.items():
        counts = other.group_by(key).agg(pl.len().alias(name))
        whole = whole.drop(name, strict=False).join(counts, on=key, how="left", maintain_order="left")
    return whole.with_columns(pl.col(name).fill_null(0) for name in others)
