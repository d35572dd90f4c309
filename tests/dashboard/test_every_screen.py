"""Every screen without a browser: empty, with nothing named, with nonsense in its address, with odd rows."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.app import SCREENS
from dashboard.filing.evaluation import Figure
from dashboard.screens import alert as alert_page
from dashboard.screens import flows, health, incidents, routes, tables, token_risk, truth
from dashboard.screens.report.course import course, revised
from dashboard.store import Filters, Head, open_reader, open_writer, subjects
from dashboard.store.incidents import Incident
from dashboard.store.revision_reading import revisions_of
from detectors.alerts.alert import Alert, Role
from tests.dashboard.alerts import ALICE, BOB, CHAIN, MALLORY, TOKEN, Filing, drain, judged, poisoning
from tests.dashboard.evaluations import written
from tests.dashboard.screen import opened, said
from tests.dashboard.transfers.town import DAI, VAULT, lake

PATHS = [path for path, _, _ in SCREENS]


@pytest.fixture
def filing(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Filing:
    for name in ("DASHBOARD_LAKE", "DASHBOARD_EVALUATION", "DASHBOARD_RULES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    return Filing(open_writer(sqlite_url))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "`undertow demo` plays all of it"), ("queue", "nothing filed yet"),
        ("incidents", "The store is empty"), ("wallet", "The store is empty"),
        ("token", "Give the address of a token"), ("trends", "The store is empty"),
        ("flows", "Give a wallet"), ("health", "Alert rates"),
        ("truth", "undertow dashboard --evaluation"), ("anchors", "Nothing is anchored"),
        ("advice", "kept nowhere"), ("fees", "No forecast is filed"),
        ("rules", "undertow dashboard --rules DIR"),
    ],
)  # fmt: skip
def test_an_empty_store_is_a_page_that_says_what_to_do(filing: Filing, path: str, words: str) -> None:
    assert words in said(opened(path))


NONSENSE = "![p](http://x/)<b>\u202e\0"


@pytest.mark.parametrize("path", PATHS)
def test_nonsense_in_the_address_is_text_at_most(filing: Filing, path: str) -> None:
    filing.file(drain(1), blocks=(judged(2, (MALLORY, 0.5)),))
    names = (
        "address", "from", "to", "chain", "token", "least", "first", "last", "hops", "way", "view", "page",
        "span", "incident", "asset", "search", "severity", "time", "score",
    )  # fmt: skip
    drawn = said(opened(path, **dict.fromkeys(names, NONSENSE)))
    assert "<b>\u202e" not in drawn
    assert "http://x/)<b>" not in drawn


ELSEWHERE = "0x" + "12" * 20


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("queue", {"alert": f"{CHAIN}:gone"}, "There is no alert gone on chain 31337 in this store"),
        ("queue", {"alert": "gone"}, "The address names no alert"),
        (
            "incidents",
            {"incident": f"{CHAIN}:gone"},
            "no incident gone on chain 31337 in this quarter",
        ),
        ("incidents", {"incident": "gone"}, "The address names no incident"),
        ("wallet", {"address": ELSEWHERE}, "Nothing is known of 0x121212…121212 on chain 31337"),
        ("wallet", {"address": "0x12"}, "0x12 is no address"),
        ("token", {"address": ELSEWHERE}, "No token is known at 0x121212…121212 on chain 31337"),
        ("token", {"address": ELSEWHERE, "chain": "5"}, "on chain 5</h2>"),
        ("flows", {"from": ELSEWHERE}, "No payment leads on from 0x121212…121212"),
        ("flows", {"from": "0x" + "34" * 32}, "No payment leads on from 0x343434…343434"),
        ("flows", {"from": "0x34"}, "0x34 is neither a wallet nor a transaction"),
    ],
)
def test_a_link_to_what_is_not_here_says_so_and_what_to_do(
    filing: Filing, path: str, query: dict[str, str], words: str
) -> None:
    filing.file(drain(1), blocks=(judged(2, (MALLORY, 0.5)),))
    drawn = said(opened(path, **query))
    assert words in drawn
    assert ("Chains in this store: 31337." in drawn) == ("<h2>" in drawn)


def test_the_old_addresses_lead_to_the_queue_and_the_alert(filing: Filing) -> None:
    filing.file(drain(1), poisoning(2), blocks=(judged(3),))
    assert "<h1>Wallet drain</h1>" in said(opened("", alert=f"{CHAIN}:drain-1"))
    assert "<b>1</b>alert" in said(opened("", severity="medium"))


def test_a_wallet_without_a_lake_says_how_to_get_one(filing: Filing) -> None:
    filing.file(drain(1), blocks=(judged(2, (MALLORY, 0.5)),))
    drawn = said(opened("wallet", address=MALLORY))
    assert "undertow dashboard --lake DIR" in drawn
    assert "<small>Alerts that name it</small><span>1</span>" in drawn
    assert "<small>Transfers read</small><span>3</span>" in drawn


def test_a_lake_that_is_none_is_one_line(
    filing: Filing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DASHBOARD_LAKE", str(tmp_path))
    assert "is not a lake" in said(opened("wallet", address=MALLORY))


def test_an_evaluation_is_shown_with_when_it_was_run(
    filing: Filing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DASHBOARD_EVALUATION", str(written(tmp_path / "evaluation.json")))
    assert "<small>Run at (UTC)</small><span>20" in said(opened("truth"))
    monkeypatch.setenv("DASHBOARD_EVALUATION", str(tmp_path / "gone.json"))
    assert "cannot be read" in said(opened("truth"))


def test_filters_of_time_and_symbol_are_in_the_address(filing: Filing) -> None:
    filing.file(drain(1), poisoning(400), blocks=(judged(401),))
    # An hour is 300 blocks of twelve seconds: block 1 is older.
    assert "<b>1</b>alert" in said(opened("queue", time="last hour"))
    assert "<b>2</b>alerts" in said(opened("queue", time="last day"))
    drawn = said(opened("queue", search="DA"))
    assert "newest 5,000 alerts" in said(opened("queue", search="sym"))
    assert "<b>2</b>alerts" in drawn


def test_the_course_of_an_alert_says_when_it_is_final() -> None:
    head = Head(CHAIN, 100, "0x64", 1, 10, 1.0)
    assert [step[0] for step in course(drain(95, updated_block=97), "provisional", head)] == [
        "raised", "last changed", "will be final",
    ]  # fmt: skip
    assert course(drain(95), "provisional", head)[-1][1:] == ("105", "", "in 5 blocks")
    assert course(drain(90), "final", head)[-1][0] == "final"
    gone = drain(95, retraction_reason="its block left")
    assert course(gone, "retracted", head)[-1] == ("retracted", "", "", "its block left")
    assert [step[0] for step in course(drain(95), "provisional", None)] == ["raised"]


def test_each_revision_of_an_alert_is_a_step_of_its_course(filing: Filing) -> None:
    """Mallory's drain grows, is explained, leaves with its block, and comes again."""
    grown = drain(5, severity="critical", score=0.97, evidence=drain(5).evidence[:2], updated_block=6)
    part = {"kind": "part-of", "reason": "says less", "id": "drain-4"}
    gone = drain(5, status="retracted", retraction_reason="block 5 left the chain")
    filing.file(drain(5), grown, replace(grown, suppressed_by=part, updated_block=7), gone, drain(5))
    with closing(open_reader(os.environ["UNDERTOW_STORE"])) as reader:
        found = revisions_of(reader, CHAIN, "drain-5")
    steps = [(what, block, detail) for what, block, _, detail in revised(found)]
    assert steps == [
        ("raised", "5", "wallet-drain: high, score 0.91"),
        ("changed", "6", "high, score 0.91 → critical, score 0.97; 3 → 2 rows of evidence"),
        ("lowered", "7", "part-of · says less · see alert drain-4"),
        ("retracted", "5", "block 5 left the chain"),
        ("raised", "5", "wallet-drain: high, score 0.91"),
    ]
    assert course(drain(5), "final", Head(CHAIN, 100, "0x64", 1, 10, 1.0), found)[-1][0] == "final"
    assert revised([replace(found[0], record="{}")])[0][3] == "this revision cannot be read"
    said(opened("queue", alert=f"{CHAIN}:drain-5"))


