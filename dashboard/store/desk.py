"""What people do to the store: each change in one transaction with the row of the audit that tells of it.

Every function takes who does it, and refuses whoever may not, so that no screen has to be trusted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert

from dashboard.store.audit import Deed, lock, note
from dashboard.store.case_reading import Comment, SavedFilter, Watch
from dashboard.store.case_rows import (
    case_at,
    case_row,
    filters_of,
    is_at,
    is_case,
    person_subject,
    place_of,
    watch_at,
    watch_subject,
)
from dashboard.store.case_tables import cases, comments, saved_filters, watches
from dashboard.store.cases import AlertKey, Case, Change, changed
from dashboard.store.epsilon import RELEASED, Spending, epsilon_subject, spent_of
from dashboard.store.people import Actor, named, require
from dashboard.store.refusals import Overtaken
from dashboard.store.texts import storable, written
from dashboard.store.values import quoted, whole
from ingest.model.errors import BadInput

MOST_AT_ONCE = 1_000
"""Alerts that one bulk action changes: it holds the store's lock meanwhile."""
MOST_KEPT = 200
"""Filters that one person keeps."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of a bulk action: cases that were changed, and those that somebody else changed before,
    as they stand now; these were left alone.
    """

    changed: list[Case]
    overtaken: list[Case]


