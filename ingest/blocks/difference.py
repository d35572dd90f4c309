"""Says what differs in an answer that does not hold: a root alone tells that something is wrong, not what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from ingest.blocks.answers import BlockAnswer, LogAnswer, ReceiptAnswer, given, number
from ingest.blocks.trie import EMPTY_ROOT


def difference(block: BlockAnswer, receipts: Sequence[ReceiptAnswer], blooms: Sequence[int]) -> list[str]:
    """What can be told from the numbers of the logs, the blooms and the gas; empty where they agree.

    `receipts` are those under the block's root, `blooms` theirs as their logs make them.
    """
    found = (log_numbers(receipts), bloom_difference(block, receipts, blooms), _gas(block, receipts))
    return [what for what in found if what is not None]


def bloom_difference(
    block: BlockAnswer, receipts: Sequence[ReceiptAnswer], blooms: Sequence[int]
) -> str | None:
    """Where a bloom that was given is not that of the logs; None where all are, or none is given."""
    for at, (receipt, bloom) in enumerate(zip(receipts, blooms, strict=True)):
        said = given(receipt.logs_bloom)
        if said is not None and int(said, 16) != bloom:
            return f"the logs of receipt {at} ({receipt.transaction_hash}) are not those of its bloom"
    if given(block.logs_bloom) is None:
        return None
    whole, made = int(block.logs_bloom or "0x0", 16), reduce(or_, blooms, 0)
    if whole == made:
        return None
    if not made & ~whole:
        return "the header's bloom holds more than its logs: one is missing or altered"
    return "its logs hold what the header's bloom does not: one is altered or of another block"


def likely_cause(block: BlockAnswer, receipts: Sequence[ReceiptAnswer]) -> str:
    """Why receipts may not lead to the root though logs, blooms and gas agree, and no one lies."""
    root = block.receipts_root.lower()
    if not int(root, 16) or (root == "0x" + EMPTY_ROOT.hex() and receipts):
        return "this chain's headers hold no root over receipts, as zkSync's do not"
    if any(receipt.outcome is None and receipt.state_root is None for receipt in receipts):
        return "a receipt has neither a status nor, as before Byzantium, a state root: the node leaves it out"
    return "its logs do not contradict its header: this chain may hash receipts by a rule of its own"


def log_numbers(receipts: Sequence[ReceiptAnswer]) -> str | None:
    """The first log that is not where its own number says; None where numbers run on, or are not given."""
    numbered = list(_numbered(receipts))
    if not numbered or any(log.log_index is None for _, log in numbered):
        return None
    numbers = [int(log.log_index or "0x0", 16) for _, log in numbered]
    for expected, ((at, log), said) in enumerate(zip(numbered, numbers, strict=True)):
        if said == expected:
            continue
        place = f"receipt {at} ({receipts[at].transaction_hash})"
        if expected in numbers:
            return f"log {said} of {place} stands where log {expected} belongs"
        return f"log {expected} is missing before log {said} of {place}, at {log.address}"
    return None


def _numbered(receipts: Sequence[ReceiptAnswer]) -> Iterator[tuple[int, LogAnswer]]:
    """Each log of the block with the position of its receipt."""
    return ((at, log) for at, receipt in enumerate(receipts) for log in receipt.logs)


def _gas(block: BlockAnswer, receipts: Sequence[ReceiptAnswer]) -> str | None:
    if number(block.gas_used) is None:
        return None
    steps = [int(receipt.cumulative_gas_used, 16) for receipt in receipts]
    used = next((step for step in reversed(steps) if step), 0)
    said = int(block.gas_used or "0x0", 16)
    return None if used == said else f"its receipts use {used} gas in all, its header says {said}"
