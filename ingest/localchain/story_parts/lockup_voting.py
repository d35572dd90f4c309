"""Commons: a treasury whose votes are what is locked in it right now, so that borrowed ones count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.localchain.chain.actions import Asset, Transaction, pay
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.contracts import CALL_GAS, call, create, created
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.protocols.flash_lender import FEE_BASIS_POINTS, FlashLender, supply
from ingest.localchain.story_parts.banks import builder
from ingest.localchain.story_parts.treasuries import fill_treasury, treasury_usd
from ingest.localchain.world.governance import SUPPLY, VOTE_TOKEN
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH

COMMONS = Own("commons", "Commons", ("address",))
SPENDING = Own("commons", "Spending")
"""What a proposal has the commons run: a payment of a share of all they hold."""
FLASH_VOTER = Own("commons", "FlashVoter", ("address",))


@dataclass(frozen=True, slots=True)
class Commons:
    """At `address`, with `assets`; the `founder` has supplied `lent` of the `votes` to the flash lender."""

    address: Address
    votes: Asset
    founder: Address
    assets: Sequence[Asset]
    lent: int


def open_commons(stage: Stage) -> Acts:
    """Commons with a treasury; most of the votes are to be had from the flash lender."""
    founder = yield from builder(stage)
    made = yield [create(founder, VOTE_TOKEN, "Commons Vote", "COMV", SUPPLY, False)]
    votes = Asset("COMV", created(made[0]), 0)
    made = yield [create(founder, COMMONS, votes.token)]
    address = created(made[0])
    assets = yield from fill_treasury(stage, address, treasury_usd(stage))
    lent = SUPPLY * stage.rng.randint(70, 95) // 100
    yield supply(stage.world.of(FlashLender).lender, votes.token, founder, lent)
    return Commons(address, votes, founder, assets, lent)


def propose_spending(
    commons: Commons, proposer: Address, spending: Address, to: Address, percent: int
) -> Transaction:
    """That the commons pay so many percent of what they hold; `spending` is where that code lies."""
    tokens = [asset.token for asset in commons.assets if asset.address]
    order = bytes.fromhex(call_data("spend(address[],address,uint256)", tokens, to, percent)[2:])
    return call(proposer, commons.address, "propose(address,bytes)", spending, order)


def buy_fee(commons: Commons, buyer: Address, voter: Address) -> list[Transaction]:
    """The founder sells the few votes that a loan of all the others costs."""
    fee = commons.lent * FEE_BASIS_POINTS // 10_000
    return [
        pay(ETH, buyer, commons.founder, ETHER // 10),
        pay(commons.votes, commons.founder, voter, fee),
    ]


def strike(stage: Stage, commons: Commons, thief: Address, voter: Address, proposal: int = 0) -> Transaction:
    """Borrows the votes, casts them, has the proposal carried out and repays, in one transaction."""
    lender = stage.world.of(FlashLender).lender
    signature = "strike(address,uint256,uint256)"
    return call(thief, voter, signature, lender, commons.lent, proposal, gas=3 * CALL_GAS)
