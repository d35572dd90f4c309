"""In which column, and at which height in it, each node of a drawing stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

SWEEPS = 4
"""Times each column is ordered by its neighbours: more changes little."""


def columns_of(payments: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Payers left of payees, each as far right as its longest path. What closes a circle goes back. Nodes of
    one column stand near the middle of their neighbours, so that few lines cross.
    """
    graph = nx.DiGraph(payments)
    forward = nx.DiGraph()
    forward.add_nodes_from(graph)
    for payer, payee in graph.edges:
        if payer != payee and not nx.has_path(forward, payee, payer):
            forward.add_edge(payer, payee)
    return _ordered([sorted(column) for column in nx.topological_generations(forward)], graph)


def _ordered(columns: list[list[str]], graph: nx.DiGraph) -> list[list[str]]:
    for _ in range(SWEEPS):
        height = {name: (down + 0.5) / len(column) for column in columns for down, name in enumerate(column)}
        columns = [
            sorted(column, key=lambda name: (_middle(graph, name, height), name)) for column in columns
        ]
    return columns


def _middle(graph: nx.DiGraph, name: str, height: Mapping[str, float]) -> float:
    around = [height[other] for other in (*graph.predecessors(name), *graph.successors(name))]
    return round(sum(around) / len(around), 6) if around else 0.5
