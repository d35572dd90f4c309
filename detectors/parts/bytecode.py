"""What can be read from the code of a contract without running it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.parts.reach import reach
from ingest.decode.shapes import signature

GATE, SILENT, SWEEPS, CALLED_BACK, IMPLEMENTS, DESTROYS, IN_AND_OUT, REENTERS, SAVES = (
    1 << n for n in range(9)
)
"""Bits: it asks who began the transaction; it emits nothing; it sends on what it holds; lenders or tokens
call it back; it is made to stand behind a proxy; it can destroy itself; it pays into another contract and
takes out of it; while it is paid, or told of a token, it takes out again; or it only pays in then.
"""
MOST = 65_536
_PUSH1, _PUSH4, _PUSH20, _PUSH32 = 0x60, 0x63, 0x73, 0x7F
_EQ, _SUB, _XOR, _GT, _LT, _SHL = 0x14, 0x03, 0x18, 0x11, 0x10, 0x1B
_ORIGIN, _SELFBALANCE, _SELFDESTRUCT, _CALL = 0x32, 0x47, 0xFF, 0xF1
_LOGS = range(0xA0, 0xA5)


def _selectors(*functions: str) -> frozenset[int]:
    return frozenset(int.from_bytes(signature(each)[:4], "big") for each in functions)


CALLBACKS = _selectors(
    "onFlashLoan(address,address,uint256,uint256,bytes)",
    "executeOperation(address[],uint256[],uint256[],address,bytes)",
    "executeOperation(address,uint256,uint256,address,bytes)",
    "receiveFlashLoan(address[],uint256[],uint256[],bytes)",
    "uniswapV2Call(address,uint256,uint256,bytes)",
    "uniswapV3FlashCallback(uint256,uint256,bytes)",
    "uniswapV3SwapCallback(int256,int256,bytes)",
    "pancakeCall(address,uint256,uint256,bytes)",
    "pancakeV3FlashCallback(uint256,uint256,bytes)",
    "DPPFlashLoanCall(address,uint256,uint256,bytes)",
    "DVMFlashLoanCall(address,uint256,uint256,bytes)",
    "DSPFlashLoanCall(address,uint256,uint256,bytes)",
    "callFunction(address,(address,uint256),bytes)",
    "onMorphoFlashLoan(uint256,bytes)",
    "unlockCallback(bytes)",
    "tokensReceived(address,address,address,uint256,bytes,bytes)",
    "tokensToSend(address,address,address,uint256,bytes,bytes)",
    "onTokenTransfer(address,uint256,bytes)",
)
"""What lenders, pools and tokens call of those who borrow, swap or receive."""
IN = _selectors(
    "deposit()", "deposit(uint256)", "deposit(uint256,address)", "mint(uint256)", "stake(uint256)",
    "lock(uint256)", "supply(address,uint256,address,uint16)", "enter(uint256)", "join(uint256)",
)  # fmt: skip
OUT = _selectors(
    "withdraw(uint256)", "redeem(uint256)", "redeem(uint256,address,address)", "unlock(uint256)",
    "withdraw(uint256,address,address)", "unstake(uint256)", "borrow(uint256)", "leave(uint256)",
    "exit()", "withdraw(address,uint256,address)",
)  # fmt: skip
HOOKS = _selectors(
    "tokensReceived(address,address,address,uint256,bytes,bytes)",
    "onERC721Received(address,address,uint256,bytes)",
    "onERC1155Received(address,address,uint256,uint256,bytes)",
    "onTokenTransfer(address,uint256,bytes)",
)
"""What a token calls of whoever gets it."""
TRANSFERS = _selectors("transfer(address,uint256)", "transferFrom(address,address,uint256)")
APPROVALS = _selectors("approve(address,uint256)", "setApprovalForAll(address,bool)")
_BALANCE = _selectors("balanceOf(address)")
_PROXIED = _selectors("proxiableUUID()")


@dataclass(frozen=True, slots=True)
class Read:
    """Bits, and the addresses that stand in the code, in their order."""

    bits: int
    addresses: tuple[bytes, ...]


def read(code: bytes) -> Read:
    """Any bytes will do, and none raise: what is no code reads like noise."""
    code, bits = body(code), SILENT
    steps = list(_steps(code))
    seen = {opcode for opcode, _ in steps}
    asked, said = _selectors_of(steps)
    addresses = _addresses_of(steps)
    bits &= ~SILENT if seen & set(_LOGS) else ~0
    bits |= GATE if _ORIGIN in seen else 0
    bits |= CALLED_BACK if asked & CALLBACKS else 0
    bits |= IMPLEMENTS if asked & _PROXIED else 0
    bits |= DESTROYS if _SELFDESTRUCT in seen else 0
    bits |= IN_AND_OUT if said & IN and said & OUT else 0
    if bits & IN_AND_OUT:
        bits |= _when_paid(code, asked)
    sends = (_SELFBALANCE in seen and _CALL in seen) or (said & TRANSFERS and said & _BALANCE)
    return Read(bits | (SWEEPS if sends else 0), tuple(addresses))


def body(code: bytes) -> bytes:
    """What is read of a code: no more than `MOST` bytes, and not what a compiler says of its source."""
    return _without_metadata(code[:MOST])


def counts(code: bytes) -> list[int]:
    """How often each of the 256 operations stands in a body."""
    found = [0] * 256
    for opcode, _ in _steps(code):
        found[opcode] += 1
    return found


def selectors(code: bytes) -> tuple[set[int], set[int]]:
    """Of a body: functions that it answers to, and functions that it calls."""
    return _selectors_of(list(_steps(code)))


def _selectors_of(steps: list[tuple[int, bytes]]) -> tuple[set[int], set[int]]:
    asked, said = set[int](), set[int]()
    for i, (_, data) in enumerate(steps):
        if len(data) in (3, 4):
            after = {opcode for opcode, _ in steps[i + 1 : i + 4]}
            (asked if after & {_EQ, _SUB, _XOR, _GT, _LT} else said).add(int.from_bytes(data, "big"))
            if _SHL in after:
                said.add(int.from_bytes(data, "big"))
        elif len(data) == 32 and not any(data[4:]):
            said.add(int.from_bytes(data[:4], "big"))
    return asked, said


def _addresses_of(steps: list[tuple[int, bytes]]) -> dict[bytes, None]:
    words = (data for _, data in steps if not (len(data) == 32 and not any(data[4:])))
    found = (_address(data) for data in words)
    return {address: None for address in found if address is not None}


def _when_paid(code: bytes, asked: set[int]) -> int:
    """What it does while somebody pays it: by the coin, or by a token that tells it so."""
    does: set[int] = set()
    for entry in (None, *sorted(asked & HOOKS)):
        does |= reach(code, entry)
    return REENTERS if does & OUT else SAVES if does & IN else 0


def _steps(code: bytes) -> Iterator[tuple[int, bytes]]:
    """Each operation with the bytes that it pushes."""
    at = 0
    while at < len(code):
        opcode = code[at]
        size = opcode - _PUSH1 + 1 if _PUSH1 <= opcode <= _PUSH32 else 0
        yield opcode, code[at + 1 : at + 1 + size]
        at += 1 + size


def _address(data: bytes) -> bytes | None:
    """Twenty bytes that are no mask, pushed as such or as a word that a constructor filled in."""
    if len(data) == 32 and not any(data[:12]):
        data = data[12:]
    if len(data) != 20 or not any(data[:4]) or data.count(0xFF) > 12:
        return None
    return data


def _without_metadata(code: bytes) -> bytes:
    """Compilers put a hash of the source behind the code, with its length in the last two bytes."""
    size = int.from_bytes(code[-2:], "big") if len(code) > 2 else 0
    behind = code[-size - 2 : -2] if 0 < size < min(len(code), 512) else b""
    return code[: -size - 2] if behind[:1] in (b"\xa1", b"\xa2", b"\xa3") else code
