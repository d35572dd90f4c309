"""Which functions of others a contract can call from one of its entries: paths through its code, followed
with what is known of the stack and nothing of storage or memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Value = int | None
"""A number that stands in the code, or follows from such; None for everything else."""

MOST_STEPS = 20_000
"""Operations that are followed in one code from one entry; what lies further is not said."""
MOST_VISITS = 64
"""Times that one place is passed: loops change nothing that matters here."""
_WORD = (1 << 256) - 1
_FOLD: dict[int, Callable[[int, int], int]] = {
    0x01: lambda a, b: a + b,
    0x02: lambda a, b: a * b,
    0x03: lambda a, b: a - b,
    0x04: lambda a, b: a // b if b else 0,
    0x10: lambda a, b: a < b,
    0x11: lambda a, b: a > b,
    0x12: lambda a, b: _signed(a) < _signed(b),
    0x13: lambda a, b: _signed(a) > _signed(b),
    0x14: lambda a, b: a == b,
    0x16: lambda a, b: a & b,
    0x17: lambda a, b: a | b,
    0x18: lambda a, b: a ^ b,
    0x1B: lambda a, b: b << a if a < 256 else 0,
    0x1C: lambda a, b: b >> a if a < 256 else 0,
}
"""Operations on two numbers of the stack, the upper one first."""
_TAKES = (
    dict.fromkeys((0x05, 0x06, 0x07, 0x0A, 0x0B, 0x1A, 0x1D, 0x20), (2, 1))
    | {0x08: (3, 1), 0x09: (3, 1), 0x15: (1, 1), 0x19: (1, 1), 0x31: (1, 1), 0x35: (1, 1), 0x37: (3, 0)}
    | {0x39: (3, 0), 0x3B: (1, 1), 0x3C: (4, 0), 0x3E: (3, 0), 0x3F: (1, 1), 0x40: (1, 1), 0x49: (1, 1)}
    | {0x50: (1, 0), 0x51: (1, 1), 0x52: (2, 0), 0x53: (2, 0), 0x54: (1, 1), 0x55: (2, 0), 0x5B: (0, 0)}
    | {0x5C: (1, 1), 0x5D: (2, 0), 0x5E: (3, 0), 0xF0: (3, 1), 0xF1: (7, 1), 0xF2: (7, 1), 0xF4: (6, 1)}
    | {0xF5: (4, 1), 0xFA: (6, 1)}
    | {0xA0 + n: (2 + n, 0) for n in range(5)}
)
"""How many words an operation takes from the stack, and leaves."""
_ENDS = {0x00, 0xF3, 0xFD, 0xFE, 0xFF}
_CALLDATASIZE, _CALLDATALOAD, _MSTORE, _ISZERO, _JUMP, _JUMPI, _JUMPDEST = (
    0x36,
    0x35,
    0x52,
    0x15,
    0x56,
    0x57,
    0x5B,
)
_PUSH0, _PUSH32, _DUP1, _SWAP1 = 0x5F, 0x7F, 0x80, 0x90


def reach(code: bytes, selector: int | None) -> set[int]:
    """Selectors that are written to memory, as calls of others begin, where the contract is entered by a
    selector, or (None) is just paid.
    """
    found: set[int] = set()
    visits: dict[int, int] = {}
    waiting: list[tuple[int, list[Value]]] = [(0, [])]
    steps = 0
    while waiting and steps < MOST_STEPS:
        at, stack = waiting.pop()
        while at < len(code) and steps < MOST_STEPS:
            steps += 1
            opcode = code[at]
            if opcode == _JUMPDEST:
                visits[at] = visits.get(at, 0) + 1
                if visits[at] > MOST_VISITS:
                    break
            if opcode in (_JUMP, _JUMPI):
                ways = _ways(code, at, stack)
                waiting += [(way, stack.copy()) for way in ways[1:]]
                if not ways:
                    break
                at = ways[0]
                continue
            if opcode in _ENDS or not _step(code, at, stack, selector, found):
                break
            at += 1 + (opcode - _PUSH0 if _PUSH0 <= opcode <= _PUSH32 else 0)
    return found


def _ways(code: bytes, at: int, stack: list[Value]) -> Sequence[int]:
    """Where a jump may lead; nowhere where that is not known."""
    target = stack.pop() if stack else None
    condition: Value = 1
    if code[at] == _JUMPI:
        condition = stack.pop() if stack else None
    on = [at + 1] if code[at] == _JUMPI and condition in (None, 0) else []
    is_place = target is not None and target < len(code) and code[target] == _JUMPDEST
    return [*on, *([target] if is_place and condition != 0 and target is not None else [])]


def _step(code: bytes, at: int, stack: list[Value], selector: int | None, found: set[int]) -> bool:
    """One operation on the stack; False where there is no such operation, or nothing to take."""
    opcode = code[at]
    if _PUSH0 <= opcode <= _PUSH32:
        stack.append(int.from_bytes(code[at + 1 : at + 1 + opcode - _PUSH0], "big"))
    elif _DUP1 <= opcode < _SWAP1:
        stack.append(stack[-1 - (opcode - _DUP1)] if len(stack) > opcode - _DUP1 else None)
    elif _SWAP1 <= opcode < 0xA0:
        depth = opcode - _SWAP1 + 2
        if len(stack) < depth:
            return False
        stack[-1], stack[-depth] = stack[-depth], stack[-1]
    elif opcode in _FOLD:
        one, other = _pop(stack), _pop(stack)
        known = one is not None and other is not None
        stack.append(int(_FOLD[opcode](one or 0, other or 0)) & _WORD if known else None)
    elif opcode == _ISZERO:
        value = _pop(stack)
        stack.append(None if value is None else int(value == 0))
    elif opcode == _CALLDATASIZE:
        stack.append(0 if selector is None else 4 + 32 * 8)
    elif opcode == _CALLDATALOAD:
        place = _pop(stack)
        stack.append(selector << 224 if place == 0 and selector is not None else None)
    elif opcode in _TAKES:
        takes, leaves = _TAKES[opcode]
        taken = [_pop(stack) for _ in range(takes)]
        if opcode == _MSTORE and taken[1] and not taken[1] & ((1 << 224) - 1):
            found.add(taken[1] >> 224)
        stack += [None] * leaves
    elif 0x30 <= opcode <= 0x5A:
        stack.append(None)
    else:
        return False
    return len(stack) <= 1_024


def _pop(stack: list[Value]) -> Value:
    return stack.pop() if stack else None


def _signed(value: int) -> int:
    return value - (1 << 256) if value >> 255 else value
