"""Rules: an analyst's own, written, tried on the lake and retired here. None is in force by it: `detect`
takes a folder of rules when it judges anew.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.filing import rule_files, rule_tests
from dashboard.filing.rule_files import RuleFile
from dashboard.screens import deeds, inputs, parts, sign_in, tables
from dashboard.screens.case import may_act
from dashboard.screens.tables import Column
from dashboard.store import Actor, Desk
from dashboard.store.judgements import judgements
from dashboard.store.people import require
from detectors.evaluate.back_test import back_test
from detectors.library.rules.limits import FILE_BYTES
from detectors.library.rules.wording import sentence
from ingest.lake.reading import Lake
from ingest.model.errors import BadInput, UndertowError

NO_FOLDER = (
    "No folder of rules is named: start `undertow dashboard --rules DIR`, with the one that `detect` has."
)
NO_LAKE = "no lake is named to try it on: start `undertow dashboard --lake DIR`"
NEW = "a new rule"
EMPTY = """rule name-of-it
says "What it is for, in a sentence."
each transfer
names payee
severity medium
score 0.5
when value >= 10 coins and payee_age < 1 hour
"""
MOST_BLOCKS, SECONDS = 5_000, 120.0
COLUMNS = (
    Column("Rule", "short"),
    Column("What it does"),
    Column("Severity", "short"),
    Column("Score", "number"),
)
FIGURES = (Column("Of the test"), Column("Figure"))
_PLACE, _TESTED, _OPEN = "rules", "rule_tested", "rule_open"
"""Where deeds are told; session keys of a test's figures, and of the text that a person began with."""


def show() -> None:
    """Draws the screen."""
    parts.heading("Rules", "an analyst's own, beside the library")
    named = os.environ.get(parts.RULES_SETTING, "")
    if not named:
        parts.notice(NO_FOLDER)
        return
    try:
        parts.store()
        folder = Path(named)
        files = list(rule_files.held(folder))
        tables.table("rules", COLUMNS, [_row(each) for each in files], "No rule is written yet.")
        parts.remark(
            "In force once detection was started again with --rules and --rebuild; until then nothing "
            "changes. Fields that a rule may name: `undertow rules fields`."
        )
        deeds.tell(_PLACE)
        if may_act(sign_in.actor()):
            _desk(folder, files)
        else:
            parts.remark("A viewer looks: an analyst may write rules, try and retire them.")
    except UndertowError as error:
        parts.tell(error)


def _row(each: RuleFile) -> list[tables.Cell]:
    if each.rule is None:
        return [
            tables.cell(each.name),
            tables.cell(f"Not a rule: {each.refused}"),
            tables.cell(""),
            tables.cell(""),
        ]
    rule = each.rule.rule
    told = sentence(rule, each.rule.table)
    return [
        tables.cell(rule.name, full=each.text), tables.cell(f"{rule.says} {told}", full=told),
        tables.severity(rule.severity), tables.score(rule.score),
    ]  # fmt: skip


def _desk(folder: Path, files: list[RuleFile]) -> None:
    """The text of one rule, and what may be done with it. Only names that are one are offered: they are drawn
    as Markdown.
    """
    known = {
        each.name: each.text for each in files if each.name.replace("-", "").isalpha() and each.name.isascii()
    }
    chosen = st.selectbox("Rule", [NEW, *known], key="rule_chosen")
    seen = known.get(chosen)
    typed, begun = f"rule_text_{chosen}", f"{_OPEN}_{chosen}"
    if typed not in st.session_state:
        st.session_state[typed], st.session_state[begun] = seen or EMPTY, seen
    st.text_area("Its text", key=typed, height=260, max_chars=FILE_BYTES)
    columns = st.columns([1, 1, 1, 2])
    columns[0].button("Explain", on_click=partial(_explain, typed))
    columns[1].button("Write", type="primary", on_click=partial(_write, folder, typed, begun))
    if seen is not None:
        columns[2].button("Retire", on_click=partial(_retire, folder, chosen, begun, typed))
    _trial(typed)


def _trial(typed: str) -> None:
    reader, door = parts.store(), parts.transfers()
    chain_id = inputs.chain(reader, door)
    blocks = st.number_input("Newest blocks to try it on", 1, MOST_BLOCKS, 500, key="rule_blocks")
    st.button("Test on the lake", on_click=partial(_test, typed, chain_id, int(blocks)))
    figures = st.session_state.get(_TESTED)
    if figures:
        parts.section("Test", "what it would have raised; memory began empty at the first of these blocks")
        tables.table("rule_test", FIGURES, [[tables.cell(a), tables.cell(b)] for a, b in figures], "")


def _explain(typed: str) -> None:
    def deed(_desk: Desk, _who: Actor) -> str:
        rule = rule_files.checked(st.session_state[typed])
        return sentence(rule.rule, rule.table)

    deeds.do(_PLACE, deed)


def _write(folder: Path, typed: str, begun: str) -> None:
    def deed(desk: Desk, who: Actor) -> str:
        text = st.session_state[typed]
        name = rule_files.checked(text).rule.name
        own = begun == f"{_OPEN}_{name}"
        rule_files.save(desk, who, folder, text, st.session_state[begun] if own else None)
        st.session_state.pop(f"rule_text_{name}", None)
        return f"The rule {name} is written: in force once detection judges anew with it."

    deeds.do(_PLACE, deed)


def _retire(folder: Path, name: str, begun: str, typed: str) -> None:
    def deed(desk: Desk, who: Actor) -> str:
        rule_files.retire(desk, who, folder, name, st.session_state[begun])
        st.session_state.pop(typed, None)
        return f"The rule {name} is retired: it stays in force until detection judges anew without it."

    deeds.do(_PLACE, deed)


def _test(typed: str, chain_id: int | None, blocks: int) -> None:
    def deed(_desk: Desk, who: Actor) -> str:
        require(who, "analyst", "try a rule")
        st.session_state[_TESTED] = _figures(st.session_state[typed], chain_id, blocks)
        return "It was tried; nothing is in force by that."

    st.session_state.pop(_TESTED, None)
    deeds.do(_PLACE, deed)


def _figures(text: str, chain_id: int | None, blocks: int) -> list[rule_tests.Line]:
    """Of the newest blocks of the lake, beside alerts and judgements as they are filed."""
    rule, named = rule_files.checked(text), os.environ.get(parts.LAKE_SETTING, "")
    if not named or chain_id is None:
        raise BadInput(NO_LAKE)
    lake, reader = Lake.open(Path(named)), parts.store()
    newest = max((each.last for each in lake.ranges(chain_id)), default=0)
    asked = max(0, newest - min(max(blocks, 1), MOST_BLOCKS) + 1), newest
    filed = reader.standing(chain_id).alerts
    found = back_test(lake, chain_id, rule, (), asked, lambda _: None, seconds=SECONDS, filed=list(filed))
    agreed = rule_tests.agreement(found.alerts, judgements(reader, chain_id), found.first, found.last)
    return list(rule_tests.lines(found, agreed))
