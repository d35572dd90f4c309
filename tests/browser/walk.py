"""`python -m tests.browser.walk`: from the first alert to an exported case, as a new analyst, in a browser.

Plays a demo, or goes to a dashboard that is there (`--address`), and prints the seconds of each step: from a
click until what was asked for is on the screen, or in a file. Nobody's reading is in them.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.picture import demo
from tests.fixtures.browser import chromium
from tests.fixtures.home import own_home

PATIENCE_MS = 120_000
COMMENT = "The payer signed nothing of this; the money went on within minutes."
FINDING = "confirmed: loss-verified"
WALLET = re.compile("^0x[0-9a-f]{40}$")


@dataclass
class Walk:
    """An analyst's way through the screens; `took` has what was done, and its seconds."""

    page: Page
    address: str
    folder: Path
    took: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.took.append((what, time.monotonic() - began))

    def go(self) -> None:
        """The whole way. Raises AssertionError, with what was waited for, where the way is blocked."""
        page = self.page
        with self.step("open the dashboard: what wants a person first"):
            page.goto(self.address)
            first = page.locator('a[href*="alert="]').first
            expect(first).to_be_visible()
        with self.step("open the first alert: one sentence says why"):
            first.click()
            expect(page.locator(".u-why")).to_be_visible()
            expect(page.get_by_role("button", name="Take")).to_be_enabled()
        alert = page.url
        with self.step("look at the first wallet of its roles"):
            page.get_by_role("link", name=WALLET).first.click()
            expect(page.get_by_role("heading", name="Wallet", exact=True)).to_be_visible()
        with self.step("go back to the alert"):
            page.go_back()
            expect(page).to_have_url(alert)
            expect(page.get_by_role("button", name="Take")).to_be_enabled()
        self._work()
        for name in ("Alert as JSON", "Report as HTML", "Report as PDF"):
            with self.step(f"export: {name}"):
                self._export(name)

    def _work(self) -> None:
        page = self.page
        with self.step("take the case"):
            page.get_by_role("button", name="Take").click()
            expect(page.get_by_text("status new → open")).to_be_visible()
        with self.step("write a comment"):
            page.get_by_label("Comment").fill(COMMENT)
            page.get_by_role("button", name="Add the comment").click()
            expect(page.locator(".u-comment")).to_have_text(COMMENT)
        with self.step("close it, with its reason"):
            box = page.get_by_role("combobox", name="Found to be, and why")
            box.click()
            box.fill(FINDING)
            box.press("Enter")
            page.get_by_role("button", name="Close the case").click()
            expect(page.get_by_text("confirmed (loss-verified)").first).to_be_visible()

    def _export(self, name: str) -> None:
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name=name).click()
        file = self.folder / waiting.value.suggested_filename
        waiting.value.save_as(file)
        says = file.read_bytes()
        assert says.startswith((b"%PDF-", b"{")) or COMMENT.encode() in says, file
        assert len(says) > 500, file


def told(took: list[tuple[str, float]]) -> list[str]:
    """Lines of a table, and the sum."""
    rows = [*took, ("all of it", sum(seconds for _, seconds in took))]
    return [f"{seconds:8.1f} s  {what}" for what, seconds in rows]


def walk(address: str, folder: Path, say: Callable[[str], None] = print) -> list[tuple[str, float]]:
    """Goes the way once, in a browser of its own."""
    with chromium() as browser, closing(browser.new_page(viewport={"width": 1280, "height": 900})) as page:
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        one = Walk(page, address, folder)
        try:
            one.go()
        finally:
            for line in told(one.took):
                say(line)
        return one.took


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.walk", description=__doc__)
    parser.add_argument("--address", help="A dashboard that is there. Default: of a demo that is played.")
    parser.add_argument("--blocks", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if wanted.address:
            walk(wanted.address, Path(folder))
            return
        with demo(own_home(Path(folder) / "home"), wanted.blocks, wanted.seed) as address:
            walk(address, Path(folder))


if __name__ == "__main__":
    main()
