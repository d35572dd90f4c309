"""What is remembered, for how long: seconds of block time, whatever anyone tells in between."""

from __future__ import annotations

import json
from random import Random
from typing import Any, cast

import pytest

from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.engine.state import State, advance
from detectors.kernels.holdings import EMPTIED
from detectors.memory.table import Table
from detectors.parts.horizons import DAY, Horizons
from detectors.registry import detectors
from detectors.runs.outbox import Outbox
from ingest.kafka import Publisher
from ingest.model.errors import BadInput
from tests.contract.stories.address_poisoning import lookalike
from tests.contract.told import book_of
from tests.detectors.known import Lines, known_and_wallets
from tests.detectors.seen.looking import Looker
from tests.fixtures.few import forgetful
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL, MALLORY = (address(name) for name in ("alice", "bob", "carol", "mallory"))
EXCHANGE, USD, FAKE = (address(name) for name in ("exchange", "usd", "a token of mallory's"))
IMITATION = lookalike(Random(1), BOB)
ETHER = 10**18
SETTINGS = EngineSettings(epoch_blocks=5)
CUTS = (1, 3, 7, 100)


def poisoning() -> list[Detector]:
    return [each for each in detectors() if each.name == "address-poisoning"]


def quiet_days(chain: ChainBuilder, days: float, blocks: int = 12) -> ChainBuilder:
    """So many days in so few blocks, in which only dave pays erin: horizons are looked at meanwhile."""
    for _ in range(blocks):
        chain.block(int(days * DAY) // blocks).native(address("dave"), address("erin"), 1)
    return chain


def alice_pays_bob() -> ChainBuilder:
    chain = ChainBuilder().block().native(EXCHANGE, ALICE, 9 * ETHER)
    return chain.native(ALICE, BOB, ETHER)


def poisoned(chain: ChainBuilder) -> ChainBuilder:
    """Mallory moves nothing "from" alice to the imitation of bob."""
    return chain.erc20(USD, ALICE, IMITATION, 0, by=MALLORY)


def manners(chain: ChainBuilder, size: int) -> list[str]:
    lines, _ = book_of(poisoning(), chain.batches(size), SETTINGS)
    return [json.loads(line)["measured"]["manner"] for line in lines]


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize(("days", "found"), [(80, 1), (100, 0)])
def test_a_lookalike_of_whom_she_paid_80_days_ago_is_found_and_100_days_ago_is_not(
    days: float, found: int, size: int
) -> None:
    assert len(manners(poisoned(quiet_days(alice_pays_bob(), days)), size)) == found


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize(("later", "found"), [(0, 1), (1, 0)])
def test_the_ninety_days_end_to_the_second(later: int, found: int, size: int) -> None:
    chain = quiet_days(alice_pays_bob(), 89)
    assert len(manners(poisoned(chain.block(DAY + later)), size)) == found


def test_what_the_lookalike_sends_does_not_make_her_payment_younger() -> None:
    chain = quiet_days(alice_pays_bob(), 80)
    poisoned(chain)
    poisoned(quiet_days(chain, 20))
    assert len(manners(chain, 4)) == 1


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize(("days", "lost"), [(390, True), (410, False)])
def test_a_payment_to_it_is_a_loss_for_400_days(days: float, lost: bool, size: int) -> None:
    chain = quiet_days(poisoned(alice_pays_bob().block()), days)
    said = manners(chain.native(ALICE, IMITATION, ETHER), size)
    assert ("the victim's own payment to it, by mistake" in said) is lost


def test_she_may_fall_for_any_of_several_lookalikes() -> None:
    other = lookalike(Random(2), BOB)
    chain = poisoned(alice_pays_bob().block()).erc20(USD, ALICE, other, 0, by=MALLORY)
    chain.block().native(ALICE, IMITATION, ETHER)
    assert "the victim's own payment to it, by mistake" in manners(chain, 1)


@pytest.mark.parametrize("size", CUTS)
@pytest.mark.parametrize(("days", "emptied"), [(29, 0), (31, 0), (200, 0)])
def test_a_balance_that_was_dropped_does_not_come_back_as_fully_known(
    days: float, emptied: int, size: int
) -> None:
    """100 in, long silence, 1 in, 1 out: 100 of 101 are left, whether that is remembered or not."""
    chain = quiet_days(ChainBuilder().block().erc20(USD, EXCHANGE, ALICE, 100), days)
    chain.block().erc20(USD, EXCHANGE, ALICE, 1).erc20(USD, ALICE, BOB, 1)
    assert last(chain, size)["emptied"] == emptied


@pytest.mark.parametrize("fresh", ["wallet", "token"])
def test_who_appeared_since_is_fully_known(fresh: str) -> None:
    """A wallet, or a token, that is younger than what is remembered cannot have been forgotten."""
    chain = quiet_days(ChainBuilder().block().erc20(USD, EXCHANGE, BOB, 100), 200)
    owner, token = (CAROL, USD) if fresh == "wallet" else (BOB, FAKE)
    chain.block().erc20(token, EXCHANGE, owner, 100).erc20(token, owner, ALICE, 99)
    assert last(chain, 5)["emptied"] == EMPTIED


def test_who_had_money_before_the_stream_has_no_funder_however_long_ago_that_was_seen() -> None:
    chain = ChainBuilder().block().native(EXCHANGE, ALICE, ETHER).native(ALICE, BOB, 2 * ETHER)
    quiet_days(chain, 300).block().native(ALICE, CAROL, 1)
    assert last(chain, 5)["from_funder"] is None


def test_a_wallet_that_was_forgotten_is_not_new() -> None:
    chain = ChainBuilder().block().native(EXCHANGE, ALICE, ETHER)
    began = chain.now
    quiet_days(chain, 300).block().native(EXCHANGE, ALICE, 1).native(ALICE, BOB, 1)
    (alice,) = [row for row in both(chain, 5)[1] if row["wallet"] == ALICE]
    assert alice["first_time"] == began


def both(chain: ChainBuilder, size: int) -> tuple[Lines, Lines]:
    """What was known before transfers, and of wallets, where horizons are looked at every five blocks."""
    return known_and_wallets(chain.batches(size), SETTINGS)


def last(chain: ChainBuilder, size: int) -> dict[str, Any]:
    """What was known before the last transfer."""
    return both(chain, size)[0][-1]


def forged(chain: ChainBuilder, logs: int, number: int = 0) -> ChainBuilder:
    """One transaction in which a token of mallory's tells of transfers between strangers, and of alice's."""
    with chain.transaction(MALLORY, FAKE):
        for i in range(logs):
            payer = ALICE if i % 5 == 0 else address(f"stranger {number} {i}")
            chain.erc20(FAKE, payer, address(f"stranger's friend {number} {i}"), 1)
    return chain


def test_forged_logs_flush_nothing_of_honest_people() -> None:
    """Ten times what the small tables hold is told; alice's own tables have no row more."""
    few = Horizons(told_cap=50, wallets_cap=50, pairs_cap=50, holdings_cap=50, assets_cap=50)
    made = Engine(1, poisoning(), SETTINGS, follows=False, parts=forgetful(few))
    chain = alice_pays_bob()
    for number in range(10):
        forged(chain.block(), 60, number)
    poisoned(chain.block())
    for batch in chain.batches(3):
        output = made.take(batch)
    assert [alert.measured["manner"] for alert in output.alerts] == ["a transfer of nothing"]
    assert lasting(made.state) == {
        "wallets": 4,  # the exchange, alice, bob, and mallory, who paid for her transactions
        "pairs": 2,
        "holdings": 3,
        "assets": 1,
    }
    forgot = Outbox(cast(Publisher, None), 0, 1, 64).note(made).forgot_early
    assert set(forgot) == {f"part_holdings_told_{name}" for name in ("wallets", "pairs", "holdings")}
    assert forgot == made.state.memory.early_ageings()


def lasting(state: State) -> dict[str, int]:
    """Rows of the tables of what somebody signed for."""
    held = {name: state.sight.held["holdings"][name] for name in ("wallets", "pairs", "holdings", "assets")}
    return {name: table.count for name, table in held.items() if isinstance(table, Table)}


@pytest.mark.parametrize("logs", [1 << 15, pytest.param(1 << 20, marks=pytest.mark.soak)])
def test_a_million_forged_logs_change_no_memory_of_honest_pairs(logs: int) -> None:
    looker: Any = Looker(("holdings",))
    state = State.empty([looker], parts=forgetful(Horizons(told_cap=logs)))
    chain = alice_pays_bob()
    advance(state, chain.batch(), [], SETTINGS)
    before, sixteenth = lasting(state), logs // 16
    for number in range(16):
        head = chain.block().head
        with chain.transaction(MALLORY, FAKE):
            for i in range(number * sixteenth, (number + 1) * sixteenth):
                chain.erc20(FAKE, i.to_bytes(20, "big"), (2**40 + i).to_bytes(20, "big"), 1)
        advance(state, chain.batch(head, head), [], SETTINGS)
    assert lasting(state) == before | {"wallets": before["wallets"] + 1}  # mallory signed
    head = chain.block(600).native(ALICE, BOB, 1).head
    seen = advance(state, chain.batch(head, head), [], SETTINGS).by("test", ("holdings",))
    assert seen.of("holdings")["known"]["met"].tolist() == [1]


def test_the_first_payment_of_his_own_takes_over_what_was_told_of_him() -> None:
    """Alice is paid by a contract, which nobody signed for; then she pays herself: all of it is known."""
    chain = ChainBuilder().block().erc20(USD, EXCHANGE, ALICE, 100, by=CAROL)
    chain.erc20(USD, EXCHANGE, ALICE, 100, by=CAROL).erc20(USD, ALICE, BOB, 190)
    transfers, wallets = both(chain, 5)
    assert transfers[-1]["emptied"] == EMPTIED
    (alice,) = [row for row in wallets if row["wallet"] == ALICE]
    assert alice["distinct_in"] == 1


@pytest.mark.parametrize("name", ["wallets_s", "firsts_s", "told_cap", "pairs_cap"])
@pytest.mark.parametrize("value", [0, -1, 2**31, 1.5, None, True])
def test_a_horizon_that_no_table_can_keep_to_is_refused(name: str, value: Any) -> None:
    with pytest.raises(BadInput, match=rf"^the horizon {name} is .*: give a whole number from 1 to \d+$"):
        Horizons(**{name: value})
