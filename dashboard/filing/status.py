"""Says where everything stands: the log, how far detection is behind it, what the store holds, what runs."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import dropwhile
from typing import TYPE_CHECKING, Any

from dashboard import wording
from dashboard.wording import judged_anew
from detectors.alerts.text import visible
from ingest.model.cost import block_cost
from ingest.model.errors import UnreadableRecord
from ingest.model.health import Health
from ingest.model.turns import Beat

if TYPE_CHECKING:
    from dashboard.store import Head, SetAside
    from detectors.alerts.messages import Note
    from detectors.runs.published import OutputMark
    from ingest.kafka import Message

QUOTED, MOST_TOLD = 80, 3_000
"""Characters of an odd value, and of a reason."""
REPUTATION_RECORDS = 1_000
"""How many notes about nodes are looked at: what a node did over weeks is in them."""
DAY_S, WEEK_S = 86_400, 7 * 86_400
SILENT_AFTER = 3
"""Records that a role may miss and still be one that works or stands by."""
LAST_RECORDS = 64
"""How many records at the end of a topic are looked at: enough for the head and the proofs of late."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node that was caught: how often among the last records, in the last day and week of them, since when
    (seconds UTC; None where the records of before do not say), and what it did the last time. `source` is
    redacted; `block_number` is None where it was about no block.
    """

    source: str
    times: int
    block_number: int | None
    reason: str
    last_day: int = 0
    last_week: int = 0
    since: int | None = None


@dataclass(frozen=True, slots=True)
class LogStatus:
    """One chain in Kafka. `lag_records` are records of chain.blocks that detection has not judged yet;
    `unreadable` are records among the last that are damaged, or not undertow's: detection stops at them;
    `caught` are nodes that gave what cannot be proved, or another chain. `rebuilding`: detection judges the
    log anew, or was cut short of it. `mark_error`: why the detector's mark cannot be read. `off`: detectors
    and explanations that raised, each with the block from which it is not asked. `forgot_early`: tables that
    were full, each with how often it forgot its oldest rows before their time.
    """

    chain_id: int
    head: int | None
    judged: int | None
    lag_blocks: int | None
    lag_records: int
    proofs: dict[str, int]
    set_aside: int
    unreadable: int
    caught: list[NodeStatus]
    rebuilding: bool = False
    mark_error: str | None = None
    off: dict[str, int] = field(default_factory=dict)
    forgot_early: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """What a block costs a role, a mean since it began: CPU seconds, answers of nodes, bytes, and joules by
    10 W for a busy core. `budget_cpu_s` is what it may cost, None without a limit, and `optional` has the
    state of each work that is left out beyond: on, slowed or paused; `left_out` how often it was.
    """

    role: str
    instance: str
    blocks: int
    cpu_s: float
    answers: float
    bytes: float
    joules: float
    budget_cpu_s: float | None
    optional: dict[str, str]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """One chain in the store: its head there (None where it is no block), its alerts by status, and records
    that could not be read. A chain id that is no number is told as text. `roles` are those that told of
    blocks that they did.
    """

    chain_id: int | str
    head: int | None
    alerts: dict[str, int]
    unreadable: int
    roles: list[RoleStatus] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DetectorStatus:
    """A detector of the library and the least data it needs."""

    name: str
    catches: list[str]
    needs: str


@dataclass(frozen=True, slots=True)
class Status:
    log: list[LogStatus] = field(default_factory=list)
    store: list[StoreStatus] = field(default_factory=list)
    detectors: list[DetectorStatus] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    """The last records of each chain that the sink could not read."""
    notes: list[str] = field(default_factory=list)
    """What else is to be known of the store: chains that are judged anew, and rows that hold no head."""

    standing: list[str] = field(default_factory=list)
    """Who does what and who stands by, as the store knows it: a line each."""

    replication: list[str] = field(default_factory=list)
    """By what a topic of Kafka may lose what it took."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def gather(bootstrap: str | None, store_url: str | None, only: int | None = None) -> Status:
    """Asks what was named, of all chains or one. Raises BrokerUnreachable, StoreUnreachable or BadInput."""
    found = _store(store_url, only) if store_url else Status()
    if bootstrap:
        found = replace(found, log=_log(bootstrap, only), replication=_replication(bootstrap))
    return replace(found, detectors=_detectors())


