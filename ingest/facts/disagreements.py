"""Where nodes disagreed, as facts: an answer that does not stand is told with the next block that does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from ingest import schema
from ingest.model.batch import Batch
from ingest.model.redact import shown

MOST_WAITING = 256
"""Disagreements that wait for a block: a node that tells nonsense for hours is told of so often, no more."""

_LOGS = re.compile(r"\blog \d+ (is missing|of receipt)|the logs of receipt|bloom")
_KINDS = (("its receipts hash", "receipts"), ("header", "header"), ("transaction", "transactions"))
_REFUTED = ("receipts", "logs", "header", "transactions")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What a node said of block `about` (None: of none), and what another did, where that is known by then.
    `depth`: blocks on top of where they part.
    """

    node: str
    about: int | None
    what: str
    answer: str
    other_node: str | None = None
    other_answer: str | None = None
    depth: int | None = None

    @property
    def key(self) -> tuple[str, int | None, str]:
        return self.node, self.about, self.what


def differs(reason: str) -> str | None:
    """In which of an answer's parts the reason lies why it cannot be proved; None where nobody is at fault:
    a receipt outside of the root proves nothing.
    """
    if "state sync" in reason:
        return None
    if "is of block" in reason:
        return "fork"
    if _LOGS.search(reason):
        return "logs"
    return next((kind for words, kind in _KINDS if words in reason), "receipts")


class DisagreementBook:
    """What nodes said and others did not, until it is in the log; then what the log was told."""

    def __init__(self, say: Callable[[str], None] = lambda _line: None) -> None:
        self._say = say
        self._waiting: dict[tuple[str, int | None, str], Disagreement] = {}
        self._told: list[tuple[int, tuple[str, int | None, str], pl.DataFrame]] = []
        self._left_out = False

    def note(self, one: Disagreement) -> None:
        """Said once for each node, block and kind, however often it is said again before it is in the log."""
        if one.key in self._waiting or any(key == one.key for _, key, _ in self._told):
            return
        if len(self._waiting) < MOST_WAITING:
            self._waiting[one.key] = one
        elif not self._left_out:
            self._left_out = True
            self._say(
                f"more than {MOST_WAITING} disagreements of nodes wait for a block: others are left out"
            )

    def unproved(self, number: int | None, reason: str, node: str) -> None:
        """What could not be proved of a node's block."""
        what = differs(reason)
        if what is not None:
            prefix = f"block {number} from {node} cannot be proved: "
            self.note(Disagreement(node, number, what, reason.removeprefix(prefix)))

    def facts(self, batch: Batch, source: str) -> pl.DataFrame:
        """What waits (shape: `schema.DISAGREEMENTS`), told with the block that it is about, where that is in
        `batch`, else with its first; what is about a later block waits on. The node `source` gave the batch.
        Nothing is remembered until `remember`.
        """
        ready = [one for one in self._waiting.values() if one.about is None or one.about <= batch.last]
        rows = [_row(one, batch, source) for one in ready]
        frame = pl.DataFrame(rows, schema=schema.DISAGREEMENTS.schema, orient="row")
        return frame.sort("block_number", maintain_order=True)

    def remember(self, facts: pl.DataFrame) -> None:
        """`facts` are in the log now: those just told, or those of an earlier run."""
        for at, row in enumerate(facts.iter_rows(named=True)):
            key = (row["node"], row["about"], row["what"])
            self._waiting.pop(key, None)
            self._told.append((row["block_number"], key, facts[at : at + 1]))
        if facts.height:
            self._left_out = False

    def roll_back(self, number: int) -> None:
        """Blocks above `number` have left the chain: what was told with them is told again."""
        for at, _, row in self._told:
            if at > number:
                self._wait_again(row)
        self._told = [told for told in self._told if told[0] <= number]

    def _wait_again(self, row: pl.DataFrame) -> None:
        _, _, node, about, what, answer, _, other, other_answer, depth = row.row(0)
        one = Disagreement(node, about, what, answer, other, other_answer, depth)
        self._waiting[one.key] = one

    def forget(self, number: int) -> None:
        """What was told below block `number` is not asked for any more."""
        self._told = [told for told in self._told if told[0] >= number]

    def told(self, first: int, last: int) -> pl.DataFrame:
        """What the log was told with blocks `first`..`last`, in order."""
        inside = [row for number, _, row in list(self._told) if first <= number <= last]
        return pl.concat(inside) if inside else schema.DISAGREEMENTS.empty()


def _row(one: Disagreement, batch: Batch, source: str) -> tuple[object, ...]:
    other, answer, number = one.other_node, one.other_answer, batch.first
    if one.about is not None and batch.first <= one.about <= batch.last:
        number = one.about
    if other is None and number == one.about:
        block = batch.blocks.row(one.about - batch.first, named=True)
        if block["proof"] != "none" and source != one.node:
            other, answer = source, _answer(block)
    return (
        batch.chain_id, number, cut(one.node), one.about, one.what, cut(one.answer),
        one.what in _REFUTED, None if other is None else cut(other), None if answer is None else cut(answer),
        one.depth,
    )  # fmt: skip


def _answer(block: dict[str, object]) -> str:
    hashes = {name: block[name] for name in ("block_hash", "receipts_root")}
    told = {name: f"0x{value.hex()}" for name, value in hashes.items() if isinstance(value, bytes)}
    return (
        f"block {told['block_hash']} with receipts {told['receipts_root']}, {block['transaction_count']} "
        f"transactions and {block['log_count']} logs, proved by its {block['proof']}"
    )


def cut(text: str) -> str:
    """Printable, one line, at most `schema.ANSWER_BYTES` bytes, cut between letters."""
    plain = shown(text, schema.ANSWER_BYTES)
    return plain.encode()[: schema.ANSWER_BYTES].decode(errors="ignore")
