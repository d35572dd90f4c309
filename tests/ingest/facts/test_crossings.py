"""What crosses a bridge: what it says, and what really moved with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.facts.bridge_files import Bridge, read_bridge
from ingest.facts.crossings import crossings
from tests.fixtures.bridges import COIN, HERE, THERE, TOPICS, WRAPPED, ZERO, locks, mints, write, written
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, BOB, RELAYER = address("alice"), address("bob"), address("relayer")
Row = dict[str, object]


@pytest.fixture
def bridge(tmp_path: Path) -> Bridge:
    return read_bridge(write(tmp_path))


def there(chain: ChainBuilder, bridge: Bridge) -> list[Row]:
    return list(crossings(chain.batch(), bridge, "there", 1).iter_rows(named=True))


def here(chain: ChainBuilder, bridge: Bridge) -> list[Row]:
    return list(crossings(chain.batch(), bridge, "here", 1).iter_rows(named=True))


def units(row: Row) -> tuple[int | None, ...]:
    words = (row["worth"], row["moved"])
    return tuple(int.from_bytes(word, "big") if isinstance(word, bytes) else None for word in words)


def test_a_deposit_there_is_told_with_what_moved_and_when_it_is_due(bridge: Bridge) -> None:
    chain = ChainBuilder(2).block()
    locks(chain, ALICE, 100, 7)

    (row,) = there(chain, bridge)
    assert (row["side"], row["direction"], row["kind"]) == ("there", "in", "lock")
    assert (row["nonce"], row["asset"], row["recipient"], row["contract"]) == (word(7), WRAPPED, ALICE, HERE)
    assert units(row) == (100, 100)
    assert (row["block_number"], row["height"], row["log_index"], row["moved_log_index"]) == (0, 1, 1, 0)
    assert (row["time"], row["due_time"]) == (chain.now, chain.now + 60)


@pytest.mark.parametrize(("moved", "seen"), [(0, 0), (40, 40), (100, 100), (170, 170)])
def test_a_log_of_a_lock_is_no_lock(bridge: Bridge, moved: int, seen: int) -> None:
    chain = ChainBuilder(2).block()
    locks(chain, ALICE, 100, 7, moved)
    assert [units(row) for row in there(chain, bridge)] == [(100, seen)]


def test_a_claim_here_stands_in_its_own_block(bridge: Bridge) -> None:
    chain = ChainBuilder(1).blocks(2)
    mints(chain, ALICE, 100, 7, RELAYER)

    (row,) = here(chain, bridge)
    assert (row["side"], row["direction"], row["kind"], row["block_number"]) == ("here", "in", "mint", 2)
    assert units(row) == (100, 100)
    assert (row["log_index"], row["moved_log_index"]) == (0, 1)


def test_what_is_minted_without_a_word_and_what_leaves_the_escrow_without_one(bridge: Bridge) -> None:
    chain = ChainBuilder(1).block().erc20(WRAPPED, ZERO, BOB, 5, by=BOB)
    (row,) = here(chain, bridge)
    assert (row["kind"], row["nonce"], row["log_index"], row["recipient"]) == ("mint", None, -1, BOB)

    chain = ChainBuilder(2).block().erc20(COIN, THERE, BOB, 9, by=RELAYER)
    (row,) = there(chain, bridge)
    assert (row["kind"], row["direction"], units(row)) == ("release", "out", (9, 9))


def test_payments_between_people_and_gifts_to_the_bridge_cross_nothing(bridge: Bridge) -> None:
    chain = ChainBuilder(2).block().erc20(COIN, ALICE, BOB, 9).erc20(COIN, BOB, THERE, 9)
    assert there(chain, bridge) == []
    chain = ChainBuilder(1).block().erc20(WRAPPED, ALICE, BOB, 9).erc20(WRAPPED, BOB, ZERO, 9)
    assert here(chain, bridge) == []


def test_a_relayers_share_belongs_to_the_claim_and_what_is_beyond_it_does_not(bridge: Bridge) -> None:
    chain = ChainBuilder(1).block()
    with chain.transaction(RELAYER, HERE):
        chain.erc20(WRAPPED, ZERO, RELAYER, 1).erc20(WRAPPED, ZERO, ALICE, 99)
        chain.log(HERE, (TOPICS["mint"], word(7)), word(ALICE) + word(WRAPPED) + word(100))
    assert [units(row) for row in here(chain, bridge)] == [(100, 100)]

    with chain.transaction(RELAYER, HERE):
        chain.erc20(WRAPPED, ZERO, BOB, 500).erc20(WRAPPED, ZERO, ALICE, 100)
        chain.log(HERE, (TOPICS["mint"], word(8)), word(ALICE) + word(WRAPPED) + word(100))
    assert [(row["nonce"], *units(row)) for row in here(chain, bridge)][1:] == [
        (None, 500, 500),
        (word(8), 100, 100),
    ]


def test_two_claims_in_one_transaction_have_each_its_own_transfer(bridge: Bridge) -> None:
    chain = ChainBuilder(1).block()
    with chain.transaction(RELAYER, HERE):
        for who, nonce in ((ALICE, 1), (BOB, 2)):
            chain.log(HERE, (TOPICS["mint"], word(nonce)), word(who) + word(WRAPPED) + word(10 * nonce))
        chain.erc20(WRAPPED, ZERO, BOB, 20).erc20(WRAPPED, ZERO, ALICE, 10)
    assert [(units(row), row["moved_log_index"]) for row in here(chain, bridge)] == [
        ((10, 10), 3),
        ((20, 20), 2),
    ]


def test_the_events_of_another_contract_are_not_the_bridges(bridge: Bridge) -> None:
    chain = ChainBuilder(1).block()
    chain.log(BOB, (TOPICS["mint"], word(7)), word(ALICE) + word(WRAPPED) + word(100), BOB)
    chain.log(HERE, (TOPICS["mint"], word(7)), b"cut short", BOB)
    assert here(chain, bridge) == []


def test_a_token_that_the_file_does_not_name_is_told_as_none(bridge: Bridge) -> None:
    chain = ChainBuilder(1).block()
    chain.log(HERE, (TOPICS["mint"], word(7)), word(ALICE) + word(BOB) + word(100), BOB)
    (row,) = here(chain, bridge)
    assert (row["asset"], row["kind"], units(row)) == (None, "mint", (100, None))


def native(tmp_path: Path) -> Bridge:
    file = tmp_path / "native.toml"
    file.write_text(written().replace(f'there = "0x{COIN.hex()}"', 'there = "native"'))
    return read_bridge(file)


@pytest.mark.parametrize(("to", "wei", "seen"), [(THERE, 100, 100), (THERE, 0, 0), (RELAYER, 100, None)])
def test_native_coin_is_what_came_with_the_call_or_is_not_seen(
    tmp_path: Path, to: bytes, wei: int, seen: int | None
) -> None:
    """Through a router's calls, without traces, nothing tells."""
    chain = ChainBuilder(2).block()
    with chain.transaction(ALICE, to, wei):
        chain.log(THERE, (TOPICS["lock"], word(7)), word(ALICE) * 2 + word(ZERO) + word(100))
    assert [units(row) for row in there(chain, native(tmp_path))] == [(100, seen)]
