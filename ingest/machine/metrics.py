"""Metrics for Prometheus, on 127.0.0.1: what a role tells of its health. The only door to its library.

Nothing is counted here: what is asked for is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ingest.kafka.reporter import telling
from ingest.machine.processes import LOOPBACK, refuse_taken
from ingest.model.cost import WATTS
from ingest.model.health import BOUNDS_MS, Health

__all__ = ["NAMES", "Metric", "counter", "gauge", "metrics", "of_health"]

Labels = tuple[str, ...]
Source = Callable[[], Iterable[Metric]]
_ROLE = ("chain", "role")

NAMES: Mapping[str, str] = {
    "undertow_head_block": "The last block that a role has done.",
    "undertow_lag_blocks": "Blocks between that and the node's head.",
    "undertow_began_timestamp_seconds": "When the role started.",
    "undertow_cpu_seconds_total": "CPU seconds of the role's process.",
    "undertow_joules_total": "Joules that these are estimated to be: 10 W for a busy core.",
    "undertow_budget_cpu_seconds": "CPU seconds that a block may cost the role before work is left out.",
    "undertow_optional_work": "Work that may be left out: 1 on, 0.5 slowed, 0 paused by the budget.",
    "undertow_optional_left_out_total": "Pieces of such work that were left out.",
    "undertow_part_seconds": "How long a part of a role takes, for each piece of work.",
    "undertow_blocks_total": "Blocks published, by how they were proved.",
    "undertow_reorganisations_total": "Times that blocks left the chain.",
    "undertow_rejected_total": "Records or answers that could not be read or proved.",
    "undertow_revisions_total": "Revisions of alerts that a role has sent or filed.",
    "undertow_counted_total": "Whatever else a role counts, by what it is.",
    "undertow_detector_on": "1 where a detector is asked, 0 where it is off or warms up.",
    "undertow_model_trained_timestamp_seconds": "Block time when the training data of a model ended.",
    "undertow_model_age_seconds": "Block time between that and the head.",
    "undertow_canary_silent": "1 where no canary was found within the stated time, else 0.",
    "undertow_canary_found_timestamp_seconds": "When a canary was last found, by the sink's clock.",
    "undertow_node_head_block": "The head that a node told last.",
    "undertow_node_latency_seconds": "How long a node takes for an answer.",
    "undertow_node_answers_total": "Answers that a node gave.",
    "undertow_node_failures_total": "Answers that a node did not give.",
    "undertow_node_lies_total": "Answers of a node that could not be true.",
    "undertow_alerts": "Alerts in the store, by category and status.",
    "undertow_filed_timestamp_seconds": "When the sink last filed a block of a chain.",
    "undertow_set_aside": "Records in the store that could not be read.",
    "undertow_outbox_messages": "Messages to people, by state.",
    "undertow_anchor_stretches": "Stretches of blocks that are anchored or on their way, by state.",
    "undertow_anchored_block": "The last block that is anchored for good.",
    "undertow_api_requests_total": "Requests to the API, by status.",
    "undertow_api_streams": "Streams of events that are open.",
}
"""Every metric there is, and what it says: boards and rules are held against these."""
_SHARES = {"on": 1.0, "slowed": 0.5, "paused": 0.0}
_OWN = {"reorganisations", "rejected", "revisions"}


@contextmanager
def metrics(port: int | None, *sources: Source) -> Iterator[None]:
    """Answers at http://127.0.0.1:PORT/metrics until the end, where there is a port. Raises PortTaken."""
    if port is None:
        yield
        return
    refuse_taken(port, "--metrics")
    registry = CollectorRegistry()
    registry.register(_Asked((_roles, *sources)))
    server, thread = start_http_server(port, LOOPBACK, registry)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def gauge(name: str, labels: Labels, values: Iterable[tuple[Labels, float]]) -> Metric:
    family = GaugeMetricFamily(name, NAMES[name], labels=labels)
    for place, value in values:
        family.add_metric(place, value)
    return family


def counter(name: str, labels: Labels, values: Iterable[tuple[Labels, float]]) -> Metric:
    family = CounterMetricFamily(name.removesuffix("_total"), NAMES[name], labels=labels)
    for place, value in values:
        family.add_metric(place, value)
    return family


class _Asked(Collector):
    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        for source in self._sources:
            yield from source()


def _roles() -> Iterator[Metric]:
    return of_health([each() for each in telling()])


