"""Metrics of the store: alerts by category and status, when it was filed, what is set aside, messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from dashboard.store import Reader
from dashboard.store.anchors import last_settled, stretch_counts
from dashboard.store.measured import alert_counts, filed_at
from dashboard.store.outbox_reading import outbox_counts
from ingest.machine.metrics import Metric, gauge
from ingest.model.errors import UndertowError

KEPT_S = 5.0
"""Counting 100,000 alerts takes a moment: it is not done more often than this."""


class StoreMetrics:
    """Of the store that `opened` opens; while it cannot be read there are none."""

    def __init__(self, opened: Callable[[], Reader], clock: Callable[[], float] = time.monotonic) -> None:
        self._opened = opened
        self._clock = clock
        self._reader: Reader | None = None
        self._at = float("-inf")
        self._last: Sequence[Metric] = ()

    def __call__(self) -> Sequence[Metric]:
        if self._clock() - self._at > KEPT_S:
            try:
                self._reader = self._reader or self._opened()
                self._last = list(_read(self._reader))
            except UndertowError:
                self._last = ()
            self._at = self._clock()
        return self._last

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _read(reader: Reader) -> Iterator[Metric]:
    yield gauge("undertow_alerts", ("chain", "category", "status"), alert_counts(reader).items())
    filed = [((chain,), at) for chain, at in filed_at(reader).items()]
    yield gauge("undertow_filed_timestamp_seconds", ("chain",), filed)
    aside = [((str(chain),), float(count)) for chain, count in reader.set_aside_counts().items()]
    yield gauge("undertow_set_aside", ("chain",), aside)
    messages = [((state,), float(count)) for state, count in outbox_counts(reader).items()]
    yield gauge("undertow_outbox_messages", ("state",), messages)
    counted = stretch_counts(reader).items()
    stretches = [((str(chain), state), float(count)) for (chain, state), count in counted]
    yield gauge("undertow_anchor_stretches", ("chain", "state"), stretches)
    settled = [((str(chain),), float(block)) for chain, block in last_settled(reader).items()]
    yield gauge("undertow_anchored_block", ("chain",), settled)
