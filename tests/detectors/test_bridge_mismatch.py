"""Bridges: alice crosses, mallory is paid for what nobody paid in, and relayers come late."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import cast

import pytest

from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.library.bridge_mismatch import BridgeMismatch
from ingest.model.errors import BadInput
from tests.fixtures.frames import ChainBuilder, Crossing, address, keccak, word

ALICE, MALLORY, RELAYER, BRIDGE, COIN = (
    address(name) for name in ("alice", "mallory", "relayer", "bridge harbour", "bridged coin")
)
ZERO = bytes(20)
ETHER = 10**18
WAIT = (60 + 60) // 12
"""Blocks of twelve seconds from a claim to the block that judges it: a minute of delay, one of skew."""


def lock(who: bytes, units: int = ETHER, nonce: int = 1) -> Crossing:
    return Crossing("lock", "in", word(nonce), COIN, units, units, who, who, transaction=word(nonce), ago=60)


def mints(chain: ChainBuilder, told: Crossing, by: bytes = RELAYER) -> ChainBuilder:
    assert told.recipient is not None
    place = chain.sent
    with chain.transaction(by, BRIDGE):
        chain.log(BRIDGE, (keccak(b"minted"),), told.nonce or b"")
        chain.erc20(COIN, ZERO, told.recipient, told.amount)
    return chain.crosses(replace(told, kind="mint", at=place, moved_log=1, ago=0))


def waits(chain: ChainBuilder, blocks: int = WAIT) -> ChainBuilder:
    """Somebody pays in each block: a block without a transaction is not looked at."""
    for _ in range(blocks):
        chain.block().native(ALICE, RELAYER, 1)
    return chain


def raised(chain: ChainBuilder) -> list[Alert]:
    engine = Engine(1, [cast(Detector, BridgeMismatch())], follows=False, keep_all=True)
    engine.take(chain.batch())
    assert not engine.state.off
    return list(engine.standing())


def why(chain: ChainBuilder) -> list[str]:
    return [str(alert.measured["why"]) for alert in raised(chain)]


def start() -> ChainBuilder:
    return ChainBuilder().block().native(ALICE, RELAYER, 1).block()


def test_what_alice_locked_there_is_minted_for_her_here() -> None:
    assert raised(waits(mints(start().crosses(lock(ALICE)).block(), lock(ALICE)))) == []


def test_a_relayer_who_is_faster_than_the_message_is_told_is_no_thief() -> None:
    chain = waits(mints(start(), lock(ALICE)), 6)
    assert raised(waits(chain.crosses(replace(lock(ALICE), ago=75)))) == []


def test_a_mint_that_nobody_locked_for_is_found_once_its_lock_would_have_been_told() -> None:
    chain = mints(start(), lock(MALLORY), MALLORY)
    assert raised(waits(chain, WAIT - 1)) == []

    (alert,) = raised(waits(chain))
    assert alert.measured["why"] == "nothing went in"
    assert {role.role: role.address for role in alert.roles} == {
        "attacker": f"0x{MALLORY.hex()}",
        "victim": f"0x{BRIDGE.hex()}",
    }
    assert [row.kind for row in alert.evidence] == ["erc20", "block"]
    assert alert.transactions == (alert.evidence[0].transaction,), "the block is evidence, no transaction"
    assert alert.severity == "critical"


def test_a_relayer_who_signs_for_a_thief_is_between_them() -> None:
    (alert,) = raised(waits(mints(start(), lock(MALLORY))))
    assert [role.role for role in alert.roles if role.address == f"0x{RELAYER.hex()}"] == ["intermediary"]


def test_deposits_that_are_told_late_make_it_wait_for_longer() -> None:
    """Twice the longest that any deposit of this bridge was told after its claim: 200 blocks later here."""
    chain = waits(mints(start(), lock(ALICE)), 8).crosses(replace(lock(ALICE), ago=8 * 12 + 60))
    chain = mints(waits(chain, 1), lock(MALLORY, nonce=2))

    assert raised(waits(chain, 16 - 1)) == []
    assert len(raised(waits(chain, 1))) == 1


def test_while_the_other_chain_is_not_read_what_is_missing_says_nothing() -> None:
    chain = waits(mints(start().bridge_is("late"), lock(MALLORY)), 5 * WAIT)
    assert raised(chain) == []

    told = chain.fork(chain.head).block().native(ALICE, RELAYER, 1).bridge_is("read")
    assert raised(waits(told.crosses(replace(lock(MALLORY), ago=5 * WAIT * 12 + 90)))) == []
    assert why(waits(chain.block().native(ALICE, RELAYER, 1).bridge_is("read"))) == ["nothing went in"]


def test_a_message_is_paid_once() -> None:
    chain = mints(mints(start().crosses(lock(MALLORY)).block(), lock(MALLORY)).block(), lock(MALLORY))
    assert why(chain) == ["claimed before"]


@pytest.mark.parametrize("paid", [ETHER + 3, 50 * ETHER])
def test_no_more_comes_out_than_went_in(paid: int) -> None:
    chain = start().crosses(lock(MALLORY)).block()
    assert why(mints(chain, replace(lock(MALLORY), amount=paid, moved=paid))) == ["more than went in"]


def test_shares_round_by_two_units_and_bridges_keep_a_fee() -> None:
    chain = start().crosses(lock(ALICE)).crosses(lock(ALICE, nonce=2)).block()
    mints(chain, replace(lock(ALICE), amount=ETHER + 2, moved=ETHER + 2))
    assert raised(mints(chain, replace(lock(ALICE, nonce=2), amount=ETHER // 2, moved=ETHER // 2))) == []


def test_more_is_minted_than_the_bridge_says() -> None:
    chain = start().crosses(lock(MALLORY)).block()
    assert why(mints(chain, replace(lock(MALLORY), moved=9 * ETHER))) == ["more than went in"]


def test_what_was_meant_for_alice_goes_to_mallory_and_alice_is_the_victim() -> None:
    chain = start().crosses(lock(ALICE)).block()
    (alert,) = raised(mints(chain, replace(lock(ALICE), recipient=MALLORY), MALLORY))

    assert alert.measured["why"] == "another recipient"
    assert [role.role for role in alert.roles if role.address == f"0x{ALICE.hex()}"] == ["victim"]


def test_a_lock_of_which_nothing_moved_is_found_before_it_is_claimed() -> None:
    (alert,) = raised(start().crosses(replace(lock(MALLORY), moved=0)))
    assert alert.measured["why"] == "deposit moved nothing like it"
    assert [row.kind for row in alert.evidence] == ["block"]


def test_native_value_that_nobody_saw_move_is_taken_at_the_bridges_word() -> None:
    assert raised(start().crosses(replace(lock(ALICE), asset=ZERO, moved=None))) == []


def test_what_leaves_a_bridge_without_a_message() -> None:
    chain = start().erc20(COIN, ZERO, MALLORY, ETHER, by=MALLORY)
    told = Crossing("mint", "in", None, COIN, ETHER, ETHER, MALLORY, at=0, moved_log=0, said=False)
    assert why(chain.crosses(told)) == ["without a message"]


def released(who: bytes, nonce: int) -> Crossing:
    return replace(lock(who, nonce=nonce), kind="release", direction="out")


def test_what_is_released_there_must_have_been_burnt_here() -> None:
    chain = start().crosses(released(MALLORY, 1))
    assert why(chain) == ["nothing went in"]

    chain = start()
    chain.erc20(COIN, ALICE, ZERO, ETHER)
    chain.crosses(Crossing("burn", "out", word(2), COIN, ETHER, ETHER, ALICE, ALICE, at=0, moved_log=0))
    assert raised(waits(chain, 6).crosses(released(ALICE, 2))) == []


def test_two_releases_of_one_message_in_one_transaction_there_are_one_too_many() -> None:
    chain = start()
    chain.erc20(COIN, MALLORY, ZERO, ETHER)
    chain.crosses(Crossing("burn", "out", word(2), COIN, ETHER, ETHER, MALLORY, MALLORY, at=0, moved_log=0))
    chain = waits(chain, 6).crosses(released(MALLORY, 2)).crosses(replace(released(MALLORY, 2), log=5))
    assert why(chain) == ["claimed before"]


@pytest.mark.parametrize(("first_block", "days", "found"), [(1, 0, 1), (None, 0, 0), (None, 8, 1)])
def test_a_burn_from_before_the_stream_may_be_unseen(first_block: int | None, days: int, found: int) -> None:
    """Unless the file says where the bridge begins; or the stream has been there for a week."""
    chain = start().block(days * 86_400 + 99)
    assert len(raised(chain.crosses(replace(released(MALLORY, 1), first_block=first_block)))) == found


def test_a_deposit_that_nobody_claims_says_nothing() -> None:
    assert raised(waits(start().crosses(lock(ALICE)), 30)) == []


def test_a_deposit_that_is_told_twice_was_made_once() -> None:
    chain = mints(start().crosses(lock(ALICE)).block(), lock(ALICE)).block()
    assert raised(waits(chain.crosses(replace(lock(ALICE), ago=84)))) == []


def test_messages_without_an_id_are_judged_by_sums() -> None:
    def bare(who: bytes, units: int) -> Crossing:
        return replace(lock(who, units), nonce=None, transaction=keccak(who))

    chain = mints(start().crosses(bare(ALICE, 5 * ETHER)).block(), bare(ALICE, 3 * ETHER))
    assert raised(waits(mints(chain, bare(ALICE, 2 * ETHER)))) == []
    assert why(waits(mints(chain, bare(MALLORY, ETHER)))) == ["more in all than went in"]


def test_a_kind_that_a_later_version_wrote_is_refused_in_one_line() -> None:
    chain = start().crosses(replace(lock(ALICE), kind="teleport"))
    with pytest.raises(BadInput, match=r"harbour has a message of kind 'teleport'.*use that version"):
        raised(chain)


def test_two_bridges_do_not_pay_for_each_other() -> None:
    chain = start().crosses(replace(lock(MALLORY), bridge="canal")).block()
    assert why(waits(mints(chain, lock(MALLORY)))) == ["nothing went in"]


@pytest.mark.soak
def test_thirty_of_each_are_found_and_three_hundred_honest_ones_are_not() -> None:
    """Random crossings, mixed: a third late told; thirty of each kind of theft among them."""
    rng, chain = Random(5), start()
    thieves = set[bytes]()
    for number in range(2, 390):
        who, told = address(f"crosser {number}"), lock(address(f"crosser {number}"), nonce=number)
        chain.block().native(ALICE, RELAYER, 1)
        theft = rng.choice(("forged", "hollow", "twice")) if number % 4 == 0 else ""
        if theft:
            thieves.add(who)
        if theft != "forged" and rng.random() < 0.7:
            chain.crosses(replace(told, moved=0 if theft == "hollow" else ETHER)).block()
            mints(chain, told)
        elif theft != "forged":
            mints(chain, told).block()
            chain.crosses(replace(told, ago=72, moved=0 if theft == "hollow" else ETHER))
        else:
            mints(chain, told)
        if theft == "twice":
            mints(chain.block(), told)
    found = {bytes.fromhex(a.subject_id[2:]) for a in raised(waits(chain, 2 * WAIT))}
    assert len(thieves) >= 90
    assert found == thieves
