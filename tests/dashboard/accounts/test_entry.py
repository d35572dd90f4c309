"""Who comes in, as what, and who does not: by password, at the provider, and after a change of the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.accounts.access import Access, check
from dashboard.accounts.entry import LOCAL_ONLY, Entry, Provider
from dashboard.accounts.users import User, folded, hashed, write_users
from dashboard.store import LOCAL, Actor, Desk, NotAllowed, open_desk, open_reader
from ingest.model.errors import BadInput, StoreUnreachable
from tests.dashboard.people import HOSTILE

PASSWORD = "correct horse battery"
HASH = hashed(PASSWORD)
ANN = User("Ann", "analyst", HASH)
VERA = User("vera@example.org", "viewer", None)


def people(path: Path, *users: User) -> Path:
    write_users(path, {folded(user.name): user for user in users})
    return path


@pytest.fixture
def users(tmp_path: Path) -> Path:
    return people(tmp_path / "users.json", ANN, VERA)


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    with closing(open_desk(sqlite_url)) as desk:
        yield desk


STRANGERS = ["bob", "", "vera@example.org", HOSTILE["NUL"], HOSTILE["lone surrogate"], HOSTILE["10 kB"]]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def actions(url: str) -> list[tuple[str, str]]:
    with closing(open_reader(url)) as reader:
        return [(row.action, row.subject) for row in reader.cases.audit()]


def test_the_right_password_lets_in_and_both_are_noted(users: Path, desk: Desk, sqlite_url: str) -> None:
    entry = Entry(users)
    assert entry.sign_in(" ANN ", PASSWORD, desk) == Actor("Ann", "analyst")
    with pytest.raises(NotAllowed, match="the name or the password is wrong"):
        entry.sign_in("ann", PASSWORD + "!", desk)
    assert actions(sqlite_url) == [("sign in", "person Ann"), ("sign-in refused", "person Ann")]


@pytest.mark.parametrize("name", STRANGERS)
def test_a_name_that_has_no_password_is_refused_in_the_same_words(
    users: Path, desk: Desk, name: str, sqlite_url: str
) -> None:
    for password in ("", PASSWORD):
        with pytest.raises(NotAllowed) as told:
            Entry(users).sign_in(name, password, desk)
        assert str(told.value) == "the name or the password is wrong"
    strangers = [subject for _, subject in actions(sqlite_url) if subject != f"person {VERA.name}"]
    assert strangers == []  # nobody fills the audit with names of their own


def test_who_tries_passwords_has_to_wait_longer_each_time_and_others_do_not(
    users: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    entry = Entry(people(users, ANN, User("bob", "viewer", HASH)), clock)
    monkeypatch.setattr("dashboard.accounts.entry.fits", lambda _, password: password == PASSWORD)
    for _ in range(5):
        with pytest.raises(NotAllowed, match="is wrong"):
            entry.sign_in("ann", "guess", desk)
    with pytest.raises(NotAllowed, match="wait 1 s"):
        entry.sign_in("ann", PASSWORD, desk)
    assert entry.sign_in("bob", PASSWORD, desk).name == "bob"
    clock.now = 1.1
    with pytest.raises(NotAllowed, match="is wrong"):
        entry.sign_in("ann", "guess", desk)
    with pytest.raises(NotAllowed, match="wait 2 s"):
        entry.sign_in("ann", "guess", desk)
    clock.now = 100
    assert entry.sign_in("ann", PASSWORD, desk).name == "Ann"
    with pytest.raises(NotAllowed, match="is wrong"):
        entry.sign_in("ann", "guess", desk)  # counts from the beginning again


def test_strangers_names_are_counted_together_and_kept_nowhere(
    users: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Entry(users, Clock())
    monkeypatch.setattr("dashboard.accounts.entry.fits", lambda *_: False)
    for number in range(5):
        with pytest.raises(NotAllowed, match="is wrong"):
            entry.sign_in(f"stranger {number}", "guess", desk)
    with pytest.raises(NotAllowed, match="wait 1 s"):
        entry.sign_in("another", "guess", desk)
    assert len(entry._tries._rows) == 1


def test_who_was_removed_or_has_another_role_is_found_out_at_the_next_click(users: Path, desk: Desk) -> None:
    entry = Entry(users)
    ann = entry.sign_in("ann", PASSWORD, desk)
    proof = entry.proof_of(ann)
    assert entry.still(ann, proof) == ann
    people(users, User("Ann", "viewer", HASH), VERA)
    assert entry.still(ann, proof) == Actor("Ann", "viewer")
    people(users, VERA)
    assert entry.still(ann, proof) is None
    users.unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        entry.still(ann, proof)


def test_who_has_another_password_or_signs_in_elsewhere_now_has_to_sign_in_again(users: Path) -> None:
    entry, ann = Entry(users), Actor("Ann", "analyst")
    proof = entry.proof_of(ann)
    for other in ("$argon2id$another", None):
        people(users, User("Ann", "analyst", other), VERA)
        assert entry.still(ann, proof) is None
    assert entry.still(Actor("vera@example.org", "viewer"), "provider") == Actor(VERA.name, "viewer")
    assert entry.still(ann, "") is None


def test_nobody_comes_in_who_cannot_be_noted(
    users: Path, tmp_path: Path, desk: Desk, sqlite_url: str
) -> None:
    blocked = open_desk(sqlite_url)
    with closing(blocked), desk._writing():
        blocked._engine.dispose()
        with pytest.MonkeyPatch.context() as patched, pytest.raises(StoreUnreachable):
            patched.setattr("dashboard.store.connect.BUSY_SECONDS", 0)
            with closing(open_desk(sqlite_url)) as hurried:
                Entry(users).sign_in("ann", PASSWORD, hurried)


def test_who_signed_in_at_the_provider_has_the_role_that_an_admin_gave(users: Path) -> None:
    entry = Entry(users)
    said = Provider({"email": "Vera@Example.org", "email_verified": True, "sub": "1"})
    assert entry.from_provider(said) == Actor("vera@example.org", "viewer")


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({}, "gave no e-mail address"),
        ({"email": None}, "gave no e-mail address"),
        ({"email": ["vera@example.org"]}, "gave no e-mail address"),
        ({"email": "vera@example.org", "email_verified": False}, "has not verified"),
        ({"email": "vera@example.org", "email_verified": "false"}, "has not verified"),
        ({"email": "vera@example.org", "email_verified": None}, "has not verified"),
        ({"email": "eve@example.org"}, "'eve@example.org' may not sign in here"),
        ({"email": "ann"}, "'ann' may not sign in here"),
    ],
)
def test_who_the_provider_does_not_vouch_for_and_whom_nobody_knows_stays_out(
    users: Path, claims: dict[str, object], said: str
) -> None:
    with pytest.raises(NotAllowed, match=said):
        Entry(users).from_provider(Provider(claims))


def test_where_nobody_signs_in_the_local_analyst_works() -> None:
    assert LOCAL_ONLY.is_open
    assert (LOCAL.name, LOCAL.role) == ("local analyst", "analyst")


AUTH = """[auth]
redirect_uri = "https://undertow.example/oauth2callback"
cookie_secret = "a"
client_id = "b"
client_secret = "c"
server_metadata_url = "https://id.example/.well-known/openid-configuration"
"""


def test_off_this_machine_nobody_comes_in_without_signing_in(users: Path, tmp_path: Path) -> None:
    for address in ("0.0.0.0", "::", "10.0.0.7", "192.168.1.1"):
        with pytest.raises(BadInput, match="may come in without signing in: add people"):
            check(Access(address))
        assert check(Access(address, users))[0] == "people sign in by password"
        assert "passwords travel as typed" in check(Access(address, users))[1]
    (tmp_path / "cert.pem").touch()
    tls = Access("0.0.0.0", users, None, tmp_path / "cert.pem", tmp_path / "cert.pem")
    assert check(tls) == ["people sign in by password"]


def test_on_this_machine_it_is_said_that_nobody_signs_in() -> None:
    for address in ("127.0.0.1", "::1", "127.0.0.2"):
        assert check(Access(address)) == [
            "nobody signs in, who sits here works as 'local analyst': `undertow users add` changes that"
        ]


def test_ways_in_that_nobody_could_go_are_refused(users: Path, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(AUTH)
    with pytest.raises(BadInput, match="nobody may sign in at the provider yet"):
        check(Access(secrets=secrets))
    with pytest.raises(BadInput, match="could sign in: `undertow users add NAME`"):
        check(Access("0.0.0.0", tmp_path / "none.json"))
    only_vera = people(users, VERA)
    with pytest.raises(BadInput, match="or name the provider with --secrets"):
        check(Access("0.0.0.0", only_vera))
    assert check(Access("127.0.0.1", only_vera, secrets)) == ["people sign in at the provider"]
    both = people(users, ANN, VERA)
    assert check(Access("127.0.0.1", both, secrets)) == ["people sign in by password or at the provider"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("[auth", "is no TOML"),
        ("x = 1", r"has no section \[auth\]"),
        ("auth = 5", r"has no section \[auth\]"),
        (AUTH.replace("client_id", "client"), r"\[auth\] of .* lacks client_id"),
        ("[auth]\nredirect_uri = 5", "lacks redirect_uri, cookie_secret"),
    ],
)
def test_secrets_that_name_no_provider_are_refused(users: Path, content: str | None, said: str) -> None:
    secrets = users.parent / "secrets.toml"
    if content is not None:
        secrets.write_text(content)
    with pytest.raises(BadInput, match=said) as told:
        check(Access("127.0.0.1", users, secrets))
    assert "\n" not in str(told.value)


def test_half_a_certificate_and_no_address_are_refused(users: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="TLS takes both"):
        check(Access(users=users, certificate=tmp_path / "c.pem"))
    with pytest.raises(BadInput, match="--tls-cert: there is no file"):
        check(Access(users=users, certificate=tmp_path / "c.pem", key=tmp_path / "k.pem"))
    for address in ("", "localhost", "0.0.0.0:80", "\u202e1"):
        with pytest.raises(BadInput, match="is no address to listen on"):
            check(Access(address))
