"""People who had an address made to their taste: it begins with a word, or ends like the one they have."""

from __future__ import annotations

from ingest.localchain.chain.actions import pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import Habit, Stage, lookalike, wait
from ingest.localchain.world.world import ETH

_EVERY = (15, 45)
_WORDS = ("0000", "dead", "beef", "c0ffee", "face", "8888", "abcdef", "1337")


def begin(stage: Stage, per_block: int) -> Opening:
    """More come where there is more traffic."""
    return Opening([vanity(stage) for _ in range(max(1, per_block // 50))])


def vanity(stage: Stage) -> Habit:
    """Every thirty blocks or so somebody moves a little to such an address and uses it from then on."""
    while True:
        yield from wait(stage.rng.randint(*_EVERY))
        owners = stage.holders(stage.cast.active(stage.rng, 6), ETH, 1_000)
        if not owners:
            continue
        owner = owners[0].address
        address = _made_to_taste(stage, owner)
        yield [pay(ETH, owner, address, stage.holding(ETH, owner) // stage.rng.randint(4, 12))]
        stage.cast.join(stage.rng, address)


def _made_to_taste(stage: Stage, owner: Address) -> Address:
    """A word in front; or the same digits in front and at the end as the owner's first one."""
    if stage.rng.random() < 0.3:
        return lookalike(stage.rng, owner)
    word = stage.rng.choice(_WORDS)
    return f"0x{word}{stage.fresh()[2 + len(word) :]}"
