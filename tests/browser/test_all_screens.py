"""Every screen in a real browser, dark and light, at 1280 wide: it shows what is so, and behaves.

Pictures of all of them lie in the folder that PICTURES names, or in the test's own, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.store import open_writer
from detectors.alerts.alert import Role
from tests.dashboard.alerts import Filing, drain, judged, paid, poisoning
from tests.dashboard.evaluations import written
from tests.dashboard.transfers.town import ALICE, BOB, CHAIN, DAI, MALLORY, TRAP, VAULT, lake
from tests.detectors.rules.test_rule_detector import LARGE
from tests.fixtures.accessible import violations
from tests.fixtures.browser import ANSWER_MS, Tab

pytestmark = pytest.mark.browser
COIN = 10**18
HOSTILE = "<img src=x onerror=alert(1)>![p](http://198.51.100.7/x.png)"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, dashboard: Callable[..., str]) -> Iterator[str]:
    """The town at rest and a store about it: mallory robs alice, and her look-alike pays bob nothing."""
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder}/store.db"
    roles = (Role(ALICE, "victim"), Role(MALLORY, "attacker"), Role(VAULT, "intermediary"))
    moves = tuple(
        replace(paid(ALICE, MALLORY, amount, 4, HOSTILE), from_address=a, to_address=b)
        for a, b, amount in ((ALICE, MALLORY, 500), (MALLORY, VAULT, 499))
    )
    with closing(open_writer(url)) as writer:
        theft = drain(4, severity="critical", roles=roles, evidence=moves, subject_id=MALLORY,
                      value_wei=str(5 * COIN), explanation=f"Alice was emptied of {HOSTILE}.")  # fmt: skip
        copy = poisoning(5, roles=(Role(BOB, "victim"), Role(MALLORY, "attacker")))
        Filing(writer).file(theft, copy, blocks=(judged(6, (MALLORY, 0.91), (VAULT, 0.3)),))
        (folder / "rules").mkdir()
        (folder / "rules" / "large.rule").write_text(LARGE)
        evaluation = written(folder / "evaluation.json")
        yield dashboard(url, lake(folder / "lake"), evaluation, folder / "rules")


SCREENS = {
    "advice": ("/advice", "kept nowhere"),
    "overview": ("/", "Three that want a person first"),
    "queue": ("/queue", "Alice was emptied of"),
    "alert": (f"/?alert={CHAIN}:drain-4", "Where to look next"),
    "wallet": (f"/wallet?address={MALLORY}", "Counterparties"),
    "around": (f"/wallet?address={MALLORY}&view=Around+it&hops=2", "Who stands in the middle"),
    "paths": (f"/wallet?address={MALLORY}&view=Paths&to={BOB}", "From it to this wallet"),
    "moves": (f"/wallet?address={ALICE}&view=Transfers", "Transfers as CSV"),
    "flows": (f"/flows?from={MALLORY}", "The same as a graph"),
    "token": (f"/token?address={TRAP}", r"![p](http://198.51.100.7/x.png)\u{202e}<b>"),
    "risk": (f"/token?address={DAI}&view=Risk", "Insiders and others who are accused"),
    "holders": (f"/token?address={DAI}&view=Holders", "in less out of the transfers read"),
    "market": (f"/token?address={DAI}&view=Market", "no price is known"),
    "incidents": ("/incidents", "1 incident of several alerts"),
    "incident": (f"/incidents?incident={CHAIN}:drain-4", "Total loss"),
    "trends": ("/trends", "New clusters"),
    "health": ("/health", "Alert rates"),
    "truth": ("/truth", "Naive baselines"),
    "anchors": ("/anchors", "what was said of final blocks"),
    "fees": ("/fees", "when to send"),
    "rules": ("/rules", "Much, to somebody new."),
}


def settled(page: Page) -> None:
    """Until the script has run and what it drew is there."""
    page.wait_for_function(
        "!document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton]')", timeout=ANSWER_MS
    )


def fits(page: Page, name: str) -> None:
    """No exception, nothing that strangers wrote as markup, nothing wider than the window, WCAG AA."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280, name
    assert page.get_by_test_id("stException").count() == 0, name
    assert page.locator("img[src=x]").count() == 0, name
    assert violations(page) == [], name


def keep(page: Page, file: Path) -> None:
    """A picture of the whole screen: Streamlit scrolls inside of it."""
    height = page.get_by_test_id("stMainBlockContainer").evaluate("screen => screen.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": min(2600, max(900, int(height) + 60))})
    page.wait_for_timeout(400)
    page.screenshot(path=file)
    page.set_viewport_size({"width": 1280, "height": 900})


OFTEN = ("overview", "queue", "alert", "around", "token", "truth")
"""What `make test` opens of these: each kind of table, graph, card and chart is on one of them. All are drawn
without a browser in tests/dashboard.
"""


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        pytest.param("light", OFTEN, id="often"),
        pytest.param("light", tuple(SCREENS), id="light", marks=pytest.mark.soak),
        pytest.param("dark", tuple(SCREENS), id="dark", marks=pytest.mark.soak),
    ],
)
def test_every_screen_shows_what_is_so_and_fits(
    address: str, browser: Browser, scheme: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    """None fails, asks another machine, is wider than the window, or is hard to read or reach (WCAG AA)."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    with closing(context):
        tab = Tab(context.new_page())
        for name in names:
            path, words = SCREENS[name]
            tab.page.goto(address + path)
            expect(tab.page.get_by_text(words).first).to_be_visible()
            settled(tab.page)
            fits(tab.page, name)
            keep(tab.page, folder / f"{name}-{scheme}.png")
        tab.assert_well_behaved()


def test_one_screen_leads_to_the_next_and_back(address: str, tab: Callable[[], Tab]) -> None:
    page = tab().page
    page.goto(address)
    page.get_by_role("link", name="Alerts").click()
    expect(page.get_by_role("heading", name="Alert queue")).to_be_visible()
    expect(page).to_have_url(re.compile("/queue$"))
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Wallet drain").first.click()
    expect(page.get_by_role("heading", name="Wallet drain")).to_be_visible()
    page.get_by_role("link", name=MALLORY).click()
    expect(page.get_by_role("heading", name="Wallet")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/wallet\?address={MALLORY}&chain={CHAIN}$"))
    page.go_back()
    expect(page.get_by_role("heading", name="Wallet drain")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/queue\?alert="))


def test_a_case_is_handed_on_as_a_file(address: str, tab: Callable[[], Tab]) -> None:
    page = tab().page
    page.goto(f"{address}/queue?alert={CHAIN}:drain-4")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report as PDF").click()
    assert waiting.value.suggested_filename == "case-31337-drain-4.pdf"
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF-")


def test_keys_go_through_the_queue_and_close_what_is_chosen(address: str, tab: Callable[[], Tab]) -> None:
    page = tab().page
    page.goto(f"{address}/queue")
    expect(page.locator("tr[data-key]")).to_have_count(2)
    page.keyboard.press("j")
    expect(page.locator("tr:focus")).to_have_attribute("data-key", f"{CHAIN}:poison-5")
    page.keyboard.press("t")
    expect(page.locator("tr:focus")).to_have_attribute("data-key", f"{CHAIN}:drain-4")
    poisoned = page.locator(f'tr[data-key="{CHAIN}:poison-5"] td.state')
    expect(poisoned).to_contain_text("open local analyst")
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_role("button", name="3 ordinary-trading")).to_be_visible()
    page.keyboard.press("3")
    expect(page.locator("td.state b")).to_have_text(["dismissed", "dismissed"])
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("dismissed (ordinary-trading)")).to_be_visible()
