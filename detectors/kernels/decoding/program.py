"""The declared events as arrays: what the pass reads instead of code. A row an event, a row a parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.kernels.decoding import reading as r
from detectors.kernels.decoding.events import EVENTS, Declared
from ingest.decode.shapes import signature

Placed = tuple[list[int], int]
"""A parameter's row, and the bits that its type leaves unused."""
SLOTS = 256
ADDRESSES = ("emitter", "asset", "source", "target", "third")
WORDS = ("amount", "amount2", "item")
MORE = ("amount3", "amount4", "price", "liquidity")
SMALL = ("small", "small2")

_PLACES = {
    **{name: (r.ADDRESS, slot) for slot, name in enumerate(ADDRESSES)},
    **{name: (r.WORDS, slot) for slot, name in enumerate(WORDS)},
    **{name: (r.MORE, slot) for slot, name in enumerate(MORE)},
    **{name: (r.SMALL, slot) for slot, name in enumerate(SMALL)},
    "flag": (r.FLAG, 0),
    "_": (r.NOTHING, 0),
}
_FLAGS = {None: r.FLAG_OF_NOTHING, "amount": r.FLAG_OF_AMOUNT, "target": r.FLAG_OF_TARGET}
_LINE = re.compile(r"(\w+)\((.*)\)")
_DYNAMIC = re.compile(r"string|bytes|.*\[\]")
_TYPE = re.compile(r"(address|bool|u?int\d+|bytes32|string|bytes)(\[\])?")
_PARAMETER = re.compile(r"(\w+(?:\[\])?)( indexed)? (\w+)")


class Program(NamedTuple):
    """`signatures` holds each event's first topic as limbs; `slots` the first event by the lowest byte of the
    first limb, or -1, from where `E_NEXT` leads on; `masks` the bits that a word of the parameter's type
    leaves unused.
    """

    events: NDArray[np.int64]
    parameters: NDArray[np.int64]
    masks: NDArray[np.uint64]
    signatures: NDArray[np.uint64]
    slots: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Parameter:
    type: str
    indexed: bool
    name: str

    @property
    def word(self) -> str:
        """The type of its word: of an indexed string or array the log holds a digest only."""
        return "bytes32" if self.indexed and _DYNAMIC.fullmatch(self.type) else self.type


@cache
def program() -> Program:
    """Of all declared events."""
    return assembled(EVENTS)


def assembled(declared: tuple[Declared, ...]) -> Program:
    """The arrays of some events."""
    events = np.zeros((len(declared), r.EVENT_COLUMNS), np.int64)
    signatures = np.zeros((len(declared), 4), np.uint64)
    slots = np.full(SLOTS, -1, np.int64)
    parameters: list[list[int]] = []
    masks: list[int] = []
    for event, line in enumerate(declared):
        name, told = _parsed(line.text)
        ordered = sorted(_placed(told), key=_turn)
        _describe(events[event], line, told, ordered, len(parameters))
        parameters += [row for row, _ in ordered]
        masks += [mask for _, mask in ordered]
        topic = signature(f"{name}({','.join(parameter.type for parameter in told)})")
        signatures[event] = limbs(int.from_bytes(topic, "big"))
        slot = int(signatures[event, 0]) % SLOTS
        events[event, r.E_NEXT], slots[slot] = slots[slot], event
    return Program(
        events, np.array(parameters, np.int64), np.array([limbs(m) for m in masks]), signatures, slots
    )


def limbs(number: int) -> NDArray[np.uint64]:
    """A number of 256 bits as four limbs, most significant first."""
    return np.frombuffer(number.to_bytes(32, "big"), ">u8").astype(np.uint64)


def unused(kind: str) -> int:
    """The bits of a word that a value of this type leaves alike: all of them zero, or the sign."""
    assert _TYPE.fullmatch(kind), f"no words of {kind} are read"
    if kind in ("bytes32", "string", "bytes"):
        return 0
    element = kind.removesuffix("[]")
    bits = {"address": 160, "bool": 1}.get(element) or int(re.sub(r"\D", "", element) or 256)
    return (1 << 256) - (1 << (bits - 1 if element.startswith("int") else bits))


def _parsed(text: str) -> tuple[str, list[_Parameter]]:
    match = _LINE.fullmatch(text)
    assert match is not None, text
    found = _PARAMETER.findall(match[2])
    return match[1], [_Parameter(kind, bool(indexed), name) for kind, indexed, name in found]


def _placed(told: list[_Parameter]) -> list[Placed]:
    """The rows of an event's parameters: topics and words of the data in the order of their declaration."""
    rows: list[Placed] = []
    topic, word = 1, r.TOPICS
    names = [parameter.name for parameter in told]
    for index, parameter in enumerate(told):
        again = parameter.name != "_" and names.count(parameter.name) > 1
        lane = names[:index].count(parameter.name) if again else r.ALL
        at = topic if parameter.indexed else word
        rows.append(([at, _type(parameter), lane, *_PLACES[parameter.name]], unused(parameter.word)))
        topic, word = (topic + 1, word) if parameter.indexed else (topic, word + 1)
        assert parameter.word not in ("string", "bytes") or parameter.name == "_", "it is not kept"
        assert parameter.name not in SMALL or _fits(parameter.word), f"{parameter.word} is no small number"
    assert word < r.MOST_WORDS, "a log of more words has no room"
    return rows


def _fits(kind: str) -> bool:
    """Whether a column of 64-bit numbers can hold what a parameter of this type fills it with."""
    bits = int(re.sub(r"\D", "", kind) or 256)
    return kind == "bytes[]" or bits <= (64 if kind.startswith("int") else 63)


def _turn(placed: Placed) -> int:
    """Which loop of `fill` takes a parameter: addresses first, then words, then what needs more thought."""
    (_, kind, lane, into, _), mask = placed
    if kind != r.UNSIGNED or lane != r.ALL:
        return 2
    if into == r.ADDRESS and mask == unused("address"):
        return 0
    return 1 if into == r.WORDS else 2


def _type(parameter: _Parameter) -> int:
    if parameter.word in ("string", "bytes"):
        return r.BYTES
    if parameter.word.endswith("[]"):
        return r.ARRAY_OF_BYTES if parameter.word in ("string[]", "bytes[]") else r.ARRAY
    if parameter.word == "int256":
        return r.SPLIT
    return r.SIGNED if parameter.word.startswith("int") else r.UNSIGNED


def _describe(
    event: NDArray[np.int64], line: Declared, told: list[_Parameter], ordered: list[Placed], first: int
) -> None:
    rows, turns = [row for row, _ in ordered], [_turn(placed) for placed in ordered]
    topics = 1 + sum(parameter.indexed for parameter in told)
    event[r.E_KIND], event[r.E_TOPICS] = line.kind, topics
    event[r.E_HEAD] = len(told) - topics + 1
    event[r.E_EXACT] = all(row[r.P_TYPE] < r.BYTES for row in rows)
    event[r.E_FIRST], event[r.E_LAST] = first, first + len(rows)
    event[r.E_WORDS] = first + turns.count(0)
    event[r.E_OTHERS] = first + turns.count(0) + turns.count(1)
    event[r.E_LANES] = 1 + max(max((row[r.P_LANE] for row in rows), default=0), 0)
    event[r.E_OWN], event[r.E_SINGLE], event[r.E_FLAG] = line.own, line.single, _FLAGS[line.flag]
    event[r.E_MORE] = any(row[r.P_INTO] == r.MORE or row[r.P_TYPE] == r.SPLIT for row in rows)
