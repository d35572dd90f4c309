"""Pictures of flows are laid out by the server. Where blocks cost it more than they may, it draws none that
nobody asked for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.flow import Flow
from dashboard.screens import parts
from dashboard.store import Reader
from ingest.model.budget import Budget
from ingest.model.health import OptionalHealth

BUDGET_SETTING = "DASHBOARD_BUDGET_CPU"
"""How `dashboard.launch` hands over what was named on the command line: no setting of people."""
ALL_THE_SAME = "Draw it all the same"


class Pictures:
    """Of one server, for all who look at it: each block that is filed gives its budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._filed = 0

    @property
    def limit(self) -> float | None:
        return self._budget.cpu_s_a_block

    def allowed(self, filed: int) -> bool:
        """`filed`: the sum of the heads in the store. What was filed before the server came up is saved."""
        with self._lock:
            self._budget.blocks(max(0, filed - self._filed))
            self._filed = filed
            return self._budget.allows("pictures")

    def states(self) -> list[OptionalHealth]:
        with self._lock:
            return self._budget.states()


@st.cache_resource(show_spinner=False)
def _pictures(limit: str) -> Pictures:
    return Pictures(Budget(float(limit) if limit else None))


def of_this_server() -> Pictures:
    return _pictures(os.environ.get(BUDGET_SETTING, ""))


def laid_out(key: str, make: Callable[[], Flow]) -> Flow | None:
    """A picture; None where it is left out, which a line in its place says, with a button that draws it all
    the same. Who has a picture before the eyes keeps it.
    """
    had, pictures = f"picture {key}", of_this_server()
    if pictures.limit is not None and not st.session_state.get(had):
        if not pictures.allowed(_filed(parts.store())):
            parts.remark(
                "The picture is left out: this server uses more than the "
                f"{pictures.limit:g} CPU s that a block may cost it (--budget-cpu)."
            )
            st.button(ALL_THE_SAME, key=f"draw {key}", on_click=partial(_keep, had))
            return None
        _keep(had)
    return make()


def _keep(had: str) -> None:
    st.session_state[had] = True


def _filed(reader: Reader) -> int:
    return sum(head.block_number for head in reader.heads() if head.fault() is None)
