"""Turns logs and transactions into movements of value. Pure: a log that does not decode is simply absent."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ingest import schema
from ingest.decode.shapes import (
    ORDER,
    PLACE,
    address,
    array_fits,
    data_is,
    has_topics,
    number_at,
    signature,
    unsigned,
)
from ingest.decode.words import ONE, WORD, ZERO, amount_float
from ingest.decode.wrapping import counted

TRANSFER = signature("Transfer(address,address,uint256)")
TRANSFER_SINGLE = signature("TransferSingle(address,address,address,uint256,uint256)")
TRANSFER_BATCH = signature("TransferBatch(address,address,address,uint256[],uint256[])")
DEPOSIT = signature("Deposit(address,uint256)")
WITHDRAWAL = signature("Withdrawal(address,uint256)")

_NO_ID = pl.lit(None, pl.Binary)
_FIRST = pl.lit(0, pl.UInt32)


def transfers(
    blocks: pl.DataFrame,
    transactions: pl.DataFrame,
    logs: pl.DataFrame,
    wrapped: pl.DataFrame,
    traces: pl.DataFrame,
) -> pl.DataFrame:
    """Every movement of value in consecutive blocks of one chain, in chain order (shape: `schema.TRANSFERS`).

    ERC-20 and ERC-721 share a signature and are told apart by topic count. Transfers of zero tokens are kept
    (poisoning uses them); native value is kept where it is above zero and the transaction was not reverted.
    Deposits and withdrawals count as `ingest.decode.wrapping` says; `wrapped` and `traces` are the batch's.
    What a system says again of the native coin (`schema.NATIVE_ECHOES`) is no transfer of a token.
    """
    stamp = blocks.select("block_number", "timestamp")
    parts, present = [_native(transactions)], set(logs["topic0"].unique().to_list())
    for topic0 in present & _DECODERS.keys():
        signed = logs.filter((pl.col("topic0") == topic0) & ~_is_an_echo()).join(stamp, on="block_number")
        parts.extend(decoder(signed) for decoder in _DECODERS[topic0])
    if not present.isdisjoint(WRAPPING_TOPICS):
        wraps = _wrapped(wrapping_logs(logs).join(stamp, on="block_number"))
        parts.append(counted(wraps, parts, transactions, wrapped, traces) if wraps.height else wraps)
    moved = pl.concat(parts).sort(ORDER)
    return moved.insert_column(-1, amount_float(moved["amount"]))


def wraps(
    blocks: pl.DataFrame,
    transactions: pl.DataFrame,
    logs: pl.DataFrame,
    wrapped: pl.DataFrame,
    traces: pl.DataFrame,
) -> pl.DataFrame:
    """The rows of `transfers` that are deposits and withdrawals, in no order: of all other logs only those
    are decoded that may tell of the same movement.
    """
    stamp = blocks.select("block_number", "timestamp")
    given = _wrapped(wrapping_logs(logs).join(stamp, on="block_number"))
    if not given.height:
        return given
    tokens = given["token"].unique().to_list()
    own = logs.filter((pl.col("topic0") == TRANSFER) & pl.col("address").is_in(tokens))
    return counted(given, [_erc20(own.join(stamp, on="block_number"))], transactions, wrapped, traces)


def wrapping_logs(logs: pl.DataFrame) -> pl.DataFrame:
    """The logs of the shape of a Deposit or a Withdrawal: of wrapped native coins, and of anybody else."""
    return logs.filter(pl.col("topic0").is_in(WRAPPING_TOPICS) & _holds(addresses=1, topics=2, data=WORD))


def _is_an_echo() -> pl.Expr:
    return pl.col("address").is_in(sorted(schema.NATIVE_ECHOES))


def _native(transactions: pl.DataFrame) -> pl.DataFrame:
    payee, paid = pl.coalesce("to_address", "contract_address"), pl.col("value") != ZERO
    done = pl.col("status").ne_missing(0) & payee.is_not_null()
    return transactions.filter(paid & done).select(
        *PLACE[:-1],
        log_index=pl.lit(schema.NATIVE_LOG_INDEX, pl.Int32),
        index_in_log=pl.lit(0, pl.UInt32),
        standard=pl.lit("native"),
        token=pl.lit(None, pl.Binary),
        from_address="from_address",
        to_address=payee,
        amount="value",
        token_id=pl.lit(None, pl.Binary),
    )


def _erc20(logs: pl.DataFrame) -> pl.DataFrame:
    shaped = _holds(addresses=2, topics=3, data=WORD)
    return _moved(logs.filter(shaped), "erc20", _address("topic1"), _address("topic2"), pl.col("data"))


def _erc721(logs: pl.DataFrame) -> pl.DataFrame:
    shaped = _holds(addresses=2, topics=4, data=0)
    return _moved(
        logs.filter(shaped),
        standard="erc721",
        sender=_address("topic1"),
        receiver=_address("topic2"),
        amount=pl.lit(ONE),
        token_id=pl.col("topic3"),
    )


def _erc1155(logs: pl.DataFrame) -> pl.DataFrame:
    shaped = _holds(addresses=3, topics=4, data=2 * WORD)
    return _moved(
        logs.filter(shaped),
        standard="erc1155",
        sender=_address("topic2"),
        receiver=_address("topic3"),
        amount=pl.col("data").bin.slice(WORD, WORD),
        token_id=pl.col("data").bin.slice(0, WORD),
    )


def _erc1155_batch(logs: pl.DataFrame) -> pl.DataFrame:
    """A row for each id. Offsets are followed as the ABI says; arrays must fit the data."""
    ids, amounts, count = pl.col("ids"), pl.col("amounts"), pl.col("count")
    rows = (
        logs.filter(_holds(addresses=3, topics=4))
        .with_columns(ids=number_at(pl.lit(0)), amounts=number_at(pl.lit(WORD)))
        .with_columns(count=number_at(ids))
        .filter(
            (count > 0) & (count == number_at(amounts)) & array_fits(ids, count) & array_fits(amounts, count)
        )
        .with_columns(index_in_log=pl.int_ranges(0, count))
        .explode("index_in_log", empty_as_null=False)
    )
    place = (pl.col("index_in_log") + 1) * WORD
    return _moved(
        rows,
        standard="erc1155",
        sender=_address("topic2"),
        receiver=_address("topic3"),
        amount=pl.col("data").bin.slice(amounts + place, WORD),
        token_id=pl.col("data").bin.slice(ids + place, WORD),
        index_in_log=pl.col("index_in_log").cast(pl.UInt32),
    )


def _wrapped(logs: pl.DataFrame) -> pl.DataFrame:
    comes_in, nobody = pl.col("topic0") == DEPOSIT, pl.lit(schema.ZERO_ADDRESS)
    payer = pl.when(comes_in).then(nobody).otherwise(_address("topic1"))
    payee = pl.when(comes_in).then(_address("topic1")).otherwise(nobody)
    return _moved(logs, "weth", payer, payee, pl.col("data"))


_DECODERS: dict[bytes, tuple[Callable[[pl.DataFrame], pl.DataFrame], ...]] = {
    TRANSFER: (_erc20, _erc721),
    TRANSFER_SINGLE: (_erc1155,),
    TRANSFER_BATCH: (_erc1155_batch,),
}

WRAPPING_TOPICS = (DEPOSIT, WITHDRAWAL)
"""The first topics of logs that are transfers where a wrapped native coin emits them."""

TOKEN_TOPICS = tuple(_DECODERS)
"""The first topics of logs that are transfers whoever emits them."""


def _moved(
    logs: pl.DataFrame,
    standard: str,
    sender: pl.Expr,
    receiver: pl.Expr,
    amount: pl.Expr,
    token_id: pl.Expr = _NO_ID,
    index_in_log: pl.Expr = _FIRST,
) -> pl.DataFrame:
    return logs.select(
        *PLACE,
        index_in_log=index_in_log,
        standard=pl.lit(standard),
        token="address",
        from_address=sender,
        to_address=receiver,
        amount=amount,
        token_id=token_id,
    )


def _holds(addresses: int, topics: int, data: int | None = None) -> pl.Expr:
    """Whether a log has so many topics, the first of them addresses, and so many bytes of data."""
    shaped = has_topics(topics) if data is None else has_topics(topics) & data_is(data)
    for n in range(1, addresses + 1):
        shaped &= unsigned(pl.col(f"topic{n}"), 20)
    return shaped


def _address(topic: str) -> pl.Expr:
    return address(pl.col(topic))
