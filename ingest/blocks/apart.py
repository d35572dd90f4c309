"""Tells a block's receipts apart: those of its transactions, and the one that is of none.

Two chains have such a one. Polygon writes down what comes from Ethereum (state sync) in a receipt that is
under no root: nothing but the node's word speaks for it. Celo, before it became a layer 2, had one for what
the block itself did, and that is under the receipts root like the others. Either gets a row of its own among
the transactions, made here and marked, so that each log has the row that it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from ingest.blocks.answers import (
    Answer,
    Apart,
    BlockAnswer,
    ReceiptAnswer,
    TransactionAnswer,
    number,
    unhex,
)
from ingest.blocks.header_rules import plain_hash
from ingest.blocks.receipts import receipts_root
from ingest.blocks.trie import keccak
from ingest.schema.natives import NATIVE_COINS

STATE_SYNC_CHAINS = frozenset({137, 80001, 80002})
"""Polygon and its test networks. No other known chain's node may add a receipt that nothing proves; of a
chain that nobody knows here, one whose blocks are sealed as Polygon's client seals them.
"""

_WITHOUT_STATE_SYNC = NATIVE_COINS.keys() - STATE_SYNC_CHAINS - {1337, 31337}
"""Known chains; the last two ids are anybody's, for chains of their own."""

_SEALED_DIGITS = 2 + 2 * (32 + 65)
"""The least extra data of a block that one authority sealed: anything of 32 bytes, and a signature."""

_NOBODY = "0x" + "00" * 20


class Unpaired(ValueError):
    """An answer whose transactions cannot be told their receipts."""


def told_apart(answer: Answer, chain_id: int | None) -> Answer:
    """`answer` with a receipt for each of its transactions, a row made for the receipt that is of none.

    Raises Unpaired where that cannot be, whatever may go unproved.
    """
    block, receipts = answer.block, answer.receipts
    if _may_sync_state(block, chain_id) and (synced := _with_state_sync(answer)) is not None:
        return synced
    if len(receipts) == len(block.transactions) + 1 and _is_of_the_block(receipts, block):
        return _with_row(answer, block.transactions, receipts[:-1], receipts[-1], "block")
    if len(receipts) != len(block.transactions):
        raise Unpaired(f"{len(block.transactions)} transactions and {len(receipts)} receipts")
    return _typed(answer) if any(receipt.type is None for receipt in receipts) else answer


def _typed(answer: Answer) -> Answer:
    """Receipts are hashed behind their type: where a node leaves it out, it is their transactions'."""
    both = zip(answer.block.transactions, answer.receipts, strict=True)
    receipts = [
        receipt if receipt.type is not None else msgspec.structs.replace(receipt, type=transaction.type)
        for transaction, receipt in both
    ]
    return replace(answer, receipts=receipts)


def state_sync_hash(block: BlockAnswer) -> str:
    """The hash that Polygon's nodes give to the state sync of a block."""
    return "0x" + keccak(b"matic-bor-receipt-" + block.height.to_bytes(8, "big") + block.id).hex()


def _may_sync_state(block: BlockAnswer, chain_id: int | None) -> bool:
    """Whether a chain may have state sync: by its id, or since its header, which is whole and under its hash,
    is that of a chain of authorities. Ethereum's headers have no difficulty and no room for a seal.
    """
    if chain_id in STATE_SYNC_CHAINS:
        return True
    if len(block.extra_data or "") < _SEALED_DIGITS or not (block.difficulty or "0x0").strip("0x"):
        return False
    is_known = chain_id is None or chain_id in _WITHOUT_STATE_SYNC
    return not is_known and plain_hash(block) == block.hash


def lacks_receipt(answer: Answer) -> bool:
    """Whether a state sync is told of whose receipt, and with it every log, is missing."""
    return answer.apart == "state-sync" and answer.receipts[-1].status is None


def _with_state_sync(answer: Answer) -> Answer | None:
    """None where the block has no state sync, or has it among its transactions and under its roots, as since
    the Madhugiri hard fork.
    """
    made, sent, receipts = state_sync_hash(answer.block), answer.block.transactions, answer.receipts
    is_sent = bool(sent) and sent[-1].hash.lower() == made
    is_told = bool(receipts) and (receipts[-1].transaction_hash or "").lower() == made
    if not is_sent and not is_told:
        return None
    if is_sent and is_told and _hashes_to_its_root(answer):
        return None
    others, others_receipts = sent[: len(sent) - is_sent], receipts[: len(receipts) - is_told]
    if len(others) != len(others_receipts):
        raise Unpaired(
            f"{len(others)} transactions and {len(others_receipts)} receipts beside its state sync"
        )
    told = receipts[-1] if is_told else ReceiptAnswer(cumulative_gas_used="0x0", transaction_hash=made)
    return _with_row(answer, others, others_receipts, told, "state-sync")


def _hashes_to_its_root(answer: Answer) -> bool:
    try:
        return receipts_root(answer.receipts) == unhex(answer.block.receipts_root)
    except (ValueError, OverflowError):
        return False


def _is_of_the_block(receipts: Sequence[ReceiptAnswer], block: BlockAnswer) -> bool:
    """A transaction's receipt cannot pass for one, for which a transaction would be left out: each uses gas,
    and how much is under the root. Nodes give it the block's hash for a name, or none: then it is of no type,
    as transactions that use no gas are on other chains.
    """
    last = receipts[-1]
    before = int(receipts[-2].cumulative_gas_used, 16) if len(receipts) > 1 else 0
    if int(last.cumulative_gas_used, 16) not in (0, before):
        return False
    name = (last.transaction_hash or "").lower()
    is_nameless = not name.strip("0x") and not int(number(last.type) or "0x0", 16)
    return is_nameless or name == block.hash.lower()


def _with_row(
    answer: Answer, sent: Sequence[TransactionAnswer], receipts: Sequence[ReceiptAnswer],
    last: ReceiptAnswer, apart: Apart,
) -> Answer:  # fmt: skip
    """What the node says of such a transaction, value and all, is not believed: only its logs count."""
    name = state_sync_hash(answer.block) if apart == "state-sync" else answer.block.hash
    row = TransactionAnswer(hash=name, sender=_NOBODY, value="0x0", to=_NOBODY, gas="0x0", input="0x")
    bare = msgspec.structs.replace(
        last, contract_address=None, effective_gas_price=None, transaction_hash=name
    )
    block = msgspec.structs.replace(answer.block, transactions=[*sent, row])
    return replace(answer, block=block, receipts=[*receipts, bare], apart=apart)
