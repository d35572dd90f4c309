"""One contract at work: its stack, its memory, where it stands in its code."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from detectors.parts.sandbox.arithmetic import MASK

MOST_MEMORY = 1 << 20
"""Bytes of memory of one frame."""
MOST_STACK = 1024
MOST_CODES = 32
"""Of so many codes it is kept where a jump may go."""


class Reverted(Exception):
    """The contract gave up."""

    def __init__(self, output: bytes) -> None:
        super().__init__(output)
        self.output = output


class Unknowable(Exception):
    """The run has no verdict: it asks for what nobody here can know, or never ends."""


@dataclass(slots=True)
class Frame:
    """`me` runs `code`, called by `sender`."""

    me: int
    sender: int
    value: int
    data: bytes
    code: bytes
    static: bool
    at: int = 0
    stack: list[int] = field(default_factory=list)
    memory: bytearray = field(default_factory=bytearray)
    returned: bytes = b""
    _targets: frozenset[int] | None = None

    def pop(self) -> int:
        """Raises IndexError where there is nothing: the contract fails."""
        return self.stack.pop()

    def push(self, value: int) -> None:
        if len(self.stack) >= MOST_STACK:
            raise Reverted(b"")
        self.stack.append(value & MASK)

    def read(self, start: int, size: int) -> bytes:
        """From memory."""
        self._grow(start, size)
        return bytes(self.memory[start : start + size]) if size else b""

    def write(self, start: int, data: bytes) -> None:
        self._grow(start, len(data))
        if data:
            self.memory[start : start + len(data)] = data

    def _grow(self, start: int, size: int) -> None:
        if not size:
            return
        end = start + size
        if end > MOST_MEMORY:
            raise Unknowable(f"more than {MOST_MEMORY} bytes of memory")
        if end > len(self.memory):
            self.memory.extend(bytes(-(-end // 32) * 32 - len(self.memory)))

    def jump(self, to: int) -> None:
        if self._targets is None:
            self._targets = _targets(self.code)
        if to not in self._targets:
            raise Reverted(b"")
        self.at = to

    def changes(self) -> None:
        """To be asked before anything is changed: a static call may not."""
        if self.static:
            raise Reverted(b"")


def piece(data: bytes, start: int, size: int) -> bytes:
    """Bytes, with zeros for what lies behind the end."""
    if size > MOST_MEMORY:
        raise Unknowable(f"more than {MOST_MEMORY} bytes of memory")
    return data[start : start + size].ljust(size, b"\0")


@lru_cache(MOST_CODES)
def _targets(code: bytes) -> frozenset[int]:
    """Where a jump may go: a JUMPDEST that is not pushed as data. Worked out once for a code: a trial calls
    the same few contracts hundreds of times.
    """
    found, at = set(), 0
    while at < len(code):
        if code[at] == 0x5B:
            found.add(at)
        at += code[at] - 0x5E if 0x60 <= code[at] <= 0x7F else 1
    return frozenset(found)
