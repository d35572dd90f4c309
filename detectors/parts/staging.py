"""Sets contracts of the stream up beside the chain, as they were made, so that a call can be tried on them: a
reading of the part `acts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.kernels.decoding import Kind
from detectors.parts.acts import Act, acts_of
from detectors.parts.contract import Seen
from detectors.parts.kinds import among
from detectors.parts.sandbox.frame import Unknowable
from detectors.parts.sandbox.machine import Machine
from detectors.parts.sandbox.messages import Call
from ingest.decode.shapes import signature

Move = tuple[int, int, int, int]
"""Token, payer, payee and units, of a token outside."""


def selector(function: str) -> bytes:
    return signature(function)[:4]


_BALANCE, _SUPPLY = selector("balanceOf(address)"), selector("totalSupply()")
_TRANSFER, _FROM = selector("transfer(address,uint256)"), selector("transferFrom(address,address,uint256)")
_APPROVE = selector("approve(address,uint256)")
_FACTORY, _COIN = selector("factory()"), (selector("WETH()"), selector("WETH9()"), selector("weth()"))
_PAIR = (selector("createPair(address,address)"), selector("getPair(address,address)"))
_TRUE = (1).to_bytes(32, "big")
_A_FACTORY = 0xFAC7 << 144
_A_COIN = 0xC011 << 144


def number_in(address: bytes) -> int:
    return int.from_bytes(address, "big")


def word(value: int | bytes) -> bytes:
    return value.rjust(32, b"\0") if isinstance(value, bytes) else value.to_bytes(32, "big")


@dataclass(slots=True)
class Surroundings:
    """Answers for all that is not set up, as `sandbox.machine.Outside`: plain tokens that move what they are
    asked to, of which `kept` says what `keeper` has; what a router or factory says of `pool`. Everything else
    is unknown.
    """

    seen: Seen
    block: int
    pool: int = 0
    keeper: int = 0
    kept: Mapping[int, int] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)

    def answer(self, call: Call) -> bytes | None:
        function, to, data = call.data[:4], call.to or 0, call.data[4:]
        if not function:
            return b""
        if function == _FACTORY:
            return word(_A_FACTORY)
        if function in _COIN:
            return word(_A_COIN)
        if function in _PAIR:
            return word(self.pool) if self.pool else None
        return self._as_token(function, to, call.sender, data)

    def _as_token(self, function: bytes, token: int, sender: int, data: bytes) -> bytes | None:
        first, second, third = (number_in(data[at : at + 32]) for at in (0, 32, 64))
        if function == _BALANCE:
            return word(self.kept.get(token, 0) if first == self.keeper else 0)
        if function == _TRANSFER:
            self.moves.append((token, sender, first, second))
            return _TRUE
        if function == _FROM:
            self.moves.append((token, first, second, third))
            return _TRUE
        return _TRUE if function == _APPROVE else None

    def is_contract(self, address: int) -> bool:
        if address in self.kept or address in (self.pool, _A_FACTORY, _A_COIN):
            return True
        known = self._number(address)
        if known <= 0:
            return False
        if self.seen.history("contracts.made").rows(known, self.block, 1)["row"].size:
            return True
        rows = self.seen.history("rows").rows(known, self.block, 50)
        calls = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == known) & (rows["small"] >= 0)
        return bool(calls.any() or among(rows["emitter"], [known]).any())

    def arrives(self, machine: Machine, address: int) -> None:
        """Whatever else was made in the stream is set up when it is first called, but for what is kept."""
        if address in self.kept:
            return
        known = self._number(address)
        acts = acts_of(self.seen, known, self.block) if known > 0 else ()
        if acts:
            _make(self.seen, machine, acts[0], address)

    def _number(self, address: int) -> int:
        return self.seen.number_of(address.to_bytes(20, "big"), self.block)


@dataclass(frozen=True, slots=True)
class Stage:
    """A contract set up as it was made, and what it was told since, up to the end of a block."""

    seen: Seen
    block: int
    contract: int
    maker: int
    machine: Machine
    around: Surroundings
    acts: tuple[Act, ...]

    def replay(self, until_row: int) -> None:
        """What it was told before a row. What fails here that was done on the chain rests on what others told
        it. Raises Unknowable where that was its maker's.
        """
        for act in self.acts[1:]:
            if act.row >= until_row:
                return
            who = number_in(self.seen.address(act.signer))
            done = self.machine.run(Call(who, self.contract, act.data, act.value)).ok
            if not done and who == self.maker and act.data[:4] not in (_TRANSFER, _FROM):
                raise Unknowable("an act of its maker that fails here")

    def balance(self, who: int) -> int:
        """Of a token. Raises Unknowable where it does not say."""
        return self._number(_BALANCE + word(who))

    def supply(self) -> int:
        return self._number(_SUPPLY)

    def call(self, sender: int, function: bytes, *words: int) -> bool:
        """Whether a call of the contract works."""
        data = function + b"".join(word(each) for each in words)
        return self.machine.run(Call(sender, self.contract, data)).ok

    def _number(self, data: bytes) -> int:
        answer = self.machine.view(Call(self.maker, self.contract, data))
        if answer is None or len(answer) != 32:
            raise Unknowable("it is no token")
        return number_in(answer)


def staged(
    seen: Seen, contract: int, block: int, pool: int = 0, kept: Mapping[int, int] | None = None
) -> Stage | None:
    """A contract as it was just made; None where that is not known. `kept`: what it has now, in units by the
    number of the asset (0: the coin). Raises Unknowable.
    """
    acts = acts_of(seen, contract, block)
    if not acts:
        return None
    kept = kept or {}
    me, now = number_in(seen.address(contract)), int(seen.blocks["time"][_at(seen, block)])
    held = {number_in(seen.address(asset)): units for asset, units in kept.items() if asset}
    around = Surroundings(seen, block, number_in(seen.address(pool)) if pool else 0, me, held)
    machine = Machine(around, acts[0].block, acts[0].time)
    if not _make(seen, machine, acts[0], me):
        return None
    machine.number, machine.time = block, now
    if kept.get(0):
        machine.balances[me] = kept[0]
    maker = number_in(seen.address(acts[0].signer))
    return Stage(seen, block, me, maker, machine, around, acts)


def _make(seen: Seen, machine: Machine, act: Act, address: int) -> bool:
    maker = number_in(seen.address(act.signer))
    return machine.deploy(Call(maker, None, act.data, act.value), address).ok


def _at(seen: Seen, block: int) -> int:
    return int(np.searchsorted(seen.blocks["number"], block))
