"""The flash lender lends for one transaction, takes its fee, and gives suppliers back what is theirs."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import approve, mint
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import call, create, created
from ingest.localchain.chain.miner import Miner
from ingest.localchain.chain.wallet import Address
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.protocols.flash_lender import FlashLender, supply, take_back
from ingest.localchain.protocols.savings import Savings, deposit
from ingest.localchain.world.world import DEPLOYER, World
from tests.ingest.localchain.protocols.conftest import ALICE, BOB

pytestmark = pytest.mark.chain


@pytest.fixture
def world(miner: Miner) -> World:
    return ensure_world(miner)


def save(miner: Miner, world: World, vault: Address, dollars: int) -> int:
    """Alice saves so many DAI in a vault; what she saved, in token units."""
    dai = world.token("DAI")
    amount = dai.units(dollars)
    miner.mine([mint(dai.token, DEPLOYER, ALICE, amount), *deposit(vault, dai, ALICE, amount)])
    return amount


def test_alice_moves_her_savings_with_a_loan_and_pays_five_basis_points(miner: Miner, world: World) -> None:
    dai, lender, savings = world.token("DAI"), world.of(FlashLender).lender, world.of(Savings)
    first = savings.vaults[2]
    code = Own("vault", "Vault", ("address", "string", "string", "uint8"))
    mover_code = Own("lender", "Mover", ("address",))
    second, mover = (
        created(one)
        for one in miner.mine(
            [create(ALICE, code, dai.token, "B", "B", 6), create(ALICE, mover_code, lender)]
        )
    )
    amount = save(miner, world, first, 10_000)
    held = miner.holdings([(dai, lender)])[0]

    mined = miner.mine(
        [
            mint(dai.token, DEPLOYER, ALICE, dai.units(5)),
            approve(first, ALICE, mover),
            approve(dai.token, ALICE, mover),
            call(ALICE, mover, "move(address,address,uint256)", first, second, amount - 1),
        ]
    )

    # The fee of a loan of 10,000 is 5 dollars; a unit less is lent, as the vault rounds down.
    assert all(one.ok for one in mined)
    assert miner.number(second, "maxWithdraw(address)", ALICE) == amount - 1
    assert miner.holdings([(dai, ALICE), (dai, lender)]) == [1, held + dai.units(5) - 1]


def test_a_loan_that_is_not_repaid_does_not_happen(miner: Miner, world: World) -> None:
    dai, lender = world.token("DAI"), world.of(FlashLender).lender
    mover = created(miner.mine([create(ALICE, Own("lender", "Mover", ("address",)), lender)])[0])
    vault = world.of(Savings).vaults[2]
    held = miner.holdings([(dai, lender)])[0]

    (moved,) = miner.mine([call(ALICE, mover, "move(address,address,uint256)", vault, vault, 10**18)])

    assert not moved.ok
    assert miner.holdings([(dai, lender)])[0] == held


def test_a_supplier_takes_back_what_was_theirs_and_no_more(miner: Miner, world: World) -> None:
    usdc, lender = world.token("USDC"), world.of(FlashLender).lender
    miner.mine([mint(usdc.token, DEPLOYER, BOB, 100), *supply(lender, usdc.token, BOB, 100)])

    mined = miner.mine([take_back(lender, usdc.token, BOB, amount) for amount in (60, 60, 40)])

    assert [one.ok for one in mined] == [True, False, True]
    assert miner.holdings([(usdc, BOB)]) == [100]
