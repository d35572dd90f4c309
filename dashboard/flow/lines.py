"""Where the lines of a drawing run and where their labels stand: no label lies on another, or on a node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from dashboard.flow.sums import Sum, width_of

NODE_WIDTH, NODE_HEIGHT = 168, 46
LABEL_HEIGHT, CHARACTER = 17, 7.4
"""Pixels of a label's line, and of a character of it at 12 pixels."""
LANE = 22
"""Pixels between the labels of two lines between the same nodes: more than a label's height."""
_BENDS = (0, -80, 80, -130, 130, -180, 180, -260, 260)
"""What a line that would run through another node is bent by, tried in turn."""
_ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.28, 0.72, 0.22, 0.78, 0.46, 0.54, 0.38, 0.62, 0.18, 0.82)
"""Places along its line where a label may stand, tried in turn."""
_MARGIN = 3

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its centre."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box) -> bool:
        across = abs(self.x - other.x) * 2 < self.width + other.width
        return across and abs(self.y - other.y) * 2 < self.height + other.height

    def holds(self, point: Point) -> bool:
        return abs(point[0] - self.x) * 2 < self.width and abs(point[1] - self.y) * 2 < self.height


@dataclass(frozen=True, slots=True)
class Line:
    """A cubic curve by its four points, from payer to payee."""

    points: tuple[Point, Point, Point, Point]

    def at(self, t: float) -> Point:
        weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
        x, y = (sum(w * p[axis] for w, p in zip(weights, self.points, strict=True)) for axis in (0, 1))
        return x, y

    def svg(self) -> str:
        (x, y), *others = self.points
        return f"M{x:g} {y:g}C" + " ".join(f"{a:g} {b:g}" for a, b in others)


def node_box(place: Point) -> Box:
    return Box(*place, NODE_WIDTH, NODE_HEIGHT)


def lanes(sums: Iterable[Sum]) -> int:
    """The most lines between two nodes, there and back."""
    counted: dict[frozenset[str], int] = defaultdict(int)
    for each in sums:
        counted[frozenset((each.source, each.target))] += 1
    return max(counted.values(), default=1)


def drawn(sums: Sequence[Sum], places: Mapping[str, Point]) -> list[tuple[Line, Box]]:
    """The line of each sum and the box of its label."""
    lines = _lines(sums, places)
    nodes = [node_box(place) for place in places.values()]
    taken: list[Box] = []
    for each, line in zip(sums, lines, strict=True):
        taken.append(_free_place(line, width_of(each.label) * CHARACTER, [*nodes, *taken]))
    return list(zip(lines, taken, strict=True))


def _lines(sums: Sequence[Sum], places: Mapping[str, Point]) -> list[Line]:
    """Between the same two nodes one above the other, those that go back among them."""
    pairs: dict[frozenset[str], list[int]] = defaultdict(list)
    for index, each in enumerate(sums):
        pairs[frozenset((each.source, each.target))].append(index)
    lines: dict[int, Line] = {}
    for ends, members in pairs.items():
        others = [node_box(place) for name, place in places.items() if name not in ends]
        left = min(ends, key=lambda name: places[name])
        right = max(ends, key=lambda name: places[name])
        for lane, index in enumerate(members):
            offset = (lane - (len(members) - 1) / 2) * LANE
            lines[index] = (
                _loop(places[left], lane)
                if left == right
                else _between(places[left], places[right], offset, others, sums[index].source == right)
            )
    return [lines[index] for index in range(len(sums))]


def _between(left: Point, right: Point, offset: float, others: Sequence[Box], backwards: bool) -> Line:
    """From side to side, around the nodes between, if there are any."""
    bent = (_curve(left, right, offset + bend) for bend in _BENDS)
    clear = (line for line in bent if not _runs_through(line, others))
    line = next(clear, _curve(left, right, offset))
    return Line(line.points[::-1]) if backwards else line


def _curve(left: Point, right: Point, bend: float) -> Line:
    """`bend` is how far its middle lies below the straight line."""
    x1, x2 = left[0] + NODE_WIDTH / 2, right[0] - NODE_WIDTH / 2
    half, down = (x2 - x1) / 2, bend / 0.75
    return Line(((x1, left[1]), (x1 + half, left[1] + down), (x2 - half, right[1] + down), (x2, right[1])))


def _loop(place: Point, lane: int) -> Line:
    """Out of the top of a node and into it again."""
    x, top, out = place[0], place[1] - NODE_HEIGHT / 2, 30 + LANE * (lane + 1) / 0.75
    return Line(((x - 24, top), (x - 60, top - out), (x + 60, top - out), (x + 24, top)))


def _runs_through(line: Line, others: Sequence[Box]) -> bool:
    points = [line.at(step / 24) for step in range(1, 24)]
    return any(box.holds(point) for box in others for point in points)


def _free_place(line: Line, width: float, taken: Sequence[Box]) -> Box:
    """The first place on the line that nothing else takes, else the nearest above or below its middle."""
    for x, y in _candidates(line):
        box = Box(x, y - LABEL_HEIGHT / 2, width + 2 * _MARGIN, LABEL_HEIGHT)
        if not any(box.meets(other) for other in taken):
            return box
    raise AssertionError("the candidates have no end")


def _candidates(line: Line) -> Iterator[Point]:
    yield from (line.at(t) for t in _ALONG)
    x, y = line.at(0.5)
    for step in count(1):
        yield x, y + step * LABEL_HEIGHT
        yield x, y - step * LABEL_HEIGHT
