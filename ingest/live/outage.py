"""A broker that goes away for a while (stopped, restarted, its disk full) is waited for; nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ingest.model.errors import BrokerUnreachable

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0


def despite_outages(
    session: Callable[[Callable[[], None]], None], stop: threading.Event, say: Callable[[str], None]
) -> None:
    """Runs `session`, and again after each time that the broker went away, until it ends or `stop` is set.

    A session calls what it is given once the broker has answered. It must read from the broker where it
    stands: nobody knows what became of the transaction that was open. Raises BrokerUnreachable where the
    broker did not answer in the first session, and whatever else a session raises.
    """
    met, told, wait_s = False, "", FIRST_WAIT_S

    def connected() -> None:
        nonlocal met, told, wait_s
        if told:
            say("going on: Kafka answers again")
        met, told, wait_s = True, "", FIRST_WAIT_S

    while not stop.is_set():
        try:
            session(connected)
            return
        except BrokerUnreachable as error:
            if not met:
                raise
            if str(error) != told:
                told = str(error)
                say(f"waiting: {error}")
        stop.wait(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)
