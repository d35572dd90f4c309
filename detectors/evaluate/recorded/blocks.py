"""Blocks for the detectors: recorded ones through the ingester's own decoding, and made ones around what was
recorded of a transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.evaluate.recorded.files import unusable
from ingest import decode
from ingest.blocks import frames
from ingest.blocks.answers import Answer, BlockAnswer, LogAnswer, ReceiptAnswer, TransactionAnswer
from ingest.blocks.traces import NestedTrace, frame, nested_calls
from ingest.model.batch import Batch

CHAIN_ID = 1
"""All recordings are of Ethereum's main chain."""

_ZERO_HASH, _NOBODY = "0x" + "00" * 32, "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction for a made block; hex as a node writes it, `value` in wei."""

    hash: str
    sender: str
    to: str
    logs: Sequence[LogAnswer]
    value: int = 0


def batch(path: Path, answers: Sequence[Answer]) -> Batch:
    """The frames of consecutive blocks, as the ingester makes them; nothing is proved.

    Raises BadInput where the receipts are not those of the transactions, or a field is not of its kind.
    """
    for answer in answers:
        _check_order(path, answer)
    try:
        return frames.batch(CHAIN_ID, answers, ["none"] * len(answers))
    except (ValueError, OverflowError) as error:
        raise unusable(path, str(error)) from error


def traced(path: Path, batch: Batch, traces: Sequence[NestedTrace]) -> Batch:
    """One block with the calls of its transactions. Raises BadInput where they are none of them."""
    calls = [(batch.first, call) for call in nested_calls(traces)]
    try:
        return batch.with_facts(traces=frame(batch.blocks, batch.transactions, calls))
    except (ValueError, OverflowError, TypeError) as error:
        raise unusable(path, f"its traces are none: {error}") from error


def made_chain(blocks: Sequence[tuple[int, Sequence[Sent]]]) -> list[Answer]:
    """Blocks numbered from 1, each the child of the one before. `blocks`: (time in seconds, transactions)."""
    answers: list[Answer] = []
    parent = _ZERO_HASH
    for number, (timestamp, sent) in enumerate(blocks, start=1):
        answer = _made_block(number, timestamp, parent, sent)
        answers.append(answer)
        parent = answer.block.hash
    return answers


def stand_in(*part: str) -> str:
    """An address for somebody whose part is known and whose address was not recorded; the same every time."""
    return "0x" + _digest("stand-in", *part)[:40]


def made_hash(*part: str) -> str:
    """A hash for a transaction that was not recorded."""
    return "0x" + _digest("made", *part)


def transfer_log(token: str, sender: str, payee: str, amount: int) -> LogAnswer:
    """The log of an ERC-20 transfer, `amount` in token units."""
    topics = ["0x" + decode.TRANSFER.hex(), *(f"0x{int(party, 16):064x}" for party in (sender, payee))]
    return LogAnswer(token, topics, f"0x{amount:064x}")


def _made_block(number: int, timestamp: int, parent: str, sent: Sequence[Sent]) -> Answer:
    block_hash = "0x" + _digest("block", str(number), parent, *(each.hash for each in sent))
    transactions = [
        TransactionAnswer(
            hash=each.hash, sender=each.sender, to=each.to, value=hex(each.value), nonce="0x0", gas="0x0",
            input="0x",
        )
        for each in sent
    ]  # fmt: skip
    receipts = [
        ReceiptAnswer(
            block_hash=block_hash, transaction_hash=each.hash, transaction_index=hex(at),
            cumulative_gas_used="0x0", logs=list(each.logs), status="0x1",
        )
        for at, each in enumerate(sent)
    ]  # fmt: skip
    header = BlockAnswer(
        number=hex(number), hash=block_hash, parent_hash=parent, state_root=_ZERO_HASH,
        transactions_root=_ZERO_HASH, receipts_root=_ZERO_HASH, miner=_NOBODY, gas_limit="0x0",
        gas_used="0x0", timestamp=hex(timestamp), transactions=transactions,
    )  # fmt: skip
    return Answer(header, receipts)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _check_order(path: Path, answer: Answer) -> None:
    """Receipts belong to the block's transactions, in their order: logs are placed by it."""
    block = answer.block
    pairs = zip(block.transactions, answer.receipts, strict=False)
    for at, (transaction, receipt) in enumerate(pairs):
        if receipt.transaction_hash != transaction.hash or (receipt.transaction_index or "").lower() != hex(
            at
        ):
            raise unusable(path, f"its receipt {at} is not that of its transaction {at}")
