"""Who can write the whole store anew cannot write the audit anew: its head is anchored. On a real anvil."""

from __future__ import annotations

from contextlib import closing

import pytest
from typer.testing import CliRunner

import undertow
from dashboard.store import AlertKey, Change, open_desk, open_reader
from dashboard.store.audit import chained
from ingest.model.errors import UndertowError
from tests.dashboard.alerts import CHAIN, Filing, drain
from tests.dashboard.outside.anchoring.anchored import Anchored, lives
from tests.dashboard.people import ANN
from tests.dashboard.test_audit import by_hand

pytestmark = pytest.mark.chain


def verified(anchored: Anchored, *more: str) -> str:
    """What `undertow audit verify` prints, or why it ends."""
    told = ("--rpc", anchored.second.url, "--contract", str(anchored.address), *more)
    done = CliRunner().invoke(undertow.app, ["audit", "verify", "--store", anchored.url, *told])
    return str(done.exception) if isinstance(done.exception, UndertowError) else done.output


def test_an_audit_that_was_written_anew_with_all_its_hashes_is_found_out_by_its_anchored_head(
    anchored: Anchored, filing: Filing
) -> None:
    lives(filing, 70, drain(20))
    desk = open_desk(anchored.url)
    desk.comment(ANN, AlertKey(CHAIN, "drain-20"), "the victim wrote to us")
    desk.change(ANN, AlertKey(CHAIN, "drain-20"), 0, Change(status="open", assignee="ann"))
    anchored.goes_on()
    desk.comment(ANN, AlertKey(CHAIN, "drain-20"), "and again")
    assert "anchored: up to row 2, by 1 heads" in verified(anchored)
    with closing(open_reader(anchored.url)) as reader:
        rows = reader.cases.audit()
    before, statements = "0" * 64, []
    for row in rows:
        said = row.change.replace("the victim", "nobody")
        columns = {name: getattr(row, name) for name in type(row).__slots__} | {"change": said}
        before = chained(before, columns)
        statements.append(
            f"UPDATE audit SET change = '{said}', hash = '{before}' WHERE number = {row.number}"
        )
    statements += [
        f"UPDATE audit_head SET hash = '{before}'",
        "UPDATE comments SET text = 'nobody wrote to us' WHERE number = 1",
    ]
    by_hand(desk, *statements)
    desk.close()
    alone = CliRunner().invoke(undertow.app, ["audit", "verify", "--store", anchored.url])
    assert alone.exit_code == 0, "by itself it is whole"
    assert "row 2 of the audit is not the one that was noted" in verified(anchored)


def test_the_first_row_that_was_edited_is_named(anchored: Anchored, filing: Filing) -> None:
    lives(filing, 70, drain(20))
    desk = open_desk(anchored.url)
    for text in ("one", "two", "three"):
        desk.comment(ANN, AlertKey(CHAIN, "drain-20"), text)
    anchored.goes_on()
    by_hand(desk, "UPDATE audit SET person = 'nobody' WHERE number = 2")
    desk.close()
    assert "row 2 of the audit is not as it was written" in verified(anchored)
