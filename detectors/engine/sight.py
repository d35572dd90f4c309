"""Takes parts through a piece of the chain, and shows it to detectors: `Sight` remembers, a `Look` is one
piece, a `View` what one asker may see of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from detectors.engine.answers import Answers
from detectors.engine.facts import Facts
from detectors.engine.order import in_order, sleeping
from detectors.engine.reading import Reading, evidence
from detectors.kernels.decoding import Kind
from detectors.kernels.rows import Chronicle, Piece, sealed
from detectors.memory.history import History
from detectors.memory.layout import Array, Columns
from detectors.memory.memory import Memory
from detectors.memory.names import ADDRESS_BYTES, address_words
from detectors.memory.table import Table
from detectors.models.outliers import Model
from detectors.parts.contract import HistorySpec, Part, Row, TableSpec, Tier, TracedCall
from detectors.parts.ledger import Ledger, Token
from detectors.parts.lines import key_of
from ingest.model.batch import Batch
from ingest.model.errors import PartFailed

T = TypeVar("T")
Tables = Mapping[str, Columns]


@dataclass(frozen=True, slots=True)
class Sight:
    """`parts` in the order in which they are asked; `held` is what each remembers."""

    chronicle: Chronicle
    parts: tuple[Part, ...]
    held: Mapping[str, Mapping[str, Table | History]]

    @classmethod
    def within(cls, memory: Memory, parts: Sequence[Part], readers: Mapping[str, Sequence[str]]) -> Sight:
        """Named in a memory that is to be opened. Raises BadInput for parts that cannot be put in order."""
        ordered = in_order(parts, readers)
        held = {
            part.name: {name: _held(memory, part, name, spec) for name, spec in part.memory().items()}
            for part in ordered
        }
        return cls(Chronicle.within(memory), ordered, held)

    def take(self, batch: Batch, ledger: Ledger, models: Mapping[str, Model]) -> Look:
        """Goes on by a piece that lies in one epoch. Raises PartFailed."""
        piece = self.chronicle.take(batch, ledger.wrapped, ledger.wrapped_here)
        look = Look(self, piece, {}, ledger, models, Facts(batch, self.chronicle.names, piece))
        kinds = look.kinds()
        for part in self.parts:
            asleep = sleeping(part, kinds)
            look.tables[part.name] = {} if asleep else self._taken(part, look, batch)
        return look

    def _taken(self, part: Part, look: Look, batch: Batch) -> Tables:
        """What detectors say rests on parts, so that none is left out: the run ends."""
        try:
            tables = part.take(self.held[part.name], look.by(f"part {part.name}", part.reads))
        except MemoryError:
            raise
        except Exception as error:
            blocks = f"block {batch.first}" if len(batch) == 1 else f"blocks {batch.first} to {batch.last}"
            told = f"{type(error).__name__}: {error}".splitlines()[0]
            raise PartFailed(
                f"part {part.name} failed in {blocks} ({told}): mend detectors/parts/, "
                "then start detect again with --rebuild"
            ) from error
        return {name: sealed(columns) for name, columns in tables.items()}


def _held(memory: Memory, part: Part, name: str, spec: TableSpec) -> Table | History:
    own = f"part_{part.name}_{name}".replace("-", "_")
    make = memory.history if isinstance(spec, HistorySpec) else memory.table
    return make(own, spec.layout, horizon_s=spec.horizon_s, cap=spec.cap)


@dataclass(frozen=True, slots=True)
class Look:
    """A piece, with what parts say of it."""

    sight: Sight
    piece: Piece
    tables: dict[str, Tables]
    ledger: Ledger
    models: Mapping[str, Model]
    facts: Facts
    answers: Answers = field(default_factory=Answers)

    def by(self, who: str, reads: Sequence[str]) -> View:
        """What may be seen by somebody who reads these parts."""
        return View(self, who, frozenset(reads))

    def of_block(self, number: int) -> Look:
        """What belongs to one block of the piece; numbers stay."""
        return self.answers.once(("of block", number), lambda: self._of_block(number))

    def end(self) -> None:
        """Nothing more is asked about the piece, nor about one of its blocks."""
        for made in self.answers.end():
            if isinstance(made, Look):
                made.end()

    def _of_block(self, number: int) -> Look:
        one = _one_block(self.piece, int(np.searchsorted(self.piece.blocks["number"], number)))
        look = replace(self, piece=one, tables={}, facts=self.facts.of_block(number), answers=Answers())
        kinds = look.kinds()
        asleep = {part.name for part in self.sight.parts if sleeping(part, kinds)}
        return replace(look, tables=_TablesOfBlock(self.tables, asleep, one))

    def kinds(self) -> list[int]:
        """Of rows and facts that the piece has: they wake parts."""
        kinds: list[int] = np.flatnonzero(np.bincount(self.piece.rows["kind"], minlength=1)).tolist()
        kinds += [Kind.LISTED] if self.piece.lists["block"].size else []
        kinds += [Kind.CROSSED] if self.told("messages")["block"].size else []
        kinds += [Kind.DISAGREED] if self.told("disagreements")["block"].size else []
        return kinds

    def told(self, facts: str) -> Columns:
        """A table of facts, by name."""
        table: Callable[[], Columns] = getattr(self.facts, facts)
        return self.answers.once(("facts", facts), table)

    def times(self) -> Mapping[int, int]:
        """When each block of the piece was made."""
        return self.answers.once("times", self._times)

    def _times(self) -> Mapping[int, int]:
        numbers, times = (self.piece.blocks[name].tolist() for name in ("number", "time"))
        return dict(zip(numbers, times, strict=True))


class _TablesOfBlock(dict[str, Tables]):
    """What parts say of one block of a piece, cut out where it is asked for. Who sleeps through the block
    says nothing, as if it were a piece of its own: a table without lines is not the same as none.
    """

    def __init__(self, whole: dict[str, Tables], asleep: set[str], one: Piece) -> None:
        super().__init__()
        self._whole, self._asleep, self._one = whole, asleep, one

    def __missing__(self, part: str) -> Tables:
        said = {} if part in self._asleep else self._whole[part]
        self[part] = {name: _within(table, self._one) for name, table in said.items()}
        return self[part]


@dataclass(frozen=True, slots=True)
class View:
    """`Seen` (see `detectors.parts.contract`): no table of memory is reachable by it, and nothing can be
    numbered.
    """

    _look: Look
    _who: str
    _reads: frozenset[str]

    @property
    def blocks(self) -> Columns:
        return self._look.piece.blocks

    @property
    def transactions(self) -> Columns:
        return self._look.piece.transactions

    @property
    def rows(self) -> Columns:
        return self._look.piece.rows

    @property
    def more(self) -> Array:
        return self._look.piece.more

    @property
    def coins(self) -> Columns:
        return self._look.piece.coins

    @property
    def lists(self) -> Columns:
        return self._look.piece.lists

    @property
    def codes(self) -> Columns:
        return self._look.told("codes")

    @property
    def tokens(self) -> Columns:
        return self._look.told("tokens")

    @property
    def messages(self) -> Columns:
        return self._look.told("messages")

    @property
    def disagreements(self) -> Columns:
        return self._look.told("disagreements")

    @property
    def models(self) -> Mapping[str, Model]:
        return self._look.models

    def of(self, part: str) -> Tables:
        self._check(part)
        return self._look.tables[part]

    def history(self, name: str) -> Reading:
        if name != "rows":
            self._check(name.partition(".")[0])
        return self._look.answers.once(("history", name), lambda: self._history(name))

    def _history(self, name: str) -> Reading:
        times = self._look.times()
        if name == "rows":
            return Reading(self._look.sight.chronicle.log, times, self._look.answers, name)
        part, _, own = name.partition(".")
        held = self._look.sight.held[part].get(own)
        if not isinstance(held, History):
            raise PermissionError(
                f"{self._who} asks for {name!r}, which is no history: only those can be read"
            )
        return Reading(held, times, self._look.answers, name)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        return self._look.answers.once(key, make)

    def token(self, asset: int, block: int) -> Token:
        return self._look.ledger.token(self.address(asset) if asset else None, block)

    def call_data(self, transaction: int) -> bytes:
        self._check_inside(transaction)
        return self._look.facts.call_data(transaction)

    def calls(self, transaction: int) -> Sequence[TracedCall]:
        self._check_inside(transaction)
        key = "calls", transaction
        return self._look.answers.once(key, lambda: self._look.facts.calls(transaction))

    def _check_inside(self, transaction: int) -> None:
        sent = self.transactions["number"]
        if not sent.size or not sent[0] <= transaction <= sent[-1]:
            raise IndexError(f"{self._who} asks for transaction {transaction}, which is none of the piece")

    def address(self, number: int) -> bytes:
        names = self._look.sight.chronicle.names
        if not 0 <= number < names.count:
            raise IndexError(f"nobody has the number {number} yet")
        return names.address(number)

    def addresses(self, numbers: Array) -> Array:
        self._check_numbers(numbers)
        words: Array = self._look.sight.chronicle.names.keys(numbers)
        return words.view(np.uint8).reshape(-1, ADDRESS_BYTES)

    def appeared(self, numbers: Array) -> Array:
        self._check_numbers(numbers)
        return self._look.sight.chronicle.names.appeared_at(numbers)

    def number_of(self, address: bytes, as_of: int) -> int:
        return int(self._look.sight.chronicle.names.find(address_words([address]), as_of)[0])

    def evidence(self, numbers: Sequence[int]) -> tuple[Row, ...]:
        return evidence(self._look.sight.chronicle, numbers)

    def tier(self, block: int) -> Tier:
        at = int(np.searchsorted(self.blocks["number"], block))
        return "traces" if self.blocks["traced"][at] else "receipts"

    def _check_numbers(self, numbers: Array) -> None:
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < self._look.sight.chronicle.names.count:
            raise IndexError("nobody has some of these numbers yet")

    def _check(self, part: str) -> None:
        if part not in self._reads:
            raise PermissionError(f"{self._who} asks for the part {part!r}: name it in `reads`")


def _one_block(piece: Piece, at: int) -> Piece:
    first, end, top, last = (int(piece.blocks[name][at]) for name in ("first", "end", "first_row", "end_row"))
    blocks = {name: column[at : at + 1] for name, column in piece.blocks.items()}
    blocks |= {name: blocks[name] - first for name in ("first", "end")}
    blocks |= {name: blocks[name] - top for name in ("first_row", "end_row")}
    sent = {name: column[first:end] for name, column in piece.transactions.items()}
    sent |= {name: sent[name] - top for name in ("first_row", "end_row")}
    rows = {name: column[top:last] for name, column in piece.rows.items()}
    told = piece.lists["block"] == blocks["number"][0]
    lists = {name: column[told] for name, column in piece.lists.items()}
    return replace(
        piece, blocks=sealed(blocks), transactions=sealed(sent), rows=sealed(rows), lists=sealed(lists)
    )


def _within(table: Columns, piece: Piece) -> Columns:
    """The lines of a table that are about this piece, by its key."""
    key = key_of(table)
    of = {"transaction": piece.transactions, "row": piece.rows, "block": piece.blocks}[key]
    kept = np.isin(table[key], of["number"])
    return sealed({name: column[kept] for name, column in table.items()})
