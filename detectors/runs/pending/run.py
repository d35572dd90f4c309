"""`detect --pending`: follows `chain.blocks` with state of its own, and supposes each picture of
`chain.pending` as the next block, as far as its budget allows. What is found goes to `fraud.pending`; the
book, and who writes it, know nothing of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detectors.alerts.alert import Alert
from detectors.alerts.caps import shortened
from detectors.alerts.messages import alert_key
from detectors.alerts.pending import PendingAlert
from detectors.base import Detector, hexed
from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.memory.memory import NO_BLOCK
from detectors.runs.pending.published import last_pending
from detectors.runs.pending.standing import MOST_ALERTS, StandingAlerts, Where, gravity
from ingest.kafka import PENDING, PENDING_ALERTS, Cluster, HealthReporter, Publisher, Reader
from ingest.kafka.rights import DETECT_PENDING
from ingest.log.blocklog import LogReader
from ingest.log.pending_records import Picture, PictureAssembler
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.budget import Budget
from ingest.model.errors import (
    BadInput,
    ChainGap,
    PartFailed,
    RollbackTooDeep,
    RunMismatch,
    UnreadableCheckpoint,
    UnreadableRecord,
)
from ingest.model.health import PendingHealth, Vitals

SAVE_BLOCKS = 50
POLL_S = 0.1
NEWEST = 64
"""Records of pictures that are read at the start: the last whole one among them counts."""

MOST_TOLD, SAYS = 20, 300
"""Pending alerts in a record of health, and characters of what each says."""

Say = Callable[[str], None]


@dataclass(slots=True)
class PendingRun:
    """One chain's pending transactions, from Kafka to Kafka. Nobody else uses `state_dir`."""

    bootstrap: str
    chain_id: int
    detectors: Sequence[Detector]
    state_dir: Path
    settings: EngineSettings
    say: Say
    budget: Budget = field(default_factory=Budget)
    vitals: Vitals = field(default_factory=Vitals)
    _picture: Picture | None = None
    _supposed: tuple[str, float] | None = None
    _left_out: int = 0
    _begins: int | None = None
    """Where in the log a state that is made anew begins; None: at the log's beginning."""

    def run(self, stop: threading.Event, until_block: int | None = None) -> None:
        """Until `stop` is set, or block `until_block` is read and what waited then is supposed.

        Raises BadInput where nobody reads a pool of this chain, BrokerUnreachable.
        """
        cluster = Cluster(self.bootstrap)
        cluster.expect_rights("pending", self.chain_id)
        partition = cluster.partition_of(self.chain_id)
        if cluster.pending_partitions() <= partition:
            raise BadInput(
                f"the Kafka at {self.bootstrap} has no pending transactions of chain {self.chain_id}: start "
                "`undertow ingest --mempool` for it first"
            )
        self.budget.tell(self.vitals)
        told = HealthReporter(self.bootstrap, "pending", self.chain_id, self.vitals)
        with Publisher(self.bootstrap, f"{DETECT_PENDING}{self.chain_id}") as publisher, told:
            while not self._runs_on(publisher, partition, stop, until_block):
                self.say(f"detect --pending: chain {self.chain_id}: its state is forgotten, and made anew")
                checkpoint.forget(self.state_dir, self.chain_id)

    def _runs_on(
        self, publisher: Publisher, partition: int, stop: threading.Event, until_block: int | None
    ) -> bool:
        """To its end; False where the state cannot be gone on with. No book rests on it, so nobody need say
        `--rebuild`: it begins anew, behind a reorganisation below what is final or before blocks that do not
        follow, and knows little for a while.
        """
        engine = Engine(self.chain_id, self.detectors, self.settings, folder=self.state_dir)
        try:
            kept = checkpoint.opened(engine)
            offset = self._begins if kept is None else kept
            self._follow(engine, offset, publisher, partition, stop, until_block)
            checkpoint.save(engine)
        except (RunMismatch, UnreadableCheckpoint, RollbackTooDeep, ChainGap) as error:
            told, _, _ = str(error).partition(": ")
            self.say(f"detect --pending: {told}")
            return False
        finally:
            self.vitals.pending = []
            engine.close()
        return True

    def _follow(
        self, engine: Engine, offset: int | None, publisher: Publisher, partition: int,
        stop: threading.Event, until_block: int | None,
    ) -> None:  # fmt: skip
        published = last_pending(self.bootstrap, self.chain_id)
        left = {each.id: each for each in published.values() if each.end is None}  # found again, or ends
        standing = StandingAlerts(engine.open_alert, left)
        assembler, self._supposed = PictureAssembler(), None
        with (
            LogReader(self.bootstrap, self.chain_id, offset) as log,
            Reader(self.bootstrap, PENDING, partition) as pool,
        ):
            pool.seek(max(pool.beginning(), pool.end() - NEWEST))
            while not stop.is_set():
                events = list(log.poll(POLL_S))
                for event, after in events:
                    with self.vitals.timed("judge"):
                        self._take(engine, event, offset, after)
                    _note(standing, event)
                    offset = after
                if events:
                    self._count(sum(len(each) for each, _ in events if isinstance(each, Batch)))
                    self.vitals.head = engine.state.number
                    self._send(publisher, partition, standing.end_mined(_where(engine)))
                    self.vitals.pending = told_of(standing.open.values())
                    self._save(engine)
                    continue
                self._read(pool, assembler)
                self._suppose(engine, standing, publisher, partition)
                if until_block is not None and engine.state.number >= until_block:
                    return

    def _take(self, engine: Engine, event: Event, before: int | None, after: int) -> None:
        try:
            engine.take(event, after)
        except (RollbackTooDeep, ChainGap):
            self._begins = after if isinstance(event, Rollback) else before
            raise

    def _read(self, pool: Reader, assembler: PictureAssembler) -> None:
        """The newest whole picture there is. One that another program wrote, or that is damaged, is said."""
        for message in pool.poll(0.0):
            try:
                self._picture = assembler.feed(message.value or b"") or self._picture
            except UnreadableRecord as error:
                self.say(f"detect --pending: passed over: {error}")

    def _suppose(
        self, engine: Engine, standing: StandingAlerts, publisher: Publisher, partition: int
    ) -> None:
        """What the picture is of must be the head that is read; each is supposed once, or left out."""
        picture, where = self._picture, _where(engine)
        if picture is None or picture.head.parent_hash != where.hash:
            return
        one = where.hash, picture.head.made_at
        if one == self._supposed:
            return
        self._supposed = one
        if not self._may_suppose(picture):
            return
        changed = standing.take(*self._found(engine, picture), where)
        self.vitals.pending = told_of(standing.open.values())
        self._tell(standing.left_out)
        self.vitals.count("pictures")
        self.vitals.count("pending", sum(each.end is None for each in changed))
        self._send(publisher, partition, changed)

    def _count(self, blocks: int) -> None:
        self.vitals.count("blocks", blocks)
        self.budget.blocks(blocks)

    def _may_suppose(self, picture: Picture) -> bool:
        """A pool in which nothing waits costs nothing, and ends what stands."""
        if picture.batch is None:
            return True
        is_allowed = self.budget.allows("pending")
        self.budget.tell(self.vitals)
        return is_allowed

    def _found(self, engine: Engine, picture: Picture) -> tuple[list[Alert], set[str]]:
        """Alerts of the supposed block, and the hashes that wait in it."""
        if picture.batch is None:
            return [], set()
        waiting = {hexed(each) for each in picture.batch.transactions["transaction_hash"]}
        try:
            with self.vitals.timed("suppose"):
                return engine.suppose(picture.batch).alerts, waiting
        except PartFailed as error:
            self.say(f"detect --pending: what waits on block {engine.state.number} is passed over: {error}")
            return [], waiting

    def _send(self, publisher: Publisher, partition: int, changed: Sequence[PendingAlert]) -> None:
        if not changed:
            return
        with publisher.transaction():
            for each in changed:
                key = alert_key(self.chain_id, each.id)
                publisher.send(PENDING_ALERTS, partition, key, each.to_json().encode())

    def _tell(self, left_out: int) -> None:
        if bool(left_out) != bool(self._left_out):
            self.say(
                f"detect --pending: {left_out} pending alerts are beyond {MOST_ALERTS}: the gravest stand"
                if left_out
                else "detect --pending: all pending alerts stand again"
            )
        self._left_out = left_out

    def _save(self, engine: Engine) -> None:
        memory = engine.state.memory
        if memory.saved == NO_BLOCK or memory.floor - memory.saved >= SAVE_BLOCKS:
            checkpoint.begin(engine)
        memory.write()


def told_of(standing: Iterable[PendingAlert]) -> list[PendingHealth]:
    """The gravest that nothing suppresses, as the screens show them."""
    loud = [each for each in standing if each.alert.suppressed_by is None]
    return [_told(each) for each in sorted(loud, key=lambda each: gravity(each.alert))[:MOST_TOLD]]


def _told(each: PendingAlert) -> PendingHealth:
    alert = each.alert
    return PendingHealth(
        id=each.id,
        category=alert.category,
        severity=alert.severity,
        subject=f"{alert.subject_kind} {alert.subject_id}",
        transactions=len(each.transactions),
        since=each.first_parent_number,
        says=shortened(alert.explanation, SAYS),
    )


def _where(engine: Engine) -> Where:
    return Where(engine.state.number, hexed(engine.state.hash))


def _note(standing: StandingAlerts, event: Event) -> None:
    if isinstance(event, Rollback):
        standing.note_rollback(event.number)
    elif isinstance(event, Batch) and standing.open:
        sent = event.transactions.select("block_number", "transaction_hash").iter_rows()
        for number, name in sent:
            standing.note_mined(number, (hexed(name),))
