"""Sell after buy: strangers buy a token in its pool and want their money back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from dashboard.outside.inspecting.guesses import Guesses, calls
from dashboard.outside.inspecting.lab import Lab
from dashboard.outside.inspecting.market import Market
from dashboard.outside.inspecting.outcome import Outcome, found, missed
from dashboard.outside.inspecting.stage import provide
from ingest.localchain.chain.wallet import Address, address_of

KIND = "sell-after-buy"
_DAY = 86_400
_HARMLESS = ("transfer", "approve", "increaseAllowance", "decreaseAllowance", "mint", "permit")
"""What opens no trade."""
HALF = 50
"""Percent of the pool's price: who gets less cannot be said to sell."""
_FORMS = ((1, 1_000), (1, 20), (12, 1_000))
"""How many buy before one sells, and what each pays of the pool's money, as 1 / n."""


def selling(lab: Lab, market: Market | None) -> Outcome:
    """A new token is also tried after each act of its owner's that names the pool, as launches have them.
    Found where a buyer can sell neither all nor a tenth, at once nor a day later.
    """
    count = lab.count(KIND)
    if market is None:
        return missed(KIND, count, "it is no token, or nobody has a pool of it")
    bought_once = False
    opened = list(set_ups(lab, market))
    for (crowd, share), before in itertools.product(_FORMS, opened):
        if not count.more():
            break
        with lab.fork.undone():
            if before and not lab.fork.send(lab.stage.owner, lab.subject.address, before[0]).ok:
                continue
            bought, said = _trapped(lab, market, crowd, share)
            bought_once |= bought
            if said:
                after = f"after the owner's {before[1]}, " if before else ""
                return found(KIND, f"{after}{said}", count, lab.fork)
    return missed(KIND, count, "" if bought_once else "nobody could buy either")


def set_ups(lab: Lab, market: Market) -> Iterator[tuple[str, str] | None]:
    """Nothing, and of a new token each act of its owner's that names the pool: call data and its name."""
    yield None
    if not lab.subject.fresh:
        return
    guesses, owner = Guesses((market.pair,), (0, 1)), lab.stage.owner
    acts = [each for each in lab.subject.acts if any("address" in kind for kind in each.types or ())]
    drawn = [(each, data) for each in acts for data in calls(each, guesses, lab.dice(KIND), 1)]
    answers = lab.fork.ask_all([(lab.subject.address, data, owner, 0) for _, data in drawn])
    for (function, data), answer in zip(drawn, answers, strict=True):
        if answer is not None and not function.name.startswith(_HARMLESS):
            yield data, function.name


def _trapped(lab: Lab, market: Market, crowd: int, share: int) -> tuple[bool, str]:
    """Whether the last of a crowd could buy, and how its sale failed."""
    pays = market.reserves(lab.fork)[1] // share
    for number in range(crowd):
        who = address_of(f"inspect {lab.seed} buyer {number}")
        lab.fork.give(who)
        if not provide(lab.fork, lab.stage, who, market.quote, pays):
            return False, ""
        if not market.trade(lab.fork, who, market.quote, pays):
            return False, ""
    failures = []
    for wait, part in itertools.product((0, _DAY), (1, 10)):
        if wait and part == 1:
            lab.fork.arrange("later", hex(wait))
        failed = sale_fails(lab, market, who, part)
        if not failed:
            return True, ""
        failures.append(failed)
    return True, f"buyer {crowd} of {crowd} cannot sell, a day later neither: {failures[0]}"


def sale_fails(lab: Lab, market: Market, who: Address, part: int) -> str:
    """How the sale of a part of one's tokens fails; empty where it works. It leaves only failures behind."""
    mark = lab.fork.mark()
    pays = _sale(lab, market, who, part)
    if pays is not None and pays >= HALF:
        lab.fork.back_to(mark)
        return ""
    return "the sale fails" if pays is None else f"it pays {pays} % of the pool's price"


def sale_pays(lab: Lab, market: Market, who: Address) -> int:
    """Percent of the pool's price that somebody gets for all he has, or for a tenth where all cannot be sold;
    0 where that fails too.
    """
    for part in (1, 10):
        with lab.fork.undone():
            if pays := _sale(lab, market, who, part):
                return pays
    return 0


def _sale(lab: Lab, market: Market, who: Address, part: int) -> int | None:
    """Percent of the pool's price that the sale of a part pays; None where it fails. Nobody sells more than
    the pool has.
    """
    fork = lab.fork
    units = min(fork.held(who, market.token), market.reserves(fork)[0]) // part
    due = market.price_of(fork, market.token, units)
    before = fork.noted(who, market.quote)
    sold = market.trade(fork, who, market.token, units)
    got = fork.noted(who, market.quote) - before
    return got * 100 // due if sold and due else None


def buy(lab: Lab, market: Market, who: Address) -> bool:
    """`who` buys for a hundredth of the pool's money."""
    pays = market.reserves(lab.fork)[1] // 100
    provided = provide(lab.fork, lab.stage, who, market.quote, pays)
    return provided and market.trade(lab.fork, who, market.quote, pays)
