"""A log that is judged, and judged again: what Kafka and a store hold of it, and detectors that are killed.

In the log mallory poisons twice: once in a block that stands, and once in a block that leaves the chain.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from dashboard.filing.export import from_kafka, from_store, lines
from dashboard.filing.sink import Goal, run
from dashboard.store import open_writer
from detectors.alerts.alert import Alert
from detectors.alerts.messages import Note, group_of
from detectors.base import Detector
from detectors.engine.settings import EngineSettings
from detectors.runs.live import Live
from detectors.runs.published import last_revisions, output_mark
from ingest.kafka import ALERTS, BLOCKS, SCORES, Cluster, Publisher, tail
from ingest.log.blocklog import LogReader, LogWriter
from ingest.model.batch import Event, Rollback
from tests.fixtures.few import few_detectors
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, MALLORY, USDC = (address(name) for name in ("alice", "bob", "mallory", "usdc"))
HEAD = 40
OTHER_CHAINS = itertools.count(950_001)
FILED_S = 60.0
Scores = list[tuple[object, ...]]


class Killed(Exception):
    """kill -9 in the place where it is raised."""


def lookalike(of: bytes) -> bytes:
    return bytes.fromhex(of.hex()[:6] + "0" * 28 + of.hex()[-6:])


def _chains(chain_id: int) -> tuple[ChainBuilder, ChainBuilder]:
    """Alice pays bob, mallory plants a lookalike of bob, bob pays alice. On the first chain mallory plants
    one of alice as well, in block 6; on the second nobody does, and time goes by.
    """
    chain = ChainBuilder(chain_id=chain_id).block().erc20(USDC, ALICE, BOB, 500)
    chain.block().erc20(USDC, ALICE, lookalike(BOB), 0, by=MALLORY)
    chain.block().erc20(USDC, BOB, ALICE, 20).blocks(2)
    leaves = chain.fork(5, "leaves").block().erc20(USDC, BOB, lookalike(ALICE), 0, by=MALLORY).block()
    stays = chain.fork(5, "stays").block().erc20(USDC, BOB, ALICE, 30).blocks(HEAD - 6)
    return leaves, stays


def log(chain_id: int) -> list[Event]:
    """Blocks 1 to 7, one by one, back to 5, and blocks 6 to 40 of the chain that stays."""
    leaves, stays = _chains(chain_id)
    return [*leaves.batches(), _back(leaves, 5), *_pieces(stays, 6)]


def goes_on(chain_id: int) -> list[Event]:
    """Back to block 38, and four others in the place of two."""
    stays = _chains(chain_id)[1]
    return [_back(stays, 38), *_pieces(stays.fork(38, "goes on").blocks(4), 39)]


def _back(chain: ChainBuilder, number: int) -> Rollback:
    return Rollback(chain.chain_id, number, chain.batch(number, number).last_hash)


def _pieces(chain: ChainBuilder, first: int) -> list[Event]:
    return [chain.batch(at, min(at + 4, chain.head)) for at in range(first, chain.head + 1, 5)]


@dataclass
class JudgedLog:
    """A chain's log in Kafka. `folder` holds the state of detectors and the store, `those` makes what judges
    it: what the command does too needs all detectors.
    """

    kafka: str
    chain_id: int
    folder: Path
    those: Callable[[], Sequence[Detector]] = field(default=few_detectors)

    def publishes(self, events: Sequence[Event]) -> None:
        writer = LogWriter(self.kafka, self.chain_id)
        writer.publish(events)
        writer.close()

    def judges(
        self,
        finality: int,
        rebuild: bool = False,
        state: str = "state",
        until: int = HEAD,
        stop: threading.Event | None = None,
        lake: Path | None = None,
        allow_gaps: bool = False,
    ) -> list[str]:
        """A detector from its start to block `until`. Returns what it said."""
        said: list[str] = []
        settings = EngineSettings(finality=finality)
        folder = self.folder / state
        live = Live(self.kafka, self.chain_id, self.those(), folder, settings, said.append, lake, allow_gaps)
        live.run(stop or threading.Event(), until_block=until, rebuild=rebuild)
        return said

    def forgets(self, events: int, records: int = 0) -> None:
        """As after a retention time: the first `events` are deleted, and so many `records` of the next."""
        with LogReader(self.kafka, self.chain_id) as reader:
            afters: list[int] = []
            while len(afters) < events:
                afters += [after for _, after in reader.poll(0.5)]
        at = TopicPartition(BLOCKS, self.partition)
        admin = KafkaAdminClient(bootstrap_servers=self.kafka)
        admin.delete_records({at: afters[events - 1] + records})
        admin.close()

    def alerts(self) -> dict[str, Alert]:
        return last_revisions(self.kafka, self.chain_id).alerts

    def mark(self) -> Note:
        mark = output_mark(self.kafka, self.chain_id, self.partition)
        assert mark is not None
        return mark.note()

    def leaves_a_mark(self, text: str, offset: int) -> None:
        """As another program, or another version, would."""
        with Publisher(self.kafka, group_of(self.chain_id)) as publisher, publisher.transaction():
            publisher.mark(group_of(self.chain_id), BLOCKS, self.partition, offset, text)

    def leaves_a_record(self, topic: str, key: bytes, value: bytes) -> None:
        with Publisher(self.kafka, f"mallory-{self.chain_id}") as publisher, publisher.transaction():
            publisher.send(topic, self.partition, key, value)

    def files(self) -> str:
        """A sink goes on until everything that was sent is filed. The URL of the store."""
        url = f"sqlite:///{self.folder}/store.db"
        writer, stop = open_writer(url), threading.Event()
        end = self._sent()
        sink = threading.Thread(target=run, args=(self.kafka, writer, Goal(self.chain_id), stop, print))
        sink.start()
        deadline = time.monotonic() + FILED_S
        while any(writer.offsets(self.chain_id).get(topic, 0) < end[topic] for topic in end):
            assert sink.is_alive() and time.monotonic() < deadline
            time.sleep(0.05)
        stop.set()
        sink.join()
        writer.close()
        return url

    def filed(self) -> tuple[str, str, Scores]:
        """The book from Kafka and from the store, and the scores of the store."""
        store = self.files()
        kafka_book = lines(from_kafka(self.kafka, self.chain_id))
        return kafka_book, lines(from_store(store, self.chain_id)), self._scores_in(store)

    def books(self) -> tuple[str, str]:
        """From Kafka and from the store."""
        return self.filed()[:2]

    @cached_property
    def of_one_run(self) -> tuple[str, Scores]:
        """Book and scores of a log that nothing more happens to."""
        book, _, scores = self.filed()
        return book, scores

    def _scores_in(self, store: str) -> Scores:
        writer = open_writer(store)
        with writer._engine.connect() as connection:
            wanted = "SELECT block_number, subject_kind, subject, score, parts FROM scores ORDER BY 1, 2, 3"
            rows = [tuple(row) for row in connection.exec_driver_sql(wanted)]
        writer.close()
        return rows

    @cached_property
    def partition(self) -> int:
        return Cluster(self.kafka).partition_of(self.chain_id)

    def _sent(self) -> dict[str, int]:
        last = {topic: tail(self.kafka, topic, self.partition, 1) for topic in (ALERTS, SCORES)}
        return {topic: messages[0].offset + 1 for topic, messages in last.items() if messages}


CLEAN: dict[tuple[str, int, Callable[[], Sequence[Detector]]], JudgedLog] = {}
"""By broker, finality and detectors: the log of `log`, judged once."""


def clean_run(other: JudgedLog, finality: int) -> JudgedLog:
    """The log of `log` on a chain of its own, judged by one run from its first: made once for all tests."""
    key = other.kafka, finality, other.those
    if key not in CLEAN:
        CLEAN[key] = judged_once(other, finality, log(next(OTHER_CHAINS)))
        assert CLEAN[key].of_one_run[0]
    return CLEAN[key]


def judged_once(other: JudgedLog, finality: int, events: Sequence[Event], until: int = HEAD) -> JudgedLog:
    """The same events (made for this chain) on a chain of their own, judged by one run from the beginning."""
    folder = other.folder / f"once-{finality}"
    folder.mkdir()
    once = JudgedLog(other.kafka, events[0].chain_id, folder, other.those)
    once.publishes(events)
    once.judges(finality, until=until)
    return once


def assert_same(judged: JudgedLog, once: JudgedLog) -> None:
    """Book from Kafka = book from the store = the book of one clean run; and so the scores of the store."""
    kafka_book, store_book, scores = judged.filed()
    clean_book, clean_scores = once.of_one_run
    assert kafka_book == store_book
    assert _without_chain(kafka_book) == _without_chain(clean_book)
    assert scores == clean_scores
    assert not judged.mark().rebuilding
    standing = [alert for alert in judged.alerts().values() if alert.status != "retracted"]
    assert {alert.run for alert in standing} == {judged.mark().run}


def _without_chain(book: str) -> list[dict[str, object]]:
    """The lines of a book without what depends on the chain's id: hashes, ids and the run."""
    rows = [json.loads(line) for line in book.splitlines()]
    for row in rows:
        for name in ("run", "chain_id", "id", "block_hash", "transactions"):
            del row[name]
        row["evidence"] = [{**each, "transaction": None} for each in row["evidence"]]
    return rows


@contextmanager
def at_each_transaction(monkeypatch: pytest.MonkeyPatch, happens: Callable[[int], None]) -> Iterator[None]:
    """`happens` is called with the number of each of the detector's transactions, just before its commit."""
    real, numbers = Publisher.transaction, iter(range(10_000))

    @contextmanager
    def watched(publisher: Publisher) -> Iterator[None]:
        with real(publisher):
            yield
            if publisher._id.startswith("undertow-detect-"):
                happens(next(numbers))

    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "transaction", watched)
        yield


def is_killed(
    log: JudgedLog,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    finality: int = 16,
    lake: Path | None = None,
) -> bool:
    """A rebuild that dies before it commits transaction `number`; whether it came so far."""

    def die(transaction: int) -> None:
        if transaction == number:
            raise Killed

    try:
        with at_each_transaction(monkeypatch, die):
            log.judges(finality, rebuild=True, lake=lake)
    except Killed:
        return True
    return False
