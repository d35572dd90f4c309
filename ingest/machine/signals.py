"""What long-running commands share: a signal sets an event, and loops end where it is safe."""

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Yields an event that SIGTERM or SIGINT sets; puts earlier handlers back. Main thread only.

    A thread sets it, woken through a pipe: a handler runs in the middle of whatever the main thread does, and
    where that is a look at the event, to set it there would wait for its lock for ever.
    """
    stop = threading.Event()
    reader, writer = os.pipe()

    def listen() -> None:
        if os.read(reader, 1) == b"s":
            stop.set()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        os.write(writer, b"s")

    listener = threading.Thread(target=listen, daemon=True, name="signals")
    listener.start()
    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.write(writer, b"e")
        listener.join()
        os.close(reader)
        os.close(writer)


def collect_seldom() -> None:
    """For who reads nodes or judges blocks: both make many small objects, few of them in a cycle. To look for
    cycles among them as often as Python does takes a twelfth of the time of judging, and a third of a second
    at once where all that an engine keeps is looked through.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
