"""Blocks with their receipts, in whatever way a node gives receipts: by the block, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from ingest.blocks.answers import BlockAnswer, ReceiptAnswer
from ingest.blocks.apart import state_sync_hash
from ingest.blocks.trie import EMPTY_ROOT
from ingest.nodes.jsonrpc import Call, Reply

RECEIPTS_A_REQUEST = 100
"""Receipts asked for at once where a node gives them one by one."""

_NO_RECEIPTS = "0x" + EMPTY_ROOT.hex()

Ask = Callable[[Sequence[Call]], list[Reply]]
Pair = tuple[BlockAnswer | None, list[ReceiptAnswer] | None]


class BlockReader:
    """Asks one node for blocks. That it lacks `eth_getBlockReceipts` is found out once, and remembered."""

    def __init__(self, ask: Ask, block: Callable[[Reply], BlockAnswer | None],
                 receipts: Callable[[Reply], list[ReceiptAnswer] | None],
                 receipt: Callable[[Reply], ReceiptAnswer | None]) -> None:  # fmt: skip
        """`ask` brings replies; the others decode one, raising what a bad answer raises."""
        self._ask = ask
        self._block, self._receipts, self._receipt = block, receipts, receipt
        self.gives_block_receipts = True

    def read(self, numbers: Iterable[int]) -> list[Pair]:
        """Each block with its receipts; None for what the node does not have."""
        asked = [hex(number) for number in numbers]
        if not self.gives_block_receipts:
            replies = self._ask([("eth_getBlockByNumber", [number, True]) for number in asked])
            return [self._with_single_receipts(self._block(reply)) for reply in replies]
        calls: list[Call] = []
        for number in asked:
            calls += [("eth_getBlockByNumber", [number, True]), ("eth_getBlockReceipts", [number])]
        replies = self._ask(calls)
        return [self._pair(*both) for both in zip(replies[::2], replies[1::2], strict=True)]

    def _pair(self, block_reply: Reply, receipts_reply: Reply) -> Pair:
        block = self._block(block_reply)
        error = receipts_reply.error
        if error is not None and error.lacks_method and not error.is_too_large:
            self.gives_block_receipts = False
        if block is not None and _needs_none(block) and (error is not None or receipts_reply.is_null):
            return block, []
        if error is None or not (error.lacks_method or error.is_too_large):
            return block, self._with_last(block, self._receipts(receipts_reply))
        return self._with_single_receipts(block)

    def _with_last(
        self, block: BlockAnswer | None, receipts: list[ReceiptAnswer] | None
    ) -> list[ReceiptAnswer] | None:
        """The receipts, with that of the last transaction where nothing but that is missing: some nodes of
        Polygon give what is under no root one by one only.
        """
        if block is None or receipts is None or len(receipts) + 1 != len(block.transactions):
            return receipts
        reply = self._ask([("eth_getTransactionReceipt", [block.transactions[-1].hash])])[0]
        last = None if reply.error is not None else self._receipt(reply)
        return receipts if last is None else [*receipts, last]

    def _with_single_receipts(self, block: BlockAnswer | None) -> Pair:
        if block is None:
            return None, None
        hashes = iter([transaction.hash for transaction in block.transactions])
        receipts: list[ReceiptAnswer] = []
        while some := list(islice(hashes, RECEIPTS_A_REQUEST)):
            replies = self._ask([("eth_getTransactionReceipt", [one]) for one in some])
            for reply in replies:
                receipt = self._receipt(reply)
                if receipt is not None:
                    receipts.append(receipt)
                elif len(receipts) + 1 != len(block.transactions) or not _ends_in_state_sync(block):
                    return block, None
        return block, receipts


def _needs_none(block: BlockAnswer) -> bool:
    """Whether a block has no receipts, by its header: nobody needs to be asked for them."""
    return not block.transactions and block.receipts_root.lower() == _NO_RECEIPTS


def _ends_in_state_sync(block: BlockAnswer) -> bool:
    return block.transactions[-1].hash.lower() == state_sync_hash(block)
