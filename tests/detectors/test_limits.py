"""Limits of the walks: buffers are as large as what they promise, and what no walk can keep to is refused."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.engine.settings import EngineSettings
from detectors.kernels.layout import MOST_STEPS, Limits
from detectors.parts.features import Features, stream
from detectors.parts.ledger import Ledger
from ingest.model.errors import BadInput
from tests.detectors.graphs import graph
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL, DAVE = (address(name) for name in ("alice", "bob", "carol", "dave"))
WIDE = Limits(quiet_edges=10**6, steps=MOST_STEPS)


def seen(chain: ChainBuilder, limits: Limits) -> Features:
    return stream(chain.batch(), graph(), Ledger(), limits)


def passed_on(times: int) -> ChainBuilder:
    """Money that runs through so many fresh wallets, all in one block."""
    chain = ChainBuilder().block()
    for hop in range(times):
        chain.native(address(f"hop {hop}"), address(f"hop {hop + 1}"), 1000)
    return chain


def scattered(wallets: int) -> ChainBuilder:
    """Alice scatters money over so many wallets, and bob gathers it."""
    chain, middle = ChainBuilder().block(), [address(f"middle {n}") for n in range(wallets)]
    for wallet in middle:
        chain.native(ALICE, wallet, 1000)
    for wallet in middle:
        chain.native(wallet, BOB, 1000)
    return chain


@pytest.mark.parametrize("steps", [1, 63, 64, 65, 200, 400, MOST_STEPS])
def test_a_trail_is_copied_out_as_far_as_its_steps_reach(steps: int) -> None:
    trails = seen(passed_on(600), WIDE._replace(steps=steps, gather_wallets=1)).trails
    last = trails.filter(trails["row"] == 599)
    assert last.height == max(min(steps, 600), 2)  # a gathering of one has two edges, whatever the steps


@pytest.mark.parametrize(("wallets", "needed"), [(40, 4), (40, 33), (300, 200), (300, 301)])
def test_as_many_wallets_can_gather_as_it_takes(wallets: int, needed: int) -> None:
    features = seen(scattered(wallets), WIDE._replace(gather_wallets=needed))
    counted = min(wallets, max(needed, 32))
    assert features.transfers["gathered"].max() == counted
    last = features.trails.filter(features.trails["row"] == 2 * wallets - 1)
    assert last.height == (2 * counted if counted >= needed else 0)


@pytest.mark.parametrize("field", Limits._fields)
@pytest.mark.parametrize("value", [0, -1, -(2**63), 2**31, 2**63, 10**30, 64.0, True, None, "64"])
def test_a_limit_that_no_walk_can_keep_to_is_refused(field: str, value: Any) -> None:
    said = rf"^the limit {field} is .*: give a whole number from 1 to \d+$"
    for make in (Limits, Limits()._replace):
        with pytest.raises(BadInput, match=said):
            make(**{field: value})


def test_no_more_wallets_can_be_asked_for_than_a_walk_reads() -> None:
    assert Limits(steps=64, gather_wallets=64).gathered == 64
    with pytest.raises(BadInput, match="gather_wallets is 65: give a whole number from 1 to 64"):
        Limits(steps=64, gather_wallets=65)


@pytest.mark.parametrize("name", ["finality", "epoch_blocks", "block_scores", "evidence_rows"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_count_of_the_engine_begins_at_one(name: str, value: int) -> None:
    changes: dict[str, Any] = {name: value}
    with pytest.raises(BadInput, match=f"^the setting {name} is {value}: give a whole number from 1 to "):
        EngineSettings(**changes)


@pytest.mark.parametrize("changes", [{"horizons": None}, {"quiet_seconds": -1}, {"score_floor": 1.1}])
def test_another_setting_of_the_engine_that_no_run_can_keep_to_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        EngineSettings(**changes)
