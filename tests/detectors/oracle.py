"""The transfer graph once more: from the written definitions, quadratic, in Python's own integers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from detectors.kernels.layout import HUB_DEGREE, Limits


@dataclass(frozen=True)
class Edge:
    """A past transfer of value. `parent`: the earlier one whose money it passed on."""

    time: int
    payer: bytes
    payee: bytes
    token: bytes | None
    amount: int
    by: bytes
    parent: Edge | None
    depth: int
    origin: bytes


@dataclass
class Oracle:
    """Asks for one transfer after the other what was known before it."""

    limits: Limits
    past: list[Edge]

    def take(self, row: Mapping[str, Any]) -> dict[str, object]:
        """`row` of `Features.transfers`. Nothing is known of, or learnt from, what moves no value."""
        payer, payee = row["from_address"], row["to_address"]
        graph = self._graph()
        parent = self._passes_on(row) if not self._is_hub(payee) else None
        mine = row["direct"] and not self._is_hub(payer)
        edge = Edge(
            row["timestamp"], payer, payee, row["token"], int.from_bytes(row["amount"], "big"), row["by"],
            parent, parent.depth + 1 if parent else 0, parent.origin if parent else payer if mine else payee,
        )  # fmt: skip
        known = {
            "from_outs": sum(past.payer == payer for past in self.past),
            "from_distinct_out": _degree(graph.out_degree, payer),
            "from_distinct_in": _degree(graph.in_degree, payer),
            "to_distinct_out": _degree(graph.out_degree, payee),
            "to_distinct_in": _degree(graph.in_degree, payee),
            "pair_count": len(self._between(payer, payee)),
            "pair_by_payer": sum(past.by == payer for past in self._between(payer, payee)),
            "back_pair_count": len(self._between(payee, payer)),
            "depth": edge.depth,
            "origin": edge.origin,
        }
        self.past.append(edge)
        return known | {"gathered": self._gathered(edge)}

    def _graph(self) -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_edges_from((past.payer, past.payee) for past in self.past)
        return graph

    def _between(self, payer: bytes, payee: bytes) -> Sequence[Edge]:
        return [past for past in self.past if (past.payer, past.payee) == (payer, payee)]

    def _is_hub(self, wallet: bytes) -> bool:
        """At least six distinct payers and six distinct payees."""
        graph = self._graph()
        return min(_degree(graph.in_degree, wallet), _degree(graph.out_degree, wallet)) >= HUB_DEGREE

    def _lately(self, now: int) -> list[Edge]:
        return [past for past in self.past if past.time >= now - self.limits.pass_seconds]

    def _passes_on(self, row: Mapping[str, Any]) -> Edge | None:
        """What a wallet passes on: it rested briefly, at least half of what came leaves in one payment of the
        owner's own, no more leaves than came, and the wallet does little else. Of several incoming payments
        it is the one passed on most often, of equals the largest, then the latest.
        """
        wallet, amount = row["from_address"], int.from_bytes(row["amount"], "big")
        if not row["direct"] or self._is_hub(wallet):
            return None
        lately = self._lately(row["timestamp"])
        busy = sum(past.payee == wallet for past in lately) + sum(past.payer == wallet for past in lately)
        came = [past for past in lately if past.payee == wallet and past.token == row["token"]]
        lot = sum(past.amount for past in came)
        if not came or busy > self.limits.quiet_edges or amount > lot or 2 * amount < lot:
            return None
        return max(reversed(came), key=lambda past: (past.depth, past.amount))

    def _gathered(self, edge: Edge) -> int:
        """Distinct wallets that lately passed the same source's money of this asset on to this payee: of a
        source that signed for it, that is no hub, not the payee itself, and does not pay it openly too.
        """
        if edge.parent is None or self._is_hub(edge.parent.payer):
            return 0
        source = edge.parent.payer
        if source == edge.payee or not (edge.parent.depth > 0 or edge.parent.origin == source):
            return 0
        if any(
            (past.payer, past.payee, past.token) == (source, edge.payee, edge.token)
            and 4 * past.amount >= edge.amount
            for past in self._lately(edge.time)
        ):
            return 0
        return len(
            {
                past.payer
                for past in self._lately(edge.time)
                if past.payee == edge.payee
                and past.token == edge.token
                and past.parent is not None
                and past.parent.payer == edge.parent.payer
            }
        )


def _degree(view: Callable[[], Iterable[tuple[bytes, int]]], wallet: bytes) -> int:
    return dict(view()).get(wallet, 0)
