"""Packs go from one instance to another over HTTP: to whoever has a token, and judged as a file is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import requests

from dashboard.outside.api.tokens import Token, digest, new_token, write_tokens
from dashboard.outside.packs.pack import read
from dashboard.outside.packs.shelf import Shelf, expect_folder
from dashboard.store import open_writer
from ingest.model.errors import BadInput
from tests.dashboard.outside.api import Asked, serving
from tests.dashboard.outside.packs.exchange import MALLORY, OSCAR, Exchange
from tests.fixtures.http_server import answering


@pytest.fixture
def each(tmp_path: Path) -> Exchange:
    found = Exchange(tmp_path)
    found.trusts()
    return found


@pytest.fixture
def carols(each: Exchange) -> Iterator[tuple[Asked, str]]:
    """Her API, and a viewer's token for it. Beside two packs lies something that is none."""
    token, tokens = new_token(), each.folder / "tokens.json"
    write_tokens(tokens, {digest(token): Token("alice", "viewer", digest(token), 0, None)})
    each.list(MALLORY)
    each.list(MALLORY, OSCAR, version=2)
    (each.folder / "torn.pack").write_text("{")
    open_writer(each.store).close()
    with serving(each.store, tokens, shelf=Shelf(each.folder)) as asked:
        yield asked, token


def test_alice_fetches_the_last_version_and_takes_it_in(each: Exchange, carols: tuple[Asked, str]) -> None:
    (api, token), file, out = carols, each.folder / "token", each.folder / "got"
    file.write_text(token + "\n")
    listed = each.did("fetch", api.at, "--token-file", file)
    assert [line.split("\t")[0] for line in listed.splitlines()] == ["carols 1", "carols 2"]
    each.did("fetch", api.at, "carols", "--token-file", file, "--out", out)
    assert out.read_bytes() == (each.folder / "carols-2.pack").read_bytes()
    assert "entries: 2 added" in each.takes(out)


def test_only_who_has_a_token_is_given_packs_and_nobody_can_change_them(carols: tuple[Asked, str]) -> None:
    api, token = carols
    (first, _) = api.ask("/v1/packs", Authorization=f"Bearer {token}")
    assert (first["name"], first["version"], first["lists"]) == ("carols", 1, "phishing")
    assert api.get("/v1/packs").status_code == 401
    assert api.get(f"/v1/packs/{first['digest']}").status_code == 401
    mine = {"Authorization": f"Bearer {token}"}
    assert requests.put(f"{api.at}/v1/packs/{first['digest']}", headers=mine, timeout=60).status_code == 405
    for odd, status in (("ab" * 32, 404), ("..%2Fstore.db", 404), ("store.db", 400)):
        assert api.get(f"/v1/packs/{odd}", Authorization=f"Bearer {token}").status_code == status


def test_without_a_folder_no_pack_is_given_out(sqlite_url: str, tmp_path: Path) -> None:
    with closing(open_writer(sqlite_url)), serving(sqlite_url) as api:
        assert api.ask("/v1/packs") == []
        assert api.get(f"/v1/packs/{'ab' * 32}").status_code == 404
    with pytest.raises(BadInput, match="there is no folder"):
        expect_folder(tmp_path / "nowhere")


def test_what_another_side_says_is_not_believed(each: Exchange) -> None:
    pack = read(each.list(MALLORY))
    out = each.folder / "got"
    asked = [
        (b"<html>", "does not list packs"),
        (
            b'[{"name":"../x","version":1,"kind":"list","digest":"' + b"ab" * 32 + b'"}]',
            "does not list packs",
        ),
        (b"[]", "there is no pack 'carols' there"),
    ]
    for body, why in asked:
        with answering(partial(_says, body)) as url:
            status, said = each.run("fetch", url, "carols", "--out", out)
            assert (status, why in said) == (1, True), said
    listed = f'[{{"name":"carols","version":1,"kind":"list","digest":"{"ab" * 32}"}}]'.encode()
    file = (each.folder / "carols-1.pack").read_bytes()
    with answering(lambda path: (200, listed if path == b"/v1/packs" else file)) as url:
        status, said = each.run("fetch", url, "carols", "--out", out)
    assert (status, f"the pack {pack.called} is refused: forged: " in said) == (1, True), said
    assert not out.exists()
    assert "does not answer" in each.run("fetch", "http://127.0.0.1:1")[1]
    for odd in ("file:///etc/passwd", "http://[", "https://"):
        assert "is no address of an API" in each.run("fetch", odd)[1]


def test_what_this_machine_asks_itself_goes_through_no_proxy(
    each: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with answering(partial(_says, b"[]")) as url:
        assert each.did("fetch", url) == ""


def _says(body: bytes, path: bytes) -> tuple[int, bytes]:
    return 200, body


def test_a_token_is_not_sent_in_the_open(each: Exchange) -> None:
    (each.folder / "token").write_text("secret")
    status, said = each.run("fetch", "http://192.0.2.1:8601", "--token-file", each.folder / "token")
    assert (status, "is not sent to http://192.0.2.1:8601 in the open" in said) == (1, True), said
