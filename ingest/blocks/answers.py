"""What a node answers, typed: JSON of blocks, transactions, receipts and logs, with hex left as it came."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class LogAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    address: str
    topics: list[str]
    data: str
    log_index: str | None = None


class ReceiptAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    block_hash: str
    transaction_hash: str
    transaction_index: str
    cumulative_gas_used: str
    logs: list[LogAnswer]
    type: str = "0x0"
    status: str | None = None
    root: str | None = None
    logs_bloom: str | None = None
    contract_address: str | None = None
    effective_gas_price: str | None = None


class AccessAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    address: str
    storage_keys: list[str] = []


class AuthorizationAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    chain_id: str
    address: str
    nonce: str
    r: str
    s: str
    y_parity: str | None = None
    v: str | None = None


class TransactionAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    hash: str
    sender: str = msgspec.field(name="from")
    to: str | None
    value: str
    nonce: str
    gas: str
    input: str
    type: str = "0x0"
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
    eth_value: str | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether a chain of its own kind adds fields to the encoding (Celo before its L2, Mantle)."""
        return self.eth_compatible is False or self.eth_value is not None


class HeaderAnswer(msgspec.Struct, rename="camel", gc=False, frozen=True):
    """A header. Fields that a proof needs and an archive may have dropped are null there."""

    number: str
    hash: str
    parent_hash: str
    state_root: str
    transactions_root: str
    receipts_root: str
    miner: str
    gas_limit: str
    gas_used: str
    timestamp: str
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


class BlockAnswer(HeaderAnswer, rename="camel", gc=False, frozen=True, kw_only=True):
    transactions: list[TransactionAnswer]


@dataclass(frozen=True, slots=True)
class Answer:
    """One block and the receipts of its transactions, as one node gave them; `source` names it, redacted."""

    block: BlockAnswer
    receipts: list[ReceiptAnswer]
    source: str = ""


def unhex(text: str) -> bytes:
    """Bytes of 0x-hex. Raises ValueError where it is none."""
    return bytes.fromhex(text[2:])
