"""Anomalous flow: who was silent and bursts, and who is only busy."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.anomalous_flow import AnomalousFlow
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL, SHOP, TOKEN = (address(name) for name in ("alice", "bob", "carol", "shop", "token"))
ETHER = 10**18


def alerts(chain: ChainBuilder) -> list[Alert]:
    detectors: list[Any] = [AnomalousFlow()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def town() -> ChainBuilder:
    """Forty minutes of people who pay the shop now and then."""
    rng, chain = Random(1), ChainBuilder()
    for _ in range(40):
        chain.block(60).native(address(f"person {rng.randrange(20)}"), SHOP, ETHER)
    return chain


def burst(chain: ChainBuilder, payer: bytes, payees: int, count: int) -> ChainBuilder:
    for n in range(count):
        if n % 8 == 0:
            chain.block()
        chain.native(payer, address(f"payee {n % payees}"), ETHER)
    return chain


def test_alice_who_was_silent_and_pays_the_same_four_again_and_again_is_the_subject() -> None:
    (alert,) = alerts(burst(town(), ALICE, 4, 24))
    assert [(role.address, role.role) for role in alert.roles] == [("0x" + ALICE.hex(), "subject")]
    assert "24 payments to 4 payees" in alert.explanation


def test_alice_who_pays_each_of_thirty_once_gives_presents() -> None:
    assert alerts(burst(town(), ALICE, 30, 30)) == []


def test_bob_who_always_pays_so_is_only_busy() -> None:
    chain = town()
    for _ in range(30):
        burst(chain.block(60), BOB, 4, 12)
    before = len(alerts(chain))
    assert len(alerts(burst(chain, BOB, 4, 16))) == before


def test_a_payment_processor_passes_on_what_many_pay_it() -> None:
    chain = town().block()
    for n in range(8):
        chain.native(address(f"customer {n}"), CAROL, 3 * ETHER)
    assert alerts(burst(chain, CAROL, 4, 16)) == []


def test_a_service_that_is_called_again_and_again_is_no_burst() -> None:
    chain = town().block()
    for _ in range(24):
        with chain.transaction(ALICE, SHOP, ETHER, data=bytes(4)):
            pass
    assert alerts(chain) == []


def test_tokens_that_somebody_else_moves_in_alices_name_make_her_no_subject() -> None:
    chain = town().block()
    for _ in range(30):
        chain.erc20(TOKEN, ALICE, BOB, 1, by=CAROL)
    assert alerts(chain) == []


def test_failure_after_failure_is_one_alert() -> None:
    chain = town().block()
    for _ in range(12):
        chain.calls(ALICE, SHOP, bytes(4), status=0)
    (alert,) = alerts(chain)
    assert "12 transactions" in alert.explanation


@pytest.mark.parametrize(("hands", "found"), [(30, True), (3, False)])
def test_a_new_token_that_goes_to_and_fro_among_many_is_the_subject(hands: int, found: bool) -> None:
    rng, chain = Random(2), town()
    for n in range(90):
        if n % 30 == 0:
            chain.block()
        here, there = rng.sample(range(hands), 2)
        chain.erc20(TOKEN, address(f"hand {here}"), address(f"hand {there}"), 1)
    assert any(alert.subject_id == "0x" + TOKEN.hex() for alert in alerts(chain)) == found


def test_a_swarm_that_shares_its_payees_is_found_in_each_of_its_wallets() -> None:
    rng, chain = Random(3), town()
    senders = [address(f"sender {n}") for n in range(5)]
    receivers = [address(f"receiver {n}") for n in range(20)]
    for _ in range(2):
        chain.block()
        for sender in senders:
            for receiver in rng.sample(receivers, 5):
                chain.native(sender, receiver, 10**14)
    assert {alert.subject_id for alert in alerts(chain)} == {"0x" + sender.hex() for sender in senders}
