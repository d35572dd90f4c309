"""Asset drains: treasuries that lose what they kept to mallory, and treasuries that only move or pay."""

from __future__ import annotations

from typing import Any

import numpy as np

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.library.asset_drain import AssetDrain, _left_without
from detectors.memory.layout import Array
from detectors.parts.limbs import floats
from tests.contract.stories.asset_drain import OWNER, UPGRADED
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, CAROL, MALLORY, DONOR, SAFE, NEW, USD, EUR, CODE = (
    address(name)
    for name in ("alice", "bob", "carol", "mallory", "donor", "safe", "new", "usd", "eur", "code")
)
DAY = 86_400


def kept() -> ChainBuilder:
    """Alice's contract has a thousand dollars and a thousand euros."""
    chain = ChainBuilder().block().creates(ALICE, SAFE)
    for token in (USD, EUR):
        chain.erc20(token, DONOR, SAFE, 300).erc20(token, DONOR, SAFE, 700)
    return chain.block(2 * DAY)


def pays(chain: ChainBuilder, by: bytes, to: bytes, amount: int = 1_000, *tokens: bytes) -> ChainBuilder:
    with chain.transaction(by, SAFE, data=b"pay"):
        for token in tokens or (USD,):
            chain.erc20(token, SAFE, to, amount)
    return chain


def alerts(chain: ChainBuilder, *others: Any) -> list[Alert]:
    detectors: list[Any] = [*others] or [AssetDrain()]
    engine = Engine(1, detectors, follows=False)
    engine.take(chain.batch())
    return list(engine.standing())


def roles(alert: Alert) -> dict[str, str]:
    return {role.address: role.role for role in alert.roles}


def test_mallory_who_calls_an_open_function_is_named_and_the_contract_is_the_victim() -> None:
    (alert,) = alerts(pays(kept(), MALLORY, MALLORY, 1_000, USD, EUR))
    assert roles(alert) == {"0x" + MALLORY.hex(): "attacker", "0x" + SAFE.hex(): "victim"}
    assert (alert.measured["assets"], alert.measured["stranger_signs"]) == (2, 1)


def test_alice_whose_key_signs_is_not_named() -> None:
    (alert,) = alerts(pays(kept(), ALICE, MALLORY))
    assert "0x" + ALICE.hex() not in roles(alert)
    assert alert.measured["stranger_signs"] == 0


def test_who_takes_after_the_code_was_exchanged_ranks_above_who_takes_without() -> None:
    plain = alerts(pays(kept(), MALLORY, MALLORY))[0]
    chain = kept().creates(MALLORY, CODE).log(SAFE, (UPGRADED, word(CODE)), by=ALICE).block()
    assert alerts(pays(chain, MALLORY, MALLORY))[0].score > plain.score


def test_a_theft_in_two_pieces_is_whole() -> None:
    chain = pays(pays(kept(), MALLORY, CAROL, 250), MALLORY, MALLORY, 690)
    assert [alert.measured["share"] for alert in alerts(chain)] == [0.69]


def test_half_of_it_is_left_to_others_to_judge() -> None:
    assert alerts(pays(kept(), MALLORY, MALLORY, 500)) == []


def test_alices_own_wallets_and_new_contract_are_hers() -> None:
    chain = kept().native(ALICE, BOB, 10**18).creates(ALICE, NEW).block()
    pays(chain, ALICE, ALICE)
    pays(chain, ALICE, BOB, 1_000, EUR)
    chain.erc20(USD, DONOR, SAFE, 1_000).block()
    pays(chain, ALICE, NEW)
    assert alerts(chain) == []


def test_bob_who_had_paid_in_takes_what_is_his_with_what_it_earned() -> None:
    chain = ChainBuilder().block().creates(ALICE, SAFE).erc20(USD, BOB, SAFE, 900, via=SAFE)
    chain.erc20(USD, CAROL, SAFE, 50, via=SAFE).block(30 * DAY)
    assert alerts(pays(chain, BOB, BOB, 940)) == []


def test_carol_who_was_paid_by_it_for_months_may_get_the_rest() -> None:
    chain = pays(kept(), ALICE, CAROL, 100).block(30 * DAY)
    assert alerts(pays(chain, ALICE, CAROL, 900)) == []


