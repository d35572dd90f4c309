"""`rates`: MIDAS-R and MIDAS-F against a plain reference of the papers; who is counted, and who is not."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import numpy as np
import pytest

from detectors.parts.contract import Seen
from detectors.parts.rates import Settings
from tests.detectors.parts.plain_midas import Midas, compared, edge_stream
from tests.detectors.seen.looking import whole
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER

READS = ("net", "trails", "rates")
ALICE, BOB, SHOP, TOKEN = (address(name) for name in ("alice", "bob", "shop", "token"))
Edge = tuple[int, int, int]


def town(seed: int, blocks: int) -> tuple[ChainBuilder, list[Edge]]:
    """Payments among thirty people; at times one of them bursts."""
    rng, chain, edges = Random(seed), ChainBuilder(), list[Edge]()
    for _ in range(blocks):
        chain.block(rng.choice((12, 12, 60, 600)))
        pairs = [tuple(rng.sample(range(30), 2)) for _ in range(rng.randint(0, 6))]
        if rng.random() < 0.05:
            pairs += [tuple(rng.sample(range(30), 2))] * rng.randint(20, 60)
        for source, target in pairs:
            chain.native(address(f"person {source}"), address(f"person {target}"), 1)
            edges.append((chain.now // Settings().tick_s, source, target))
    return chain, edges


def told(view: Seen) -> dict[str, list[Any]]:
    return whole(view.of("rates").get("edges", {}))


@pytest.mark.parametrize("seed", range(2))
def test_both_scores_are_those_of_the_papers(seed: int) -> None:
    chain, edges = town(seed, 300)
    midas = Midas(Settings())
    expected = np.array([midas.take(*edge) for edge in edges])
    found = told(seen(chain.batch(), None, *READS))
    assert len(edges) > 800
    assert np.allclose(np.array([found["midas_r"], found["midas_f"]]).T, expected, rtol=1e-9, atol=1e-9)
    assert expected[:, 1].max() > Settings().filter, "the filter was never needed"


def test_bursts_rank_above_what_is_usual() -> None:
    """The share of pairs of a payment in a burst and another one that MIDAS-R ranks so: its AUC."""
    chain, edges = town(5, 300)
    many: dict[Edge, int] = defaultdict(int)
    for edge in edges:
        many[edge] += 1
    in_burst = np.array([many[edge] >= 20 for edge in edges])
    scores = np.array(told(seen(chain.batch(), None, *READS))["midas_r"])
    above = (scores[in_burst][:, None] > scores[~in_burst][None, :]).mean()
    assert above > 0.85


def test_only_plain_payments_of_the_signer_count_and_what_failed() -> None:
    chain = ChainBuilder().block().native(ALICE, BOB, 1).erc20(TOKEN, ALICE, BOB, 1)
    chain.erc20(TOKEN, ALICE, BOB, 1, by=SHOP).native(ALICE, BOB, ETHER, status=0)
    with chain.transaction(ALICE, SHOP):
        chain.erc20(TOKEN, ALICE, BOB, 1).erc20(TOKEN, ALICE, SHOP, 1)
    assert told(seen(chain.batch(), None, *READS))["failed"] == [0, 0, 1]


def test_after_a_tick_half_is_left() -> None:
    chain = ChainBuilder(start_time=1_700_000_040).block()
    for _ in range(4):
        chain.native(ALICE, BOB, 1)
    found = told(seen(chain.block(60).native(ALICE, BOB, 1).batch(), None, *READS))
    assert (found["paid"], found["ever"]) == ([1.0, 2.0, 3.0, 4.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0])


def test_the_kernel_scores_ten_thousand_edges_as_the_papers_do() -> None:
    found, expected = compared(edge_stream(3, 10_000, 400), Settings())
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert expected[:, 1].max() > Settings().filter, "the filter was never needed"


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_kernel_scores_a_million_edges_as_the_papers_do() -> None:
    found, expected = compared(edge_stream(4, 1_000_000, 1_000), Settings())
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-9)
