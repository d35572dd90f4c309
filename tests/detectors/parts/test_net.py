"""`net` against plain sums over frames, and the traps of native value."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import polars as pl
import pytest

from detectors.parts.contract import Seen
from ingest import decode, schema
from ingest.model.batch import Batch
from tests.detectors.seen.looking import pieces, whole
from tests.detectors.seen.views import begun, seen
from tests.fixtures.frames import ChainBuilder, address, word
from tests.fixtures.market import ETHER, ROUTER, WETH, Market, Pool, lived

ALICE, BOB, TOKEN, POOL = (address(name) for name in ("alice", "bob", "token", "pool"))
WRAPPED = {None, WETH}
Sums = dict[tuple[bytes, bytes, bytes | None], tuple[int, int]]
"""By transaction, account and asset (None: the coin): received, paid."""


def plain(batch: Batch) -> Sums:
    """What moved, by the frames alone: wrapping moves nothing, and calls inside count where there are any."""
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for row in _moves(batch):
        amount, token = int.from_bytes(row["amount"], "big"), row["token"]
        source, target = row["from_address"], row["to_address"]
        native = row["standard"] == "native"
        wraps = WETH in (source, target) if native else token in WRAPPED and bytes(20) in (source, target)
        if wraps or source == target or not amount:
            continue
        asset = None if token in WRAPPED else token
        sums[row["transaction_hash"], target, asset][0] += amount
        sums[row["transaction_hash"], source, asset][1] += amount
    return {key: (received, paid) for key, (received, paid) in sums.items()}


def _moves(batch: Batch) -> list[dict[str, Any]]:
    fungible = batch.transfers.filter(pl.col("standard").is_in(["native", "erc20", "weth"]))
    calls = batch.traces.filter((pl.col("depth") > 0) & ~pl.col("undone"))
    inside = calls.select(
        "transaction_hash", "from_address", "to_address", amount="value", standard=pl.lit("native"),
        token=pl.lit(None, pl.Binary),
    )  # fmt: skip
    return [*fungible.iter_rows(named=True), *inside.iter_rows(named=True)]


def said(view: Seen) -> Sums:
    changes = whole(view.of("net").get("changes", {}))
    hashes = {
        int(n): bytes(h) for n, h in zip(view.transactions["number"], view.transactions["hash"], strict=True)
    }
    return {
        (hashes[t], view.address(account), view.address(asset) if asset else None): (received, paid)
        for t, account, asset, received, paid in zip(
            *(changes.get(name, []) for name in ("transaction", "account", "asset", "received", "paid")),
            strict=True,
        )
    }


@pytest.mark.parametrize("seed", range(4))
def test_it_says_what_plain_sums_say(seed: int) -> None:
    batch, state = lived(seed, 60).batch(), begun("net")
    found = [(said(seen(piece, state, "net")), plain(piece)) for piece in pieces(batch, *range(19, 60, 20))]
    assert all(one == other for one, other in found)
    assert sum(len(one) for one, _ in found) > 100


def test_a_router_that_unwraps_is_credited_and_it_is_said_that_the_rest_is_not_known() -> None:
    market = Market(ChainBuilder().block())
    pool = market.opens(Pool(POOL, (TOKEN, WETH), [100 * ETHER, 100 * ETHER]))
    got = pool.out(0, ETHER)
    market.sells_for_coin(ALICE, pool, ETHER)
    view = seen(market.batch(), None, "net")
    (last,) = {key[0] for key in said(view)}
    assert said(view)[last, ROUTER, None] == (got, 0)
    changes = view.of("net")["changes"]
    assert [bool(k) for k in changes["known"]] == [asset != 0 for asset in changes["asset"]]


def test_with_traces_the_coin_that_a_router_sends_on_is_its_callers() -> None:
    market = Market(ChainBuilder().block())
    pool = market.opens(Pool(POOL, (TOKEN, WETH), [100 * ETHER, 100 * ETHER]))
    got = pool.out(0, ETHER)
    market.traced.add(market.chain.head)
    market.sells_for_coin(ALICE, pool, ETHER)
    view = seen(market.batch(), None, "net")
    (last,) = {key[0] for key in said(view)}
    assert said(view)[last, ALICE, None] == (got, 0)
    assert said(view)[last, ROUTER, None] == (got, got)
    assert view.of("net")["changes"]["known"].all()


def test_who_wraps_has_neither_more_nor_less() -> None:
    chain = ChainBuilder().block().deposit(WETH, ALICE, ETHER).withdrawal(WETH, ALICE, ETHER)
    assert said(seen(chain.batch(), None, "net")) == {}


def test_a_wrapper_that_also_tells_of_transfers_from_nobody_gives_nothing_away() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, WETH, ETHER):
        chain.log(WETH, (decode.DEPOSIT, word(ALICE)), word(ETHER))
        chain.erc20(WETH, bytes(20), ALICE, ETHER)
    assert said(seen(chain.batch(), None, "net")) == {}


def test_what_is_no_wrapper_mints_and_takes_value() -> None:
    bank = address("bank")
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, bank, ETHER):
        chain.erc20(bank, bytes(20), ALICE, 7)
    sums = said(seen(chain.batch(), None, "net"))
    assert {(account, asset): change for (_, account, asset), change in sums.items()} == {
        (ALICE, None): (0, ETHER), (bank, None): (ETHER, 0), (bytes(20), bank): (0, 7), (ALICE, bank): (7, 0),
    }  # fmt: skip


def test_sums_beyond_256_bits_stay_at_the_largest_number() -> None:
    chain, most = ChainBuilder().block(), 2**256 - 1
    with chain.transaction(ALICE, TOKEN):
        chain.erc20(TOKEN, BOB, ALICE, most).erc20(TOKEN, POOL, ALICE, 5)
    sums = said(seen(chain.batch(), None, "net"))
    assert {key[1]: change for key, change in sums.items()} == {
        BOB: (0, most),
        ALICE: (most, 0),
        POOL: (0, 5),
    }


def test_a_transaction_with_a_thousand_accounts_is_summed_like_any_other() -> None:
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, TOKEN):
        for n in range(1000):
            chain.erc20(TOKEN, ALICE, address(f"payee {n % 500}"), n)
    assert said(seen(chain.batch(), None, "net")) == plain(chain.batch())
    assert schema.wrapped_natives(1) == {WETH}


@pytest.mark.parametrize("echo", [bytes.fromhex("ff" * 19 + "fe"), bytes(18) + b"\x80\x0a", None])
def test_ether_of_which_the_system_logs_a_transfer_is_paid_once(echo: bytes | None) -> None:
    """EIP-7708, and zkSync's base token; `None`: nobody says it again."""
    chain = ChainBuilder().block()
    with chain.transaction(ALICE, BOB, ETHER):
        if echo is not None:
            chain.erc20(echo, ALICE, BOB, ETHER)
    batch = chain.block().batch()

    (hash_,) = batch.transactions["transaction_hash"]
    assert said(seen(batch, begun("net"), "net")) == {
        (hash_, BOB, None): (ETHER, 0),
        (hash_, ALICE, None): (0, ETHER),
    }


def test_a_chains_coin_that_is_a_token_too_is_one_asset() -> None:
    """On Polygon Alice pays Bob by its contract, which is paid the sum and pays it on."""
    coin = bytes(18) + b"\x10\x10"
    chain = ChainBuilder(137).block()
    with chain.transaction(ALICE, coin, ETHER):
        chain.erc20(coin, ALICE, BOB, ETHER)
    batch = chain.block().batch()
    state = begun("net")
    state.ledger.wrapped_here = schema.wrapped_natives(137)

    (hash_,) = batch.transactions["transaction_hash"]
    assert said(seen(batch, state, "net")) == {
        (hash_, BOB, None): (ETHER, 0),
        (hash_, ALICE, None): (0, ETHER),
    }
