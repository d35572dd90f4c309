"""Every screen of a demo that runs, dark and light: found by its links, with what detection really said.

Pictures of all of them lie in the folder that PICTURES names, or in the test's own, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.app import SCREENS
from tests.browser.picture import demo
from tests.browser.test_all_screens import fits, keep, settled
from tests.browser.walk import WALLET
from tests.fixtures.browser import Tab
from tests.fixtures.home import own_home

pytestmark = [
    pytest.mark.browser, pytest.mark.broker, pytest.mark.chain, pytest.mark.soak, pytest.mark.timeout(1_800)
]  # fmt: skip
PLAIN = {path or "overview": f"/{path}" for path, _, _ in SCREENS}
"""Every screen there is, as the bar leads to it."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with demo(own_home(tmp_path_factory.mktemp("demo") / "home"), 80, 7) as url:
        yield url


def screens(page: Page, address: str) -> dict[str, str]:
    """The plain screens, and an alert, a wallet, its money, a token and an incident that links lead to."""
    found = dict(PLAIN)
    page.goto(f"{address}/queue")
    page.locator("tr[data-key]").first.click()
    wallet = page.get_by_role("link", name=WALLET).first
    expect(wallet).to_be_visible()
    found["alert"] = page.url.removeprefix(address)
    found["one wallet"] = wallet.get_attribute("href") or ""
    (who,) = re.findall(r"address=(0x[0-9a-f]{40})", found["one wallet"])
    found |= {
        "around": f"/wallet?address={who}&view=Around+it",
        "moves": f"/wallet?address={who}&view=Transfers",
        "its money": f"/flows?from={who}",
    }
    page.goto(f"{address}{found['moves']}")
    token = page.locator('a[href*="/token?"]').first
    expect(token).to_be_visible()
    (asset,) = re.findall(r"address=(0x[0-9a-f]{40})", token.get_attribute("href") or "")
    found["one token"] = f"/token?address={asset}"
    found |= {view.lower(): f"/token?address={asset}&view={view}" for view in ("Risk", "Holders", "Market")}
    page.goto(f"{address}/incidents")
    incident = page.locator('a[href*="incident="]').first
    expect(incident).to_be_visible()
    found["incident"] = incident.get_attribute("href") or ""
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_of_a_running_demo_says_something_and_fits(
    address: str, browser: Browser, scheme: str, tmp_path: Path
) -> None:
    """None fails, asks another machine, is wider than the window, or is hard to read or reach (WCAG AA)."""
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    with closing(context):
        tab = Tab(context.new_page())
        for name, path in screens(tab.page, address).items():
            tab.page.goto(path if path.startswith("http") else f"{address}/{path.lstrip('/')}")
            expect(tab.page.get_by_role("heading").first).to_be_visible()
            settled(tab.page)
            fits(tab.page, name)
            expect(tab.page.get_by_text("No token is known at")).to_have_count(0)
            keep(tab.page, folder / f"demo-{name}-{scheme}.png")
        tab.assert_well_behaved()
