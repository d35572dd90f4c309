"""Lays out the money of an alert left to right: who paid whom, folded where it would not fit a screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.flow.columns import columns_of
from dashboard.flow.folding import FOLD_ABOVE, folded
from dashboard.flow.lines import LANE, Box, Point, drawn, lanes, node_box
from dashboard.flow.sums import sums, wallet
from detectors.alerts.alert import Alert, Evidence

COLUMN, ROW = 340, 78
"""Pixels between the centres of neighbouring nodes."""
BUSY, WIDE_COLUMN = 12, 480
"""With more lines than this the columns stand further apart, so that labels find room beside each other."""
TALL = 1000
"""Rows stand further apart where lines need the room, up to a drawing of this height."""


@dataclass(frozen=True, slots=True)
class Node:
    """A wallet, or `count` of them folded; `id` is its address; x and y are pixels of its centre."""

    id: str
    role: str
    count: int
    x: float
    y: float

    @property
    def box(self) -> Box:
        return node_box((self.x, self.y))


@dataclass(frozen=True, slots=True)
class Edge:
    """All payments of one token from one node to another: `label` is the sum, `detail` says how many. `path`
    is its line as SVG says it, `box` where the label stands.
    """

    source: str
    target: str
    label: str
    detail: str
    path: str
    box: Box


@dataclass(frozen=True, slots=True)
class Flow:
    """A drawing; `names` says of each wallet which node stands for it."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def flow(alert: Alert) -> Flow:
    """The transfers among the alert's evidence as a drawing, always the same; empty without any."""
    return drawing(alert.evidence, {wallet(role.address): wallet(role.role) for role in alert.roles})


def drawing(evidence: Iterable[Evidence], roles: Mapping[str, str], most: int = FOLD_ABOVE) -> Flow:
    """Transfers as a drawing of at most about `most` nodes; `roles`: wallet -> its part."""
    moves = [row for row in evidence if row.from_address and row.to_address]
    payments = [(wallet(row.from_address), wallet(row.to_address)) for row in moves]
    if not moves:
        return Flow()
    names = folded(payments, roles, most)
    summed = sums(moves, names)
    columns = columns_of((each.source, each.target) for each in summed)
    places = _places(columns, lanes(summed), COLUMN if len(summed) <= BUSY else WIDE_COLUMN)
    counts = Counter(names.values())
    nodes = tuple(
        Node(name, roles.get(name, "other"), counts[name], *place) for name, place in places.items()
    )
    edges = tuple(
        Edge(each.source, each.target, each.label, each.detail, line.svg(), box)
        for each, (line, box) in zip(summed, drawn(summed, places), strict=True)
    )
    return Flow(nodes, edges, names)


def _places(columns: list[list[str]], lanes: int, width: int) -> Mapping[str, Point]:
    """Lines of two rows that meet in one node are half as far apart as the rows: there lie their labels."""
    tallest = max(len(column) for column in columns)
    row = max(ROW, min(2 * LANE * (lanes + 1), TALL // tallest) if lanes > 1 else 0)
    return {
        name: (width * (across + 0.5), row * (down + 0.5 + (tallest - len(column)) / 2))
        for across, column in enumerate(columns)
        for down, name in enumerate(column)
    }
