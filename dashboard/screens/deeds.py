"""What people do on a screen: done as who they are at that moment, and what it was refused with is kept to be
shown where they did it.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import wording
from dashboard.screens import parts, sign_in
from dashboard.screens.report.told import found, person
from dashboard.store import Actor, Case, Desk, Overtaken
from ingest.model.errors import UndertowError

_SAID = "said_of_deeds"
"""Session key of what was said last: (where, words)."""


def do(where: str, deed: Callable[[Desk, Actor], str | None]) -> bool:
    """Whether it was done. To be called in a handler; what `deed` returns, or is refused with, is told at
    `where` until the next deed.
    """
    try:
        words, is_done = deed(sign_in.desk(), sign_in.actor()), True
    except Overtaken as refused:
        words, is_done = overtaken(refused.case), False
    except UndertowError as error:
        words, is_done = str(error), False
    say(where, words)
    return is_done


def say(where: str, words: str | None) -> None:
    st.session_state[_SAID] = (where, words or "")


def tell(where: str) -> None:
    """What was said of the last deed, if it was done here."""
    place, words = st.session_state.get(_SAID, ("", ""))
    if place == where:
        parts.notice(words)


def overtaken(case: Case) -> str:
    """What somebody else did meanwhile, for whoever decided on what was there before."""
    who = person(case.changed_by) or "Somebody"
    return (
        f"{who} changed this case meanwhile: it is now {stands(case)}. "
        "Nothing of yours was written, and what you chose and typed is still there: look, and decide again."
    )


def stands(case: Case) -> str:
    """`open, taken by ann`, or `closed as confirmed (loss-verified), taken by ann`."""
    words = wording.cut(case.status, parts.LABEL_LENGTH)
    if case.disposition is not None:
        words += f" as {found(case)}"
    return words if case.assignee is None else f"{words}, taken by {person(case.assignee)}"
