"""Wallets and payments as a graph, bounded: who is around one, who joins two, who stands in the middle."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import networkx as nx

from dashboard.transfers.values import Asked, Direction, Found, Transfer

MOST_WALLETS = 150
ROWS_OF_A_HOP = 3_000
PER_WALLET = 25
"""Neighbours of one wallet that are taken, those with the most transfers first."""
MOST_PATHS = 5
REACH = 3
"""Payments from either end that are looked for between two wallets: six in all."""

Find = Callable[[Asked], Found]


@dataclass(frozen=True, slots=True)
class Network:
    """A directed graph: nodes are addresses, edges carry `count` transfers, `assets`, and the blocks of the
    first and the last. `left_out` says where it was cut.
    """

    graph: nx.DiGraph
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A wallet's place in a graph: how many pay it, how many it pays, and the share of shortest ways between
    others that lead through it.
    """

    address: str
    payers: int
    payees: int
    between: float


def around(find: Find, chain_id: int, wallet: str, hops: int = 1) -> Network:
    """The wallets at most `hops` payments away in either direction, the busiest edges first where there are
    too many.
    """
    graph = nx.DiGraph()
    graph.add_node(wallet, hops=0)
    frontier, told = [wallet], list[str]()
    for hop in range(1, hops + 1):
        found = find(Asked(chain_id, tuple(sorted(frontier)), most=ROWS_OF_A_HOP))
        told += found.left_out
        frontier = _grow(graph, found.transfers, frontier, hop, told)
    return Network(graph, tuple(dict.fromkeys(told)))


def of(moves: Iterable[Transfer]) -> nx.DiGraph:
    """The graph of some transfers."""
    graph = nx.DiGraph()
    for row in moves:
        _add(graph, row)
    return graph


def _grow(
    graph: nx.DiGraph, moves: Sequence[Transfer], frontier: Sequence[str], hop: int, told: list[str]
) -> list[str]:
    seen = of(moves)
    reached = list[str]()
    for wallet in frontier:
        near = _busiest(seen, wallet) if wallet in seen else []
        if len(near) > PER_WALLET:
            told.append(f"of {len(near):,} neighbours of one wallet the busiest {PER_WALLET} are shown")
        for other in near[:PER_WALLET]:
            if other not in graph and len(graph) >= MOST_WALLETS:
                told.append(f"the graph ends at {MOST_WALLETS} wallets")
                return []
            if other not in graph:
                graph.add_node(other, hops=hop)
                reached.append(other)
            for ends in ((wallet, other), (other, wallet)):
                if seen.has_edge(*ends):
                    graph.add_edge(*ends, **seen.edges[ends])
    return reached


def _busiest(graph: nx.DiGraph, wallet: str) -> list[str]:
    counts: dict[str, int] = {}
    for _, other, edge in graph.out_edges(wallet, data=True):
        counts[other] = counts.get(other, 0) + edge["count"]
    for other, _, edge in graph.in_edges(wallet, data=True):
        counts[other] = counts.get(other, 0) + edge["count"]
    counts.pop(wallet, None)
    return sorted(counts, key=lambda other: (-counts[other], other))


def _add(graph: nx.DiGraph, row: Transfer) -> None:
    if not graph.has_edge(row.payer, row.payee):
        first = last = row.block_number
        graph.add_edge(row.payer, row.payee, count=0, assets="", first_block=first, last_block=last)
    edge = graph.edges[row.payer, row.payee]
    assets = {*filter(None, edge["assets"].split(" ")), row.token or "native"}
    edge["count"] += 1
    edge["assets"] = " ".join(sorted(assets)[:20])
    edge["first_block"] = min(edge["first_block"], row.block_number)
    edge["last_block"] = max(edge["last_block"], row.block_number)


def between(find: Find, chain_id: int, payer: str, payee: str) -> tuple[list[list[str]], Network]:
    """The shortest ways of money from one wallet to another, at most five, and the graph they were found in:
    what is paid from the one on, and what leads to the other. No order in time is asked for.
    """
    graph, told = nx.DiGraph(), list[str]()
    ends = {"out": {payer}, "in": {payee}}
    seen = {"out": {payer}, "in": {payee}}
    for _ in range(REACH):
        for way in ("out", "in"):
            found = find(_asked(chain_id, ends[way], way))
            told += found.left_out
            for row in found.transfers:
                _add(graph, row)
            reached = {row.payee if way == "out" else row.payer for row in found.transfers} - seen[way]
            if len(reached) > MOST_WALLETS:
                told.append(f"of {len(reached):,} wallets of one step {MOST_WALLETS} are looked through")
            ends[way] = set(sorted(reached)[:MOST_WALLETS])
            seen[way] |= ends[way]
            if payer in graph and payee in graph and nx.has_path(graph, payer, payee):
                ways = islice(nx.all_shortest_paths(graph, payer, payee), MOST_PATHS)
                return list(ways), Network(graph, tuple(dict.fromkeys(told)))
    return [], Network(graph, tuple(dict.fromkeys(told)))


def _asked(chain_id: int, addresses: set[str], way: str) -> Asked:
    direction: Direction = "out" if way == "out" else "in"
    return Asked(chain_id, tuple(sorted(addresses)) or ("0x" + "ff" * 20,), direction, most=ROWS_OF_A_HOP)


def components(graph: nx.DiGraph, without: str) -> list[int]:
    """How many wallets hang together once one is taken out, the largest group first: several groups mean that
    only this wallet joins them.
    """
    rest = graph.subgraph(set(graph) - {without})
    return sorted((len(part) for part in nx.weakly_connected_components(rest)), reverse=True)


def central(graph: nx.DiGraph, most: int = 10) -> list[Standing]:
    """The wallets that most ways lead through, then those with the most partners."""
    share = nx.betweenness_centrality(graph) if len(graph) <= MOST_WALLETS else {}
    found = [
        Standing(name, graph.in_degree(name), graph.out_degree(name), round(share.get(name, 0.0), 6))
        for name in graph
    ]
    return sorted(found, key=lambda each: (-each.between, -each.payers - each.payees, each.address))[:most]


def graphml(graph: nx.DiGraph) -> bytes:
    """For Gephi, yEd and others; names of tokens are left out, as they are whatever their makers wrote."""
    out = io.BytesIO()
    nx.write_graphml(graph, out, encoding="utf-8")
    return out.getvalue()