def test_who_gets_what_somebody_put_in_by_a_call_holds_the_note_for_it() -> None:
    chain = ChainBuilder().block().creates(ALICE, SAFE)
    with chain.transaction(BOB, SAFE, 10**18, data=b"deposit"):
        pass
    chain.block().erc20(USD, DONOR, SAFE, 500).erc20(USD, DONOR, SAFE, 500)
    assert alerts(pays(chain, CAROL, CAROL, 500).block()) == []


def test_old_contracts_through_which_money_passes_are_in_peace() -> None:
    chain = ChainBuilder().block()
    chain.calls(BOB, SAFE, b"swap").erc20(USD, BOB, SAFE, 1_000, via=SAFE).block()
    assert alerts(pays(chain, BOB, MALLORY)) == []


def test_a_new_owner_of_today_is_not_whose_contract_it_was() -> None:
    chain = kept().log(SAFE, (OWNER, word(ALICE), word(MALLORY)), by=ALICE).block()
    (alert,) = alerts(pays(chain, MALLORY, MALLORY))
    assert alert.measured["control_changed"] == 1


def test_whom_a_contract_obeys_from_its_first_block_on_is_no_change_of_control() -> None:
    chain = ChainBuilder().block().creates(ALICE, SAFE)
    chain.log(SAFE, (OWNER, word(bytes(20)), word(ALICE)), by=ALICE).erc20(USD, DONOR, SAFE, 1_000)
    (alert,) = alerts(pays(chain.block(), ALICE, MALLORY))
    assert alert.measured["control_changed"] == 0
    assert alert.severity != "critical"


def test_a_theft_is_looked_at_though_much_more_passes_through_its_victim_in_the_transaction() -> None:
    """A vault that kept one coin passes on 10^12 of them, as whoever lends for a moment does: the first look
    works with floats, whose rounding there is larger than a dust of what was taken.
    """
    kept, passed = 10**18, 10**30
    lines = {"received": [passed, 0], "paid": [passed + kept, 0], "before": [kept, 0]}
    words = {name: np.stack([limbs(value) for value in values]) for name, values in lines.items()}
    net = {"transaction": np.array([7, 7]), "account": np.array([5, 6]), "asset": np.array([0, 0]), **words}
    before, out = floats(words["before"]), floats(words["paid"]) - floats(words["received"])

    assert _left_without(net, {"first": np.array([1, 1])}, before, out).tolist() == [7]


def limbs(number: int) -> Array:
    return np.frombuffer(number.to_bytes(32, "big"), ">u8").astype(np.uint64)


def test_a_rescuer_who_gives_all_of_it_back_is_lowered_and_who_gives_a_part_is_not() -> None:
    chain = pays(kept(), MALLORY, BOB, 1_000, USD, EUR).block(3 * DAY)
    chain.erc20(USD, BOB, SAFE, 950)
    (alert,) = alerts(chain)
    assert alert.suppressed_by is None
    chain.block().erc20(EUR, BOB, SAFE, 950)
    (alert,) = alerts(chain)
    assert alert.suppressed_by is not None
    assert alert.suppressed_by["kind"] == "value-back-to-owner"


def test_what_somebody_else_gives_a_robbed_contract_lowers_nothing() -> None:
    chain = pays(kept(), MALLORY, BOB, 1_000, USD).block(DAY).erc20(USD, CAROL, SAFE, 1_000)
    (alert,) = alerts(chain)
    assert alert.suppressed_by is None


def test_loot_that_a_contract_of_mallorys_spreads_over_fresh_wallets_is_hers() -> None:
    chain = kept().creates(MALLORY, NEW).block()
    with chain.transaction(MALLORY, NEW, data=b"raid"):
        chain.erc20(USD, SAFE, NEW, 1_000)
        for at in range(5):
            chain.erc20(USD, NEW, address(f"fresh {at}"), 200)
    (alert,) = alerts(chain)
    assert roles(alert)["0x" + NEW.hex()] == "attacker"
    assert roles(alert)["0x" + SAFE.hex()] == "victim"
