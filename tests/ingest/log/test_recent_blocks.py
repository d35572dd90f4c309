"""What a restart reads back of the log, to know which facts were told."""

from __future__ import annotations

import pytest

from ingest.log.blocklog import LogWriter
from ingest.model.batch import Batch, Rollback
from tests.fixtures.frames import ChainBuilder


@pytest.mark.broker
def test_batches_that_left_the_chain_twice_over_are_no_more_among_the_recent(
    kafka: str, fresh_chain_id: int
) -> None:
    whole = ChainBuilder(fresh_chain_id).blocks(4).batch()
    blocks = [whole.slice(number, number) for number in range(1, 5)]
    hashes = dict(whole.blocks.select("block_number", "block_hash").iter_rows())

    def back_to(number: int, *again: Batch) -> None:
        writer.publish([Rollback(fresh_chain_id, number, hashes[number]), *again])

    writer = LogWriter(kafka, fresh_chain_id)
    for block in blocks:
        writer.publish([block])
    back_to(2, blocks[2], blocks[3])
    back_to(3, blocks[3])
    back_to(1, blocks[1])

    assert [batch.first for batch in writer.recent()] == [1, 2]
    writer.close()
