"""A company that pays its people: the same amounts to the same wallets, at regular times."""

from __future__ import annotations

from ingest.localchain.chain.actions import pay
from ingest.localchain.chain.wallet import Address
from ingest.localchain.world.endowment import Opening, company
from ingest.localchain.world.stage import Habit, Stage, wait

_PAY_EVERY = 30
_EMPLOYEES = 15


def begin(stage: Stage, per_block: int) -> Opening:
    """One company that pays its people."""
    payer, grants = company(stage, [stage.world.token("USDC")])
    return Opening([employers(stage, payer)], grants)


def employers(stage: Stage, payer: Address) -> Habit:
    """Pay day for about fifteen employees, every thirty blocks."""
    usdc = stage.world.token("USDC")
    staff = [person.address for person in stage.rng.sample(stage.cast.free(), _EMPLOYEES)]
    salary = {employee: usdc.units(stage.rng.uniform(900, 6_000)) for employee in staff}
    yield from wait(stage.rng.randint(3, 10))
    while True:
        present = [e for e in staff if e in stage.cast.people and e not in stage.cast.reserved]
        yield [pay(usdc, payer, employee, salary[employee]) for employee in present]
        yield from wait(_PAY_EVERY - 1)
