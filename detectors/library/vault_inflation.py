"""Vault inflation: whoever has the shares of a nearly empty vault gives to it, so that others' deposits buy
none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Tier, hexed
from detectors.kernels.decoding import Kind
from detectors.memory.layout import Array
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.inside import NOBODY, Inside, Line, in_coin
from detectors.parts.kinds import among, is_some, of_kinds
from detectors.parts.limbs import floats
from detectors.parts.people import People, whole

MOVES = (Kind.TRANSACTION, Kind.INNER_VALUE, Kind.ERC20)
TRADED = (Kind.SYNC, Kind.SWAP_V2, Kind.SWAP_V3)


@dataclass(frozen=True, slots=True)
class Settings:
    """factor: how many times as dear a gift makes a share. Earnings and honest gifts made shares up to ten
    times dearer; an attack starts from a few units, so that it is thousands at least. own: the share of all
    shares that the giver has: who gives to others gives nothing to himself.
    """

    factor: float = 100.0
    own: float = 0.5


@dataclass(frozen=True, slots=True)
class Gift:
    """What came into a vault without a share for it, after which it was worth so many times as much; who
    gave, and the row.
    """

    vault: int
    asset: int
    amount: int
    factor: float
    giver: int
    row: int


class VaultInflation:
    """Flags gifts to a vault by whoever has most of its shares, that make a share a hundred times as dear.

    A vault is whoever issues a token and is paid another for it; a gift is what comes without a share being
    made for it, in a transaction of its own or beside a deposit. The next depositor, or a lender that takes
    the share as collateral, pays for the price that it makes: nobody else gives to himself. So it alerts
    before the harm, and of attempts too.

    Left in peace: earnings and gifts of those who have no shares; dead shares burnt by a founder who goes
    first; donations that make shares a few times dearer.

    Fails: a giver whom nothing ties to the holder of the shares; vaults in use whose price is moved by less
    than a hundredfold (hard case 12.P3); idle assets of another kind (P4); what lay in a vault before the
    stream. Costs a comparison a line of `net`. Source: OpenZeppelin's analysis of ERC-4626 inflation (1 unit
    and a gift above the deposit); Hundred, Sonne and Onyx, $28M lost.
    """

    name = "vault-inflation"
    catches: tuple[str, ...] = ("vault-inflation",)
    needs: Tier = "logs"
    settings = Settings()
    reads: tuple[str, ...] = ("net", "kept", "sides", "prices")
    quiet_seconds = 30 * 86_400

    def score(self, seen: Seen) -> list[Finding]:
        kept, net = seen.of("kept").get("lines"), seen.of("net").get("changes")
        if kept is None or net is None:
            return []
        before, came = floats(kept["before"]), floats(net["received"])
        jumps = (came > 0) & (came >= (self.settings.factor - 1) * before)
        jumps &= (net["account"] != NOBODY) & (net["asset"] != net["account"])
        makers = (net["account"] == NOBODY) | (net["account"] == net["asset"])
        made = np.unique(_both(net["transaction"], net["asset"])[makers])
        jumps &= is_some(kept["issued"]) | np.isin(_both(net["transaction"], net["account"]), made)
        found = []
        for number in np.unique(net["transaction"][jumps]).tolist():
            finding = self._judge(Inside(seen, int(number)))
            found += [finding] if finding is not None else []
        return found

    def _judge(self, one: Inside) -> Finding | None:
        rows, lines = one.rows, one.lines()
        trading = set(rows["emitter"][of_kinds(rows["kind"], TRADED)].tolist())
        issued = {line.asset for line in lines if line.account in (NOBODY, line.asset)}
        for line in lines:
            is_vault = line.account in issued or line.issued > 0
            if is_vault and line.account not in trading | {NOBODY, line.asset} and line.received:
                gift = self._gift(one, line)
                if gift is not None and (own := self._own(one, gift)) >= self.settings.own:
                    return self._finding(one, gift, own)
        return None

    def _gift(self, one: Inside, line: Line) -> Gift | None:
        """The largest transfer into a vault that no share was made for."""
        rows, vault, held = one.rows, line.account, line.before
        moves = np.flatnonzero(of_kinds(rows["kind"], MOVES) & is_some(rows["amount"])).tolist()
        best: Gift | None = None
        for place, at in enumerate(moves):
            amount = whole(rows["amount"][at : at + 1])[0]
            if rows["money"][at] != line.asset:
                continue
            if rows["source"][at] == vault:
                held -= min(held, amount)
            if rows["target"][at] != vault:
                continue
            factor = (held + amount) / held if held else 0.0
            if factor >= self.settings.factor and not _shares_made(
                rows, moves[place + 1 :], vault, line.asset
            ):
                gift = Gift(
                    vault, line.asset, amount, factor, int(rows["source"][at]), int(rows["number"][at])
                )
                best = gift if best is None or gift.amount > best.amount else best
            held += amount
        return best

    def _own(self, one: Inside, gift: Gift) -> float:
        """Which part of the vault's shares the giver and the signer's side have, when it is given."""
        people, had = People(one.seen, one.of("block")), 0
        for who in {gift.giver, *one.side()}:
            rows = people.rows(who)
            mine = (rows["kind"] == Kind.ERC20) & (rows["asset"] == gift.vault) & (rows["row"] < gift.row)
            had += sum(whole(rows["amount"][mine & (rows["target"] == who)]))
            had -= sum(whole(rows["amount"][mine & (rows["source"] == who)]))
        return max(0, had) / max(self._supply(one, gift), 1)

    def _supply(self, one: Inside, gift: Gift) -> int:
        """Shares in all, when it is given."""
        rows, (vault,) = one.rows, (gift.vault,)
        supply = max((line.issued for line in one.lines() if line.account == vault), default=0)
        shares = (rows["kind"] == Kind.ERC20) & (rows["asset"] == vault) & (rows["number"] < gift.row)
        makers = among(rows["source"], (NOBODY, vault)), among(rows["target"], (NOBODY, vault))
        return (
            supply
            + sum(whole(rows["amount"][shares & makers[0]]))
            - sum(whole(rows["amount"][shares & makers[1]]))
        )

    def _finding(self, one: Inside, gift: Gift, own: float) -> Finding:
        seen, giver = one.seen, one.seen.address(gift.giver)
        wei, unpriced = in_coin(one, [(gift.asset, gift.amount)])
        roles: dict[int, RoleName] = dict.fromkeys([gift.giver, *sorted(one.side())], "attacker")
        roles |= {gift.vault: "infrastructure"}
        people = People(seen, one.of("block"))
        rows = people.rows(gift.giver)
        shares = (rows["kind"] == Kind.ERC20) & (rows["asset"] == gift.vault) & (rows["row"] < gift.row)
        return Finding(
            block_number=one.of("block"),
            timestamp=one.of("time"),
            category=self.name,
            subject_kind="wallet",
            subject=giver,
            score=round(0.6 + 0.2 * min(1.0, own) + 0.2 * (1 - self.settings.factor / gift.factor), 6),
            severity=worth.severity("high", wei, unpriced),
            transaction=one.hash,
            roles=tuple((seen.address(who), role) for who, role in roles.items()),
            rows=seen.evidence(sorted({*rows["row"][shares][:20].tolist(), gift.row})),
            measured={
                "factor": round(min(gift.factor, 1e30), 6),
                "own": round(own, 6),
                "gift": str(gift.amount),
            },
            thresholds={"factor": self.settings.factor, "own": self.settings.own},
            explanation=f"{hexed(giver)} has {own:.0%} of the shares of {hexed(seen.address(gift.vault))} "
            f"and gave it {gift.amount} units: a share is {gift.factor:.3g} times as dear.",
            value_wei=wei or None,
        )


def _shares_made(rows: dict[str, Array] | object, later: Sequence[int], vault: int, asset: int) -> bool:
    """Whether shares are made after a payment, and before the next one into the vault."""
    for at in later:
        if rows["asset"][at] == vault and rows["source"][at] in (NOBODY, vault):  # type: ignore[index]
            return True
        if rows["money"][at] == asset and rows["target"][at] == vault:  # type: ignore[index]
            return False
    return False


def _both(left: Array, right: Array) -> Array:
    """Two numbers as one."""
    found: Array = (left << 32) | right
    return found
