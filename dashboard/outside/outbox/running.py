"""The loop of `undertow notify`: look at what was filed, hold what is to be held, send what is due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from dashboard.outside.outbox.choosing import tellings
from dashboard.outside.outbox.mark import Mark
from dashboard.outside.outbox.messages import Message, message_of, message_of_alarm
from dashboard.outside.outbox.outcome import Outcome
from dashboard.outside.outbox.routes import Routes
from dashboard.outside.outbox.senders import Sender, sender
from dashboard.store.alarms import KIND
from dashboard.store.letters import Known, Letter, Telling
from dashboard.store.outbox import Outbox
from dashboard.store.revision_reading import Revision
from detectors.alerts.alert import Alert
from detectors.alerts.messages import alert_from, alert_key
from ingest.model.errors import StoreUnreachable, UnreadableRecord

POLL_S = 0.5
MOST_TRIES = 12
FIRST_WAIT_S, LONGEST_WAIT_S = 2, 1_800
GIVE_UP_S = 86_400
"""What waited longer is told to nobody: in a restored backup it may have been told long ago."""
KEPT_S = 7 * 86_400
AGE_EVERY_S = 600.0

Say = Callable[[str], None]


class Notifier:
    """One message at a time: whoever kills it makes it repeat one at most, under the same id."""

    def __init__(
        self,
        outbox: Outbox,
        routes: Routes,
        say: Say,
        mark: Mark,
        clock: Callable[[], float] = time.time,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`check` raises where another process has taken over: it is asked before each message."""
        self._outbox = outbox
        self._routes = routes
        self._say = say
        self._mark = mark
        self._clock = clock
        self._check = check
        self._senders = senders(routes)
        if known := outbox.settle(mark, self._now()):
            say(f"notify: {known} messages of this store arrived before: it is an older one")

    def step(self) -> int:
        """Plans, folds, and sends the first message of each channel; how much there was to do."""
        self._check()
        done = self._outbox.plan(self._decide, self._now(), self._routes.storm, self._mark)
        now = self._now()
        done += self._outbox.plan_alarms(self._routes.operators, now, now - self._routes.max_age)
        done += self._outbox.fold(now)
        for letter in self._outbox.due(self._now()):
            self._send(letter)
            done += 1
        return done

    def age(self) -> None:
        self._outbox.age(self._now() - KEPT_S)

    def _now(self) -> int:
        return int(self._clock())

    def _decide(self, revision: Revision, known: Known) -> Sequence[Telling]:
        alert = _alert(revision)
        return [] if alert is None else tellings(self._routes, revision, alert, known, self._now())

    def _send(self, letter: Letter) -> None:
        now = self._now()
        message = self._message(letter)
        if letter.channel not in self._senders:
            self._outbox.dead(letter, now, "no such channel in the file of routes")
        elif message is None:
            self._outbox.dead(letter, now, "the store no longer holds what it tells of")
        elif now - letter.filed_at > GIVE_UP_S:
            self._outbox.dead(letter, now, "it waited for more than a day")
        else:
            self._check()
            self._settle(letter, self._senders[letter.channel].send(message))

    def _message(self, letter: Letter) -> Message | None:
        if letter.kind == KIND:
            alarm = self._outbox.alarm(letter)
            return None if alarm is None else message_of_alarm(letter, alarm)
        alerts = [alert for each in self._outbox.revisions(letter) if (alert := _alert(each)) is not None]
        return message_of(letter, alerts) if alerts else None

    def _settle(self, letter: Letter, outcome: Outcome) -> None:
        now = self._now()
        if outcome.arrived:
            if letter.kind != KIND:  # a store of before gives the number of an alarm, and so its id, again
                self._mark.note(self._outbox.ids(letter), now)
            self._outbox.sent(letter, now)
            self._say(f"notify: {letter.channel}: told {letter.kind} ({letter.id})")
        elif outcome.again and letter.attempts + 1 < MOST_TRIES:
            wait = max(outcome.wait_s, min(FIRST_WAIT_S * 2**letter.attempts, LONGEST_WAIT_S))
            self._outbox.failed(letter, now + wait, outcome.reason)
            self._say(f"notify: {letter.channel}: {outcome.reason}: again in {wait} s")
        else:
            self._outbox.dead(letter, now, outcome.reason)
            self._say(f"notify: {letter.channel}: {outcome.reason}: given up ({letter.id})")


def senders(routes: Routes) -> Mapping[str, Sender]:
    """Of every channel. Raises BadInput for settings that cannot be used."""
    return {name: sender(name, settings) for name, settings in routes.channels.items()}


def run(notifier: Notifier, stop: threading.Event, say: Say, once: bool = False) -> None:
    """Until `stop`, or, `once`, until nothing is left to do now. A store that goes away is waited for."""
    aged, trouble = float("-inf"), ""
    while not stop.is_set():
        done = 0
        try:
            done = notifier.step()
            if time.monotonic() - aged > AGE_EVERY_S:
                notifier.age()
                aged = time.monotonic()
            trouble = ""
        except StoreUnreachable as error:
            if str(error) != trouble:
                say(f"notify: waiting: {error}")
            trouble = str(error)
        if not done:
            if once and not trouble:
                return
            stop.wait(POLL_S)


def _alert(revision: Revision) -> Alert | None:
    """None for a row that was written over by hand."""
    try:
        key = alert_key(revision.chain_id, revision.alert_id)
        return alert_from(key, revision.record.encode(errors="replace"), revision.chain_id)
    except (UnreadableRecord, AttributeError):
        return None
