"""What becomes known with a block and is not in it, told once: tokens' words, deployed code,
lists, and which contracts wrap the native coin.
"""

from __future__ import annotations

from ingest.facts.codes import Ask as AskCodes
from ingest.facts.codes import CodeReader
from ingest.facts.lists import KEPT_BLOCKS, ListBook
from ingest.facts.tokens import Ask as AskContracts
from ingest.facts.tokens import MetadataReader
from ingest.facts.wrapped import WrappedReader
from ingest.model.batch import Batch


class FactReader:
    """Adds facts to batches, in the order of the stream. What was told follows the chain back."""

    def __init__(
        self,
        call: AskContracts,
        codes: AskCodes,
        lists: ListBook | None = None,
        wrapped: frozenset[bytes] = frozenset(),
    ) -> None:
        """`call` and `codes` ask a node; without `lists` none are told; `wrapped` coins need not be asked."""
        self._metadata = MetadataReader(call)
        self._codes = CodeReader(codes)
        self._wrapped = WrappedReader(call, codes, wrapped)
        self._lists = lists

    def complete(self, batch: Batch) -> Batch:
        """`batch` with what becomes known with its blocks; lists from its first block on. Wrapped coins come
        first: they decide what is a transfer, and so which tokens are new.

        Raises NodeUnreachable where the node gives no answer. Nothing is remembered until `remember`.
        """
        batch = batch.with_facts(wrapped_natives=self._wrapped.facts(batch))
        known = {"token_metadata": self._metadata.facts(batch), "codes": self._codes.facts(batch)}
        if self._lists is not None:
            known["lists"] = self._lists.facts(batch.chain_id, batch.first)
        return batch.with_facts(**known)

    def remember(self, batch: Batch) -> None:
        """The facts of `batch` are in the log now."""
        self._metadata.remember(batch.token_metadata)
        self._codes.remember(batch.codes)
        self._wrapped.remember()
        if self._lists is not None:
            self._lists.remember(batch.lists)
            self._lists.forget(batch.last - KEPT_BLOCKS)

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain, and the facts in them."""
        self._metadata.roll_back(number)
        self._codes.roll_back(number)
        self._wrapped.roll_back(number)
        if self._lists is not None:
            self._lists.roll_back(number)