def _replication(bootstrap: str) -> list[str]:
    from ingest.kafka import Cluster

    return Cluster(bootstrap).replication_faults("status")


def _log(bootstrap: str, only: int | None) -> list[LogStatus]:
    from ingest.kafka import Cluster

    cluster = Cluster(bootstrap)
    cluster.expect_rights("status", only)
    chains = cluster.chains().items()
    partitions = sorted((name, partition) for name, partition in chains if only in (None, name))
    return [_chain(bootstrap, name, partition) for name, partition in partitions]


def _chain(bootstrap: str, chain_id: int, partition: int) -> LogStatus:
    from detectors.runs.published import output_mark
    from ingest.kafka import BLOCKS, REJECTED, tail

    messages = tail(bootstrap, BLOCKS, partition, LAST_RECORDS)
    head, proofs, unreadable = _end_of_log(messages)
    mark = output_mark(bootstrap, chain_id, partition)
    note, mark_error = _note(mark)
    rejected = tail(bootstrap, REJECTED, partition, REPUTATION_RECORDS)
    judged = None if note is None else note.head
    return LogStatus(
        chain_id=chain_id,
        head=head,
        judged=judged,
        lag_blocks=None if head is None or judged is None else max(0, head - judged),
        lag_records=_behind([message.offset for message in messages], 0 if mark is None else mark.offset),
        proofs=proofs,
        set_aside=min(len(rejected), LAST_RECORDS),
        unreadable=unreadable,
        caught=_caught([message.value or b"" for message in rejected], int(time.time())),
        rebuilding=note is not None and note.rebuilding,
        mark_error=mark_error,
        off=note.off if note is not None else {},
        forgot_early=note.forgot_early if note is not None else {},
    )


def _note(mark: OutputMark | None) -> tuple[Note | None, str | None]:
    """What the detector noted with its mark, or why that cannot be read."""
    try:
        return (None if mark is None else mark.note()), None
    except UnreadableRecord as error:
        return None, str(error)


def _caught(notes: Sequence[bytes], now: int) -> list[NodeStatus]:
    """One entry a node, from what ingest noted in `chain.rejected`; what is no note is passed over."""
    caught: dict[str, NodeStatus] = {}
    for note in notes:
        try:
            told = json.loads(note)
            source, number, reason = str(told["source"]), told["block_number"], str(told["reason"])
            at = told.get("at")
        except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
            continue
        before = caught.get(source, NodeStatus(source, 0, None, ""))
        at = at if isinstance(at, int) else None
        caught[source] = NodeStatus(
            source,
            before.times + 1,
            number if isinstance(number, int) else None,
            reason,
            before.last_day + (at is not None and now - at < DAY_S),
            before.last_week + (at is not None and now - at < WEEK_S),
            at if before.since is None else before.since,
        )
    return sorted(caught.values(), key=lambda node: node.source)


def _behind(offsets: list[int], mark: int) -> int:
    """Records from `mark` on. The last ones are counted; beyond, commit markers count too."""
    counted = sum(offset >= mark for offset in offsets)
    return counted if counted < LAST_RECORDS else max(0, offsets[-1] + 1 - mark)


def _end_of_log(messages: Sequence[Message]) -> tuple[int | None, dict[str, int], int]:
    """The head, how many blocks in the last records have each proof, and how many of these are unreadable."""
    from ingest.log.records import Assembler
    from ingest.model.batch import Rollback

    assembler, head, proofs, unreadable = Assembler(), None, Counter[str](), 0
    for message in dropwhile(_goes_on, messages):
        try:
            event = assembler.feed(message.value or b"")
        except UnreadableRecord:
            assembler, unreadable = Assembler(), unreadable + 1
            continue
        if isinstance(event, Rollback):
            head = event.number
        elif event is not None:
            head = event.last
            proofs.update(event.blocks["proof"])
    return head, dict(proofs), unreadable


