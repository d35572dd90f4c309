"""Projects that give the same to each of their users: an airdrop to claim, a poll to vote in."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.localchain.chain.actions import DEPLOY_GAS, TOKEN_GAS, Asset, Transaction
from ingest.localchain.chain.artifacts import Own
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address, call_data
from ingest.localchain.world.endowment import grant
from ingest.localchain.world.stage import ETHER, Acts, Stage

CAMPAIGN_GAS = 2 * TOKEN_GAS

_CAMPAIGN = Own("campaign", "Campaign", ("address", "uint256"))


@dataclass(frozen=True, slots=True)
class Campaign:
    """A contract of `project` that holds `token`, of which each user may claim `share` units."""

    contract: Address
    project: Address
    token: Asset
    share: int
    opened: tuple[Mined, ...]


def open_campaign(stage: Stage, users: int, share_usd: float) -> Acts:
    """A project with enough DRIFT for twice as many users as are expected."""
    project, token = stage.dormant(ETHER), stage.world.drift
    share = token.units(share_usd)
    opened: list[Mined] = yield [
        Transaction(project, None, _CAMPAIGN.deployment(token.token, share), gas=DEPLOY_GAS)
    ]
    contract = opened[0].created
    assert contract is not None
    yield [grant(stage.world, token, contract, 2 * users * share_usd)]
    return Campaign(contract, project, token, share, tuple(opened))


def visit(campaign: Campaign, user: Address) -> Transaction:
    return Transaction(user, campaign.contract, call_data("visit()"), gas=CAMPAIGN_GAS)


def claim(campaign: Campaign, user: Address) -> Transaction:
    """Once for each user who has visited, while the campaign is open."""
    return Transaction(user, campaign.contract, call_data("claim()"), gas=CAMPAIGN_GAS)


def vote(campaign: Campaign, user: Address, choice: int) -> Transaction:
    return Transaction(user, campaign.contract, call_data("vote(uint256)", choice), gas=CAMPAIGN_GAS)


def close(campaign: Campaign) -> Transaction:
    """The project takes back what was not claimed."""
    return Transaction(campaign.project, campaign.contract, call_data("close()"), gas=CAMPAIGN_GAS)
