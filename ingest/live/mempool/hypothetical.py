"""Outcomes of a simulation as the batch of one block that does not exist: rows like any block's, unproved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from ingest.blocks.answers import Answer, BlockAnswer, ReceiptAnswer
from ingest.blocks.frames import batch as batch_of
from ingest.blocks.traces import frame
from ingest.facts.codes import CodeReader
from ingest.facts.tokens import MetadataReader
from ingest.facts.wrapped import WrappedReader
from ingest.live.mempool.outcome import Head, Outcome
from ingest.model.batch import Batch
from ingest.nodes import Node

MOST_REMEMBERED = 20_000
"""Answers of contracts that are not asked for again; the oldest are forgotten first."""


def hypothetical(chain_id: int, head: Head, outcomes: Sequence[Outcome]) -> Batch:
    """One block after `head` with these transactions, without facts. Its hash is no block's: it is made of
    what is in it. Raises ValueError where a log holds no hex.
    """
    answer = Answer(_block(chain_id, head, outcomes), [_receipt(*each) for each in _sums(outcomes)])
    batch = batch_of(chain_id, [answer], ["none"])
    calls = [(head.number + 1, replace(c, position=at)) for at, o in enumerate(outcomes) for c in o.calls]
    if not calls:
        return batch
    return batch.with_facts(traces=frame(batch.blocks, batch.transactions, calls))


def block_hash(chain_id: int, head: Head, outcomes: Sequence[Outcome]) -> str:
    """32 bytes as 0x-hex: SHA-256 of head and transactions, under a name of ours."""
    named = [f"undertow pending {chain_id}", head.hash, *(each.sent.hash for each in outcomes)]
    return "0x" + hashlib.sha256("\n".join(named).encode()).hexdigest()


def _block(chain_id: int, head: Head, outcomes: Sequence[Outcome]) -> BlockAnswer:
    return BlockAnswer(
        number=hex(head.number + 1),
        hash=block_hash(chain_id, head, outcomes),
        parent_hash=head.hash,
        timestamp=hex(head.next_time),
        gas_limit=hex(head.gas_limit),
        gas_used=hex(sum(each.gas_used for each in outcomes)),
        base_fee_per_gas=hex(head.base_fee),
        transactions=[each.sent.answer for each in outcomes],
    )


def _sums(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, int]]:
    used = 0
    return [(each, used := used + each.gas_used) for each in outcomes]


def _receipt(outcome: Outcome, used_so_far: int) -> ReceiptAnswer:
    return ReceiptAnswer(
        cumulative_gas_used=hex(used_so_far),
        logs=list(outcome.logs),
        transaction_hash=outcome.sent.hash,
        status="0x1" if outcome.ok else "0x0",
        contract_address=outcome.created,
        type=hex(outcome.sent.type),
    )


class PendingFacts:
    """What becomes known with a hypothetical block: of contracts that stand, as they are at its head; of
    those that it would create, what the simulation put there. Each block tells all of it: it is undone.
    """

    def __init__(self, node: Node, wrapped: frozenset[bytes]) -> None:
        self._node, self._wrapped = node, wrapped
        self._answers: dict[tuple[bytes, bytes], bytes | None] = {}
        self._codes: dict[bytes, bytes | None] = {}

    def complete(self, batch: Batch, head: Head, outcomes: Sequence[Outcome]) -> Batch:
        """Raises NodeUnreachable, NodeMisbehaved."""
        at = bytes.fromhex(head.hash[2:])
        made = {bytes.fromhex(o.created[2:]): o.code for o in outcomes if o.created is not None}

        def call(asked: Sequence[tuple[bytes, bytes]], _: bytes) -> list[bytes | None]:
            return self._called(asked, at, made)

        def codes(asked: Sequence[bytes], _: bytes) -> list[bytes | None]:
            return [made[one] if one in made else self._code(one, at) for one in asked]

        wrapped = WrappedReader(call, codes, self._wrapped)
        batch = batch.with_facts(wrapped_natives=wrapped.facts(batch))
        return batch.with_facts(
            token_metadata=MetadataReader(call).facts(batch), codes=CodeReader(codes).facts(batch)
        )

    def _called(
        self, asked: Sequence[tuple[bytes, bytes]], at: bytes, made: dict[bytes, bytes | None]
    ) -> list[bytes | None]:
        """A contract that does not stand yet says nothing."""
        new = [one for one in dict.fromkeys(asked) if one not in self._answers and one[0] not in made]
        if new:
            self._answers |= zip(new, self._node.call(new, at), strict=True)
        answers = [None if one[0] in made else self._answers[one] for one in asked]
        _forget(self._answers)
        return answers

    def _code(self, address: bytes, at: bytes) -> bytes | None:
        if address not in self._codes:
            self._codes[address] = self._node.codes([address], at)[0]
        code = self._codes[address]
        _forget(self._codes)
        return code


def _forget(kept: dict) -> None:  # type: ignore[type-arg]
    for key in list(kept)[: max(0, len(kept) - MOST_REMEMBERED)]:
        del kept[key]
