"""Blocks hold what was sent, in order; and a reorganisation loses nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ingest.localchain.chain.actions import TOKEN_GAS, ZERO, Transaction, mint, pay
from ingest.localchain.chain.miner import BLOCK_SECONDS, NOT_MINED, Miner
from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.deploying import ensure_world, world
from ingest.localchain.play.programme import left_out
from ingest.localchain.play.simulation import Script, simulate
from ingest.localchain.play.stories import repertoires
from ingest.localchain.world.world import DEPLOYER, ETH
from tests.ingest.localchain.reading import labels_of, receipts_of

pytestmark = pytest.mark.chain

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
CAROL = "0x" + "ca" * 20
ETHER = 10**18
NOTHING_FAILS = frozenset({"address-poisoning", "anomalous-wallet", "layering", "wallet-drain"})
"""Categories in whose stories no transaction fails."""


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fresh fork on which Alice and Bob have ten ETH each."""
    miner = Miner.start(fork_rpc)
    miner.give(ALICE, 10 * ETHER)
    miner.give(BOB, 10 * ETHER)
    miner.mine([])
    return miner


def test_alice_pays_bob_and_carol_in_one_block_in_this_order(miner: Miner) -> None:
    mined = miner.mine([pay(ETH, ALICE, BOB, 1), pay(ETH, BOB, CAROL, 2), pay(ETH, ALICE, CAROL, 3)])

    block = miner.wallet.ask("eth_getBlockByNumber", hex(mined[0].block), False)
    assert block["transactions"] == [one.hash for one in mined]
    assert {(one.block, one.ok) for one in mined} == {(miner.head, True)}
    assert miner.holdings([(ETH, CAROL)]) == [5]


def test_a_wallet_pays_the_tip_that_it_bids(miner: Miner) -> None:
    usual = replace(pay(ETH, ALICE, BOB, 1), tip=10**9)
    plain, generous = miner.mine([usual, replace(usual, tip=3 * 10**9)])

    first, second = receipts_of(miner.wallet, [plain.hash, generous.hash])
    prices = [int(receipt["effectiveGasPrice"], 16) for receipt in (first, second)]
    assert prices[1] - prices[0] == 2 * 10**9


def test_a_wallet_that_is_not_told_what_to_bid_has_its_own_habit(miner: Miner) -> None:
    mined = miner.mine([pay(ETH, ALICE, BOB, 1), pay(ETH, ALICE, BOB, 1), pay(ETH, BOB, ALICE, 1)])

    first, again, other = (
        int(receipt["effectiveGasPrice"], 16)
        for receipt in receipts_of(miner.wallet, [m.hash for m in mined])
    )
    assert first == again != other


def test_blocks_lie_twelve_seconds_apart(miner: Miner) -> None:
    miner.mine([])
    miner.mine([])

    times = [
        int(miner.wallet.ask("eth_getBlockByNumber", hex(miner.head - back), False)["timestamp"], 16)
        for back in (1, 0)
    ]
    assert times[1] - times[0] == BLOCK_SECONDS


def test_a_payment_that_fails_is_mined_and_not_ok(miner: Miner) -> None:
    usdc = world().token("USDC")

    (mined,) = miner.mine([pay(usdc, ALICE, BOB, 1)])

    assert (mined.ok, mined.block) == (False, miner.head)


def test_a_deployed_contract_is_named(miner: Miner) -> None:
    # 00 is STOP: a contract whose code is empty.
    (mined,) = miner.mine([Transaction(ALICE, None, "0x00")])

    assert mined.ok and mined.created and mined.created != ZERO


def test_what_carol_cannot_pay_for_is_not_mined_and_does_not_block_her_later(miner: Miner) -> None:
    refused = miner.mine([pay(ETH, CAROL, BOB, 1), pay(ETH, ALICE, CAROL, ETHER)])
    (later,) = miner.mine([pay(ETH, CAROL, BOB, 1)])

    assert refused[0] == NOT_MINED and refused[1].ok
    assert later.ok


