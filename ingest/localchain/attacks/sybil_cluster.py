"""Sybil clusters: one owner's many wallets act in step, as if they were many people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.localchain.chain.actions import (
    PLAIN_GAS,
    SWAP_GAS,
    TOKEN_GAS,
    Transaction,
    approve,
    buy,
    pay,
    sell,
)
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.campaigns import (
    CAMPAIGN_GAS,
    Campaign,
    claim,
    close,
    open_campaign,
    visit,
    vote,
)
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.group_funding import (
    Group,
    by_disperse,
    by_exchange,
    gather,
    in_a_chain,
    one_by_one,
)
from ingest.localchain.story_parts.money_trails import cover
from ingest.localchain.story_parts.random_draws import comes_to_nothing, naps, rest
from ingest.localchain.world.stage import ETHER, Acts, Outcome, Stage, Story, hashes, roles, wait

CATEGORY = "sybil-cluster"
WARM_UP = 25
LONGEST = 30
NIGHTS = 2

_FEES = (CAMPAIGN_GAS, CAMPAIGN_GAS, SWAP_GAS, TOKEN_GAS, SWAP_GAS, TOKEN_GAS, TOKEN_GAS, PLAIN_GAS)


def farm_from_one_funder(stage: Stage) -> Story:
    """One wallet pays for all; they use a project, claim its airdrop, and hand it in, block by block."""
    return (yield from _farm(stage, one_by_one, _size(stage, 6, 30)))


def farm_in_a_chain(stage: Stage) -> Story:
    """Each wallet is paid for by the one before, so that none has more than one payee."""
    return (yield from _farm(stage, in_a_chain, _size(stage, 5, 8)))


def farm_by_disperse(stage: Stage) -> Story:
    """All are paid for in one transaction."""
    return (yield from _farm(stage, by_disperse, _size(stage, 8, 40)))


def farm_from_exchange(stage: Stage) -> Story:
    """Each is paid for by the exchange: only what they do, and where it ends, ties them."""
    return (yield from _farm(stage, by_exchange, _size(stage, 6, 25)))


def bought_votes(stage: Stage) -> Story:
    """A group votes the same way in a poll, one after the other, and gives back what it was paid."""
    count = _size(stage, 5, 25)
    fund_group = stage.rng.choice((one_by_one, by_disperse))
    group: Group = yield from fund_group(stage, count, _purse(stage))
    campaign: Campaign = yield from open_campaign(stage, count, 1)
    done = list(group.mined)
    failed = comes_to_nothing(stage.rng)
    if failed:
        yield [close(campaign)]
    ballots = [vote(campaign, wallet, 1) for wallet in _dropouts(stage, group.wallets)]
    done += yield from _in_step(stage, ballots)
    assert group.funder is not None
    done += yield gather(stage, group.wallets, group.funder)
    how = "too late: the poll was closed" if failed else f"{len(ballots)} votes for one choice"
    named = roles(group.everybody, infrastructure=[campaign.contract])
    return Outcome(hashes(done), named, f"{count} wallets of one owner, {how}", succeeded=not failed)


VARIANTS = {
    "farm_from_one_funder": farm_from_one_funder,
    "farm_in_a_chain": farm_in_a_chain,
    "farm_by_disperse": farm_by_disperse,
    "farm_from_exchange": farm_from_exchange,
    "bought_votes": bought_votes,
}


def _farm(stage: Stage, fund_group: Callable[[Stage, int, int], Acts], count: int) -> Story:
    """Money for the group, then the same steps for each: use, claim, and the airdrop to one collector."""
    group: Group = yield from fund_group(stage, count, _purse(stage))
    campaign: Campaign = yield from open_campaign(stage, count, between(stage, 5, 400))
    done = list(group.mined)
    done += yield from _in_step(stage, _uses(stage, campaign, group.wallets))
    yield from rest(stage, naps(stage, 3, 1).get(0, 0))
    if failed := comes_to_nothing(stage.rng):
        yield [close(campaign)]
    claimants = _dropouts(stage, group.wallets)
    claims = yield from _in_step(stage, [claim(campaign, wallet) for wallet in claimants])
    done += claims
    loss = 0.0
    if not failed:
        loss = round(campaign.token.usd(campaign.share) * len(claimants), 2)
        done += yield from _hand_in(stage, campaign, group, claimants)
    outcome = "came too late" if failed else f"claimed {len(claimants)} shares of an airdrop"
    named = roles(group.everybody, [campaign.contract], infrastructure=[])
    note = f"{count} wallets funded {fund_group.__name__.replace('_', ' ')} {outcome}"
    return Outcome(hashes(done), named, note, None if failed else claims[0].hash, loss, not failed)


def _size(stage: Stage, least: int, most: int) -> int:
    return round(between(stage, least, most))


def _purse(stage: Stage) -> int:
    """Native value for each wallet: the fees, and a little to use the project with."""
    return stage.miner.fee(*_FEES) + int(between(stage, 0.005, 0.3) * ETHER)


def _dropouts(stage: Stage, wallets: Sequence[Address]) -> list[Address]:
    """Nearly all of them, in an order of their own: some owners leave a few out so as not to be seen."""
    share = stage.rng.choice((1.0, 0.8))
    kept = [wallet for wallet in wallets if stage.rng.random() < share] or list(wallets)
    return stage.rng.sample(kept, len(kept)) if stage.rng.random() < 0.5 else kept


def _uses(stage: Stage, campaign: Campaign, wallets: Sequence[Address]) -> list[Transaction]:
    """What makes eligible, the same for each; now and then a wallet does what others do as well."""
    swaps = stage.rng.random() < 0.5
    path = [stage.world.weth, stage.rng.choice(stage.world.tokens).token]
    steps: list[Transaction] = []
    for wallet in wallets:
        steps.append(visit(campaign, wallet))
        if swaps:
            steps.append(buy(stage.world.router, wallet, path, ETHER // stage.rng.randint(400, 1_000)))
        if stage.rng.random() < 0.1:
            steps += cover(stage, wallet)
    return steps


def _in_step(stage: Stage, transactions: Sequence[Transaction]) -> Acts:
    """All of them, in their order, over one to three blocks that may have others between."""
    blocks = stage.rng.randint(1, 3)
    step = -(-len(transactions) // blocks)
    done: list[Mined] = []
    for start in range(0, len(transactions), max(1, step)):
        done += yield list(transactions[start : start + step])
        yield from wait(stage.rng.randint(0, 1))
    return done


def _hand_in(stage: Stage, campaign: Campaign, group: Group, claimants: Sequence[Address]) -> Acts:
    """The airdrop goes to the funder or a new collector of theirs, or each sells its own."""
    token, router = campaign.token, stage.world.router
    if stage.rng.random() < 0.35:
        path = [token.token, stage.world.weth]
        sales = [
            t
            for wallet in claimants
            for t in (approve(token.token, wallet, router), sell(router, wallet, path, campaign.share))
        ]
        return (yield from _in_step(stage, sales))
    collector = group.funder or group.wallets[0]
    payers = [wallet for wallet in claimants if wallet != collector]
    return (yield from _in_step(stage, [pay(token, w, collector, campaign.share) for w in payers]))
