"""What accounts lost for nothing in one transaction, and who has it: for contracts of which nothing was seen
before, so that nobody can say which share of theirs it was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from detectors.parts.contract import Columns, Kind
from detectors.parts.inside import NOBODY, Inside, Payment
from detectors.parts.kinds import among, of_kinds
from detectors.parts.trades import changes_of
from detectors.parts.values import values_before

Sums = dict[int, dict[int, int]]
"""What each account has more of each asset, or less."""

OWED = (
    Kind.BURN_V2, Kind.BURN_V3, Kind.COLLECT_V3, Kind.BORROW, Kind.WITHDRAW, Kind.LIQUIDATION_AAVE,
    Kind.LIQUIDATION_COMPOUND, Kind.VAULT_WITHDRAW, Kind.MIXER_WITHDRAWAL, Kind.PROPOSAL_EXECUTED,
)  # fmt: skip
"""Events that say what somebody gets is his, that he owes it, or that a vote gave it (which
`governance-attack` judges)."""
_PAYMENTS = (Kind.ERC721, Kind.ERC1155)
_POOLS = (Kind.SYNC, Kind.SWAP_V2, Kind.SWAP_V3)
_LEAST_ASSETS = 2


@dataclass(frozen=True, slots=True)
class Loot:
    """`lost`: (account, asset, units) of `losers`. `takers` have more and gave nothing; it went to them by
    `hands`, which end with nothing. `assets`: how many of them the best taker has. `swapped`: a loser was
    given, for several assets, others that nobody prices. `turned`: what was put into one in this transaction
    and came out again was more by this share; 0 where nothing was.
    """

    lost: tuple[tuple[int, int, int], ...]
    takers: tuple[int, ...]
    hands: tuple[int, ...]
    assets: int
    swapped: bool = False
    turned: float = 0.0

    @property
    def losers(self) -> list[int]:
        return list(dict.fromkeys(account for account, _, _ in self.lost))


def loot(one: Inside, most_takers: int) -> Loot | None:
    """Of a transaction in which several assets went from accounts that got nothing to one who gave nothing,
    or somebody put in, took out more, and another has the rest. None where art or shares were given for it,
    or a debt or a claim is told. Shares that were taken themselves, and burnt for what they stand for, were
    given by nobody. Where nobody knows what native value moved, only who lost the coin himself was not paid
    in it.
    """
    rows = one.rows
    if of_kinds(rows["kind"], _PAYMENTS).any():
        return None
    sums = _sums(one)
    pools = set(rows["emitter"][of_kinds(rows["kind"], _POOLS)].tolist())
    apart = pools | {NOBODY, one.of("signer"), one.of("target"), one.of("created")}
    burnt = {asset for asset, more in sums.get(NOBODY, {}).items() if asset and more > 0}
    redeemed = _redeemed(sums, apart, burnt)
    if burnt - redeemed or owed(rows, redeemed):
        return None
    lines, unwraps = one.payments(), _unwraps(one)
    takers = _takers(one, sums, pools, lines, unwraps)
    if not 0 < len(takers) <= most_takers:
        return None
    payers = [who for who in _one_sided(sums, apart) if not redeemed or not redeemed.isdisjoint(sums[who])]
    payers = [who for who in payers if not unwraps or 0 in sums[who]]
    found = _gathered(one, sums, apart, takers, payers, lines)
    return found or (None if redeemed or unwraps else _taken_out(sums, apart, takers, lines))


def owed(rows: Columns, redeemed: Collection[int]) -> bool:
    """Whether an event says that somebody gets what is his, or owes it, beside liquidity that left a pool for
    shares of it that were themselves taken.
    """
    told = of_kinds(rows["kind"], OWED)
    told &= (rows["kind"] != Kind.BURN_V2) | ~among(rows["emitter"], redeemed)
    return bool(told.any())


def _redeemed(sums: Sums, apart: Collection[int], burnt: Collection[int]) -> set[int]:
    """Of what was burnt, what others lost for nothing, no less of it."""
    lost: dict[int, int] = {}
    for payer in _one_sided(sums, apart):
        for asset, more in sums[payer].items():
            lost[asset] = lost.get(asset, 0) - more
    return {asset for asset in burnt if 0 < sums[NOBODY][asset] <= lost.get(asset, 0)}


def _unwraps(one: Inside) -> set[int]:
    """Who took the coin out of its wrapper, where nobody knows whom it went to."""
    rows = one.rows
    if bool(one.seen.transactions["traced"][one.at]):
        return set()
    return set(rows["source"][rows["kind"] == Kind.WETH_WITHDRAWAL].tolist())


def _sums(one: Inside) -> Sums:
    sums: Sums = {}
    for line in changes_of(one.seen, one.number):
        if line.more:
            sums.setdefault(line.account, {})[line.asset] = line.more
    return sums


def _takers(
    one: Inside, sums: Sums, pools: Collection[int], lines: Sequence[Payment], unwraps: Collection[int]
) -> list[int]:
    """Who has more and gave nothing. Neither the signer nor a contract that he called: claims come so, to
    wallets with code too. Both are where that contract is his alone; it is where it unwrapped what others
    lost and gave the rest of that to somebody.
    """
    called = one.of("target")
    barred = set() if called in one.side() else {one.of("signer"), called}
    barred |= {NOBODY, *pools}
    gained = [account for account, mine in sums.items() if min(mine.values()) > 0]
    takers = [account for account in gained if account not in barred]
    if called in unwraps and called in gained and called in barred:
        handed_on = any(source == called and target in takers for source, target, *_ in lines)
        takers += [called] if handed_on else []
    return takers


def _one_sided(sums: Sums, apart: Collection[int]) -> list[int]:
    """Who has only less; what pays its own token is that token."""
    return [
        account
        for account, mine in sums.items()
        if account not in apart and account not in mine and max(mine.values()) < 0
    ]


def _gathered(
    one: Inside,
    sums: Sums,
    apart: Collection[int],
    takers: list[int],
    payers: list[int],
    lines: Sequence[Payment],
) -> Loot | None:
    made = {asset for asset, more in sums.get(NOBODY, {}).items() if more < 0}
    assets = max(len(_shared_by(taker, sums, takers, lines) - made) for taker in takers)
    if assets < _LEAST_ASSETS:
        return None
    known = values_before(one.seen, one.of("block")).known
    swapped = _swapped(sums, apart, {*payers, one.of("signer"), one.of("target")}, known)
    given = {asset for account in swapped for asset, more in sums[account].items() if more > 0}
    losers = [*swapped, *(payer for payer in payers if not given.issuperset(sums[payer]))]
    lost = [(who, asset, -more) for who in losers for asset, more in sums[who].items() if more < 0]
    if len({asset for _, asset, _ in lost}) < _LEAST_ASSETS:
        return None
    hands = _hands(sums, takers, {*losers, *apart}, lines)
    if len(losers) == 1 and not (swapped or hands or _handed_on(takers, lines)):
        return None
    return Loot(tuple(lost), tuple(takers), hands, assets, swapped=bool(swapped))


def _shared_by(hand: int, sums: Sums, takers: Collection[int], lines: Sequence[Payment]) -> set[int]:
    """Assets that a taker has, with those of whom he gave the rest."""
    found = set(sums[hand])
    return found | {what for source, target, what, _ in lines if source == hand and target in takers}


def _handed_on(takers: Collection[int], lines: Sequence[Payment]) -> bool:
    return any(source in takers and target in takers for source, target, *_ in lines)


def _swapped(sums: Sums, apart: Collection[int], givers: set[int], known: Collection[int]) -> list[int]:
    """Who lost several assets for others that have no price, and that came from who got nothing for them."""
    traded = {
        asset for who, mine in sums.items() if who not in givers for asset, more in mine.items() if more < 0
    }
    found = list[int]()
    for account, mine in sums.items():
        got = {asset for asset, more in mine.items() if more > 0}
        if account in apart or account in mine or len(mine) - len(got) < _LEAST_ASSETS:
            continue
        if got and 0 not in got and not got & traded and not any(asset in known for asset in got):
            found.append(account)
    return found


def _taken_out(
    sums: Sums, apart: Collection[int], takers: list[int], lines: Sequence[Payment]
) -> Loot | None:
    """Who was paid first and paid back more, with no share made or burnt that would say why."""
    if any(asset for asset in sums.get(NOBODY, {})):
        return None
    for loser in _one_sided(sums, apart):
        ((asset, more), *others) = sums[loser].items()
        has = sum(sums[taker].get(asset, 0) for taker in takers)
        if others or 2 * has < -more:
            continue
        for hand in dict.fromkeys(source for source, target, *_ in lines if target == loser):
            flows = [
                units if (source, target) == (hand, loser) else -units
                for source, target, what, units in lines
                if what == asset and {source, target} == {hand, loser}
            ]
            put_in, is_short = sum(max(units, 0) for units in flows), sum(flows) < 0
            if is_short and flows[0] > 0:
                by = tuple({hand} - set(takers))
                return Loot(((loser, asset, -more),), tuple(takers), by, 1, turned=-more / put_in)
    return None


def _hands(
    sums: Sums, takers: list[int], others: Collection[int], lines: Sequence[Payment]
) -> tuple[int, ...]:
    """Who paid takers and ends with nothing."""
    paid = (source for source, target, *_ in lines if target in takers)
    return tuple(dict.fromkeys(who for who in paid if who not in sums and who not in others))
