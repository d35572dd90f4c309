"""Honest doings that look like address poisoning: small sums, similar addresses, nobody deceived."""

from __future__ import annotations

from ingest.localchain.chain.actions import TOKEN_GAS, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.world.stage import ETHER, Outcome, Stage, Story, hashes, lookalike, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "address-poisoning"
WARM_UP = 25
LONGEST = 20

_LEAST_USD = 150


def second_wallet(stage: Stage) -> Story:
    """Somebody with a vanity address makes a second one like it, funds it, tries it with a little."""
    usdc = stage.world.token("USDC")
    owner = stage.holder(usdc, _LEAST_USD)
    stage.cast.engage([owner])
    first = stage.fresh()
    second = lookalike(stage.rng, first)
    amount = stage.holding(usdc, owner) // 20
    done: list[Mined] = yield [pay(usdc, owner, first, amount)]
    yield from wait(stage.rng.randint(1, 3))
    done += yield [pay(ETH, owner, second, 4 * stage.miner.fee(TOKEN_GAS))]
    done += yield [pay(usdc, owner, second, usdc.units(1))]
    done += yield [pay(usdc, second, owner, usdc.units(0.01))]
    done += yield [pay(usdc, owner, second, amount)]
    stage.cast.release([owner])
    note = "an owner tries a second wallet with the same vanity digits as the first"
    return Outcome(hashes(done), roles(intermediaries=[owner], infrastructure=[second]), note)


def refund(stage: Stage) -> Story:
    """The very one who was paid sends a few cents back: too much was paid."""
    token = stage.rng.choice(stage.world.tokens[:2])
    payer = stage.holder(token, _LEAST_USD)
    stage.cast.engage([payer])
    shop = stage.dormant(ETHER // 4)
    amount = stage.holding(token, payer) // 20
    done: list[Mined] = yield [pay(token, payer, shop, amount)]
    yield from wait(stage.rng.randint(1, 4))
    done += yield [pay(token, shop, payer, token.units(stage.rng.uniform(0.001, 0.05)))]
    yield from wait(stage.rng.randint(1, 3))
    done += yield [pay(token, payer, shop, amount // 2)]
    stage.cast.release([payer])
    note = "a few cents back from the true counterparty"
    return Outcome(hashes(done), roles(intermediaries=[payer], infrastructure=[shop]), note)


def batch_payout(stage: Stage) -> Story:
    """The exchange pays out small sums to many customers in two blocks."""
    token = stage.rng.choice(stage.world.tokens[:2])
    people = [person.address for person in stage.cast.active(stage.rng, stage.rng.randint(15, 25))]
    payouts = [
        pay(token, stage.exchange.hot, address, token.units(stage.rng.uniform(0.02, 3))) for address in people
    ]
    done: list[Mined] = yield payouts[::2]
    done += yield payouts[1::2]
    note = f"an exchange pays tiny sums to {len(people)} customers"
    return Outcome(hashes(done), roles(infrastructure=[stage.exchange.hot]), note)


VARIANTS = {"second_wallet": second_wallet, "refund": refund, "batch_payout": batch_payout}
