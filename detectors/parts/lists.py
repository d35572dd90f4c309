"""Who is listed as what, since when and until when, and which transactions such an address takes part in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.listed import ENTRY, MOST_KINDS, MOST_SOURCES, SOURCE, STANDING, follow_lists
from detectors.kernels.rows.listings import KINDS
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY

SANCTIONS, MIXER, EXCHANGE, BRIDGE = (
    KINDS.index(kind) for kind in ("sanctions", "mixer", "exchange", "bridge")
)
"""Places in a column `kind`."""

assert len(KINDS) <= MOST_KINDS

_CHANGE = ("block", "id", "kind", "on", "was", "since", "until")
_TOUCH = ("transaction", "account", "kind", "since", "until", "holds")
_NOBODY: Array = np.zeros(0, np.int64)
_NOBODY.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: for how long an entry stands without being told again: a list that did not change is not
    told again for years. entries_cap: entries of all lists, from which on the oldest go early.
    """

    horizon_s: int = 3650 * DAY
    entries_cap: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Lists:
    """`changes`, by "block, id": what became of an address (`id`) as `kind` (a place in
    `rows.listings.KINDS`) as lists were told with that block: `on` (1: some list names it so), `was` (1:
    one did before), `since` and `until` (seconds; of several lists of a kind the earliest and the latest).

    `touched`, by "transaction": each `account` that signed it, was called, spoke (by a log that is decoded),
    or paid or was paid in it and that a list names as `kind`, with `since`, `until`, and `holds`: the block
    lies between them. Names told with a block count from its first transaction on. At most 64 lists in all.
    """

    name: str = "lists"
    reads: tuple[str, ...] = ("net",)
    kinds: tuple[Kind, ...] = (Kind.LISTED, Kind.TRANSACTION)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "sources": TableSpec(SOURCE, own.horizon_s, 2 * MOST_SOURCES),
            "entries": TableSpec(ENTRY, own.horizon_s, own.entries_cap),
            "standing": TableSpec(STANDING, own.horizon_s, own.entries_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        told, sent, changes = seen.lists, seen.transactions, seen.of("net").get("changes", {})
        news, arrays = told["block"].size, list[Array]()
        for name in ("sources", "entries", "standing"):
            table = memory[name]
            assert isinstance(table, Table)
            table.reserve(2 * news)
            arrays += table.arrays()
        times = dict(zip(seen.blocks["number"].tolist(), seen.blocks["time"].tolist(), strict=True))
        when = np.array([times[block] for block in told["block"].tolist()], np.int64)
        lines = _parties(seen, changes)
        room = len(KINDS) * (2 * sent["number"].size + lines[0].size) + 1
        found: dict[str, Array] = {name: np.empty(news, np.int64) for name in _CHANGE}
        touched: dict[str, Array] = {
            name: np.empty(room, np.bool_ if name == "holds" else np.int64) for name in _TOUCH
        }
        given: list[Array] = [told["block"], when]
        given += [told[name] for name in ("address", "kind", "listed", "since", "until", "source")]
        given += [sent[name] for name in ("number", "block", "time", "signer", "target")]
        given += [*lines, np.zeros(8, np.int64), *found.values(), *touched.values()]
        used = follow_lists(*arrays, *given)
        if used < 0:
            raise ValueError(
                f"more than {MOST_SOURCES} lists were told of: put some of one kind into one file"
            )
        return {"changes": found, "touched": {name: column[:used] for name, column in touched.items()}}


def _parties(seen: Seen, changes: Columns) -> list[Array]:
    """Transaction and account of all who paid, were paid or spoke, by transaction."""
    rows = seen.rows
    spoke = rows["emitter"] > 0
    first = int(rows["transaction"][0]) if rows["transaction"].size else 0
    keys = np.unique(((rows["transaction"][spoke] - first) << 40) | rows["emitter"][spoke])
    pairs = (keys >> 40) + first, keys & (1 << 40) - 1
    found = [changes.get(name, _NOBODY) for name in ("transaction", "account")]
    joined = [np.concatenate([one, other]) for one, other in zip(found, pairs, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return [column[order] for column in joined]