@pytest.mark.parametrize(
    ("least", "decimals", "units"),
    [("1.5", 18, 15 * 10**17), ("1,000", 6, 10**9), ("0.0000001", 6, 1), ("2", None, 2), ("1e3", 0, 1_000),
     ("-1", 18, None), ("nan", 18, None), ("inf", 18, None), ("x", 18, None), ("1e999", 18, None),
     ("", 18, None),     ("١", 18, None)],
)  # fmt: skip
def test_an_amount_is_read_exactly(least: str, decimals: int | None, units: int | None) -> None:
    assert flows.in_units(least, decimals) == units


@pytest.mark.parametrize(
    ("last", "usual", "says"),
    [(0, 0.0, ""), (4, 0.0, ""), (30, 5.0, "more than usual"), (1, 9.0, "fewer than usual"), (9, 9.0, "")],
)
def test_a_rate_that_stands_out_is_said(last: int, usual: float, says: str) -> None:
    assert health.unusual(last, usual) == says


def test_an_incident_without_names_or_loss_has_a_line() -> None:
    bare = Incident(CHAIN, "0xabc", (), (), (), None)
    assert (incidents.title(bare), incidents.lost(bare)) == ("0xabc", "not told")
    assert incidents.lost(Incident(5, "x", (), (), (), 10**18)) == "1 ETH"


