"""What Polygon's state sync brings is under no root: an alert that rests on it says so, in a proved block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from detectors.base import Finding, Seen, Tier
from detectors.engine.engine import Engine
from detectors.engine.episodes import Episodes
from detectors.engine.settings import EngineSettings
from detectors.parts.contract import Kind
from detectors.parts.ledger import UNPROVED_BLOCKS, Ledger
from detectors.parts.lines import place_of
from ingest.model.batch import Batch, Rollback, concat
from tests.detectors.findings import finding, place, transaction
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.restarts import begun, restarted

ALICE, BOB, CAROL, BRIDGE, USD = (address(name) for name in ("alice", "bob", "carol", "bridge", "usd"))
SETTINGS = EngineSettings(finality=4, epoch_blocks=5)
POLYGON = 137
CHECKED = 6


class FirstArrivals:
    """In block 6, names whoever was paid in it, with the transfer that brought money to the wallet first."""

    name = "first-arrivals"
    catches: tuple[str, ...] = ("anomalous-wallet",)
    needs: Tier = "transfers"
    settings: object = None
    reads: tuple[str, ...] = ("holdings",)

    def score(self, seen: Seen) -> list[Finding]:
        known, rows = seen.of("holdings").get("known"), seen.rows
        if known is None:
            return []
        which = known["row"] - int(rows["number"][0])
        paid = which[rows["block"][which] == CHECKED]
        return [self._finding(seen, int(at), int(rows["target"][at])) for at in paid]

    def _finding(self, seen: Seen, at: int, payee: int) -> Finding:
        rows = seen.history("rows").rows(payee, CHECKED)
        came = (rows["kind"] == Kind.ERC20) & (rows["target"] == payee)
        return Finding(
            **place_of(seen, int(seen.rows["number"][at])), category="anomalous-wallet",
            subject_kind="wallet", subject=seen.address(payee), score=0.5, severity="low",
            roles=((seen.address(payee), "attacker"),), rows=seen.evidence([int(rows["row"][came][-1])]),
        )  # fmt: skip


def bridged() -> list[Batch]:
    """Six proved blocks of Polygon. State sync brings alice her first money in block 2, and carol hers in
    block 6; bob is paid by alice. In block 6 all three are paid.
    """
    chain = ChainBuilder(POLYGON).block().block().erc20(USD, BRIDGE, ALICE, 500, by=bytes(20))
    chain.blocks(4).erc20(USD, ALICE, BOB, 5).erc20(USD, BOB, ALICE, 1)
    chain.erc20(USD, BRIDGE, CAROL, 700, by=bytes(20))
    return [_proved(batch) for batch in chain.batches(1)]


def _proved(batch: Batch) -> Batch:
    synced = pl.when(pl.col("from_address") == pl.lit(bytes(20))).then(pl.lit("state-sync")).otherwise(None)
    return replace(
        batch,
        blocks=batch.blocks.with_columns(proof=pl.lit("header")),
        transactions=batch.transactions.with_columns(receipt_of=synced),
    )


def engine(**changes: Any) -> Engine:
    return Engine(POLYGON, [FirstArrivals()], SETTINGS, **changes)


def proofs(of: Engine) -> dict[str, str]:
    names = {"0x" + wallet.hex(): name for wallet, name in ((ALICE, "alice"), (BOB, "bob"), (CAROL, "carol"))}
    return {names[alert.subject_id]: alert.proof for alert in of.standing()}


@pytest.mark.parametrize("whole", [False, True], ids=["block by block", "in one batch"])
def test_who_was_paid_by_a_state_sync_is_named_without_proof_wherever_batches_are_cut(whole: bool) -> None:
    watch = engine()
    for batch in [concat(bridged())] if whole else bridged():
        watch.take(batch)
    assert proofs(watch) == {"alice": "none", "bob": "header", "carol": "none"}


def test_it_is_still_known_after_a_restart_and_after_a_rollback(tmp_path: Path) -> None:
    first, *later = bridged()
    more = ChainBuilder(POLYGON, first_block=7, parent=later[-1].last_hash).blocks(8).batches(1)
    watch = begun(engine(folder=tmp_path / "first"))
    for offset, batch in enumerate([first, *later, *map(_proved, more)]):
        watch.take(batch, offset)
    resumed, _ = restarted(watch, tmp_path / "second")
    assert set(resumed.state.ledger.unproved.values()) == {2, 6}

    short = engine()
    for batch in [first, *later]:
        short.take(batch)
    short.take(Rollback(POLYGON, 5, later[3].last_hash))
    assert set(short.state.ledger.unproved.values()) == {2}
    short.take(later[4])
    assert proofs(short) == {"alice": "none", "bob": "header", "carol": "none"}


def test_an_alert_that_comes_to_rest_on_an_unproved_row_is_no_longer_proved() -> None:
    of, ledger = Episodes("a run", SETTINGS), Ledger()
    ledger.unproved[transaction(6)] = 6
    first = of.take("layering", "transfers", finding(5), place(5), ledger)
    grown = of.take("layering", "transfers", finding(6), place(6), ledger)
    later = of.take("layering", "transfers", finding(7), place(7), ledger)
    assert [alert.proof for alert in (first, grown, later)] == ["header", "none", "none"]
    (back,) = of.undo(5, "block 6 left")
    assert back.proof == "header"


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [("header", "receipts-root", "receipts-root"), ("receipts-root", "header", "receipts-root"),
     ("none", "header", "none"), ("header", "none", "none"), ("header", "header", "header")],
)  # fmt: skip
def test_an_alert_is_proved_as_its_weakest_block_is(first: str, second: str, together: str) -> None:
    of = Episodes("a run", SETTINGS)
    of.take("layering", "transfers", finding(5), replace(place(5), proof=first), Ledger())
    grown = of.take("layering", "transfers", finding(6), replace(place(6), proof=second), Ledger())
    assert grown.proof == together


def test_it_is_forgotten_at_a_fixed_age_whenever_that_is_done() -> None:
    ledger, synced = Ledger(), transaction(10)
    ledger.unproved[synced] = 10
    last = 10 + UNPROVED_BLOCKS - 1
    assert (ledger.proves(synced, last), ledger.proves(synced, last + 1)) == (False, True)
    ledger.forget(last)
    assert not ledger.proves(synced, last)
    ledger.forget(last + 1)
    assert ledger.unproved == {}
