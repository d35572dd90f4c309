"""`pools` against the plain way of working it out, against mainnet, and against who wants to mislead it."""

from __future__ import annotations

from typing import Any

import pytest
import sha3

from detectors.parts.contract import Seen
from ingest.blocks import frames as answered
from tests.detectors.parts.plain_pools import COIN, Plain
from tests.detectors.seen.looking import pieces, whole
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.mainnet import DATA, recorded, recorded_block
from tests.fixtures.market import ETHER, PAIR_CREATED, SWAP_V2, SYNC, USD, WETH, Market, Pool, lived

ALICE, MALLORY, FAKE, PAIR = (address(name) for name in ("alice", "mallory", "fake", "pair"))
FACTORIES = {
    bytes.fromhex(factory): bytes.fromhex("".join(code))
    for factory, code in {
        "5c69bee701ef814a2b6a3edd4b1652cb9cc5aa6f": (
            "96e8ac4277198ff8b6f785478aa9a39f", "403cb768dd02cbee326c3e7da348845f",
        ),
        "c0aee478e3658e2610c5f7a4a2e1777ce9e4f2ac": (
            "e18a34eb0e04b04f7a0ac29a6e80748d", "ca96319b42c54d679cb821dca90c6303",
        ),
        "1f98431c8ad98523631ae4a59f267346ea31f984": (
            "e34f199b19b2b4f47f68442619d55552", "7d244f78a3297ea89325f843f87b8b54",
        ),
    }.items()
}  # fmt: skip
"""Uniswap's second version, Sushiswap, Uniswap's third: factory and hash of the code that makes a pool."""
FEES = (100, 500, 3000, 10_000)


def amounts_of(view: Seen) -> tuple[list[Any], list[Any]]:
    """Swaps and legs as the plain way says them."""
    tables, places = view.of("pools"), view.rows
    first = int(places["number"][0])
    swaps, legs = (whole(tables[name]) if name in tables else {} for name in ("swaps", "legs"))

    def place(row: int) -> tuple[int, int, bytes]:
        at = row - first
        return (
            int(places["block"][at]),
            int(places["log_index"][at]),
            view.address(int(places["emitter"][at])),
        )

    def asset(number: int) -> bytes:
        return view.address(number) if number else COIN

    said = [
        (*place(row), version, side, (b0, b1) if priced else None, (a0, a1))
        for row, version, side, priced, b0, b1, a0, a1 in zip(
            *(
                swaps.get(n, [])
                for n in ("row", "version", "side", "priced", "before0", "before1", "after0", "after1")
            ),
            strict=True,
        )
    ]
    found = [
        (*place(row), view.address(signer), asset(into), paid, asset(out), got, how)
        for row, signer, into, paid, out, got, how in zip(
            *(legs.get(n, []) for n in ("row", "signer", "asset_in", "paid", "asset_out", "got", "how")),
            strict=True,
        )
    ]
    return said, found


@pytest.mark.parametrize("seed", range(5))
def test_it_says_what_the_plain_way_says(seed: int) -> None:
    state, plain = begun("pools"), Plain()
    said, found = list[Any](), list[Any]()
    for piece in pieces(lived(seed, 80).batch(), *range(19, 80, 20)):
        more = amounts_of(seen(piece, state, "pools"))
        said, found = said + more[0], found + more[1]
        plain.take(piece)
    assert said == plain.swaps
    assert found == plain.legs
    assert len(found) > 40


def test_a_pool_that_nobody_introduced_is_known_by_what_moved() -> None:
    market = Market(ChainBuilder().block())
    pool = market.opens(Pool(PAIR, (USD, WETH), [100 * ETHER, 50 * ETHER]), introduced=False)
    got = market.trades(ALICE, pool, 0, ETHER)
    ((*_, signer, into, paid, out, back, how),) = amounts_of(seen(market.batch(), None, "pools"))[1]
    assert (signer, into, paid, out, back, how) == (ALICE, USD, ETHER, COIN, got, 1)


def test_the_state_before_a_swap_is_what_the_pool_held() -> None:
    market = Market(ChainBuilder().block())
    second = market.opens(Pool(PAIR, (USD, WETH), [100 * ETHER, 50 * ETHER]), introduced=False)
    third = market.opens(
        Pool(address("v3"), (USD, WETH), [100 * ETHER, 50 * ETHER], version=3), introduced=False
    )
    for pool in (second, third, third):
        market.trades(ALICE, pool, 0, ETHER)
    swaps, _ = amounts_of(seen(market.batch(), None, "pools"))
    assert swaps[0][-2] == (100 * ETHER, 50 * ETHER)
    # Of a pool of the third version only what an earlier swap said is known.
    assert swaps[1][-2] is None
    assert swaps[2][-2] == swaps[1][-1]


