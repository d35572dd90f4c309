"""A gallery that mints ERC-721 pictures, and collectors who give them to each other."""

from __future__ import annotations

from ingest.localchain.chain.actions import Transaction, give_picture, mint_picture
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import Opening
from ingest.localchain.world.stage import ETHER, Habit, Stage, wait
from ingest.localchain.world.world import ETH


def begin(stage: Stage, per_block: int) -> Opening:
    """One gallery."""
    return Opening([collectors(stage, stage.miner.supply(stage.world.gallery))])


def collectors(stage: Stage, first_number: int) -> Habit:
    """A picture is minted or given away every few blocks; the gallery's next one is `first_number`."""
    owners: dict[int, Address] = {}
    while True:
        yield from wait(stage.rng.randint(2, 6))
        gift = _gift(stage, owners) if stage.rng.random() < 0.5 else None
        if gift is not None:
            yield [gift]
            continue
        owner = stage.cast.active(stage.rng, 1)[0].address
        yield [mint_picture(stage.world.gallery, stage.world.deployer, owner)]
        owners[first_number] = owner
        first_number += 1


def _gift(stage: Stage, owners: dict[int, Address]) -> Transaction | None:
    able = [
        n for n, owner in owners.items() if owner not in stage.cast.reserved and owner in stage.cast.people
    ]
    if not able:
        return None
    number = stage.rng.choice(able)
    owner = owners[number]
    if stage.holding(ETH, owner) < ETHER // 50:
        return None
    owners[number] = stage.cast.friend(stage.rng, stage.cast.people[owner])
    return give_picture(stage.world.gallery, owner, owners[number], number)
