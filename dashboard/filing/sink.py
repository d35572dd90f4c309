"""Files what detection says into the store: every chain of the log, exactly once, through any crash."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from dashboard.filing.ageing import KEPT_SCORES_DAYS, Ageing
from dashboard.filing.canary import Canary, CanaryWatch
from dashboard.filing.chains import Chains
from dashboard.filing.forecasts import FeeForecasts
from dashboard.filing.health import HealthTopic
from dashboard.filing.store_away import AWAY_S, Away, filed
from dashboard.store import Feed, Rejected, Writer
from detectors.alerts.alert import DEFAULT_FINALITY, Alert
from detectors.alerts.messages import BlockScores, ScoreRecord, alert_from, scores_from
from detectors.runs.published import OutputMarks
from ingest.kafka import ALERTS, SCORES, Cluster, HealthReporter, Message, Reader
from ingest.machine.traces import note_blocks
from ingest.model.budget import Budget
from ingest.model.errors import BadInput, StoreUnreachable, UnreadableRecord
from ingest.model.health import Vitals

POLL_S = 0.2
"""How long to wait for scores, all chains together: an alert is on the screen this much later at worst."""
MARK_EVERY_S = 2.0
"""How often to read a detector's mark without new output: a rebuild begins and ends without any."""
MOST_REVISIONS = 1_000
"""Revisions of one transaction: a sink that was away long shows what it has filed, and holds the store for no
longer than these take.
"""
CHAINS_EVERY_S = 5.0
"""How often to look for chains that are new in the log."""

_HASH = "0x(?:[0-9a-f]{2})*"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Goal:
    """Which chain to file (None: all), the block after which to end (None: never), for how many days of
    block time scores are kept, which canaries are listened for, and how many CPU seconds a block may cost
    before forecasts are left out (None: however many).
    """

    chain_id: int | None = None
    until_block: int | None = None
    keep_scores_days: int = KEPT_SCORES_DAYS
    canary: Canary | None = None
    budget_cpu_s: float | None = None


