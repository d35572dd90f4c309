"""Plans of a guard in either store: written once with a row of the audit, and changed with another."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.types import NullType

from dashboard.store import open_guard, open_reader, open_writer
from dashboard.store.guard_plans import Judged, Named, Plan
from dashboard.store.guard_tables import guard_plans
from detectors.alerts.alert import Role
from ingest.model.errors import BadInput
from tests.dashboard.alerts import ALICE, BOB, CHAIN, GENESIS, VAULT, Filing, back_to, drain, judged
from tests.dashboard.test_any_row import ANYTHING

PLAN = Plan(0, CHAIN, BOB, VAULT, "pause", "propose", "drain-5", "0x" + "01" * 32, "0x" + "02" * 32, 0)


def test_a_plan_and_its_changes_are_kept_in_order_each_with_a_row_of_the_audit(store_url: str) -> None:
    with open_guard(store_url) as plans:
        first = plans.plan(PLAN, {"because": "proven"})
        second = plans.plan(replace(PLAN, alert_id="drain-6"), {"because": "final"})
        sent = plans.move(first, state="sent", transaction="0x12")
        assert plans.move(sent, state="sent") is sent, "nothing changes twice"
        plans.move(sent, mined_block=7)
        assert [plan.number for plan in (first, second)] == [1, 2]
        assert [plan.state for plan in plans.plans(CHAIN)] == ["sent", "planned"]
        assert [plan.number for plan in plans.plans(CHAIN, "planned")] == [2]
        assert [(plan.number, plan.mined_block) for plan in plans.about(CHAIN, "drain-5")] == [(1, 7)]
    with closing(open_reader(store_url)) as reader:
        assert reader.cases.checked().rows == 3, "two plans and one change of state"


def test_who_is_named_as_victim_and_up_to_where_is_read(store_url: str) -> None:
    with closing(open_writer(store_url)) as writer:
        filing = Filing(writer)
        victim = (Role(VAULT, "victim"),)
        older, newer = drain(4, roles=victim), drain(5, roles=victim)
        filing.file(older, newer, drain(6, roles=(Role(ALICE, "victim"),)), drain(7), blocks=(judged(8),))
        with open_guard(store_url) as plans:
            assert plans.judged(CHAIN) == Judged(8, GENESIS + 96, 10)
            named = plans.naming(CHAIN, (VAULT,), GENESIS + 60)
            assert named == [Named(VAULT, newer.id, str(plans.record(CHAIN, newer.id)))]
            assert [each.alert_id for each in plans.naming(CHAIN, (VAULT, BOB), 0)] == [
                older.id, newer.id, "drain-7",
            ]  # fmt: skip
            assert plans.record(CHAIN, "nobody's") is None and plans.judged(CHAIN + 1) is None
            filing.file(blocks=(back_to(7),))
            assert plans.judged(CHAIN) == Judged(7, None, 10)


def test_two_guards_of_one_store_are_one_too_many(store_url: str) -> None:
    with (
        open_guard(store_url),
        pytest.raises(BadInput, match="another `undertow guard` works with"),
        open_guard(store_url),
    ):
        pass


@pytest.mark.parametrize("column", [column.name for column in guard_plans.columns])
def test_any_value_of_any_column_is_refused_in_a_line_or_a_plan_and_other_chains_go_on(
    sqlite_url: str, column: str
) -> None:
    with open_guard(sqlite_url) as plans:
        plans.plan(PLAN, {})
        other = plans.plan(replace(PLAN, chain_id=CHAIN + 1), {})
        for value in ANYTHING:
            changed = text(
                f"UPDATE guard_plans SET \"{column}\" = :value WHERE alert_id = 'drain-5' AND number = 1"
            )
            with plans._engine.begin() as connection:
                before = (
                    connection.execute(guard_plans.select().where(guard_plans.c.number == 1)).mappings().one()
                )
                connection.execute(changed.bindparams(bindparam("value", value, NullType())))
            assert plans.plans(CHAIN + 1) == [other]
            try:
                plans.plans(CHAIN)
            except BadInput as refused:
                assert "cannot be read at" in str(refused) and "\n" not in str(refused)
            with plans._engine.begin() as connection:
                connection.execute(guard_plans.delete().where(guard_plans.c.chain_id != CHAIN + 1))
                connection.execute(guard_plans.insert(), [dict(before)])


def test_a_plan_that_was_written_over_is_never_gone_by(sqlite_url: str) -> None:
    import sqlite3

    with open_guard(sqlite_url) as plans:
        plans.plan(PLAN, {})
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
            connection.execute("UPDATE guard_plans SET mined_block = 'soon'")
            connection.commit()
        with pytest.raises(BadInput, match="cannot be read at mined_block: the store was edited"):
            plans.plans(CHAIN)