def test_links_lead_where_they_say_and_nonsense_nowhere() -> None:
    assert routes.href(routes.link("wallet", 1, MALLORY)) == f"/wallet?chain=1&address={MALLORY}"
    assert routes.href(routes.link("alert", 1, "a b&c")) == "/queue?alert=1%3Aa+b%26c"
    assert routes.href("wallet|x:y") == routes.href("javascript|1:alert(1)") == routes.href("") == ""


def test_figures_are_written_with_their_interval() -> None:
    assert truth.figure(Figure(0.375, 0.2422, 0.5297))["text"] == "0.38 (0.24–0.53)"
    assert truth.figure(Figure())["text"] == "–"


def test_the_screens_show_the_town(filing: Filing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DASHBOARD_LAKE", str(lake(tmp_path / "lake")))
    filing.file(blocks=(judged(6),))
    assert "<small>Payments</small><span>" in said(opened("flows", **{"from": VAULT}))
    drawn = said(opened("token", address=DAI))
    assert "<small>Minted in these transfers</small><span>1,000</span>" in drawn
    for view in ("Around it", "Paths", "Transfers"):
        assert "First seen" in said(opened("wallet", address=VAULT, view=view, to=DAI))


def test_back_and_forward_find_what_each_screen_showed() -> None:
    history = routes.History()
    queue, alert, wallet = {"severity": ["high"]}, {"alert": ["1:a"]}, {"address": [MALLORY]}
    for screen, address in (("queue", queue), ("queue", alert), ("wallet", wallet), ("wallet", wallet)):
        history.visit(screen, address)
    assert history.step("queue", None) == alert
    assert history.step("queue", queue) == queue
    assert history.step("wallet", None) == wallet
    assert history.step("queue", None) == alert
    history.visit("flows", {})  # what lay ahead is forgotten
    assert history.step("wallet", None) is None
    assert history.step("queue", None) == alert


RUG: dict[str, Any] = {
    "category": "rug-pull", "detector": "rug-pull", "subject_kind": "token", "subject_id": TOKEN,
    "roles": (Role(MALLORY, "attacker"), Role(ALICE, "victim"), Role(TOKEN, "infrastructure")),
    "measured": {"share": 0.93, "buyers": 1}, "thresholds": {"share": 0.5},
}  # fmt: skip


def test_the_risk_of_a_token_is_told_by_the_alerts_about_it(filing: Filing) -> None:
    """Mallory pulled the rug once, and was wrongly said to have done so in a block that left."""
    gone = drain(
        3, "gone", **RUG | {"status": "retracted", "roles": (Role(BOB, "attacker"), RUG["roles"][2])}
    )
    filing.file(drain(2, "rug", **RUG), gone, blocks=(judged(9),))
    about = [(status, alert) for status, alert in records() if status != "retracted"]
    (reason,) = token_risk.reasons(about)
    assert [cell["text"] for cell in reason] == [
        "Rug pull", "provisional", "Share", "0.93", "at or above", "0.5"
    ]  # fmt: skip
    (insider,) = token_risk.insiders(CHAIN, (alert for _, alert in about))
    assert (insider[0]["full"], insider[2]["text"]) == (MALLORY, "Rug pull")
    drawn = said(opened("token", address=TOKEN, view="Risk"))
    assert "Reasons" in drawn and "Insiders and others who are accused" in drawn


def records() -> list[tuple[str, Alert]]:
    with closing(open_reader(os.environ["UNDERTOW_STORE"])) as reader:
        return subjects.records(reader, CHAIN, ["rug-2", "gone-3"])


NODE = "0x" + "d0" * 20
LYING: dict[str, Any] = {
    "category": "node-divergence", "detector": "node-divergence", "subject_kind": "node",
    "subject_id": NODE, "roles": (Role(NODE, "subject"),), "evidence": (),
    "measured": {"node": "https://node.example/…"}, "thresholds": {},
}  # fmt: skip


def test_a_node_is_no_wallet_and_leads_to_health(filing: Filing) -> None:
    filing.file(drain(2, "node", **LYING), blocks=(judged(9),))
    assert "<h1>Node divergence</h1>" in said(opened("queue", alert=f"{CHAIN}:node-2"))
    with closing(open_reader(os.environ["UNDERTOW_STORE"])) as reader:
        (row,) = reader.page(Filters(), 1, 5)
        alert = reader.alert(CHAIN, "node-2")
    assert alert is not None
    assert routes._target(routes.link("node", CHAIN, NODE)) == (routes.HEALTH, {})
    for cell in (tables.subject(row), alert_page._role_rows(alert[0])[0][1]):
        assert cell["href"] == "/health?"
    assert alert_page._role_rows(alert[0])[0][1]["text"] == "https://node.example/…"