def run(
    bootstrap: str,
    writer: Writer,
    goal: Goal,
    stop: threading.Event,
    say: Say,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Files until `stop`, or until the head of every chain is at `goal.until_block`. A store that goes away
    is waited for; a chain that cannot be filed is said, passed over and tried again while others can. `check`
    raises where another sink has taken over.

    Raises BrokerUnreachable, BadInput where no chain can be filed, as where the store was filled from another
    log, or not all of them reached `goal.until_block`, and what `check` raises.
    """
    Cluster(bootstrap).expect_rights("sink", goal.chain_id)
    with closing(Chains[ChainTopics](say)) as chains:
        beside = Beside(writer, goal, say)
        away = Away(say)
        looked = float("-inf")
        while not stop.is_set():
            try:
                check()
                if time.monotonic() - looked > CHAINS_EVERY_S:
                    _open_new(bootstrap, writer, goal, chains, say)
                    looked = time.monotonic()
                for topics in chains.open():
                    with chains.alone(topics.chain_id):
                        topics.wait_s = POLL_S / max(1, len(chains.open()))
                        beside.step(topics, _file(writer, topics, stop, away, say))
                chains.expect_one()
                if goal.until_block is not None and _reached(writer, chains.open(), goal.until_block):
                    chains.expect_all()
                    return
                away.is_back()
            except StoreUnreachable as error:
                away.is_away(error)
                stop.wait(AWAY_S)
            if not chains.open():
                stop.wait(POLL_S)


class Beside:
    """What is done for a chain beside filing it, after each look at what is new."""

    def __init__(self, writer: Writer, goal: Goal, say: Say) -> None:
        self._writer = writer
        self._ageing = Ageing(writer, goal.keep_scores_days)
        self._budget = Budget(goal.budget_cpu_s, say=lambda line: say(f"sink: {line}"))
        self._forecasts = FeeForecasts(writer, self._budget, say=say)

    def step(self, topics: ChainTopics, blocks: int) -> None:
        """`blocks`: how many were just filed."""
        if blocks:
            self._budget.blocks(blocks)
            self._forecasts.step(topics.chain_id)
        self._budget.tell(topics.vitals)
        topics.health.file(self._writer)
        topics.listen()
        self._ageing.step(topics.chain_id)


def _file(writer: Writer, topics: ChainTopics, stop: threading.Event, away: Away, say: Say) -> int:
    """What is new; how many blocks."""
    began = time.time_ns()
    feed = topics.read()
    if feed is None or not filed(writer, feed, stop, away):
        return 0
    blocks = list(_blocks(feed))
    topics.vitals.count("blocks", len(blocks))
    topics.vitals.count("revisions", len(feed.revisions))
    topics.vitals.count("rejected", len(feed.rejected))
    topics.vitals.head = writer.head(feed.chain_id)
    note_blocks("sink", feed.chain_id, blocks, began)
    for bad in feed.rejected:
        say(f"sink: chain {feed.chain_id}: set aside {bad.topic} offset {bad.offset}: {bad.reason}")
    if feed.revisions:
        head = topics.vitals.head
        say(f"sink: chain {feed.chain_id}: {_counted(len(feed.revisions))} filed, head {head}")
    return len(blocks)


def _blocks(feed: Feed) -> Iterator[tuple[int, bytes]]:
    """Numbers and hashes of the blocks that a feed files."""
    scores = (each for each in feed.blocks if isinstance(each, BlockScores) and not each.part)
    found = ((each.block_number, each.block_hash) for each in scores)
    return ((number, bytes.fromhex(told[2:])) for number, told in found if re.fullmatch(_HASH, told))


def _counted(revisions: int) -> str:
    return "1 revision" if revisions == 1 else f"{revisions} revisions"


def _reached(writer: Writer, chains: Sequence[ChainTopics], block: int) -> bool:
    heads = [writer.head(topics.chain_id) for topics in chains]
    return bool(heads) and all(head is not None and head >= block for head in heads)


def _open_new(bootstrap: str, writer: Writer, goal: Goal, chains: Chains[ChainTopics], say: Say) -> None:
    for chain_id, partition in Cluster(bootstrap).chains().items():
        if goal.chain_id in (None, chain_id) and chains.is_to_be_opened(chain_id):
            with chains.alone(chain_id, opening=True), ExitStack() as opened:
                topics = opened.enter_context(
                    closing(_opened(bootstrap, writer, goal, chain_id, partition, say))
                )
                opened.enter_context(topics.reporter)
                chains.add(topics, opened.pop_all())


def _opened(
    bootstrap: str, writer: Writer, goal: Goal, chain_id: int, partition: int, say: Say
) -> ChainTopics:
    for topic in writer.misplaced(chain_id):
        say(f"sink: chain {chain_id}: the store's place in {topic} is no offset: it is read again")
    told = Told(writer.finality(chain_id) or DEFAULT_FINALITY, writer.rebuilding(chain_id))
    mark = DetectorMark(bootstrap, chain_id, partition, told, say)
    canary = None if goal.canary is None else CanaryWatch(chain_id, goal.canary, writer, say)
    return ChainTopics(bootstrap, chain_id, partition, writer.offsets(chain_id), mark, canary)


@dataclass(frozen=True, slots=True)
class Told:
    """How deep a block must lie to be final, the run that judges the log anew, None where none does, and the
    one that judged what was sent, empty where that is not known.
    """

    finality: int
    rebuilding: str | None
    run: str = ""


class DetectorMark:
    """What the detector of one chain says of itself in its mark.

    It says so with every output, and so is asked again for each: another run may have been told another
    depth. Where the mark cannot be read, what was filed before stays.
    """

    def __init__(self, bootstrap: str, chain_id: int, partition: int, filed: Told, say: Say) -> None:
        self._chain_id = chain_id
        self._marks = OutputMarks(bootstrap, chain_id, partition)
        self._known = self.filed = filed
        self._asked = float("-inf")
        self._say = say

    def now(self, has_new_output: bool) -> Told:
        if has_new_output or time.monotonic() - self._asked > MARK_EVERY_S:
            self._known = self._marked()
            self._asked = time.monotonic()
        return self._known

    def _marked(self) -> Told:
        mark = self._marks.last()
        try:
            note = None if mark is None else mark.note()
        except UnreadableRecord as error:
            if self._asked < 0:
                self._say(f"sink: chain {self._chain_id}: {error}")
            return self._known
        if note is None:
            return self._known
        return Told(note.finality, note.run if note.rebuilding else None, note.run)

    def close(self) -> None:
        self._marks.close()


@dataclass(frozen=True, slots=True)
class Held:
    """Records of scores that were read, the offsets before and after them, and up to where the alerts that
    belong to them were sent; 0 where there are no scores.
    """

    scores: list[Message]
    before: int
    after: int
    alerts_sent: int


class ChainTopics:
    """The topics of one chain, alerts and scores read from where the store stands."""

    def __init__(
        self,
        bootstrap: str,
        chain_id: int,
        partition: int,
        offsets: dict[str, int],
        mark: DetectorMark,
        canary: CanaryWatch | None = None,
    ) -> None:
        self.chain_id = chain_id
        self.wait_s = POLL_S
        """How long `read` waits for scores: chains are read in turn, and none delays the others."""
        self._filed = offsets
        self._held: Held | None = None
        self._mark = mark
        self._rebuilding = mark.filed.rebuilding
        self._canary = canary
        self.health = HealthTopic(bootstrap, chain_id, partition)
        self.vitals = Vitals()
        self.reporter = HealthReporter(bootstrap, "sink", chain_id, self.vitals)
        self._alerts = Reader(bootstrap, ALERTS, partition, offsets.get(ALERTS))
        self._scores = Reader(bootstrap, SCORES, partition, offsets.get(SCORES))
        for topic, reader in ((ALERTS, self._alerts), (SCORES, self._scores)):
            self._refuse_shorter_log(topic, reader)

    def read(self) -> Feed | None:
        """What is new, or None. A head is never ahead of its alerts: scores are held until all of these are
        read, in as many feeds as they need. That a rebuild began or ended is news too, and comes with its
        first alerts at the latest: its mark is written before they are sent.

        Alerts are sent before the scores of their blocks, in one transaction; but each partition shows a
        transaction on its own, so a score may be seen a moment before its alerts. All that was *sent* to the
        alerts when a score is seen, visible or not yet, holds the alerts that belong to it.
        """
        held = self._held or self._polled()
        alerts = self._up_to(held.alerts_sent)
        is_whole = self._alerts.position >= held.alerts_sent
        self._held = None if is_whole else held
        scores, coming = (held.scores, []) if is_whole else ([], held.scores)
        after = {ALERTS: self._alerts.position, SCORES: held.after if is_whole else held.before}
        told = self._mark.now(has_new_output=bool(alerts or scores))
        if not alerts and not scores and told.rebuilding == self._rebuilding:
            return None
        revisions, records, rejected = sorted_out(self.chain_id, alerts + scores)
        _, later, _ = sorted_out(self.chain_id, coming)
        before, self._filed, self._rebuilding = self._filed, after, told.rebuilding
        more = (told.finality, rejected, told.rebuilding, later)
        return Feed(self.chain_id, revisions, records, before, after, *more, told.run)

    def listen(self) -> None:
        """Whether canaries are found, where somebody is to listen."""
        if self._canary is not None:
            told = self._canary.step(self.health.shadow)
            self.vitals.canaries = [] if told is None else [told]

    def _polled(self) -> Held:
        """Scores that are new, and up to where the alerts were sent that belong to them."""
        before = self._scores.position
        scores = self._scores.poll(self.wait_s)
        return Held(scores, before, self._scores.position, self._alerts.sent() if scores else 0)

    def _up_to(self, end: int) -> list[Message]:
        """Alerts below `end`, as many as go into one transaction; where there is no end, what is there."""
        messages = self._alerts.poll(0, MOST_REVISIONS)
        while len(messages) < MOST_REVISIONS and self._alerts.position < end:
            messages += self._alerts.poll(POLL_S, MOST_REVISIONS - len(messages))
        return messages

    def close(self) -> None:
        self._alerts.close()
        self._scores.close()
        self._mark.close()
        self.health.close()

    def _refuse_shorter_log(self, topic: str, reader: Reader) -> None:
        filed, end = self._filed.get(topic, 0), reader.end()
        if filed > end:
            raise BadInput(
                f"the store has read {topic} of chain {self.chain_id} up to {filed}, but it ends at {end}: "
                "the store was filled from another log, so name a new one"
            )


def sorted_out(
    chain_id: int, messages: Sequence[Message]
) -> tuple[list[tuple[int, Alert]], list[ScoreRecord], list[Rejected]]:
    """Revisions of alerts with their offsets, records of scores, and what is neither: that is set aside."""
    revisions: list[tuple[int, Alert]] = []
    records: list[ScoreRecord] = []
    rejected: list[Rejected] = []
    for message in messages:
        try:
            if message.topic == ALERTS:
                revisions.append((message.offset, alert_from(message.key, message.value, chain_id)))
            else:
                records.append(scores_from(message.key, message.value, chain_id))
        except UnreadableRecord as error:
            rejected.append(Rejected(message.topic, message.offset, str(error)))
    return revisions, records, rejected
