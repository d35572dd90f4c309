"""Cycle laundering: money goes round through several wallets and comes back to its origin, as if earned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.library.broken_rounds import broken_rounds
from detectors.memory.layout import Array, Columns
from detectors.parts import worth
from detectors.parts.contract import Kind, Seen
from detectors.parts.people import People

COIN = 0
"""The number of the coin, wrapped or not, as an asset."""


@dataclass(frozen=True, slots=True)
class Settings:
    """wallets: how many a round goes through before it is one (two friends who lend and repay are one; of
    AMLworld's cycles the shortest have three accounts); token_wallets: the same where all is in a token
    that no pool prices, which anybody can make and play with, or the origin sent money to many: what an
    exchange paid out comes back over its customer and his address for deposits. token_payees: whom a
    wallet of a round in such a token paid in it at most: among many hands that throw it to and fro some
    rounds close by chance. home: the hundredths of what went out in one asset that came home in it, from
    which on it is the same money. added: over `wallets` alone, what a wallet may pass on beyond what
    came, as a share of it: three friends who pay each other similar sums in a row close a round by
    chance.
    """

    wallets: int = 2
    token_wallets: int = 3
    token_payees: int = 2
    home: int = 10
    added: float = 0.05


@dataclass(frozen=True, slots=True)
class Round:
    """One way home: its lines of `hops`, from the origin on."""

    transaction: int
    origin: int
    hops: Columns

    def wallets(self) -> list[int]:
        """Everybody on the way but the origin, in order."""
        return [w for w in dict.fromkeys(self.hops["payer"].tolist()) if w != self.origin]

    def sums(self) -> list[tuple[int, int]]:
        """Asset and sum of each payment step, in order; exchanges of a wallet with itself left out."""
        found: dict[int, tuple[int, int]] = {}
        hops = self.hops
        for step, payer, payee, asset, amount in zip(
            *(hops[name].tolist() for name in ("step", "payer", "payee", "asset", "amount")), strict=True
        ):
            if payer != payee:
                before = found.get(step, (asset, 0))[1]
                found[step] = asset, before + _whole(amount)
        return [found[step] for step in sorted(found)]


class CycleLaundering:
    """Flags money that leaves a wallet and comes back to it through two other wallets or more, in time order.

    The part `trails` walks back from each payment (signed by its payer): every wallet on the way passes
    on at least half of what came and a quarter more at most, that is most of what it got and paid of the
    asset meanwhile, and it may change the asset once or twice itself. The last payment may be a sale (the
    origin's own token or item for the money). Rings, pieces, branches and rests of months (120 days for a
    round) are found; nothing inside one transaction is. Over two wallets none may add more than a
    twentieth of his own. A round that broke off is found too, at severity low: wallets that serve nothing
    else, of which the last one's first payment fails, in a call that names whom the money had come from.

    Fails: a round that broke off by a call that does not say who was to be paid, or over one wallet
    (`layering` says that it broke off); a round through an exchange or another hub, whose amounts and clock
    alone remain (hard case P1); a last hop that is a priority fee or gas deposit to a builder or paymaster
    (P3), unless its own address pays on; a sale through a pool of the origin's; a wallet that scatters to
    many others in mid-way; a ring of old wallets of which one adds savings of more than a quarter of what
    goes round (three of eight slow rings of one world); a token without a price in ever more hands. An owner
    who moves his money through two own wallets and back looks the same. Costs a walk over 32 payments of at
    most 96 wallets, for payments whose payee paid before. Source: temporal cycles of IBM's Graph Feature
    Preprocessor (minority F1 .648 on HI-Small with all its patterns).
    """

    name = "cycle-laundering"
    catches = ("cycle-laundering",)
    needs: Tier = "transfers"
    reads = ("trails", "prices")
    quiet_seconds = 120 * 86_400
    settings = Settings()

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a payment that closes a round, or was to: subject = the wallet where it began."""
        hops = seen.of("trails").get("hops")
        broken = list(broken_rounds(seen, self.settings.wallets, self.settings.token_wallets))
        if hops is None or not hops["transaction"].size:
            return broken
        whole = [found for each in _rounds(hops) if (found := self._finding(seen, each)) is not None]
        return sorted([*whole, *broken], key=lambda found: found.block_number)

    def _finding(self, seen: Seen, one: Round) -> Finding | None:
        wallets, sums = one.wallets(), one.sums()
        home = _hundredths(sums)
        sent = seen.transactions
        at = one.transaction - int(sent["number"][0])
        block = int(sent["block"][at])
        people, is_priced = People(seen, block), _is_priced(seen, block, sums)
        is_plain = is_priced and not people.serves_many(one.origin)
        least = self.settings.wallets if is_plain else self.settings.token_wallets
        if len(wallets) < least or home < self.settings.home:
            return None
        if len(wallets) == self.settings.wallets and _added(sums) > self.settings.added:
            return None
        if not is_priced and any(count > self.settings.token_payees for count in _payees(people, one)):
            return None
        origin = seen.address(one.origin)
        wei = sums[-1][1] if sums[-1][0] == COIN else 0
        rows = seen.evidence(np.unique(one.hops["row"]).tolist())
        most: Severity = "high" if len(wallets) > self.settings.wallets else "medium"
        roles: list[tuple[bytes, RoleName]] = [(origin, "attacker")]
        roles += [(seen.address(wallet), "intermediary") for wallet in wallets]
        return Finding(
            block_number=int(sent["block"][at]),
            timestamp=int(sent["time"][at]),
            category="cycle-laundering",
            subject_kind="wallet",
            subject=origin,
            score=_score(len(wallets), home),
            severity=worth.severity(most, wei, any(asset != COIN for asset, _ in sums)),
            transaction=sent["hash"][at].tobytes(),
            roles=tuple(roles),
            rows=rows,
            measured={"wallets": len(wallets), "home": home, "native_wei": str(wei)},
            thresholds={"wallets": least, "home": self.settings.home},
            explanation=(
                f"Money of {hexed(origin)} went through {len(wallets)} wallets in order, each of which "
                f"passed most of it on, and came back to it{_share(sums, home)}."
            ),
            value_wei=wei or None,
        )


def _rounds(hops: Columns) -> Iterator[Round]:
    """The rounds of a piece: lines of one closing transaction and origin whose steps go on."""
    step = hops["step"]
    begins = np.flatnonzero((step == 0) & _is_first(hops))
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), step.size], strict=True):
        mine = {name: column[begin:end] for name, column in hops.items()}
        yield Round(int(mine["transaction"][0]), int(mine["origin"][0]), mine)


