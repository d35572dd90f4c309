"""A small EVM: runs contracts against each other; for what lies outside whoever asks for the run answers.

It has no gas. What it cannot know ends a run without a verdict (`Unknowable`): a contract outside that nobody
answers for, more steps, memory or depth than the caps below, precompiles beyond hashing and copying.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sha3 import keccak_256

from detectors.parts.sandbox.frame import Frame, Reverted, Unknowable
from detectors.parts.sandbox.messages import Call, Said
from detectors.parts.sandbox.operations import step

MOST_STEPS = 300_000
"""Operations of one machine, all its runs together."""
MOST_DEPTH = 12
_ADDRESS = (1 << 160) - 1
_PRECOMPILES = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: logs and payments of the coin (from, to, wei) are empty where it failed. `told`:
    whether whoever answers for the outside was asked for something.
    """

    ok: bool
    output: bytes
    logs: tuple[Said, ...] = ()
    paid: tuple[tuple[int, int, int], ...] = ()
    told: bool = False


class Outside(Protocol):
    """Who answers for all that is not in the machine."""

    def answer(self, call: Call) -> bytes | None:
        """What a contract or a wallet outside returns; None where nobody can know."""
        ...

    def is_contract(self, address: int) -> bool: ...

    def arrives(self, machine: Machine, address: int) -> None:
        """Before an address is called or its code read for the first time: may put it into the machine."""
        ...


class _State(NamedTuple):
    """What a run that fails is taken back to."""

    storage: dict[tuple[int, int], int]
    balances: dict[int, int]
    codes: dict[int, bytes]
    passing: dict[tuple[int, int], int]
    logs: int
    paid: int


