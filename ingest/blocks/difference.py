"""Says what differs in an answer that does not hold: a root alone tells that something is wrong, not what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from ingest.blocks.answers import Answer, LogAnswer


def difference(answer: Answer, blooms: Sequence[int]) -> list[str]:
    """What can be told from the numbers of the logs, the blooms and the gas; empty where they agree.

    `blooms` are those of the receipts as their logs make them.
    """
    found = (_log_numbers(answer), bloom_difference(answer, blooms), _gas(answer))
    return [what for what in found if what is not None]


def bloom_difference(answer: Answer, blooms: Sequence[int]) -> str | None:
    """Where a bloom that was given is not that of the logs; None where all are, or none is given."""
    for at, (receipt, bloom) in enumerate(zip(answer.receipts, blooms, strict=True)):
        if receipt.logs_bloom is not None and int(receipt.logs_bloom, 16) != bloom:
            return f"the logs of receipt {at} ({receipt.transaction_hash}) are not those of its bloom"
    if answer.block.logs_bloom is None:
        return None
    given, made = int(answer.block.logs_bloom, 16), reduce(or_, blooms, 0)
    if given == made:
        return None
    if not made & ~given:
        return "the header's bloom holds more than its logs: one is missing or altered"
    return "its logs hold what the header's bloom does not: one is altered or of another block"


def _log_numbers(answer: Answer) -> str | None:
    """The first log that is not where its own number says; None where numbers run on, or are not given."""
    numbered = list(_numbered(answer))
    if not numbered or any(log.log_index is None for _, log in numbered):
        return None
    numbers = [int(log.log_index or "0x0", 16) for _, log in numbered]
    for expected, ((at, log), number) in enumerate(zip(numbered, numbers, strict=True)):
        if number == expected:
            continue
        place = f"receipt {at} ({answer.receipts[at].transaction_hash})"
        if expected in numbers:
            return f"log {number} of {place} stands where log {expected} belongs"
        return f"log {expected} is missing before log {number} of {place}, at {log.address}"
    return None


def _numbered(answer: Answer) -> Iterator[tuple[int, LogAnswer]]:
    """Each log of the block with the position of its receipt."""
    return ((at, log) for at, receipt in enumerate(answer.receipts) for log in receipt.logs)


def _gas(answer: Answer) -> str | None:
    used = int(answer.receipts[-1].cumulative_gas_used, 16) if answer.receipts else 0
    said = int(answer.block.gas_used, 16)
    return None if used == said else f"its receipts use {used} gas in all, its header says {said}"
