"""Programs ask for what the screens show, page by page and event by event, and miss no block that leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import pytest

from dashboard.outside.api.app import make_app
from dashboard.store import Writer, open_writer
from detectors.alerts.alert import Alert, Role
from tests.dashboard.alerts import ALICE, CHAIN, MALLORY, TOKEN, Filing, back_to, drain, judged, poisoning
from tests.dashboard.outside.api import Asked, serving
from tests.readme.documents import TOP


@pytest.fixture
def writer(sqlite_url: str) -> Iterator[Writer]:
    with closing(open_writer(sqlite_url)) as writer:
        yield writer


@pytest.fixture
def filing(writer: Writer) -> Filing:
    return Filing(writer)


def fill(filing: Filing) -> None:
    roles = (*drain(1).roles, Role(TOKEN, "infrastructure"))
    filing.file(drain(1, roles=roles), poisoning(2), blocks=(judged(12, (MALLORY, 0.9)),))


@pytest.fixture
def api(filing: Filing, sqlite_url: str) -> Iterator[Asked]:
    fill(filing)
    with serving(sqlite_url) as asked:
        yield asked


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """One that nobody files anything into."""
    url = f"sqlite:///{tmp_path_factory.mktemp('still')}/store.db"
    with closing(open_writer(url)) as writer:
        fill(Filing(writer))
    with serving(url) as asked:
        yield asked


def gone(number: int) -> Alert:
    return drain(number, status="retracted", retraction_reason=f"block {number} left the chain")


def test_of_two_chains_on_which_the_same_happened_each_is_answered_for_itself(
    writer: Writer, sqlite_url: str
) -> None:
    scores = {CHAIN: 0.75, 10: 0.5}
    for chain, score in scores.items():
        block = judged(1, (MALLORY, score), chain_id=chain)
        Filing(writer, chain_id=chain).file(drain(1, chain_id=chain, score=score), blocks=(block,))
    with serving(sqlite_url) as api:
        for chain, score in scores.items():
            assert api.ask(f"/v1/alerts/{chain}/drain-1")["score"] == score
            assert [row["score"] for row in api.ask(f"/v1/alerts?chain={chain}")["alerts"]] == [score]
            wallet = api.ask(f"/v1/wallets/{chain}/{MALLORY}")
            assert {each["alert"]["score"] for each in wallet["alerts"]} == {score}
            assert [each["score"] for each in api.ask(f"/v1/scores/{chain}/{MALLORY}")["scores"]] == [score]
            assert len(api.ask(f"/v1/alerts/{chain}/drain-1/revisions")["revisions"]) == 1


def test_every_question_is_answered_with_what_the_store_holds(still: Asked) -> None:
    page = still.ask("/v1/alerts")
    assert [(row["id"], row["status"]) for row in page["alerts"]] == [
        ("poison-2", "final"),
        ("drain-1", "final"),
    ]
    alert = still.ask(f"/v1/alerts/{CHAIN}/drain-1")
    assert (alert["status"], alert["measured"]["victims"]) == ("final", 2)
    assert still.ask(f"/v1/alerts/{CHAIN}/drain-1/evidence")["evidence"] == alert["evidence"]
    assert [row["id"] for row in still.ask(f"/v1/alerts/{CHAIN}/drain-1/related")] == ["poison-2"]
    wallet = still.ask(f"/v1/wallets/{CHAIN}/{MALLORY.upper().replace('0X', '0x')}")
    assert {(each["role"], each["alert"]["id"]) for each in wallet["alerts"]} == {
        ("attacker", "drain-1"),
        ("attacker", "poison-2"),
    }
    assert wallet["scores"] == still.ask(f"/v1/scores/{CHAIN}/{MALLORY}")["scores"]
    assert wallet["scores"] == still.ask(f"/v1/scores/{CHAIN}")["scores"]
    assert still.ask(f"/v1/tokens/{CHAIN}/{TOKEN}")["symbol"] == "DAI"
    flow = still.ask(f"/v1/flows/{CHAIN}?start={ALICE}")
    assert (flow["moves"][0]["payer"], flow["moves"][0]["amount"]) == (ALICE, str(300 * 10**18))
    (incident,) = still.ask("/v1/incidents")["incidents"]
    assert (incident["id"], len(incident["alerts"])) == ("drain-1", 2)
    health = still.ask("/v1/health")
    assert (health["heads"][0]["block_number"], health["outbox"]["dead"]) == (12, 0)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("category=wallet-drain", ["drain-1"]),
        ("severity=medium", ["poison-2"]),
        ("severity=medium&severity=high", ["poison-2", "drain-1"]),
        ("score=0.9", ["drain-1"]),
        ("status=retracted", []),
        ("case=open", []),
        ("chain=1", []),
        (f"search={ALICE[:12]}", ["drain-1"]),
        ("since=1700000024", ["poison-2"]),
    ],
)
def test_alerts_are_filtered_as_the_queue_is(still: Asked, query: str, ids: list[str]) -> None:
    assert [row["id"] for row in still.ask(f"/v1/alerts?{query}")["alerts"]] == ids


def test_pages_show_every_alert_once_whatever_blocks_leave_and_come_meanwhile(
    filing: Filing, sqlite_url: str
) -> None:
    filing.file(*(drain(number) for number in range(1, 41)), blocks=(judged(41),))
    seen: list[str] = []
    with serving(sqlite_url) as asked:
        cursor = ""
        for turn in range(20):
            page = asked.ask(f"/v1/alerts?limit=4{cursor}")
            seen += [row["id"] for row in page["alerts"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
            # An alert far down the list is retracted, and comes back in a block at the top; another is new.
            filing.file(gone(turn + 1), blocks=(back_to(30),))
            filing.file(drain(turn + 1, block_number=900 + turn, timestamp=1_800_000_000 + turn))
            filing.file(drain(500 + turn), blocks=(judged(1_000 + turn),))
    assert seen == [f"drain-{number}" for number in range(40, 0, -1)]


@pytest.mark.parametrize("cursor", ["x", "a", "a-1", "a1.5", "a99999999999999999999", "41"])
def test_a_cursor_that_no_page_named_is_refused(still: Asked, cursor: str) -> None:
    answer = still.get(f"/v1/alerts?cursor={cursor}")
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"] and "cursor" in answer.json()["error"]


def test_revisions_tell_how_an_alert_came_to_be_what_it_is(api: Asked, filing: Filing) -> None:
    filing.file(drain(1, score=0.95), drain(1, severity="low", score=0.2), gone(1), drain(1))
    told = api.ask(f"/v1/alerts/{CHAIN}/drain-1/revisions")["revisions"]
    assert [each["alert"]["score"] for each in told] == [0.91, 0.95, 0.2, 0.91, 0.91]
    kinds = [each["kind"] for each in told]
    assert kinds == ["raised", "changed", "lowered", "retracted", "raised"]
    assert told[3]["alert"]["retraction_reason"] == "block 1 left the chain"


def test_what_is_filed_twice_is_one_revision(api: Asked, writer: Writer, sqlite_url: str) -> None:
    from dashboard.store import Feed

    stands = writer.offsets(CHAIN)
    writer.file(Feed(CHAIN, [(0, drain(1, score=0.1))], (), stands, stands, 10))
    assert len(api.ask(f"/v1/alerts/{CHAIN}/drain-1/revisions")["revisions"]) == 1


def test_events_come_as_they_are_filed_and_go_on_where_somebody_was(api: Asked, filing: Filing) -> None:
    with api.events() as events:
        filing.file(drain(3), gone(1), blocks=(back_to(0),))
        first, second = islice(events, 2)
    assert [(each["event"], each["data"]["alert"]["id"]) for each in (first, second)] == [
        ("raised", "drain-3"),
        ("retracted", "drain-1"),
    ]
    filing.file(drain(4))
    with api.events(last=first["id"]) as events:
        again, after = islice(events, 2)
    assert again == second
    assert after["data"]["alert"]["id"] == "drain-4"


def test_who_is_cut_off_after_each_event_sees_every_revision_once_in_order(
    api: Asked, filing: Filing
) -> None:
    for number in range(5, 9):
        filing.file(drain(number), gone(number), blocks=(judged(number), back_to(number - 1)))
    seen, last = list[str](), "start"
    for _ in range(10):
        with api.events(last=last) as events:
            told = next(events)
        seen.append(f"{told['event']} {told['data']['alert']['id']}")
        last = told["id"]
    wanted = [f"{kind} drain-{number}" for number in range(5, 9) for kind in ("raised", "retracted")]
    assert seen == ["raised drain-1", "raised poison-2", *wanted]


def test_events_of_one_category_or_chain_come_alone(api: Asked, filing: Filing) -> None:
    Filing(filing.writer, chain_id=1).file(drain(1, chain_id=1))
    with api.events("?after=start&category=address-poisoning") as events:
        assert next(events)["data"]["alert"]["id"] == "poison-2"
    with api.events("?after=start&chain=1") as events:
        assert next(events)["data"]["alert"]["chain_id"] == 1


@pytest.mark.parametrize(
    ("event", "status"), [("7-0123456789abcdef", 410), ("1-0123456789abcdef", 410), ("one", 400), ("1", 400)]
)
def test_an_event_of_another_store_is_refused_and_not_guessed_at(
    still: Asked, event: str, status: int
) -> None:
    answer = still.get("/v1/events", Last_Event_ID=event)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_text_from_the_chain_begins_no_event_of_its_own(api: Asked, filing: Filing) -> None:
    hostile = "safe\n\nid: 1-0\nevent: raised\ndata: {}\n\n\u2028"
    filing.file(drain(9, explanation=hostile))
    with api.events("?after=start") as events:
        told = list(islice(events, 3))[-1]
    assert told["data"]["alert"]["explanation"] == hostile


def test_a_row_that_is_no_alert_is_named_and_the_others_are_shown(api: Asked, writer: Writer) -> None:
    with writer._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alerts SET score = 'high', record = '{' WHERE id = 'drain-1'")
    page = api.ask("/v1/alerts")
    assert ([row["id"] for row in page["alerts"]], page["left_out"]) == (["poison-2"], ["drain-1"])
    answer = api.get(f"/v1/alerts/{CHAIN}/drain-1")
    assert answer.status_code == 500 and "drain-1" in answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/alerts/1/nobody", f"/v1/alerts/{CHAIN}/nobody/evidence", f"/v1/alerts/{CHAIN}/a%00b/revisions",
        "/v1/scores/5", "/v1/nothing", "/v2/alerts",
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_a_line(still: Asked, path: str) -> None:
    answer = still.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/alerts?limit=0", "/v1/alerts?limit=many", "/v1/alerts?severity=huge", "/v1/alerts?score=2",
        "/v1/alerts?chain=-1", f"/v1/wallets/{CHAIN}/alice", f"/v1/flows/{CHAIN}?start=0x1",
        f"/v1/flows/{CHAIN}?start={ALICE}&hops=99", f"/v1/flows/{CHAIN}?start={ALICE}&native=1&token={TOKEN}",
        f"/v1/scores/{CHAIN}/<script>", "/v1/alerts/99999999999999999999/x",
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused_in_a_line(still: Asked, path: str) -> None:
    answer = still.get(path)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert "<script>" not in answer.text and "\n" not in answer.json()["error"]


def test_the_description_that_is_checked_in_is_that_of_the_code() -> None:
    kept = json.loads((TOP / "dashboard/outside/api/openapi.json").read_text())
    made = make_app(None, None).openapi()  # type: ignore[arg-type]
    assert kept == made, "write it anew: python -m dashboard.outside.api.openapi"


def test_its_pages_name_every_question_and_no_other_machine(still: Asked) -> None:
    page = still.get("/docs")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "://" not in page.text and "<script" not in page.text
    paths = still.ask("/openapi.json")["paths"]
    named = [f"<code>{method.upper()} {path}</code>" for path in paths for method in paths[path]]
    assert len(named) >= 15 and all(each in page.text for each in named)
