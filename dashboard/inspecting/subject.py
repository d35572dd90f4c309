"""The contract that is inspected: at its address, or as a Solidity file makes it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.inspecting.fork import Fork
from dashboard.inspecting.functions import Function, from_abi, from_code, lowered
from dashboard.inspecting.guesses import Guesses, calls
from dashboard.inspecting.stage import ETHER, Stage, deploy
from detectors.parts import bytecode
from ingest.localchain.chain.artifacts import Artifact
from ingest.localchain.chain.wallet import Address, words
from ingest.machine.untrusted_solidity import Compiled, Contract
from ingest.model.errors import BadInput

IMPLEMENTATION = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
ADMIN = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"
BEACON = "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"
"""Where proxies keep it (EIP-1967)."""
_CLONE = bytes.fromhex("363d3d373d3d3d363d73")
_PROXY = Artifact("@openzeppelin/contracts", "build/contracts/ERC1967Proxy.json", ("address", "bytes"))
_OWNER_VIEWS = ("owner()", "getOwner()", "admin()", "governance()", "operator()", "issuer()")
_SLOTS = 12
_MOST_DEPLOYMENTS = 40


@dataclass(frozen=True, slots=True)
class Subject:
    """`code` is what runs there: of a proxy, that behind it. `owners`: who may have powers, the likeliest
    first. `fresh`: made on the fork, nobody uses it yet. `notes`: what was assumed, for the reader.
    """

    address: Address
    code: bytes
    functions: tuple[Function, ...]
    owners: tuple[Address, ...]
    fresh: bool
    has_interface: bool
    implementation: Address | None = None
    maker: Address | None = None
    notes: tuple[str, ...] = ()

    @property
    def acts(self) -> tuple[Function, ...]:
        """Functions that may change something."""
        return tuple(each for each in self.functions if not each.reads)


def at_address(
    fork: Fork, address: Address, maker: Address | None, abi: Sequence[Mapping[str, Any]] | None
) -> Subject:
    """Raises BadInput where there is no code."""
    if not fork.code(address):
        raise BadInput(f"there is no code at {address} on chain {fork.chain_id} at block {fork.number}")
    return _described(fork, address, maker, abi, fresh=False)


def deployed(
    fork: Fork, stage: Stage, compiled: Compiled, contract: Contract, given: Sequence[Any] | None
) -> Subject:
    """Deploys it with the arguments that are given, else with the first of those tried that it takes. Raises
    BadInput, saying why nothing came to lie on the fork.
    """
    code, links = _linked(fork, stage, compiled, contract)
    takes = next((each["inputs"] for each in contract.abi if each.get("type") == "constructor"), [])
    tried = 0
    for arguments in [converted(stage, takes, given)] if given is not None else _tried(stage, takes):
        inside = words([_kind(one) for one in takes], arguments)
        if inside is None:
            raise BadInput(f"--args do not fit the constructor of {contract.name}: it takes {_listed(takes)}")
        tried += 1
        before = len(fork.steps)
        done = fork.send(stage.owner, None, f"0x{code}{inside}")
        if done.ok and done.created and fork.code(done.created):
            said = [] if given is not None or not takes else [f"constructor: {_named(stage, takes, arguments)}"]
            return _fresh(fork, stage, done.created, contract, (*links, *said))
        if done.ok:
            raise BadInput(f"the constructor of {contract.name} leaves no code behind: nothing to inspect")
        del fork.steps[before:]
    raise BadInput(
        f"{contract.name} was not deployed: its constructor failed, or used more than 15,000,000 gas, with "
        f"{'the arguments that were given' if given is not None else f'each of {tried} sets of arguments'}; "
        f"it takes {_listed(takes) or 'none'}{'' if given is not None else ': give --args'}"
    )


def chosen(compiled: Compiled, name: str | None, file: str) -> Contract:
    """The one that is asked for, or the only one. Raises BadInput, naming what there is."""
    names = ", ".join(each.name for each in compiled.own)
    if not compiled.own:
        raise BadInput(f"{file} holds no contract that can be deployed: interfaces and libraries have no code")
    if name is None and len(compiled.own) > 1:
        raise BadInput(f"{file} holds {len(compiled.own)} contracts: choose one with --contract: {names}")
    for each in compiled.own:
        if name in (None, each.name):
            return each
    raise BadInput(f"{file} holds no contract {name!r}: there are {names}")


def _fresh(
    fork: Fork, stage: Stage, address: Address, contract: Contract, notes: tuple[str, ...]
) -> Subject:
    found = from_abi(contract.abi)
    if any(each.signature == "proxiableUUID()" for each in found):
        address = deploy(fork, stage.owner, _PROXY, address, b"")
        notes = (*notes, "put behind a proxy (ERC-1967), as it is made to stand there")
    subject = _described(fork, address, stage.owner, contract.abi, fresh=True)
    for each in found:
        if each.name.startswith("initialize"):
            guesses = Guesses((stage.owner, stage.money), (1, 18, ETHER))
            done = (fork.send(stage.owner, address, data).ok for data in calls(each, guesses, _First(), 6))
            if any(done):
                notes = (*notes, f"{each.signature} was called by the owner")
                break
    return replace(subject, notes=notes)


class _First:
    """Dice that leave everything as it is."""

    def shuffle(self, items: list[Any]) -> None: ...


def _described(
    fork: Fork, address: Address, maker: Address | None, abi: Sequence[Mapping[str, Any]] | None, fresh: bool
) -> Subject:
    behind = _behind(fork, address)
    code = fork.code(behind or address)
    functions = from_abi(abi) if abi else from_code(code)
    owners = _owners(fork, address, code, maker)
    return Subject(address, code, functions, owners, fresh, bool(abi), behind, maker)


def _behind(fork: Fork, address: Address) -> Address | None:
    """The code behind a proxy of EIP-1967 or EIP-1167."""
    own = fork.code(address)
    if own.startswith(_CLONE):
        return "0x" + own[10:30].hex()
    if at := fork.slot(address, IMPLEMENTATION):
        return lowered(at)
    if beacon := fork.slot(address, BEACON):
        told = fork.view(lowered(beacon), "implementation()")
        return lowered(told) if told else None
    return None


def _owners(fork: Fork, address: Address, code: bytes, maker: Address | None) -> tuple[Address, ...]:
    """Who made it, whom it says, whom its code or first slots name: whoever of them may, is found by trying."""
    words_ = [fork.view(address, each) for each in _OWNER_VIEWS]
    words_ += [fork.slot(address, ADMIN), *(fork.slot(address, hex(n)) for n in range(_SLOTS))]
    named = [lowered(word) for word in words_ if word and word >> 80 and not word >> 168]
    named += ["0x" + each.hex() for each in bytecode.read(code).addresses]
    return tuple(dict.fromkeys([each for each in [maker, *named] if each and each != address]))[:8]


def _linked(
    fork: Fork, stage: Stage, compiled: Compiled, contract: Contract
) -> tuple[str, tuple[str, ...]]:
    """Its code with the libraries that it calls, which are deployed before it."""
    code, notes = contract.code, []
    for name in dict.fromkeys(library for _, library in contract.links):
        inside, _ = _linked(fork, stage, compiled, compiled.all[name])
        at = fork.send(stage.owner, None, f"0x{inside}").created or "0x" + 40 * "0"
        for start, library in contract.links:
            if library == name:
                code = code[: 2 * start] + at[2:] + code[2 * start + 40 :]
        notes.append(f"library {name[1]} was deployed for it")
    return code, tuple(notes)


def _tried(stage: Stage, takes: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Sets of arguments, what fits its names best first."""
    choices = [_defaults(stage, one) for one in takes]
    every = itertools.islice(itertools.product(*(range(len(each)) for each in choices)), 20_000)
    ranked = sorted(every, key=sum)[:_MOST_DEPLOYMENTS]
    return [[choice[i] for choice, i in zip(choices, each, strict=True)] for each in ranked]


