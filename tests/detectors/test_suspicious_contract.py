"""Code aimed at one other contract, told as it is deployed; and honest code that looks near to it."""

from __future__ import annotations

from random import Random

import pytest

from detectors.alerts.alert import Alert
from detectors.library.suspicious_contract import SuspiciousContract
from ingest.localchain.chain.artifacts import Own
from tests.contract.stories.suspicious_contract import EVENT, ORIGIN, SWEEP, TRANSFERS, wired
from tests.detectors.parts.test_bytecode import asks, calls, when_paid
from tests.detectors.told_alerts import alerts_of, named
from tests.fixtures.frames import ChainBuilder, address

FOUNDER, BANK, MALLORY, CONTRACT, ALICE = (
    address(name) for name in ("founder", "bank", "mallory", "contract", "alice")
)
ETHER = 10**18
INTO = calls("deposit()") + calls("withdraw(uint256)")
WEAPON = wired(MALLORY) + wired(BANK) + INTO + SWEEP


def town(users: int = 4) -> ChainBuilder:
    """A bank that a few, or many, use."""
    chain = ChainBuilder().block().creates(FOUNDER, BANK)
    for number in range(users):
        chain.calls(address(f"user {number}"), BANK, b"depo")
    return chain.native(ALICE, MALLORY, ETHER).block()


def deployed(code: bytes, users: int = 4, by: bytes = MALLORY) -> list[Alert]:
    chain = town(users).creates(by, CONTRACT).code(CONTRACT, code).block()
    return alerts_of(SuspiciousContract(), chain.calls(by, CONTRACT, b"raid"))


def test_mallory_is_named_in_the_block_that_deploys_it_and_before_he_uses_it() -> None:
    (alert,) = deployed(WEAPON)
    assert alert.block_number == 2
    assert named(alert, "attacker") == {"0x" + who.hex() for who in (MALLORY, CONTRACT)}
    assert named(alert, "infrastructure") == {"0x" + BANK.hex()}


@pytest.mark.parametrize(
    "code",
    [
        when_paid("withdraw(uint256)") + wired(MALLORY) + wired(BANK) + calls("deposit()") + SWEEP,
        ORIGIN + wired(BANK) + INTO + SWEEP,
        wired(MALLORY) + wired(BANK) + calls("lock(uint256)") + calls("unlock(uint256)"),
        asks("proxiableUUID()") + wired(MALLORY) + EVENT + TRANSFERS,
    ],
    ids=["re-enters", "asks who began", "votes", "behind a proxy"],
)
def test_each_family_is_found_by_itself(code: bytes) -> None:
    assert len(deployed(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        WEAPON + EVENT,
        wired(BANK) + INTO + SWEEP,
        wired(MALLORY) + INTO + SWEEP,
        wired(MALLORY) + wired(BANK) + TRANSFERS,
        when_paid("deposit()") + wired(MALLORY) + wired(BANK) + calls("withdraw(uint256)") + SWEEP,
        wired(MALLORY) + wired(ALICE) + INTO,
        b"",
    ],
    ids=["tells", "serves anybody", "aimed at nobody", "only sends", "saves", "pays a person", "empty"],
)
def test_one_part_of_it_alone_is_honest(code: bytes) -> None:
    assert deployed(code) == []


def test_what_many_use_or_many_have_in_their_code_is_nobody_s_aim() -> None:
    assert deployed(WEAPON, users=30) == []
    chain = town()
    for number in range(2):
        other, code = address(f"other {number}"), wired(BANK) + EVENT + bytes([number])
        chain.creates(address(f"builder {number}"), other).code(other, code)
    chain.block().creates(MALLORY, CONTRACT).code(CONTRACT, WEAPON)
    assert alerts_of(SuspiciousContract(), chain) == []


def test_a_contract_for_one_s_own_bank_robs_nobody() -> None:
    assert deployed(WEAPON.replace(MALLORY, FOUNDER), by=FOUNDER) == []


def test_the_same_code_again_is_told_by_its_hash_alone() -> None:
    code = ORIGIN + wired(BANK) + INTO + SWEEP
    chain, second = town().creates(MALLORY, CONTRACT).code(CONTRACT, code).block(), address("second")
    chain.creates(ALICE, second).code(second, code)
    found = alerts_of(SuspiciousContract(), chain)
    assert {alert.subject_id for alert in found} == {"0x" + who.hex() for who in (MALLORY, ALICE)}


def test_a_bare_executor_that_is_told_its_aim_later_is_missed() -> None:
    """Hard case P3: the docstring says so."""
    assert deployed(wired(MALLORY) + b"\x35\x35\xf1") == []


def test_any_bytes_are_read_and_none_raise() -> None:
    rng, chain = Random(3), town()
    for number in range(40):
        contract = address(f"noise {number}")
        chain.creates(MALLORY, contract).code(contract, rng.randbytes(rng.randint(0, 400)))
    assert alerts_of(SuspiciousContract(), chain) == []


def two_hands(users: int = 4, owner: bytes = FOUNDER) -> list[Alert]:
    """Mallory deploys a contract that makes two others as it is made: these deal with the bank, not it."""
    made_by = Own("raiders", "CrossRaider", ("address",)).deployment("0x" + BANK.hex())
    chain = ChainBuilder().block().creates(owner, BANK).native(ALICE, MALLORY, ETHER)
    for number in range(users):
        chain.calls(address(f"user {number}"), BANK, b"depo")
    chain.block().creates(MALLORY, CONTRACT, data=bytes.fromhex(made_by.removeprefix("0x")))
    hands = wired(address("left")) + wired(address("right"))
    return alerts_of(SuspiciousContract(), chain.code(CONTRACT, wired(MALLORY) + hands + SWEEP).block())


def test_what_the_contracts_do_that_it_made_at_once_it_does_itself() -> None:
    (alert,) = two_hands()
    assert named(alert, "attacker") == {"0x" + who.hex() for who in (MALLORY, CONTRACT)}
    assert named(alert, "infrastructure") == {"0x" + BANK.hex()}


def test_hands_in_a_bank_of_ones_own_or_in_everybodys_are_aimed_at_nobody() -> None:
    assert two_hands(owner=MALLORY) == []
    assert two_hands(users=30) == []
