"""What a node answers, typed: JSON of blocks, transactions, receipts and logs, with hex left as it came.

What no proof and no reader needs may be missing: nodes of other chains leave out, or call otherwise, what
Ethereum's have. A value that is there as null counts as missing, and "" and "0x" as empty: see `given`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Apart = Literal["state-sync", "block"]
"""What a receipt is of that is of no transaction: Polygon's state sync, or the block itself (Celo)."""

_EMPTY = ("", "0x", "0x0")
_ROOT_DIGITS = 2 + 2 * 32

NO_ROOT = "0x" + "00" * 32
"""What stands for the receipts root of a header that has none."""


class LogAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    address: str
    topics: list[str] = []
    data: str = "0x"
    log_index: str | None = None


class ReceiptAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True, kw_only=True):
    """A receipt. The fields of single chains count where that chain's receipts are hashed with them; what a
    transaction used itself only where the sums are missing, or wrong.
    """

    cumulative_gas_used: str = ""
    gas_used: str | None = None
    logs: list[LogAnswer] = []
    block_hash: str | None = None
    transaction_hash: str | None = None
    transaction_index: str | None = None
    type: str | None = None
    status: str | None = None
    root: str | None = None
    logs_bloom: str | None = None
    contract_address: str | None = None
    effective_gas_price: str | None = None
    deposit_nonce: str | None = None
    deposit_receipt_version: str | None = None
    base_fee: str | None = None

    @property
    def state_root(self) -> bytes | None:
        """The root that a receipt held before Byzantium (EIP-658); None where it holds a status."""
        root = given(self.root)
        return None if root is None or len(root) != _ROOT_DIGITS or not int(root, 16) else unhex(root)

    @property
    def outcome(self) -> str | None:
        """The status, where the receipt holds one: beside a state root it is the node's word only."""
        return number(self.status) if self.state_root is None else None


class AccessAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    address: str
    storage_keys: list[str] = []


class AuthorizationAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    chain_id: str | None = None
    address: str | None = None
    nonce: str | None = None
    r: str | None = None
    s: str | None = None
    y_parity: str | None = None
    v: str | None = None


class TransactionAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True, kw_only=True):
    """A transaction. Some nodes say `data` for `input`, or `gasLimit` for `gas`."""

    hash: str
    sender: str = msgspec.field(name="from")
    value: str
    to: str | None = None
    nonce: str | None = None
    type: str | None = None
    gas: str | None = None
    gas_limit: str | None = None
    input: str | None = None
    data: str | None = None
    chain_id: str | None = None
    gas_price: str | None = None
    max_fee_per_gas: str | None = None
    max_priority_fee_per_gas: str | None = None
    max_fee_per_blob_gas: str | None = None
    blob_versioned_hashes: list[str] | None = None
    access_list: list[AccessAnswer] | None = None
    authorization_list: list[AuthorizationAnswer] | None = None
    y_parity: str | None = None
    v: str | None = None
    r: str | None = None
    s: str | None = None
    source_hash: str | None = None
    mint: str | None = None
    is_system_tx: bool | None = None
    eth_compatible: bool | None = None
    fee_currency: str | None = None
    eth_value: str | None = None

    @property
    def call_data(self) -> str | None:
        return self.data if given(self.input) is None and self.data is not None else self.input

    @property
    def most_gas(self) -> str | None:
        return self.gas_limit if self.gas is None else self.gas

    @property
    def is_foreign(self) -> bool:
        """Whether it has fields that Celo before its L2, or Mantle, adds to the encoding of known types."""
        is_celos = self.eth_compatible is False or given(self.fee_currency) is not None
        return is_celos or self.eth_value is not None


class HeaderAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True, kw_only=True):
    """A header. Fields that its hash is over and that an archive, or the chain itself, lacks are null. What
    single chains have may be anything under the same name elsewhere: see `header_fields`.
    """

    number: str
    hash: str
    parent_hash: str
    timestamp: str
    receipts_root: str = NO_ROOT
    state_root: str | None = None
    transactions_root: str | None = None
    miner: str | None = None
    author: str | None = None
    gas_limit: str | None = None
    gas_used: str | None = None
    sha3_uncles: str | None = None
    logs_bloom: str | None = None
    difficulty: str | None = None
    extra_data: str | None = None
    mix_hash: str | None = None
    nonce: str | None = None
    base_fee_per_gas: str | None = None
    withdrawals_root: str | None = None
    blob_gas_used: str | None = None
    excess_blob_gas: str | None = None
    parent_beacon_block_root: str | None = None
    requests_hash: str | None = None
    block_access_list_hash: Any = None
    slot_number: Any = None
    parent_proposer_pubkey: Any = None
    validators: Any = None
    validator: Any = None
    penalties: Any = None
    ext_data_hash: Any = None
    ext_data_gas_used: Any = None
    block_gas_cost: Any = None
    timestamp_milliseconds: Any = None
    min_delay_excess: Any = None
    step: Any = None
    signature: Any = None
    aura_step: Any = None
    aura_seal: Any = None

    @property
    def height(self) -> int:
        return int(self.number, 16)

    @property
    def id(self) -> bytes:
        """The block's hash, as the node says."""
        return unhex(self.hash)

    @property
    def parent(self) -> bytes:
        return unhex(self.parent_hash)

    @property
    def fee_recipient(self) -> str | None:
        return given(self.miner) or given(self.author)


class BlockAnswer(HeaderAnswer, rename="camel", gc=False, frozen=True, kw_only=True):
    transactions: list[TransactionAnswer]


@dataclass(frozen=True, slots=True)
class Answer:
    """One block and its receipts, as one node gave them; `source` names it, redacted.

    `apart` says what the last transaction and receipt are, where they are of no transaction: see
    `ingest.blocks.apart`.
    """

    block: BlockAnswer
    receipts: list[ReceiptAnswer]
    source: str = ""
    apart: Apart | None = None


def given(text: str | None) -> str | None:
    """`text`; None where it is one of the ways in which nodes write that there is nothing."""
    return None if text is None or text in _EMPTY else text


def number(text: str | None) -> str | None:
    """A number's hex; None where nothing is written in its place."""
    return None if text is None or text in ("", "0x") else text


def unhex(text: str) -> bytes:
    """Bytes of 0x-hex. Raises ValueError where it is none."""
    return bytes.fromhex(text[2:])
