"""Events as Solidity declares them: signature, shape and columns all follow from the one declaration."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from ingest.decode import shapes
from ingest.decode.words import ONE, WORD, amount_float
from ingest.schema import DataType, Table

_DECLARATION = re.compile(r"(\w+)\((.*)\)")
_PARAMETER = re.compile(r"(\w+(?:\[\])?)( indexed)? (\w+)")
_DYNAMIC = re.compile(r"string|bytes|.*\[\]")
_SMALL_BYTES = 8

Step = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter and the word that holds it; for a dynamic type the word says where in the data it is."""

    name: str
    type: str
    indexed: bool
    word: pl.Expr

    @property
    def dynamic(self) -> bool:
        return not self.indexed and _DYNAMIC.fullmatch(self.type) is not None

    @property
    def bits(self) -> int:
        return int(re.sub(r"\D", "", self.type) or 256)

    def holds(self) -> pl.Expr:
        """Whether the word is one of this type."""
        if self.dynamic:
            at = shapes.number(self.word)
            return shapes.array_fits(at, shapes.number_at(at)) if "[" in self.type else shapes.bytes_fit(at)
        if self.type == "address":
            return shapes.unsigned(self.word, 20)
        if self.type == "bool":
            return shapes.boolean(self.word)
        if self.type.startswith("int") and self.bits < 256:
            return shapes.signed(self.word, self.bits)
        if self.type.startswith("uint") and self.bits < 256:
            return shapes.unsigned(self.word, self.bits // 8)
        return pl.lit(True)

    def value(self) -> pl.Expr:
        """The parameter as the tables hold it; for a dynamic type the place of its length in the data."""
        value = self.word
        if self.dynamic:
            value = shapes.number(self.word)
        elif self.type == "address":
            value = shapes.address(self.word)
        elif self.type == "bool":
            value = self.word == ONE
        elif self.type.startswith("int") and self.bits < 256:
            value = shapes.small_signed(self.word)
        elif self.type.startswith("uint") and self.bits <= 8 * _SMALL_BYTES:
            value = shapes.small(self.word)
        return value.alias(self.name)


class Event:
    """An event by its declaration, as `Sync(uint112 reserve0, uint112 reserve1)`."""

    def __init__(self, declaration: str) -> None:
        match = _DECLARATION.fullmatch(declaration)
        assert match is not None, declaration
        self.parameters = _parameters(match[2])
        self.topic0 = shapes.signature(f"{match[1]}({','.join(p.type for p in self.parameters)})")
        indexed = sum(parameter.indexed for parameter in self.parameters)
        self._shape = (pl.col("topic0") == self.topic0) & shapes.has_topics(1 + indexed)
        if not any(parameter.dynamic for parameter in self.parameters):
            self._shape &= shapes.data_is(WORD * (len(self.parameters) - indexed))
        for parameter in self.parameters:
            self._shape &= parameter.holds()
        values = [parameter.value() for parameter in self.parameters]
        self._columns = [*(pl.col(name) for name in (*shapes.PLACE, "address", "data")), *values]

    def decode(self, logs: pl.DataFrame) -> pl.DataFrame:
        """A row for each log of this event: its place, `address` (who emitted it), `data`, each parameter."""
        return logs.filter(self._shape).select(self._columns)


@dataclass(frozen=True, slots=True)
class Rule:
    """How an event becomes rows of a table: parameters called like a column fill it, `columns` the others.

    `step` comes between: it makes of the decoded logs what expressions alone do not.
    """

    event: Event
    columns: dict[str, pl.Expr]
    step: Step | None = None

    def rows(self, logs: pl.DataFrame) -> pl.DataFrame:
        decoded = self.event.decode(logs)
        return decoded if self.step is None else self.step(decoded)


def rule(declaration: str, step: Step | None = None, /, **columns: pl.Expr | str) -> Rule:
    """A rule of a declaration; a string names the column that is taken, `pl.lit` makes a constant."""
    taken = {name: pl.col(value) if isinstance(value, str) else value for name, value in columns.items()}
    return Rule(Event(declaration), taken, step)


class Decoder:
    """Finds the events of one table among logs. What can be worked out beforehand is: a block has few."""

    def __init__(self, table: Table, rules: Sequence[Rule]) -> None:
        self.table, self.rules = table, tuple(rules)
        self._topics = list({rule.event.topic0 for rule in rules})
        self._order = [name for name in shapes.ORDER if name in table.schema]
        self._floats = [name for name in table.schema if name.endswith("_float")]

    @property
    def topics(self) -> list[bytes]:
        """The first topics of all that it knows."""
        return self._topics

    def __call__(self, blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
        """All events of consecutive blocks that the rules know, in chain order, as rows of the table."""
        signed = logs.filter(pl.col("topic0").is_in(self._topics))
        if not signed.height:
            return self.table.empty()
        stamped = signed.join(blocks.select("block_number", "timestamp"), on="block_number")
        present = set(stamped["topic0"].unique().to_list())
        parts = [self._rows(rule, stamped) for rule in self.rules if rule.event.topic0 in present]
        rows = pl.concat(parts).sort(self._order)
        amounts = (amount_float(rows[name.removesuffix("_float")]).alias(name) for name in self._floats)
        return rows.with_columns(amounts).select(*self.table.schema)

    def _rows(self, rule: Rule, logs: pl.DataFrame) -> pl.DataFrame:
        rows = rule.rows(logs)
        exact = {name: kind for name, kind in self.table.schema.items() if name not in self._floats}
        return rows.select(_column(name, kind, rule, rows.columns) for name, kind in exact.items())


def _column(name: str, kind: DataType, rule: Rule, decoded: Sequence[str]) -> pl.Expr:
    if name in rule.columns:
        return rule.columns[name].cast(kind).alias(name)
    return pl.col(name).cast(kind) if name in decoded else pl.lit(None, kind).alias(name)


def _parameters(text: str) -> tuple[Parameter, ...]:
    parameters: list[Parameter] = []
    topic, at = 1, 0
    for kind, indexed, name in _PARAMETER.findall(text):
        if indexed:
            parameters.append(Parameter(name, kind, True, pl.col(f"topic{topic}")))
            topic += 1
        else:
            parameters.append(Parameter(name, kind, False, shapes.word_at(pl.lit(at))))
            at += WORD
    return tuple(parameters)
