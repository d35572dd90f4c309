"""What is known of one node: how fast it answers, how often it fails, how high it is, whether it lied."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from ingest.model.errors import NodeMisbehaved, UndertowError

FIRST_REST_S, LONGEST_REST_S = 0.1, 5.0
"""A node that fails is left alone for this long, doubled with every failure in a row. A rest that the node
asked for itself (`Retry-After`) may be longer, and is kept.
"""

FIRST_PROBE_S, LONGEST_PROBE_S = 0.5, 60.0
"""How long a node that lied is left alone before it is put to the test, doubled with every lie."""

_SMOOTHING = 0.1


@dataclass(frozen=True, slots=True)
class Distrust:
    """Why a node is not asked: what it said of block `number` (None: that it serves another chain)."""

    number: int | None
    reason: str


@dataclass(slots=True)
class Health:
    """Written by whoever asks the node, read by the pool that chooses among nodes."""

    latency_s: float | None = None
    answers: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    lies: int = 0
    mixed: int | None = None
    """The last block that the node gave with receipts of another."""
    head: int | None = None
    last_error: UndertowError | None = None
    distrust: Distrust | None = None
    _rests_until: float = 0.0
    _probe_at: float = 0.0
    _chance: random.Random = field(default_factory=random.Random)

    def answered(self, took_s: float) -> None:
        """The node gave an answer after `took_s` seconds; it may still turn out to be nonsense."""
        self.answers += 1
        before = took_s if self.latency_s is None else self.latency_s
        self.latency_s = before + _SMOOTHING * (took_s - before)

    def well(self, gave_blocks: bool = False) -> None:
        """The answer was one. It ends a row of failures to answer; a row of bad answers ends with blocks."""
        if gave_blocks or not isinstance(self.last_error, NodeMisbehaved):
            self.failures_in_a_row = 0
            self._rests_until = 0.0

    def failed(self, error: UndertowError, retry_after_s: float | None = None) -> None:
        """No answer, or nonsense: the node rests, with jitter, so that many readers do not return at once."""
        self.failures += 1
        self.last_error = error
        rest_s = min(FIRST_REST_S * 2.0 ** min(self.failures_in_a_row, 30), LONGEST_REST_S)
        self.failures_in_a_row += 1
        wait_s = rest_s * self._chance.uniform(0.5, 1.0) if retry_after_s is None else retry_after_s
        self._rests_until = max(self._rests_until, time.monotonic() + wait_s)

    def lied(self, distrust: Distrust, error: UndertowError) -> None:
        """The node is not asked again before `proved_true`."""
        self.last_error = error
        if self.distrust is not None:
            return
        self.lies += 1
        self.distrust = distrust
        self.probe_later()

    def probe_later(self) -> None:
        pause_s = min(FIRST_PROBE_S * 2.0 ** min(self.lies - 1, 30), LONGEST_PROBE_S)
        self._probe_at = time.monotonic() + pause_s

    def proved_true(self) -> None:
        """The node told the truth about what it had lied about."""
        self.distrust = None

    @property
    def is_probe_due(self) -> bool:
        return self.distrust is not None and time.monotonic() >= self._probe_at

    @property
    def rest_s(self) -> float:
        """Seconds that the node is still to be left alone; 0 where it can be asked now."""
        return max(0.0, self._rests_until - time.monotonic())
