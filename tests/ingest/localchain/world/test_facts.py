"""The lists of a world are files of addresses, and say where they could not be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.localchain.play.deploying import world
from ingest.localchain.protocols.token_zoo import TokenZoo, listed_tokens
from ingest.localchain.world.facts import write_lists
from ingest.model.errors import BadInput

MALLORY = "0x" + "66" * 20


def read(file: Path) -> list[str]:
    title, *addresses = file.read_text().splitlines()
    assert title.startswith("# ")
    return addresses


def test_lists_hold_who_is_under_sanctions_and_which_tokens_are_known(tmp_path: Path) -> None:
    write_lists(tmp_path / "facts", [MALLORY], listed_tokens(world()))

    assert read(tmp_path / "facts" / "sanctions.txt") == [MALLORY]
    tokens = read(tmp_path / "facts" / "allow-tokens.txt")
    assert world().token("USDC").address in tokens and world().weth in tokens


def test_both_dollars_that_are_called_usdc_are_known_and_the_hostile_name_is_not() -> None:
    here = world()
    namesakes = [token for token in here.of(TokenZoo).bridged if token.symbol == "USDC"]
    assert {here.token("USDC").address, *(token.address for token in namesakes)} <= set(listed_tokens(here))
    assert len(namesakes) == 1 and here.hostile.address not in listed_tokens(here)


def test_a_folder_that_cannot_be_made_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "facts").write_text("a file is in the way")

    with pytest.raises(BadInput, match=r"sanctions\.txt cannot be written .*: choose another") as said:
        write_lists(tmp_path / "facts", [MALLORY], [])
    assert "\n" not in str(said.value)
