"""Checks the blocks of a bundle: headers against names, receipts and transactions against roots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dashboard.outside.evidence.bundle import Block, Bundle, Evidence, ReceiptProof
from dashboard.outside.evidence.claims import Claim, Refusal, Verdict
from dashboard.outside.evidence.rows import ProvedReceipt
from detectors.alerts.alert import Alert
from ingest.blocks import times
from ingest.blocks.senders import sender_of
from ingest.blocks.trie import keccak
from ingest.blocks.trie_proof import NotProved, proved_value
from ingest.blocks.unpacked import HeaderBytes, ReceiptBytes, header_of, receipt_of, signed_of

ALERT = "/evidence/alert"
KIND_OF_BLOCK = "block"


@dataclass(slots=True)
class Checked:
    """A bundle that was read, and what is said of it so far."""

    bundle: Bundle | None = None
    alert: Alert | None = None
    claims: list[Claim] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    proved: list[ProvedReceipt] = field(default_factory=list)

    def refuse(self, name: str, place: str, why: str) -> None:
        self.refusals.append(Refusal(name, place, why))

    def verdict(self) -> Verdict:
        return Verdict(self.claims, self.refusals)


def check_blocks(
    evidence: Evidence, alert: Alert, found: Checked
) -> tuple[list[ProvedReceipt], dict[int, HeaderBytes]]:
    """The receipts that are proved, and the headers that are."""
    proved: list[ProvedReceipt] = []
    headers: dict[int, HeaderBytes] = {}
    _check_which(evidence, alert, found)
    for at, block in enumerate(evidence.blocks):
        place = f"/evidence/blocks/{at}"
        header = _check_header(block, alert, place, found)
        if header is not None:
            headers[block.number] = header
            proved += _check_proofs(block, header, alert, place, found)
    return proved, headers


def _check_which(evidence: Evidence, alert: Alert, found: Checked) -> None:
    wanted = {alert.block_number, alert.updated_block, *(row.block_number for row in alert.evidence)}
    numbers = [block.number for block in evidence.blocks]
    for number in sorted(wanted - set(numbers)):
        found.refuse("block-gone", "/evidence/blocks", f"block {number} is not there")
    for number in sorted(set(numbers) - wanted):
        found.refuse("needless-block", "/evidence/blocks", f"the alert does not name block {number}")
    if numbers != sorted(set(numbers)):
        found.refuse("wrong-order", "/evidence/blocks", "they are not by number, each once")


def _check_header(block: Block, alert: Alert, place: str, found: Checked) -> HeaderBytes | None:
    is_alerts = block.number == alert.block_number
    if is_alerts and block.hash != alert.block_hash:
        found.refuse("wrong-block", f"{place}/hash", f"the alert names {alert.block_hash}")
    what = f"block {block.number}"
    if block.header is None:
        if block.note is None or block.receipts or block.transactions:
            found.refuse("wrong-header", f"{place}/header", "it is not there")
        if alert.proof == "header" and block.note is not None and "was proved to" in block.note:
            found.refuse("proof-overstated", f"{ALERT}/proof", f"of block {block.number} no header is proved")
        found.claims.append(Claim(what, "stated", block.note or ""))
        return None
    encoded = bytes.fromhex(block.header[2:])
    if "0x" + keccak(encoded).hex() != block.hash:
        made = keccak(encoded).hex()
        found.refuse("wrong-header", f"{place}/header", f"it hashes to 0x{made}, not to {block.hash}")
        return None
    try:
        header = header_of(encoded)
    except ValueError as error:
        found.refuse("wrong-header", f"{place}/header", str(error))
        return None
    if header.number != block.number:
        found.refuse("wrong-number", f"{place}/number", f"the header is of block {header.number}")
        return None
    if is_alerts and times.seconds(hex(header.time)) != alert.timestamp:
        found.refuse("wrong-time", f"{ALERT}/timestamp", f"the header says {header.time}")
    found.claims.append(Claim(f"{what} is {block.hash}", "proved", "that it is on the chain is not known"))
    return header


def _check_proofs(
    block: Block, header: HeaderBytes, alert: Alert, place: str, found: Checked
) -> Iterator[ProvedReceipt]:
    _check_what_is_there(block, alert, place, found)
    signed = _check_transactions(block, header, alert, place, found)
    without = {each.transaction for each in block.unproved}
    for index in sorted(signed.keys() - {each.index for each in block.receipts}):
        found.refuse("needless-receipt", f"{place}/transactions", f"no receipt is at {index}")
    for at, each in enumerate(block.receipts):
        here, envelope = f"{place}/receipts/{at}", signed.get(each.index)
        receipt = _receipt(each, header, here, found)
        if receipt is None:
            continue
        if envelope is not None and _is_another(envelope, each.transaction):
            made = keccak(envelope).hex()
            found.refuse("wrong-transaction", f"{here}/transaction", f"at {each.index} is 0x{made}")
            continue
        if envelope is None and each.transaction not in without:
            found.refuse("transaction-gone", here, "no transaction is beside it, and no reason why")
        told = None if envelope is None else signed_of(envelope)
        yield ProvedReceipt(
            block.number, each.index, each.first_log, each.transaction, receipt, told, envelope
        )


def _is_another(envelope: bytes, transaction: str) -> bool:
    """Whether a transaction has another name than its hash. One that nobody signed, as development nodes let
    pass, is named by the node: no chain that people use has any.
    """
    return "0x" + keccak(envelope).hex() != transaction and sender_of(envelope) is not None


def _receipt(each: ReceiptProof, header: HeaderBytes, here: str, found: Checked) -> ReceiptBytes | None:
    nodes = [bytes.fromhex(node[2:]) for node in each.nodes]
    try:
        return receipt_of(proved_value(header.receipts_root, each.index, nodes))
    except (NotProved, ValueError) as error:
        found.refuse("wrong-receipt-proof", f"{here}/nodes", str(error))
        return None


def _check_what_is_there(block: Block, alert: Alert, place: str, found: Checked) -> None:
    """Receipts of the transactions of rows, all of them and no others, in order."""
    for name in ("receipts", "transactions"):
        indexes = [each.index for each in getattr(block, name)]
        if indexes != sorted(set(indexes)):
            found.refuse("wrong-order", f"{place}/{name}", "they are not by index, each once")
    of_block = (row for row in alert.evidence if row.block_number == block.number)
    rows = {row.transaction for row in of_block if row.kind != KIND_OF_BLOCK}
    told = {each.transaction for each in block.receipts}
    without = {each.transaction for each in block.unproved}
    for name in sorted(rows - told - without):
        found.refuse("receipt-gone", f"{place}/receipts", f"there is none of {name}")
    for name in sorted((told | without) - rows):
        found.refuse("needless-receipt", f"{place}/receipts", f"no row is of {name}")


def _check_transactions(
    block: Block, header: HeaderBytes, alert: Alert, place: str, found: Checked
) -> dict[int, bytes]:
    """Signed transactions by place, each of the alert's chain."""
    signed: dict[int, bytes] = {}
    for at, each in enumerate(block.transactions):
        here = f"{place}/transactions/{at}"
        try:
            nodes = [bytes.fromhex(node[2:]) for node in each.nodes]
            envelope = proved_value(header.transactions_root, each.index, nodes)
            told = signed_of(envelope)
        except (NotProved, ValueError) as error:
            found.refuse("wrong-transaction-proof", f"{here}/nodes", str(error))
            continue
        if told.chain_id not in (None, alert.chain_id):
            found.refuse("another-chain", here, f"it is signed for chain {told.chain_id}")
        signed[each.index] = envelope
    return signed
