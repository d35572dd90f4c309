"""Adds the calls inside transactions to batches, where somebody asked for them (`--traces`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.blocks.traces import Call, frame
from ingest.model.batch import Batch
from ingest.model.errors import NodeMisbehaved
from ingest.model.redact import shown

Ask = Callable[[Sequence[tuple[int, bytes]]], Sequence[Sequence[Call] | None]]
"""Asks for the calls in blocks, given by number and hash; None where the chain holds another block by now."""


def traced(batch: Batch, ask: Ask, source: str) -> Batch:
    """`batch` with the calls of its transactions. Traces are in no header: they rest on the node's word.

    Raises NodeMisbehaved where the node (`source`, redacted) tells of other transactions than the batch
    holds, NodeUnreachable where it gives no answer.
    """
    blocks = batch.blocks.select("block_number", "block_hash", "transaction_count").rows()
    asked = [(int(number), bytes(block_hash)) for number, block_hash, count in blocks if count]
    if not asked:
        return batch
    calls: list[tuple[int, Call]] = []
    for (number, _), found in zip(asked, ask(asked), strict=True):
        if found is None:
            raise NodeMisbehaved(f"the node at {source} changed its chain while block {number} was traced")
        calls += [(number, call) for call in found]
    try:
        return batch.with_facts(traces=frame(batch.blocks, batch.transactions, calls))
    except (ValueError, OverflowError, TypeError) as error:
        told = shown(str(error).split("\n", 1)[0])
        raise NodeMisbehaved(f"the node at {source} gave traces that are none: {told}") from error
