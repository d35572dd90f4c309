"""Alerts call native value what its chain calls it, live, in batch and after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from detectors.alerts.alert import Alert
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.evaluate import load_book
from detectors.registry import detectors
from ingest.lake.writing import LakeWriter
from ingest.model.errors import RunMismatch
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.restarts import begun, restarted
from undertow import app

ETHER = 10**18


def layering_town(chain_id: int, blocks: int = 12) -> ChainBuilder:
    """From block 3 on mallory's money is passed on by a fresh wallet in each block, eight times."""
    chain = ChainBuilder(chain_id)
    line = [address("mallory"), *(address(f"wallet {n}") for n in range(8))]
    for number in range(1, blocks + 1):
        chain.block()
        if 3 <= number < 11:
            chain.native(line[number - 3], line[number - 2], ETHER)
    return chain


def engine(chain_id: int, symbol: str | None = None, folder: Path | None = None) -> Engine:
    settings = EngineSettings(finality=2, native_symbol=symbol)
    return Engine(chain_id, detectors(), settings, keep_all=True, folder=folder)


def called(alerts: list[Alert]) -> set[tuple[str | None, int | None]]:
    return {(row.symbol, row.decimals) for alert in alerts for row in alert.evidence}


@pytest.mark.parametrize(
    ("chain_id", "symbol", "said"),
    [(1, None, "ETH"), (56, None, "BNB"), (987_654_321, None, None), (1, "TEST", "TEST"), (5050, "X", "X")],
)
def test_evidence_calls_native_value_what_its_chain_or_the_setting_calls_it(
    chain_id: int, symbol: str | None, said: str | None
) -> None:
    judge = engine(chain_id, symbol)
    judge.take(layering_town(chain_id).batch())

    assert called(judge.standing()) == {(said, 18)}


def test_after_a_restart_it_is_called_the_same(tmp_path: Path) -> None:
    chain = layering_town(56)
    first = begun(engine(56, folder=tmp_path / "first"))
    for number in range(1, 5):
        first.take(chain.batch(number, number), number)

    again, _ = restarted(first, tmp_path / "second")
    again.take(chain.batch(again.state.number + 1, chain.head), chain.head)

    assert called(again.standing()) == {("BNB", 18)}


def test_another_name_is_another_run(tmp_path: Path) -> None:
    chain = layering_town(56)
    judge, other = engine(56), engine(56, "tBNB")
    for each in (judge, other):
        for number in range(1, 7):
            each.take(chain.batch(number, number), number)
    assert judge.run_name() != other.run_name()

    saved = judge.base()
    assert saved is not None
    with pytest.raises(RunMismatch, match="start detect with --rebuild"):
        engine(56, "tBNB").resume(saved)


def test_a_flag_names_the_coin_of_a_lake(tmp_path: Path) -> None:
    LakeWriter(tmp_path / "lake").write(layering_town(5050).batch())
    book = tmp_path / "book"

    for flags, said in (((), None), (("--native-symbol", "wFOO.e"), "wFOO.e")):
        arguments = ["detect", "--lake", str(tmp_path / "lake"), "--alerts", str(book), *flags]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        assert called(list(load_book(book))) == {(said, 18)}


@pytest.mark.parametrize("text", ["", " ", "B NB", "<b>", "BNB\n", "\u202eBNB", "₿", "-x", "A" * 17, '"'])
def test_what_is_no_symbol_is_refused(text: str, tmp_path: Path) -> None:
    arguments = ["detect", "--lake", str(tmp_path), "--alerts", str(tmp_path / "b"), "--native-symbol", text]
    done = CliRunner().invoke(app, arguments)

    assert done.exit_code == 2
    assert "is no symbol of a coin" in done.output
    assert "\u202e" not in done.output
