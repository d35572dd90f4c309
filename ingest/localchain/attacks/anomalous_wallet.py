"""Anomalous wallets: machines whose behaviour is unlike anybody's here, without a pattern that has a name."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, approve, buy, pay, sell, unwrap, wrap
from ingest.localchain.chain.miner import Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.protocols.disperse import Disperse, disperse_token
from ingest.localchain.story_parts.funding import between
from ingest.localchain.story_parts.money_trails import stuck
from ingest.localchain.story_parts.random_draws import comes_to_nothing
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, roles
from ingest.localchain.world.world import ETH

CATEGORY = "anomalous-wallet"
WARM_UP = 110
LONGEST = 18


def relay(stage: Stage) -> Story:
    """Takes money from dozens of wallets and pays twice as many others in five tokens, within minutes."""
    machine = stage.dormant(stage.ether(60, 120))
    if comes_to_nothing(stage.rng):
        return (yield from _stalled(stage, machine))
    tokens = list(stage.world.tokens[:5])
    done: list[Mined] = yield [_purchase(stage, machine, t.token, 5 * ETHER) for t in tokens]
    payers = [stage.dormant(stage.ether(0.5, 3)) for _ in range(stage.rng.randint(30, 60))]
    payees = [stage.fresh() for _ in range(stage.rng.randint(60, 130))]
    yield []
    blocks = stage.rng.randint(3, 8)
    most = between(stage, 20, 400)
    for turn in range(blocks):
        taken = [pay(ETH, payer, machine, stage.ether(0.1, 0.4)) for payer in payers[turn::blocks]]
        given = [
            pay(tokens[number % 5], machine, payee, tokens[number % 5].units(stage.rng.uniform(1, most)))
            for number, payee in enumerate(payees[turn::blocks])
        ]
        done += yield _alternating(taken, given)
    note = f"{len(payers)} wallets in, {len(payees)} out, five tokens, {blocks} blocks"
    return Outcome(hashes(done), roles([machine]), note)


def churn(stage: Stage) -> Story:
    """Buys and sells every token dozens of times a block, handing slices to ever new wallets in between."""
    machine = stage.dormant(stage.ether(150, 400))
    if comes_to_nothing(stage.rng):
        return (yield from _stalled(stage, machine))
    tokens, router, weth = stage.world.tokens, stage.world.router, stage.world.weth
    done: list[Mined] = yield [approve(token.token, machine, router) for token in tokens]
    done += yield [_purchase(stage, machine, token.token, 8 * ETHER) for token in tokens]
    rounds, slice_usd = stage.rng.randint(4, 8), between(stage, 10, 120)
    for _ in range(rounds):
        block: list[Transaction] = []
        for token in tokens * 2:
            sold = token.units(stage.rng.uniform(200, 1_000))
            block.append(sell(router, machine, [token.token, weth], sold))
            block.append(pay(token, machine, stage.fresh(), token.units(slice_usd)))
            block.append(_purchase(stage, machine, token.token, stage.ether(0.2, 0.6)))
        done += yield block
    count = len(tokens) * 2 * rounds
    note = f"{2 * count} swaps and {count} slices to new wallets in {rounds} blocks"
    return Outcome(hashes(done), roles([machine]), note)


def weaver(stage: Stage) -> Story:
    """Wraps, unwraps, disperses and passes the same few wallets something of every asset, over and over."""
    machine = stage.dormant(stage.ether(80, 300))
    if comes_to_nothing(stage.rng):
        return (yield from _stalled(stage, machine))
    world = stage.world
    disperse, tokens = world.of(Disperse), list(world.tokens)
    done: list[Mined] = yield [_purchase(stage, machine, token.token, 6 * ETHER) for token in tokens]
    done += yield [approve(token.token, machine, disperse.contract) for token in tokens]
    others = [stage.fresh() for _ in range(stage.rng.randint(40, 80))]
    rounds = stage.rng.randint(5, 10)
    for turn in range(rounds):
        wei = stage.ether(0.5, 5)
        block = [wrap(world.weth, machine, wei)]
        for number, other in enumerate(others[turn % 3 :: 3]):
            asset = (ETH, world.wrapped, *tokens)[number % (len(tokens) + 2)]
            block.append(pay(asset, machine, other, asset.units(stage.rng.uniform(0.5, 8))))
        token = tokens[turn % len(tokens)]
        amounts = dict.fromkeys(others[turn::5], token.units(2))
        block.append(disperse_token(disperse, token.token, machine, amounts))
        done += yield [*block, unwrap(world.weth, machine, wei // 2)]
    note = f"{rounds} rounds of every asset to {len(others)} wallets, by itself and by Disperse"
    return Outcome(hashes(done), roles([machine]), note)


VARIANTS = {"relay": relay, "churn": churn, "weaver": weaver}


def _stalled(stage: Stage, machine: Address) -> Story:
    """It is set up wrongly: it buys a token, but everything it sends of it fails, and it falls silent."""
    token = stage.rng.choice(stage.world.tokens)
    done: list[Mined] = yield [_purchase(stage, machine, token.token, ETHER)]
    for _ in range(stage.rng.randint(1, 3)):
        done += yield [stuck(stage, token, machine) for _ in range(stage.rng.randint(5, 30))]
    note = f"{len(done) - 1} payments that all failed"
    return Outcome(hashes(done), roles([machine]), note, succeeded=False)


def _purchase(stage: Stage, buyer: Address, token: Address, wei: int) -> Transaction:
    return buy(stage.world.router, buyer, [stage.world.weth, token], wei)


def _alternating(taken: list[Transaction], given: list[Transaction]) -> list[Transaction]:
    """In, out, out, in, out, out: as even as the two lists allow."""
    merged = [(number / len(taken), t) for number, t in enumerate(taken)]
    merged += [(number / len(given), t) for number, t in enumerate(given)]
    return [transaction for _, transaction in sorted(merged, key=lambda pair: pair[0])]
