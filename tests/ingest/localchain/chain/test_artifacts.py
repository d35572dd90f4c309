"""Bytecode comes from what its authors published; what is not there is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.localchain.chain import artifacts
from ingest.machine import tools
from ingest.model.errors import SetupFailed


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed package."""
    monkeypatch.setattr(tools, "npm_package", lambda name: tmp_path)
    return tmp_path


def test_a_constant_is_read_out_of_a_javascript_file(package: Path) -> None:
    (package / "c.js").write_text("exports.one = exports.two = void 0;\nexports.two = '0x60fe';\n")

    assert artifacts.published_constant("viem", "c.js", "two") == "0x60fe"


@pytest.mark.parametrize(("file", "name"), [("c.js", "three"), ("d.js", "two")])
def test_a_constant_that_is_not_there_is_named(package: Path, file: str, name: str) -> None:
    (package / "c.js").write_text("exports.two = '0x60fe';")

    with pytest.raises(SetupFailed, match=f"{file} of an npm package has no {name}: remove the tools folder"):
        artifacts.published_constant("viem", file, name)
