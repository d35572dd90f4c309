"""Turns logs and transactions into movements of value. Pure: a log that does not decode is simply absent."""

from __future__ import annotations

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
_LIMBS = ((0, 2.0**192), (8, 2.0**128), (16, 2.0**64), (24, 1.0))


def transfers(blocks: pl.DataFrame, transactions: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Every movement of value in consecutive blocks of one chain, in chain order (shape: `schema.TRANSFERS`).

    ERC-20 and ERC-721 share a signature and are told apart by topic count. Transfers of zero tokens are kept
    (poisoning uses them); native value is kept where it is above zero and the transaction was not reverted.
    """
    stamped = logs.join(blocks.select("block_number", "timestamp"), on="block_number", how="inner")
    parts = [_native(transactions), _single(stamped), _batched(stamped)]
    return pl.concat(parts).sort(ORDER)


def amount_float(amount: pl.Expr) -> pl.Expr:
    """32 big-endian bytes as a `Float64`: a feature, never money."""
    limbs = (
        amount.bin.slice(at, 8).bin.reinterpret(dtype=pl.UInt64, endianness="big").cast(pl.Float64) * weight
        for at, weight in _LIMBS
    )
    return pl.sum_horizontal(*limbs)


def _native(transactions: pl.DataFrame) -> pl.DataFrame:
    done = (pl.col("value") != bytes(_WORD)) & pl.col("status").ne_missing(0)
    payee = pl.coalesce("to_address", "contract_address")
    return transactions.filter(done & payee.is_not_null()).select(
        *("chain_id", "block_number", "timestamp", "transaction_index", "transaction_hash"),
        log_index=pl.lit(schema.NATIVE_LOG_INDEX, pl.Int32),
        index_in_log=pl.lit(0, pl.UInt32),
        standard=pl.lit("native"),
        token=pl.lit(None, pl.Binary),
        from_address="from_address",
        to_address=payee,
        amount="value",
        amount_float="value_float",
        token_id=pl.lit(None, pl.Binary),
    )


def _single(logs: pl.DataFrame) -> pl.DataFrame:
    """Logs that hold one transfer each: everything but ERC-1155 batches."""
    found = logs.with_columns(standard=_standard()).filter(pl.col("standard").is_not_null())
    standard = pl.col("standard")
    weth, nft, multi = standard == "weth", standard == "erc721", standard == "erc1155"
    withdrawal, deposit = pl.col("topic0") == WITHDRAWAL, pl.col("topic0") == DEPOSIT
    first, second, third = (pl.col(f"topic{n}") for n in (1, 2, 3))
    zero, data = pl.lit(schema.ZERO_ADDRESS), pl.col("data")
    return _moved(
        found,
        index_in_log=pl.lit(0, pl.UInt32),
        sender=pl.when(deposit).then(zero).otherwise(_address(pl.when(multi).then(second).otherwise(first))),
        receiver=pl.when(withdrawal)
        .then(zero)
        .otherwise(_address(pl.when(weth).then(first).when(multi).then(third).otherwise(second))),
        amount=pl.when(nft).then(pl.lit(ONE)).when(multi).then(_word(_WORD)).otherwise(data),
        token_id=pl.when(nft).then(third).when(multi).then(_word(0)),
    )


def _standard() -> pl.Expr:
    """The standard of a log that holds one transfer, null where it holds none."""
    signature, size, topics = pl.col("topic0"), pl.col("data").bin.size(), _topic_count()
    two, three = _is_address("topic1"), _is_address("topic1") & _is_address("topic2")
    wrapped = signature.is_in([DEPOSIT, WITHDRAWAL]) & (topics == 2) & (size == _WORD) & two
    return (
        pl.when((signature == TRANSFER) & (topics == 3) & (size == _WORD) & three)
        .then(pl.lit("erc20"))
        .when((signature == TRANSFER) & (topics == 4) & (size == 0) & three)
        .then(pl.lit("erc721"))
        .when((signature == TRANSFER_SINGLE) & (size == 2 * _WORD) & three & _is_address("topic3"))
        .then(pl.lit("erc1155"))
        .when(wrapped)
        .then(pl.lit("weth"))
    )


def _batched(logs: pl.DataFrame) -> pl.DataFrame:
    """ERC-1155 batches, a row for each id. Offsets are followed as the ABI says; arrays must fit the data."""
    parties = _is_address("topic1") & _is_address("topic2") & _is_address("topic3")
    batches = logs.filter((pl.col("topic0") == TRANSFER_BATCH) & parties)
    ids, amounts, count = pl.col("ids"), pl.col("amounts"), pl.col("count")
    rows = (
        batches.with_columns(ids=_number_at(pl.lit(0)), amounts=_number_at(pl.lit(_WORD)))
        .with_columns(count=_number_at(ids))
        .filter((count > 0) & (count == _number_at(amounts)) & _array_fits(ids) & _array_fits(amounts))
        .with_columns(index_in_log=pl.int_ranges(0, count))
        .explode("index_in_log", empty_as_null=False)
    )
    place = (pl.col("index_in_log") + 1) * _WORD
    return _moved(
        rows.with_columns(standard=pl.lit("erc1155")),
        index_in_log=pl.col("index_in_log").cast(pl.UInt32),
        sender=_address(pl.col("topic2")),
        receiver=_address(pl.col("topic3")),
        amount=pl.col("data").bin.slice(amounts + place, _WORD),
        token_id=pl.col("data").bin.slice(ids + place, _WORD),
    )


def _moved(
    logs: pl.DataFrame,
    index_in_log: pl.Expr,
    sender: pl.Expr,
    receiver: pl.Expr,
    amount: pl.Expr,
    token_id: pl.Expr,
) -> pl.DataFrame:
    return logs.select(
        *("chain_id", "block_number", "timestamp", "transaction_index", "transaction_hash", "log_index"),
        index_in_log=index_in_log,
        standard="standard",
        token="address",
        from_address=sender,
        to_address=receiver,
        amount=amount,
        amount_float=amount_float(amount),
        token_id=token_id,
    )


def _topic_count() -> pl.Expr:
    return pl.sum_horizontal(pl.col(f"topic{n}").is_not_null().cast(pl.UInt8) for n in range(4))


def _is_address(topic: str) -> pl.Expr:
    """Whether a topic holds an address: anything in the 12 bytes before it makes the log something else."""
    return pl.col(topic).bin.starts_with(bytes(12))


def _address(word: pl.Expr) -> pl.Expr:
    return word.bin.slice(12, 20)


def _word(at: int) -> pl.Expr:
    return pl.col("data").bin.slice(at, _WORD)


def _number_at(at: pl.Expr) -> pl.Expr:
    """The word at byte `at` of the data as a number; null where it is cut short or larger than the data."""
    data, size = pl.col("data"), pl.col("data").bin.size().cast(pl.Int64)
    word = data.bin.slice(at, _WORD)
    small = word.bin.starts_with(bytes(24)) & (word.bin.size() == _WORD)
    number = word.bin.slice(24, 8).bin.reinterpret(dtype=pl.UInt64, endianness="big")
    return pl.when(small & (number <= size)).then(number).cast(pl.Int64)


def _array_fits(at: pl.Expr) -> pl.Expr:
    return at + _WORD * (pl.col("count") + 1) <= pl.col("data").bin.size().cast(pl.Int64)
