"""Blocks with their receipts, in whatever way a node gives receipts: by the block, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Literal

from ingest.blocks.answers import BlockAnswer, ReceiptAnswer
from ingest.blocks.apart import state_sync_hash
from ingest.blocks.trie import EMPTY_ROOT
from ingest.nodes.jsonrpc import Call, Reply
from ingest.nodes.refusals import RpcError

RECEIPTS_A_REQUEST = 100
"""Receipts asked for at once where a node gives them one by one."""

_NO_RECEIPTS = "0x" + EMPTY_ROOT.hex()

Ask = Callable[[Sequence[Call]], list[Reply]]
Pair = tuple[BlockAnswer | None, list[ReceiptAnswer] | None]
Form = Literal["number", "hash", "object"]
"""How a block is named that receipts are asked of: most nodes take its number, which needs no answer before
it; some take its hash only, as a word (EIP-234) or in an object (EIP-1898).
"""

_FORMS: tuple[Form, ...] = ("number", "hash", "object")


class BlockReader:
    """Asks one node for blocks. How it takes `eth_getBlockReceipts`, and whether it has it at all, is found
    out once, and remembered.
    """

    def __init__(self, ask: Ask, block: Callable[[Reply], BlockAnswer | None],
                 receipts: Callable[[Reply], list[ReceiptAnswer] | None],
                 receipt: Callable[[Reply], ReceiptAnswer | None]) -> None:  # fmt: skip
        """`ask` brings replies; the others decode one, raising what a bad answer raises."""
        self._ask = ask
        self._block, self._receipts, self._receipt = block, receipts, receipt
        self._form: Form | None = "number"

    def read(self, numbers: Iterable[int]) -> list[Pair]:
        """Each block with its receipts; None for what the node does not have."""
        asked = [hex(number) for number in numbers]
        if self._form == "number":
            calls: list[Call] = []
            for number in asked:
                calls += [("eth_getBlockByNumber", [number, True]), ("eth_getBlockReceipts", [number])]
            replies = self._ask(calls)
            both = zip(map(self._block, replies[::2]), replies[1::2], strict=True)
            return [self._pair(block, reply, "number") for block, reply in both]
        replies = self._ask([("eth_getBlockByNumber", [number, True]) for number in asked])
        return [self._with_receipts(self._block(reply)) for reply in replies]

    def _with_receipts(self, block: BlockAnswer | None) -> Pair:
        """A block with its receipts, asked by what is known of it now."""
        if block is None or _needs_none(block):
            return block, None if block is None else []
        form = self._form
        if form is None:
            return self._with_single_receipts(block)
        (reply,) = self._ask([("eth_getBlockReceipts", [_named(block, form)])])
        return self._pair(block, reply, form)

    def _pair(self, block: BlockAnswer | None, reply: Reply, form: Form) -> Pair:
        """A block with the receipts in `reply`, or asked for in another way where it has none."""
        error = reply.error
        if block is None:
            return None, None
        if error is not None and not error.is_too_large and form == self._form:
            self._form = _next_form(form, error)
        if _needs_none(block):
            return block, []
        if error is not None and self._form not in (form, None) and not error.is_too_large:
            return self._with_receipts(block)
        if error is not None or (reply.is_null and block.transactions):
            return self._with_single_receipts(block)
        return block, self._completed(block, self._receipts(reply))

    def _completed(
        self, block: BlockAnswer, receipts: list[ReceiptAnswer] | None
    ) -> list[ReceiptAnswer] | None:
        """The receipts, with those that are missing asked for by their transactions: some nodes give one that
        is under no root in that way only, or lose some of a block. None where it has none yet.
        """
        if receipts is None or len(receipts) >= len(block.transactions):
            return receipts
        named = {(receipt.transaction_hash or "").lower(): receipt for receipt in receipts}
        names = [transaction.hash.lower() for transaction in block.transactions]
        missing = [name for name in names if name not in named]
        if len(receipts) + len(missing) != len(names):
            return receipts
        replies = self._ask([("eth_getTransactionReceipt", [name]) for name in missing])
        found = [None if reply.error is not None else self._receipt(reply) for reply in replies]
        named.update((name, one) for name, one in zip(missing, found, strict=True) if one is not None)
        return [named[name] for name in names] if None not in found else receipts or None

    def _with_single_receipts(self, block: BlockAnswer) -> Pair:
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


def with_transactions(plain: Any) -> Any:
    """A block as plain JSON; null in place of its transactions is none, where its header says so."""
    if isinstance(plain, dict) and str(plain.get("receiptsRoot")).lower() == _NO_RECEIPTS:
        return {"transactions": [], **plain}
    return plain


def _needs_none(block: BlockAnswer) -> bool:
    """Whether a block has no receipts, by its header: nobody needs to be asked for them."""
    return not block.transactions and block.receipts_root.lower() == _NO_RECEIPTS


def _ends_in_state_sync(block: BlockAnswer) -> bool:
    return block.transactions[-1].hash.lower() == state_sync_hash(block)


def _named(block: BlockAnswer, form: Form) -> str | dict[str, str]:
    if form == "object":
        return {"blockHash": block.hash}
    return block.number if form == "number" else block.hash


def _next_form(form: Form, error: RpcError) -> Form | None:
    """How to ask from now on, after an error to one way of asking; None: for each receipt alone."""
    if error.lacks_parameter:
        return (*_FORMS, None)[_FORMS.index(form) + 1]
    return None if error.lacks_method else form
