"""Wallet drains that no single hour shows: slowly, by way of several collectors, or as the fee of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.alerts.alert import RoleName
from detectors.base import Finding, Tier, hexed
from detectors.kernels.decoding import Kind
from detectors.parts import worth
from detectors.parts.contract import Seen
from detectors.parts.emptied import SITTING_S, Loss, income, losses, may_tell, persons
from detectors.parts.grants import SIGNED
from detectors.parts.kinds import among
from detectors.parts.lines import blocks_of, last_of, of_block, place_of
from detectors.parts.people import People

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """victims: people emptied from which on it alerts (Forta: more than two). share: of a wallet's native
    value, so that what is left pays fees. own_payees: others that a wallet must have paid to be in use;
    spent: or the part of its income that it spent otherwise (older payments are forgotten). window_s: how far
    back a taker's income is read; thieves rest for weeks. least_income: part of it that victims paid; a busy
    place has customers that keep something. collectors: of a group that are looked at.
    """

    victims: int = 3
    share: float = 0.9
    own_payees: int = 2
    spent: float = 0.01
    window_s: int = 90 * DAY
    least_income: float = 0.25
    collectors: int = 8


@dataclass(frozen=True, slots=True)
class Group:
    """Who lost all to a taker, by himself or by way of collectors that handed on all they had."""

    taker: int
    losses: Sequence[Loss]
    collectors: Sequence[int]
    handed_on: Sequence[int]
    persons: int

    @property
    def rows(self) -> list[int]:
        return sorted({row for loss in self.losses for row in loss.rows} | set(self.handed_on))


class GatheredDrain:
    """Flags whoever gathers all native value of several unrelated wallets in use over weeks, by their own
    transactions and for nothing, where `wallet-drain` (emptied to one address within hours) says nothing.

    Three forms: keys used one by one, with hours or weeks between; several collectors, of which each hands on
    all it has to one that gathers; a claim that costs all native value (tokens stay), which the called
    contract keeps or sends on. Who has no native value left can sign nothing more: nobody pays so much for
    nothing. Also a spender whose pulls fail, because several people ended their grants in time.

    Left in peace: wallets that go on paying, that paid nobody else before (deposit addresses, hard case
    3.N2), that the taker or one of themselves funded or that share a funder who serves few (3.N3), that paid
    the same ones (airdrop hunters of one hand, 3.N1); busy places, and those that others who kept something
    paid much more; what somebody lent is not lost.

    Fails: wallets whose native value is older than the stream; sweepers by delegation (3.P2); one rich wallet
    (3.P3); another taker for each victim who hands on nothing (3.P4); takers with more than 400 rows. Accuses
    wrongly: three who give up their wallets for a friend's. Costs a comparison a payment, and a look into the
    row log where a payment takes nearly all. Source: Forta's drainer heuristics (confidence .3 to .4).
    """

    name = "gathered-drain"
    catches: tuple[str, ...] = ("wallet-drain",)
    needs: Tier = "transfers"
    settings = Settings()
    reads: tuple[str, ...] = ("emptyings", "contracts", "grants", "pulls")
    quiet_seconds = 90 * DAY

    def score(self, seen: Seen) -> list[Finding]:
        found: list[Finding] = []
        if not seen.rows["number"].size:
            return found
        asked, tables = self._asked(seen), seen.of("pulls")
        failed = [tables["failed"]["row"]] if tables and tables["failed"]["row"].size else []
        for block in sorted({*asked, *blocks_of(seen, failed)}):
            people = People(seen, block)
            groups = (self._group(people, taker) for taker in asked.get(block, ()))
            found += [self._finding(people, group) for group in groups if group is not None]
            tries = last_of(of_block(tables, seen, block)["failed"], "spender") if failed else []
            told = (self._tried(people, spender, row) for spender, row in tries)
            found += [finding for finding in told if finding is not None]
        return found

    def _asked(self, seen: Seen) -> dict[int, list[int]]:
        """By block: who was paid much of what somebody had."""
        large = seen.of("emptyings").get("large")
        found: dict[int, dict[int, None]] = {}
        if large is None:
            return {}
        asked = large["hub"] < 2
        blocks = seen.rows["block"][large["row"][asked] - int(seen.rows["number"][0])].tolist()
        for block, taker in zip(blocks, large["payee"][asked].tolist(), strict=True):
            found.setdefault(block, {})[taker] = None
        return {block: list(takers) for block, takers in found.items()}

    def _group(self, people: People, taker: int) -> Group | None:
        own = self.settings
        if not may_tell(people, taker, own.victims):
            return None
        if not people.is_fully_known(taker) or people.is_hub(taker):
            return None
        every, collectors, handed_on = list[Loss](), list[int](), list[int]()
        for loss in self._losses(people, taker):
            is_used = loss.in_use(own.own_payees, own.spent)
            asked = not is_used and len(collectors) < own.collectors
            theirs = self._used(people, loss.victim) if asked else []
            if theirs and self._is_most(people, loss.victim, theirs):
                collectors.append(loss.victim)
                handed_on += loss.rows
                every += theirs
            elif is_used:
                every.append(loss)
        if len(every) < own.victims or self._is_told(every) or not self._is_most(people, taker, every):
            return None
        gang = {taker, *collectors, *(loss.called for loss in every)}
        every = [loss for loss in {loss.victim: loss for loss in every}.values() if loss.victim not in gang]
        group = Group(taker, every, collectors, handed_on, persons(people, every, gang))
        return group if group.persons >= own.victims and self._is_new(people, group) else None

    def _is_new(self, people: People, group: Group) -> bool:
        """Whether the block added to it."""
        rows = people.seen.rows
        at = group.rows[-1] - int(rows["number"][0]) if group.rows else -1
        return 0 <= at < rows["number"].size and int(rows["block"][at]) == people.block

    def _losses(self, people: People, taker: int) -> list[Loss]:
        found = losses(people, taker, self.settings.window_s)
        return [loss for loss in found if loss.share >= self.settings.share]

    def _used(self, people: People, taker: int) -> list[Loss]:
        """Of wallets in use."""
        own = self.settings
        return [loss for loss in self._losses(people, taker) if loss.in_use(own.own_payees, own.spent)]

    def _is_most(self, people: People, taker: int, every: Sequence[Loss]) -> bool:
        """Whether what victims paid is much of what came: a busy place has customers that keep something."""
        came = income(people, taker, self.settings.window_s)
        return sum(loss.paid for loss in every) >= self.settings.least_income * came

    def _is_told(self, every: Sequence[Loss]) -> bool:
        """Whether `wallet-drain` says it: enough wallets were wholly emptied to one address within hours."""
        for taker in {loss.called for loss in every if loss.is_direct}:
            times = sorted(loss.time for loss in every if loss.called == taker and loss.is_whole)
            behind = zip(times, times[self.settings.victims - 1 :], strict=False)
            if any(end - begin <= SITTING_S for begin, end in behind):
                return True
        return False

    def _finding(self, people: People, group: Group) -> Finding:
        seen, wei = people.seen, sum(loss.wei for loss in group.losses)
        taker = seen.address(group.taker)
        times = [loss.time for loss in group.losses]
        called = {loss.called for loss in group.losses} - {group.taker, *group.collectors}
        how = "claims that gave nothing" if called else "own payments"
        return Finding(
            **place_of(seen, group.rows[-1]),
            category="wallet-drain",
            subject_kind="wallet",
            subject=taker,
            score=round(0.9 - 0.6 / (1 + group.persons), 6),
            severity=worth.severity("critical" if group.persons > 4 else "high", wei, has_tokens=False),
            roles=self._roles(people, group, called),
            rows=seen.evidence(group.rows[-200:]),
            measured={
                "victims": group.persons, "seconds": max(times) - min(times),
                "collectors": len(group.collectors), "native_wei": str(wei),
            },
            thresholds={"victims": self.settings.victims},
            explanation=f"{group.persons} unrelated wallets in use lost all native value to {hexed(taker)} "
            f"by {how}; none of them got anything back or goes on.",
            value_wei=wei or None,
        )  # fmt: skip

    def _roles(self, people: People, group: Group, called: set[int]) -> tuple[tuple[bytes, RoleName], ...]:
        """Contracts that the taker made attack with him; others that send on are used."""
        seen, made = people.seen, people.seen.history("contracts.made")
        parts: dict[int, RoleName] = dict.fromkeys([group.taker, *group.collectors], "attacker")
        for who in sorted(called):
            signers = made.rows(who, people.block, 1)["signer"].tolist()
            parts[who] = "attacker" if set(signers) & set(parts) else "infrastructure"
        maker = made.rows(group.taker, people.block, 1)["signer"].tolist()
        parts |= dict.fromkeys([int(who) for who in maker if who], "attacker")
        parts |= {loss.victim: "victim" for loss in group.losses}
        return tuple((seen.address(who), role) for who, role in parts.items() if who > 0)

    def _tried(self, people: People, spender: int, row: int) -> Finding | None:
        """A spender's pull failed, and several owners had ended what they granted."""
        seen = people.seen
        given = seen.history("grants.given").rows(spender, people.block)
        erc20 = among(given["basis"], (Kind.APPROVAL_ERC20, Kind.APPROVAL_FOR_ALL))
        ended = erc20 & (given["on"] == 0) & (given["how"] == SIGNED)
        owners = list(dict.fromkeys(int(owner) for owner in given["owner"][ended]))[:200]
        persons = people.persons(owners, {spender}) if len(owners) >= self.settings.victims else 0
        if persons < self.settings.victims or people.is_hub(spender):
            return None
        wallet, numbers = seen.address(spender), sorted(int(number) for number in given["number"][ended][:50])
        return Finding(
            **place_of(seen, row),
            category="wallet-drain",
            subject_kind="wallet",
            subject=wallet,
            score=round(0.75 - 0.6 / (1 + persons), 6),
            severity="low",
            roles=((wallet, "attacker"), *((seen.address(owner), "victim") for owner in owners)),
            rows=seen.evidence([*numbers, row]),
            measured={"victims": persons},
            thresholds={"victims": self.settings.victims},
            explanation=f"{hexed(wallet)} tried to empty wallets after {persons} people had ended what they "
            "had granted it.",
        )