def test_a_token_that_takes_a_fee_of_a_transfer_is_the_only_one_that_came() -> None:
    market = Market(ChainBuilder().block())
    chain = market.chain
    with chain.transaction(ALICE, address("router")):
        chain.erc20(FAKE, ALICE, PAIR, 95).erc20(USD, PAIR, ALICE, 40)
        chain.log(PAIR, (SYNC,), word(1000) + word(1000))
        chain.log(PAIR, (SWAP_V2, word(ALICE), word(ALICE)), b"".join(map(word, (100, 0, 0, 40))))
    ((*_, into, paid, out, got, how),) = amounts_of(seen(market.batch(), None, "pools"))[1]
    assert (into, paid, out, got, how) == (FAKE, 100, USD, 40, 4)


def test_who_sends_another_token_along_misleads_nobody_about_a_pool_that_is_known() -> None:
    market = Market(ChainBuilder().block())
    pool = market.opens(Pool(PAIR, (USD, WETH), [100 * ETHER, 50 * ETHER]), introduced=False)
    market.trades(ALICE, pool, 0, ETHER)
    with market.chain.transaction(MALLORY, address("router")):
        market.chain.erc20(FAKE, MALLORY, PAIR, ETHER)
        market.swaps(pool, 0, ETHER, MALLORY, MALLORY)
    legs = amounts_of(seen(market.batch(), None, "pools"))[1]
    assert [leg[4] for leg in legs] == [USD, USD]


def test_whoever_introduces_a_pool_of_others_as_his_own_misleads_nobody() -> None:
    market = Market(ChainBuilder().block())
    topics = (PAIR_CREATED, word(FAKE), word(WETH))
    market.chain.log(MALLORY, topics, word(PAIR) + word(1), by=MALLORY)
    pool = market.opens(Pool(PAIR, (USD, WETH), [100 * ETHER, 50 * ETHER]), introduced=False)
    market.trades(ALICE, pool, 0, ETHER)
    assert [leg[4] for leg in amounts_of(seen(market.batch(), None, "pools"))[1]] == [USD]


def test_a_forged_swap_that_moved_nothing_is_no_leg() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(MALLORY, FAKE):
        chain.log(FAKE, (SWAP_V2, word(ALICE), word(ALICE)), b"".join(map(word, (5, 0, 0, 6))))
    swaps, legs = amounts_of(seen(chain.batch(), None, "pools"))
    assert (len(swaps), legs) == (1, [])


def test_a_flash_swap_that_is_repaid_in_the_same_token_is_no_leg() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, PAIR):
        chain.erc20(USD, PAIR, ALICE, 100).erc20(USD, ALICE, PAIR, 101)
        chain.log(PAIR, (SWAP_V2, word(ALICE), word(ALICE)), b"".join(map(word, (101, 0, 100, 0))))
    assert amounts_of(seen(chain.batch(), None, "pools"))[1] == []


def test_a_transaction_with_thousands_of_swaps_and_transfers_of_one_pool_takes_no_longer_than_its_rows() -> (
    None
):
    chain = ChainBuilder().block()
    with chain.transaction(MALLORY, FAKE):
        for n in range(3000):
            chain.erc20(FAKE, MALLORY, PAIR, n + 1)
        for _ in range(3000):
            chain.log(PAIR, (SWAP_V2, word(ALICE), word(ALICE)), b"".join(map(word, (2, 0, 0, 10**9))))
    assert len(amounts_of(seen(chain.batch(), None, "pools"))[0]) == 3000


def test_all_swaps_of_mainnet_blocks_are_legs_and_most_are_proved_by_the_address_of_the_pool() -> None:
    """The address of a pool is made of its factory and its tokens: who finds the tokens can compute it."""
    recorded("mainnet")
    swaps = legs = proved = 0
    for file in sorted((DATA / "mainnet").glob("*.json.gz")):
        view = seen(answered.batch(1, [recorded_block(f"mainnet/{file.name}")], ["none"]), None, "pools")
        tables = view.of("pools")
        if not tables:
            continue
        swaps, legs = swaps + tables["swaps"]["row"].size, legs + tables["legs"]["row"].size
        for pool, one, other in zip(
            *(tables["legs"][n].tolist() for n in ("pool", "asset_in", "asset_out")), strict=True
        ):
            pair = [view.address(asset) if asset else WETH for asset in (one, other)]
            proved += view.address(pool) in made_of(*sorted(pair))
    assert legs == swaps
    assert swaps > 1000
    assert proved > 0.9 * legs


def made_of(token0: bytes, token1: bytes) -> set[bytes]:
    """The pools that these factories make of two tokens."""
    short = keccak(token0 + token1)
    salts = [
        short,
        short,
        *(keccak(token0.rjust(32, b"\0") + token1.rjust(32, b"\0") + word(fee)) for fee in FEES),
    ]
    makers = [*FACTORIES.items(), *[list(FACTORIES.items())[-1]] * 3]
    return {
        keccak(b"\xff" + factory + salt + code)[12:]
        for salt, (factory, code) in zip(salts, makers, strict=True)
    }


def keccak(data: bytes) -> bytes:
    return bytes(sha3.keccak_256(data).digest())
