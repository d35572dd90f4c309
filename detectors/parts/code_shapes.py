"""The shape of deployed code, in numbers: what a model of contracts is trained on and reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts import bytecode
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY

SHAPE = (
    "size", "calls", "delegate_calls", "static_calls", "creations", "loads", "stores", "logs", "asks_origin",
    "asks_balance", "destroys", "entries", "asked_of_others", "called_back", "hooks", "pays_in", "takes_out",
    "moves_tokens", "approves", "stands_behind", "wired", "reenters", "saves",
)  # fmt: skip
_LAYOUT = Layout(floats=SHAPE)


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s, cap: for how long, and of how many codes, the shape is remembered: bytes are told once."""

    horizon_s: int = 3_650 * DAY
    cap: int = 2_000_000


@dataclass(frozen=True, slots=True)
class CodeShapes:
    """`shapes`, by "row" (that of the line in `deployments`): of the contract that was made there, counts as
    log2(1 + n), so that twice as much is one more, capped at 16: `size` (bytes of code), `calls`,
    `delegate_calls`, `static_calls`, `creations`, `loads` and `stores` (of storage), `logs`, `asks_origin`,
    `asks_balance` (its own coin), `destroys` (places in the code that do so), `entries` (functions it answers
    to), `asked_of_others` (functions that it calls), `called_back`, `hooks` (entries of lenders and pools, of
    tokens), `pays_in`, `takes_out`, `moves_tokens`, `approves` (such functions that it calls),
    `stands_behind` (1: made for a proxy), `wired` (addresses in it), `reenters`, `saves` (1: what it does
    while it is paid).

    No bytes and no hashes of code are among them: what a model learns is no list of known codes.
    """

    name: str = "code-shapes"
    reads: tuple[str, ...] = ("deployments",)
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        return {"shapes": HistorySpec(_LAYOUT, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        shapes, told = memory["shapes"], seen.codes
        assert isinstance(shapes, History)
        keys: dict[tuple[int, int], int] = {}
        for line in range(told["block"].size):
            block = int(told["block"][line])
            key = int.from_bytes(told["hash"][line].tobytes()[:8], "big") >> 1
            keys[block, int(told["address"][line])] = key
            now = int(seen.blocks["time"][np.searchsorted(seen.blocks["number"], block)])
            code = told["code"][line]
            if code is not None and not shapes.rows(key, block, now, 1)["size"].size:
                shapes.add(key, block, now, **shape(code))
        made = seen.of("deployments").get("made")
        return {} if made is None else _shapes(shapes, seen, made, keys)


def _shapes(
    shapes: History, seen: Seen, made: Columns, keys: Mapping[tuple[int, int], int]
) -> dict[str, Columns]:
    lines: list[tuple[int, int, list[float]]] = []
    for row, contract in zip(made["row"].tolist(), made["contract"].tolist(), strict=True):
        at = row - int(seen.rows["number"][0])
        block, now = int(seen.rows["block"][at]), int(seen.rows["time"][at])
        known = shapes.rows(keys[block, contract], block, now, 1)
        if known["size"].size:
            lines.append((row, contract, [float(known[name][0]) for name in SHAPE]))
    table: dict[str, Array] = {
        "row": np.array([row for row, _, _ in lines], np.int64),
        "contract": np.array([contract for _, contract, _ in lines], np.int64),
    }
    for i, name in enumerate(SHAPE):
        table[name] = np.array([values[i] for _, _, values in lines], np.float64)
    return {"shapes": table} if lines else {}


def shape(code: bytes) -> dict[str, float]:
    """Any bytes will do: what is no code has the shape of noise."""
    body = bytecode.body(code)
    counted, asked, said = bytecode.counts(body), *bytecode.selectors(body)
    bits = bytecode.read(code)
    plain = {
        "size": len(body),
        "calls": counted[0xF1] + counted[0xF2],
        "delegate_calls": counted[0xF4],
        "static_calls": counted[0xFA],
        "creations": counted[0xF0] + counted[0xF5],
        "loads": counted[0x54],
        "stores": counted[0x55],
        "logs": sum(counted[0xA0:0xA5]),
        "asks_origin": counted[0x32],
        "asks_balance": counted[0x47],
        "destroys": counted[0xFF],
        "entries": len(asked),
        "asked_of_others": len(said - asked),
        "called_back": len(asked & bytecode.CALLBACKS),
        "hooks": len(asked & bytecode.HOOKS),
        "pays_in": len(said & bytecode.IN),
        "takes_out": len(said & bytecode.OUT),
        "moves_tokens": len(said & bytecode.TRANSFERS),
        "approves": len(said & bytecode.APPROVALS),
        "wired": len(bits.addresses),
    }
    flags = {
        "stands_behind": bits.bits & bytecode.IMPLEMENTS,
        "reenters": bits.bits & bytecode.REENTERS,
        "saves": bits.bits & bytecode.SAVES,
    }
    logs = {name: min(16.0, float(np.log2(1 + count))) for name, count in plain.items()}
    return logs | {name: float(bool(bit)) for name, bit in flags.items()}
