"""Two analysts on one alert: each sees what the other did, and nobody's words are lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard.store import Change, open_desk, open_reader, open_writer
from dashboard.store.cases import AlertKey
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.people import ANN
from tests.fixtures.browser import Tab

pytestmark = pytest.mark.browser
DRAIN = AlertKey(CHAIN, "drain-1")


def test_andrew_sees_what_ann_did_while_he_writes_and_what_he_wrote_stays(
    tmp_path: Path, dashboard: Callable[[str], str], tab: Callable[[], Tab]
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(1), blocks=(judged(2),))
    page = tab().page
    page.goto(f"{dashboard(url)}/queue?alert={DRAIN}")
    expect(page.get_by_text("Nobody has done or said anything yet.")).to_be_visible()
    page.get_by_label("Comment").fill("Bob did not sign.")
    with closing(open_desk(url)) as desk:
        desk.change(ANN, DRAIN, 0, Change(status="open", assignee="ann"))
        desk.comment(ANN, DRAIN, "I call bob.")
    expect(page.get_by_text("I call bob.")).to_be_visible()
    expect(page.get_by_text("status new → open")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("Bob did not sign.")
    page.get_by_role("button", name="Add the comment").click()
    expect(page.locator(".u-comment")).to_have_text(["Bob did not sign.", "I call bob."])
    expect(page.get_by_label("Comment")).to_have_value("")
    with closing(open_reader(url)) as reader:
        assert [each.text for each in reader.cases.comments(DRAIN)] == ["I call bob.", "Bob did not sign."]
