"""What blocks cost is kept for a while, follows the chain, is forecast, shown, and asked for by a command."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from dashboard.filing import fees as when
from dashboard.filing.fee_sources import checked_headers
from dashboard.filing.forecasts import EVERY_S, FeeForecasts
from dashboard.screens import health_budget
from dashboard.screens.fees import held_row
from dashboard.store import Filters, Reader, Writer, fee_filing, open_reader, open_writer
from dashboard.store.fees import forecast_from, forecast_text, last_forecasts, newest_fees
from dashboard.store.revision_reading import alerts_before
from detectors.alerts.messages import BlockScores, Fees, fees_from
from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.forecast import forecast
from ingest.lake.writing import LakeWriter
from ingest.model.budget import Budget
from ingest.model.errors import NodeMisbehaved
from ingest.model.health import Health, OptionalHealth
from tests.bench.forecasts.demand import played
from tests.dashboard.alerts import CHAIN, Filing, back_to, drain, judged
from tests.dashboard.screen import opened, said
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.made_blocks import ETHEREUM, MadeBlock, fields, paid

BLOCKS = played("quiet", 3, 400)


def costing(block: BlockFees) -> BlockScores:
    fees = Fees(block.gas_used, block.gas_limit, block.base_fee, block.blob_gas_used, block.excess_blob_gas)
    return msgspec.structs.replace(judged(block.number), timestamp=block.timestamp, fees=fees)


def numbers(reader: Reader) -> list[int]:
    return [block.number for block in newest_fees(reader, CHAIN, 1_000)]


@pytest.fixture
def filed(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Filing:
    monkeypatch.setenv("UNDERTOW_STORE", sqlite_url)
    filing = Filing(open_writer(sqlite_url))
    filing.file(blocks=tuple(map(costing, BLOCKS)))
    return filing


def test_fees_are_filed_with_their_blocks_and_come_back_as_they_were(filing: Filing, reader: Reader) -> None:
    filing.file(blocks=tuple(map(costing, BLOCKS[:20])))
    assert newest_fees(reader, CHAIN, 1_000) == BLOCKS[:20]
    assert newest_fees(reader, CHAIN, 5) == BLOCKS[15:20]
    filing.file(blocks=(judged(BLOCKS[20].number),))  # of a detector of before
    assert newest_fees(reader, CHAIN, 1_000) == BLOCKS[:20]


def test_blocks_that_left_the_chain_take_their_fees_and_forecasts_along(
    filing: Filing, reader: Reader, writer: Writer
) -> None:
    filing.file(blocks=tuple(map(costing, BLOCKS[:20])))
    for last in (10, 20):
        writer.file_forecast(CHAIN, forecast(CHAIN, BLOCKS[:last]))
    fork = BLOCKS[12].number
    other = replace(BLOCKS[13], base_fee=7)
    filing.file(blocks=(back_to(fork), costing(other)))

    assert newest_fees(reader, CHAIN, 1_000) == [*BLOCKS[:13], other]
    assert [each.number for each in last_forecasts(reader, CHAIN, 10)] == [BLOCKS[9].number]


def test_a_rollback_within_one_feed_counts_as_in_two(filing: Filing, reader: Reader) -> None:
    told = [costing(block) for block in BLOCKS[:6]]
    other = replace(BLOCKS[4], base_fee=7)
    filing.file(blocks=(*told, back_to(BLOCKS[3].number), costing(other)))
    assert newest_fees(reader, CHAIN, 10) == [*BLOCKS[:4], other]


def test_the_newest_stay_and_the_rest_goes_a_slice_at_a_time(
    filing: Filing, reader: Reader, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fee_filing, "KEPT_BLOCKS", 10)
    monkeypatch.setattr(fee_filing, "SLICE", 4)
    filing.file(blocks=tuple(map(costing, BLOCKS[:20])))
    assert [writer.age(CHAIN, 90) for _ in range(4)] == [4, 4, 2, 0]
    assert numbers(reader) == [block.number for block in BLOCKS[10:20]]


def test_what_is_no_number_of_the_store_is_nothing() -> None:
    assert fees_from((2**63, None, 2**64 - 1, 0, 2**63 - 1)) == Fees(None, None, None, 0, 2**63 - 1)
    assert forecast_from("{}") is None
    assert forecast_from("\ud800") is None
    found = forecast(CHAIN, BLOCKS)
    assert forecast_from(forecast_text(found)) == found


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_forecast_is_made_of_what_is_filed_not_more_often_than_is_of_use(filed: Filing) -> None:
    clock = Clock()
    forecasts = FeeForecasts(filed.writer, Budget(None), clock)
    assert [forecasts.step(CHAIN), forecasts.step(CHAIN)] == [True, False]
    clock.now = EVERY_S
    assert forecasts.step(CHAIN)
    assert not forecasts.step(CHAIN + 1)


def test_a_forecast_that_cannot_be_made_is_said_and_filing_goes_on(
    filed: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr("detectors.runs.forecasts.forecast.forecast", fails)
    said_: list[str] = []
    assert not FeeForecasts(filed.writer, Budget(None), Clock(), said_.append).step(CHAIN)
    assert said_ == [
        f"sink: chain {CHAIN}: no forecast of fees after block {BLOCKS[-1].number}: Singular matrix"
    ]


def test_a_budget_that_is_used_up_leaves_out_forecasts_and_nothing_that_is_filed(
    filed: Filing, sqlite_url: str
) -> None:
    used, clock = Clock(), Clock()
    budget = Budget(0.001, used)
    used.now = 100.0
    forecasts = FeeForecasts(filed.writer, budget, clock)
    for block in range(1_000, 1_005):
        clock.now += EVERY_S
        filed.file(drain(block), blocks=(costing(replace(BLOCKS[0], number=block)),))
        assert not forecasts.step(CHAIN)

    with closing(open_reader(sqlite_url)) as reader:
        assert last_forecasts(reader, CHAIN, 10) == []
        assert numbers(reader)[-5:] == [1_000, 1_001, 1_002, 1_003, 1_004]
        assert len(alerts_before(reader, Filters(), None, 100)) == 5
    assert budget.states() == [OptionalHealth("forecasts", "paused", 0, 5)]


def test_forecasts_of_before_are_held_against_what_came() -> None:
    told = [forecast(CHAIN, BLOCKS[:end], (2, 5)) for end in range(300, 380, 4)]
    fared = when.held(told, BLOCKS)

    assert [(each.blocks, each.count) for each in fared] == [(2, 20), (5, 20)]
    assert all(each.within_50 <= each.within_90 <= each.count for each in fared)
    assert when.held(told, BLOCKS[:200]) == []
    assert len(held_row(fared[0])) == 6


def test_the_screen_says_when_to_send_and_what_that_rests_on(filed: Filing) -> None:
    assert "No forecast is filed" in said(opened("fees"))
    filed.writer.file_forecast(CHAIN, forecast(CHAIN, BLOCKS[:380]))
    drawn = said(opened("fees"))
    assert "Send now" in drawn or "Wait " in drawn
    assert "as 256 pairs of blocks show" in drawn
    assert "The forecast is 20 blocks old" in drawn
    assert "How the last forecasts held" in drawn


def test_the_screen_health_says_what_a_block_costs_and_what_is_left_out() -> None:
    work = [OptionalHealth("forecasts", "paused", 3, 40)]
    record = Health(
        CHAIN, "sink", "a", 9, 1, 5.0, counts={"blocks": 4}, cpu_s=2.0, budget_cpu_s=0.1, optional=work
    )
    (row,) = health_budget.costs(record)
    assert [cell["text"] for cell in row[1:]] == [
        "sink", "4", "0.5", "0.1", "0", "0", "5", "forecasts paused by the budget (3 done, 40 left out)",
    ]  # fmt: skip
    assert health_budget.costs(Health(CHAIN, "sink", "a", 9, 1, 5.0)) == []


def fees(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "undertow", "fees", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120)


def test_the_command_says_it_of_a_store_and_as_json(filed: Filing, sqlite_url: str) -> None:
    told = fees("--store", sqlite_url, "--deadline", 10)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"chain {CHAIN}: ")
    assert f"After block {BLOCKS[-1].number}, from the 400 blocks up to it." in told.stdout
    found = json.loads(fees("--store", sqlite_url, "--json").stdout)
    assert found["base_fee"][0]["exact"]
    assert found["number"] == BLOCKS[-1].number


def test_the_command_says_it_of_a_lake(tmp_path: Path) -> None:
    chain = ChainBuilder(chain_id=CHAIN)
    for _ in range(30):
        chain = chain.block().native(address("alice"), address("bob"), 1)
    LakeWriter(tmp_path / "lake").write(chain.batch())
    told = fees("--lake", tmp_path / "lake")
    assert told.returncode == 0, told.stderr
    assert "After block 30, from the 30 blocks up to it." in told.stdout
    assert "follows no rule of EIP-1559's kind in 29 pairs" in told.stdout  # its fee stands still


@pytest.mark.chain
def test_the_command_says_it_of_a_node_whose_headers_hash_to_their_names(origin_rpc: str) -> None:
    told = fees("--rpc", origin_rpc, "--deadline", 10)
    assert told.returncode == 0, told.stderr
    assert "After block " in told.stdout
    other = fees("--rpc", origin_rpc, "--chain-id", 1)
    assert "not 1" in other.stderr and other.returncode == 1


def test_a_field_that_a_node_writes_as_nothing_is_not_there() -> None:
    without_fee = MadeBlock(lambda told: fields(told, *ETHEREUM), {"baseFeePerGas": "0x"}, [paid(0)])
    (found,) = checked_headers([without_fee.answer().block], "node")
    assert (found.number, found.base_fee) == (100, None)


def test_a_header_that_is_not_its_blocks_ends_it_with_its_number() -> None:
    made = MadeBlock(receipts=[paid(0)])
    (found,) = checked_headers([made.answer().block], "node")
    assert (found.number, found.base_fee, found.blob_gas_used) == (100, 7, None)
    with pytest.raises(NodeMisbehaved, match="block 100 is none: it does not hash to its name"):
        checked_headers([made.answer(gasUsed="0x5").block], "node")
    with pytest.raises(NodeMisbehaved, match="changed while it was read"):
        checked_headers([made.answer().block] * 2, "node")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--lake", "nowhere", "--rpc", "http://127.0.0.1:1"), "give one of --store, --lake and --rpc"),
        (("--lake", "nowhere"), "nowhere is not a lake"),
        (("--deadline", 301), "less than or equal to 300"),
        (("--rpc", "http://127.0.0.1:1"), "127.0.0.1:1"),
    ],
)
def test_what_cannot_be_forecast_of_is_one_clear_line(arguments: tuple[object, ...], line: str) -> None:
    told = fees(*arguments)
    assert told.returncode != 0
    assert line in told.stderr
    assert "Traceback" not in told.stderr


def test_a_store_without_fees_says_so(sqlite_url: str) -> None:
    with closing(open_writer(sqlite_url)) as writer:
        Filing(writer).file(blocks=(judged(1),))
    told = fees("--store", sqlite_url)
    assert told.returncode != 0
    assert f"holds no fees of chain {CHAIN}" in told.stderr
