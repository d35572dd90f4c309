"""A block's receipts and transactions as its roots hold them, made again from the rows that are kept of it.

Little is kept: a receipt's cumulative gas is the sum of what was used up to it, its bloom follows from its
logs, and a transaction's input has a column of its own. That all is as it was, the roots say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ingest.blocks import rlp
from ingest.blocks.bloom import BLOOM_BYTES, bits_of
from ingest.blocks.kept import with_input
from ingest.blocks.trie import OrderedTrie
from ingest.model.batch import Batch
from ingest.model.errors import BadInput

_TOPICS = ("topic0", "topic1", "topic2", "topic3")
STATE_SYNC, OF_BLOCK = "state-sync", "block"


class NotKept(BadInput):
    """A block of which too little is kept to prove anything of it."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A block whose receipts are under the root of its header, which hashes to its name. `envelopes` are its
    transactions, under the transactions root; None where that was not proved. A row of Polygon's state sync
    is among neither; what a Celo block did itself is the last of the receipts.
    """

    number: int
    hash: bytes
    header: bytes
    receipts: OrderedTrie
    transactions: OrderedTrie | None
    first_logs: list[int]
    """The number of each receipt's first log among the block's."""


def rebuilt(batch: Batch, number: int) -> Rebuilt:
    """Block `number` of `batch`. Raises NotKept, with the reason, where it cannot be proved from its rows."""
    one = batch.slice(number, number)
    if not len(one):
        raise NotKept(f"block {number} is not there")
    block = one.blocks.row(0, named=True)
    if block["header"] is None:
        raise NotKept(_why_no_header(block))
    under = [row for row in one.transactions.iter_rows(named=True) if row["receipt_of"] != STATE_SYNC]
    logs = _logs_by_transaction(one)
    found = (OrderedTrie(values) for values in _receipts(under, logs))
    receipts = next((trie for trie in found if trie.root() == block["receipts_root"]), None)
    if receipts is None:
        raise NotKept(f"block {number} has rows whose receipts do not hash to its receipts root")
    counts = [len(logs.get(row["transaction_index"], ())) for row in under]
    first_logs = [0, *accumulate(counts)][: len(under)]
    transactions = _transactions(block, under)
    return Rebuilt(number, block["block_hash"], block["header"], receipts, transactions, first_logs)


def _why_no_header(block: dict[str, Any]) -> str:
    number = block["block_number"]
    if block["proof"] != "header":
        return f"block {number} was proved to `{block['proof']}` only: no header of it hashes to its name"
    return f"block {number} was written before headers were kept"


def _logs_by_transaction(batch: Batch) -> dict[int, list[dict[str, Any]]]:
    """In order of the chain."""
    found: dict[int, list[dict[str, Any]]] = {}
    for log in batch.logs.iter_rows(named=True):
        found.setdefault(log["transaction_index"], []).append(log)
    return found


def _receipts(rows: Sequence[dict[str, Any]], logs: dict[int, list[dict[str, Any]]]) -> list[list[bytes]]:
    """The receipts as the trie holds them. What a block did itself says either what all used, or nothing:
    then there are two ways, and the root says which it is.
    """
    steps = list(accumulate(row["gas_used"] for row in rows))
    made = [_receipt(row, steps[at], logs.get(row["transaction_index"], [])) for at, row in enumerate(rows)]
    if not rows or rows[-1]["receipt_of"] != OF_BLOCK:
        return [made]
    last = rows[-1]
    return [made, [*made[:-1], _receipt(last, 0, logs.get(last["transaction_index"], []))]]


def _receipt(row: dict[str, Any], gas: int, logs: Sequence[dict[str, Any]]) -> bytes:
    outcome = rlp.number(row["status"] or 0) if row["post_state"] is None else row["post_state"]
    bloom, listed = 0, []
    for log in logs:
        topics = [log[name] for name in _TOPICS if log[name] is not None]
        listed.append(rlp.encode([log["address"], topics, log["data"]]))
        for word in (log["address"], *topics):
            bloom |= bits_of(word)
    front = (outcome, rlp.number(gas), bloom.to_bytes(BLOOM_BYTES, "big"))
    body = [*map(rlp.encode, front), rlp.wrap(b"".join(listed)), row["receipt_extras"] or b""]
    kind = row["transaction_type"] or 0
    return (bytes((kind,)) if kind else b"") + rlp.wrap(b"".join(body))


def _transactions(block: dict[str, Any], rows: Sequence[dict[str, Any]]) -> OrderedTrie | None:
    sent = [row for row in rows if row["receipt_of"] is None]
    if block["transactions_proof"] != "root" or any(row["envelope"] is None for row in sent):
        return None
    trie = OrderedTrie([with_input(row["envelope"], row["input"] or b"") for row in sent])
    if trie.root() != block["transactions_root"]:
        raise NotKept(
            f"block {block['block_number']} has rows whose transactions do not hash to its transactions root"
        )
    return trie
