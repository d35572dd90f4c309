"""The contract that is inspected: at its address, or as a Solidity file makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from dashboard.outside.inspecting.arguments import converted, listed, named, tried
from dashboard.outside.inspecting.fork import Fork
from dashboard.outside.inspecting.functions import Function, from_abi, from_code, kind_of, lowered
from dashboard.outside.inspecting.guesses import Guesses, calls
from dashboard.outside.inspecting.stage import ETHER, Stage, deploy
from detectors.parts import bytecode
from ingest.localchain.chain.actions import ZERO
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
    takes: list[dict[str, Any]] = next(
        (each["inputs"] for each in contract.abi if each.get("type") == "constructor"), []
    )
    sets = 0
    for arguments in [converted(stage, takes, given)] if given is not None else tried(stage, takes):
        inside = words([kind_of(one) for one in takes], arguments)
        if inside is None:
            raise BadInput(f"--args do not fit the constructor of {contract.name}: it takes {listed(takes)}")
        sets += 1
        mark = fork.mark()
        done = fork.send(stage.owner, None, f"0x{code}{inside}")
        if done.ok and done.created and fork.code(done.created):
            said = (
                [] if given is not None or not takes else [f"constructor: {named(stage, takes, arguments)}"]
            )
            return _fresh(fork, stage, done.created, contract, (*links, *said))
        if done.ok:
            raise BadInput(f"the constructor of {contract.name} leaves no code behind: nothing to inspect")
        fork.back_to(mark)
    raise BadInput(
        f"{contract.name} was not deployed: its constructor failed, or used more than 15,000,000 gas, with "
        f"{'the arguments that were given' if given is not None else f'each of {sets} sets of arguments'}; "
        f"it takes {listed(takes) or 'none'}{'' if given is not None else ': give --args'}"
    )


def chosen(compiled: Compiled, name: str | None, file: str) -> Contract:
    """The one that is asked for, or the only one. Raises BadInput, naming what there is."""
    names = ", ".join(each.name for each in compiled.own)
    if not compiled.own:
        raise BadInput(
            f"{file} holds no contract that can be deployed: interfaces and libraries have no code"
        )
    if name is None and len(compiled.own) > 1:
        raise BadInput(f"{file} holds {len(compiled.own)} contracts: choose one with --contract: {names}")
    for each in compiled.own:
        if name in (None, each.name):
            return each
    raise BadInput(f"{file} holds no contract {name!r}: there are {names}")


def _fresh(fork: Fork, stage: Stage, address: Address, contract: Contract, notes: tuple[str, ...]) -> Subject:
    found = from_abi(contract.abi)
    if any(each.signature == "proxiableUUID()" for each in found):
        address = deploy(fork, stage.owner, _PROXY, address, b"")
        notes = (*notes, "put behind a proxy (ERC-1967), as it is made to stand there")
    subject = _described(fork, address, stage.owner, contract.abi, fresh=True)
    for each in found:
        if each.name.startswith("initialize"):
            guesses = Guesses((stage.owner, stage.money), (1, 18, ETHER))
            drawn = calls(each, guesses, Random(each.signature), 6)
            done = (fork.send(stage.owner, address, data).ok for data in drawn)
            if any(done):
                notes = (*notes, f"{each.signature} was called by the owner")
                break
    return replace(subject, notes=notes)


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
    """Who made it, whom it says, whom its code or first slots name: who of them may is found by trying."""
    words_ = [fork.view(address, each) for each in _OWNER_VIEWS]
    words_ += [fork.slot(address, ADMIN), *(fork.slot(address, hex(n)) for n in range(_SLOTS))]
    named = [lowered(word) for word in words_ if word and word >> 80 and not word >> 168]
    named += ["0x" + each.hex() for each in bytecode.read(code).addresses]
    return tuple(dict.fromkeys([each for each in [maker, *named] if each and each != address]))[:8]


def _linked(fork: Fork, stage: Stage, compiled: Compiled, contract: Contract) -> tuple[str, tuple[str, ...]]:
    """Its code with the libraries that it calls, which are deployed before it."""
    code, notes = contract.code, []
    for name in dict.fromkeys(library for _, library in contract.links):
        inside, _ = _linked(fork, stage, compiled, compiled.all[name])
        at = fork.send(stage.owner, None, f"0x{inside}").created or ZERO
        for start, library in contract.links:
            if library == name:
                code = code[: 2 * start] + at[2:] + code[2 * start + 40 :]
        notes.append(f"library {name[1]} was deployed for it")
    return code, tuple(notes)
