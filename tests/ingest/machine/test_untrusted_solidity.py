"""Somebody else's Solidity is compiled in a process that can do nothing else, and not for ever."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from ingest.machine import tools
from ingest.machine.processes import Caps
from ingest.machine.untrusted_solidity import compile_file
from ingest.model.errors import BadInput

pytestmark = pytest.mark.chain


def nested(deep: int, used: int = 0) -> str:
    """A function whose argument has twice as many fields with each level: its interface is as long."""
    levels = "".join(f"struct S{n} {{ S{n + 1} a; S{n + 1} b; }}" for n in range(deep))
    return (
        f"pragma solidity ^0.8.0; contract Deep {{ {levels} struct S{deep} {{ uint a; }}"
        f" function f(S{used} memory s) external pure {{ s; }} }}"
    )


def test_contracts_and_libraries_of_an_old_file_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "old.sol"
    file.write_text(
        "pragma solidity ^0.4.0; library L { function g(uint a) public pure returns (uint) { return a; } }"
        "contract A { function f() public pure returns (uint) { return L.g(3); } } "
        "interface I { function g() external; }"
    )

    found = compile_file(file, tmp_path)

    assert found.version == "0.4.26"
    assert [each.name for each in found.own] == ["A"]
    ((_, library),) = found.own[0].links
    assert library == ("old.sol", "L")


def test_one_that_would_be_compiled_for_ever_is_ended_and_leaves_no_process(tmp_path: Path) -> None:
    file = tmp_path / "deep.sol"
    file.write_text(nested(60))
    with pytest.raises(BadInput, match=r"deep\.sol was not compiled within 4 seconds: nothing of it was dep"):
        compile_file(file, tmp_path, Caps(seconds=4, patience=2))
    assert [each for each in psutil.Process().children(recursive=True) if "node" in each.name()] == []


@pytest.mark.soak
@pytest.mark.parametrize(
    ("caps", "over"),
    [
        (Caps(output=2**20), "1 MiB of output"),
        (Caps(memory=1_300 * 2**20), "1300 MiB of memory"),
    ],
    ids=["output", "memory"],
)
def test_one_that_says_or_needs_too_much_is_ended(caps: Caps, over: str, tmp_path: Path) -> None:
    file = tmp_path / "deep.sol"
    file.write_text(nested(20, 7) if "output" in over else nested(40))
    with pytest.raises(BadInput, match=f"not compiled within {over}"):
        compile_file(file, tmp_path, caps)


def test_what_does_not_compile_says_where(tmp_path: Path) -> None:
    file = tmp_path / "wrong.sol"
    file.write_text("pragma solidity ^0.8.0; contract A { uint x = ; }")
    with pytest.raises(BadInput, match=r"wrong\.sol does not compile: ParserError: .*wrong\.sol:1:"):
        compile_file(file, tmp_path)


def test_a_home_behind_a_symbolic_link_serves_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/tools").symlink_to(tools.home() / "tools")
    monkeypatch.setenv("UNDERTOW_HOME", str(tmp_path / "home"))
    (tmp_path / "box.sol").write_text("pragma solidity ^0.8.20;\ncontract Box { uint256 public held = 1; }\n")
    assert [each.name for each in compile_file(tmp_path / "box.sol", tmp_path).own] == ["Box"]
