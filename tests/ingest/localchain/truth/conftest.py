"""A world for each file of this folder, in which the stories of its `CATEGORY` are played: each variant once,
and in `make soak` so often that some attacks fail.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.localchain.play.simulation import Script
from ingest.localchain.play.stories import repertoires
from tests.fixtures.chain import plays
from tests.ingest.localchain.truth.played import Told

ONCE, OFTEN = 1, 4
"""Each variant is played so often: what is seen of one story at all, and enough for attacks that fail to be
among them.
"""
APART = 5
"""Blocks from one story to the next, unless the file asks for more (`BLOCKS_APART`): where what is true of a
story needs others to be out of its way.
"""
TRANSACTIONS = 3
"""Of honest people, a block, unless the file asks for more (`TRANSACTIONS_A_BLOCK`): their trade keeps prices
where they belong.
"""


@pytest.fixture(
    scope="module",
    params=[pytest.param(ONCE, id="once"), pytest.param(OFTEN, id="often", marks=pytest.mark.soak)],
)
def told(
    request: pytest.FixtureRequest, origin_rpc: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """What was played of the category, and the chain it was played on."""
    category: str = request.module.CATEGORY
    own = repertoires({category})
    each = request.param * max(len(one.variants) for one in own)
    apart = getattr(request.module, "BLOCKS_APART", APART)
    honest = getattr(request.module, "TRANSACTIONS_A_BLOCK", TRANSACTIONS)
    blocks = max(one.warm_up + one.latest_end for one in own) + apart * each
    script = Script(
        seed=3, blocks=blocks, attacks_per_category=each, transactions_per_block=honest,
        categories=frozenset({category}),
    )  # fmt: skip
    for played in plays(origin_rpc, tmp_path_factory.mktemp(category), script):
        yield Told.read(played, category, few=request.param == ONCE)
