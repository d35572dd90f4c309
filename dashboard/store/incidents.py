"""Incidents: alerts connected by a transaction or an attacker, worked out when somebody looks.

Which stage an alert belongs to follows from its category alone. Nothing of this reaches detection.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import networkx as nx
from sqlalchemy import Table, func, select

from dashboard.store.answers import AlertRow
from dashboard.store.overview import Span, value_in, within
from dashboard.store.reading import Reader
from dashboard.store.subjects import LINE, raw
from dashboard.store.tables import alert_transactions, alerts, roles
from detectors.alerts.alert import ACCUSED, SEVERITIES

MOST_ALERTS = 1_000
"""Newest alerts of a span that are joined: older ones are left out, and the screen says so."""
CHUNK = 400
_TAIL = 110

STAGES: Mapping[str, frozenset[str]] = {
    "funding": frozenset({"sybil-cluster", "sanctioned-exposure"}),
    "preparation": frozenset(
        {"address-poisoning", "approval-phishing", "suspicious-contract", "token-impersonation", "spam-token",
         "hidden-mint", "honeypot", "pig-butchering"}
    ),
    "laundering": frozenset({"layering", "cycle-laundering", "mixer-flow"}),
}  # fmt: skip
"""Every other category is `exploitation`, but for anomalies, which name no stage."""
ORDER = ("funding", "preparation", "exploitation", "laundering", "unnamed")


@dataclass(frozen=True, slots=True)
class Incident:
    """`id` is the smallest alert id. `wei` is what its alerts of exploitation are about, each loss once where
    the lesser alert yielded; null where none says so. `order` of stages is that of the money, then of time.
    """

    chain_id: int
    id: str
    alerts: tuple[AlertRow, ...]
    attackers: tuple[str, ...]
    victims: tuple[str, ...]
    wei: int | None

    @property
    def severity(self) -> str:
        known = [row.severity for row in self.alerts if row.severity in SEVERITIES]
        return max(known, key=SEVERITIES.index) if known else "low"

    @property
    def first(self) -> int:
        return min((row.timestamp for row in self.alerts if isinstance(row.timestamp, int)), default=0)

    @property
    def last(self) -> int:
        return max((row.timestamp for row in self.alerts if isinstance(row.timestamp, int)), default=0)

    def stages(self) -> list[tuple[str, tuple[AlertRow, ...]]]:
        """Each stage that has alerts, in order, with them in order of time."""
        found: dict[str, list[AlertRow]] = defaultdict(list)
        for row in sorted(self.alerts, key=lambda row: (str(row.timestamp), row.id)):
            found[stage_of(row.category)].append(row)
        return [(name, tuple(found[name])) for name in ORDER if found[name]]


@dataclass(frozen=True, slots=True)
class Incidents:
    """The gravest first. `cut`: there were more alerts in the span than were joined."""

    found: tuple[Incident, ...]
    cut: bool


def stage_of(category: object) -> str:
    name = str(category)
    if name.startswith("anomalous"):
        return "unnamed"
    return next((stage for stage, names in STAGES.items() if name in names), "exploitation")


def incidents(reader: Reader, span: Span) -> Incidents:
    """Those of the newest alerts of a span that were not retracted."""
    latest = (alerts.c.timestamp.desc(), alerts.c.id)
    end = func.substr(alerts.c.record, func.length(alerts.c.record) - _TAIL)
    wanted = select(*LINE, end).where(within(span), alerts.c.status != "retracted").order_by(*latest)
    rows = [(AlertRow(*row), value_in(tail)) for *row, tail in reader.ask(wanted.limit(MOST_ALERTS + 1))]
    found: list[Incident] = []
    by_chain: dict[object, list[tuple[AlertRow, int | None]]] = defaultdict(list)
    for row in rows[:MOST_ALERTS]:
        by_chain[row[0].chain_id].append(row)
    for chain_id, some in by_chain.items():
        found += _joined(reader, chain_id, some)
    rank: dict[str, int] = {name: place for place, name in enumerate(SEVERITIES)}
    gravest = sorted(found, key=lambda each: (-rank[each.severity], -len(each.alerts), -each.last, each.id))
    return Incidents(tuple(gravest), len(rows) > MOST_ALERTS)


def _joined(reader: Reader, chain_id: object, rows: Sequence[tuple[AlertRow, int | None]]) -> list[Incident]:
    ids = [row.id for row, _ in rows]
    parts = _named(reader, roles, chain_id, ids, ("alert_id", "address", "role"))
    hashes = _named(reader, alert_transactions, chain_id, ids, ("alert_id", "transaction"))
    graph = nx.Graph()
    graph.add_nodes_from(("alert", name) for name in ids)
    graph.add_edges_from((("alert", name), ("by", who)) for name, who, role in parts if role in ACCUSED)
    graph.add_edges_from((("alert", name), ("in", each)) for name, each in hashes)
    held = {row.id: (row, wei) for row, wei in rows}
    return [
        _incident(chain_id, [held[name] for kind, name in part if kind == "alert" and name in held], parts)
        for part in nx.connected_components(graph)
    ]


def _incident(
    chain_id: object, rows: Sequence[tuple[AlertRow, int | None]], parts: Iterable[tuple[str, ...]]
) -> Incident:
    ours = {row.id for row, _ in rows}
    by_role: dict[str, Counter[str]] = defaultdict(Counter)
    for name, who, role in parts:
        if name in ours:
            by_role[role][who] += 1
    lost = [wei for row, wei in rows if _is_loss(row) and wei is not None]
    told = tuple(sorted((row for row, _ in rows), key=lambda row: (str(row.timestamp), row.id)))
    return Incident(
        chain_id,  # type: ignore[arg-type]
        min(ours),
        told,
        tuple(name for name, _ in by_role["attacker"].most_common()),
        tuple(sorted(by_role["victim"])),
        sum(lost) if lost else None,
    )


def _is_loss(row: AlertRow) -> bool:
    return not row.suppressed and stage_of(row.category) == "exploitation"


def _named(
    reader: Reader, table: Table, chain_id: object, ids: Sequence[str], columns: Sequence[str]
) -> list[tuple[str, ...]]:
    """Rows of these alerts, by the primary key, which begins with (chain, alert)."""
    found: list[tuple[str, ...]] = []
    rest = iter(sorted(map(str, ids)))
    while some := list(islice(rest, CHUNK)):
        here = (table.c.chain_id == chain_id) & table.c.alert_id.in_(some)
        rows = reader.ask(select(*raw(table, columns)).where(here))
        found += [tuple(map(str, row)) for row in rows]
    return sorted(found)