def _goes_on(message: Message) -> bool:
    """Whether a record is a later part of one that began before it."""
    from ingest.log.records import peek

    try:
        return peek(message.value or b"").part > 0
    except UnreadableRecord:
        return False


def _store(url: str, only: int | None) -> Status:
    """What a store holds, whatever stands in its columns."""
    from dashboard.store import open_reader

    with closing(open_reader(url)) as reader:
        heads = {head.chain_id: head for head in reader.heads() if only in (None, head.chain_id)}
        unreadable = reader.set_aside_counts()
        told = [each.health for each in reader.health.now() if each.health is not None]
        chains = [
            _stored(
                chain,
                heads.get(chain),
                reader.statuses(chain),
                unreadable.get(chain, 0),
                [role for each in told if each.chain_id == chain for role in _role(each)],
            )
            for chain in reader.chains()
            if only in (None, chain)
        ]
        faults = ((_plain(chain), head.fault()) for chain, head in heads.items())
        notes = [f"chain {chain} in the store: {fault}" for chain, fault in faults if fault]
        rebuilds = ((chain, run) for chain, run in reader.rebuilding().items() if only in (None, chain))
        notes += [f"chain {_plain(chain)} in the store: {judged_anew(run)}" for chain, run in rebuilds]
        set_aside = [_as_told(bad) for bad in reader.set_aside(chain_id=only)]
        standing = [*_in_kafka([each for each in told if only in (None, each.chain_id)], time.time())]
        standing += [_in_store(work, beat) for work, beat in reader.health.turns()]
        return Status(store=chains, set_aside=set_aside, notes=notes, standing=standing)


def _in_kafka(told: Sequence[Health], now: float) -> Iterator[str]:
    """Of each role that has somebody on stand-by: who told lately what of himself."""
    lately = [each for each in told if each.standing and now - each.at <= SILENT_AFTER * each.every_s]
    waiting = sorted({(each.chain_id, each.role) for each in lately if each.standing == "standby"})
    for chain_id, role in waiting:
        here = [each for each in lately if (each.chain_id, each.role) == (chain_id, role)]
        works, waits = (
            ", ".join(visible(each.instance) for each in here if each.standing == standing)
            for standing in ("active", "standby")
        )
        yield f"{role} of chain {chain_id}: {works or 'nobody that told lately'} works, {waits} stands by"


def _in_store(work: str, beat: Beat) -> str:
    return f"{visible(work)}: {visible(beat.instance)} {'has ended' if beat.ended else 'works, or did last'}"


def _stored(
    chain_id: object, head: Head | None, alerts: dict[str, int], unreadable: int, roles: list[RoleStatus]
) -> StoreStatus:
    from dashboard.store import whole

    block = None if head is None else whole(head.block_number)
    return StoreStatus(_plain(chain_id), block, alerts, unreadable, roles)


def _role(record: Health) -> list[RoleStatus]:
    """None of a role that has done no block."""
    cost = block_cost(record)
    if cost is None:
        return []
    optional: dict[str, str] = {work.name: work.state for work in record.optional}
    left_out = {work.name: work.left_out for work in record.optional}
    figures = (cost.blocks, cost.cpu_s, cost.answers, cost.bytes, cost.joules)
    return [RoleStatus(record.role, record.instance, *figures, record.budget_cpu_s, optional, left_out)]


def _as_told(bad: SetAside) -> SetAside:
    """`bad` with what stands in the place of a number as text."""
    place = {"chain_id": _plain(bad.chain_id), "kafka_offset": _plain(bad.kafka_offset)}
    told = {"topic": wording.cut(bad.topic, QUOTED), "reason": wording.cut(bad.reason, MOST_TOLD)}
    return replace(bad, **place, **told)  # type: ignore[arg-type]


