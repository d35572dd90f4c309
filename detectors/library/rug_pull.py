"""Rug pulls: those who made a token take the money out of its pools, and leave the buyers with the token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.library.launch_risk import MONTH, risk_of
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.kinds import among
from detectors.parts.launches import Life, Line, Till, insiders, life_of, without_visits
from detectors.parts.lines import place_of
from detectors.parts.people import People
from detectors.parts.tokens import What

DAY = 86_400
_MIGRATION = ("migration", "the money was put into a pool of the token again.")
_SECOND_EDITION = ("migration", "nobody had bought, and the money went into the pool of another token.")
_TAKES = (What.REMOVED, What.SOLD)


@dataclass(frozen=True, slots=True)
class Settings:
    """share: of the most money that a token's pools held, what its insiders took (Chainalysis, 2024: one
    address takes more than 70 % of the liquidity). restored: of it, what they bring back, from which on it
    was a move.
    """

    share: float = 0.7
    restored: float = 0.5


@dataclass(frozen=True, slots=True)
class Emptied:
    """Pools of a token as of a line that took from them. `taken` by `takers`; `others` is what people paid
    in, net."""

    life: Life
    line: Line
    till: Till
    takers: tuple[int, ...]
    inside: frozenset[int]
    rows: tuple[int, ...]

    @property
    def victims(self) -> dict[int, int]:
        """Who is not of them and paid in more than came back."""
        lost: dict[int, int] = {}
        for line in self.life.of(What.BOUGHT, What.SOLD):
            if line.money == self.till.money and line.who not in self.inside and line.row <= self.line.row:
                way = 1 if line.what == What.BOUGHT else -1
                lost[line.who] = lost.get(line.who, 0) + way * line.paid
        return {who: paid for who, paid in lost.items() if paid > 0}


class RugPull:
    """Flags whoever takes most of the money out of the pools of a token that they made, or hold the liquidity
    of, at the cost of those who bought.

    Of a token whose creation was seen, the part `tokens` tells what pools got and gave. Its insiders are who
    made and owns it, and whoever they handed some of it (or of its pools' tokens) or first paid. Where they
    took seven tenths of the most that its pools ever held, it is one: by liquidity taken out at once or in
    parts, by selling what they never bought, through a wallet that was handed the liquidity, or by both. All
    pools of a token are one till, so liquidity that moves to another is none (an alert about one that is
    brought back later is lowered), nor is a part, or a lock's end. Who takes out what another locked is its
    taker, and the token's maker is not (hard case 4.P1). Liquidity that was burnt or locked counts for
    nothing by itself: what was sold decides (P4), also into a pool whose tokens were destroyed (P2).

    Left in peace: who provides for a token of somebody else and leaves (N1), liquidity for one block (N2),
    tokens that are older than the stream.

    Fails: sellers whom nothing ties to the maker (P4 through unfunded wallets), launch curves (P5, N3),
    pools of other shapes, liquidity of one side, a maker with so many payments that what he handed on
    lies further back than 400 rows. Before liquidity goes it gives a token of up to a month a score of
    its risk at each sale and change of liquidity (`launch_risk`: what of pool and supply its insiders
    could take, owner, age) and no alert: what is risky of a token at birth is as common among honest
    ones. Accuses wrongly: a maker who was the only one in his pool and ends it, which is said as such and
    low. Costs a read of the token's lines for each block in which a young token is sold or its liquidity
    changes. Source: Mazorra et al. 2022 (recall .954, precision .984 by models of 18 features);
    Chainalysis 2024 for the cut of 70 %.
    """

    name = "rug-pull"
    catches = ("rug-pull",)
    needs: Tier = "receipts"
    settings = Settings()
    reads = ("tokens",)
    quiet_seconds = 60 * DAY

    def score(self, seen: Seen) -> list[Finding]:
        lines = seen.of("tokens").get("lines")
        if lines is None:
            return []
        moved = among(lines["what"], (*_TAKES, What.ADDED)) & (lines["born"] != 0)
        block = seen.rows["block"][lines["row"][moved] - int(seen.rows["number"][0])]
        found: list[Finding] = []
        for at, token in sorted(set(zip(block.tolist(), lines["token"][moved].tolist(), strict=True))):
            life = life_of(seen, token, at)
            if life is not None:
                people = People(seen, at)
                told = [*self._findings(people, life), *self._second_editions(people, life)]
                found += told or self._risk(people, life)
        return found

    def _risk(self, people: People, life: Life) -> Iterator[Finding]:
        """A score of a young token of which nothing bad is known, and no alert."""
        last = life.lines[-1]
        risk = risk_of(people, life) if last.time - life.lines[0].time <= MONTH else None
        if risk is not None:
            yield Finding(
                **place_of(people.seen, last.row),
                category=self.name,
                subject_kind="token",
                subject=people.seen.address(life.token),
                score=risk.score,
                severity="low",
                roles=(),
                rows=(),
                measured={"liquidity": round(risk.liquidity, 6), "supply": round(risk.supply, 6)},
                alerts=False,
            )

    def _second_editions(self, people: People, life: Life) -> Iterator[Finding]:
        """Pools that somebody emptied before he opened this token's with the money; nobody lost by it."""
        for line in life.lines:
            if line.what != What.ADDED or line.block != people.block:
                continue
            left = people.seen.history("tokens.left").rows(line.who, people.block, 20)
            for token in sorted(set(left["token"].tolist()) - {life.token}):
                first = life_of(people.seen, token, people.block)
                for each in self._emptied(people, first) if first else ():
                    if not isinstance(each, Emptied):
                        continue
                    enough = (
                        line.money == each.till.money and line.paid >= self.settings.restored * each.till.most
                    )
                    if not each.victims and line.who in each.takers and enough:
                        yield self._finding(people, each, line, _SECOND_EDITION)

    def _findings(self, people: People, life: Life) -> Iterator[Finding]:
        """Of the last line of the block that empties its pools, or fills them again."""
        if not self._could_be(life):
            return
        emptied: Emptied | None = None
        filled: Line | None = None
        for each in self._emptied(people, life):
            if isinstance(each, Emptied):
                emptied, filled = each, None
            else:
                filled = each
        if emptied is None:
            return
        if filled is not None and filled.block == people.block:
            yield self._finding(people, emptied, filled, _MIGRATION)
        elif emptied.line.block == people.block:
            yield self._finding(people, emptied, emptied.line)

    def _could_be(self, life: Life) -> bool:
        """Whether it would be one if all who took had been insiders: asked first, as it looks nobody up."""
        till = Till(life.money, {})
        for line in without_visits(life.lines):
            till.take(line, True, False)
            if till.share >= self.settings.share:
                return True
        return False

    def _emptied(self, people: People, life: Life) -> Iterator[Emptied | Line]:
        """Each line that leaves its pools emptied by insiders, and each that fills them again after that."""
        lines = without_visits(life.lines)
        actors = {line.who for line in lines if line.what in _TAKES}
        inside = insiders(people, life, actors)
        providers = {(line.who, line.pool) for line in lines if line.what == What.ADDED}
        till, taking, was = Till(life.money, {}), list[Line](), 0
        for line in lines:
            if line.what == What.REMOVED:
                takes = line.who in inside or (line.who, line.pool) not in providers
            else:
                takes = line.what == What.SOLD and line.who in inside
            till.take(line, takes, line.who in inside)
            if not till.taken and till.kept > 1 - self.settings.share:
                taking = []
            if takes and line.what in _TAKES and line.money == till.money:
                taking.append(line)
                if till.share >= self.settings.share:
                    was = till.most
                    yield Emptied(
                        life, line, till.copy(),
                        tuple(dict.fromkeys(each.who for each in taking)), inside,
                        tuple(each.row for each in taking),
                    )  # fmt: skip
            elif was and line.what == What.ADDED and till.left >= self.settings.restored * was:
                was = 0
                yield line

    def _finding(
        self, people: People, emptied: Emptied, line: Line, lowers: tuple[str, str] | None = None
    ) -> Finding:
        seen, life, till = people.seen, emptied.life, emptied.till
        victims, share = emptied.victims, min(1.0, till.share)
        lost = sum(victims.values())
        wei = min(lost, till.taken) if till.money == 0 else 0
        token = seen.address(life.token)
        of_buyers = min(1.0, lost / till.taken) if till.taken else 0.0
        graver: Severity = worth.severity("critical", wei, has_tokens=till.money != 0 and lost > 0)
        buyers = f"{len(victims)} buyers lost by it" if victims else "nobody had bought it"
        takers = "they" if len(emptied.takers) > 1 else hexed(seen.address(emptied.takers[0]))
        return Finding(
            **place_of(seen, line.row),
            category=self.name,
            subject_kind="token",
            subject=token,
            score=round(0.5 + 0.25 * share + 0.25 * of_buyers, 6) if victims else 0.4,
            severity=graver if victims else "low",
            roles=self._roles(people, emptied, victims),
            rows=seen.evidence(sorted({*emptied.rows[-100:], line.row})),
            measured={
                "share": round(share, 6),
                "taken": str(till.taken),
                "buyers": len(victims),
                "paid_by_buyers": str(lost),
                "takers": len(emptied.takers),
                "seconds": line.time - life.lines[0].time,
            },
            thresholds={"share": self.settings.share},
            explanation=(
                f"Of the most that the pools of {hexed(token)} held, {takers} took {100 * share:.0f} %; "
                f"{buyers}."
            ),
            lowers=lowers,
            value_wei=wei or None,
        )

    def _roles(
        self, people: People, emptied: Emptied, victims: dict[int, int]
    ) -> tuple[tuple[bytes, RoleName], ...]:
        """Who took, who handed them what they took, who made the token, if he is one of those."""
        life = emptied.life
        parts: dict[int, RoleName] = dict.fromkeys(emptied.takers, "attacker")
        for taker in emptied.takers:
            if taker in emptied.inside:
                parts.setdefault(life.maker, "attacker")
        for victim in sorted(victims, key=lambda who: -victims[who])[:100]:
            parts.setdefault(victim, "victim")
        for thing in (life.token, *sorted(life.pools)):
            parts.setdefault(thing, "infrastructure")
        return tuple((people.seen.address(who), role) for who, role in parts.items() if who > 0)
