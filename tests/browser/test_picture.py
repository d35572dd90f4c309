"""The command that takes the pictures of the READMEs, tried on a dashboard that the test fills."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from dashboard.store import open_writer
from tests.browser.picture import COLOURS, MOST_BYTES, SCALE, WIDTH, NotSeen, TooLarge, packed, photograph
from tests.dashboard.alerts import Filing, drain, poisoning


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.browser
def test_the_queue_and_an_alert_are_photographed_small_enough_to_be_committed(
    tmp_path: Path, browser: Browser, dashboard: Callable[[str], str]
) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    writer = open_writer(store)
    Filing(writer).file(poisoning(1), drain(2, category="layering"))
    writer.close()

    photograph(browser, dashboard(store), tmp_path)

    for name in ("queue", "alert"):
        file = tmp_path / f"{name}.png"
        picture = Image.open(file)
        assert file.stat().st_size <= MOST_BYTES
        assert picture.format == "PNG"
        assert picture.width == WIDTH * SCALE


@pytest.mark.browser
@pytest.mark.soak
def test_a_demo_without_what_is_to_be_shown_ends_with_what_was_missed(
    tmp_path: Path, browser: Browser, dashboard: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = f"sqlite:///{tmp_path}/store.db"
    writer = open_writer(store)
    Filing(writer).file(poisoning(1), drain(2))
    writer.close()
    address = dashboard(store)
    monkeypatch.setattr("tests.browser.picture.DRAWN_MS", 25_000)

    with pytest.raises(NotSeen, match=r"did not show an alert of layering within .* play more --blocks"):
        photograph(browser, address, tmp_path)


def test_a_page_of_text_keeps_its_size_and_loses_colours() -> None:
    page = Image.linear_gradient("L").convert("RGB")

    small = Image.open(io.BytesIO(packed(png(page), "page.png")))

    assert small.size == page.size
    assert len(small.getcolors() or ()) <= COLOURS


def test_a_picture_that_stays_too_large_is_refused_by_name_and_with_what_to_do() -> None:
    noise = Image.frombytes("RGB", (800, 800), os.urandom(800 * 800 * 3))

    with pytest.raises(TooLarge, match=r"queue\.png would take .* more than 150,000: show less of the page"):
        packed(png(noise), "queue.png")
