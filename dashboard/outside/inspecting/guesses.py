"""Arguments that are tried: by type, in an order that a seed decides."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from dashboard.outside.inspecting.functions import Function, largest
from ingest.localchain.chain.wallet import Address, types_of, words

_WORDS = 3
_MOST = 400
"""Combinations that are drawn from at most."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """What stands for an address and for a number, the most telling first."""

    addresses: tuple[Address, ...]
    numbers: tuple[int, ...]


def calls(function: Function, guesses: Guesses, rng: Random, most: int) -> list[str]:
    """Up to `most` different calls of it as 0x-hex: first that of first guesses, others as they are drawn."""
    if function.types is None:
        return _unknown(function, guesses, rng, most)
    choices = [_of(kind, guesses) for kind in function.types]
    first = [each[0] for each in choices]
    drawn = ([rng.choice(each) for each in choices] for _ in range(3 * most))
    every = [call(function, arguments) for arguments in (first, *drawn)]
    return [each for each in dict.fromkeys(every) if each is not None][:most]


def call(function: Function, arguments: Sequence[Any]) -> str | None:
    """None where the arguments do not fit its types."""
    if function.types is None:
        return None
    inside = words(function.types, arguments)
    return None if inside is None else function.selector + inside


def _unknown(function: Function, guesses: Guesses, rng: Random, most: int) -> list[str]:
    """Words of any kind: what a function does not take, it does not read."""
    pieces = [int(address, 16) for address in guesses.addresses[:3]] + list(guesses.numbers[:3])
    found = list(itertools.islice(itertools.product(pieces, repeat=_WORDS), _MOST))
    rng.shuffle(found)
    plain = ["", *("".join(f"{word:064x}" for word in each) for each in found)]
    return [function.selector + each for each in plain[:most]]


def _of(kind: str, guesses: Guesses) -> list[Any]:
    if kind.endswith("]"):
        inner, _, size = kind.rpartition("[")
        many = int(size[:-1]) if size != "]" else 1
        return [[one] * many for one in _of(inner, guesses)]
    if kind.startswith("("):
        return [tuple(each) for each in itertools.islice(_tuples(kind, guesses), 3)]
    if kind == "address":
        return list(guesses.addresses)
    if kind == "bool":
        return [True, False]
    if kind.startswith(("uint", "int")):
        found = list(dict.fromkeys(min(number, largest(kind)) for number in guesses.numbers))
        return [*found, *(-number for number in found[1:3])] if kind.startswith("int") else found
    if kind == "string":
        return ["", "inspected"]
    if kind == "bytes":
        return [b""]
    return [bytes(int(kind.removeprefix("bytes") or 32))] if kind.startswith("bytes") else [0]


def _tuples(kind: str, guesses: Guesses) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*(_of(each, guesses) for each in types_of(kind)))
