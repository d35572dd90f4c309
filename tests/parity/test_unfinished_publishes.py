"""What an ingester did not commit is never judged: aborted, or left half-written by kill -9."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from detectors.alerts.alert import Alert
from detectors.alerts.messages import scores_from
from detectors.runs.live import Live
from detectors.runs.published import last_revisions
from ingest.kafka import BLOCKS, SCORES, Cluster, Publisher, Reader
from ingest.log import records
from ingest.log.blocklog import LogWriter
from ingest.machine.processes import Child, wait_until
from ingest.model.batch import Batch
from tests.fixtures.few import few_detectors
from tests.fixtures.frames import ChainBuilder, address

pytestmark = pytest.mark.broker

ALICE, BOB, MALLORY, USDC = (address(name) for name in ("alice", "bob", "mallory", "usdc"))
LOOKALIKE = bytes.fromhex(BOB.hex()[:6] + "0" * 28 + BOB.hex()[-6:])

DIES_INSIDE = """
import sys, time
from pathlib import Path
from ingest.kafka import BLOCKS, Publisher
kafka, chain_id, partition, record = sys.argv[1:]
publisher = Publisher(kafka, f"undertow-ingest-{chain_id}")
with publisher.transaction():
    publisher.send(BLOCKS, int(partition), chain_id.encode(), Path(record).read_bytes())
    publisher._producer.flush()
    print("sent", flush=True)
    time.sleep(60)
"""


def honest(chain_id: int) -> ChainBuilder:
    """Alice pays bob: nobody is poisoned yet."""
    return ChainBuilder(chain_id=chain_id).block().erc20(USDC, ALICE, BOB, 500)


def poisoned(chain: ChainBuilder) -> Batch:
    """The same chain with a block in which mallory plants a lookalike of bob: only that block."""
    fork = chain.fork(chain.head).block().erc20(USDC, ALICE, LOOKALIKE, 0, by=MALLORY)
    return fork.batch().slice(fork.head, fork.head)


def judges(kafka: str, chain_id: int, state: Path, until: int) -> dict[str, Alert]:
    """A detector from start to block `until`; what it has published by then."""
    Live(kafka, chain_id, few_detectors(), state).run(threading.Event(), until)
    return last_revisions(kafka, chain_id).alerts


def judged_blocks(kafka: str, chain_id: int) -> list[int]:
    with Reader(kafka, SCORES, Cluster(kafka).partition_of(chain_id)) as reader:
        end, numbers = reader.sent(), list[int]()
        while reader.position < end:
            records = [scores_from(one.key, one.value, chain_id) for one in reader.poll(0.5)]
            numbers += [record.block_number for record in records]
    return numbers


def test_the_poisoned_block_would_alert_if_it_were_committed(
    kafka: str, fresh_chain_id: int, tmp_path: Path
) -> None:
    chain = honest(fresh_chain_id)
    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish([chain.batch(), poisoned(chain)])
    writer.close()

    alerts = judges(kafka, fresh_chain_id, tmp_path, until=2)

    assert [alert.category for alert in alerts.values()] == ["address-poisoning"]


def test_an_aborted_block_is_not_judged(kafka: str, fresh_chain_id: int, tmp_path: Path) -> None:
    chain = honest(fresh_chain_id)
    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish([chain.batch()])
    partition = Cluster(kafka).partition_of(fresh_chain_id)
    mallory = Publisher(kafka, f"mallory-{fresh_chain_id}")
    with pytest.raises(ZeroDivisionError), mallory.transaction():
        for value in records.encode(poisoned(chain)):
            mallory.send(BLOCKS, partition, str(fresh_chain_id).encode(), value)
        raise ZeroDivisionError("in the middle of the transaction")
    mallory.close()
    writer.publish([chain.block().batch().slice(2, 2)])
    writer.close()

    assert judges(kafka, fresh_chain_id, tmp_path, until=2) == {}
    assert judged_blocks(kafka, fresh_chain_id) == [1, 2]


def test_a_block_whose_ingester_was_killed_before_commit_is_not_judged(
    kafka: str, fresh_chain_id: int, tmp_path: Path
) -> None:
    chain = honest(fresh_chain_id)
    writer = LogWriter(kafka, fresh_chain_id)
    writer.publish([chain.batch()])
    writer.close()
    (record,) = records.encode(poisoned(chain))
    (tmp_path / "record").write_bytes(record)
    partition = str(Cluster(kafka).partition_of(fresh_chain_id))
    argv = [
        sys.executable,
        "-c",
        DIES_INSIDE,
        kafka,
        str(fresh_chain_id),
        partition,
        str(tmp_path / "record"),
    ]
    with Child.start("ingester", argv, env={"PYTHONPATH": str(Path.cwd())}, log=tmp_path / "log") as child:
        wait_until(lambda: "sent" in (tmp_path / "log").read_text(), 30, "half a publish", child)
        assert judges(kafka, fresh_chain_id, tmp_path / "state", until=1) == {}
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait(10)

    successor = LogWriter(kafka, fresh_chain_id)
    successor.publish([chain.block().batch().slice(2, 2)])
    successor.close()

    assert judges(kafka, fresh_chain_id, tmp_path / "state", until=2) == {}
    assert judged_blocks(kafka, fresh_chain_id) == [1, 2]
