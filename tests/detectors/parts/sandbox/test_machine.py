"""The sandbox runs contracts as the EVM does, takes back what failed, and says where it cannot know."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from detectors.parts.sandbox.arithmetic import BINARY, MASK, TERNARY
from detectors.parts.sandbox.frame import MOST_MEMORY, Unknowable
from detectors.parts.sandbox.machine import MOST_DEPTH, MOST_STEPS, Machine, keccak
from detectors.parts.sandbox.messages import Call
from tests.fixtures.assembly import (
    SILENT_MINT,
    SOLD_BY_OTHERS,
    SUPPLY,
    Item,
    asked,
    assembled,
    deploying,
    token,
    treasury,
)
from tests.fixtures.frames import address

ALICE, BOB, MALLORY, COIN, POOL = (
    int.from_bytes(address(name), "big") for name in ("alice", "bob", "mallory", "coin", "pool")
)
WORD = 2**256


@dataclass
class Nobody:
    """Everybody outside is a wallet, but for `strange`, of whom nothing is known."""

    strange: set[int] = field(default_factory=set)

    def answer(self, call: Call) -> bytes | None:
        return None if call.to in self.strange else b""

    def is_contract(self, address: int) -> bool:
        return address in self.strange

    def arrives(self, machine: Machine, address: int) -> None:
        pass


def machine(code: bytes, *strange: int, maker: int = ALICE) -> Machine:
    made = Machine(Nobody(set(strange)), 1, 1_700_000_000)
    assert made.deploy(Call(maker, None, code), COIN).ok
    return made


def balance(made: Machine, who: int) -> int:
    answer = made.view(Call(BOB, COIN, asked("balanceOf(address)", who)))
    assert answer is not None
    return int.from_bytes(answer, "big")


def sends(made: Machine, who: int, function: str, *words: int) -> bool:
    return made.run(Call(who, COIN, asked(function, *words))).ok


def ends_with(*items: Item) -> Machine:
    """A contract that runs these operations and answers with the topmost word."""
    return machine(deploying(assembled(*items, 0, "MSTORE", 32, 0, "RETURN")))


def answer_of(made: Machine, data: bytes = b"") -> int | None:
    said = made.view(Call(BOB, COIN, data))
    return None if said is None else int.from_bytes(said, "big")


def test_a_token_moves_what_its_holder_sends_and_tells_of_it() -> None:
    made = machine(token())
    done = made.run(Call(ALICE, COIN, asked("transfer(address,uint256)", BOB, 7)))
    assert done.ok
    assert (balance(made, ALICE), balance(made, BOB)) == (SUPPLY - 7, 7)
    (log,) = done.logs
    assert log.topics[1:] == (ALICE, BOB)
    assert int.from_bytes(log.data, "big") == 7


def test_what_bob_does_not_have_he_cannot_send_and_nothing_stays_of_it() -> None:
    made = machine(token())
    before = dict(made.storage)
    done = made.run(Call(BOB, COIN, asked("transfer(address,uint256)", ALICE, 1)))
    assert not done.ok
    assert not done.logs
    assert made.storage == before


def test_a_rule_that_holds_for_others_lets_the_maker_sell() -> None:
    made = machine(token(SOLD_BY_OTHERS))
    assert sends(made, ALICE, "openTrading(address)", POOL)
    assert sends(made, ALICE, "transfer(address,uint256)", BOB, 9)
    assert not sends(made, BOB, "transfer(address,uint256)", POOL, 9)
    assert sends(made, ALICE, "transfer(address,uint256)", POOL, 9)


def test_a_balance_can_grow_without_a_word() -> None:
    made = machine(token(more=SILENT_MINT))
    done = made.run(Call(ALICE, COIN, asked("setFee(address,uint256)", MALLORY, 50)))
    assert done.ok
    assert not done.logs
    assert balance(made, MALLORY) == 50
    assert not sends(made, MALLORY, "setFee(address,uint256)", MALLORY, 50)


def test_a_look_changes_nothing() -> None:
    made = machine(token())
    before = dict(made.storage)
    made.view(Call(ALICE, COIN, asked("transfer(address,uint256)", BOB, 5)))
    assert made.storage == before


def test_a_treasury_pays_no_more_of_the_coin_than_it_has() -> None:
    made = machine(treasury())
    made.balances[COIN] = 10
    assert not sends(made, ALICE, "pay(address,uint256)", BOB, 11)
    done = made.run(Call(ALICE, COIN, asked("sweep(address)", BOB)))
    assert done.paid == ((COIN, BOB, 10),)
    assert made.balances == {COIN: 0, BOB: 10}


@pytest.mark.parametrize(
    ("operation", "a", "b", "wanted"),
    [
        (0x03, 1, 2, -1),
        (0x04, 7, 0, 0),
        (0x05, -7, 2, -3),
        (0x05, -(2**255), -1, -(2**255)),
        (0x06, 7, 0, 0),
        (0x07, -7, 3, -1),
        (0x0B, 0, 0xFF, -1),
        (0x0B, 0, 0x7F, 0x7F),
        (0x0B, 31, 5, 5),
        (0x12, -1, 0, 1),
        (0x13, -1, 0, 0),
        (0x1A, 31, 0xABCD, 0xCD),
        (0x1A, 32, 0xABCD, 0),
        (0x1B, 256, 1, 0),
        (0x1C, 300, 1, 0),
        (0x1D, 300, -5, -1),
        (0x1D, 1, -5, -3),
    ],
)
def test_words_are_reckoned_as_the_yellow_paper_says(operation: int, a: int, b: int, wanted: int) -> None:
    assert BINARY[operation](a & MASK, b & MASK) & MASK == wanted & MASK


def test_sums_modulo_a_number_do_not_wrap_before() -> None:
    assert TERNARY[0x08](MASK, MASK, 10) == (2 * (WORD - 1)) % 10
    assert TERNARY[0x09](MASK, MASK, 0) == 0


def test_a_hash_is_keccak() -> None:
    made = ends_with(5, 0, "MSTORE", 32, 0, "SHA3")
    assert answer_of(made) == int.from_bytes(keccak((5).to_bytes(32, "big")), "big")


def test_code_that_jumps_into_pushed_bytes_fails() -> None:
    assert answer_of(machine(deploying(b"\x60\x5b\x60\x01\x56"))) is None


def test_code_that_takes_from_an_empty_stack_fails() -> None:
    assert answer_of(machine(deploying(assembled("ADD")))) is None


def test_a_static_call_that_would_change_something_fails() -> None:
    inner = int.from_bytes(address("inner"), "big")
    outer = assembled(0, 0, 0, 0, inner, "GAS", "STATICCALL", 0, "MSTORE", 32, 0, "RETURN")
    made = machine(deploying(outer))
    made.codes[inner] = assembled(1, 1, "SSTORE", "STOP")
    assert answer_of(made) == 0


def test_borrowed_code_writes_where_it_is_borrowed() -> None:
    lender = int.from_bytes(address("lender"), "big")
    made = machine(deploying(assembled(0, 0, 0, 0, lender, "GAS", "DELEGATECALL", "STOP")))
    made.codes[lender] = assembled("CALLER", 5, "SSTORE", "STOP")
    assert made.run(Call(BOB, COIN)).ok
    assert made.storage == {(COIN, 5): BOB}


def test_a_contract_outside_of_which_nothing_is_known_ends_the_run() -> None:
    calls = assembled(0, 0, 0, 0, 0, MALLORY, "GAS", "CALL", "STOP")
    made = machine(deploying(calls), MALLORY)
    with pytest.raises(Unknowable, match="answers"):
        made.run(Call(BOB, COIN))


def test_code_without_end_is_left_after_so_many_steps() -> None:
    made = machine(deploying(assembled(":again", "@again", "JUMP")))
    with pytest.raises(Unknowable, match=f"{MOST_STEPS} steps"):
        made.run(Call(BOB, COIN))


def test_code_that_asks_for_too_much_memory_is_left() -> None:
    made = machine(deploying(assembled(1, MOST_MEMORY, "MSTORE", "STOP")))
    with pytest.raises(Unknowable, match="memory"):
        made.run(Call(BOB, COIN))


def test_calls_go_so_deep_and_no_deeper() -> None:
    made = machine(deploying(assembled(0, 0, 0, 0, 0, COIN, "GAS", "CALL", "STOP")))
    with pytest.raises(Unknowable, match=f"{MOST_DEPTH} deep"):
        made.run(Call(BOB, COIN))


def test_a_precompile_that_is_not_known_ends_the_run_and_a_broken_signature_is_nobodys() -> None:
    made = ends_with(0, 0, 0, 0, 0, 5, "GAS", "CALL")
    with pytest.raises(Unknowable, match="precompile 5"):
        made.run(Call(BOB, COIN))
    assert answer_of(ends_with(32, 0, 128, 0, 0, 1, "GAS", "CALL", "POP", 0, "MLOAD")) == 0


@pytest.mark.parametrize("code", [b"", b"\xfe", b"\x60", bytes(range(256)), b"\x5b" * 70_000])
def test_no_bytes_make_it_stumble(code: bytes) -> None:
    made = Machine(Nobody(), 1, 1)
    made.codes[COIN] = code
    made.run(Call(BOB, COIN, b"\xff" * 100))
