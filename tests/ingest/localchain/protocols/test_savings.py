"""Savings grow by what the operator pays in, for all by their share; an early gift takes nobody's money."""

from __future__ import annotations

import pytest

from ingest.localchain.chain.actions import mint, pay
from ingest.localchain.chain.contracts import create, created
from ingest.localchain.chain.miner import Miner
from ingest.localchain.play.deploying import world
from ingest.localchain.protocols.savings import OLD_VAULT, Savings, deposit, earn, redeem
from ingest.localchain.world.world import DEPLOYER

pytestmark = pytest.mark.chain

ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
USDC = world().token("USDC")


@pytest.fixture
def miner(fork_rpc: str) -> Miner:
    """On a fork on which Alice and Bob have 250,000 USDC each, as much as is in the vault."""
    miner = Miner.start(fork_rpc)
    for person in (ALICE, BOB):
        miner.give(person, 10**18)
    miner.mine([mint(USDC.token, DEPLOYER, person, USDC.units(250_000)) for person in (ALICE, BOB)])
    return miner


def test_earnings_are_shared(miner: Miner) -> None:
    savings = world().of(Savings)
    vault = savings.vaults[0]
    miner.mine(deposit(vault, USDC, ALICE, USDC.units(250_000)))
    miner.mine(earn(vault, USDC, savings.operator, USDC.units(1_000)))
    shares = miner.number(vault, "balanceOf(address)", ALICE)

    (redeemed,) = miner.mine([redeem(vault, ALICE, shares)])

    # Alice's is half of the vault, so half of the earnings; the vault rounds down by a unit at most.
    assert redeemed.ok
    assert miner.holdings([(USDC, ALICE)])[0] == pytest.approx(USDC.units(250_500), abs=1)


def test_only_the_operator_pays_earnings_in(miner: Miner) -> None:
    vault = world().of(Savings).vaults[0]

    _, earned = miner.mine(earn(vault, USDC, ALICE, 100))

    assert not earned.ok


@pytest.mark.parametrize("is_old", [True, False])
def test_a_gift_before_bobs_deposit_takes_it_only_where_shares_are_not_virtual(
    miner: Miner, is_old: bool
) -> None:
    vault = world().of(Savings).vaults[0]
    if is_old:
        vault = created(miner.mine([create(ALICE, OLD_VAULT, USDC.token, "Old", "OLD")])[0])
    miner.mine([*deposit(vault, USDC, ALICE, 1), pay(USDC, ALICE, vault, USDC.units(200_000))])

    miner.mine(deposit(vault, USDC, BOB, USDC.units(150_000)))

    claim = miner.number(vault, "maxWithdraw(address)", BOB)
    assert claim == (0 if is_old else pytest.approx(USDC.units(150_000), abs=2))
