"""The README's example is inspected as it stands there, and says what the README says."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.readme.documents import DASHBOARD
from undertow import app

pytestmark = pytest.mark.chain
THEIR_NODE = "http://127.0.0.1:8545"


def test_its_jar_is_robbed_and_its_counterexample_replays(
    bare_rpc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source,) = (block for block in DASHBOARD.blocks("solidity") if "contract Jar" in block)
    (said,) = (block for block in DASHBOARD.blocks("text") if "re-entry" in block)
    lines = [line for line in DASHBOARD.lines_of_blocks() if line.startswith("undertow inspect ")]
    (tmp_path / "jar.sol").write_text(source)
    monkeypatch.chdir(tmp_path)

    inspected, replayed = (
        CliRunner().invoke(app, shlex.split(line.replace(THEIR_NODE, bare_rpc))[1:]) for line in lines
    )

    assert inspected.exit_code == 0, inspected.output
    assert set(said.splitlines()) <= set(inspected.output.splitlines())
    assert replayed.output.startswith("replayed   re-entry: while take pays, take is called again")
