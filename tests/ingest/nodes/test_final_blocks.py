"""Another chain is read for what is final there, proved, from a time on; what it takes back stops it."""

from __future__ import annotations

import pytest

from ingest.model.errors import NodeMisbehaved, ProofFailed
from ingest.nodes import FinalBlocks, Nodes
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of


@pytest.fixture(autouse=True)
def asks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.nodes.final_blocks.FINALITY_S", 0.0)


def reader(chain: FakeChain | FakeTransport, first: int = 0, confirmations: int = 3) -> FinalBlocks:
    return FinalBlocks(Nodes([node_of(chain)], 1), 1, first, confirmations)


def read(blocks: FinalBlocks) -> list[int]:
    """All that can be read now."""
    found: list[int] = []
    while (batch := blocks.step()) is not None:
        found += batch.blocks["block_number"].to_list()
    return found


def test_only_what_is_called_final_is_read_and_later_what_became_so() -> None:
    chain = FakeChain(finalised=12).produce_blocks(20)
    blocks = reader(chain)
    assert blocks.time == -1
    assert read(blocks) == list(range(13))
    assert blocks.time == int(chain.blocks[12]["timestamp"], 16)

    chain.finalised = 15
    assert read(blocks) == [13, 14, 15]


def test_a_reorganisation_above_what_is_final_is_never_seen() -> None:
    chain = FakeChain(finalised=12).produce_blocks(20)
    blocks = reader(chain)
    read(blocks)
    chain.produce_fork(8, 9)
    chain.finalised = 14
    assert read(blocks) == [13, 14]


def test_a_chain_that_takes_back_what_it_called_final_is_not_read_on() -> None:
    chain = FakeChain(finalised=12).produce_blocks(20)
    blocks = reader(chain)
    read(blocks)
    chain.produce_fork(10, 12)
    chain.finalised = 14
    with pytest.raises(NodeMisbehaved, match="took back what was final: block 13 is no child"):
        blocks.step()


def test_reading_begins_at_the_first_block_that_is_not_older_than_a_time() -> None:
    chain = FakeChain(finalised=40).produce_blocks(45)
    times = [int(block["timestamp"], 16) for block in chain.blocks]
    for number in (0, 1, 17, 40):
        blocks = reader(chain)
        blocks.seek(times[number])
        assert read(blocks)[0] == number
    blocks = reader(chain, first=30)
    blocks.seek(times[17])
    assert read(blocks)[0] == 30, "never before the first block that was asked for"


def test_a_block_that_cannot_be_proved_is_not_told() -> None:
    def omit(answers: list[Json]) -> list[Json]:
        for answer in answers:
            if isinstance(answer.get("result"), list):
                answer["result"] = [{**one, "logs": []} for one in answer["result"]]
        return answers

    with pytest.raises(ProofFailed, match="block 1 from http://node cannot be proved"):
        reader(FakeTransport(FakeChain(finalised=12).produce_blocks(20), hook=omit), first=1).step()
