"""What an actor does, as the transaction that does it."""

from __future__ import annotations

from random import Random

import pytest

from ingest.localchain.chain.actions import Asset, approve, pay, pull
from ingest.localchain.chain.wallet import call_data, created_address
from ingest.localchain.world.stage import in_pairs, lookalike, roles

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
TOKEN = "0x" + "70" * 20
LINK = Asset("LINK", TOKEN, 1_500)
ETH = Asset("ETH", None, 250_000)


def word(value: str | int) -> str:
    """One ABI word: 32 bytes, right-aligned."""
    return f"{value:064x}" if isinstance(value, int) else value[2:].rjust(64, "0")


def test_alice_pays_bob_native_value() -> None:
    payment = pay(ETH, ALICE, BOB, 5)

    assert (payment.sender, payment.to, payment.value, payment.data) == (ALICE, BOB, 5, "0x")


def test_alice_pays_bob_a_token() -> None:
    payment = pay(LINK, ALICE, BOB, 7)

    # ERC-20 gives `transfer` the selector a9059cbb.
    assert (payment.to, payment.value) == (TOKEN, 0)
    assert payment.data == "0xa9059cbb" + word(BOB) + word(7)


def test_bob_pulls_what_alice_approved() -> None:
    # 095ea7b3 is approve(address,uint256), 23b872dd transferFrom(address,address,uint256).
    assert approve(TOKEN, ALICE, BOB, 9).data == "0x095ea7b3" + word(BOB) + word(9)
    assert pull(TOKEN, BOB, ALICE, BOB, 9).data == "0x23b872dd" + word(ALICE) + word(BOB) + word(9)


def test_a_call_without_arguments_is_its_selector() -> None:
    # d0e30db0 is deposit() of WETH9.
    assert call_data("deposit()") == "0xd0e30db0"


def test_what_an_amount_is_worth() -> None:
    # Half a LINK at 15.00 dollars is 7.50; 0.001 ETH at 2,500.00 is 2.50.
    assert LINK.usd(5 * 10**17) == 7.5
    assert ETH.usd(10**15) == 2.5


def test_how_much_a_sum_buys() -> None:
    # 30 dollars of LINK at 15 is 2 LINK; 1 dollar of ETH at 2,500 is 0.0004.
    assert LINK.units(30) == 2 * 10**18
    assert ETH.units(1) == 4 * 10**14


def test_the_first_contract_of_a_wallet_lies_where_everybody_computes_it() -> None:
    # The example of the CREATE rule in go-ethereum's crypto tests.
    sender = "0x970e8128ab834e8eac17ab8e3812f010678cf791"
    assert created_address(sender, 0) == "0x333c3310824b7c685133f2bedb2ca4b8b4df633d"
    assert created_address(sender, 1) == "0x8bda78331c916a08481428e4b07c96d3e916d165"


@pytest.mark.parametrize("seed", range(20))
def test_a_lookalike_agrees_at_both_ends_and_is_somebody_else(seed: int) -> None:
    fake = lookalike(Random(seed), ALICE)

    assert fake != ALICE
    assert len(fake) == 42
    assert fake[:5] == ALICE[:5]
    assert fake[-4:] == ALICE[-4:]


def test_roles_name_attackers_first() -> None:
    assert roles([BOB], victims=[ALICE]) == ((BOB, "attacker"), (ALICE, "victim"))


def test_three_go_in_pairs_and_the_last_alone() -> None:
    assert list(in_pairs(["a", "b", "c"])) == [["a", "b"], ["c"]]
