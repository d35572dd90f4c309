"""Whoever types what the README says about programs and people gets what it says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

import undertow
from dashboard.store import open_writer
from ingest.machine.processes import free_port
from tests.dashboard.alerts import Filing, drain
from tests.readme.documents import DASHBOARD

PORT = 8601
"""Where the README's lines expect the API; in the test it is another."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Of somebody who has a store with one critical alert, and the README's file of routes."""
    with closing(open_writer(f"sqlite:///{tmp_path}/alerts.db")) as writer:
        Filing(writer).file(drain(1, severity="critical"), drain(2))
    (tmp_path / "pagerduty").write_text("key\n")
    (routes,) = [block for block in DASHBOARD.blocks("toml") if "[[routes]]" in block]
    (tmp_path / "routes.toml").write_text(routes.replace("/run/secrets", str(tmp_path)))
    yield tmp_path


def lines(start: str) -> list[list[str]]:
    return [shlex.split(line) for line in DASHBOARD.lines_of_blocks() if line.startswith(start)]


def run(folder: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What a line prints that is typed in the folder."""
    for name in ("SOC_SECRET", "SLACK_URL", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "https://hooks.example/secret")
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(undertow.app, words[1:])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_its_lines_for_programs_give_a_token_a_page_and_a_stream(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (add,) = lines("undertow tokens add")
    (api,) = lines("undertow api")
    token, port = run(folder, add, monkeypatch).strip(), free_port()
    argv = [sys.executable, "-m", "undertow", *api[1:], "--port", str(port)]
    with subprocess.Popen(argv, cwd=folder, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
                          stdout=subprocess.PIPE, text=True) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert "1 token may ask" in process.stdout.readline()
            assert str(port) in process.stdout.readline()
            page, stream = [curled(words, token, port) for words in lines("curl -H")]
        finally:
            process.terminate()
    assert process.wait() == 0
    assert [row["id"] for row in json.loads(page)["alerts"]] == ["drain-1"]
    assert stream.count("event: raised") == 2


def curled(words: list[str], token: str, port: int) -> str:
    """What a line with curl would print within a moment."""
    name, _, value = words[words.index("-H") + 1].partition(": ")
    headers = {name: value.replace("$TOKEN", token)}
    url = words[-1].replace(str(PORT), str(port))
    with requests.get(url, headers=headers, stream="-N" in words, timeout=60) as answer:
        assert answer.status_code == 200
        if "-N" not in words:
            return answer.text
        seen = ""
        for line in answer.iter_lines(decode_unicode=True):
            seen += str(line) + "\n"
            if seen.count("data: ") == 2:
                break
        return seen


def test_its_file_of_routes_is_understood_and_names_every_setting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = next(words for words in lines("undertow notify") if "--check" in words)
    assert run(folder, check, monkeypatch) == "notify: 3 routes to chat, mail, oncall, soc\n"
    channels = tomllib.loads((folder / "routes.toml").read_text())["channels"]
    (told,) = re.findall(r"\*\*Settings of a channel\*\*: (.*?)\n", DASHBOARD.text)
    for kind, names in re.findall(r"(\w+) ((?:`\w+`(?: \([^)]*\))?, )*`\w+`)", told):
        used = {name for each in channels.values() if each["kind"] == kind for name in each} - {"kind"}
        assert used <= set(re.findall(r"`(\w+)`", names)), kind
