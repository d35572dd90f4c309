"""The same blocks as readers of less see them, and what is refused because nobody could see it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from detectors.base import TIERS, Tier
from detectors.engine.settings import EngineSettings
from detectors.runs.tiers import at_tier
from ingest import decode, schema
from ingest.decode.shapes import signature
from ingest.lake.writing import LakeWriter
from ingest.model.batch import Batch
from ingest.model.errors import BadInput
from tests.fixtures.frames import ChainBuilder, address, word
from undertow import app

APPROVAL = signature("Approval(address,address,uint256)")
ALICE, BOB, DAI, TRAP = (address(name) for name in ("alice", "bob", "dai", "trap"))


def whole() -> Batch:
    """Alice pays bob ether, which fails, and DAI, and allows him more; bob deploys a trap with money."""
    chain = ChainBuilder(first_block=1)
    chain.block().native(ALICE, BOB, 10**18, status=0)
    with chain.transaction(ALICE, DAI):
        chain.log(DAI, (APPROVAL, word(ALICE), word(BOB)), word(5))
        chain.erc20(DAI, ALICE, BOB, 5)
    chain.block().creates(BOB, TRAP, wei=7)
    batch = chain.batch()
    called = batch.transactions.with_columns(input=pl.lit(b"\x01\x02\x03\x04"))
    codes = [(1, 2, TRAP, b"h" * 32, b"\x60\x60")]
    return replace(
        batch,
        transactions=called,
        traces=traced(called),
        codes=pl.DataFrame(codes, schema=schema.CODES.schema, orient="row"),
    )


def traced(transactions: pl.DataFrame) -> pl.DataFrame:
    """The top call of each transaction."""
    extra = {
        "trace_index": 0, "depth": 0, "call_type": "call", "error": None, "undone": False,
    }  # fmt: skip
    wanted = [
        pl.lit(extra[name], kind).alias(name) if name in extra else pl.col(name).cast(kind)
        for name, kind in schema.TRACES.schema.items()
    ]
    return transactions.select(wanted)


def test_without_a_tier_and_at_the_highest_everything_is_seen() -> None:
    batch = whole()
    assert at_tier(batch, None) is batch
    assert at_tier(batch, "code") is batch


@pytest.mark.parametrize(
    ("tier", "codes", "traces", "calls", "logs"),
    [("traces", 0, 3, True, 2), ("receipts", 0, 0, True, 2), ("logs", 0, 0, False, 2),
     ("transfers", 0, 0, False, 1)],
)  # fmt: skip
def test_each_tier_hides_what_lies_above_it(
    tier: Tier, codes: int, traces: int, calls: bool, logs: int
) -> None:
    seen = at_tier(whole(), tier)
    heights = (seen.codes.height, seen.traces.height, seen.logs.height)
    assert heights == (codes, traces, logs)
    assert set(seen.transactions["input"]) == {b"\x01\x02\x03\x04" if calls else b""}
    assert (seen.transactions["effective_gas_price"].null_count() == 0) == calls
    assert seen.approvals.height == (tier != "transfers")


@pytest.mark.parametrize("tier", TIERS)
def test_what_moved_is_the_same_in_every_tier_in_any_cut(tier: Tier) -> None:
    """The failed payment moved nothing, and the trap was given its money: both are known from a receipt."""
    seen, batch = at_tier(whole(), tier), whole()
    assert seen.transfers.equals(batch.transfers)
    assert [seen.slice(n, n).transfers.height for n in (1, 2)] == [1, 1]
    assert dict(seen.transactions.schema) == schema.TRANSACTIONS.schema


def test_traces_that_are_not_there_are_not_compared_with() -> None:
    batch = whole()
    for traces in (batch.traces.clear(), batch.traces.head(2)):
        block = 1 if traces.is_empty() else 2
        for tier in ("traces", "code"):
            with pytest.raises(BadInput, match=rf"no traces of block {block}: .*--traces.*--tier receipts"):
                at_tier(replace(batch, traces=traces), tier)
        assert at_tier(replace(batch, traces=traces), "receipts").traces.is_empty()


def test_code_that_is_not_there_is_not_compared_with() -> None:
    with pytest.raises(BadInput, match=r"no code of block 2: .*--tier traces") as error:
        at_tier(replace(whole(), codes=whole().codes.clear()), "code")
    assert "\n" not in str(error.value)


def test_blocks_without_transactions_lack_nothing() -> None:
    assert len(at_tier(ChainBuilder(first_block=1).blocks(3).batch(), "code")) == 3


# The command


def judged(tmp_path: Path, *more: str) -> tuple[int, BaseException | None, str]:
    arguments = ["detect", "--lake", str(tmp_path / "lake"), "--alerts", str(tmp_path / "book"), *more]
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.exception, result.output


def test_a_lake_is_judged_at_a_tier_that_it_holds(tmp_path: Path) -> None:
    LakeWriter(tmp_path / "lake").write(replace(whole(), traces=whole().traces.clear()))
    assert judged(tmp_path, "--tier", "logs")[0] == 0
    assert (tmp_path / "book").exists()
    _, error, _ = judged(tmp_path, "--tier", "traces")
    assert isinstance(error, BadInput)
    assert "no traces of block 1" in str(error)


def test_a_setting_that_names_no_tier_is_refused() -> None:
    with pytest.raises(BadInput, match=r"tier is 'rumours': give one of transfers, .*code"):
        EngineSettings(tier="rumours")  # type: ignore[arg-type]


def test_an_unknown_tier_or_one_asked_for_live_is_a_usage_error(tmp_path: Path) -> None:
    status, _, said = judged(tmp_path, "--tier", "everything")
    assert (status, "transfers" in said) == (2, True)
    live = CliRunner().invoke(app, ["detect", "--chain-id", "1", "--tier", "logs"])
    assert (live.exit_code, "--lake and --alerts" in live.output) == (2, True)


def test_the_logs_of_the_lowest_tier_are_those_of_transfers() -> None:
    assert set(at_tier(whole(), "transfers").logs["topic0"]) == {decode.TRANSFER}