def _plain(value: object) -> int | str:
    from dashboard.store import whole

    known = whole(value)
    return wording.cut(value, QUOTED) if known is None else known


def _detectors() -> list[DetectorStatus]:
    from detectors.registry import detectors

    return [DetectorStatus(one.name, sorted(one.catches), str(one.needs)) for one in detectors()]


def text(status: Status) -> str:
    """For a person: one line a fact."""
    lines = [line for chain in status.log for line in _log_lines(chain)]
    lines += [line for chain in status.store for line in _store_lines(chain)]
    lines += [
        f"set aside: chain {bad.chain_id}, {bad.topic} offset {bad.kafka_offset}: {bad.reason}"
        for bad in status.set_aside
    ]
    lines += [f"REPLICATION: {line}" for line in status.replication]
    lines += status.standing
    lines += status.notes
    lines.append(f"detectors: {len(status.detectors)}")
    lines += [
        f"  {one.name}: catches {', '.join(one.catches)}; needs {one.needs}" for one in status.detectors
    ]
    return "\n".join(lines)


def _log_lines(chain: LogStatus) -> list[str]:
    proofs = ", ".join(f"{count} {name}" for name, count in sorted(chain.proofs.items())) or "none"
    judged = "nothing yet" if chain.judged is None else f"up to {chain.judged}"
    behind = (
        f"{'?' if chain.lag_blocks is None else chain.lag_blocks} blocks, {chain.lag_records} records behind"
    )
    return [
        f"chain {chain.chain_id} in Kafka: head {'none' if chain.head is None else chain.head}",
        f"  judged {judged} ({behind})",
        f"  proofs of the last blocks: {proofs}",
        f"  set aside while reading the node: {_at_least(chain.set_aside)}",
        f"  unreadable among the last records: {chain.unreadable}",
        *(["  judged anew: not finished, `undertow detect` goes on with it"] if chain.rebuilding else []),
        *([f"  {chain.mark_error}"] if chain.mark_error else []),
        *(
            f"  off: {visible(name)}, since block {block}, where it raised"
            for name, block in chain.off.items()
        ),
        *(
            f"  forgot early: the table {visible(name)} was full {times} times and let its oldest rows go"
            for name, times in sorted(chain.forgot_early.items())
        ),
        *(
            f"  caught: {visible(node.source)}, {node.times} times; the last: {visible(node.reason)}"
            for node in chain.caught
        ),
        *(_reputation(node) for node in chain.caught if node.since is not None),
    ]


def _reputation(node: NodeStatus) -> str:
    try:
        day = datetime.fromtimestamp(node.since or 0, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        day = "an unknown day"
    return (
        f"  reputation: {visible(node.source)} was caught {node.last_day} times in the last day, "
        f"{node.last_week} in the last week, {node.times} since {day}"
    )


def _at_least(count: int) -> str:
    return f"{count} or more" if count >= LAST_RECORDS else str(count)


def _store_lines(chain: StoreStatus) -> list[str]:
    alerts = ", ".join(f"{count} {name}" for name, count in sorted(chain.alerts.items())) or "none"
    return [
        f"chain {chain.chain_id} in the store: head {'none' if chain.head is None else chain.head}",
        f"  alerts: {alerts}",
        f"  records that could not be read: {chain.unreadable}",
        *(_role_line(role) for role in chain.roles),
    ]


def _role_line(role: RoleStatus) -> str:
    budget = "" if role.budget_cpu_s is None else f" of {role.budget_cpu_s:.3g} that it may"
    optional = "".join(
        f"; {name} {state}, {role.left_out[name]} left out" for name, state in role.optional.items()
    )
    return (
        f"  a block costs {role.role}: {role.cpu_s:.3g} CPU s{budget}, {role.answers:.3g} RPC answers, "
        f"{role.bytes:.3g} bytes, {role.joules:.3g} J (10 W a core){optional}"
    )
