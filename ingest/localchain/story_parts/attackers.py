"""Those who attack contracts: where their wallets come from, and what they do to look like others."""

from __future__ import annotations

from ingest.localchain.chain.actions import PLAIN_GAS, SWAP_GAS, buy, pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.story_parts.funding import fund
from ingest.localchain.world.stage import ETHER, Acts, Stage
from ingest.localchain.world.world import ETH

_TURNED = 0.1
_AGED = 0.25


def assailant(stage: Stage, wei: int) -> Acts:
    """The address of one with at least so much native value: somebody from among the people who has turned,
    an old wallet, or a new one. Nobody else moves or pays it; `stage.cast.leave` it in the end.
    """
    dice = stage.rng.random()
    if dice < _TURNED:
        rich = stage.holders(stage.cast.veterans(stage.rng, 1), ETH, ETH.usd(2 * wei))
        if rich:
            stage.cast.reserve([rich[0].address])
            yield []  # what they did before is in this block
            return rich[0].address
    if dice < _AGED:
        old = stage.dormant(wei)
        yield []
        return old
    new = stage.fresh()
    yield from fund(stage, new, wei)
    return new


def look_ordinary(stage: Stage, wallet: Address) -> Acts:
    """In half of the stories, one or two small payments or purchases such as anybody makes."""
    for _ in range(stage.rng.choice((0, 0, 1, 2))):
        wei = min(ETHER // 20, stage.spendable(wallet, SWAP_GAS) // 20)
        if stage.rng.random() < 0.5:
            token = stage.rng.choice(stage.world.tokens).token
            yield [buy(stage.world.router, wallet, [stage.world.weth, token], wei)]
        else:
            friend = stage.cast.active(stage.rng, 1)[0].address
            yield [pay(ETH, wallet, friend, min(wei, stage.spendable(wallet, PLAIN_GAS)))]
