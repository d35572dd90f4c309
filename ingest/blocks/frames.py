"""Turns what a node answered into the frames of a batch, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial, reduce
from operator import or_
from typing import TypeVar

import polars as pl

from ingest import decode, schema
from ingest.blocks.answers import Answer, ReceiptAnswer, TransactionAnswer, given, number
from ingest.blocks.apart import told_apart
from ingest.blocks.blob_gas import blob_gas
from ingest.blocks.bloom import BLOOM_BYTES, blooms_of
from ingest.blocks.header_rules import hashed
from ingest.blocks.kept import without_input
from ingest.blocks.proof import Proof, gas_used, under_root
from ingest.blocks.receipts import extras_of
from ingest.blocks.times import seconds
from ingest.blocks.transactions import TransactionsProof
from ingest.model.batch import Batch

T = TypeVar("T")
Column = (
    Sequence[int]
    | Sequence[int | None]
    | Sequence[bytes | None]
    | Sequence[str]
    | Sequence[str | None]
    | pl.Series
)

_ROOTS = ("transactions_root", "receipts_root", "state_root")
_TOPICS = ("topic0", "topic1", "topic2", "topic3")
_HASHES = ("block_hash", "parent_hash", *_ROOTS, "transaction_hash", *_TOPICS)
_ADDRESSES = ("miner", "from_address", "to_address", "contract_address", "address")
_SIZES = {**dict.fromkeys(_HASHES, 32), **dict.fromkeys(_ADDRESSES, 20)}
"""Bytes of what has a fixed size."""


def batch(chain_id: int, answers: Sequence[Answer], proofs: Sequence[Proof]) -> Batch:
    """The batch of consecutive blocks whose transactions nobody proved, without facts. Raises ValueError
    where an answer holds no hex, a number that its column cannot hold, or not a receipt for each transaction.
    """
    apart = [told_apart(answer, chain_id) for answer in answers]
    return batch_apart(chain_id, apart, proofs, ["none"] * len(apart))


def batch_apart(
    chain_id: int,
    answers: Sequence[Answer],
    proofs: Sequence[Proof],
    transactions_proofs: Sequence[TransactionsProof],
    envelopes: Sequence[Sequence[bytes] | None] | None = None,
) -> Batch:
    """The same for answers whose receipts are told apart. `envelopes` has each block's signed transactions
    as they are under its root; None where that is not known.

    `log_index` is counted here and `gas_used` is the step of the proved cumulative gas: neither is trusted.
    Where nothing was proved and the gas falls, which no chain holds, the step counts as none. A price, nonce,
    gas limit or type that is missing, or too large for its column, is null: nothing depends on it.
    """
    return Batch(
        blocks=_blocks(chain_id, answers, proofs, transactions_proofs),
        transactions=_transactions(chain_id, answers, proofs, envelopes or [None] * len(answers)),
        logs=_logs(chain_id, answers),
    )


def _blocks(
    chain_id: int,
    answers: Sequence[Answer],
    proofs: Sequence[Proof],
    transactions_proofs: Sequence[TransactionsProof],
) -> pl.DataFrame:
    blocks = [answer.block for answer in answers]
    headers = [_header(*each) for each in zip(answers, proofs, strict=True)]
    blobs = [blob_gas(*each) for each in zip(blocks, headers, strict=True)]
    columns: dict[str, Column] = {
        "block_number": [block.height for block in blocks],
        "block_hash": _bytes(block.hash for block in blocks),
        "parent_hash": _bytes(block.parent_hash for block in blocks),
        "timestamp": [seconds(block.timestamp) for block in blocks],
        "miner": _bytes(block.fee_recipient for block in blocks),
        "gas_limit": _small_numbers((block.gas_limit for block in blocks), 64),
        "gas_used": [_gas_of_block(answer) for answer in answers],
        "base_fee_per_gas": _small_numbers((block.base_fee_per_gas for block in blocks), 64),
        "transactions_root": _bytes(block.transactions_root for block in blocks),
        "receipts_root": _bytes(block.receipts_root for block in blocks),
        "state_root": _bytes(block.state_root for block in blocks),
        "transaction_count": [
            len(answer.block.transactions) - (answer.apart is not None) for answer in answers
        ],
        "log_count": [sum(len(receipt.logs) for receipt in answer.receipts) for answer in answers],
        "proof": list(proofs),
        "transactions_proof": list(transactions_proofs),
        "header": headers,
        "blob_gas_used": [used for used, _ in blobs],
        "excess_blob_gas": [excess for _, excess in blobs],
    }
    return _table(schema.BLOCKS, chain_id, columns)


def _transactions(
    chain_id: int,
    answers: Sequence[Answer],
    proofs: Sequence[Proof],
    envelopes: Sequence[Sequence[bytes] | None],
) -> pl.DataFrame:
    sent = [transaction for answer in answers for transaction in answer.block.transactions]
    receipts = [receipt for answer in answers for receipt in answer.receipts]
    sizes = [len(answer.block.transactions) for answer in answers]
    value = pl.Series([_wei(transaction.value).to_bytes(32, "big") for transaction in sent], dtype=pl.Binary)
    columns: dict[str, Column] = {
        "block_number": _spread((answer.block.height for answer in answers), sizes),
        "timestamp": _spread((seconds(answer.block.timestamp) for answer in answers), sizes),
        "transaction_index": [at for size in sizes for at in range(size)],
        "transaction_hash": _bytes(transaction.hash for transaction in sent),
        "from_address": _bytes(transaction.sender for transaction in sent),
        "to_address": _bytes(given(transaction.to) for transaction in sent),
        "value": value,
        "value_float": decode.amount_float(value),
        "nonce": _small_numbers((transaction.nonce for transaction in sent), 64),
        "transaction_type": _small_numbers(map(_type, sent, receipts), 8),
        "gas_limit": _small_numbers((transaction.most_gas for transaction in sent), 64),
        "input": _bytes(transaction.call_data for transaction in sent),
        "status": [one for both in zip(answers, proofs, strict=True) for one in _statuses(*both)],
        "gas_used": [used for answer in answers for used in _gas_used(answer)],
        "effective_gas_price": _small_numbers(map(_price, receipts), 64),
        "contract_address": _bytes(map(_created, receipts)),
        "receipt_of": [
            of for answer, size in zip(answers, sizes, strict=True) for of in _receipts_of(answer, size)
        ],
        "post_state": [receipt.state_root for receipt in receipts],
        "receipt_extras": [extras_of(receipt) for receipt in receipts],
        "envelope": [one for both in zip(answers, envelopes, strict=True) for one in _envelopes_of(*both)],
    }
    return _table(schema.TRANSACTIONS, chain_id, columns)


def _logs(chain_id: int, answers: Sequence[Answer]) -> pl.DataFrame:
    receipts = [(answer, receipt) for answer in answers for receipt in answer.receipts]
    sizes = [len(receipt.logs) for _, receipt in receipts]
    logs = [log for _, receipt in receipts for log in receipt.logs]
    per_block = (sum(len(receipt.logs) for receipt in answer.receipts) for answer in answers)
    addresses, kinds = _Words(), _Words()
    sent = (transaction.hash for answer in answers for transaction in answer.block.transactions)
    hashes = _bytes(sent)
    topics, fromhex = [log.topics for log in logs], bytes.fromhex
    columns: dict[str, Column] = {
        "block_number": _spread((answer.block.height for answer, _ in receipts), sizes),
        "transaction_index": _spread((at for answer in answers for at in range(len(answer.receipts))), sizes),
        "transaction_hash": _spread(hashes, sizes),
        "log_index": [at for count in per_block for at in range(count)],
        "address": [addresses[log.address] for log in logs],
        "topic0": [kinds[texts[0]] if texts else None for texts in topics],
        **{
            f"topic{n}": [fromhex(texts[n][2:]) if n < len(texts) else None for texts in topics]
            for n in (1, 2, 3)
        },
        "data": [fromhex(log.data[2:]) for log in logs],
    }
    return _table(schema.LOGS, chain_id, columns)


def _table(table: schema.Table, chain_id: int, columns: Mapping[str, Column]) -> pl.DataFrame:
    filled: dict[str, Column] = {"chain_id": [chain_id] * len(columns["block_number"]), **columns}
    return pl.DataFrame({name: _series(name, filled[name], kind) for name, kind in table.schema.items()})


def _series(name: str, values: Column, kind: schema.DataType) -> pl.Series:
    try:
        series = pl.Series(values, dtype=kind)
    except TypeError as error:  # what polars says of a number that its column cannot hold
        raise ValueError(f"a {name} is no {kind}: {str(error).splitlines()[0]}") from error
    size = _SIZES.get(name)
    if size is not None and not (series.bin.size() == size).all():
        raise ValueError(f"one of its {name} is not of {size} bytes")
    return series


def _bytes(texts: Iterable[str | None]) -> list[bytes | None]:
    return [None if text is None else bytes.fromhex(text[2:]) for text in texts]


def _numbers_or_null(texts: Iterable[str | None]) -> list[int | None]:
    return [None if number(text) is None else int(text or "", 16) for text in texts]


def _small_numbers(texts: Iterable[str | None], bits: int) -> list[int | None]:
    """Numbers of which nothing depends: null where one is not given, is none, or fits its column not."""
    given = list(texts)
    try:
        found = _numbers_or_null(given)
    except ValueError:
        found = [_number_if_any(text) for text in given]
    return [one if one is not None and 0 <= one < 1 << bits else None for one in found]


def _price(receipt: ReceiptAnswer) -> str | None:
    """Under no root: one without 0x may be decimal or hex, and is null."""
    price = receipt.effective_gas_price
    return price if price is not None and price.startswith("0x") else None


def _number_if_any(text: str | None) -> int | None:
    try:
        return _numbers_or_null([text])[0]
    except ValueError:
        return None


class _Words(dict[str, bytes]):
    """Addresses and kinds of events as bytes. The same few come again and again: each is read once."""

    def __missing__(self, text: str) -> bytes:
        self[text] = word = bytes.fromhex(text[2:])
        return word


def _spread(values: Iterable[T], sizes: Sequence[int]) -> list[T]:
    """Each value as often as its size says."""
    return [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]


def _wei(value: str) -> int:
    return int(number(value) or "0x0", 16)


def _statuses(answer: Answer, proof: Proof) -> list[int | None]:
    """Where a node leaves it out, or writes nothing, and the root is over neither a status nor a state root,
    a receipt is of a transaction that failed: zero is written as nothing there as well.
    """
    found = _numbers_or_null(receipt.outcome for receipt in answer.receipts)
    if proof == "none" or None not in found:
        return found
    rooted = len(under_root(answer))
    both = enumerate(zip(answer.receipts, found, strict=True))
    return [
        0 if status is None and at < rooted and receipt.state_root is None else status
        for at, (receipt, status) in both
    ]


def _gas_used(answer: Answer) -> list[int]:
    """Steps of the cumulative gas; receipts that nobody proved may say that it fell, and used none then."""
    steps = [int(receipt.cumulative_gas_used, 16) for receipt in answer.receipts]
    return [max(0, after - before) for before, after in zip([0, *steps], steps, strict=False)]


def _gas_of_block(answer: Answer) -> int:
    said = number(answer.block.gas_used)
    return gas_used(answer.receipts) if said is None else int(said, 16)


def _created(receipt: ReceiptAnswer) -> str | None:
    """The contract that was created: none lies at the address zero, which some nodes give for none."""
    address = given(receipt.contract_address)
    return None if address is None or not address.strip("0xX") else address


def _type(sent: TransactionAnswer, receipt: ReceiptAnswer) -> str | None:
    """Where a node leaves it out of a transaction, its receipt, which is hashed with it, may have it."""
    return receipt.type if number(sent.type) is None else sent.type


def _header(answer: Answer, proof: Proof) -> bytes | None:
    """What the block's hash is over, where that was proved."""
    if proof != "header":
        return None
    receipts = under_root(answer)
    return hashed(answer.block, partial(_bloom_of, receipts), gas_used(receipts))


def _bloom_of(receipts: Sequence[ReceiptAnswer]) -> bytes:
    return reduce(or_, blooms_of(receipts), 0).to_bytes(BLOOM_BYTES, "big")


def _envelopes_of(answer: Answer, envelopes: Sequence[bytes] | None) -> Iterable[bytes | None]:
    """One a row: a receipt that is of no transaction has a row, and no envelope."""
    sent = answer.block.transactions
    if envelopes is None:
        return [None] * len(sent)
    inputs = (bytes.fromhex((one.call_data or "0x")[2:]) for one in sent)
    kept: list[bytes | None] = list(map(without_input, envelopes, inputs))
    return kept + [None] * (len(sent) - len(kept))


def _receipts_of(answer: Answer, size: int) -> list[str | None]:
    """What each receipt is of: see `ingest.blocks.apart`."""
    return [None] * size if answer.apart is None else [*[None] * (size - 1), answer.apart]
