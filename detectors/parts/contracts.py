"""Who made a contract, who controls it, and what code lies behind it: by what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Layout
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import of_kinds

CONTROL = (
    Kind.OWNER, Kind.ADMIN, Kind.ROLE_GRANTED, Kind.ROLE_REVOKED, Kind.IMPLEMENTATION, Kind.BEACON,
)  # fmt: skip
BIRTHS = (Kind.TRANSACTION, Kind.CREATION)
MADE = Layout(ints=("row", "signer", "by"))
TOLD = Layout(ints=("row", "kind", "signer", "source", "target", "item"))


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: for how long it is remembered, in seconds after the last row of a contract. Caps: contracts
    in use at once.
    """

    horizon_s: int = 730 * DAY
    made_cap: int = 8_000_000
    told_cap: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Contracts:
    """`born`, by "row" (that made it): `contract`, `signer`, `by`. The history `made` has by contract: `row`
    that made it, `signer` of the transaction, `by` whom (a factory, or the signer). The history `told` has by
    contract what it told of its control: `row`, `kind` (an owner, admin, role, implementation or beacon that
    changed), `signer`, `source` (who had it), `target` (who has it), `item` (the role).

    Creations inside calls are known where traces are. Control is by the word of the contract alone, and old
    Safes say nothing when their code is exchanged by a delegatecall.
    """

    name: str = "contracts"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (*BIRTHS, *CONTROL)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        own = self.settings
        return {
            "made": HistorySpec(MADE, own.horizon_s, own.made_cap),
            "told": HistorySpec(TOLD, own.horizon_s, own.told_cap),
        }

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, made, told = seen.rows, memory["made"], memory["told"]
        assert isinstance(made, History)
        assert isinstance(told, History)
        kind = rows["kind"]
        born = (kind == Kind.TRANSACTION) & rows["flag"] & (rows["third"] != 0)
        born |= (kind == Kind.CREATION) & (rows["target"] != 0)
        which = np.flatnonzero(born)
        inner = kind[which] == Kind.CREATION
        said = {"row": rows["number"][which], "contract": rows["third"][which].copy()}
        said["contract"][inner] = rows["target"][which][inner]
        said |= {"signer": rows["signer"][which], "by": rows["source"][which]}
        for at, contract in zip(which.tolist(), said["contract"].tolist(), strict=True):
            by, signer = rows["source"][at], rows["signer"][at]
            made.add(contract, *_when(rows, at), row=rows["number"][at], signer=signer, by=by)
        for at in np.flatnonzero(of_kinds(kind, CONTROL)).tolist():
            what = {name: rows[name][at] for name in ("kind", "signer", "source", "target", "item")}
            told.add(int(rows["emitter"][at]), *_when(rows, at), row=rows["number"][at], **what)
        return {"born": said}


def _when(rows: Columns, at: int) -> tuple[int, int]:
    return int(rows["block"][at]), int(rows["time"][at])
