"""What goes into the hypothetical block: by nonce without a gap, the best paid first, within bounds."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from ingest.live.mempool import choosing
from ingest.live.mempool.choosing import (
    BEYOND_CAP,
    GAP,
    TOO_MUCH_GAS,
    UNDERPRICED,
    UNPAYABLE,
    Account,
    best_paid,
    choose,
)
from ingest.live.mempool.waiting import MOST_INPUT, Waiting, waiting_from
from tests.fixtures.frames import address

BLOCK_GAS = 30_000_000
GWEI = 10**9
RICH = 10**20


def sent(who: str, nonce: int = 0, **other: Any) -> dict[str, Any]:
    """A transaction as a pool shows it."""
    plain = {
        "hash": "0x" + sha256(f"{who} {nonce} {other}".encode()).hexdigest(),
        "from": "0x" + address(who).hex(), "to": "0x" + address("bob").hex(), "nonce": hex(nonce),
        "value": "0x1", "gas": hex(21_000), "maxFeePerGas": hex(10 * GWEI),
        "maxPriorityFeePerGas": hex(GWEI), "input": "0x", "type": "0x2", "blockNumber": None,
    }  # fmt: skip
    return plain | other


def waits(who: str, nonce: int = 0, **other: Any) -> Waiting:
    read = waiting_from(sent(who, nonce, **other))
    assert read is not None
    return read


def chosen(*waiting: Waiting, base_fee: int = GWEI, **accounts: Account) -> choosing.Chosen:
    known = {"0x" + address(who).hex(): account for who, account in accounts.items()}
    unknown = {each.sender: Account(0, RICH) for each in waiting}
    return choose(waiting, unknown | known, base_fee, BLOCK_GAS)


def test_the_best_paid_come_first_and_each_sender_by_nonce() -> None:
    alice = [waits("alice", 1, maxPriorityFeePerGas=hex(9 * GWEI)), waits("alice", 0)]
    bob, carol = waits("bob", maxPriorityFeePerGas=hex(5 * GWEI)), waits("carol")

    done = chosen(*alice, bob, carol)

    assert done.transactions[0] == bob
    assert carol in done.transactions
    assert done.transactions.index(alice[1]) < done.transactions.index(alice[0])
    assert not done.left_out


def test_of_two_with_one_nonce_the_one_that_pays_more_is_in_it() -> None:
    cheap, dear = waits("alice", value="0x5"), waits("alice", maxFeePerGas=hex(11 * GWEI))

    assert chosen(cheap, dear).transactions == [dear]


@pytest.mark.parametrize(
    ("waiting", "account", "reason"),
    [
        (waits("alice", 3), Account(1, RICH), GAP),
        (waits("alice", value=hex(RICH)), Account(0, RICH), UNPAYABLE),
        (waits("alice", maxFeePerGas="0x5", maxPriorityFeePerGas="0x5"), Account(0, RICH), UNDERPRICED),
        (waits("alice", gas=hex(BLOCK_GAS + 1)), Account(0, 10**30), TOO_MUCH_GAS),
    ],
)
def test_what_no_next_block_could_hold_is_left_out_and_counted(
    waiting: Waiting, account: Account, reason: str
) -> None:
    done = chosen(waiting, alice=account)

    assert done.transactions == []
    assert done.left_out == {reason: 1}


def test_what_was_mined_before_is_no_gap() -> None:
    later = waits("alice", 1)

    assert chosen(waits("alice", 0), later, alice=Account(1, RICH)).transactions == [later]


def test_a_flood_is_cut_to_the_best_paid_and_what_is_cut_is_counted() -> None:
    most = choosing.MOST_TRANSACTIONS
    flood = [waits(f"mallory {n}") for n in range(5 * most)]
    victim = waits("alice", maxPriorityFeePerGas=hex(2 * GWEI))

    ranked, passed_over = best_paid([*flood, victim], GWEI)
    done = chosen(*ranked)

    assert done.transactions[0] == victim
    assert len(done.transactions) == most
    assert passed_over + done.left_out[BEYOND_CAP] == 5 * most + 1 - most


def test_call_data_is_bounded_in_sum() -> None:
    large = "0x" + "ff" * MOST_INPUT
    flood = [waits(f"mallory {n}", input=large, gas=hex(6_000_000)) for n in range(12)]

    done = chosen(*flood)

    assert len(done.transactions) == choosing.MOST_BYTES // MOST_INPUT
    assert done.left_out == {BEYOND_CAP: 12 - len(done.transactions)}


def test_gas_is_bounded_in_sum() -> None:
    greedy = [waits(f"mallory {n}", gas=hex(BLOCK_GAS)) for n in range(9)]

    assert len(chosen(*greedy).transactions) == choosing.MOST_BLOCKS_OF_GAS


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": "0x" + "ff" * (MOST_INPUT + 1)}, {"input": "0xf"}, {"input": "0xzz"}, {"hash": "0x12"},
        {"from": "0x12"}, {"to": "0x12"}, {"nonce": "0x" + "f" * 17}, {"value": "0x" + "f" * 65},
        {"value": "-1"}, {"value": 5}, {"gas": None}, {"blockNumber": "0x5"}, {"maxFeePerGas": None},
        {"type": "0xfff"},
    ],
)  # fmt: skip
def test_a_transaction_that_no_block_could_hold_is_passed_over(wrong: dict[str, Any]) -> None:
    assert waiting_from(sent("mallory") | wrong) is None


@pytest.mark.parametrize("wrong", [None, 5, "0x", [], {}, {"hash": {}}])
def test_what_is_no_transaction_at_all_is_passed_over(wrong: Any) -> None:
    assert waiting_from(wrong) is None
