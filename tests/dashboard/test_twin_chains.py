"""Two chains on which the same happened: one wallet, one token, one transaction, one block, one alert id.

Whoever asks of one is told of that one alone: on CHAIN mallory drains with a score of 0.75, on TWIN with 0.5,
and what people did they did on CHAIN.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from dashboard.filing.export import from_store, lines, standing
from dashboard.filing.status import gather
from dashboard.outside.forms import forta, stix
from dashboard.outside.outbox.messages import lines as told_lines
from dashboard.outside.outbox.messages import message_of
from dashboard.store import (
    LOCAL,
    AlertKey,
    Change,
    Filters,
    Reader,
    open_anchors,
    open_desk,
    open_guard,
    open_outbox,
    open_reader,
    subjects,
)
from dashboard.store.alarms import Alarm
from dashboard.store.anchors import anchorings
from dashboard.store.incidents import incidents
from dashboard.store.judgements import judgements
from dashboard.store.overview import Span, worth
from dashboard.store.revision_reading import revisions_of
from dashboard.store.trends import recurring
from dashboard.store.writing import Writer
from ingest.model.errors import BadInput
from tests.dashboard.alerts import (
    ALICE,
    CHAIN,
    GENESIS,
    MALLORY,
    Filing,
    back_to,
    drain,
    judged,
    poisoning,
    transaction,
)

TWIN = 10
SCORES = {CHAIN: 0.75, TWIN: 0.5}
KEY = AlertKey(CHAIN, "drain-1")
SPAN = Span(GENESIS, GENESIS + 10_000)


@pytest.fixture
def twins(writer: Writer, store_url: str) -> Iterator[Reader]:
    for chain, score in SCORES.items():
        told = [make(1, chain_id=chain, score=score) for make in (drain, poisoning)]
        Filing(writer, chain_id=chain).file(*told, blocks=(judged(1, (MALLORY, score), chain_id=chain),))
    writer.note_alarm(Alarm(0, CHAIN, "canary", "played", "raised", GENESIS, "silent"))
    with closing(open_desk(store_url)) as desk:
        desk.comment(LOCAL, KEY, "seen")
        desk.watch(LOCAL, CHAIN, MALLORY, "again")
        desk.change(LOCAL, KEY, 0, Change("closed", "", "confirmed", "loss-verified"))
    with closing(open_reader(store_url)) as reader:
        yield reader


def scores(rows: Any) -> set[float]:
    return {row.score for row in rows}


ASKED: dict[str, Callable[[Reader, int], set[float]]] = {
    "a page of the queue": lambda reader, chain: scores(reader.page(Filters(chains=(chain,)), 1, 10)),
    "an alert": lambda reader, chain: {found[0].score for found in [reader.alert(chain, "drain-1")] if found},
    "related alerts": lambda reader, chain: scores(reader.related(drain(1, chain_id=chain))),
    "alerts of an address": lambda reader, chain: {
        row.score for _, row in subjects.alerts_of(reader, chain, MALLORY)
    },
    "who is named": lambda reader, chain: {
        row.score for _, _, row in subjects.naming(reader, chain, [MALLORY, ALICE])
    },
    "alerts of a transaction": lambda reader, chain: scores(
        subjects.alerts_of_transaction(reader, chain, transaction(1))
    ),
    "scores of a subject": lambda reader, chain: scores(subjects.scores_of(reader, chain, MALLORY)),
    "the highest scores": lambda reader, chain: scores(subjects.highest(reader, chain, 0, 10)),
    "revisions of an alert": lambda reader, chain: {
        json.loads(each.record)["score"] for each in revisions_of(reader, chain, "drain-1")
    },
    "the book": lambda reader, chain: {alert.score for alert in reader.standing(chain).alerts},
}


def test_who_asks_of_one_chain_is_told_of_that_one(twins: Reader) -> None:
    for question, ask in ASKED.items():
        assert {chain: ask(twins, chain) for chain in SCORES} == {CHAIN: {0.75}, TWIN: {0.5}}, question


def test_what_people_did_on_one_chain_is_not_done_on_the_other(twins: Reader) -> None:
    other = AlertKey(TWIN, KEY.alert_id)
    assert (twins.cases.case(KEY).status, twins.cases.case(other).status) == ("closed", "new")
    assert [len(twins.cases.comments(key)) for key in (KEY, other)] == [1, 0]
    assert [len(twins.cases.history(key)) for key in (KEY, other)] == [2, 0]
    assert [MALLORY in twins.cases.watched(chain, [MALLORY]) for chain in SCORES] == [True, False]
    assert [len(judgements(twins, chain)) for chain in SCORES] == [1, 0]


def test_a_thief_on_two_chains_is_two_incidents_and_two_wallets(twins: Reader) -> None:
    found = incidents(twins, SPAN).found
    assert sorted((each.chain_id, len(each.alerts)) for each in found) == [(TWIN, 2), (CHAIN, 2)]
    again = recurring(twins, SPAN, ("attacker",))
    assert {each.chain_id for each in again} in (set(), {CHAIN, TWIN})
    assert len({each.chain_id for each in worth(twins, SPAN)}) == len(worth(twins, SPAN))


def test_a_rollback_of_one_chain_takes_nothing_from_the_other(twins: Reader, writer: Writer) -> None:
    gone = drain(1, chain_id=CHAIN, status="retracted", retraction_reason="block 1 left the chain")
    Filing(writer).file(gone, blocks=(back_to(0),))
    assert twins.statuses(TWIN) == {"provisional": 2}
    assert subjects.scores_of(twins, CHAIN, MALLORY) == []
    assert scores(subjects.scores_of(twins, TWIN, MALLORY)) == {0.5}
    assert {head.chain_id: head.block_number for head in twins.heads()} == {CHAIN: 0, TWIN: 1}


def test_books_bundles_and_findings_tell_them_apart(twins: Reader, store_url: str) -> None:
    chains = from_store(store_url)
    rows = [json.loads(line) for line in lines(chains).splitlines()]
    assert [(row["chain_id"], row["id"]) for row in rows] == [
        (chain, name) for chain in sorted(SCORES) for name in ("drain-1", "poison-1")
    ]
    for chain in SCORES:
        (own,) = from_store(store_url, chain)
        assert {alert.score for alert in own.alerts} == {SCORES[chain]}
    told = json.loads(stix.bundle(standing(chains)))["objects"]
    assert len({each["id"] for each in told}) == len(told)
    wallets = {(each["chain_id"], each["address"]) for each in told if each["type"] == stix.WALLET}
    assert {(CHAIN, MALLORY), (TWIN, MALLORY)} <= wallets
    found = [json.loads(line) for line in forta.findings(standing(chains)).splitlines()]
    assert {each["source"]["block"]["chainId"] for each in found} == set(SCORES)
    status = gather(None, store_url)
    assert {chain.chain_id: chain.alerts for chain in status.store} == {
        chain: {"provisional": 2} for chain in SCORES
    }


def test_a_digest_names_the_chain_of_each_alert(twins: Reader, store_url: str) -> None:
    with open_outbox(store_url) as outbox:
        assert outbox.due(GENESIS) == []
    alerts = [alert for chain in from_store(store_url) for alert in chain.alerts]
    letter: Any = type("Letter", (), {"id": "a", "kind": "digest", "filed_at": GENESIS})
    told = told_lines(message_of(letter, alerts))
    assert sum(f"(chain {TWIN}, " in line for line in told) == 2
    assert sum(f"(chain {CHAIN}, " in line for line in told) == 2


def test_two_chains_of_a_store_are_anchored_and_guarded_beside_each_other(
    twins: Reader, store_url: str
) -> None:
    for opening in (open_anchors, open_guard):
        with opening(store_url, CHAIN), opening(store_url, TWIN):
            taken = rf"another `undertow \w+` works with .* on chain {TWIN}: end one"
            with pytest.raises(BadInput, match=taken), opening(store_url, TWIN):
                pass
    assert anchorings(twins) == []
