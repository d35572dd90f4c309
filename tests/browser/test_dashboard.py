"""What an analyst sees and does, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from dashboard.store import open_writer
from detectors.alerts.text import printable
from tests.dashboard.alerts import MALLORY, VAULT, Filing, drain, judged, paid, poisoning
from tests.fixtures.browser import Tab

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>\u202eCDSU"


@dataclass(frozen=True, slots=True)
class Desk:
    """A store that the test fills, and the dashboard that shows it."""

    filing: Filing
    address: str


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, dashboard: Callable[[str], str]) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db"
    writer = open_writer(url)
    yield Desk(Filing(writer), dashboard(url))
    writer.close()


@pytest.fixture
def desk(office: Desk) -> Desk:
    """An empty desk: one dashboard serves all tests of this file, one after the other."""
    with office.filing.writer._engine.begin() as connection:
        for table in ("alerts", "roles", "alert_transactions", "scores", "heads"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    return office


def rows(page: Page) -> list[str | None]:
    return [row.get_attribute("data-key") for row in page.locator("tr[data-key]").all()]


def open_row(page: Page, alert: str) -> None:
    page.locator(f'tr[data-key="{alert}"]').click()


def test_a_new_alert_appears_by_itself_above_the_older_ones(desk: Desk, tab: Callable[[], Tab]) -> None:
    desk.filing.file(drain(1))
    page = tab().page
    page.goto(f"{desk.address}/queue")
    expect(page.locator("tr[data-key]")).to_have_count(1)
    page.evaluate("window.neverReloaded = true")
    desk.filing.file(poisoning(2), blocks=(judged(2),))
    expect(page.locator("tr[data-key]")).to_have_count(2)
    assert rows(page) == ["31337:poison-2", "31337:drain-1"]
    expect(page.get_by_text("Chain 31337 · block 2")).to_be_visible()
    assert page.evaluate("window.neverReloaded") is True


def test_clicking_an_alert_opens_its_page_and_its_address_opens_it_again(
    desk: Desk, tab: Callable[[], Tab]
) -> None:
    desk.filing.file(drain(1), poisoning(2), blocks=(judged(2),))
    page = tab().page
    page.goto(f"{desk.address}/queue")
    open_row(page, "31337:drain-1")
    expect(page.get_by_role("heading", name="Wallet drain")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/queue\?alert=31337(:|%3A)drain-1$"))
    colleague = tab().page
    colleague.goto(page.url)
    expect(colleague.get_by_role("heading", name="Wallet drain")).to_be_visible()
    expect(colleague.get_by_text("2 wallets that never dealt with each other")).to_be_visible()


def test_the_money_is_drawn_from_the_victims_to_the_vault(desk: Desk, tab: Callable[[], Tab]) -> None:
    desk.filing.file(drain(1))
    page = tab().page
    page.goto(f"{desk.address}/?alert=31337:drain-1")
    expect(page.locator("g.node")).to_have_count(4)

    def left(role: str) -> float:
        box = page.locator(f"g.node.{role}").first.bounding_box()
        assert box is not None
        return box["x"]

    assert left("victim") < left("attacker") < left("intermediary")
    # alice pays mallory 300, bob pays her 50, and she pays 300 + 50 to the vault.
    expect(page.locator("g.link text")).to_have_text(["300 DAI", "50 DAI", "350 DAI"])
    page.locator("g.node.victim").first.click()
    expect(page.locator("g.link.faint")).to_have_count(2)


def test_a_hostile_token_name_is_shown_as_text_and_nothing_of_it_runs(
    desk: Desk, tab: Callable[[], Tab]
) -> None:
    name = printable(HOSTILE.encode())
    leak = "![p](http://198.51.100.7/leak.png)"
    evidence = (paid(MALLORY, VAULT, 9, 1, name),)
    desk.filing.file(drain(1, evidence=evidence, explanation=f"emptied of {name} {leak}"))
    for path in ("/", "/queue", "/?alert=31337:drain-1"):
        visitor = tab()
        visitor.page.goto(desk.address + path)
        shown = visitor.page.get_by_text("emptied of <img src=x onerror=alert(1)>").first
        expect(shown).to_be_visible()
        assert r"\u{202e}CDSU ![p](http://198.51.100.7/leak.png)" in (shown.text_content() or "")
        assert visitor.page.locator("img[src=x]").count() == 0
        assert "\u202e" not in visitor.page.content()
    expect(visitor.page.locator("g.link text")).to_have_text("9 <img src=x onerror=…")
    visitor.page.wait_for_timeout(2_500)  # nor does a redraw: the tabs are asked at the end


def test_the_marked_row_stays_on_its_alert_when_newer_ones_arrive(desk: Desk, tab: Callable[[], Tab]) -> None:
    desk.filing.file(drain(1), poisoning(2))
    page = tab().page
    page.goto(f"{desk.address}/queue")
    open_row(page, "31337:drain-1")
    page.get_by_role("button", name="← Alert queue").click()
    expect(page.locator("tr.selected")).to_have_attribute("data-key", "31337:drain-1")
    page.mouse.move(0, 0)
    desk.filing.file(poisoning(3), poisoning(4))
    expect(page.locator("tr[data-key]")).to_have_count(4)
    expect(page.locator("tr.selected")).to_have_attribute("data-key", "31337:drain-1")


def test_rows_do_not_move_under_the_pointer(desk: Desk, tab: Callable[[], Tab]) -> None:
    desk.filing.file(drain(1), poisoning(2))
    page = tab().page
    page.goto(f"{desk.address}/queue")
    page.locator('tr[data-key="31337:drain-1"]').hover()
    desk.filing.file(poisoning(3))
    expect(page.get_by_text("1 new: show")).to_be_visible()
    assert rows(page) == ["31337:poison-2", "31337:drain-1"]
    page.mouse.move(0, 0)
    expect(page.locator("tr[data-key]")).to_have_count(3)


def test_a_filter_is_in_the_address_and_survives_a_visit(desk: Desk, tab: Callable[[], Tab]) -> None:
    desk.filing.file(drain(1), poisoning(2))
    page = tab().page
    filtered = re.compile(r"/queue\?severity=medium$")
    page.goto(f"{desk.address}/queue")
    page.get_by_label("Severity").click()
    page.get_by_role("option", name="medium").click()
    expect(page.locator("tr[data-key]")).to_have_count(1)
    expect(page).to_have_url(filtered)
    page.keyboard.press("Escape")
    open_row(page, "31337:poison-2")
    expect(page.get_by_role("heading", name="Address poisoning")).to_be_visible()
    page.get_by_role("button", name="← Alert queue").click()
    expect(page).to_have_url(filtered)
    expect(page.locator("tr[data-key]")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("heading", name="Address poisoning")).to_be_visible()
    page.go_back()  # once a step: nothing else was written into the browser's history
    expect(page).to_have_url(filtered)
    expect(page.get_by_role("heading", name="Alert queue")).to_be_visible()
    expect(page.locator("tr[data-key]")).to_have_count(1)


def test_an_alert_that_is_retracted_says_so_while_it_is_read(desk: Desk, tab: Callable[[], Tab]) -> None:
    desk.filing.file(drain(1))
    page = tab().page
    page.goto(f"{desk.address}/?alert=31337:drain-1")
    expect(page.get_by_text("provisional", exact=True)).to_be_visible()
    desk.filing.file(drain(1, status="retracted", retraction_reason="block 1 left the chain"))
    expect(page.get_by_text("Retracted: block 1 left the chain.")).to_be_visible()


def test_related_alerts_lead_on(desk: Desk, tab: Callable[[], Tab]) -> None:
    desk.filing.file(drain(1), poisoning(2))
    page = tab().page
    page.goto(f"{desk.address}/?alert=31337:drain-1")
    open_row(page, "31337:poison-2")
    expect(page.get_by_role("heading", name="Address poisoning")).to_be_visible()
    expect(page.locator("g.node.victim")).to_have_count(1)
