"""What `undertow anchor` does not take it refuses in one line: a key that others read, the watched chain."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import undertow
from ingest.model.errors import UndertowError
from tests.dashboard.alerts import CHAIN, Filing, drain
from tests.dashboard.outside.anchoring.anchored import Anchored, lives
from tests.fixtures.second_chain import key_file, second_chain

pytestmark = pytest.mark.chain


def said(*argv: str) -> str:
    done = CliRunner().invoke(undertow.app, ["anchor", *argv])
    assert done.exit_code != 0
    return str(done.exception) if isinstance(done.exception, UndertowError) else done.output


def begun(anchored: Anchored, *more: str) -> str:
    state = str(anchored.folder / "state")
    return said("--store", anchored.url, "--rpc", anchored.second.url, "--state", state, *more)


def test_a_key_that_others_may_read_is_refused(anchored: Anchored, filing: Filing) -> None:
    lives(filing, 70, drain(20))
    anchored.purse.chmod(0o644)
    told = begun(anchored, "--key-file", str(anchored.purse))
    assert "chmod 600" in told and anchored.purse.read_text().strip() not in told


def test_the_watched_chain_is_never_written_to_by_mistake(sqlite_url: str, tmp_path: Path) -> None:
    from dashboard.store import open_writer

    lives(Filing(open_writer(sqlite_url)), 70, drain(20))
    with second_chain(CHAIN) as watched:
        told = said("--store", sqlite_url, "--rpc", watched.url, "--key-file", str(key_file(tmp_path)))
        assert f"is of chain {CHAIN}, which is the one watched" in told
        assert watched.head == 0


def test_no_second_contract_is_begun_on_another_chain_without_a_word(
    anchored: Anchored, filing: Filing
) -> None:
    lives(filing, 70, drain(20))
    anchored.goes_on()
    with second_chain(31_400) as third:
        state, key = str(anchored.folder / "state"), str(anchored.purse)
        told = said("--store", anchored.url, "--rpc", third.url, "--state", state, "--key-file", key)
        assert "is anchored in" in told and "name another --contract" in told


def test_an_address_without_a_contract_of_ours_is_told(anchored: Anchored, filing: Filing) -> None:
    lives(filing, 70, drain(20))
    key = ("--key-file", str(anchored.purse))
    assert "lies no contract of undertow" in begun(anchored, *key, "--contract", "0x" + "ca" * 20)
    assert "is no address" in begun(anchored, *key, "--contract", "0x12")
    assert "give a multiple of 50" in begun(anchored, *key, "--blocks", "49")


def test_what_is_missing_or_too_much_is_told(tmp_path: Path) -> None:
    assert "--rpc and --key-file" in said()
    assert "together" in said("--dry-run")
    assert "together" in said("--lake", str(tmp_path), "--dry-run", "--rpc", "http://127.0.0.1:1")
