"""Whose turn it is: a process that stands by works once the one that works is silent, and not before.

Nothing rests on this but how often processes take over from each other: that what one of them does counts,
and nothing of the other, is seen to by a transactional id of Kafka, or by an epoch in a store.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from ingest.model.errors import TakenOver, Unreachable

ASK_S = 0.25
BEAT_S = 1.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its machine's name and its number there, for people; and what no other process has."""

    instance: str
    token: str

    @classmethod
    def of_this_process(cls) -> Owner:
        return cls(f"{(socket.gethostname() or 'unnamed')[:100]}:{os.getpid()}", secrets.token_hex(8))


class Beat(msgspec.Struct, frozen=True):
    """`number` counts with each beat of `token`; `ended` is its last one, said on leaving."""

    instance: str
    token: str
    number: int
    ended: bool = False


class Beats(Protocol):
    """Asked for the last beat of `work`: None before the first."""

    work: str

    def last(self) -> Beat | None: ...
    def close(self) -> None: ...


Opening = Callable[[], Beats]


def _nothing() -> None:
    """Beside waiting."""


@dataclass(slots=True)
class Turns:
    """Of one process in one role. Without `silence_s` it stands by for nobody: it takes its first turn at
    once, and none that another process has taken from it.
    """

    owner: Owner
    silence_s: float | None
    say: Callable[[str], None]
    _turns: int = field(default=0, init=False)
    _taken_over: bool = field(default=False, init=False)

    def await_one(
        self, opening: Opening, stop: threading.Event, meanwhile: Callable[[], None] = _nothing
    ) -> bool:
        """Returns once it is this process's turn; False where `stop` came first. `meanwhile` is called
        between questions.

        Raises Unreachable; TakenOver where another process has its turn and this one does not stand by.
        """
        if self.silence_s is None and not self._turns:
            self._turns = 1
            return True
        with closing(opening()) as beats:
            if not self._is_free(beats.last()):
                if self.silence_s is None:
                    raise TakenOver(f"another process works as {beats.work} and took over: this one ends")
                if not self._stands_by(beats, self.silence_s, stop, meanwhile):
                    return False
        self._turns, self._taken_over = self._turns + 1, False
        return True

    def lose(self, error: TakenOver) -> None:
        """This turn ended as another process took over. Raises `error` where this one does not stand by."""
        if self.silence_s is None:
            raise error
        self._taken_over = True

    def expect_own(self, opening: Opening, error: Unreachable) -> None:
        """Raises TakenOver where what looked as if something were away was another process that took over,
        and `error` where that cannot be asked.
        """
        try:
            with closing(opening()) as beats:
                beat = beats.last()
        except Unreachable:
            raise error from None
        if beat is not None and beat.token != self.owner.token:
            raise TakenOver(f"{beat.instance} works as {beats.work} and took over: this one ends")

    def _is_free(self, beat: Beat | None) -> bool:
        """Nobody works, or it was this process itself, until the broker went away."""
        return beat is None or beat.ended or (beat.token == self.owner.token and not self._taken_over)

    def _stands_by(
        self,
        beats: Beats,
        silence_s: float,
        stop: threading.Event,
        meanwhile: Callable[[], None],
    ) -> bool:
        """Silence is summed up from short waits: who was stopped itself meanwhile has not heard silence."""
        heard, silent_s, told = beats.last(), 0.0, ""
        while not stop.is_set():
            began = time.monotonic()
            meanwhile()
            stop.wait(max(0.0, ASK_S - (time.monotonic() - began)))
            beat = beats.last()
            if self._is_free(beat):
                self.say(f"{beats.work}: the process that did this has ended: taking over")
                return True
            assert beat is not None
            if beat.instance != told:
                told = beat.instance
                self.say(f"{beats.work}: standing by for {told}")
            silent_s = 0.0 if beat != heard else silent_s + min(time.monotonic() - began, 2 * ASK_S)
            heard = beat
            if silent_s >= silence_s:
                self.say(f"{beats.work}: {told} is silent for {silence_s:g} seconds: taking over")
                return True
        return False


def in_turns(
    turns: Turns, work: Callable[[], None], stop: threading.Event, say: Callable[[str], None]
) -> None:
    """Does `work`, which awaits its turn itself, and again each time that another process took over from it.

    Raises what `work` raises, TakenOver where this process stands by for nobody.
    """
    while True:
        try:
            return work()
        except TakenOver as error:
            turns.lose(error)
            say("another process took over: nothing that was under way here counts, standing by")
        if stop.is_set():
            return None
