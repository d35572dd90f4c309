"""Who may ask the API: known tokens, as their role allows, not too often; nobody from afar by accident."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

import undertow
from dashboard.outside.api.limits import Limits
from dashboard.outside.api.serving import Listening, check
from dashboard.outside.api.tokens import Token, digest, new_token, read_tokens, write_tokens
from dashboard.store import Role, open_reader, open_writer
from ingest.model.errors import BadInput
from tests.dashboard.alerts import CHAIN, Filing, drain
from tests.dashboard.outside.api import Asked, serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gate")


@pytest.fixture(scope="module")
def store(folder: Path) -> str:
    url = f"sqlite:///{folder}/store.db"
    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(1), drain(2))
    return url


@pytest.fixture(scope="module")
def tokens(folder: Path) -> dict[str, str]:
    """By role, and one that has expired; a file of them lies in the folder."""
    roles: dict[str, Role] = {"viewer": "viewer", "analyst": "analyst", "admin": "admin", "expired": "viewer"}
    made = {name: new_token() for name in roles}
    kept = {
        digest(made[name]): Token(name, role, digest(made[name]), 0, 1 if name == "expired" else None)
        for name, role in roles.items()
    }
    write_tokens(folder / "tokens.json", kept)
    return made


@pytest.fixture(scope="module")
def api(store: str, folder: Path, tokens: dict[str, str]) -> Iterator[Asked]:
    with serving(store, folder / "tokens.json") as asked:
        yield asked


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "a token is needed"),
        ("Basic YTpi", "write `Authorization: Bearer TOKEN`"),
        ("Bearer secret", "no token of undertow"),
        ("Bearer undertow_" + "A" * 43, "forged, or removed"),
        ("Bearer expired", "the token expired has expired"),
    ],
)
def test_who_is_not_known_is_told_why(
    api: Asked, tokens: dict[str, str], header: str | None, said: str
) -> None:
    header = header and header.replace("Bearer expired", f"Bearer {tokens['expired']}")
    answer = api.get("/v1/alerts", **({"Authorization": header} if header else {}))
    assert answer.status_code == 401 and said in answer.json()["error"]
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_question_asks_for_a_token_and_only_the_description_does_not(api: Asked) -> None:
    assert api.get("/docs").status_code == 200
    for path, methods in api.ask("/openapi.json")["paths"].items():
        told = {"alert_id": "drain-1", "address": "0x" + "1" * 40, "subject": "0x11", "digest": "0" * 64}
        where = path.format(chain_id=CHAIN, **told)
        for method in methods:
            assert requests.request(method, f"{api.at}{where}", timeout=60).status_code in (401, 429), path


def test_a_viewer_reads_an_analyst_works_and_an_admin_reads_the_audit(
    api: Asked, tokens: dict[str, str]
) -> None:
    case = f"{api.at}/v1/cases/{CHAIN}/drain-1"

    def change(role: str, **wanted: Any) -> requests.Response:
        return requests.patch(case, json=wanted, headers=bearer(tokens[role]), timeout=60)

    refused = change("viewer", seen=0, status="open")
    assert refused.status_code == 403 and "of role analyst" in refused.json()["error"]
    assert change("analyst", seen=0, status="open").json()["revision"] == 1
    late = change("analyst", seen=0, disposition="duplicate", reason="same-actor")
    assert late.status_code == 409 and "meanwhile" in late.json()["error"]
    assert change("analyst", seen=1, disposition="duplicate", reason="bored").status_code == 400
    said = requests.post(
        f"{case}/comments", json={"text": "hm"}, headers=bearer(tokens["analyst"]), timeout=60
    )
    assert said.status_code == 201
    told = api.ask(f"/v1/cases/{CHAIN}/drain-1", **bearer(tokens["viewer"]))
    assert (told["case"]["status"], [each["text"] for each in told["comments"]]) == ("open", ["hm"])
    assert [each["alert_id"] for each in api.ask("/v1/cases?status=open", **bearer(tokens["viewer"]))] == [
        "drain-1"
    ]
    assert api.get("/v1/audit", **bearer(tokens["analyst"])).status_code == 403
    rows = api.ask("/v1/audit", **bearer(tokens["admin"]))["rows"]
    assert {row["person"] for row in rows} == {"analyst (token)"}


def test_a_token_that_was_removed_is_out_at_its_next_request(store: str, tmp_path: Path) -> None:
    ann, bob = new_token(), new_token()
    kept = {
        digest(each): Token(name, "viewer", digest(each), 0) for name, each in (("ann", ann), ("bob", bob))
    }
    write_tokens(tmp_path / "tokens.json", kept)
    with serving(store, tmp_path / "tokens.json") as api:
        assert api.get("/v1/alerts", **bearer(ann)).status_code == 200
        del kept[digest(ann)]
        write_tokens(tmp_path / "tokens.json", kept)
        assert api.get("/v1/alerts", **bearer(ann)).status_code == 401
        (tmp_path / "tokens.json").write_text("{")
        assert api.get("/v1/alerts", **bearer(bob)).status_code == 401


def test_who_asks_too_often_waits_and_others_do_not() -> None:
    now = [0.0]
    limits = Limits(2.0, lambda: now[0])
    assert [limits.wait_s("ann") for _ in range(20)] == [0.0] * 20
    assert limits.wait_s("ann") == 0.5
    assert limits.wait_s("bob") == 0.0
    now[0] = 0.5
    assert (limits.wait_s("ann"), limits.wait_s("ann")) == (0.0, 0.5)


def test_a_program_that_asks_too_often_is_told_when_to_come_back(store: str) -> None:
    with serving(store, rate=0.1) as api:
        assert api.get("/v1/alerts").status_code == 200
        answer = api.get("/v1/alerts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8601", "127.0.0.1.evil.example", ""])
def test_a_page_of_elsewhere_cannot_make_a_browser_here_ask(
    api: Asked, tokens: dict[str, str], host: str
) -> None:
    assert api.get("/v1/alerts", Host=host, **bearer(tokens["viewer"])).status_code in (400, 421)


def certificate(folder: Path) -> Path:
    path = folder / "cert.pem"
    path.touch()
    return path


@pytest.mark.parametrize("given", [(), ("tokens",), ("certificate", "key")])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_off_this_machine_it_takes_tokens_and_tls_together(
    folder: Path, tokens: dict[str, str], host: str, given: tuple[str, ...]
) -> None:
    files = {"tokens": folder / "tokens.json", "certificate": certificate(folder), "key": certificate(folder)}
    with pytest.raises(BadInput, match=r"needs --tokens, --tls-cert and --tls-key") as said:
        check(Listening(host, **{name: files[name] for name in given}))  # type: ignore[arg-type]
    assert "\n" not in str(said.value)
    whole = Listening(host, 8601, files["tokens"], files["certificate"], files["key"])
    assert check(whole) == "4 tokens may ask"


@pytest.mark.parametrize(
    ("listening", "said"),
    [
        (Listening("everywhere"), "'everywhere' is no address"),
        (Listening(certificate=Path("cert.pem")), "TLS takes both"),
        (Listening(certificate=Path("/no/cert"), key=Path("/no/key")), "--tls-cert: there is no file"),
        (Listening(tokens=Path("/no/tokens")), "`undertow tokens add` makes it"),
    ],
)
def test_what_cannot_be_listened_with_is_said_in_a_line(listening: Listening, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check(listening)


def test_tokens_are_made_listed_and_removed_and_are_in_no_file_and_in_the_audit(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTOW_TOKENS", str(tmp_path / "tokens.json"))
    monkeypatch.setenv("UNDERTOW_STORE", store)

    def run(*argv: str) -> Any:
        return CliRunner().invoke(undertow.app, ["tokens", *argv])

    token = run("add", "soc", "--role", "analyst", "--days", "1").stdout.strip()
    assert token.startswith("undertow_") and token not in (tmp_path / "tokens.json").read_text()
    assert (tmp_path / "tokens.json").stat().st_mode & 0o077 == 0
    assert read_tokens(tmp_path / "tokens.json")[digest(token)].role == "analyst"
    assert isinstance(run("add", "soc").exception, BadInput)
    assert isinstance(run("add", "two words").exception, BadInput)
    assert run("list").stdout.startswith("soc\tanalyst\tuntil 20")
    assert run("remove", "soc").exit_code == 0
    assert isinstance(run("remove", "soc").exception, BadInput)
    with closing(open_reader(store)) as reader:
        rows = [row for row in reader.cases.audit() if row.subject == "person soc (token)"]
    assert [row.action for row in rows] == ["add token", "remove token"]
    assert all(token not in row.change for row in rows)


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2, "tokens": []}', '{"version": 1}'])
def test_a_file_that_is_none_of_ours_is_refused_in_a_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(content)
    with pytest.raises(BadInput, match="tokens"):
        read_tokens(path)
    path.write_text(json.dumps({"version": 1, "tokens": []}))
    path.chmod(0o666)
    with pytest.raises(BadInput, match="chmod 600"):
        read_tokens(path)
