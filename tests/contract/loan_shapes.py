"""Attacks on borrowed money by how it is borrowed, paid back and carried off, and honest twins of some. As in
`exploit_shapes`, inside of one transaction, by an account `who` for its `owner`.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.contract import exploit_shapes
from tests.contract.exploit_shapes import NOBODY, named, round_of_venues
from tests.fixtures.lenders import Venue
from tests.fixtures.market import ETHER, WETH, Pool

Deed = Callable[[Venue, bytes, bytes], None]


def share() -> int:
    """Units of a dollar that are moved: of six decimals or of eighteen."""
    return exploit_shapes.SHARE


def _raids(place: Venue, who: bytes) -> int:
    """Shares are bought too cheap and burnt for a fifth more; what `who` has then."""
    chain, usd, part = place.market.chain, named(place, "usd"), named(place, "share")
    chain.erc20(usd, who, place.lender, share()).erc20(part, NOBODY, who, 9 * share())
    chain.erc20(part, who, NOBODY, 9 * share()).erc20(usd, place.lender, who, share() * 12 // 10)
    return share() * 12 // 10


def _borrowed(place: Venue, who: bytes, units: int) -> int:
    return place.lends(who, units, token=named(place, "usd"), event=None)


def paid_back_by_another(place: Venue, who: bytes, owner: bytes) -> None:
    """The borrower hands the money to a helper, who raids and pays the lender back himself."""
    chain, usd, helper = place.market.chain, named(place, "usd"), named(place, "helper")
    owed = _borrowed(place, who, share())
    chain.erc20(usd, who, helper, share())
    left = _raids(place, helper) - owed
    place.is_repaid(helper, owed, token=usd)
    chain.erc20(usd, helper, owner, left)


def two_lenders(place: Venue, who: bytes, owner: bytes) -> None:
    chain, usd, other = place.market.chain, named(place, "usd"), named(place, "other vault")
    owed = _borrowed(place, who, share() // 2)
    chain.erc20(usd, other, who, share() // 2)
    left = _raids(place, who) - 2 * owed
    chain.erc20(usd, who, other, owed)
    place.is_repaid(who, owed, token=usd)
    chain.erc20(usd, who, owner, left)


def in_pieces(place: Venue, who: bytes, owner: bytes) -> None:
    """The loan is paid back by two payments."""
    owed = _borrowed(place, who, share())
    left = _raids(place, who) - owed
    for part in (owed // 2, owed - owed // 2):
        place.is_repaid(who, part, token=named(place, "usd"))
    place.market.chain.erc20(named(place, "usd"), who, owner, left)


def minted_for_the_while(place: Venue, who: bytes, owner: bytes) -> None:
    chain, usd = place.market.chain, named(place, "usd")
    chain.erc20(usd, NOBODY, who, share())
    left = _raids(place, who) - share()
    chain.erc20(usd, who, NOBODY, share()).erc20(usd, who, owner, left)


def liquidates_itself(place: Venue, who: bytes, owner: bytes) -> None:
    """A debtor of its own gives collateral away, so that it can be liquidated at a discount."""
    chain, helper, liquidator = place.market.chain, named(place, "helper"), named(place, "liquidator")
    usd, collateral, debt = (named(place, name) for name in ("usd", "collateral", "debt"))
    owed = place.lends(who, share(), token=usd)
    chain.erc20(usd, who, helper, share()).erc20(usd, helper, place.lender, share())
    chain.erc20(collateral, NOBODY, helper, 10 * share()).erc20(debt, NOBODY, helper, 9 * share())
    chain.erc20(collateral, helper, NOBODY, 2 * share())
    chain.erc20(debt, helper, liquidator, 7 * share()).erc20(collateral, helper, liquidator, 8 * share())
    chain.erc20(collateral, liquidator, NOBODY, 13 * share() // 10)
    chain.erc20(usd, place.lender, liquidator, 13 * share() // 10)
    chain.erc20(usd, liquidator, who, 13 * share() // 10)
    place.is_repaid(who, owed, token=usd)
    chain.erc20(usd, who, owner, 13 * share() // 10 - owed)


def pushed_fee_token(place: Venue, who: bytes, owner: bytes) -> None:
    """The token whose pool is pushed keeps a twentieth of each transfer."""
    chain, market, coin = place.market.chain, place.market, place.coin
    owed = place.lends(who, 2 * coin)
    bought = market.swaps(place.pool, 1, 2 * coin, who, who)
    chain.erc20(place.token, who, place.token, bought // 20)
    half = (bought - bought // 20) // 2
    chain.erc20(place.token, who, place.lender, half - half // 20)
    chain.erc20(place.token, who, place.token, half // 20).erc20(WETH, place.lender, who, coin * 8 // 10)
    left = coin * 8 // 10 + market.swaps(place.pool, 0, half, who, who) - owed
    place.is_repaid(who, owed)
    chain.erc20(WETH, who, owner, left)


def burnt_to_be_minted_elsewhere(place: Venue, who: bytes, owner: bytes) -> None:
    """What is gained goes over the issuer's bridge at once: burnt here."""
    chain, usd, messenger = place.market.chain, named(place, "usd"), named(place, "messenger")
    owed = _borrowed(place, who, share())
    left = _raids(place, who) - owed
    place.is_repaid(who, owed, token=usd)
    chain.erc20(usd, who, messenger, left).erc20(usd, messenger, NOBODY, left)


def sold_at_once(place: Venue, who: bytes, owner: bytes) -> None:
    """What is gained is sold for the coin in a pool."""
    usd = named(place, "usd")
    way_out = Pool(named(place, "way out"), (usd, WETH), [100 * share(), 1_000 * ETHER])
    pool = place.market.opens(way_out, introduced=False)
    owed = _borrowed(place, who, share())
    left = _raids(place, who) - owed
    place.is_repaid(who, owed, token=usd)
    place.market.chain.erc20(WETH, who, owner, place.market.swaps(pool, 0, left, who, who))


def bridges_what_it_earned(place: Venue, who: bytes, owner: bytes) -> None:
    """Honest: two venues stood apart, and what that brought is burnt to be minted elsewhere."""
    round_of_venues(place, who, who)
    place.market.chain.erc20(named(place, "usd"), who, NOBODY, 1_000)


def moves_between_strategies(place: Venue, who: bytes, owner: bytes) -> None:
    """Honest: a vault's money goes to one strategy, which hands it to another, which returns it; shares of a
    market are given back for new ones.
    """
    chain, usd, other = place.market.chain, named(place, "usd"), named(place, "other strategy")
    owed = _borrowed(place, who, share())
    chain.erc20(usd, who, other, share())
    chain.erc20(named(place, "old share"), other, NOBODY, share() // 2)
    chain.erc20(usd, place.lender, other, share() // 2).erc20(
        named(place, "new share"), NOBODY, other, share()
    )
    chain.erc20(usd, other, named(place, "new market"), share() // 2 - (owed - share()))
    place.is_repaid(other, owed, token=usd)


ATTACKS: dict[str, Deed] = {
    "paid back by another": paid_back_by_another,
    "two lenders": two_lenders,
    "in pieces": in_pieces,
    "minted for the while": minted_for_the_while,
    "liquidates itself": liquidates_itself,
    "pushed fee token": pushed_fee_token,
    "burnt to be minted elsewhere": burnt_to_be_minted_elsewhere,
    "sold at once": sold_at_once,
}
HONEST: dict[str, Deed] = {
    "bridges what it earned": bridges_what_it_earned,
    "moves between strategies": moves_between_strategies,
}
