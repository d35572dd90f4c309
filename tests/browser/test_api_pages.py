"""The page that describes the API, in a real browser: it asks no other machine for anything."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.store import open_writer
from tests.dashboard.alerts import Filing, drain
from tests.dashboard.outside.api import serving
from tests.fixtures.browser import Tab

pytestmark = pytest.mark.browser


def test_the_description_is_drawn_and_led_through_without_a_request_to_outside(
    tab: Callable[[], Tab], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(1))
    with serving(url) as api:
        opened = tab()
        opened.page.goto(f"{api.at}/docs")
        assert opened.page.locator("h3", has_text="GET /v1/alerts").first.is_visible()
        opened.page.get_by_role("link", name="Page", exact=True).click()
        assert opened.page.url.endswith("/docs#Page")
        width = "getComputedStyle(document.body).maxWidth"
        assert opened.page.evaluate(width) == "960px"  # its own style was let in
        opened.page.get_by_role("link", name="openapi.json").click()
        assert "undertow" in opened.page.content()
