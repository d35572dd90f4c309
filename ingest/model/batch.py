"""What travels through the log: batches of blocks with their facts, and rollbacks; order is the clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from ingest import decode, schema

_BELOW_TRANSFERS = {"wrapped_natives", "traces"}
"""Tables beside the blocks' own that decide what is a transfer."""


@dataclass(frozen=True)
class Batch:
    """Frames of consecutive blocks (see `ingest.schema`), and the facts that became known with them.

    Every frame is in chain order. `token_metadata` holds only tokens first seen in these blocks; `traces` is
    empty where nobody asked the node for them. Events are decoded when they are first asked for, then kept.
    `transfers` rest on `wrapped_natives` and `traces` too: on nothing outside of the batch.
    """

    blocks: pl.DataFrame
    transactions: pl.DataFrame
    logs: pl.DataFrame
    token_metadata: pl.DataFrame = field(default_factory=schema.TOKEN_METADATA.empty)
    codes: pl.DataFrame = field(default_factory=schema.CODES.empty)
    lists: pl.DataFrame = field(default_factory=schema.LISTS.empty)
    traces: pl.DataFrame = field(default_factory=schema.TRACES.empty)
    wrapped_natives: pl.DataFrame = field(default_factory=schema.WRAPPED_NATIVES.empty)
    messages: pl.DataFrame = field(default_factory=schema.MESSAGES.empty)
    disagreements: pl.DataFrame = field(default_factory=schema.DISAGREEMENTS.empty)

    @cached_property
    def transfers(self) -> pl.DataFrame:
        """Decoded once a batch, by the one function that decodes transfers anywhere."""
        return decode.transfers(self.blocks, self.transactions, self.logs, self.wrapped_natives, self.traces)

    @cached_property
    def approvals(self) -> pl.DataFrame:
        return decode.approvals(self.blocks, self.logs)

    @cached_property
    def pools(self) -> pl.DataFrame:
        return decode.pools(self.blocks, self.logs)

    @cached_property
    def swaps(self) -> pl.DataFrame:
        return decode.swaps(self.blocks, self.logs)

    @cached_property
    def liquidity(self) -> pl.DataFrame:
        return decode.liquidity(self.blocks, self.logs)

    @cached_property
    def reserves(self) -> pl.DataFrame:
        return decode.reserves(self.blocks, self.logs)

    @cached_property
    def lending(self) -> pl.DataFrame:
        return decode.lending(self.blocks, self.logs)

    @cached_property
    def liquidations(self) -> pl.DataFrame:
        return decode.liquidations(self.blocks, self.logs)

    @cached_property
    def flash_loans(self) -> pl.DataFrame:
        return decode.flash_loans(self.blocks, self.logs)

    @cached_property
    def vaults(self) -> pl.DataFrame:
        return decode.vaults(self.blocks, self.logs)

    @cached_property
    def mixers(self) -> pl.DataFrame:
        return decode.mixers(self.blocks, self.logs)

    @cached_property
    def ownership(self) -> pl.DataFrame:
        return decode.ownership(self.blocks, self.logs)

    @cached_property
    def proposals(self) -> pl.DataFrame:
        return decode.proposals(self.blocks, self.logs)

    @cached_property
    def votes(self) -> pl.DataFrame:
        return decode.votes(self.blocks, self.logs)

    @cached_property
    def delegations(self) -> pl.DataFrame:
        return decode.delegations(self.blocks, self.logs)

    @property
    def first(self) -> int:
        return int(self.blocks["block_number"][0])

    @property
    def last(self) -> int:
        return int(self.blocks["block_number"][-1])

    @property
    def last_hash(self) -> bytes:
        return bytes(self.blocks["block_hash"][-1])

    @property
    def parent_hash(self) -> bytes:
        return bytes(self.blocks["parent_hash"][0])

    @property
    def chain_id(self) -> int:
        return int(self.blocks["chain_id"][0])

    def __len__(self) -> int:
        return self.blocks.height

    def slice(self, first: int, last: int) -> Batch:
        """The blocks `first`..`last` (inclusive) of this batch; an empty batch where none lie inside."""
        inside = pl.col("block_number").is_between(first, last)
        return Batch(**{name: frame.filter(inside) for name, frame in self.frames().items()})

    def with_facts(self, **facts: pl.DataFrame) -> Batch:
        """This batch with other tables of facts or of traces. What was decoded of it stays decoded, but for
        transfers where they rest on what is other now.
        """
        other = replace(self, **facts)
        kept = self._decoded()
        if any(not facts[name].equals(self.frames()[name]) for name in facts.keys() & _BELOW_TRANSFERS):
            kept.pop("transfers", None)
        vars(other).update(kept)
        return other

    def _decoded(self) -> dict[str, pl.DataFrame]:
        """The events that were asked for so far."""
        return {name: kept for name, kept in vars(self).items() if name not in self.frames()}

    def frames(self) -> dict[str, pl.DataFrame]:
        return {
            "blocks": self.blocks,
            "transactions": self.transactions,
            "logs": self.logs,
            "token_metadata": self.token_metadata,
            "codes": self.codes,
            "lists": self.lists,
            "traces": self.traces,
            "wrapped_natives": self.wrapped_natives,
            "messages": self.messages,
            "disagreements": self.disagreements,
        }

    def facts(self) -> dict[str, pl.DataFrame]:
        """Its tables of facts, those without a row left out."""
        frames = self.frames()
        held = {table.name: frames[table.name] for table in schema.FACT_TABLES}
        return {name: frame for name, frame in held.items() if frame.height}


def concat(batches: list[Batch]) -> Batch:
    """Consecutive batches as one; what is decoded of all of them stays so. `batches` is not empty."""
    if len(batches) == 1:
        return batches[0]

    def joined(tables: list[dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
        names = [name for name in tables[0] if all(name in others for others in tables)]
        return {name: pl.concat([others[name] for others in tables]) for name in names}

    whole = Batch(**joined([batch.frames() for batch in batches]))
    vars(whole).update(joined([batch._decoded() for batch in batches]))
    return whole


@dataclass(frozen=True, slots=True)
class Rollback:
    """Blocks above `number` have left the chain; `hash` is the block that is the head again."""

    chain_id: int
    number: int
    hash: bytes


Event = Batch | Rollback
"""What a reader of the record log meets, in order."""
