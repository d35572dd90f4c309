"""Pump and dump: a few wallets drive a token's price up, others follow, and the few leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, log

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, Tier, hexed
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.launches import Life, Line, Till, insiders, life_of, without_visits
from detectors.parts.lines import place_of
from detectors.parts.people import People
from detectors.parts.token_sales import failed_sales, sales
from detectors.parts.tokens import What

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """lift: by how many times their own purchases raise the price (a hundred strangers' do so as well, but
    they do not leave together). sold: part of what they bought that they have sold again: who keeps a tenth
    has not left. together_s: they leave within this time of one another. drained: part of a pool that is
    taken out meanwhile, from which on who sells flees. theirs: of what followers paid in, what the group won
    at least: else it went to somebody else. purchases: of those whom nobody followed, in two blocks or more.
    steps: blocks in which all of a group traded, and hardly in others, from which on one hand moves them.
    """

    lift: float = 1.4
    sold: float = 0.9
    together_s: int = 6 * 3600
    drained: float = 0.1
    theirs: float = 0.25
    purchases: int = 2
    steps: int = 4


@dataclass(slots=True)
class Account:
    """What one wallet traded of a token. `moves`: by row the logarithm of what it did to the price."""

    who: int
    bought: int = 0
    sold: int = 0
    spent: int = 0
    got: int = 0
    moves: tuple[tuple[int, float], ...] = ()
    begins: int = 0
    block: int = 0
    left: int = 0
    stays: bool = True
    ends: int = 0
    purchases: int = 0
    newest: int = 0
    blocks: frozenset[int] = frozenset()

    @property
    def rows(self) -> tuple[int, ...]:
        return tuple(row for row, _ in self.moves)

    def take(self, line: Line) -> None:
        if line.what == What.BOUGHT:
            self.bought += line.amount
            self.spent += line.paid
            self.purchases += 1
            self.newest = line.block
            self.begins, self.block = self.begins or line.row, self.block or line.block
        else:
            self.sold += line.amount
            self.got += line.paid
            self.ends, self.left, self.stays = line.time, line.block, line.block == self.block
        self.moves = (*self.moves, (line.row, _move(line)))
        self.blocks |= {line.block}


@dataclass(frozen=True, slots=True)
class Dump:
    """As of the sale that completed it: who left, who had followed, and what followers paid."""

    life: Life
    line: Line
    group: tuple[Account, ...]
    followers: dict[int, int]

    @property
    def lift(self) -> float:
        return lift_of(self.group)

    def extends(self, other: Dump) -> bool:
        """Whether more of the same group have left, none of whom had followed it."""
        mine, theirs = {each.who for each in self.group}, {each.who for each in other.group}
        return mine > theirs and not mine & set(other.followers)

    @property
    def gain(self) -> int:
        return sum(each.got - each.spent for each in self.group)


class PumpAndDump:
    """Flags wallets whose own purchases raise a token's price by two fifths or more, that others follow, and
    that then sell nearly all of it together, at the cost of those who followed.

    A group are those who came in one block, as most of whom bought in it, and left in one, or have a funder
    in common who does not fund many; one wallet alone can do the same to the price. What counts is that those
    who left are those who had made the price, that others bought in between, and that nothing but what they
    had bought was sold. So a bundle at birth (18.P1) counts as any other, and snipers who come together and
    leave each for himself do not (18.N1). Who keeps most, a listing that many buy, and a large buyer who
    stays are left in peace (18.N2). Victims are who followed and has less now; who left before the group is
    none. Where nobody followed it is said with severity low, of one wallet, those of one funder, or those who
    traded in the same four blocks or more, who had bought again and again: that they lose the fees does not
    make it honest.

    Fails: trades on a launch curve (18.P2); exits by fresh wallets that the group feeds (18.P3); tokens older
    than the stream; groups without a common funder that come or leave one by one, beside as many others, or
    whom nobody follows. A token whose sales fail for others is a honeypot, one whose liquidity left meanwhile
    a rug pull. Accuses wrongly: one large buyer of a thin token who changes his mind after others bought;
    two friends who were most of one block's buyers, and of another's sellers. Costs a read of the token's
    lines for each block in which a young token is sold. Source: La Morgia et al. 2020 (F1 .945 within 25 s,
    on exchanges).
    """

    name = "pump-and-dump"
    catches = ("pump-and-dump",)
    needs: Tier = "logs"
    settings = Settings()
    reads = ("tokens",)
    quiet_seconds = 30 * DAY
    excused_by = ("market-making",)

    def score(self, seen: Seen) -> list[Finding]:
        """One finding a token and block: of the sale by which its group has left."""
        lines = seen.of("tokens").get("lines")
        if lines is None:
            return []
        sold = (lines["what"] == What.SOLD) & (lines["born"] != 0)
        blocks = seen.rows["block"][lines["row"][sold] - int(seen.rows["number"][0])]
        found = []
        for block, token in sorted(set(zip(blocks.tolist(), lines["token"][sold].tolist(), strict=True))):
            life = life_of(seen, token, block)
            people = People(seen, block)
            dump = self._dump(people, life) if life is not None else None
            if dump is not None and not self._is_other(people, dump):
                found.append(self._finding(seen, dump))
        return found

    def _dump(self, people: People, life: Life) -> Dump | None:
        """Where it is in this block that the group had left, or one more of it leaves."""
        found: Dump | None = None
        accounts: dict[int, Account] = {}
        trades = life.of(What.BOUGHT, What.SOLD)
        for at, line in enumerate(trades):
            if line.money != life.money:
                continue
            accounts.setdefault(line.who, Account(line.who)).take(line)
            last = at + 1 == len(trades) or trades[at + 1].block != line.block
            if not last:
                continue
            dump = self._left(people, life, line, accounts)
            if dump is not None and (found is None or dump.extends(found)):
                found = dump
        return found if found is not None and found.line.block == people.block else None

    def _left(self, people: People, life: Life, line: Line, accounts: dict[int, Account]) -> Dump | None:
        """Whether those who have left by the end of a block had made the price, and others followed."""
        leavers = [each for each in accounts.values() if self._leaves(each, line)]
        if lift_of(leavers) < self.settings.lift:
            return None
        group = max(_groups(people, leavers, accounts.values()), key=lift_of)
        if lift_of(group) < self.settings.lift:
            return None
        members, begins = {each.who for each in group}, group[0].begins
        ends = {row for each in group for row in each.rows}
        followers: dict[int, int] = {}
        for one in life.of(What.BOUGHT):
            if one.who not in members and begins < one.row < max(ends) and one.money == life.money:
                followers[one.who] = followers.get(one.who, 0) + one.paid
        alone = not followers and self._is_planned(people, group)
        followers = {who: paid for who, paid in followers.items() if accounts[who].got < accounts[who].spent}
        kin = members | {funder for who in members if (funder := _funder(people, who))}
        followers = {who: paid for who, paid in followers.items() if _funder(people, who) not in kin}
        if not followers and not alone:
            return None
        last = max(ends & {one.row for one in life.of(What.SOLD)})
        (line,) = (one for one in life.of(What.SOLD) if one.row == last)
        return Dump(life, line, group, followers)

    def _is_planned(self, people: People, group: Sequence[Account]) -> bool:
        """Whether those whom nobody followed have one funder, or one hand, or are one, and had bought again
        and again, in more blocks than one: who buys once and thinks again is no pump, nor are many who leave
        together.
        """
        members = {each.who for each in group}
        funders = {_funder(people, who) for who in members} - members
        if len(group) > 1 and (len(funders) != 1 or 0 in funders) and not self._is_one_hand(group):
            return False
        purchases = sum(each.purchases for each in group)
        return purchases >= self.settings.purchases and group[0].block < max(each.newest for each in group)

    def _is_one_hand(self, group: Sequence[Account]) -> bool:
        """Whether they traded in the same blocks again and again, both ways, and hardly in others."""
        shared = frozenset.intersection(*(each.blocks for each in group))
        return len(shared) >= self.settings.steps and all(
            len(shared) >= self.settings.sold * len(each.blocks) for each in group
        )

    def _leaves(self, account: Account, line: Line) -> bool:
        """Whether somebody sold nearly all that he bought, no more, and not in the block of his purchase."""
        if (
            not account.bought
            or account.stays
            or not self.settings.sold <= account.sold / account.bought <= 1.02
        ):
            return False
        return line.time - account.ends <= self.settings.together_s

    def _is_other(self, people: People, dump: Dump) -> bool:
        """Whether little of it was won by them, or the makers themselves sold, or nobody else could: that has
        another name.
        """
        group = [each.who for each in dump.group]
        made = insiders(people, dump.life, () if dump.followers else group)
        taxed = any(sale.through < 0.5 and sale.who not in group for sale in sales(dump.life))
        little = dump.gain <= self.settings.theirs * sum(dump.followers.values())
        return (
            (little and bool(dump.followers))
            or bool(made.intersection(group))
            or taxed
            or self._is_drained(dump)
            or bool(failed_sales(people, dump.life, dump.followers))
        )

    def _is_drained(self, dump: Dump) -> bool:
        """Whether liquidity left after the group had begun."""
        begins, till = dump.group[0].begins, Till(dump.life.money, {})
        for line in without_visits(dump.life.lines):
            before = till.left
            till.take(line, False, False)
            meanwhile = line.what == What.REMOVED and begins < line.row < dump.line.row
            if meanwhile and line.paid > self.settings.drained * before:
                return True
        return False

    def _finding(self, seen: Seen, dump: Dump) -> Finding:
        life, lost = dump.life, sum(dump.followers.values())
        gain, spent = dump.gain, sum(each.spent for each in dump.group)
        wei = max(0, min(gain, lost)) if life.money == 0 else 0
        token = seen.address(life.token)
        rows = {row for each in dump.group for row in each.rows}
        roles: dict[int, RoleName] = {each.who: "attacker" for each in dump.group}
        for who in sorted(dump.followers, key=lambda who: -dump.followers[who])[:100]:
            roles.setdefault(who, "victim")
        for thing in (life.token, *sorted(life.pools)):
            roles.setdefault(thing, "infrastructure")
        won = min(1.0, max(0.0, gain / spent)) if spent else 0.0
        most: Severity = "high" if dump.followers else "low"
        others = f"{len(dump.followers)} others bought" if dump.followers else "nobody followed"
        return Finding(
            **place_of(seen, dump.line.row),
            category=self.name,
            subject_kind="token",
            subject=token,
            score=round(0.5 + 0.3 * (1 - self.settings.lift / (dump.lift + 1)) + 0.2 * won, 6),
            severity=worth.severity(most, wei, has_tokens=life.money != 0),
            roles=tuple((seen.address(who), role) for who, role in roles.items() if who > 0),
            rows=seen.evidence(sorted(sorted(rows)[-100:])),
            measured={
                "lift": round(dump.lift, 6),
                "wallets": len(dump.group),
                "gain": str(gain),
                "followers": len(dump.followers),
                "paid_by_followers": str(lost),
                "sold": round(sum(e.sold for e in dump.group) / sum(e.bought for e in dump.group), 6),
            },
            thresholds={"lift": self.settings.lift, "sold": self.settings.sold},
            explanation=(
                f"{len(dump.group)} wallets raised the price of {hexed(token)} to {dump.lift:.1f} times what "
                f"it was; {others}, then they sold nearly all they had."
            ),
            value_wei=wei or None,
        )


def _groups(
    people: People, leavers: Sequence[Account], traders: Iterable[Account]
) -> list[tuple[Account, ...]]:
    """Those who came and left in step, or were first paid by one who does not pay many, or by one another."""
    groups: list[tuple[set[tuple[str, int]], list[Account]]] = []
    in_step = _in_step(leavers, traders)
    for each in sorted(leavers, key=lambda each: each.begins):
        ties = {("who", each.who)}
        if (each.block, each.left) in in_step:
            ties.add((f"came {each.block}", each.left))
        if funder := _funder(people, each.who):
            ties.add(("who", funder))
        tied = [group for group in groups if group[0] & ties]
        groups = [group for group in groups if not group[0] & ties]
        members = [one for group in tied for one in group[1]]
        groups.append((ties.union(*(group[0] for group in tied)), [*members, each]))
    return [tuple(sorted(group, key=lambda each: each.begins)) for _, group in groups]


def _in_step(leavers: Sequence[Account], traders: Iterable[Account]) -> set[tuple[int, int]]:
    """Blocks of coming and of leaving that most of those share who came in the one, and who sold last in the
    other. To sell in one block alone ties nobody: people do when a limit is lifted, or when news is bad.
    """
    traders = list(traders)
    came = Counter(each.block for each in traders if each.bought)
    left = Counter(each.left for each in traders if each.sold)
    both = Counter((each.block, each.left) for each in leavers)
    return {at for at, count in both.items() if 2 * count > max(came[at[0]], left[at[1]])}


def _funder(people: People, who: int) -> int:
    """Who first paid somebody, 0 where he pays many."""
    funder = people.funder(who)
    return 0 if people.serves_many(funder) else funder


def lift_of(group: Sequence[Account]) -> float:
    """How many times the price it was that a group had made at its highest, by its own trades alone."""
    moves = sorted(move for each in group for move in each.moves)
    return exp(max(accumulate((move for _, move in moves), initial=0.0)))


def _move(line: Line) -> float:
    """The logarithm of what a trade did to the price: with two reserves that goes with the square."""
    before = line.depth - line.paid if line.what == What.BOUGHT else line.depth + line.paid
    return 2 * log(line.depth / before) if before > 0 and line.depth > 0 else 0.0