@dataclass(slots=True)
class Machine:
    """Contracts with their storage, at one height and time. A run that fails leaves nothing behind."""

    outside: Outside
    number: int
    time: int
    chain_id: int = 1
    codes: dict[int, bytes] = field(default_factory=dict)
    storage: dict[tuple[int, int], int] = field(default_factory=dict)
    passing: dict[tuple[int, int], int] = field(default_factory=dict)
    balances: dict[int, int] = field(default_factory=dict)
    logs: list[Said] = field(default_factory=list)
    paid: list[tuple[int, int, int]] = field(default_factory=list)
    steps: int = 0
    origin: int = 0
    told: bool = False
    _depth: int = 0
    _made: int = 0
    _met: set[int] = field(default_factory=set)

    def run(self, call: Call) -> Outcome:
        """A transaction. Raises Unknowable."""
        self.logs, self.paid, self.passing, self.told, self.origin = [], [], {}, False, call.sender
        ok, output = self.send(call)
        logs, paid = (tuple(self.logs), tuple(self.paid)) if ok else ((), ())
        return Outcome(ok, output, logs, paid, self.told)

    def deploy(self, call: Call, address: int) -> Outcome:
        """A transaction that creates a contract at this address. Raises Unknowable."""
        self.logs, self.paid, self.passing, self.told, self.origin = [], [], {}, False, call.sender
        ok, output = self._attempt(lambda: self._create(call, address))
        return Outcome(ok, output, tuple(self.logs) if ok else (), told=self.told)

    def view(self, call: Call) -> bytes | None:
        """What a call returns that changes nothing; None where it fails."""
        with self.aside():
            ok, output = self.send(call)
        return output if ok else None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done inside is taken back afterwards."""
        kept = self._state()
        try:
            yield
        finally:
            self._restore(kept)

    def send(self, call: Call, code_of: int | None = None, static: bool = False) -> tuple[bool, bytes]:
        """A message from one contract to another; with `code_of` that one's code runs for `to`."""
        assert call.to is not None
        if 0 < (code_of or call.to) < _PRECOMPILES:
            return True, self._precompiled(code_of or call.to, call.data)
        return self._attempt(lambda: self._execute(call, code_of, static))

    def create(self, sender: int, init: bytes, value: int) -> int:
        """The address of what was created, 0 where that failed: one made up, not that of the chain."""
        self._made += 1
        seed = sender.to_bytes(20, "big") + self._made.to_bytes(8, "big")
        address = int.from_bytes(keccak(seed), "big") & _ADDRESS
        ok, _ = self._attempt(lambda: self._create(Call(sender, None, init, value), address))
        return address if ok else 0

    def meet(self, address: int) -> None:
        if address not in self._met:
            self._met.add(address)
            if address not in self.codes:
                self.outside.arrives(self, address)

    def has_code(self, address: int) -> bool:
        self.meet(address)
        if address in self.codes:
            return bool(self.codes[address])
        return self.outside.is_contract(address)

    def code(self, address: int) -> bytes:
        """Raises Unknowable where the code is not known."""
        self.meet(address)
        if address not in self.codes and self.outside.is_contract(address):
            raise Unknowable(f"the code of {address:#042x}")
        return self.codes.get(address, b"")

    def _execute(self, call: Call, code_of: int | None, static: bool) -> bytes:
        assert call.to is not None
        self.meet(code_of or call.to)
        if code_of is None:
            self._pay(call)
        code = self.codes.get(code_of or call.to)
        if code is None:
            return self._ask(call, code_of)
        return self._loop(Frame(call.to, call.sender, call.value, call.data, code, static))

    def _ask(self, call: Call, code_of: int | None) -> bytes:
        if code_of is not None and code_of != call.to:
            raise Unknowable(f"the code of {code_of:#042x}")
        answer = self.outside.answer(call)
        if answer is None:
            raise Unknowable(f"what {call.to:#042x} answers")
        self.told = self.told or bool(call.data)
        return answer

    def _create(self, call: Call, address: int) -> bytes:
        self._met.add(address)
        self._pay(Call(call.sender, address, b"", call.value))
        self.codes[address] = b""
        code = self._loop(Frame(address, call.sender, call.value, b"", call.data, False))
        self.codes[address] = code
        return code

    def _pay(self, call: Call) -> None:
        """Who is in the machine pays what it has; how much others have is nobody's business."""
        assert call.to is not None
        if not call.value:
            return
        if call.sender in self.codes:
            left = self.balances.get(call.sender, 0) - call.value
            if left < 0:
                raise Reverted(b"")
            self.balances[call.sender] = left
        self.balances[call.to] = self.balances.get(call.to, 0) + call.value
        self.paid.append((call.sender, call.to, call.value))

    def _loop(self, frame: Frame) -> bytes:
        while True:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise Unknowable(f"more than {MOST_STEPS} steps")
            done = step(self, frame)
            if done is not None:
                return done

    def _attempt(self, act: Callable[[], bytes]) -> tuple[bool, bytes]:
        if self._depth >= MOST_DEPTH:
            raise Unknowable(f"calls {MOST_DEPTH} deep")
        kept, self._depth = self._state(), self._depth + 1
        try:
            return True, act()
        except (Reverted, IndexError) as failed:
            self._restore(kept)
            return False, failed.output if isinstance(failed, Reverted) else b""
        finally:
            self._depth -= 1

    def _state(self) -> _State:
        return _State(
            dict(self.storage), dict(self.balances), dict(self.codes), dict(self.passing), len(self.logs),
            len(self.paid),
        )  # fmt: skip

    def _restore(self, kept: _State) -> None:
        self.storage, self.balances, self.codes = kept.storage, kept.balances, kept.codes
        self.passing = kept.passing
        del self.logs[kept.logs :], self.paid[kept.paid :]

    @staticmethod
    def _precompiled(which: int, data: bytes) -> bytes:
        if which == 1 and data[32:64].rjust(32, b"\0") not in (_V27, _V28):
            return b""
        if which == 2:
            return hashlib.sha256(data).digest()
        if which == 4:
            return data
        raise Unknowable(f"precompile {which}")


_V27, _V28 = ((27 + n).to_bytes(32, "big") for n in (0, 1))


def keccak(data: bytes) -> bytes:
    return bytes(keccak_256(data).digest())
