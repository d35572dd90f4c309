"""What was worked out of a piece is gone once it is judged, without a wait for Python to find circles."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from detectors.base import Finding
from detectors.engine.engine import Engine
from detectors.parts.contract import Seen
from tests.detectors.seen.looking import Looker
from tests.fixtures.frames import ChainBuilder, address


class Known:
    """What a detector keeps for the next who asks: it names the piece that keeps it."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen


class Keeper(Looker):
    """Keeps something of each piece."""

    def __init__(self) -> None:
        super().__init__(("net",))
        self.kept: list[weakref.ref[Known]] = []

    def score(self, seen: Seen) -> list[Finding]:
        self.kept.append(weakref.ref(seen.once("known", lambda: Known(seen))))
        return []


@pytest.fixture
def no_circles_are_looked_for() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_circles_are_looked_for")
def test_a_piece_is_gone_when_the_next_one_comes() -> None:
    keeper: Any = Keeper()
    chain = ChainBuilder().block().native(address("alice"), address("bob"), 5).blocks(119)
    Engine(1, [keeper]).take(chain.batch())
    assert len(keeper.kept) > 2
    assert [each() for each in keeper.kept] == [None] * len(keeper.kept)
