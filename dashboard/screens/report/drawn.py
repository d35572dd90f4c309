"""A drawing of a flow as both writers of a report need it: its colours, its extent, its lines as points."""

from __future__ import annotations

import re

from dashboard import wording
from dashboard.flow import Flow, Node

TONES = {
    "attacker": "#dc2626", "victim": "#2563eb", "intermediary": "#d97706", "infrastructure": "#64748b",
    "subject": "#64748b", "other": "#94a3b8",
}  # fmt: skip
MARGIN = 14
_NUMBER = re.compile(r"-?[0-9.]+(?:e[-+]?[0-9]+)?")

Point = tuple[float, float]


def named(node: Node) -> str:
    """What stands in a node: the short address of a wallet, or of how many wallets it stands for."""
    return wording.short(node.id) if node.count == 1 else f"{node.count} wallets"


def extent(flow: Flow) -> tuple[float, float, float, float]:
    """Left, top, width and height of everything that is drawn, with a margin."""
    boxes = [node.box for node in flow.nodes] + [edge.box for edge in flow.edges]
    xs = [end for box in boxes for end in (box.x - box.width / 2, box.x + box.width / 2)]
    ys = [end for box in boxes for end in (box.y - box.height / 2, box.y + box.height / 2)]
    for edge in flow.edges:
        xs += [x for x, _ in points(edge.path)]
        ys += [y for _, y in points(edge.path)]
    left, top = min(xs) - MARGIN, min(ys) - MARGIN
    return left, top, max(xs) - left + MARGIN, max(ys) - top + MARGIN


def points(path: str) -> list[Point]:
    """The four points of a line, of the SVG that `dashboard.flow` makes of it."""
    numbers = [float(each) for each in _NUMBER.findall(path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))
