"""Anomalous wallets: machines whose behaviour is unlike anybody's here, without a pattern that has a name."""

from __future__ import annotations

from ingest.localchain.actions import Transaction, approve, buy, pay, sell
from ingest.localchain.miner import Mined
from ingest.localchain.stage import ETHER, Outcome, Stage, Story, hashes, roles
from ingest.localchain.wallet import Address
from ingest.localchain.world import ETH

CATEGORY = "anomalous-wallet"
WARM_UP = 110
LONGEST = 16


def relay(stage: Stage) -> Story:
    """Takes money from some forty wallets and pays some eighty others in five tokens, within minutes."""
    machine = stage.dormant(stage.ether(60, 120))
    tokens = list(stage.world.tokens)
    done: list[Mined] = yield [_purchase(stage, machine, t.address, 5 * ETHER) for t in tokens if t.address]
    payers = [stage.dormant(stage.ether(0.5, 3)) for _ in range(stage.rng.randint(35, 45))]
    payees = [stage.fresh() for _ in range(stage.rng.randint(70, 90))]
    yield []
    blocks = stage.rng.randint(3, 6)
    for turn in range(blocks):
        taken = [pay(ETH, payer, machine, stage.ether(0.1, 0.4)) for payer in payers[turn::blocks]]
        given = [
            pay(tokens[number % 5], machine, payee, tokens[number % 5].units(stage.rng.uniform(5, 90)))
            for number, payee in enumerate(payees[turn::blocks])
        ]
        done += yield _alternating(taken, given)
    note = f"{len(payers)} wallets in, {len(payees)} out, five tokens, {blocks} blocks"
    return Outcome(hashes(done), roles([machine]), note)


def churn(stage: Stage) -> Story:
    """Buys and sells every token dozens of times a block, handing slices to ever new wallets in between."""
    machine = stage.dormant(stage.ether(150, 400))
    tokens = [(t, t.address) for t in stage.world.tokens if t.address]
    router, weth = stage.world.router, stage.world.weth
    done: list[Mined] = yield [approve(address, machine, router) for _, address in tokens]
    done += yield [_purchase(stage, machine, address, 8 * ETHER) for _, address in tokens]
    rounds = stage.rng.randint(4, 7)
    for _ in range(rounds):
        block: list[Transaction] = []
        for token, address in tokens * 2:
            block.append(sell(router, machine, [address, weth], token.units(stage.rng.uniform(500, 1_500))))
            block.append(pay(token, machine, stage.fresh(), token.units(stage.rng.uniform(20, 60))))
            block.append(_purchase(stage, machine, address, stage.ether(0.2, 0.6)))
        done += yield block
    note = f"{20 * rounds} swaps and {10 * rounds} slices to new wallets in {rounds} blocks"
    return Outcome(hashes(done), roles([machine]), note)


VARIANTS = {"relay": relay, "churn": churn}


def _purchase(stage: Stage, buyer: Address, token: Address, wei: int) -> Transaction:
    return buy(stage.world.router, buyer, [stage.world.weth, token], wei)


def _alternating(taken: list[Transaction], given: list[Transaction]) -> list[Transaction]:
    """In, out, out, in, out, out: as even as the two lists allow."""
    merged = [(number / len(taken), t) for number, t in enumerate(taken)]
    merged += [(number / len(given), t) for number, t in enumerate(given)]
    return [transaction for _, transaction in sorted(merged, key=lambda pair: pair[0])]
