"""A picture of a flow is left out where the server is beyond its budget, with a line in its place; who asks
for it has it.
"""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import launch
from dashboard.screens import health_budget, health_pending
from dashboard.screens.pictures import ALL_THE_SAME, Pictures
from dashboard.store import open_writer
from ingest.model.budget import Budget
from ingest.model.errors import BadInput
from ingest.model.health import Health, OptionalHealth
from tests.dashboard.alerts import CHAIN, Filing, drain, judged
from tests.dashboard.screen import drawn, opened, said

LEFT_OUT = "The picture is left out: this server uses more than the 1e-09 CPU s that a block may cost it"
FLOW = "undertow_flow"
"""The component that draws one."""


@pytest.fixture
def budgeted(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A store with one alert, whose dashboard has used its budget up."""
    st.cache_resource.clear()
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    monkeypatch.setenv("DASHBOARD_BUDGET_CPU", "1e-09")
    monkeypatch.delenv("DASHBOARD_LAKE", raising=False)
    Filing(open_writer(sqlite_url)).file(drain(1), blocks=(judged(2),))
    return monkeypatch


def alert() -> AppTest:
    return opened("queue", alert=f"{CHAIN}:drain-1")


def test_it_is_left_out_visibly_until_somebody_asks_and_then_stays(budgeted: pytest.MonkeyPatch) -> None:
    page = alert()
    assert LEFT_OUT in said(page)
    assert FLOW not in drawn(page)

    (button,) = [each for each in page.button if each.label == ALL_THE_SAME]
    button.click().run()
    assert LEFT_OUT not in said(page)
    page.run()
    assert LEFT_OUT not in said(page)
    assert FLOW in drawn(page)


def test_without_a_limit_it_is_drawn_and_health_says_nothing_of_it(budgeted: pytest.MonkeyPatch) -> None:
    budgeted.delenv("DASHBOARD_BUDGET_CPU")
    page = alert()
    assert "The picture is left out" not in said(page)
    assert FLOW in drawn(page)
    assert "this dashboard" not in said(opened("health"))


def test_the_screen_health_says_what_the_server_leaves_out(budgeted: pytest.MonkeyPatch) -> None:
    alert()
    drawn_here = said(opened("health"))
    assert "server a filed block may cost 1e-09 CPU s: pictures paused by the budget (0 done," in drawn_here


def test_each_filed_block_gives_the_budget_and_a_reorganisation_takes_none() -> None:
    """Two blocks give 2 s, and 3 s are used: 1 s is owed, also at a lower head; the block that comes again
    pays for it, and of the two after it something is left.
    """
    used = 0.0
    pictures = Pictures(Budget(1.0, lambda: used))
    used = 3.0
    answers = [pictures.allowed(filed) for filed in (2, 1, 2, 4)]

    assert answers == [False, False, False, True]
    assert pictures.states() == [OptionalHealth("pictures", "slowed", 1, 3)]


def test_what_is_pending_is_said_to_be_of_before_where_a_budget_leaves_it_out() -> None:
    paused = [OptionalHealth("pending", "paused", 0, 9)]
    slowed = [OptionalHealth("pending", "slowed", 5, 9)]
    roles = [
        Health(5, "ingest", "a", 100, 1, 5.0, optional=paused),
        Health(5, "pending", "a", 100, 1, 5.0, optional=slowed),
        Health(6, "ingest", "gone", 10, 1, 5.0, optional=paused),
        Health(7, "sink", "a", 100, 1, 5.0, optional=[OptionalHealth("forecasts", "paused", 0, 9)]),
    ]
    cut = health_pending.left_out(roles, 110.0)
    assert cut.endswith("may be of before: ingest of chain 5 (paused), pending of chain 5 (slowed).")
    assert health_pending.left_out(roles, 500.0) == ""


def test_a_budget_that_is_none_ends_the_dashboard_before_it_begins(sqlite_url: str) -> None:
    with pytest.raises(BadInput, match="give a number above 0"):
        launch.start(sqlite_url, 1, budget_cpu_s=0.0)


def test_a_server_without_a_limit_has_nothing_to_say() -> None:
    assert health_budget.of_server(Pictures(Budget(None))) == ""
    unasked = health_budget.of_server(Pictures(Budget(0.5)))
    assert unasked == (
        "Of this dashboard's server a filed block may cost 0.5 CPU s: no picture was wanted yet."
    )