def _defaults(stage: Stage, one: Mapping[str, Any]) -> list[Any]:
    kind = _kind(one)
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
    return plain.get(kind, [bytes(int(kind.removeprefix("bytes") or 32))] if kind.startswith("bytes") else [0])


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
    most = 2 ** (int(kind.lstrip("uint") or 256) - kind.startswith("int")) - 1
    return [each for each in dict.fromkeys([*fits, 1, 100, 18, 0, ETHER, 10**10]) if each <= most]


def converted(stage: Stage, takes: Sequence[Mapping[str, Any]], given: Sequence[Any]) -> list[Any]:
    """What stands in --args, as its type wants it. `@token` and the like stand for what is on the stage."""
    if len(takes) != len(given):
        raise BadInput(f"--args has {len(given)} arguments, the constructor takes {_listed(takes) or 'none'}")
    return [_converted(stage, _kind(one), each) for one, each in zip(takes, given, strict=True)]


def _converted(stage: Stage, kind: str, given: Any) -> Any:
    if kind.endswith("]") and isinstance(given, list):
        return [_converted(stage, kind.rpartition("[")[0], each) for each in given]
    if isinstance(given, str) and kind == "address" and given.startswith("@"):
        standing = stage.standing_for(given)
        if standing is None:
            raise BadInput(f"--args: {given} stands for nothing: there are @token, @gem, @pool, @weth, @owner")
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


def _kind(one: Mapping[str, Any]) -> str:
    kind: str = one["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_kind(each) for each in one['components'])}){kind.removeprefix('tuple')}"


def _listed(takes: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{_kind(one)} {one.get('name', '')}".strip() for one in takes)


def _named(stage: Stage, takes: Sequence[Mapping[str, Any]], arguments: Sequence[Any]) -> str:
    """Arguments for a person, stand-ins by name."""
    names = {stage.standing_for(name): f"@{name}" for name in ("token", "pool", "weth", "owner", "factory")}
    shown = (names.get(each, each) if isinstance(each, str) else each for each in arguments)
    tried = ", ".join(f"{one.get('name') or _kind(one)} = {each}" for one, each in zip(takes, shown, strict=True))
    return f"no --args, so these were tried: {tried}"