class Desk:
    """The writing side of case work. Every method raises NotAllowed, BadInput, AuditBroken or
    StoreUnreachable.
    """

    def __init__(
        self,
        engine: Engine,
        telling: Callable[[], AbstractContextManager[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._telling = telling
        self._clock = clock

    def change(self, actor: Actor, alert: AlertKey, seen: int, change: Change) -> Case:
        """The case after it. `seen` is the revision that the person had before their eyes.

        Raises Overtaken, with the case as it stands, where somebody changed it since.
        """
        done = self.change_many(actor, [(alert, seen)], change)
        if done.overtaken:
            now = done.overtaken[0]
            raise Overtaken(
                f"{quoted(now.changed_by)} changed the case of alert {quoted(alert.alert_id)} meanwhile: "
                "look at it and decide again",
                now,
            )
        return done.changed[0]

    def change_many(self, actor: Actor, seen: Sequence[tuple[AlertKey, int]], change: Change) -> Bulk:
        """The same change of many cases, each with the revision that was seen of it; all in one transaction,
        but for those that somebody else changed since.
        """
        actor = require(actor, "analyst", "change a case")
        if len(seen) > MOST_AT_ONCE:
            raise BadInput(f"{len(seen):,} alerts at once, at most {MOST_AT_ONCE:,}: choose fewer")
        done = Bulk([], [])
        with self._writing() as connection:
            for alert, revision in seen:
                stands = case_at(connection, alert)
                if stands.revision != revision:
                    done.overtaken.append(stands)
                else:
                    done.changed.append(self._changed(connection, actor, stands, change))
        return done

    def comment(self, actor: Actor, alert: AlertKey, text: str) -> Comment:
        """Adds what somebody says: nobody can be in the way of that, and nothing takes it away again."""
        actor = require(actor, "analyst", "comment on an alert")
        said = written(text, "the comment")
        with self._writing() as connection:
            case_at(connection, alert)
            deed = self._deed(actor, "comment", f"case {alert}", None, said)
            added = Comment(note(connection, deed), deed.at, actor.name, said)
            where = {"chain_id": alert.chain_id, "alert_id": alert.alert_id}
            kept = {"number": added.number, "at": added.at, "person": added.person, "text": said}
            connection.execute(insert(comments), where | kept)
        return added

    def watch(self, actor: Actor, chain_id: int, address: str, why: str = "") -> Watch:
        """Puts an address on the watch list, or gives it another note."""
        actor = require(actor, "analyst", "watch an address")
        place, kept = place_of(chain_id, address), storable(why, "the note")
        with self._writing() as connection:
            before = watch_at(connection, place)
            after = {"note": kept, "person": actor.name}
            deed = self._deed(actor, "watch", watch_subject(place), before, after)
            note(connection, deed)
            connection.execute(delete(watches).where(is_at(place)))
            connection.execute(insert(watches), place | after | {"at": deed.at})
        return Watch(chain_id, place["address"], kept, actor.name, deed.at)

    def unwatch(self, actor: Actor, chain_id: int, address: str) -> None:
        """Takes an address off the watch list; where it is not on it, nothing happens."""
        actor = require(actor, "analyst", "take an address off the watch list")
        place = place_of(chain_id, address)
        with self._writing() as connection:
            before = watch_at(connection, place)
            if before is not None:
                note(connection, self._deed(actor, "unwatch", watch_subject(place), before, None))
                connection.execute(delete(watches).where(is_at(place)))

    def save_filter(self, actor: Actor, name: str, query: str) -> SavedFilter:
        """Keeps a view under a name. The person's own of the same name is replaced."""
        actor = require(actor, "analyst", "save a filter")
        called, asked = written(name, "the name"), storable(query, "the filter")
        with self._writing() as connection:
            mine = filters_of(connection, actor.name)
            replaced = [each for each in mine if each["name"] == called]
            for old in replaced:
                self._drop(connection, actor, old)
            if len(mine) - len(replaced) >= MOST_KEPT:
                raise BadInput(f"{MOST_KEPT} filters are kept already: remove one first")
            number = lock(connection)[0] + 1
            after = {"person": actor.name, "name": called, "query": asked}
            deed = self._deed(actor, "save filter", f"filter {number}", None, after)
            note(connection, deed)
            connection.execute(insert(saved_filters), after | {"number": number, "at": deed.at})
        return SavedFilter(number, called, asked, deed.at)

    def drop_filter(self, actor: Actor, number: int) -> None:
        """Removes one of the person's own filters; where it is none, nothing happens."""
        actor = require(actor, "analyst", "remove a filter")
        with self._writing() as connection:
            for old in filters_of(connection, actor.name):
                if old["number"] == number:
                    self._drop(connection, actor, old)

    def signed_in(self, actor: Actor, how: str) -> None:
        """Notes that somebody came: of any role, since it changes nothing but the audit."""
        actor = named(actor)
        with self._writing() as connection:
            note(connection, self._deed(actor, "sign in", person_subject(actor.name), None, {"how": how}))

    def sign_in_refused(self, name: str, how: str) -> None:
        """Notes that somebody gave the name of a person who may sign in, and not their password."""
        nobody = named(Actor(name, "viewer"))
        subject = person_subject(nobody.name)
        with self._writing() as connection:
            note(connection, self._deed(nobody, "sign-in refused", subject, None, {"how": how}))

    @contextmanager
    def user_change(
        self, actor: Actor, action: str, name: str, before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> Iterator[None]:  # fmt: skip
        """Notes what becomes of who may sign in. What is done inside is done only if that can be noted, and
        noted only if it was done.
        """
        actor = require(actor, "admin", "decide who may sign in")
        with self._writing() as connection:
            note(connection, self._deed(actor, action, person_subject(name), before, after))
            yield

    @contextmanager
    def pack_change(self, actor: Actor, action: str, subject: str, told: Mapping[str, Any]) -> Iterator[None]:
        """Notes what becomes of packs and their keys. What is done inside is done only if that can be noted,
        and noted only if it was done.
        """
        actor = require(actor, "admin", "take in packs")
        with self._writing() as connection:
            note(connection, self._deed(actor, action, subject, None, told))
            yield

    def spend_epsilon(
        self, actor: Actor, spending: Spending, told: Mapping[str, Any], mark: Callable[[int], None]
    ) -> int:
        """Of a chain's budget, for ever; how much is spent then, in millionths. `mark` notes that outside of
        the store before it stands here. Raises BadInput where the budget is used up.
        """
        actor = require(actor, "admin", "release figures")
        with self._writing() as connection:
            total = spending.total_after(spent_of(connection, spending.chain_id))
            mark(total)
            after = {**told, "micro_epsilon": spending.micro, "spent": total, "budget": spending.budget}
            note(connection, self._deed(actor, RELEASED, epsilon_subject(spending.chain_id), None, after))
        return total

    @contextmanager
    def rule_change(
        self, actor: Actor, action: str, name: str, before: Callable[[], str | None], after: str | None
    ) -> Iterator[None]:
        """Notes what becomes of an analyst's rule, with its whole text before and after. `before` is asked
        once nobody else can change one; what is done inside is done only if that can be noted, and noted only
        if it was done.
        """
        actor = require(actor, "analyst", "change a rule")
        with self._writing() as connection:
            note(connection, self._deed(actor, action, f"rule {name}", before(), after))
            yield

    def note_model(self, actor: Actor, name: str, told: Mapping[str, Any]) -> None:
        """Notes the digests of a trained model: they are under the audit's head from then on."""
        actor = require(actor, "admin", "note a model")
        with self._writing() as connection:
            note(connection, self._deed(actor, "note model", f"model {name}", None, told))

    def close(self) -> None:
        self._engine.dispose()

    def _changed(self, connection: Connection, actor: Actor, stands: Case, change: Change) -> Case:
        wanted = changed(stands, change)
        if wanted == stands:
            return stands
        subject = f"case {stands.alert}"
        deed = self._deed(actor, "change case", subject, stands.decided(), wanted.decided())
        revision = (whole(stands.revision) or 0) + 1
        after = replace(wanted, revision=revision, changed_at=deed.at, changed_by=actor.name)
        note(connection, deed)
        connection.execute(delete(cases).where(is_case(stands.alert)))
        connection.execute(insert(cases), case_row(after))
        return after

    def _drop(self, connection: Connection, actor: Actor, old: dict[str, Any]) -> None:
        before = {name: old[name] for name in ("person", "name", "query")}
        note(connection, self._deed(actor, "remove filter", f"filter {old['number']}", before, None))
        connection.execute(delete(saved_filters).where(saved_filters.c.number == old["number"]))

    def _deed(self, actor: Actor, action: str, subject: str, before: object, after: object) -> Deed:
        return Deed(actor, action, subject, {"before": before, "after": after}, int(self._clock()))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The audit is locked first: who reads what they are about to change sees nobody else's half."""
        with self._telling(), self._engine.begin() as connection:
            lock(connection)
            yield connection
