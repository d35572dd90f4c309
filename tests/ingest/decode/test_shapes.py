"""What is no such event: for every rule the right signature with anything else wrong is kept, not decoded."""

from __future__ import annotations

import pytest

from ingest import schema
from tests.ingest.decode.rules import ALL, CONTRACT, EVERY, as_stored, example, narrow, rows

# As the chain has them: from block explorers and the documentation of the protocols.
KNOWN = {
    "approvals": ["8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"] * 2
    + ["17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31"],
    "pools": [
        "0d3648bd0f6ba80134a33ba9275ac585d9d315f0ad8355cddefde31afa28d0e9",
        "783cca1c0412dd0d695e784568c96da2e9c22ff989357a2e8b1d9b2b4e6b7118",
    ],
    "swaps": [
        "d78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822",
        "c42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67",
    ],
    "liquidity": [
        "4c209b5fc8ad50758f13e2e1088ba56a560dff690a1c6fef26394f4c03821c4f",
        "dccd412f0b1252819cb1fd330b93224ca42612892bb3f4f789976e6d81936496",
        "7a53080ba414158be7ec69b987b5fb7d07dee101fe85488f0853ae16239d0bde",
        "0c396cd989a39f4459b5fa1aed6a9a8dcdbc45908acfd67e028cd568da98982c",
        "70935338e69775456a85ddef226c395fb668b63fa0115f5f20610b388e6ca9c0",
    ],
    "reserves": ["1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"],
    "liquidations": [
        "e413a321e8681d831f4dbccbca790d2952b56f977908e45be37335533e005286",
        "298637f684da70674f26509b10f07ec2fbc77a335ab1e7d6215a4b2484d8bb52",
    ],
    "ownership": ["8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0"],
}


@pytest.mark.parametrize("table", KNOWN)
def test_the_signatures_are_those_of_the_chain(table: str) -> None:
    ours = [rule.event.topic0.hex() for rule in ALL[table]]

    assert ours[: len(KNOWN[table])] == KNOWN[table]


@pytest.mark.parametrize(("table", "at"), EVERY)
def test_every_event_is_decoded_as_another_encoder_wrote_it(table: str, at: int) -> None:
    told = example(table, at)

    decoded = told.rows(table)

    assert decoded, "a log of the right shape was not decoded"
    columns = schema.TABLES[table].schema
    plain = [p for p in told.rule.event.parameters if p.name in columns and not p.dynamic]
    assert plain
    for parameter in plain:
        stored, value = decoded[0][parameter.name], told.values[parameter.name]
        assert stored == (value if isinstance(stored, int) else as_stored(value)), parameter.name


@pytest.mark.parametrize(("table", "at"), EVERY)
def test_with_a_topic_less_or_more_it_is_something_else(table: str, at: int) -> None:
    told = example(table, at)

    assert rows(table, told.topics[:-1], told.data) == []
    if len(told.topics) < 4:
        assert rows(table, (*told.topics, bytes(32)), told.data) == []


@pytest.mark.parametrize(("table", "at"), EVERY)
def test_with_data_cut_short_it_is_something_else(table: str, at: int) -> None:
    told = example(table, at)

    for size in {0, 31, 32, len(told.data) - 32, len(told.data) - 1} & set(range(len(told.data))):
        assert rows(table, told.topics, told.data[:size]) == [], size


@pytest.mark.parametrize(("table", "at"), EVERY)
def test_with_data_left_over_it_is_something_else_unless_its_size_is_open(table: str, at: int) -> None:
    told = example(table, at)
    open_ended = any(parameter.dynamic for parameter in told.rule.event.parameters)

    for tail in (b"\0", bytes(32)):
        assert bool(rows(table, told.topics, told.data + tail)) == open_ended


@pytest.mark.parametrize(("table", "at"), EVERY)
def test_with_dirt_in_the_unused_bytes_of_a_word_it_is_something_else(table: str, at: int) -> None:
    told = example(table, at)

    for topic, byte in narrow(told.rule):
        topics, data = list(told.topics), told.data
        if topic is not None:
            topics[topic] = _dirtied(topics[topic])
        else:
            data = data[:byte] + _dirtied(data[byte : byte + 32]) + data[byte + 32 :]
        assert rows(table, tuple(topics), data) == [], (topic, byte)


def test_the_contract_that_emitted_it_is_named() -> None:
    for table, at in EVERY:
        assert CONTRACT in example(table, at).rows(table)[0].values(), (table, at)


def _dirtied(word: bytes) -> bytes:
    """The same number with a bit of its highest byte turned."""
    return bytes((word[0] ^ 0x40,)) + word[1:]
