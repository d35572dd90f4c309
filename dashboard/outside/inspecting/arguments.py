"""Arguments of a constructor: those that are given, and those that are tried where none are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.outside.inspecting.functions import can_be_filled, kind_of, largest
from dashboard.outside.inspecting.stage import ETHER, Stage
from ingest.localchain.chain.wallet import Address
from ingest.model.errors import BadInput

_MOST_DEPLOYMENTS = 40


def tried(stage: Stage, takes: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Sets of arguments, what fits its names best first. Raises BadInput where they would be too large."""
    if not can_be_filled([kind_of(one) for one in takes]):
        raise BadInput("the constructor takes arguments that are too large to be tried: give --args")
    choices = [_defaults(stage, one) for one in takes]
    every = itertools.islice(itertools.product(*(range(len(each)) for each in choices)), 20_000)
    ranked = sorted(every, key=sum)[:_MOST_DEPLOYMENTS]
    return [[choice[i] for choice, i in zip(choices, each, strict=True)] for each in ranked]


def _defaults(stage: Stage, one: Mapping[str, Any]) -> list[Any]:
    kind = kind_of(one)
    hint = f"{one.get('name', '')} {one.get('internalType', '')}".lower()
    if kind.endswith("]"):
        inner = _defaults(stage, {**one, "type": one["type"].rpartition("[")[0]})
        size = kind.rpartition("[")[2][:-1]
        return [[each] * int(size or 1) for each in inner]
    if kind.startswith("("):
        return [tuple(_defaults(stage, each)[0] for each in one["components"])]
    if kind == "address":
        return _addresses(stage, hint)
    if kind.startswith(("uint", "int")):
        return _numbers(kind, hint)
    plain: dict[str, list[Any]] = {"bool": [False, True], "string": ["Inspected"], "bytes": [b""]}
    return plain.get(
        kind, [bytes(int(kind.removeprefix("bytes") or 32))] if kind.startswith("bytes") else [0]
    )


def _addresses(stage: Stage, hint: str) -> list[Address]:
    said = {
        stage.pair: ("pair", "pool", "oracle"), stage.coin: ("weth", "wrapped"), stage.factory: ("factory",),
        stage.money: ("token", "asset", "money", "underlying", "erc20", "currency", "usd"),
    }  # fmt: skip
    fits = [each for each, names in said.items() if any(name in hint for name in names)]
    return list(dict.fromkeys([*fits, stage.owner, stage.money, stage.pair]))


def _numbers(kind: str, hint: str) -> list[int]:
    if "enum" in hint:
        return [0, 1, 2]
    likely = {
        "supply": 10**6 * ETHER, "cap": 10**6 * ETHER, "limit": 10**4 * ETHER, "decimals": 18, "offset": 0,
        "percent": 5, "basis": 100, "fee": 5, "tax": 5, "share": ETHER, "price": ETHER,
    }  # fmt: skip
    fits = [number for name, number in likely.items() if name in hint]
    return [each for each in dict.fromkeys([*fits, 1, 100, 18, 0, ETHER, 10**10]) if each <= largest(kind)]


def converted(stage: Stage, takes: Sequence[Mapping[str, Any]], given: Sequence[Any]) -> list[Any]:
    """What stands in --args, as its type wants it. `@token` and the like stand for what is on the stage."""
    if len(takes) != len(given):
        raise BadInput(f"--args has {len(given)} arguments, the constructor takes {listed(takes) or 'none'}")
    return [_converted(stage, kind_of(one), each) for one, each in zip(takes, given, strict=True)]


def _converted(stage: Stage, kind: str, given: Any) -> Any:
    if kind.endswith("]") and isinstance(given, list):
        return [_converted(stage, kind.rpartition("[")[0], each) for each in given]
    if isinstance(given, str) and kind == "address" and given.startswith("@"):
        standing = stage.standing_for(given)
        if standing is None:
            raise BadInput(
                f"--args: {given} stands for nothing: there are @token, @gem, @pool, @weth, @owner"
            )
        return standing
    if isinstance(given, str) and kind.startswith(("uint", "int")):
        return int(given, 0) if given.lstrip("-").isalnum() else given
    if isinstance(given, str) and kind.startswith("bytes"):
        return bytes.fromhex(given.removeprefix("0x"))
    return given


def read_arguments(text: str | None) -> list[Any] | None:
    """`--args`, a JSON list. Raises BadInput for anything else."""
    if text is None:
        return None
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"--args is no JSON: {error}") from error
    if not isinstance(given, list):
        raise BadInput("--args must be a JSON list, one item an argument")
    return given


def listed(takes: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{kind_of(one)} {one.get('name', '')}".strip() for one in takes)


def named(stage: Stage, takes: Sequence[Mapping[str, Any]], arguments: Sequence[Any]) -> str:
    """Arguments for a person, stand-ins by name."""
    names = {stage.standing_for(name): f"@{name}" for name in ("token", "pool", "weth", "owner", "factory")}
    shown = (names.get(each, each) if isinstance(each, str) else each for each in arguments)
    tried = ", ".join(
        f"{one.get('name') or kind_of(one)} = {each}" for one, each in zip(takes, shown, strict=True)
    )
    return f"no --args, so these were tried: {tried}"
