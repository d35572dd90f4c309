"""Honeypots: a token that anybody can buy, and that only those who made it can sell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.library.tried_traps import tried_traps
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.launches import Life, Line, Till, insiders, life_of, without_visits
from detectors.parts.limbs import floats
from detectors.parts.lines import place_of
from detectors.parts.people import People
from detectors.parts.token_sales import Sale, failed_sales, has_failed, sales, wanted
from detectors.parts.tokens import What

DAY = 86_400
_OPEN_AGAIN = ("open-again", "somebody whose sale had failed has sold since.")


@dataclass(frozen=True, slots=True)
class Settings:
    """through: the part of what a seller gave that must come to the pool (honest tokens take up to a quarter;
    scanners call half and more a trap). fails: sales that failed (of other people, or in other blocks): one
    fails by chance; for each per_passed that ever worked it takes one more. crowd: others who sold meanwhile,
    from which on they are no insiders (a group has few). enough: part of what somebody tried to sell that he
    must have sold later for the token to be open: decoys are let out with small sums (6.P2). closed: of the
    money in the pools, what its makers take out after a sale failed, so that one is enough.
    """

    through: float = 0.5
    fails: int = 2
    per_passed: int = 8
    crowd: int = 5
    enough: float = 0.2
    closed: float = 0.5


@dataclass(frozen=True, slots=True)
class Trap:
    """Sales that did not work, of a token as of a block. `passed`: later ones of others, that did."""

    life: Life
    inside: frozenset[int]
    stuck: tuple[Sale, ...]
    passed: tuple[Sale, ...]

    @property
    def trusted(self) -> frozenset[int]:
        """Who sold while others could not."""
        return frozenset(sale.who for sale in self.passed) - {sale.who for sale in self.stuck}

    @property
    def victims(self) -> dict[int, int]:
        """Who paid in, of those whom nothing ties to the makers, what did not come back."""
        lost: dict[int, int] = {}
        for line in self.life.of(What.BOUGHT, What.SOLD):
            way = 1 if line.what == What.BOUGHT else -1
            if line.money == self.life.money and line.who not in self.inside | self.trusted:
                lost[line.who] = lost.get(line.who, 0) + way * line.paid
        return {who: paid for who, paid in lost.items() if paid > 0}


class Honeypot:
    """Catches a token that people bought and cannot sell: their sales fail, or pay about nothing.

    Of a token whose creation was seen: somebody who bought it lets a router have it and his call of that
    router fails, twice or more (or two people's), and nobody but insiders has sold since; or a sale gives the
    pool less than half of what left the seller (a tax of 99 %, a fee that takes more than was asked: 6.P1).
    Insiders are who made the token and whom they gave of it or paid first; who sells while others' sales fail
    is one of them. Where somebody sells a good part of what he could not sell before, the alert is lowered
    (a pause, a limit in the first minutes). Decoys that are let out before anybody fails, or with small sums,
    change nothing (6.P2). Before anybody is caught the code is tried beside the chain, when the first pool is
    filled and after each call of its maker's: five strangers buy a ten-thousandth of the pool each and sell
    it an hour later; where less than half of it comes to the pool it is said with severity medium, and
    lowered once they can. Reports, names and series of clones decide nothing (6.P3, 6.N1, 6.N2).

    Fails: before anybody tries to sell, where the code cannot be tried (made by a factory, by code that asks
    strange contracts) or names its victims one by one; sales by Permit2 or signature,
    whose failing leaves no approval of the router; of several tokens that one router may take, the newest is
    taken for the one that failed; traps for machines that simulate (6.P4); tokens made by a factory where
    there are no traces, and any that are older than the stream. Accuses wrongly: a launch at which sales fail
    for want of a fitting price, until one passes (6.N3: routes through a dry pool are sales that work).
    Costs a look into the row log for each transaction that failed, and for each buyer of such a token.
    Source: TrapdoorAnalyser (buy-and-sell test with code indicators, above .98 by opcodes).
    """

    name = "honeypot"
    catches = ("honeypot",)
    needs: Tier = "receipts"
    settings = Settings()
    reads = ("tokens", "acts", "contracts")
    quiet_seconds = 60 * DAY

    def score(self, seen: Seen) -> list[Finding]:
        """Findings of tokens whose sales failed, were taxed, or work again, block by block."""
        found = []
        for block, token in sorted(self._asked(seen)):
            life = life_of(seen, token, block)
            if life is not None:
                found += list(self._findings(People(seen, block), life))
        found += tried_traps(seen, self.settings.through)
        return sorted(found, key=lambda finding: finding.block_number)

    def _asked(self, seen: Seen) -> set[tuple[int, int]]:
        """Block and token of what is to be looked at."""
        found: set[tuple[int, int]] = set()
        sent, lines = seen.transactions, seen.of("tokens").get("lines")
        failed = np.flatnonzero(~sent["done"] & (sent["selector"] >= 0) & (sent["target"] != 0))
        people: dict[int, People] = {}
        for at in failed.tolist():
            block, row = int(sent["block"][at]), int(seen.rows["number"][sent["first_row"][at]])
            one = people.setdefault(block, People(seen, block))
            sale = wanted(one, int(sent["signer"][at]), int(sent["target"][at]), row)
            if sale is not None:
                found.add((block, sale.token))
        if lines is not None:
            known = lines["born"] != 0
            gone = known & (lines["what"] == What.REMOVED)
            blocks = seen.rows["block"][lines["row"][gone] - int(seen.rows["number"][0])]
            found |= set(zip(blocks.tolist(), lines["token"][gone].tolist(), strict=True))
            sold = np.flatnonzero(known & (lines["what"] == What.SOLD))
            came = floats(lines["amount"][sold])
            little = came < self.settings.through * lines["asked"][sold]
            blocks = seen.rows["block"][lines["row"][sold] - int(seen.rows["number"][0])]
            for line, block, less in zip(sold.tolist(), blocks.tolist(), little.tolist(), strict=True):
                who = int(lines["who"][line])
                if less or has_failed(people.setdefault(block, People(seen, block)), who):
                    found.add((block, int(lines["token"][line])))
        return found

    def _findings(self, people: People, life: Life) -> Iterator[Finding]:
        buyers = {line.who for line in life.of(What.BOUGHT)}
        passed = sales(life)
        taxed = [sale for sale in passed if sale.through < self.settings.through and sale.who in buyers]
        failed = failed_sales(people, life, buyers)
        if not taxed and not failed:
            return
        inside = insiders(people, life, {sale.who for sale in (*taxed, *failed)})
        stuck = sorted(
            (sale for sale in (*taxed, *failed) if sale.who not in inside), key=lambda sale: sale.row
        )
        good = [sale for sale in passed if sale.through >= self.settings.through]
        opened = self._opened(stuck, good)
        since = opened.row if opened else -1
        before, after = ([s for s in stuck if s.row < since], [s for s in stuck if s.row > since])
        shut = self._shut(life, inside, after)
        ends = max(after[-1].row, shut.row if shut else 0) if after else -1
        now = after and people.block in (after[-1].block, shut.block if shut else -1)
        if now and self._is_one(after, good, inside, shut is not None):
            yield self._finding(people, self._trap(life, inside, after, good), ends)
        elif opened and opened.block == people.block and before and self._is_one(before, good, inside):
            yield self._finding(people, self._trap(life, inside, before, ()), opened.row, _OPEN_AGAIN)

    def _opened(self, stuck: list[Sale], good: list[Sale]) -> Sale | None:
        """The last good sale of somebody whose sale had not worked, of a good part of what he tried."""
        for sale in reversed(good):
            tried = [one.units for one in stuck if one.who == sale.who and one.row < sale.row]
            if tried and sale.units >= self.settings.enough * min(tried):
                return sale
        return None

    def _shut(self, life: Life, inside: frozenset[int], stuck: list[Sale]) -> Line | None:
        """Where its makers took out the money, after somebody could not sell."""
        till = Till(life.money, {})
        for line in without_visits(life.lines):
            before = till.left
            till.take(line, False, False)
            theirs = line.what == What.REMOVED and line.who in inside
            if theirs and stuck and line.row > stuck[0].row and line.paid >= self.settings.closed * before:
                return line
        return None

    def _is_one(
        self, stuck: list[Sale], good: list[Sale], inside: frozenset[int], shut: bool = False
    ) -> bool:
        """Whether it is a trap: a sale that paid nothing, or so many that failed, while no crowd sold."""
        persons, begins = {sale.who for sale in stuck}, stuck[0].row
        others = {sale.who for sale in good} - persons - inside
        meanwhile = {sale.who for sale in good if sale.row > begins} & others
        if len(meanwhile) >= max(self.settings.crowd, len(persons)):
            return False
        if any(sale.through >= 0 for sale in stuck):
            return True
        worked = len([sale for sale in good if sale.row < begins and sale.who not in inside])
        least = self.settings.fails + worked // self.settings.per_passed - shut
        return len({(sale.who, sale.block) for sale in stuck}) >= least

    def _trap(self, life: Life, inside: frozenset[int], stuck: list[Sale], good: object) -> Trap:
        passed = [sale for sale in good if sale.row > stuck[0].row] if isinstance(good, list) else []
        return Trap(life, inside, tuple(stuck), tuple(passed))

    def _finding(
        self, people: People, trap: Trap, row: int, lowers: tuple[str, str] | None = None
    ) -> Finding:
        seen, life = people.seen, trap.life
        victims = trap.victims
        lost = sum(victims.values())
        wei = lost if life.money == 0 else 0
        taxed = [sale for sale in trap.stuck if sale.through >= 0]
        persons = {sale.who for sale in trap.stuck}
        through = min((sale.through for sale in taxed), default=0.0)
        token = seen.address(life.token)
        graver: Severity = worth.severity("high", wei, has_tokens=life.money != 0)
        how = f"gave the pool {100 * through:.0f} % of what left the seller" if taxed else "failed"
        others = f", while {len(trap.trusted)} others sold" if trap.trusted else ""
        grade = 0.15 * (1 - 1 / len(trap.stuck)) + 0.15 * bool(trap.trusted) + 0.2 * bool(taxed)
        return Finding(
            **place_of(seen, row),
            category=self.name,
            subject_kind="token",
            subject=token,
            score=round(min(1.0, 0.5 + grade + 0.1 * (1 - 1 / len(persons))), 6),
            severity=graver,
            roles=self._roles(people, trap, victims),
            rows=seen.evidence(sorted({*(sale.row for sale in trap.stuck[-100:]), row})),
            measured={
                "fails": len(trap.stuck),
                "through": round(through, 6),
                "people": len(persons),
                "buyers": len(victims),
                "paid_by_buyers": str(lost),
                "sold_meanwhile": len(trap.trusted),
            },
            thresholds={"through": self.settings.through} if taxed else {"fails": self.settings.fails},
            explanation=(
                f"{len(trap.stuck)} sales of {hexed(token)} by {len(persons)} of its buyers {how}{others}."
            ),
            lowers=lowers,
            value_wei=wei or None,
        )

    def _roles(
        self, people: People, trap: Trap, victims: dict[int, int]
    ) -> tuple[tuple[bytes, RoleName], ...]:
        parts: dict[int, RoleName] = {trap.life.maker: "attacker"}
        parts |= dict.fromkeys(sorted(trap.trusted), "attacker")
        for who in sorted(victims, key=lambda who: -victims[who])[:100]:
            parts.setdefault(who, "victim")
        for thing in (trap.life.token, *sorted(trap.life.pools)):
            parts.setdefault(thing, "infrastructure")
        return tuple((people.seen.address(who), role) for who, role in parts.items() if who > 0)
