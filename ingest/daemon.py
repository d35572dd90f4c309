"""What long-running commands share: a signal sets an event, and loops end where it is safe."""

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Yields an event that SIGTERM or SIGINT sets; puts earlier handlers back. Main thread only."""
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def collect_seldom() -> None:
    """Answers are many small objects, none of them in a cycle: to look for cycles as often as Python does
    takes a tenth of the time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
