"""Rows of an alert derived again from proved bytes, by the code that decodes anywhere; compared with what the
alert says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboard.outside.evidence.bundle import Fact
from dashboard.outside.evidence.claims import Standing
from detectors.alerts.alert import Evidence
from ingest import decode, schema
from ingest.blocks import rlp
from ingest.blocks.senders import sender_of
from ingest.blocks.trie import keccak
from ingest.blocks.unpacked import LogBytes, ReceiptBytes, SignedBytes

NOBODY = bytes(20)
NOT_PROVED = "whose transaction the receipt is of is stated"
UNSIGNED = "nobody signed the transaction: its name and its sender are stated"
_WRAPPED = "weth"
"""The one kind whose rows do not follow from bytes alone: that a Deposit moved a coin hangs on a fact too."""


@dataclass(frozen=True, slots=True)
class ProvedReceipt:
    """A receipt under its root. `transaction` and `envelope` are proved beside it where there is an envelope;
    else it is only said whose receipt it is.
    """

    block: int
    index: int
    first_log: int
    transaction: str
    receipt: ReceiptBytes
    signed: SignedBytes | None
    envelope: bytes | None


@dataclass(frozen=True, slots=True)
class Derived:
    """What became of a row: its standing with a note, or why it is wrong."""

    standing: Standing
    note: str = ""
    wrong: str | None = None


Key = tuple[str, int, int]
"""Transaction, number of the log (-1: native value), place inside of it."""


class Rows:
    """The transfers of proved receipts, decoded once."""

    def __init__(self, chain_id: int, proved: Sequence[ProvedReceipt], facts: Sequence[Fact]) -> None:
        self._proved = {(each.block, each.transaction): each for each in proved}
        self._unsigned: set[str] = set()
        decoded = self._decoded(chain_id, proved, facts)
        self._found: dict[Key, dict[str, Any]] = {
            ("0x" + row["transaction_hash"].hex(), row["log_index"], row["index_in_log"]): row
            for row in decoded.iter_rows(named=True)
        }

    def check(self, row: Evidence) -> Derived:
        """A row whose block is proved, and that is no block itself."""
        proved = self._proved[row.block_number, row.transaction]
        if row.trace_index is not None:
            return Derived("stated", "of a call inside of a transaction, which no root is over")
        if row.log_index is None:
            return self._native(proved, row)
        at = row.log_index - proved.first_log
        if not 0 <= at < len(proved.receipt.logs):
            return _wrong(f"the receipt has {len(proved.receipt.logs)} logs from {proved.first_log} on")
        if row.amount is None:
            return self._event(proved, row, at)
        return self._moved(proved, row, proved.receipt.logs[at])

    def _native(self, proved: ProvedReceipt, row: Evidence) -> Derived:
        if proved.signed is None:
            return Derived("stated", "its transaction is under no proof")
        if row.amount is None:
            return Derived("stated" if self._lacks(proved) else "proved", self._lacks(proved))
        found = self._found.get((row.transaction, schema.NATIVE_LOG_INDEX, 0))
        if found is None:
            return _wrong("the transaction moved no value")
        unsigned = row.transaction in self._unsigned
        if unsigned and proved.signed.to is None:
            return Derived("stated", UNSIGNED)
        return _compared(row, found, self._lacks(proved), not unsigned)

    def _lacks(self, proved: ProvedReceipt) -> str:
        """What is not proved of a receipt's transaction."""
        if proved.signed is None:
            return NOT_PROVED
        return UNSIGNED if proved.transaction in self._unsigned else ""

    def _event(self, proved: ProvedReceipt, row: Evidence, at: int) -> Derived:
        """An event that moves nothing: that there is this log is proved, what it is called is not."""
        topics = proved.receipt.logs[at].topics
        what = "a log without topics" if not topics else f"a log with topic 0x{topics[0].hex()[:8]}…"
        lacks = self._lacks(proved)
        note = f"{what}; that it is called {row.kind} is stated{f'; {lacks}' if lacks else ''}"
        return Derived("stated" if lacks else "proved", note)

    def _moved(self, proved: ProvedReceipt, row: Evidence, log: LogBytes) -> Derived:
        key = row.transaction, row.log_index or 0, row.index_in_log or 0
        found = self._found.get(key)
        if found is not None:
            return _compared(row, found, self._lacks(proved))
        if row.kind != _WRAPPED:
            return _wrong(f"the log is no transfer that is called {row.kind}")
        if row.token != "0x" + log.address.hex():
            return _wrong(f"the log is of 0x{log.address.hex()}")
        return Derived("stated", "that its contract wraps the coin hangs on what else is in the block")

    def _decoded(self, chain_id: int, proved: Sequence[ProvedReceipt], facts: Sequence[Fact]) -> pl.DataFrame:
        if not proved:
            return schema.TRANSFERS.empty()
        ordered = sorted(proved, key=lambda each: (each.block, each.index))
        numbers = sorted({each.block for each in ordered})
        blocks = frame(schema.BLOCKS, [{"block_number": number, "timestamp": 0} for number in numbers])
        self._unsigned |= {each.transaction for each in ordered if each.envelope and sender(each) is None}
        sent = frame(
            schema.TRANSACTIONS, [transaction_row(chain_id, each, sender(each) or NOBODY) for each in ordered]
        )
        logs = frame(schema.LOGS, [row for each in ordered for row in log_rows(chain_id, each)])
        wraps = [
            {"block_number": fact.row.get("block_number"), "address": _bytes(fact.row.get("address")),
             "how": fact.row.get("how")}
            for fact in facts if fact.table == schema.WRAPPED_NATIVES.name
        ]  # fmt: skip
        wrapped = frame(schema.WRAPPED_NATIVES, wraps)
        return decode.transfers(blocks, sent, logs, wrapped, schema.TRACES.empty())


