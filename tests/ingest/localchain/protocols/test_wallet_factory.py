"""A contract wallet lies where it is expected, and pays for its owner and for nobody else."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import mint
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address, created_address
from ingest.localchain.play.deploying import ensure_world, world
from ingest.localchain.protocols.wallet_factory import WalletFactory, fill, make, pay_from
from ingest.localchain.world.world import DEPLOYER, ETH
from tests.ingest.localchain.protocols.conftest import ALICE, BOB

pytestmark = pytest.mark.chain

NOBODY = "0x" + "0e" * 20
USDC = world().token("USDC")


@pytest.fixture
def wallet(miner: Miner) -> Address:
    """Alice's, with a tenth of an ETH and 100 USDC."""
    factory = ensure_world(miner).of(WalletFactory).factory
    place = created_address(factory, miner.nonce(factory))
    miner.mine([make(factory, ALICE)])
    miner.mine([fill(place, BOB, 10**17), mint(USDC.token, DEPLOYER, place, USDC.units(100))])
    return place


def test_alices_wallet_pays_native_value_and_tokens(miner: Miner, wallet: Address) -> None:
    mined = miner.mine(
        [pay_from(wallet, ALICE, ETH, NOBODY, 7), pay_from(wallet, ALICE, USDC, NOBODY, USDC.units(30))]
    )

    assert all(one.ok for one in mined)
    assert miner.holdings([(ETH, NOBODY), (USDC, NOBODY), (USDC, wallet)]) == [7, *map(USDC.units, (30, 70))]


def test_bob_cannot_have_it_pay(miner: Miner, wallet: Address) -> None:
    (taken,) = miner.mine([pay_from(wallet, BOB, USDC, BOB, 1)])

    assert not taken.ok
    assert miner.holdings([(USDC, BOB)]) == [0]
