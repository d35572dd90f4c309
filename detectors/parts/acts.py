"""What contracts were made with, and told by transactions, byte for byte: so that they can be tried beside
the chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Array, Layout
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.people import whole
from ingest.decode.shapes import signature

WORDS = tuple(f"word{n}" for n in range(16))
SAID = Layout(ints=("row", "signer", "maker", "place", "size", "count", "created"), words=("value", *WORDS))
BYTES_A_LINE = 32 * len(WORDS)
MOST_ACTS = 64
"""Acts of a contract that are kept. One with more is in use by many, and nothing more is said of it."""
MOST_CODE, MOST_CALL = 49_152, 4_096
"""Bytes of what creates a contract, and of a call of it: beyond, nothing more is said of it."""
_OF_HOLDERS = frozenset(
    int.from_bytes(signature(each)[:4], "big")
    for each in (
        "approve(address,uint256)", "transfer(address,uint256)",
        "transferFrom(address,address,uint256)", "increaseAllowance(address,uint256)",
    )
)  # fmt: skip
"""What holders of a token do with it: kept of its maker alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """horizon_s: how long an act is remembered; cap: contracts in use at once."""

    horizon_s: int = 30 * DAY
    cap: int = 200_000


@dataclass(frozen=True, slots=True)
class Act:
    """A transaction that made a contract, or called it and was done."""

    row: int
    block: int
    time: int
    signer: int
    value: int
    created: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Acts:
    """`acts`, by "transaction": each that made a contract itself or called such a one, also where it failed:
    `contract`, `maker`, `created`.

    The history `said` has by contract what it was made with and the calls that were done, in lines of 512
    bytes: `row`, `signer`, `maker` (who made it), `value`, `created`, `size` (in bytes), `place` (of the line
    in it), `count` (acts up to this one), and `word0` and on. Only contracts that a transaction made itself,
    of the last thirty days, and what transactions called them with themselves: what other contracts told them
    is not there. A contract with more than 64 acts is in use by many: its history ends with `count` above
    that. A million bytes of code are two thousand lines, 1.1 MB in a file.
    """

    name: str = "acts"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        return {"said": HistorySpec(SAID, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        said = memory["said"]
        assert isinstance(said, History)
        found = list(self._acts(said, seen))
        names = ("transaction", "contract", "maker", "created")
        table: dict[str, Array] = {
            name: np.array([line[i] for line in found], np.int64) for i, name in enumerate(names)
        }
        return {"acts": table} if found else {}

    def _acts(self, said: History, seen: Seen) -> Iterator[tuple[int, int, int, int]]:
        sent = seen.transactions
        makes = (sent["created"] != 0) & sent["done"]
        calls = (sent["selector"] >= 0) & (sent["target"] != 0) & (sent["created"] == 0)
        # most contracts are older: one look for all of them
        calls &= said.held(sent["target"]) | np.isin(sent["target"], sent["created"][makes])
        for at in np.flatnonzero(makes | calls).tolist():
            number, block, time = (int(sent[name][at]) for name in ("number", "block", "time"))
            if makes[at]:
                contract, maker = int(sent["created"][at]), int(sent["signer"][at])
                data = seen.call_data(number)
                if 0 < len(data) <= MOST_CODE:
                    _keep(said, seen, at, contract, maker, data, 1)
                    yield number, contract, maker, 1
                continue
            contract = int(sent["target"][at])
            maker, count = _known(said, contract, block, time)
            if not count or count > MOST_ACTS:
                continue
            if sent["done"][at] and _matters(sent, at, maker):
                data = seen.call_data(number)
                count = count + 1 if len(data) <= MOST_CALL else MOST_ACTS + 1
                _keep(said, seen, at, contract, maker, data if count <= MOST_ACTS else b"", count)
            yield number, contract, maker, 0


def _matters(sent: Columns, at: int, maker: int) -> bool:
    return int(sent["selector"][at]) not in _OF_HOLDERS or int(sent["signer"][at]) == maker


def _known(said: History, contract: int, block: int, time: int) -> tuple[int, int]:
    """Who made a contract, and how many acts are kept; 0 where none are."""
    newest = said.rows(contract, block, time, 1)
    if not newest["count"].size:
        return 0, 0
    return int(newest["maker"][0]), int(newest["count"][0])


def _keep(said: History, seen: Seen, at: int, contract: int, maker: int, data: bytes, count: int) -> None:
    sent = seen.transactions
    row = int(seen.rows["number"][sent["first_row"][at]])
    same = {"row": row, "signer": int(sent["signer"][at]), "maker": maker, "size": len(data), "count": count}
    same["created"] = int(sent["created"][at] != 0)
    padded = data.ljust(-(-max(1, len(data)) // BYTES_A_LINE) * BYTES_A_LINE, b"\0")
    limbs = np.frombuffer(padded, ">u8").astype(np.uint64).reshape(-1, len(WORDS), 4)
    for place, words in enumerate(limbs):
        said.add(
            contract, int(sent["block"][at]), int(sent["time"][at]), place=place, value=sent["value"][at],
            **same, **dict(zip(WORDS, words, strict=True)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnCall:
    """A call of the piece, by its `maker`, of a contract that the part tells of; `done`: or it failed."""

    contract: int
    maker: int
    transaction: int
    block: int
    row: int
    done: bool
    pays: bool


def own_calls(seen: Seen) -> tuple[OwnCall, ...]:
    """In the order of the chain."""
    return seen.once("own calls", lambda: tuple(_own_calls(seen)))


def _own_calls(seen: Seen) -> Iterator[OwnCall]:
    acts, sent = seen.of("acts").get("acts"), seen.transactions
    if acts is None:
        return
    at = acts["transaction"] - sent["number"][0]
    own = (acts["created"] == 0) & (sent["signer"][at] == acts["maker"])
    for line in np.flatnonzero(own).tolist():
        contract, maker, number = (int(acts[name][line]) for name in ("contract", "maker", "transaction"))
        place = int(at[line])
        row = int(seen.rows["number"][sent["first_row"][place]])
        done, pays = bool(sent["done"][place]), bool((sent["value"][place] != 0).any())
        yield OwnCall(contract, maker, number, int(sent["block"][place]), row, done, pays)


def acts_of(seen: Seen, contract: int, block: int) -> tuple[Act, ...]:
    """All acts of a contract up to the end of a block, oldest first; none where they are not all known."""
    return seen.once(("acts of", contract, block), lambda: _acts_of(seen, contract, block))


def _acts_of(seen: Seen, contract: int, as_of: int) -> tuple[Act, ...]:
    lines = seen.history("acts.said").rows(contract, as_of, _MOST_LINES)
    if not lines["row"].size or int(lines["count"][0]) > MOST_ACTS or not lines["created"][-1]:
        return ()
    lines = {name: column[::-1] for name, column in lines.items()}
    begins = np.flatnonzero(lines["place"] == 0).tolist()
    words = np.stack([lines[name] for name in WORDS], axis=1).astype(">u8")
    found = []
    for first, end in zip(begins, [*begins[1:], lines["row"].size], strict=True):
        data = words[first:end].tobytes()[: int(lines["size"][first])]
        row, block, time, signer = (int(lines[name][first]) for name in ("row", "block", "time", "signer"))
        (value,) = whole(lines["value"][first : first + 1])
        found.append(Act(row, block, time, signer, value, bool(lines["created"][first]), data))
    return tuple(found)


_MOST_LINES = MOST_CODE // BYTES_A_LINE + 1 + MOST_ACTS * (MOST_CALL // BYTES_A_LINE + 1)
