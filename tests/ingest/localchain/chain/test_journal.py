"""What is remembered as received for the first time, and how it is taken back."""

from __future__ import annotations

from ingest.localchain.chain.actions import Asset, Transaction, mint, pay, pull
from ingest.localchain.chain.journal import Journal, take_back
from ingest.localchain.chain.wallet import created_address

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
TOKEN = "0x" + "70" * 20
ETH = Asset("ETH", None, 250_000)
LINK = Asset("LINK", TOKEN, 1_500)


def sent(transaction: Transaction, nonce: int = 0) -> dict[str, str]:
    fields = {"from": transaction.sender, "data": transaction.data, "nonce": hex(nonce)}
    return fields if transaction.to is None else fields | {"to": transaction.to}


def test_only_the_first_of_each_kind_is_a_first() -> None:
    journal = Journal()

    assert journal.firsts([sent(pay(ETH, ALICE, BOB, 1)), sent(pay(ETH, ALICE, BOB, 2))]) == ((None, BOB),)
    assert journal.firsts([sent(pay(ETH, ALICE, BOB, 1)), sent(pay(LINK, ALICE, BOB, 2))]) == ((TOKEN, BOB),)


def test_the_receiver_is_found_in_each_kind_of_token_call() -> None:
    for call in (pay(LINK, ALICE, BOB, 1), mint(TOKEN, ALICE, BOB, 1), pull(TOKEN, ALICE, ALICE, BOB, 1)):
        assert Journal().firsts([sent(call)]) == ((TOKEN, BOB),)


def test_money_that_was_set_is_no_first() -> None:
    journal = Journal()
    journal.give([BOB])

    assert journal.firsts([sent(pay(ETH, ALICE, BOB, 1))]) == ()


def test_a_dropped_block_is_taken_back() -> None:
    block = [sent(pay(ETH, ALICE, BOB, 1), 4), sent(Transaction(ALICE, None, "0x00"), 5)]

    created = created_address(ALICE, 5)
    assert take_back(block, [(None, BOB), (TOKEN, BOB)]) == [
        ("anvil_setCode", [created, "0x"]),
        ("anvil_setNonce", [created, "0x0"]),
        ("anvil_setNonce", [ALICE, "0x4"]),
        ("anvil_setBalance", [BOB, "0x0"]),
        ("anvil_dealERC20", [BOB, TOKEN, "0x0"]),
    ]
