"""Ann and Andrew work on cases: nobody's change goes unseen, nobody's comment is lost. On each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dashboard import wording
from dashboard.filing.export import table_of
from dashboard.store import (
    ROLES,
    Actor,
    AlertKey,
    Case,
    Change,
    Desk,
    NotAllowed,
    Overtaken,
    Reader,
    open_desk,
)
from dashboard.store.desk import MOST_AT_ONCE
from dashboard.store.epsilon import Spending
from ingest.model.errors import BadInput
from tests.dashboard.alerts import ALICE, CHAIN, MALLORY, Filing, back_to, drain, judged
from tests.dashboard.people import ADA, ANDREW, ANN, HOSTILE, VERA

FIRST, SECOND = AlertKey(CHAIN, "drain-1"), AlertKey(CHAIN, "drain-2")
TAKEN = Change(status="open", assignee="ann")
DISMISSED = Change(disposition="dismissed", reason="known-service")


@pytest.fixture
def desk(store_url: str, filing: Filing) -> Iterator[Desk]:
    filing.file(drain(1), drain(2), blocks=(judged(5),))
    desk = open_desk(store_url)
    yield desk
    desk.close()


def test_a_case_is_new_until_somebody_takes_it(desk: Desk, reader: Reader) -> None:
    assert reader.cases.case(FIRST) == Case(FIRST)
    taken = desk.change(ANN, FIRST, 0, TAKEN)
    assert (taken.status, taken.assignee, taken.revision, taken.changed_by) == ("open", "ann", 1, "ann")
    assert reader.cases.case(FIRST) == taken
    assert reader.cases.cases([FIRST, SECOND]) == {FIRST: taken}
    assert reader.cases.counts() == {"open": 1}


def test_a_disposition_with_its_reason_closes_a_case_and_to_open_it_takes_both_away(
    desk: Desk, reader: Reader
) -> None:
    closed = desk.change(ANN, FIRST, 0, DISMISSED)
    assert (closed.status, closed.disposition, closed.reason) == ("closed", "dismissed", "known-service")
    opened = desk.change(ANDREW, FIRST, closed.revision, Change(status="open"))
    assert (opened.status, opened.disposition, opened.reason) == ("open", None, None)
    assert reader.cases.case(FIRST) == opened


def test_nobody_is_an_assignee_too(desk: Desk) -> None:
    assert desk.change(ANN, FIRST, 0, TAKEN).assignee == "ann"
    assert desk.change(ANN, FIRST, 1, Change(assignee="")).assignee is None


REFUSED = [
    (Change(status="forgotten"), "no status 'forgotten': choose new, open, closed"),
    (Change(status="closed"), "closed by a disposition and its reason"),
    (Change(disposition="maybe", reason="x"), "no disposition 'maybe'"),
    (Change(disposition="dismissed"), "no reason None for dismissed"),
    (Change(disposition="dismissed", reason="loss-verified"), "no reason 'loss-verified' for dismissed"),
    (Change(status="open", disposition="dismissed", reason="known-service"), "closes the case"),
    (Change(reason="known-service"), "belongs to a disposition"),
    (Change(assignee="x" * 20_001), "the assignee has 20,001 characters"),
]


def test_what_no_case_can_be_is_refused_and_changes_nothing(desk: Desk, reader: Reader) -> None:
    for change, said in REFUSED:
        with pytest.raises(BadInput, match=said):
            desk.change(ANN, FIRST, 0, change)
    assert reader.cases.case(FIRST) == Case(FIRST)
    assert reader.cases.history(FIRST) == []


def test_an_alert_that_is_not_there_has_no_case(desk: Desk) -> None:
    names = [(CHAIN, "drain-9"), (1, "drain-1"), (-1, "x"), (2**70, "x"), (CHAIN, "a\0"), (CHAIN, "\ud800")]
    for alert in (AlertKey(*name) for name in names):
        with pytest.raises(BadInput, match="there is no alert"):
            desk.change(ANN, alert, 0, TAKEN)
        with pytest.raises(BadInput, match="there is no alert"):
            desk.comment(ANN, alert, "hm")


def test_the_second_of_two_analysts_sees_the_change_of_the_first(desk: Desk, reader: Reader) -> None:
    desk.change(ANN, FIRST, 0, TAKEN)
    with pytest.raises(Overtaken, match="'ann' changed the case of alert 'drain-1' meanwhile") as told:
        desk.change(ANDREW, FIRST, 0, DISMISSED)
    assert told.value.case == reader.cases.case(FIRST)
    assert told.value.case.assignee == "ann"
    desk.change(ANDREW, FIRST, told.value.case.revision, DISMISSED)
    assert reader.cases.case(FIRST).disposition == "dismissed"


def test_who_wants_what_is_so_already_changes_nothing(desk: Desk, reader: Reader) -> None:
    once = desk.change(ANN, FIRST, 0, TAKEN)
    assert desk.change(ANDREW, FIRST, 1, TAKEN) == once
    assert len(reader.cases.history(FIRST)) == 1


def test_of_many_who_change_one_case_at_once_one_does_and_no_comment_is_lost(
    desk: Desk, reader: Reader
) -> None:
    people = [Actor(f"analyst {number}", "analyst") for number in range(8)]

    def work(person: Actor) -> bool:
        desk.comment(person, FIRST, f"{person.name} looked at it")
        try:
            desk.change(person, FIRST, 0, Change(status="open", assignee=person.name))
        except Overtaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(work, people))
    assert sum(done) == 1
    case = reader.cases.case(FIRST)
    assert (case.revision, case.assignee) == (1, people[done.index(True)].name)
    said = reader.cases.comments(FIRST)
    assert sorted(each.person for each in said) == sorted(person.name for person in people)
    assert [each.number for each in said] == sorted(each.number for each in said)
    assert reader.cases.checked().rows == 9


def test_a_bulk_action_leaves_alone_what_somebody_else_changed(desk: Desk, reader: Reader) -> None:
    desk.change(ANDREW, SECOND, 0, Change(status="open", assignee="andrew"))
    done = desk.change_many(ANN, [(FIRST, 0), (SECOND, 0)], DISMISSED)
    assert [case.alert for case in done.changed] == [FIRST]
    assert done.overtaken == [reader.cases.case(SECOND)]
    assert reader.cases.case(SECOND).assignee == "andrew"


def test_a_bulk_action_that_cannot_be_is_not_done_in_part(desk: Desk, reader: Reader) -> None:
    with pytest.raises(BadInput, match="there is no alert 'drain-9'"):
        desk.change_many(ANN, [(FIRST, 0), (AlertKey(CHAIN, "drain-9"), 0)], DISMISSED)
    with pytest.raises(BadInput, match="1,001 alerts at once, at most 1,000"):
        desk.change_many(ANN, [(FIRST, 0)] * (MOST_AT_ONCE + 1), DISMISSED)
    assert reader.cases.cases([FIRST]) == {}
    assert reader.cases.checked().rows == 0


def test_a_case_stays_when_its_alert_is_retracted_and_filed_anew(
    desk: Desk, filing: Filing, reader: Reader
) -> None:
    taken = desk.change(ANN, FIRST, 0, TAKEN)
    desk.comment(ANN, FIRST, "the victim wrote to us")
    filing.file(drain(1, status="retracted", retraction_reason="its block left"), blocks=(back_to(0),))
    assert reader.alert(CHAIN, "drain-1") is not None
    assert reader.cases.case(FIRST) == taken
    assert [each.text for each in reader.cases.comments(FIRST)] == ["the victim wrote to us"]


def test_the_history_says_who_did_what(desk: Desk, reader: Reader) -> None:
    desk.change(ANN, FIRST, 0, TAKEN)
    desk.comment(ANDREW, FIRST, "hm")
    desk.change(ANN, FIRST, 1, DISMISSED)
    history = reader.cases.history(FIRST)
    assert [(row.person, row.role, row.action) for row in history] == [
        ("ann", "analyst", "change case"), ("andrew", "analyst", "comment"), ("ann", "analyst", "change case")
    ]  # fmt: skip
    assert '"disposition":"dismissed"' in history[2].change
    assert reader.cases.history(SECOND) == []


def test_an_address_is_watched_with_a_note_and_no_longer(desk: Desk, reader: Reader) -> None:
    desk.watch(ANN, CHAIN, f" {MALLORY.upper().replace('0X', '0x')} ", "drained alice")
    watch = desk.watch(ANDREW, CHAIN, MALLORY, "drained alice and bob")
    assert reader.cases.watches() == [watch]
    assert (watch.address, watch.person, watch.note) == (MALLORY, "andrew", "drained alice and bob")
    assert reader.cases.watched(CHAIN, [ALICE, MALLORY]) == {MALLORY: watch}
    assert reader.cases.watched(1, [MALLORY]) == {}
    for _ in range(2):
        desk.unwatch(ANN, CHAIN, MALLORY)
    assert reader.cases.watches() == []
    assert [row.action for row in reader.cases.audit()] == ["watch", "watch", "unwatch"]


def test_what_is_no_address_is_not_watched(desk: Desk) -> None:
    for address in ("", "0x12", MALLORY + "0", "0x" + "g" * 40, "vitalik.eth", "0x\0"):
        with pytest.raises(BadInput, match="is no address: write 0x and 40 hex digits"):
            desk.watch(ANN, CHAIN, address)


def test_each_person_keeps_filters_of_their_own(desk: Desk, reader: Reader) -> None:
    desk.save_filter(ANN, "drains", "category=wallet-drain")
    desk.save_filter(ANN, "drains", "category=wallet-drain&severity=high")
    theirs = desk.save_filter(ANDREW, "drains", "status=final")
    assert [(each.name, each.query) for each in reader.cases.filters(ANN)] == [
        ("drains", "category=wallet-drain&severity=high")
    ]
    desk.drop_filter(ANN, theirs.number)
    assert reader.cases.filters(ANDREW) == [theirs]
    desk.drop_filter(ANDREW, theirs.number)
    assert reader.cases.filters(ANDREW) == []
    assert reader.cases.checked().rows == 5


def test_filters_without_a_name_and_too_many_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.store.desk.MOST_KEPT", 3)
    with pytest.raises(BadInput, match="the name is empty"):
        desk.save_filter(ANN, " ", "status=final")
    for number in range(3):
        desk.save_filter(ANN, str(number), "")
    with pytest.raises(BadInput, match="3 filters are kept already"):
        desk.save_filter(ANN, "one more", "")
    desk.save_filter(ANN, "2", "status=final")


def test_an_empty_comment_is_none(desk: Desk) -> None:
    for text in ("", "  \n"):
        with pytest.raises(BadInput, match="the comment is empty"):
            desk.comment(ANN, FIRST, text)
    with pytest.raises(BadInput, match="has 20,001 characters, at most 20,000"):
        desk.comment(ANN, FIRST, "x" * 20_001)


WRITES: dict[str, Callable[[Desk, Any], object]] = {
    "change": lambda desk, actor: desk.change(actor, FIRST, 0, TAKEN),
    "change_many": lambda desk, actor: desk.change_many(actor, [(FIRST, 0)], DISMISSED),
    "comment": lambda desk, actor: desk.comment(actor, FIRST, "hello"),
    "watch": lambda desk, actor: desk.watch(actor, CHAIN, MALLORY),
    "unwatch": lambda desk, actor: desk.unwatch(actor, CHAIN, ALICE),
    "save_filter": lambda desk, actor: desk.save_filter(actor, "mine", ""),
    "drop_filter": lambda desk, actor: desk.drop_filter(actor, 1),
    "note_model": lambda desk, actor: desk.note_model(actor, "wallet", {}),
    "user_change": lambda desk, actor: desk.user_change(actor, "add", "eve", None, {}).__enter__(),
    "rule_change": lambda desk, actor: desk.rule_change(actor, "write", "r", lambda: None, "").__enter__(),
    "pack_change": lambda desk, actor: desk.pack_change(actor, "import", "p", {}).__enter__(),
    "spend_epsilon": lambda desk, actor: desk.spend_epsilon(
        actor, Spending(CHAIN, 1, 2), {}, lambda _total: None
    ),
}
NOTES_ONLY = {"signed_in", "sign_in_refused", "close"}


def test_every_function_that_writes_is_tried_by_a_viewer() -> None:
    public = {name for name in vars(Desk) if not name.startswith("_")}
    assert public == WRITES.keys() | NOTES_ONLY


def test_a_viewer_and_nobody_can_change_nothing(desk: Desk, reader: Reader) -> None:
    unknown: list[Any] = [Actor("eve", role) for role in ("root", "Admin", ["admin"], None)]  # type: ignore[arg-type]
    for actor in [VERA, None, "ann", *unknown]:
        for write in WRITES.values():
            with pytest.raises(NotAllowed, match="only a person of role"):
                write(desk, actor)
    assert reader.cases.checked().rows == 0


def test_an_admin_may_what_an_analyst_may_and_only_an_admin_decides_who_comes_in(desk: Desk) -> None:
    assert ROLES == ("viewer", "analyst", "admin")
    desk.change(ADA, FIRST, 0, TAKEN)
    with desk.user_change(ADA, "add person", "vera", None, {"role": "viewer"}):
        pass
    with pytest.raises(NotAllowed), desk.user_change(ANN, "add person", "eve", None, {"role": "admin"}):
        raise AssertionError("not reached")


def kept(words: str) -> str:
    """What neither database can hold is written out."""
    return words.replace("\0", "\\u{0000}").replace("\ud800", "\\u{d800}")


def test_hostile_words_are_kept_and_shown_as_text(desk: Desk, reader: Reader) -> None:
    for revision, words in enumerate(HOSTILE.values()):
        desk.comment(ANN, FIRST, words)
        desk.change(ANN, FIRST, revision, Change(assignee=words))
        desk.watch(ANN, CHAIN, MALLORY, words)
        saved = desk.save_filter(ANN, words, words)
        comment, (watch,) = reader.cases.comments(FIRST)[-1], reader.cases.watches()
        assert saved in reader.cases.filters(ANN)
        assert comment.text == watch.note == saved.name == saved.query == kept(words)
        assert reader.cases.case(FIRST).assignee == kept(words).strip()
        assert wording.text(comment.text).isprintable()
        row = table_of([{"comment": comment.text, "note": watch.note}]).splitlines()[1]
        assert not row.lstrip('"').startswith(("=", "+", "-", "@", "\t"))
    assert reader.cases.checked().rows == 4 * len(HOSTILE)


def test_a_person_may_be_called_anything_short(desk: Desk, reader: Reader) -> None:
    for number, name in enumerate(name for name in HOSTILE.values() if len(name) <= 254):
        person = Actor(name, "analyst")
        desk.signed_in(person, "password")
        desk.comment(person, FIRST, "hello")
        desk.save_filter(person, "mine", "")
        assert reader.cases.comments(FIRST)[number].person == kept(name)
        assert [each.name for each in reader.cases.filters(Actor(kept(name), "analyst"))] == ["mine"]
    with pytest.raises(BadInput, match="has 10,240 characters, at most 254"):
        desk.comment(Actor(HOSTILE["10 kB"], "analyst"), FIRST, "hello")
    reader.cases.checked()
