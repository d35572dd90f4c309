"""What each operation of the EVM does to a frame and its machine (up to the fork Cancun)."""

from __future__ import annotations

from collections.abc import Callable

from sha3 import keccak_256

from detectors.parts.sandbox.arithmetic import BINARY, TERNARY, UNARY
from detectors.parts.sandbox.frame import Frame, Reverted, piece
from detectors.parts.sandbox.messages import Call, Said, World

_ADDRESS = (1 << 160) - 1
_GAS = 30_000_000
Operation = Callable[[World, Frame], None]


def step(machine: World, frame: Frame) -> bytes | None:
    """One operation; what the contract returns once it has ended. Raises Reverted, Unknowable, IndexError."""
    if frame.at >= len(frame.code):
        return b""
    op = frame.code[frame.at]
    frame.at += 1
    stack = frame.stack
    if 0x5F <= op <= 0x7F:
        size = op - 0x5F
        frame.push(int.from_bytes(piece(frame.code, frame.at, size), "big"))
        frame.at += size
    elif op in BINARY:
        frame.push(BINARY[op](stack.pop(), stack.pop()))
    elif 0x80 <= op <= 0x8F:
        frame.push(stack[0x7F - op])
    elif 0x90 <= op <= 0x9F:
        stack[-1], stack[0x8E - op] = stack[0x8E - op], stack[-1]
    elif op in OPERATIONS:
        OPERATIONS[op](machine, frame)
    else:
        return _ends(machine, frame, op)
    return None


def _ends(machine: World, frame: Frame, op: int) -> bytes:
    if op == 0x00:
        return b""
    if op == 0xF3:
        return frame.read(frame.pop(), frame.pop())
    if op == 0xFD:
        raise Reverted(frame.read(frame.pop(), frame.pop()))
    if op == 0xFF:
        frame.changes()
        heir, left = frame.pop() & _ADDRESS, machine.balances.pop(frame.me, 0)
        if left:
            machine.balances[heir] = machine.balances.get(heir, 0) + left
            machine.paid.append((frame.me, heir, left))
        return b""
    raise Reverted(b"")


def _keccak(data: bytes) -> int:
    return int.from_bytes(keccak_256(data).digest(), "big")


def _unary(op: int) -> Operation:
    return lambda _, frame: frame.push(UNARY[op](frame.pop()))


def _ternary(op: int) -> Operation:
    return lambda _, frame: frame.push(TERNARY[op](frame.pop(), frame.pop(), frame.pop()))


def _says(what: Callable[[World, Frame], int]) -> Operation:
    return lambda machine, frame: frame.push(what(machine, frame))


def _copy(source: Callable[[Frame], bytes]) -> Operation:
    def copy(_: World, frame: Frame) -> None:
        to, start, size = frame.pop(), frame.pop(), frame.pop()
        frame.write(to, piece(source(frame), start, size))

    return copy


def _copy_returned(_: World, frame: Frame) -> None:
    to, start, size = frame.pop(), frame.pop(), frame.pop()
    if start + size > len(frame.returned):
        raise Reverted(b"")
    frame.write(to, frame.returned[start : start + size])


def _copy_code_of(machine: World, frame: Frame) -> None:
    code = machine.code(frame.pop() & _ADDRESS)
    to, start, size = frame.pop(), frame.pop(), frame.pop()
    frame.write(to, piece(code, start, size))


def _mload(_: World, frame: Frame) -> None:
    frame.push(int.from_bytes(frame.read(frame.pop(), 32), "big"))


def _mstore(_: World, frame: Frame) -> None:
    frame.write(frame.pop(), frame.pop().to_bytes(32, "big"))


def _mstore8(_: World, frame: Frame) -> None:
    frame.write(frame.pop(), bytes([frame.pop() & 0xFF]))


def _mcopy(_: World, frame: Frame) -> None:
    to, start, size = frame.pop(), frame.pop(), frame.pop()
    frame.write(to, frame.read(start, size))


def _sload(machine: World, frame: Frame) -> None:
    frame.push(machine.storage.get((frame.me, frame.pop()), 0))


def _sstore(machine: World, frame: Frame) -> None:
    frame.changes()
    slot, value = frame.pop(), frame.pop()
    machine.storage[frame.me, slot] = value


def _tload(machine: World, frame: Frame) -> None:
    frame.push(machine.passing.get((frame.me, frame.pop()), 0))


def _tstore(machine: World, frame: Frame) -> None:
    frame.changes()
    slot, value = frame.pop(), frame.pop()
    machine.passing[frame.me, slot] = value


def _jump(_: World, frame: Frame) -> None:
    frame.jump(frame.pop())


