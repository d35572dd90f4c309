"""What the code of a new token does when strangers buy and want to sell, and when its maker calls it: tried
beside the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from detectors.parts.contract import Seen
from detectors.parts.sandbox.frame import Unknowable
from detectors.parts.sandbox.messages import Call, Said
from detectors.parts.staging import Stage, selector, staged
from ingest.decode import TRANSFER

T = TypeVar("T")
STRANGERS = 5
"""Who buy and then want to sell: some traps let the first few out."""
PART = 10_000
"""A stranger buys so small a part of what the pool has: honest launches limit sales to thousandths."""
LATER_S, LATER_BLOCKS = 3_600, 300
"""What passes until they sell: honest launches hold sales up for minutes."""
_ROUTER = 0xA07E << 144
_PERSON = 0xBE0 << 148
_TRANSFER, _FROM = selector("transfer(address,uint256)"), selector("transferFrom(address,address,uint256)")
_APPROVE = selector("approve(address,uint256)")
_TRANSFERRED = int.from_bytes(TRANSFER, "big")


@dataclass(frozen=True, slots=True)
class Trial:
    """`bought` strangers bought, and of what the luckiest of them sold again the share `through` came to the
    pool; 0 where none could sell. `maker_sells`: whether its maker gets more through.
    """

    bought: int
    through: float
    maker_sells: bool


def tried_to_sell(seen: Seen, token: int, pool: int, block: int, before_row: int) -> Trial | None:
    """After what its maker had told a token before a row; None where nobody can know, or where strangers
    cannot buy either.
    """

    def make() -> Trial | None:
        stage = staged(seen, token, block, pool)
        if stage is None:
            return None
        stage.replay(before_row)
        return _sold(stage)

    return seen.once(("trial", token, pool, block, before_row), lambda: _known(make))


def _known(make: Callable[[], T | None]) -> T | None:
    try:
        return make()
    except Unknowable:
        return None


def _sold(stage: Stage) -> Trial | None:
    pool, held = stage.around.pool, stage.balance(stage.maker)
    if not stage.call(stage.maker, _TRANSFER, pool, held // 2):
        return None
    people = [_PERSON + n for n in range(1, STRANGERS + 1)]
    wanted = max(1, stage.balance(pool) // PART)
    for person in people:
        if not stage.call(pool, _TRANSFER, person, wanted) or 2 * stage.balance(person) < wanted:
            return None
    stage.machine.number += LATER_BLOCKS
    stage.machine.time += LATER_S
    through = max(_through(stage, person) for person in people)
    return Trial(len(people), through, _through(stage, stage.maker) > through)


def _through(stage: Stage, seller: int) -> float:
    """The share of all that somebody has that comes to the pool when he sells it."""
    pool, units = stage.around.pool, stage.balance(seller)
    before = stage.balance(pool)
    stage.call(seller, _APPROVE, _ROUTER, units)
    if not units or not stage.call(_ROUTER, _FROM, seller, pool, units):
        return 0.0
    return (stage.balance(pool) - before) / units


@dataclass(frozen=True, slots=True)
class Surplus:
    """What a call gave to `who` beyond all that its logs tell: `units`, which are `share` of the supply."""

    who: int
    units: int
    share: float


def surplus_by(seen: Seen, token: int, block: int, data: bytes, before_row: int) -> Surplus | None:
    """What a call of the maker's would have given on the token as it was made (`before_row` 0), or after what
    it was told before a row; None where nothing, or nobody can know.
    """

    def make() -> Surplus | None:
        stage = staged(seen, token, block)
        if stage is None:
            return None
        if before_row:
            stage.replay(before_row)
        return _surplus(stage, data)

    return _known(make)


def _surplus(stage: Stage, data: bytes) -> Surplus | None:
    """Somebody who has a hundredth holds still meanwhile: where all balances grow, his does as well."""
    supply, control = stage.supply(), _PERSON
    if not supply or not stage.call(stage.maker, _TRANSFER, control, supply // 100):
        return None
    named = [who for who in _addresses(data) if who not in (stage.contract, control)]
    before = {who: stage.balance(who) for who in (*named, control)}
    ran = stage.machine.run(Call(stage.maker, stage.contract, data))
    if not ran.ok:
        return None
    still = stage.balance(control) - before[control]
    found = None
    for who in named:
        more = stage.balance(who) - before[who] - _came(ran.logs, who)
        grows = still > 0 and before[who] > 0 and more * before[control] <= 2 * still * before[who]
        if more > 0 and not grows and (found is None or more > found.units):
            found = Surplus(who, more, more / supply)
    return found


def _addresses(data: bytes) -> list[int]:
    """What could be addresses among the words of call data."""
    words = (int.from_bytes(data[at : at + 32], "big") for at in range(4, len(data), 32))
    return list(dict.fromkeys(each for each in words if 1 << 96 < each < 1 << 160))


def _came(logs: tuple[Said, ...], who: int) -> int:
    """What logs tell that came to somebody, less what left."""
    came = 0
    for log in logs:
        if len(log.topics) == 3 and log.topics[0] == _TRANSFERRED:
            units = int.from_bytes(log.data[:32], "big")
            came += units * ((log.topics[2] == who) - (log.topics[1] == who))
    return came
