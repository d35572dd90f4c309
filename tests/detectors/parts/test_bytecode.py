"""What is read from code without running it; whatever bytes it is."""

from __future__ import annotations

from random import Random

from detectors.parts import bytecode
from detectors.parts.bytecode import read
from detectors.parts.reach import reach
from ingest.decode.shapes import signature
from tests.fixtures.frames import address

BANK, ALICE = address("bank"), address("alice")


def push(data: bytes) -> bytes:
    return bytes([0x5F + len(data)]) + data


def asks(function: str) -> bytes:
    """A dispatcher's line."""
    return b"\x80" + push(signature(function)[:4]) + b"\x14\x61\x00\x10\x57"


def calls(function: str) -> bytes:
    """A call of another contract, as compilers write it."""
    return push(signature(function)[:4]) + b"\x60\xe0\x1b\x60\x00\x52\xf1"


def test_addresses_pushed_as_such_or_filled_in_by_a_constructor_are_read_in_order() -> None:
    code = push(BANK) + push(ALICE.rjust(32, b"\0")) + push(BANK)
    assert read(code).addresses == (BANK, ALICE)


def test_masks_and_small_numbers_are_no_addresses() -> None:
    assert (
        read(push(b"\xff" * 20) + push(b"\x01".rjust(20, b"\0")) + push(b"\x09".rjust(32, b"\0"))).addresses
        == ()
    )


def test_what_is_pushed_is_no_operation() -> None:
    assert read(push(bytes([0xA1, 0xFF, 0x32]))).bits == bytecode.SILENT
    assert not read(b"\xa1").bits & bytecode.SILENT


def test_a_callback_counts_where_it_is_answered_not_where_it_is_called() -> None:
    loan = "onFlashLoan(address,address,uint256,uint256,bytes)"
    assert read(asks(loan)).bits & bytecode.CALLED_BACK
    assert not read(calls(loan)).bits & bytecode.CALLED_BACK


def test_paying_in_and_taking_out_takes_both() -> None:
    assert read(calls("deposit()") + calls("withdraw(uint256)")).bits & bytecode.IN_AND_OUT
    assert not read(calls("deposit()")).bits & bytecode.IN_AND_OUT


def test_it_sends_on_what_it_holds() -> None:
    assert read(b"\x47\xf1").bits & bytecode.SWEEPS
    assert read(calls("balanceOf(address)") + calls("transfer(address,uint256)")).bits & bytecode.SWEEPS
    assert not read(calls("transfer(address,uint256)")).bits & bytecode.SWEEPS


def test_a_hash_of_the_source_behind_the_code_is_not_read() -> None:
    behind = b"\xa2" + b"\x64ipfs" + bytes([0xFF, 0xA1, 0x32]) * 10
    code = b"\x60\x01\x00" + behind + len(behind).to_bytes(2, "big")
    assert read(code).bits == bytecode.SILENT


def test_any_bytes_end_and_raise_nothing() -> None:
    rng = Random(5)
    for size in (0, 1, 2, 3, 31, 33, 500, 70_000):
        said = read(rng.randbytes(size))
        assert all(len(each) == 20 for each in said.addresses)
    assert read(b"\x7f").addresses == ()
    assert read(b"\x73" * 100).addresses


def when_paid(function: str) -> bytes:
    """Without call data a function of another contract is called; with it the code goes on behind."""
    there = calls(function) + b"\x00"
    return b"\x36\x61" + (5 + len(there)).to_bytes(2, "big") + b"\x57" + there + b"\x5b"


def test_what_takes_out_again_while_it_is_paid_is_told_from_what_saves() -> None:
    raider = when_paid("withdraw(uint256)") + calls("deposit()")
    saver = when_paid("deposit()") + calls("withdraw(uint256)")
    assert read(raider).bits & (bytecode.REENTERS | bytecode.SAVES) == bytecode.REENTERS
    assert read(saver).bits & (bytecode.REENTERS | bytecode.SAVES) == bytecode.SAVES


def test_a_hook_is_followed_from_its_own_entry() -> None:
    hook = "tokensReceived(address,address,address,uint256,bytes,bytes)"
    asked = b"\x60\x00\x35\x60\xe0\x1c\x80" + push(signature(hook)[:4]) + b"\x14\x61"
    there = b"\x5b" + calls("withdraw(uint256)") + b"\x00"
    code = asked + (len(asked) + 4).to_bytes(2, "big") + b"\x57\x00" + there + calls("deposit(uint256)")
    assert read(code).bits & bytecode.REENTERS


def test_a_loop_ends() -> None:
    assert reach(b"\x5b\x60\x00\x56", None) == set()
    assert reach(b"\x5b\x80\x60\x00\x57", None) == set()