def test_a_reorganisation_loses_no_payment(miner: Miner) -> None:
    (first,) = miner.mine([pay(ETH, ALICE, CAROL, 1)])
    (second,) = miner.mine([pay(ETH, ALICE, CAROL, 2)])
    miner.give(BOB, 20 * ETHER)
    (third,) = miner.mine([pay(ETH, BOB, CAROL, 15 * ETHER)])

    miner.wallet.ask("anvil_reorg", 2, [])
    assert miner.holdings([(ETH, CAROL)]) == [1]

    (fourth,) = miner.mine([pay(ETH, ALICE, CAROL, 4)])

    # The two lost blocks come back after the two empty ones that replaced them, then the new one.
    assert miner.holdings([(ETH, CAROL)]) == [15 * ETHER + 7]
    assert miner.where[first.hash] == first.block
    assert miner.where[second.hash] == third.block + 1
    assert miner.where[third.hash] == third.block + 2
    assert fourth.block == third.block + 3


def test_a_wallet_first_used_in_a_dropped_block_does_not_get_its_money_twice(miner: Miner) -> None:
    usdc = world().token("USDC")
    assert usdc.address is not None
    miner.mine([mint(usdc.address, DEPLOYER, ALICE, 500)])
    miner.mine(
        [pay(ETH, ALICE, CAROL, ETHER), pay(usdc, ALICE, CAROL, 300), Transaction(ALICE, None, "0x00")]
    )
    miner.mine([pay(usdc, CAROL, BOB, 100)])

    miner.reorganise(2)
    miner.mine([])

    # Alice gave Carol 300 of her 500, of which Carol gave Bob 100.
    assert miner.holdings((usdc, who) for who in (ALICE, BOB, CAROL)) == [200, 100, 200]
    assert ETHER - miner.fee(TOKEN_GAS) < miner.holdings([(ETH, CAROL)])[0] < ETHER


def test_a_reorganisation_while_a_block_is_made_loses_nothing(miner: Miner) -> None:
    (first,) = miner.mine([pay(ETH, ALICE, CAROL, 1)])
    real, head = miner.wallet, miner.head

    def reorganise_first(method: str, *parameters: Any) -> Any:
        if method == "evm_mine" and miner.head == head:
            miner.head += 1
            real.ask("anvil_reorg", 1, [])
        return real.ask(method, *parameters)

    wallet = SimpleNamespace(ask=reorganise_first, ask_all=real.ask_all, attempt_all=real.attempt_all)
    miner.wallet = cast(Wallet, wallet)
    (second,) = miner.mine([pay(ETH, ALICE, CAROL, 2)])

    assert second.ok and miner.where[first.hash] > first.block
    assert miner.holdings([(ETH, CAROL)]) == [3]


def test_labels_follow_reorganisations_of_a_running_simulation(fork_rpc: str, tmp_path: Path) -> None:
    labels, wallet = tmp_path / "labels.jsonl", Wallet.connect(fork_rpc)
    every_seventh = {played: 1 + played % 5 for played in range(7, 60, 7)}

    told = len(repertoires(NOTHING_FAILS)) - len(left_out(repertoires(NOTHING_FAILS), 60))
    script = Script(5, 60, attacks_per_category=1, reorgs=every_seventh, categories=NOTHING_FAILS)
    simulate(fork_rpc, labels, script)

    assert len(labels_of(labels)) == told >= 4
    for label in labels_of(labels):
        receipts = receipts_of(wallet, label["transactions"])
        blocks = [int(receipt["blockNumber"], 16) for receipt in receipts]
        assert {receipt["status"] for receipt in receipts} == {"0x1"}
        assert (label["first_block"], label["last_block"]) == (min(blocks), max(blocks))


def test_the_world_is_found_where_it_is_and_not_deployed_again(miner: Miner) -> None:
    nonce, head = miner.nonce(DEPLOYER), miner.head

    assert ensure_world(miner) == world()
    assert (miner.nonce(DEPLOYER), miner.head) == (nonce, head)