def _jumpi(_: World, frame: Frame) -> None:
    to, whether = frame.pop(), frame.pop()
    if whether:
        frame.jump(to)


def _log(count: int) -> Operation:
    def log(machine: World, frame: Frame) -> None:
        frame.changes()
        data = frame.read(frame.pop(), frame.pop())
        topics = tuple(frame.pop() for _ in range(count))
        machine.logs.append(Said(frame.me, topics, data))

    return log


def _call(has_value: bool, of_code: bool, keeps_sender: bool, static: bool) -> Operation:
    def call(machine: World, frame: Frame) -> None:
        frame.pop()
        to = frame.pop() & _ADDRESS
        value = frame.pop() if has_value else 0
        data = frame.read(frame.pop(), frame.pop())
        out, size = frame.pop(), frame.pop()
        if value and not of_code:
            frame.changes()
        sender, given = (frame.sender, frame.value) if keeps_sender else (frame.me, value)
        message = Call(sender, frame.me if of_code else to, data, given)
        ok, frame.returned = machine.send(message, to if of_code else None, static or frame.static)
        frame.write(out, frame.returned[:size])
        frame.push(int(ok))

    return call


def _create(salted: bool) -> Operation:
    def create(machine: World, frame: Frame) -> None:
        frame.changes()
        value = frame.pop()
        init = frame.read(frame.pop(), frame.pop())
        if salted:
            frame.pop()
        frame.returned = b""
        frame.push(machine.create(frame.me, init, value))

    return create


def _data_word(_: World, frame: Frame) -> int:
    return int.from_bytes(piece(frame.data, frame.pop(), 32), "big")


def _code_hash(machine: World, frame: Frame) -> int:
    address = frame.pop() & _ADDRESS
    return _keccak(machine.code(address)) if machine.has_code(address) else 0


def _code_size(machine: World, frame: Frame) -> int:
    """Of a contract outside: some size, so that it is called."""
    address = frame.pop() & _ADDRESS
    return (len(machine.codes.get(address, b"")) or 1) if machine.has_code(address) else 0


OPERATIONS: dict[int, Operation] = {
    0x20: _says(lambda _, f: _keccak(f.read(f.pop(), f.pop()))),
    0x30: _says(lambda _, f: f.me),
    0x31: _says(lambda m, f: m.balances.get(f.pop() & _ADDRESS, 0)),
    0x32: _says(lambda m, _: m.origin),
    0x33: _says(lambda _, f: f.sender),
    0x34: _says(lambda _, f: f.value),
    0x35: _says(_data_word),
    0x36: _says(lambda _, f: len(f.data)),
    0x37: _copy(lambda f: f.data),
    0x38: _says(lambda _, f: len(f.code)),
    0x39: _copy(lambda f: f.code),
    0x3A: _says(lambda _m, _f: 10**9),
    0x3B: _says(_code_size),
    0x3C: _copy_code_of,
    0x3D: _says(lambda _, f: len(f.returned)),
    0x3E: _copy_returned,
    0x3F: _says(_code_hash),
    0x40: _says(lambda _, f: 0 * f.pop()),
    0x41: _says(lambda _m, _f: 0),
    0x42: _says(lambda m, _: m.time),
    0x43: _says(lambda m, _: m.number),
    0x44: _says(lambda _m, _f: 0),
    0x45: _says(lambda _m, _f: _GAS),
    0x46: _says(lambda m, _: m.chain_id),
    0x47: _says(lambda m, f: m.balances.get(f.me, 0)),
    0x48: _says(lambda _m, _f: 0),
    0x50: lambda _, f: (f.pop(), None)[1],
    0x51: _mload,
    0x52: _mstore,
    0x53: _mstore8,
    0x54: _sload,
    0x55: _sstore,
    0x56: _jump,
    0x57: _jumpi,
    0x58: _says(lambda _, f: f.at - 1),
    0x59: _says(lambda _, f: len(f.memory)),
    0x5A: _says(lambda _m, _f: _GAS),
    0x5B: lambda _m, _f: None,
    0x5C: _tload,
    0x5D: _tstore,
    0x5E: _mcopy,
    0xF0: _create(salted=False),
    0xF1: _call(has_value=True, of_code=False, keeps_sender=False, static=False),
    0xF2: _call(has_value=True, of_code=True, keeps_sender=False, static=False),
    0xF4: _call(has_value=False, of_code=True, keeps_sender=True, static=False),
    0xF5: _create(salted=True),
    0xFA: _call(has_value=False, of_code=False, keeps_sender=False, static=True),
}
OPERATIONS |= {op: _unary(op) for op in UNARY}
OPERATIONS |= {op: _ternary(op) for op in TERNARY}
OPERATIONS |= {0xA0 + count: _log(count) for count in range(5)}
