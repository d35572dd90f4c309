"""What a verification says: what is claimed and on what it stands, and what is refused, by name and place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Standing = Literal["proved", "anchored", "signed", "stated"]
"""proved: it follows from bytes that hash to a block's name. anchored: it is under a root that was written on
a chain. signed: the instance's key signed it. stated: somebody says so, and the bundle's maker passes it on.
"""

STATUS = "status"
OF_THE_RECORD = (
    "category, severity and score", "measured values and thresholds", "explanation and suppression",
    "roles and subject",
)  # fmt: skip
"""Claims of what stands in an alert's record: it is that which is anchored."""

REFUSALS: Mapping[str, str] = {
    "not-json": "the file is no JSON, or too large",
    "not-canonical": "the same value has another text: keys in another order or twice, spaces, a missing end",
    "wrong-format": "it is of another format, or a part is missing, too many, or of another shape",
    "not-an-alert": "the alert lacks a key that every alert has, or one is of another kind",
    "wrong-digest": "a part is not the one that was signed",
    "no-digest": "a part is there that was not signed",
    "part-gone": "a part that was signed is not there",
    "wrong-signature": "the key did not sign these digests",
    "another-signer": "another instance signed it than the one that was asked for",
    "another-alert": "it is of another alert than the one that was asked for",
    "another-chain": "a transaction, the node or who asked speaks of another chain",
    "wrong-header": "a header does not hash to its block's name, or is none",
    "wrong-number": "a header is of another height than its block's",
    "wrong-time": "the alert's time is not that of its block",
    "wrong-block": "the alert names another block than the one that is there",
    "block-gone": "a block that the alert names is not there",
    "needless-block": "a block is there that the alert does not name",
    "wrong-order": "blocks, receipts or transactions are out of order, or there twice",
    "wrong-receipt-proof": "nodes do not lead from the receipts root to a receipt at this place",
    "wrong-transaction-proof": "nodes do not lead from the transactions root to a transaction at this place",
    "wrong-transaction": "a receipt is not of the transaction that is said",
    "receipt-gone": "a row's receipt is not there, though its block is",
    "needless-receipt": "a receipt or transaction is there that no row is of",
    "transaction-gone": "a receipt has no transaction beside it, and no reason why",
    "wrong-row": "a row says something else than the receipt or transaction that it is of",
    "proof-overstated": "the alert says that its blocks are proved, and the bundle says that one is not",
    "wrong-id": "the alert's id is not that of its detector, subject and transactions",
    "wrong-measure": "a threshold was not measured, or is of another kind there",
    "wrong-run": "the ingredients of the run do not have its digest",
    "wrong-model": "the models are not those that the alert was measured with",
    "wrong-revision": "a revision is of another alert, or the last one is not the alert",
    "retracted": "the alert was retracted, and is not shown so",
    "wrong-status": "the alert's status is not that at the head",
    "wrong-anchor-proof": "what is shown as anchored does not lead to its root, or is of something else",
    "anchored-otherwise": "what is anchored is no revision of this alert",
    "not-anchored": "the contract does not hold these blocks, or holds something else of them",
    "another-owner": "the contract is owned by somebody else than who was asked for",
    "not-on-chain": "the node has another block at this height, or none",
    "stale": "the alert has changed since",
    "not-in-lake": "the lake does not have these blocks",
    "another-run": "another run than the alert's would be replayed",
    "not-replayed": "the replay does not say this alert, or says it otherwise",
}
"""Every name under which something is refused, and what it means."""


@dataclass(frozen=True, slots=True)
class Claim:
    what: str
    standing: Standing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`place` is a JSON pointer into the bundle, or a byte of the file."""

    name: str
    place: str
    why: str

    def __post_init__(self) -> None:
        assert self.name in REFUSALS, self.name


@dataclass(frozen=True, slots=True)
class Verdict:
    claims: list[Claim]
    refusals: list[Refusal]
