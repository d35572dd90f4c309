"""Lays out the money of an alert left to right: who paid whom, folded where it would not fit a screen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import networkx as nx

from dashboard import wording
from detectors.alert import Alert, Evidence

COLUMN, ROW = 300, 78
"""Pixels between the centres of neighbouring nodes."""
FOLD_ABOVE = 24
"""With more nodes than this, leaves that hang on one wallet in the same way are drawn as one."""
LABEL_LENGTH = 20
"""Characters that fit between two columns; the whole is shown on pointing."""
SWEEPS = 4
"""Times each column is ordered by its neighbours: more changes little."""


@dataclass(frozen=True, slots=True)
class Node:
    """A wallet, or `count` of them folded; `id` is its address; x and y are pixels of its centre."""

    id: str
    role: str
    count: int = 1
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """All payments of one token from one node to another: `label` is the sum, `detail` says how many."""

    source: str
    target: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A drawing: its nodes and edges, and its size in pixels."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def flow(alert: Alert) -> Flow:
    """The transfers among the alert's evidence as a drawing, always the same; empty without any."""
    moves = [row for row in alert.evidence if row.from_address and row.to_address]
    roles = {role.address: role.role for role in alert.roles}
    folded = _fold(moves, roles)
    names = {address: folded.get(address, address) for row in moves for address in _ends(row)}
    counts = Counter(names.values())
    edges = _edges(moves, names)
    graph = nx.DiGraph((edge.source, edge.target) for edge in edges)
    nodes = [Node(name, _role(name, names, roles), counts[name]) for name in graph]
    return _placed(nodes, edges, graph)


def _ends(row: Evidence) -> tuple[str, str]:
    return row.from_address or "", row.to_address or ""


def _role(name: str, names: Mapping[str, str], roles: Mapping[str, str]) -> str:
    """Folded wallets have one role among them: that is part of what they are folded by."""
    return next((roles[a] for a, n in names.items() if n == name and a in roles), "other")


def _fold(moves: Iterable[Evidence], roles: Mapping[str, str]) -> dict[str, str]:
    """Address -> the one that stands for it, for leaves with the same neighbour, direction and role."""
    neighbours: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in moves:
        payer, payee = _ends(row)
        neighbours[payer].add(("pays", payee))
        neighbours[payee].add(("is paid by", payer))
    if len(neighbours) <= FOLD_ABOVE:
        return {}
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for address, links in neighbours.items():
        if len(links) == 1:
            groups[(*next(iter(links)), roles.get(address, "other"))].append(address)
    return {address: min(group) for group in groups.values() if len(group) > 2 for address in group}


def _edges(moves: Iterable[Evidence], names: Mapping[str, str]) -> tuple[Edge, ...]:
    together: dict[tuple[str, str, str], list[Evidence]] = defaultdict(list)
    for row in moves:
        payer, payee = _ends(row)
        together[names[payer], names[payee], row.token or ""].append(row)
    return tuple(Edge(source, target, *_summed(rows)) for (source, target, _), rows in together.items())


def _summed(rows: list[Evidence]) -> tuple[str, str]:
    """The label and the detail of payments of one token."""
    first = rows[0]
    units = sum(int(row.amount or 0) for row in rows)
    decimals = 18 if first.token is None else first.decimals
    name = wording.symbol(first.symbol, first.token)
    exact = f"{wording.amount(str(units), decimals)} {name}"
    return wording.cut(
        f"{rounded(units, decimals)} {name}", LABEL_LENGTH
    ), f"{exact} in {len(rows)} transfer{'s' * (len(rows) > 1)}"


def rounded(units: int, decimals: int | None) -> str:
    """Token units in few figures: `12.3k`, `4.57M`, `< 0.0001`."""
    tokens = units / 10 ** (decimals or 0)
    if tokens >= 1e15:
        return f"{tokens:.2e}"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if tokens >= max(size, 1e4):
            return f"{tokens / size:.3g}{letter}"
    if 0 < tokens < 0.0001:
        return "< 0.0001"
    return f"{tokens:,.0f}" if tokens >= 100 else f"{tokens:.4f}".rstrip("0").rstrip(".")


def _placed(nodes: list[Node], edges: tuple[Edge, ...], graph: nx.DiGraph) -> Flow:
    columns = _ordered(_columns(graph), graph)
    tallest = max((len(column) for column in columns), default=0)
    at = {
        name: (COLUMN // 2 + COLUMN * across, ROW // 2 + round(ROW * (down + (tallest - len(column)) / 2)))
        for across, column in enumerate(columns)
        for down, name in enumerate(column)
    }
    placed = tuple(replace(node, x=at[node.id][0], y=at[node.id][1]) for node in nodes)
    return Flow(placed, edges, COLUMN * len(columns), ROW * tallest)


def _columns(graph: nx.DiGraph) -> list[list[str]]:
    """Payers left of payees, each as far right as its longest path. What closes a circle goes back."""
    forward = nx.DiGraph()
    forward.add_nodes_from(graph)
    for payer, payee in graph.edges:
        if payer != payee and not nx.has_path(forward, payee, payer):
            forward.add_edge(payer, payee)
    return [sorted(column) for column in nx.topological_generations(forward)]


def _ordered(columns: list[list[str]], graph: nx.DiGraph) -> list[list[str]]:
    """Each node near the middle of its neighbours, so that few lines cross."""
    for _ in range(SWEEPS):
        height = {name: (down + 0.5) / len(column) for column in columns for down, name in enumerate(column)}
        columns = [
            sorted(column, key=lambda name: (_middle(graph, name, height), name)) for column in columns
        ]
    return columns


def _middle(graph: nx.DiGraph, name: str, height: Mapping[str, float]) -> float:
    around = [height[other] for other in (*graph.predecessors(name), *graph.successors(name))]
    return round(sum(around) / len(around), 6) if around else 0.5
