"""A world for each file of this folder, in which the stories of its `CATEGORY` are played, each variant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.localchain.chain.chain import fork
from ingest.localchain.play.simulation import Script, simulate
from ingest.localchain.play.stories import repertoires
from tests.ingest.localchain.truth.played import Told

TURNS = 4
"""Each variant is played so often: enough for attacks that fail to be among them."""
APART = 5
"""Blocks from one story to the next, unless the file asks for more (`BLOCKS_APART`): where what is true of a
story needs others to be out of its way.
"""
TRANSACTIONS = 3
"""Of honest people, a block, unless the file asks for more (`TRANSACTIONS_A_BLOCK`): their trade keeps prices
where they belong.
"""


@pytest.fixture(scope="module")
def told(
    request: pytest.FixtureRequest, origin_rpc: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """What was played of the category, and the chain it was played on."""
    category: str = request.module.CATEGORY
    own = repertoires({category})
    each = TURNS * max(len(one.variants) for one in own)
    apart = getattr(request.module, "BLOCKS_APART", APART)
    honest = getattr(request.module, "TRANSACTIONS_A_BLOCK", TRANSACTIONS)
    blocks = max(one.warm_up + one.latest_end for one in own) + apart * each
    labels = tmp_path_factory.mktemp(category) / "labels.jsonl"
    script = Script(
        seed=3, blocks=blocks, attacks_per_category=each, transactions_per_block=honest,
        categories=frozenset({category}), facts=labels.parent,
    )  # fmt: skip
    with fork(origin_rpc) as node:
        simulate(node.url, labels, script)
        yield Told.read(node.url, labels, category)
