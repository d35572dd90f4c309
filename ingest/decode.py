"""Turns logs and transactions into movements of value. Pure: a log that does not decode is simply absent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import sha3

from ingest import schema


def _topic(signature: str) -> bytes:
    return bytes(sha3.keccak_256(signature.encode()).digest())


TRANSFER = _topic("Transfer(address,address,uint256)")
TRANSFER_SINGLE = _topic("TransferSingle(address,address,address,uint256,uint256)")
TRANSFER_BATCH = _topic("TransferBatch(address,address,address,uint256[],uint256[])")
DEPOSIT = _topic("Deposit(address,uint256)")
WITHDRAWAL = _topic("Withdrawal(address,uint256)")

ONE = (1).to_bytes(32, "big")
ORDER = ("block_number", "transaction_index", "log_index", "index_in_log")
_WORD = 32
_PLACE = ("chain_id", "block_number", "timestamp", "transaction_index", "transaction_hash", "log_index")
_NO_ID = pl.lit(None, pl.Binary)
_FIRST = pl.lit(0, pl.UInt32)


def transfers(blocks: pl.DataFrame, transactions: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Every movement of value in consecutive blocks of one chain, in chain order (shape: `schema.TRANSFERS`).

    ERC-20 and ERC-721 share a signature and are told apart by topic count. Transfers of zero tokens are kept
    (poisoning uses them); native value is kept where it is above zero and the transaction was not reverted.
    """
    stamp = blocks.select("block_number", "timestamp")
    parts = [_native(transactions)]
    for signature in set(logs["topic0"].unique().to_list()) & _DECODERS.keys():
        signed = logs.filter(pl.col("topic0") == signature).join(stamp, on="block_number")
        parts.extend(decoder(signed) for decoder in _DECODERS[signature])
    moved = pl.concat(parts).sort(ORDER)
    return moved.insert_column(-1, amount_float(moved["amount"]))


def amount_float(amounts: pl.Series) -> pl.Series:
    """Amounts of 32 big-endian bytes as `Float64`: a feature, never money."""
    limbs = np.frombuffer(b"".join(amounts.to_list()), dtype=">u8").reshape(-1, 4).astype(np.float64)
    total = limbs[:, 0] * 2.0**192 + limbs[:, 1] * 2.0**128 + limbs[:, 2] * 2.0**64 + limbs[:, 3]
    return pl.Series("amount_float", total, dtype=pl.Float64)


def _native(transactions: pl.DataFrame) -> pl.DataFrame:
    payee, paid = pl.coalesce("to_address", "contract_address"), pl.col("value") != bytes(_WORD)
    done = pl.col("status").ne_missing(0) & payee.is_not_null()
    return transactions.filter(paid & done).select(
        *_PLACE[:-1],
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
    shaped = _holds(addresses=2, topics=3, data=_WORD)
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
    shaped = _holds(addresses=3, topics=4, data=2 * _WORD)
    return _moved(
        logs.filter(shaped),
        standard="erc1155",
        sender=_address("topic2"),
        receiver=_address("topic3"),
        amount=pl.col("data").bin.slice(_WORD, _WORD),
        token_id=pl.col("data").bin.slice(0, _WORD),
    )


def _erc1155_batch(logs: pl.DataFrame) -> pl.DataFrame:
    """A row for each id. Offsets are followed as the ABI says; arrays must fit the data."""
    ids, amounts, count = pl.col("ids"), pl.col("amounts"), pl.col("count")
    rows = (
        logs.filter(_holds(addresses=3, topics=4))
        .with_columns(ids=_number_at(pl.lit(0)), amounts=_number_at(pl.lit(_WORD)))
        .with_columns(count=_number_at(ids))
        .filter((count > 0) & (count == _number_at(amounts)) & _array_fits(ids) & _array_fits(amounts))
        .with_columns(index_in_log=pl.int_ranges(0, count))
        .explode("index_in_log", empty_as_null=False)
    )
    place = (pl.col("index_in_log") + 1) * _WORD
    return _moved(
        rows,
        standard="erc1155",
        sender=_address("topic2"),
        receiver=_address("topic3"),
        amount=pl.col("data").bin.slice(amounts + place, _WORD),
        token_id=pl.col("data").bin.slice(ids + place, _WORD),
        index_in_log=pl.col("index_in_log").cast(pl.UInt32),
    )


def _deposit(logs: pl.DataFrame) -> pl.DataFrame:
    shaped, nobody = _holds(addresses=1, topics=2, data=_WORD), pl.lit(schema.ZERO_ADDRESS)
    return _moved(logs.filter(shaped), "weth", nobody, _address("topic1"), pl.col("data"))


def _withdrawal(logs: pl.DataFrame) -> pl.DataFrame:
    shaped, nobody = _holds(addresses=1, topics=2, data=_WORD), pl.lit(schema.ZERO_ADDRESS)
    return _moved(logs.filter(shaped), "weth", _address("topic1"), nobody, pl.col("data"))


_DECODERS: dict[bytes, tuple[Callable[[pl.DataFrame], pl.DataFrame], ...]] = {
    TRANSFER: (_erc20, _erc721),
    TRANSFER_SINGLE: (_erc1155,),
    TRANSFER_BATCH: (_erc1155_batch,),
    DEPOSIT: (_deposit,),
    WITHDRAWAL: (_withdrawal,),
}


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
        *_PLACE,
        index_in_log=index_in_log,
        standard=pl.lit(standard),
        token="address",
        from_address=sender,
        to_address=receiver,
        amount=amount,
        token_id=token_id,
    )


def _holds(addresses: int, topics: int, data: int | None = None) -> pl.Expr:
    """Whether a log has so many topics, the first of them addresses, and so many bytes of data.

    Anything in the 12 bytes before an address makes the log something else.
    """
    shaped = pl.col(f"topic{topics - 1}").is_not_null()
    if topics < 4:
        shaped &= pl.col(f"topic{topics}").is_null()
    if data is not None:
        shaped &= pl.col("data").bin.size() == data
    for n in range(1, addresses + 1):
        shaped &= pl.col(f"topic{n}").bin.starts_with(bytes(12))
    return shaped


def _address(topic: str) -> pl.Expr:
    return pl.col(topic).bin.slice(12, 20)


def _number_at(at: pl.Expr) -> pl.Expr:
    """The word at byte `at` of the data as a number; null where it is cut short or larger than the data."""
    data, size = pl.col("data"), pl.col("data").bin.size().cast(pl.Int64)
    word = data.bin.slice(at, _WORD)
    small = word.bin.starts_with(bytes(24)) & (word.bin.size() == _WORD)
    number = word.bin.slice(24, 8).bin.reinterpret(dtype=pl.UInt64, endianness="big")
    return pl.when(small & (number <= size)).then(number).cast(pl.Int64)


def _array_fits(at: pl.Expr) -> pl.Expr:
    return at + _WORD * (pl.col("count") + 1) <= pl.col("data").bin.size().cast(pl.Int64)
