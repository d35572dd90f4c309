"""Ann's rule, from its first word to its end, in a real browser: written, tried on the lake, and retired."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.store import open_writer
from tests.dashboard.alerts import Filing, drain, judged
from tests.dashboard.transfers.town import lake
from tests.detectors.rules.test_rule_detector import LARGE
from tests.fixtures.browser import Tab

pytestmark = [pytest.mark.browser, pytest.mark.soak]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path / "rules"


@pytest.fixture
def address(tmp_path: Path, folder: Path, dashboard: Callable[..., str]) -> Iterator[str]:
    url = f"sqlite:///{tmp_path}/store.db"
    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(4), blocks=(judged(6),))
        yield dashboard(url, lake(tmp_path / "lake"), None, folder)


def types(page: Page, text: str) -> None:
    box = page.get_by_label("Its text")
    box.fill(text)
    box.blur()
    expect(box).to_have_value(text)
    page.wait_for_timeout(1_000)  # until the server has it as well


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_rule_is_written_tried_and_retired_in_a_browser(
    address: str, folder: Path, tab: Callable[[], Tab]
) -> None:
    page = tab().page
    page.goto(f"{address}/rules")
    expect(page.get_by_text("No rule is written yet.")).to_be_visible()

    types(page, LARGE.replace("when ", "when while(true) and "))
    press(page, "Write")
    expect(page.get_by_text("cannot stand here")).to_be_visible()
    assert list(folder.glob("*.rule")) == []

    types(page, LARGE)
    press(page, "Test on the lake")
    expect(page.get_by_text("It was tried; nothing is in force by that.")).to_be_visible()
    expect(page.get_by_text("alerts it would have raised")).to_be_visible()
    assert list(folder.glob("*.rule")) == []

    press(page, "Write")
    expect(page.get_by_text("is written: in force once detection judges anew with it.")).to_be_visible()
    (file,) = folder.glob("*.rule")
    assert file.read_text().strip() == LARGE.strip()

    page.get_by_role("combobox", name="Rule").click()
    page.get_by_role("option", name=file.stem).click()
    press(page, "Retire")
    expect(page.get_by_text("is retired: it stays in force until")).to_be_visible()
    assert list(folder.glob("*.rule")) == []
