"""The mixer, Disperse and the NFT market do what their users think they do, to the wei."""

from __future__ import annotations

from random import Random

import pytest

from ingest.blocks.trie import keccak
from ingest.localchain.chain.actions import ZERO, approve, mint, wrap
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.protocols.disperse import Disperse, disperse_ether, disperse_token
from ingest.localchain.protocols.mixer import Mixer, deposit, new_note, withdraw
from ingest.localchain.protocols.nft_market import (
    FEE_BPS,
    MINT_WEI,
    NftMarket,
    allow_market,
    mint_piece,
    new_piece,
    offer,
    take_offer,
)
from ingest.localchain.world.world import DEPLOYER, ETH, World
from tests.ingest.localchain.reading import receipts_of

pytestmark = pytest.mark.chain

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
CAROL = "0x" + "ca" * 20
NOBODY = "0x" + "0e" * 20
ETHER = 10**18


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    miner = Miner.start(fork_rpc)
    for person in (ALICE, BOB, CAROL):
        miner.give(person, 100 * ETHER)
    miner.mine([])
    return miner


@pytest.fixture
def world(miner: Miner) -> World:
    return ensure_world(miner)


def test_alice_pays_into_the_mixer_and_nobody_gets_it_but_the_relayers_fee(
    miner: Miner, world: World
) -> None:
    mixer = world.of(Mixer)
    note, fee = new_note(Random(1), mixer.pools[1]), ETHER // 200
    relayer = mixer.relayers[0]
    (paid,) = miner.mine([deposit(note, ALICE)])
    (drawn,) = miner.mine([withdraw(note, NOBODY, relayer, fee)])

    assert paid.ok and drawn.ok
    assert miner.holdings([(ETH, NOBODY), (ETH, note.pool.address)]) == [ETHER - fee, 0]


def test_the_mixers_events_are_those_of_tornado_cash(miner: Miner, world: World) -> None:
    note = new_note(Random(1), world.of(Mixer).pools[0])
    paid, drawn = miner.mine([deposit(note, ALICE), withdraw(note, NOBODY, BOB)])
    logs = [receipt["logs"][0] for receipt in receipts_of(miner.wallet, [paid.hash, drawn.hash])]

    # Topics as on mainnet: keccak-256 of the event's declaration, and what is indexed.
    deposited = "0xa945e51eec50ab98c161376f0db4cf2aeba3ec92755fe2fcd388bdbbb80ff196"
    withdrawn = "0xe9e508bad6d4c3227e881ca19068f099da81b5164dd6d62b2eaf1e8bc6c34931"
    assert logs[0]["topics"] == [deposited, "0x" + note.commitment.hex()]
    assert logs[1]["topics"] == [withdrawn, ZERO.replace("0x", "0x" + "00" * 12)]
    assert logs[1]["data"][2:] == NOBODY[2:].rjust(64, "0") + keccak(note.nullifier).hex() + "00" * 32


def test_a_note_is_spent_once_and_only_by_who_knows_it(miner: Miner, world: World) -> None:
    pool = world.of(Mixer).pools[0]
    note, unpaid = new_note(Random(1), pool), new_note(Random(2), pool)
    mined = miner.mine(
        [deposit(note, ALICE), withdraw(unpaid, BOB, BOB), withdraw(note, BOB, BOB), withdraw(note, BOB, BOB)]
    )

    assert [one.ok for one in mined] == [True, False, True, False]


def test_notes_come_to_no_more_than_there_is(world: World) -> None:
    notes = world.of(Mixer).notes(Random(1), 1_234 * ETHER // 100)

    # 12.34 ETH: one of 10, two of 1, three of 0.1; four hundredths are left.
    assert [note.pool.wei * 10 // ETHER for note in notes] == [100, 10, 10, 1, 1, 1]


def test_disperse_pays_each_what_is_due(miner: Miner, world: World) -> None:
    disperse, usdc = world.of(Disperse), world.token("USDC")
    mined = miner.mine(
        [
            mint(usdc.token, DEPLOYER, ALICE, 500),
            approve(usdc.token, ALICE, disperse.contract, 300),
            disperse_token(disperse, usdc.token, ALICE, {BOB: 100, NOBODY: 200}),
            disperse_ether(disperse, CAROL, {NOBODY: 7, world.gallery[:-1] + "0": 8}),
        ]
    )

    assert all(one.ok for one in mined)
    held = miner.holdings([(usdc, ALICE), (usdc, BOB), (usdc, NOBODY), (ETH, NOBODY)])
    assert held == [200, 100, 200, 7]


def test_bob_buys_alices_picture_and_the_market_keeps_its_fee(miner: Miner, world: World) -> None:
    market = world.of(NftMarket)
    piece = new_piece(Random(1), market.collections[0])
    miner.mine([mint_piece(piece, ALICE), allow_market(market, piece, ALICE)])
    offered, bought, again = miner.mine(
        [
            offer(market, piece, ALICE, ETHER),
            take_offer(market, piece, BOB, ETHER),
            take_offer(market, piece, CAROL, ETHER),
        ]
    )

    assert offered.ok and bought.ok and not again.ok
    assert miner.number(piece.collection, "ownerOf(uint256)", piece.number) == int(BOB, 16)
    assert miner.holdings([(ETH, market.treasury)]) == [ETHER * FEE_BPS // 10_000]


def test_a_picture_can_be_paid_in_weth(miner: Miner, world: World) -> None:
    market, weth = world.of(NftMarket), world.wrapped
    piece = new_piece(Random(1), market.collections[1])
    mined = miner.mine(
        [
            mint_piece(piece, ALICE),
            allow_market(market, piece, ALICE),
            offer(market, piece, ALICE, ETHER, in_weth=True),
            wrap(world.weth, BOB, ETHER),
            approve(world.weth, BOB, market.market),
            take_offer(market, piece, BOB, 0),
        ]
    )

    assert all(one.ok for one in mined)
    fee = ETHER * FEE_BPS // 10_000
    assert miner.holdings([(weth, ALICE), (weth, market.treasury), (weth, BOB)]) == [ETHER - fee, fee, 0]


def test_minting_costs_what_the_collection_says(miner: Miner, world: World) -> None:
    piece = new_piece(Random(1), world.of(NftMarket).collections[2])

    too_little, right = miner.mine([mint_piece(piece, ALICE, MINT_WEI - 1), mint_piece(piece, ALICE)])
    assert (too_little.ok, right.ok) == (False, True)
