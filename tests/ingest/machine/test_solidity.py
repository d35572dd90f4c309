"""Contracts of our own: each source is compiled once, and what does not compile is named in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.machine import installers, solidity, tools
from ingest.model.errors import SetupFailed

HEAD = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\n"


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of sources, and nothing compiled before."""
    npm = tools.NPM.folder
    monkeypatch.setattr(tools, "npm_package", lambda name: npm / "node_modules" / name)
    monkeypatch.setenv("UNDERTOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(solidity, "SOURCES", tmp_path)
    solidity.compiled.cache_clear()
    return tmp_path


def test_a_source_is_compiled_once_and_again_after_it_has_changed(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "box.sol").write_text(f"{HEAD}contract Box {{ uint256 public held = 1; }}")
    said: list[str] = []
    solidity.ensure(said.append)
    first = solidity.compiled("box")["Box"]
    assert first.startswith("0x60") and said[0] == "contracts: compiling 1 Solidity files …"

    said.clear()
    monkeypatch.setattr(installers, "node", lambda: pytest.fail("compiled twice"))
    solidity.ensure(said.append)
    assert said == ["contracts: 1 compiled Solidity files are ready"]

    monkeypatch.undo()
    assert solidity.compiled("token")["Token"].startswith("0x")


def test_what_a_source_imports_from_beside_it_belongs_to_it(sources: Path) -> None:
    (sources / "lid.sol").write_text(f"{HEAD}contract Lid {{ uint256 public size = 1; }}")
    (sources / "box.sol").write_text(f'{HEAD}import "./lid.sol";\ncontract Box is Lid {{}}')
    before = solidity.compiled("box")["Box"]

    (sources / "lid.sol").write_text(f"{HEAD}contract Lid {{ uint256 public size = 2; }}")
    solidity.compiled.cache_clear()
    assert solidity.compiled("box")["Box"] != before


def test_a_source_that_does_not_compile_is_named_in_one_line(sources: Path) -> None:
    (sources / "box.sol").write_text(f"{HEAD}contract Box {{ uint256 x = true; }}")

    with pytest.raises(SetupFailed, match=r"box\.sol does not compile: TypeError") as said:
        solidity.ensure(lambda _: None)
    assert "\n" not in str(said.value)
    assert not list((sources / "home").rglob("box*"))


def test_a_source_that_is_not_there_is_named(sources: Path) -> None:
    with pytest.raises(SetupFailed, match=r"no contract source chest\.sol"):
        solidity.compiled("chest")


def test_a_machine_that_is_too_busy_is_told_so_in_one_line(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "box.sol").write_text(f"{HEAD}contract Box {{}}")
    monkeypatch.setattr(solidity, "_DEADLINE_S", 0.01)
    with pytest.raises(SetupFailed, match=r"^box\.sol was not compiled within 0\.01 seconds: the machine is"):
        solidity.ensure(lambda _: None)
