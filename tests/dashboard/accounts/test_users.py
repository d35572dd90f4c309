"""Who may sign in is said by `undertow users`; no password is on a command line, in a file or in an error."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import undertow
from dashboard.accounts.users import User, fits, hashed, read_users, write_users
from dashboard.store import AuditRow, open_reader
from ingest.model.errors import BadInput
from tests.dashboard.people import HOSTILE

PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERTOW_USERS", str(tmp_path / "users.json"))
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    return tmp_path / "users.json"


def run(*argv: str, typed: str = PASSWORD) -> Any:
    return CliRunner().invoke(undertow.app, ["users", *argv], input=f"{typed}\n")


def audited(url: str) -> list[AuditRow]:
    with closing(open_reader(url)) as reader:
        reader.cases.checked()
        return reader.cases.audit()


def test_people_are_added_listed_changed_and_removed_and_all_of_it_is_in_the_audit(
    users: Path, sqlite_url: str
) -> None:
    assert run("add", "ann").exit_code == 0
    assert run("add", "vera@example.org", "--role", "viewer", "--provider").exit_code == 0
    first = read_users(users)["ann"].password
    assert run("passwd", "Ann", typed="another long password").exit_code == 0
    assert run("role", "ann", "admin").exit_code == 0
    assert run("list").output == "ann\tadmin\tpassword\nvera@example.org\tviewer\tprovider\n"
    second = read_users(users)["ann"].password
    assert first is not None and second is not None
    assert (fits(first, PASSWORD), fits(second, PASSWORD)) == (True, False)
    assert run("remove", "vera@example.org").exit_code == 0
    assert list(read_users(users)) == ["ann"]
    rows = audited(sqlite_url)
    assert [(row.action, row.subject) for row in rows] == [
        ("add person", "person ann"), ("add person", "person vera@example.org"),
        ("change password", "person ann"), ("change role", "person ann"),
        ("remove person", "person vera@example.org"),
    ]  # fmt: skip
    assert {row.person for row in rows} == {f"{os.environ.get('USER') or 'root'} (command line)"}
    assert rows[3].change == '{"after":{"role":"admin"},"before":{"role":"analyst"}}'


def test_neither_file_nor_audit_holds_a_password_and_nobody_else_reads_the_file(
    users: Path, sqlite_url: str, tmp_path: Path
) -> None:
    run("add", "ann")
    assert users.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in users.read_text()
    assert "$argon2id$" in users.read_text()
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_password_is_no_argument_and_no_option() -> None:
    group = undertow.typer.main.get_command(undertow.app).commands["users"]  # type: ignore[attr-defined]
    names = {parameter.name for command in group.commands.values() for parameter in command.params}
    assert names == {"name", "role", "to", "provider", "users", "store"}


@pytest.mark.parametrize("typed", ["", "short", "x" * 1_001])
def test_a_password_that_is_too_short_or_too_long_is_refused_and_nobody_added(
    users: Path, sqlite_url: str, typed: str
) -> None:
    outcome = run("add", "ann", typed=typed)
    assert str(outcome.exception) == "a password has 12 to 1,000 characters"
    assert not users.exists()


@pytest.mark.parametrize("name", [*HOSTILE, "blank", "cyrillic", "the local analyst"])
def test_a_name_that_could_be_taken_for_another_is_refused(users: Path, name: str) -> None:
    names = {**HOSTILE, "blank": "  ", "cyrillic": "\u0430nn", "the local analyst": "Local Analyst"}
    outcome = run("add", names[name], "--provider")
    if name in ("script", "markdown image", "formula", "tab formula", "command", "backslash"):
        assert outcome.exit_code == 0  # plain ASCII: shown as text, wherever it is shown
    else:
        assert isinstance(outcome.exception, BadInput)
        assert str(outcome.exception).isprintable()
        assert not users.exists()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("add", "ANN", "--provider"), "ANN may sign in already"),
        (("add", "bob", "--provider", "--role", "root"), "no role 'root': choose viewer, analyst, admin"),
        (("remove", "bob"), "nobody is called 'bob'"),
        (("passwd", "bob"), "nobody is called 'bob'"),
        (("role", "bob", "admin"), "nobody is called 'bob'"),
        (("role", "ann", "root"), "no role 'root'"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(
    users: Path, sqlite_url: str, argv: tuple[str, ...], said: str
) -> None:
    run("add", "ann", "--provider")
    before = users.read_text()
    outcome = run(*argv)
    assert isinstance(outcome.exception, BadInput)
    assert said in str(outcome.exception)
    assert users.read_text() == before
    assert len(audited(sqlite_url)) == 1


def test_what_cannot_be_written_is_not_in_the_audit(users: Path, sqlite_url: str) -> None:
    users.mkdir()
    write = run("add", "ann", "--provider", "--users", str(users))
    assert isinstance(write.exception, BadInput)
    below_a_file = users.parent / "store.db" / "users.json"
    outcome = run("add", "ann", "--provider", "--users", str(below_a_file))
    assert "cannot be" in str(outcome.exception)
    assert audited(sqlite_url) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no file of users"),
        ("[]", "is no file of users"),
        (
            '{"version": 1, "users": [{"name": "ann", "role": "root", "password": null}]}',
            "is no file of users",
        ),
        ('{"version": 1, "users": [{"name": 5, "role": "admin", "password": null}]}', "is no file of users"),
        ('{"version": 2, "users": []}', "is of version 2"),
        ("\x00\xff" * 30, "is no file of users"),
        ("[" * 100_000, "is no file of users"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "users.json").write_text(content)
    with pytest.raises(BadInput, match=said) as told:
        read_users(tmp_path / "users.json")
    assert "\n" not in str(told.value)


def test_a_file_that_names_somebody_twice_or_that_others_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    twice = [{"name": name, "role": "viewer", "password": None} for name in ("ann", "ANN")]
    path.write_text(json.dumps({"version": 1, "users": twice}))
    with pytest.raises(BadInput, match="names somebody twice"):
        read_users(path)
    write_users(path, {"ann": User("ann", "viewer", None)})
    path.chmod(0o666)
    with pytest.raises(BadInput, match="chmod 600"):
        read_users(path)


@pytest.mark.parametrize("kept", ["", "plain text", "$argon2id$v=19$", "$2b$12$abcdefghijklmnopqrstuv"])
def test_no_password_fits_what_argon2_did_not_make(kept: str) -> None:
    assert not fits(kept, PASSWORD)


def test_any_text_may_be_a_password() -> None:
    for password in ("pass\0word-pass", "\ud800" * 12, "пароль-пароль", "=1+1=1+1=1+1"):
        assert fits(hashed(password), password)
