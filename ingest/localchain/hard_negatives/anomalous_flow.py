"""Known busy places in busy hours: much happens at once, as it has before and will again."""

from __future__ import annotations

from ingest.localchain.chain.actions import PLAIN_GAS, approve, pay
from ingest.localchain.chain.miner import Mined
from ingest.localchain.honest.customers import sweeps
from ingest.localchain.protocols.disperse import Disperse, disperse_token
from ingest.localchain.protocols.nft_market import MARKET_GAS, NftMarket, mint_piece, new_piece
from ingest.localchain.world.endowment import company
from ingest.localchain.world.stage import Outcome, Stage, Story, hashes, roles, wait
from ingest.localchain.world.world import ETH

CATEGORY = "anomalous-flow"
WARM_UP = 60
LONGEST = 20


def withdrawals_at_noon(stage: Stage) -> Story:
    """The exchange pays out to many customers for some blocks, as on every day when prices move."""
    hot, tokens = stage.exchange.hot, stage.world.assets[:4]
    done: list[Mined] = []
    for _ in range(stage.rng.randint(3, 8)):
        people = stage.cast.active(stage.rng, stage.rng.randint(12, 40))
        assets = [stage.rng.choice(tokens) for _ in people]
        usd = [min(30_000.0, stage.rng.lognormvariate(6.5, 1.3)) for _ in people]
        orders = zip(assets, people, usd, strict=True)
        done += yield [pay(asset, hot, one.address, asset.units(n)) for asset, one, n in orders]
    note = f"a hot wallet pays {len(done)} times in a busy hour"
    return Outcome(hashes(done), roles(infrastructure=[hot]), note)


def rush_of_deposits(stage: Stage) -> Story:
    """Customers deposit at the same time, and the exchange sweeps it all at once."""
    customers = stage.holders(stage.cast.active(stage.rng, 40), ETH, 200)[:30]
    doors = [stage.exchange.deposit_address(stage.rng, one.address) for one in customers]
    sums = [stage.spendable(one.address, PLAIN_GAS) // 10 for one in customers]
    orders = list(zip(customers, doors, sums, strict=True))
    done: list[Mined] = yield [pay(ETH, one.address, door, n) for one, door, n in orders]
    yield from wait(stage.rng.randint(1, 3))
    done += yield sweeps(stage, [(ETH, door) for door in doors])
    note = f"{len(customers)} deposits at once, and their sweep"
    named = roles(intermediaries=doors, infrastructure=[stage.exchange.hot])
    return Outcome(hashes(done), named, note)


def bonus_day(stage: Stage) -> Story:
    """A company that pays every month pays a bonus to everybody, once, over Disperse."""
    dai, disperse = stage.world.token("DAI"), stage.world.of(Disperse)
    payer, grants = company(stage, [dai], 2_000_000)
    staff = [person.address for person in stage.cast.active(stage.rng, 40)]
    done: list[Mined] = yield [*grants, approve(dai.token, payer, disperse.contract)]
    for usd in (*[1_000] * stage.rng.randint(2, 4), 9_000):
        present = [one for one in staff if one not in stage.cast.reserved]
        salaries = {one: dai.units(usd * stage.rng.uniform(0.5, 1.5)) for one in present}
        done += yield [disperse_token(disperse, dai.token, payer, salaries)]
        yield from wait(stage.rng.randint(1, 2))
    note = f"a bonus for {len(staff)} people who are paid regularly"
    named = roles(intermediaries=staff, infrastructure=[payer, disperse.contract])
    return Outcome(hashes(done), named, note)


def minting_rush(stage: Stage) -> Story:
    """A collection opens, and everybody wants a picture of it in the same minutes."""
    collection = stage.rng.choice(stage.world.of(NftMarket).collections)
    done: list[Mined] = []
    fans: list[str] = []
    for _ in range(stage.rng.randint(3, 6)):
        people = stage.holders(stage.cast.active(stage.rng, 30), ETH, 250)
        able = [one.address for one in people if stage.spendable(one.address, MARKET_GAS)]
        done += yield [mint_piece(new_piece(stage.rng, collection), fan) for fan in able]
        fans += able
    note = f"{len(done)} pictures are minted in a rush"
    named = roles(intermediaries=dict.fromkeys(fans), infrastructure=[collection])
    return Outcome(hashes(done), named, note)


VARIANTS = {
    "withdrawals_at_noon": withdrawals_at_noon,
    "rush_of_deposits": rush_of_deposits,
    "bonus_day": bonus_day,
    "minting_rush": minting_rush,
}
