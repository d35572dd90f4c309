"""The case of an alert, on its page: how it stands, who did what, and the controls of who may act."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from dashboard import wording
from dashboard.screens import deeds, parts, sign_in
from dashboard.screens.report.told import case_facts, deed, person
from dashboard.store import (
    DISPOSITIONS,
    ROLES,
    Actor,
    AlertKey,
    AuditRow,
    Case,
    Change,
    Comment,
    Desk,
    Reader,
    in_order,
)

MOST_LINES = 100
"""Comments and changes that are drawn, the newest; all are in the audit."""
CHOOSE = "choose"
FINDINGS = tuple(f"{name}: {code}" for name, codes in DISPOSITIONS.items() for code in codes)
"""Words of ours, which Streamlit may draw as Markdown."""


def show(reader: Reader, alert: AlertKey) -> None:
    """Draws the block; to be called again and again: what others do appears by itself."""
    who = sign_in.actor()
    case = reader.cases.case(alert)
    parts.section("Case", "what people made of this alert; it stays whatever becomes of the alert")
    deeds.tell(_place(alert))
    parts.facts(case_facts(case))
    left, right = st.columns(2, gap="medium")
    with left:
        if may_act(who):
            _controls(case, who)
        else:
            parts.remark("A viewer looks: an analyst may take it, comment on it and close it.")
    with right:
        _course(reader.cases.history(alert), reader.cases.comments(alert))


def may_act(who: Actor) -> bool:
    """Whether controls are drawn; the store asks again, whatever was drawn."""
    return ROLES.index(who.role) >= ROLES.index("analyst")


def taking(name: str) -> Change:
    """Also opens a closed case again."""
    return Change(status="open", assignee=name)


def _controls(case: Case, who: Actor) -> None:
    key, mine = str(case.alert), case.assignee == who.name and case.status == "open"
    take, give = st.columns(2)
    label = "Open again and take" if case.status == "closed" else "Take"
    take.button(
        label, key=f"take-{key}", on_click=partial(_press, case, None), disabled=mine, width="stretch"
    )
    give.button(
        "Give back", key=f"give-{key}", on_click=partial(_press, case, Change("new", "")),
        disabled=case.status != "open", width="stretch",
    )  # fmt: skip
    with st.form(f"close-{key}"):
        st.selectbox("Found to be, and why", [CHOOSE, *FINDINGS], key=f"finding-{key}")
        st.form_submit_button("Close the case", on_click=partial(_close, case))
    with st.form(f"comment-{key}"):
        st.text_area("Comment", key=f"typed-{key}", placeholder="What you looked at, and what you think")
        st.form_submit_button("Add the comment", on_click=partial(_comment, case.alert))


def _press(case: Case, change: Change | None) -> None:
    _change(case, change)


def _change(case: Case, change: Change | None) -> bool:
    """`change`, or taking it, of the case as it was drawn."""

    def deed(desk: Desk, who: Actor) -> None:
        desk.change(who, case.alert, case.revision, change or taking(who.name))

    return deeds.do(_place(case.alert), deed)


def _close(case: Case) -> None:
    chosen = f"finding-{case.alert}"
    if st.session_state[chosen] == CHOOSE:
        deeds.say(_place(case.alert), "Choose what it was found to be: a case is closed with its reason.")
        return
    disposition, _, reason = st.session_state[chosen].partition(": ")
    if _change(case, Change(disposition=disposition, reason=reason)):
        st.session_state[chosen] = CHOOSE


def _comment(alert: AlertKey) -> None:
    typed = f"typed-{alert}"

    def deed(desk: Desk, who: Actor) -> None:
        desk.comment(who, alert, st.session_state[typed])

    if deeds.do(_place(alert), deed):
        st.session_state[typed] = ""


def _place(alert: AlertKey) -> str:
    return f"case {alert}"


def _course(history: list[AuditRow], comments: list[Comment]) -> None:
    """Who did and said what, the newest first. What a comment says is read where comments are kept."""
    said = {each.number: _said(each) for each in comments}
    lines = {row.number: _done(row) for row in history if row.action != "comment"} | said
    newest = [lines[number] for number in sorted(lines, key=in_order, reverse=True)]
    if not newest:
        parts.remark("Nobody has done or said anything yet.")
    st.html(f'<div class="u-course">{"".join(newest[:MOST_LINES])}</div>')
    if len(newest) > MOST_LINES:
        parts.remark(f"{len(newest) - MOST_LINES:,} before these are not drawn.")


def _said(comment: Comment) -> str:
    words = "\n".join(map(wording.text, str(comment.text).splitlines()))
    return f'{_line(comment.at, comment.person, "said")}<div class="u-comment">{escape(words)}</div>'


def _done(row: AuditRow) -> str:
    return _line(row.at, row.person, deed(row))


def _line(at: object, name: object, words: str) -> str:
    when = f"<small>{escape(wording.utc(at))}</small>"
    return f"<div>{when} <b>{escape(person(name))}</b> {escape(words)}</div>"
