"""The page asks for a password where people sign in, and shows nothing of the store before."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.accounts.users import User, write_users
from dashboard.store import open_reader, open_writer
from tests.dashboard.accounts.test_entry import ANN, PASSWORD
from tests.dashboard.alerts import Filing, drain, judged
from tests.dashboard.screen import said

APP = Path(__file__).parents[3] / "dashboard" / "app.py"


@pytest.fixture
def page(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(drain(1), blocks=(judged(5),))
    write_users(tmp_path / "users.json", {"ann": ANN})
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    monkeypatch.setenv("UNDERTOW_USERS", str(tmp_path / "users.json"))
    return AppTest.from_file(str(APP), default_timeout=60).run()


def try_password(page: AppTest, name: str, password: str) -> None:
    page.text_input[0].input(name)
    page.text_input[1].input(password)
    page.button[0].click().run()


def test_nothing_of_the_store_is_shown_before_somebody_signed_in(page: AppTest) -> None:
    assert "Sign in" in said(page)
    assert "alert" not in said(page).lower()
    try_password(page, "<b>ann</b>", PASSWORD)
    assert "the name or the password is wrong" in said(page)
    assert "alert" not in said(page).lower()


def test_who_gives_the_right_password_sees_what_is_there_until_they_are_removed(
    page: AppTest, tmp_path: Path, sqlite_url: str
) -> None:
    try_password(page, "ann", PASSWORD)
    assert "<h1>Overview</h1>" in said(page)
    write_users(tmp_path / "users.json", {"bob": User("bob", "viewer", ANN.password)})
    page.run()
    assert "Sign in" in said(page)
    assert "<h1>Overview</h1>" not in said(page)
    with closing(open_reader(sqlite_url)) as reader:
        assert [row.action for row in reader.cases.audit()] == ["sign in"]


def test_a_file_of_users_that_is_gone_lets_nobody_in(page: AppTest, tmp_path: Path) -> None:
    try_password(page, "ann", PASSWORD)
    (tmp_path / "users.json").unlink()
    page.run()
    assert "cannot be read" in said(page)
    assert "<h1>Overview</h1>" not in said(page)