def sender(each: ProvedReceipt) -> bytes | None:
    """Who signed a receipt's transaction; None where nobody did, or it is under no proof."""
    return None if each.envelope is None else sender_of(each.envelope)


def transaction_row(chain_id: int, each: ProvedReceipt, by: bytes) -> dict[str, Any]:
    """A transaction as far as proved bytes say it, sent by `by`; its time is not among them."""
    signed = each.signed
    return {
        **_place(chain_id, each),
        "timestamp": 0,
        "from_address": by,
        "to_address": None if signed is None else signed.to,
        "value": (0 if signed is None else signed.value).to_bytes(32, "big"),
        "nonce": None if signed is None else signed.nonce,
        "input": None if signed is None else signed.input,
        "status": each.receipt.status,
        "contract_address": _created(signed, by),
    }


def _created(signed: SignedBytes | None, sender: bytes) -> bytes | None:
    """The address of a contract follows from who created it, and by which of his transactions."""
    if signed is None or signed.to is not None or signed.nonce is None:
        return None
    return keccak(rlp.encode([sender, rlp.number(signed.nonce)]))[12:]


def log_rows(chain_id: int, each: ProvedReceipt) -> Iterator[dict[str, Any]]:
    """The logs of a receipt."""
    for at, log in enumerate(each.receipt.logs):
        topics = {f"topic{place}": topic for place, topic in enumerate(log.topics)}
        yield {
            **_place(chain_id, each), "log_index": each.first_log + at, "address": log.address,
            "data": log.data, **topics,
        }  # fmt: skip


def _place(chain_id: int, each: ProvedReceipt) -> dict[str, Any]:
    return {
        "chain_id": chain_id, "block_number": each.block, "transaction_index": each.index,
        "transaction_hash": _bytes(each.transaction),
    }  # fmt: skip


def frame(table: schema.Table, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows with what is known of them; the rest is null."""
    columns = {
        name: pl.Series([row.get(name) for row in rows], dtype=kind) for name, kind in table.schema.items()
    }
    return pl.DataFrame(columns)


def _compared(row: Evidence, found: Mapping[str, Any], note: str, is_signed: bool = True) -> Derived:
    token = found["token"]
    said = {
        "kind": (row.kind or found["standard"], found["standard"]),
        "token": (row.token, None if token is None else "0x" + token.hex()),
        "to_address": (row.to_address, "0x" + found["to_address"].hex()),
        "amount": (row.amount, str(int.from_bytes(found["amount"], "big"))),
    }
    if is_signed:
        said["from_address"] = row.from_address, "0x" + found["from_address"].hex()
    for name, (ours, theirs) in said.items():
        if ours != theirs:
            return _wrong(f"{name} is {theirs}, not {ours}")
    return Derived("stated" if note else "proved", note)


def _wrong(why: str) -> Derived:
    return Derived("stated", wrong=why)


def _bytes(text: Any) -> bytes | None:
    return bytes.fromhex(text[2:]) if isinstance(text, str) else None
