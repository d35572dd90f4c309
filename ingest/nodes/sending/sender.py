"""Brings transactions of one key onto a chain, each once: through kills, stuck fees and reorganisations.

A transaction is on disk before it is sent, and everything that is sent for one purpose has one nonce, so at
most one of it can ever count. It is settled when it lies `depth` blocks deep; until then it is sent again
wherever the chain has lost it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ingest.model.errors import BadInput
from ingest.nodes.sending.journal import Entry, Journal, Try
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.speaking import Receipt, Refused, Speaker

GWEI = 10**9
_LEAST_TIP = GWEI // 10
_GAS_MARGIN = 120
"""Hundredths of what a node estimates."""

Stage = Literal["waiting", "mined", "settled", "failed", "displaced"]
"""`failed`: settled, but reverted. `displaced`: its nonce was used by something else."""


class CannotPay(BadInput):
    """The account has less than a transaction may take."""


@dataclass(frozen=True, slots=True)
class Fees:
    """Bounds on what is bid: wei a unit of gas at most, and after how many blocks more is bid, by how many
    hundredths (nodes want ten for a replacement).
    """

    most: int = 500 * GWEI
    patience: int = 5
    raise_by: int = 25


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done once, by the name of its purpose. `to` None deploys; `gas` None: estimated."""

    purpose: str
    to: str | None
    data: str
    value: int = 0
    gas: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the transaction of a purpose stands. `hash` is the one that counts, or the last that was sent."""

    purpose: str
    stage: Stage
    hash: str
    bids: int
    block: int | None = None
    created: str | None = None


class Sender:
    """One key on one chain. Raises as its node does (see `Speaker`)."""

    def __init__(
        self, node: Speaker, key: SigningKey, journal: Journal, depth: int = 12, fees: Fees | None = None
    ) -> None:
        self._node = node
        self._key = key
        self._journal = journal
        self._depth = depth
        self._fees = fees or Fees()
        self.address = key.address
        self.chain_id = node.chain_id()

    def send(self, wanted: Wanted) -> None:
        """Signs, notes and sends; nothing where what was sent for the purpose may still count. Raises Refused
        where the node says beforehand that it would fail, CannotPay where the account cannot.
        """
        asked = [each for each in self._journal.entries() if each.purpose == wanted.purpose]
        if any(self._may_count(each, wanted) for each in asked):
            return
        gas = wanted.gas or self._estimated(wanted)
        last = max((entry.nonce for entry in self._journal.open()), default=-1)
        nonce = max(self._node.nonce(self._key.address, "pending"), last + 1)
        entry = Entry(wanted.purpose, nonce, wanted.to or "", wanted.data, wanted.value, gas, ())
        tip, max_fee = self._market()
        self._check_balance(gas * max_fee + wanted.value)
        entry = self._signed(entry, tip, max_fee)
        self._journal.put(entry)
        self._broadcast(entry)

    def look(self) -> list[Outcome]:
        """Sees to everything that may still stand, in the order of nonces; what became of what was open."""
        entries = self._journal.entries()
        if not entries:
            return []
        head = self._node.head()
        used = self._node.nonce(self._key.address)
        for entry in entries:
            if entry.settled and entry.nonce >= used:  # a reorganisation deeper than `depth`
                self._journal.put(msgspec.structs.replace(entry, settled=False))
        return [self._seen_to(entry, head, used) for entry in self._journal.open()]

    def standing(self, purpose: str) -> Outcome | None:
        """Where the last transaction of a purpose stands, settled or not; None where none was sent."""
        found = [entry for entry in self._journal.entries() if entry.purpose == purpose]
        if not found:
            return None
        entry = found[-1]
        for each in reversed(entry.tries):
            receipt = self._node.receipt(each.hash)
            if receipt is not None:
                return self._in_block(entry, each, receipt, entry.settled)
        return self._outcome(entry, "waiting", entry.tries[-1])

    def waits(self) -> bool:
        """Whether something that was sent is not settled."""
        return bool(self._journal.open())

    def _may_count(self, entry: Entry, wanted: Wanted) -> bool:
        """Of what was settled at the same address: unless it failed, or its nonce is used by something else.
        A reorganisation may have dropped it since it was looked at: it is sent again under its own nonce.
        """
        if not entry.settled:
            return True
        if entry.to != (wanted.to or ""):
            return False
        receipt = self._node.receipt(entry.tries[-1].hash)
        return receipt.ok if receipt is not None else not self._is_passed_by(entry, self._node.head())

    def _is_passed_by(self, entry: Entry, head: int) -> bool:
        return self._node.nonce(self._key.address, max(0, head - self._depth + 1)) > entry.nonce

    def _seen_to(self, entry: Entry, head: int, used: int) -> Outcome:
        for each in reversed(entry.tries):
            receipt = self._node.receipt(each.hash)
            if receipt is not None:
                return self._mined(entry, each, receipt, head)
        if used > entry.nonce:
            return self._passed_by(entry, head)
        last = entry.tries[-1]
        if head - min(last.at_block, head) >= self._fees.patience:
            entry = self._outbid(entry, head)
        if not self._node.knows(entry.tries[-1].hash):
            self._broadcast(entry)
        return self._outcome(entry, "waiting", entry.tries[-1])

    def _mined(self, entry: Entry, counts: Try, receipt: Receipt, head: int) -> Outcome:
        deep = head - receipt.block + 1 >= self._depth
        if deep:
            self._journal.put(msgspec.structs.replace(entry, tries=(counts,), settled=True))
        return self._in_block(entry, counts, receipt, deep)

    def _passed_by(self, entry: Entry, head: int) -> Outcome:
        """The nonce is used, and not by a try of ours: by somebody else with the same key, for good once that
        is deep. A node that is between two blocks may look so for a moment.
        """
        deep = self._is_passed_by(entry, head)
        if deep:
            self._journal.drop(entry)
        return self._outcome(entry, "displaced" if deep else "waiting", entry.tries[-1])

    def _outbid(self, entry: Entry, head: int) -> Entry:
        """With a higher fee under the same nonce, as far as the bounds allow."""
        last = entry.tries[-1]
        market_tip, market_fee = self._market()
        factor = 100 + self._fees.raise_by
        tip = max(market_tip, -(-last.tip * factor // 100))
        max_fee = max(market_fee, -(-last.max_fee * factor // 100))
        if max_fee > self._fees.most:
            return entry
        entry = self._signed(entry, min(tip, max_fee), max_fee, head)
        self._journal.put(entry)
        self._broadcast(entry)
        return entry

    def _signed(self, entry: Entry, tip: int, max_fee: int, head: int | None = None) -> Entry:
        fields = {
            "type": 2, "chainId": self.chain_id, "nonce": entry.nonce, "value": entry.value,
            "data": entry.data, "gas": entry.gas, "maxFeePerGas": max_fee, "maxPriorityFeePerGas": tip,
        }  # fmt: skip
        if entry.to:
            from eth_utils.address import to_checksum_address

            fields["to"] = to_checksum_address(entry.to)
        hashed, raw = self._key.signed(fields)
        height = self._node.head() if head is None else head
        return msgspec.structs.replace(entry, tries=(*entry.tries, Try(hashed, max_fee, tip, height, raw)))

    def _broadcast(self, entry: Entry) -> None:
        """What a node says against it shows the next time it is looked at: one that has it already, or has
        another try of it in a block, refuses too.
        """
        try:
            self._node.ask("eth_sendRawTransaction", entry.tries[-1].raw)
        except Refused:
            return

    def _market(self) -> tuple[int, int]:
        """(tip, most) in wei a unit of gas: twice the base fee leaves room for five full blocks."""
        try:
            tip = self._node.number("eth_maxPriorityFeePerGas")
        except Refused:
            tip = GWEI
        tip = min(max(tip, _LEAST_TIP), self._fees.most)
        return tip, max(tip, min(2 * self._node.base_fee() + tip, self._fees.most))

    def _estimated(self, wanted: Wanted) -> int:
        asked = {"from": self._key.address, "data": wanted.data, "value": hex(wanted.value)}
        if wanted.to is not None:
            asked["to"] = wanted.to
        return self._node.number("eth_estimateGas", asked, "pending") * _GAS_MARGIN // 100

    def _check_balance(self, wei: int) -> None:
        has = self._node.number("eth_getBalance", self._key.address, "latest")
        if has < wei:
            raise CannotPay(
                f"{self._key.address} has {has} wei on chain {self.chain_id}, and a transaction may take "
                f"{wei}: send it some"
            )

    def _in_block(self, entry: Entry, counts: Try, receipt: Receipt, deep: bool) -> Outcome:
        stage: Stage = ("settled" if receipt.ok else "failed") if deep else "mined"
        created = receipt.created if receipt.ok else None
        return self._outcome(entry, stage, counts, receipt.block, created)

    @staticmethod
    def _outcome(
        entry: Entry, stage: Stage, counts: Try, block: int | None = None, created: str | None = None
    ) -> Outcome:
        return Outcome(entry.purpose, stage, counts.hash, len(entry.tries), block, created)


@contextmanager
def sender_with_journal(
    node: Speaker, key: SigningKey, folder: Path, depth: int, most_gwei: int
) -> Iterator[Sender]:
    """Who sends, with its journal in `folder`: one file for each chain and key."""
    chain_id = node.chain_id()
    with Journal(folder / f"sent-{chain_id}-{key.address}.json", chain_id, key.address) as journal:
        yield Sender(node, key, journal, depth, Fees(most=most_gwei * GWEI))