def of_health(records: Sequence[Health]) -> Iterator[Metric]:
    """What the roles of this process tell of themselves."""
    if not records:
        return
    each = [((str(one.chain_id), one.role), one) for one in records]
    yield gauge("undertow_head_block", _ROLE, [(at, one.head) for at, one in each if one.head is not None])
    lag = [(at, one.lag_blocks) for at, one in each if one.lag_blocks is not None]
    yield gauge("undertow_lag_blocks", _ROLE, lag)
    yield gauge("undertow_began_timestamp_seconds", _ROLE, [(at, one.began_at) for at, one in each])
    yield counter("undertow_cpu_seconds_total", _ROLE, [(at, one.cpu_s) for at, one in each])
    yield counter("undertow_joules_total", _ROLE, [(at, one.cpu_s * WATTS) for at, one in each])
    yield from _budgets(each)
    yield _parts(each)
    proofs = [
        ((*at, name.removeprefix("blocks ")), count)
        for at, one in each
        for name, count in one.counts.items()
        if name.startswith("blocks ")
    ]
    yield counter("undertow_blocks_total", (*_ROLE, "proof"), proofs)
    for what in sorted(_OWN):
        yield counter(f"undertow_{what}_total", _ROLE, [(at, one.counts.get(what, 0)) for at, one in each])
    rest = [
        ((*at, name), count)
        for at, one in each
        for name, count in one.counts.items()
        if name not in _OWN and not name.startswith("blocks ")
    ]
    yield counter("undertow_counted_total", (*_ROLE, "what"), rest)
    on = [((*at, name), float(state == "on")) for at, one in each for name, state in one.detectors.items()]
    yield gauge("undertow_detector_on", (*_ROLE, "detector"), on)
    yield from _models(each)
    yield from _canaries(each)
    yield from _nodes(records)


def _models(each: Sequence[tuple[Labels, Health]]) -> Iterator[Metric]:
    labels = (*_ROLE, "model", "digest")
    told = [
        ((*at, model.name, model.digest), one.head_time, model.trained_until)
        for at, one in each
        for model in one.models
    ]
    until = [(at, end) for at, _, end in told if end is not None]
    ages = [(at, max(0, head - end)) for at, head, end in told if head is not None and end is not None]
    yield gauge("undertow_model_trained_timestamp_seconds", labels, until)
    yield gauge("undertow_model_age_seconds", labels, ages)


def _canaries(each: Sequence[tuple[Labels, Health]]) -> Iterator[Metric]:
    labels = (*_ROLE, "source")
    told = [((*at, canary.source), canary) for at, one in each for canary in one.canaries]
    yield gauge("undertow_canary_silent", labels, [(at, float(canary.silent)) for at, canary in told])
    found = [(at, canary.found_at) for at, canary in told if canary.found_at is not None]
    yield gauge("undertow_canary_found_timestamp_seconds", labels, found)


def _budgets(each: Sequence[tuple[Labels, Health]]) -> Iterator[Metric]:
    limits = [(at, one.budget_cpu_s) for at, one in each if one.budget_cpu_s is not None]
    yield gauge("undertow_budget_cpu_seconds", _ROLE, limits)
    told = [((*at, work.name), work) for at, one in each for work in one.optional]
    yield gauge("undertow_optional_work", (*_ROLE, "work"), [(at, _SHARES[work.state]) for at, work in told])
    left_out = [(at, work.left_out) for at, work in told]
    yield counter("undertow_optional_left_out_total", (*_ROLE, "work"), left_out)


def _parts(each: Sequence[tuple[Labels, Health]]) -> Metric:
    """Buckets without a sum: a role counts how many took up to each bound, not how long they took in all."""
    family = HistogramMetricFamily(
        "undertow_part_seconds", NAMES["undertow_part_seconds"], labels=(*_ROLE, "part")
    )
    bounds = [*(str(bound / 1_000) for bound in BOUNDS_MS), "+Inf"]
    for at, one in each:
        for part, row in one.latency.items():
            sums = [float(sum(row[: place + 1])) for place in range(len(row))]
            family.add_metric((*at, part), list(zip(bounds, sums, strict=True)), sum_value=None)
    return family


def _nodes(records: Sequence[Health]) -> Iterator[Metric]:
    labels = ("chain", "node")
    nodes = [((str(one.chain_id), node.source), node) for one in records for node in one.nodes]
    heads = [(at, node.head) for at, node in nodes if node.head is not None]
    yield gauge("undertow_node_head_block", labels, heads)
    slow = [(at, node.latency_ms / 1_000) for at, node in nodes if node.latency_ms is not None]
    yield gauge("undertow_node_latency_seconds", labels, slow)
    yield counter("undertow_node_answers_total", labels, [(at, node.answers) for at, node in nodes])
    yield counter("undertow_node_failures_total", labels, [(at, node.failures) for at, node in nodes])
    yield counter("undertow_node_lies_total", labels, [(at, node.lies) for at, node in nodes])
