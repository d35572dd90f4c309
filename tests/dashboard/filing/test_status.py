"""Status names the nodes that were caught, from what ingest set aside."""

from __future__ import annotations

import pytest

from dashboard.filing.status import gather, text
from ingest.log.blocklog import LogWriter
from tests.fixtures.frames import ChainBuilder

LIE = "block 7 from http://liar cannot be proved: its receipts hash to 0x12, its header says 0x34"
ELSEWHERE = "the node at http://lost serves chain 5, not chain 1"


@pytest.mark.broker
def test_a_node_that_lied_and_one_of_another_chain_are_named(kafka: str, fresh_chain_id: int) -> None:
    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish([ChainBuilder(fresh_chain_id).block().batch()])
    writer.reject(6, "block 6 from http://liar cannot be proved: something else", "http://liar")
    writer.reject(7, LIE, "http://liar")
    writer.reject(7, LIE, "http://liar")  # the same again is no news
    writer.reject(None, ELSEWHERE, "http://lost")
    writer.close()

    status = gather(kafka, None)

    (chain,) = [chain for chain in status.log if chain.chain_id == fresh_chain_id]
    assert chain.set_aside == 3
    assert [(node.source, node.times, node.block_number, node.reason) for node in chain.caught] == [
        ("http://liar", 2, 7, LIE),
        ("http://lost", 1, None, ELSEWHERE),
    ]
    assert f"  caught: http://liar, 2 times; the last: {LIE}" in text(status)
    assert "http://lost" in str(status.to_dict())
