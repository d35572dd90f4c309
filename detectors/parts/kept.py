"""What accounts keep: of each asset what was there before a transaction, and what was spent that nobody saw
come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.kept_balances import KEPT, kept_balances
from detectors.memory.layout import Array
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY

_WORDS = ("before", "short", "got", "supply", "issued")


@dataclass(frozen=True, slots=True)
class Settings:
    """A balance is remembered for horizon_s seconds after it last changed: a treasury may lie for a year.
    cap: balances from which on the oldest go early; told_cap: the same of those that no signer had a part in,
    which anyone could fill for the price of some logs.
    """

    horizon_s: int = 365 * DAY
    cap: int = 8_000_000
    told_cap: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """`lines`, by "transaction", one beside each line of `net`'s `changes` and in their order: `before` (what
    was there before, by what was seen), `short` (what was spent beyond that so far, this transaction with
    it), `got` (all that ever came, this with it), `supply` (of the asset, before), `issued` (the supply
    of the token that the account is, before; 0 for none), `first` and `last` (times at which it first and
    last had more; 0: never), `known_from` (the time since which all is known; 0: since the stream began).

    The zero address pays what is minted and gets what is burnt: the supply of a token is what it is short of
    less what it has. What lay somewhere before the stream is not known: it comes to light as `short`. Native
    value counts as in `net`: without traces what contracts pay of it is not seen.
    """

    name: str = "kept"
    reads: tuple[str, ...] = ("net",)
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "signed": TableSpec(KEPT, own.horizon_s, own.cap),
            "told": TableSpec(KEPT, own.horizon_s, own.told_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        changes, sent = seen.of("net").get("changes"), seen.transactions
        if changes is None or not changes["transaction"].size:
            return {}
        size, held = changes["transaction"].size, list[Array]()
        for name, touches in (("signed", size), ("told", 2 * size)):
            table = memory[name]
            assert isinstance(table, Table)
            table.reserve(touches)
            held += table.arrays()
        lines: dict[str, Array] = {name: np.zeros((size, 4), np.uint64) for name in _WORDS}
        lines |= {name: np.empty(size, np.int64) for name in ("first", "last", "known_from")}
        given = [sent[name] for name in ("number", "block", "time", "signer")]
        given += [changes[name] for name in ("transaction", "account", "asset", "received", "paid")]
        kept_balances(*given, *held, *lines.values())
        return {"lines": {"transaction": changes["transaction"].copy(), **lines}}
