"""Work on a store in turns: who stands by waits for silence, who works begins an epoch of the store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial

from dashboard.filing.store_away import AWAY_S
from dashboard.store import StoreBeating, StoreTurns, Turn, open_turns
from ingest.model.errors import StoreUnreachable, UndertowError
from ingest.model.turns import Owner, Turns, in_turns

Check = Callable[[], None]
"""Raises TakenOver where the turn is over, and StoreUnreachable."""
Say = Callable[[str], None]


def in_store_turns(
    url: str,
    work: str,
    standby_s: float | None,
    stop: threading.Event,
    say: Say,
    do: Callable[[Turn, Check], None],
) -> None:
    """Does it once it is this process's turn, and again after each time that another one took over.

    Raises what `do` raises; TakenOver where another process took over and this one does not stand by.
    """
    owner = Owner.of_this_process()
    turns = Turns(owner, standby_s, say)

    def once() -> None:
        with closing(open_turns(url, work)) as own:
            turn = _begun(turns, partial(open_turns, url, work), partial(own.take, owner), stop, say)
            if turn is not None:
                with StoreBeating(own, turn):
                    _done(partial(do, turn), partial(own.check, turn))

    in_turns(turns, once, stop, say)


def _done(do: Callable[[Check], None], check: Check) -> None:
    """What failed because another process had already gone on is no failure: then `check` says why."""
    try:
        do(check)
    except UndertowError:
        with suppress(StoreUnreachable):
            check()
        raise


def _begun(
    turns: Turns,
    opening: Callable[[], StoreTurns],
    take: Callable[[], Turn],
    stop: threading.Event,
    say: Say,
) -> Turn | None:
    """A turn; None where `stop` came first. Who stands by waits for a store that is away."""
    told = ""
    while not stop.is_set():
        try:
            return take() if turns.await_one(opening, stop) else None
        except StoreUnreachable as error:
            if turns.silence_s is None:
                raise
            if str(error) != told:
                told = str(error)
                say(f"waiting: {error}")
            stop.wait(AWAY_S)
    return None