def _is_first(hops: Columns) -> Array:
    """Whether a line begins a round: it is the first, or the step before it was a later one or another's."""
    first = np.ones(hops["step"].size, np.bool_)
    same = (hops["transaction"][1:] == hops["transaction"][:-1]) & (hops["origin"][1:] == hops["origin"][:-1])
    first[1:] = ~same | (hops["step"][1:] < hops["step"][:-1])
    return first


def _is_priced(seen: Seen, block: int, sums: list[tuple[int, int]]) -> bool:
    """Whether any of it is the coin, or what came home last is priced by a pool before the block."""
    said = seen.of("prices").get("price")
    if any(asset == COIN for asset, _ in sums):
        return True
    return said is not None and bool(((said["block"] == block) & (said["id"] == sums[-1][0])).any())


def _payees(people: People, one: Round) -> Iterator[int]:
    """Of each wallet on the way: how many it paid itself in what it passed on."""
    steps = zip(one.hops["payer"].tolist(), one.hops["asset"].tolist(), strict=True)
    for wallet, asset in dict.fromkeys(steps):
        if wallet != one.origin:
            rows = people.rows(wallet)
            paid = (rows["kind"] == Kind.ERC20) & (rows["asset"] == asset)
            paid &= (rows["source"] == wallet) & (rows["signer"] == wallet)
            yield np.unique(rows["target"][paid]).size


def _whole(limbs: list[int]) -> int:
    return sum(limb << 64 * (3 - i) for i, limb in enumerate(limbs))


def _hundredths(sums: list[tuple[int, int]]) -> int:
    """How much of what went out came home, where both are of one asset; else by the steps in each asset."""
    left, at = 1.0, 0
    for n in range(1, len(sums) + 1):
        if n == len(sums) or sums[n][0] != sums[at][0]:
            left *= min(1.0, sums[n - 1][1] / sums[at][1]) if sums[at][1] else 0.0
            at = n
    return round(100 * left)


def _added(sums: list[tuple[int, int]]) -> float:
    """The most that a step in the asset of the one before has beyond it, as a share of that."""
    steps = pairwise(sums)
    return max((now[1] / before[1] - 1 for before, now in steps if now[0] == before[0]), default=0.0)


def _share(sums: list[tuple[int, int]], home: int) -> str:
    return f", {home} % of it" if sums[0][0] == sums[-1][0] else " in another asset"


def _score(wallets: int, home: int) -> float:
    """From a half on: a quarter for how much came home, a quarter for how many wallets it went through."""
    return round(0.5 + 0.25 * home / 100 + 0.25 * (1.0 - 1.0 / wallets), 6)
