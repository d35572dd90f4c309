"""Which deposits and withdrawals are rows: mostly the simple rule says it, and never another thing than the
whole one.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.kernels.decoding import Kind, decode
from detectors.kernels.rows.chronicle import _count, _counted, _plainly_counted
from ingest import decode as frames
from ingest.model.batch import Batch
from tests.fixtures.frames import ChainBuilder
from tests.ingest.decode.test_wrapping import (
    ALICE,
    BANK,
    COIN,
    KINDS,
    MAINNET_WETH,
    WETH,
    _plays,
    says_deposit,
)

MOVES = st.tuples(
    st.sampled_from(KINDS), st.sampled_from([MAINNET_WETH, WETH, COIN, BANK]), st.integers(1, 2)
)


def both(batch: Batch) -> tuple[list[bool] | None, list[bool]]:
    """What the simple rule says, None where it says nothing, and what the whole one says."""
    decoded = decode(batch)
    wraps = np.flatnonzero(np.isin(decoded.kind, (Kind.WETH_DEPOSIT, Kind.WETH_WITHDRAWAL)))
    plain = _plainly_counted(decoded, batch, wraps)
    return None if plain is None else plain.tolist(), _counted(decoded, batch, wraps).tolist()


@given(st.lists(st.lists(MOVES, max_size=4), min_size=1, max_size=3), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_where_the_simple_rule_speaks_it_says_what_the_whole_one_says(
    blocks: list[list[tuple[str, bytes, int]]], weth_is_told: bool, coin_is_told: bool
) -> None:
    chain = ChainBuilder(1)
    for moves in blocks:
        chain.block()
        chain = chain.wraps(WETH) if weth_is_told else chain
        chain = chain.wraps(COIN, frames.BY_VALUE) if coin_is_told else chain
        with chain.transaction(ALICE, COIN, wei=1):
            for move in moves:
                _plays(chain, *move)
    plain, whole = both(chain.batch())
    assert plain is None or plain == whole
    assert _count(decode(chain.batch()), chain.batch()).sum() == len(decode(chain.batch())) - whole.count(
        False
    )


def test_ether_that_is_wrapped_is_simple_and_a_bank_beside_it_moves_nothing() -> None:
    chain = ChainBuilder(1)
    with chain.transaction(ALICE, BANK, wei=10):
        says_deposit(says_deposit(chain, MAINNET_WETH, ALICE, 10), BANK, ALICE, 10)

    assert both(chain.batch()) == ([True, False], [True, False])


def test_a_coin_that_is_told_of_by_a_fact_or_minted_beside_its_deposit_is_not_simple() -> None:
    told = says_deposit(ChainBuilder(1).block(), WETH, ALICE, 10).wraps(WETH)
    assert both(told.batch()) == (None, [True])

    minted = ChainBuilder(1).block()
    with minted.transaction(ALICE, MAINNET_WETH, wei=10):
        _plays(says_deposit(minted, MAINNET_WETH, ALICE, 10), "mint", MAINNET_WETH, 10)
    assert both(minted.batch()) == (None, [False])
