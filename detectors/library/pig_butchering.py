"""Pig butchering: a person is led to hand over ever larger sums to one who is no counterpart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName
from detectors.base import Finding, hexed
from detectors.kernels.decoding import Kind
from detectors.parts import worth
from detectors.parts.contract import Columns, Seen
from detectors.parts.grants import SIGNED
from detectors.parts.instalments import Instalments, ints, paid_to, rises, sittings, taken_from
from detectors.parts.lines import blocks_of, last_of, of_block, place_of
from detectors.parts.people import People, whole

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """times: payments of one person, each larger (Forta: three pulls). growth: of the last to the first: a
    price or a habit does not double. rest_seconds: they are this long apart, all together: within a day it is
    a theft. most_back: part that may come back as bait. young_seconds: a platform older than this, when first
    paid, is one that others know. total: part of what an exchange sent that one total pull takes.
    desk_times: payments from which on a sum that does not rise is somebody's business with a desk.
    several: people who ended what they had granted one spender, from which on it is no matter of one person.
    window_seconds: how far back payments are read.
    """

    times: int = 3
    growth: float = 1.9
    rest_seconds: int = DAY
    most_back: float = 1 / 3
    young_seconds: int = 60 * DAY
    total: float = 0.9
    desk_times: int = 6
    platform_payers: int = 12
    several: int = 3
    window_seconds: int = 180 * DAY
    most_lines: int = 64


class PigButchering:
    """Flags who is handed ever larger sums of a token by one person over days, with bait back at most.

    Four forms of one mechanism: a spender pulls to a third party by a grant that the owner signed, at least
    three times, the last twice the first; an owner pays so into a contract made not long ago, which gives
    neither share nor more than a third back; after a pull an owner pays by hand, each time more, wallets that
    nobody heard of; or the only person that ever granted to a wallet, whom an exchange had just paid, loses
    all of it in one pull. It also flags a wallet whose pull fails because the only owner that ever granted to
    it ended that; surer where days lay between.

    Roles: spender or platform, its maker and receivers attack, the payer is the victim. An exchange that is
    paid is infrastructure.

    Left in peace: whoever is told by the payer himself, in his call, whom to pay (a payroll by Disperse: a
    contract that does as it is told is no platform); sums that do not rise (subscriptions, desks: hard case
    25.N1, an alert about the first payments is lowered once they rise no more), what is answered by shares or
    goods (25.N2), own wallets (by who funded them), places that many pay into, owners of which others get
    something.

    Fails: a platform whose page has its victim name the receiver; a victim who only ever pays by hand (25.P3
    without a first pull); bait from another wallet is not named (25.P2), but hides nothing; equal or falling
    sums; native value; more than 180 days; a person who pays so much else that older payments lie further
    back than 400 rows. Accuses wrongly: a bill by use that doubles in three steps and goes to a third party.
    Costs a comparison a line, and a look into the row log for each owner who is looked at. Source: Forta's
    detector (precision 1.0 of 41), Chainalysis.
    """

    name = "pig-butchering"
    catches = ("pig-butchering",)
    needs = "receipts"
    settings = Settings()
    reads = ("grants", "pulls")
    quiet_seconds = 120 * DAY

    def score(self, seen: Seen) -> list[Finding]:
        tables = seen.of("pulls")
        if not tables:
            return []
        pulls, found = tables["pulls"], list[Finding]()
        asked = ~pulls["item"] & (pulls["third"] | pulls["own"])
        rows = [pulls["row"][asked], tables["later"]["row"], tables["failed"]["row"]]
        for block in blocks_of(seen, rows):
            told: dict[bytes, Finding] = {}
            for finding in self._of_block(People(seen, block), of_block(tables, seen, block)):
                told.setdefault(finding.subject, finding)
            found += told.values()
        return found

    def _of_block(self, people: People, tables: Mapping[str, Columns]) -> Iterator[Finding]:
        pulls, most = tables["pulls"], self.settings.most_lines
        asked = np.flatnonzero(~pulls["item"] & (pulls["third"] | pulls["own"]))[-most:]
        pairs = dict.fromkeys((int(pulls["owner"][i]), int(pulls["spender"][i]), int(i)) for i in asked)
        for owner, spender, i in pairs:
            own, row = bool(pulls["own"][i]), int(pulls["row"][i])
            if own and _names(people.seen, pulls, int(i)):
                continue
            found = self._platform(people, owner, spender) if own else self._pulled(people, owner, spender)
            if found is None and not own:
                found = self._all_at_once(people, owner, spender, row)
            if found is not None:
                yield found
        later = tables["later"]
        named = (later[name][-most:].tolist() for name in ("owner", "receiver", "row"))
        for owner, receiver, row in zip(*named, strict=True):
            if people.is_new(receiver, row) and (found := self._by_hand(people, owner)) is not None:
                yield found
        for spender, row in last_of(tables["failed"], "spender"):
            if (found := self._second_thoughts(people, spender, row)) is not None:
                yield found

    def _taken(self, people: People, owner: int, own: bool) -> Columns:
        window = self.settings.window_seconds
        key = "taken from", owner, own, window, people.block
        return people.seen.once(key, lambda: taken_from(people, owner, own, window))

    def _rises(self, amounts: Sequence[int], times: Sequence[int]) -> bool:
        own = self.settings
        return rises(amounts, times, own.times, own.growth, own.rest_seconds)

    def _pulled(self, people: People, owner: int, spender: int) -> Finding | None:
        taken = self._taken(people, owner, own=False)
        paid = paid_to(taken, owner, spender, self.settings.times)
        if paid is None or len(paid.amounts) < self.settings.times or not self._is_victim(people, paid):
            return None
        if not self._rises(paid.amounts, paid.times):
            return self._lowered(people, paid)
        if not (taken["how"] == SIGNED).any() or self._is_desk(people, spender):
            return None
        return self._said(people, paid, "pulled from", 0.65)

    def _is_victim(self, people: People, paid: Instalments) -> bool:
        """Whether a payer is not tied to who is paid: by who funded the wallet."""
        return people.persons([paid.victim], {paid.operator, *paid.receivers}) == 1

    def _is_desk(self, people: People, spender: int) -> bool:
        """Whether most owners that a spender took from as often were not taken more from each time."""
        taken = people.seen.history("pulls.taken").rows(spender, people.block)
        rising = often = 0
        for owner in np.unique(taken["owner"][taken["role"] != 0]).tolist():
            mine = (taken["owner"] == owner) & (taken["role"] != 0) & (taken["own"] == 0)
            amounts, times = whole(taken["amount"][mine])[::-1], ints(taken["time"][mine])[::-1]
            if len(sittings(amounts, times)[0]) >= self.settings.times:
                often += 1
                rising += self._rises(amounts, times)
        return 2 * rising < often

    def _lowered(self, people: People, paid: Instalments) -> Finding | None:
        """What goes on for long and does not rise is business: it lowers what was said of its beginning."""
        amounts, _ = paid.sittings()
        if len(amounts) < self.settings.desk_times:
            return None
        reason = f"{len(amounts)} payments of one owner do not rise"
        return self._said(people, paid, "pulled from", 0.1, lowers=("payment-desk", reason))

    def _all_at_once(self, people: People, owner: int, spender: int, row: int) -> Finding | None:
        """The only owner that ever granted to a wallet loses at once what an exchange had just sent."""
        taken = self._taken(people, owner, own=False)
        paid = paid_to(taken, owner, spender)
        if paid is None or len(paid.rows) != 1:
            return None
        given = people.seen.history("grants.given").rows(spender, people.block)
        if np.unique(given["owner"]).size != 1:
            return None
        is_wallet = int(taken["signer"][-1]) == spender and taken["exact"][-1] and taken["how"][-1] == SIGNED
        part = people.share_taken(owner, paid.asset, row, paid.amounts[0])
        if not is_wallet or part is None or part < self.settings.total or not self._is_victim(people, paid):
            return None
        if not people.funded_by_hub(owner, paid.asset, row) or people.is_hub(paid.receivers[0], row):
            return None
        return self._said(people, paid, "pulled from", 0.55)

    def _platform(self, people: People, owner: int, platform: int) -> Finding | None:
        """An owner pays ever more into a young contract that gives no share, and little back."""
        taken = self._taken(people, owner, own=True)
        paid = paid_to(taken, owner, platform)
        if paid is None or not self._rises(paid.amounts, paid.times):
            return None
        mine = taken["spender"] == platform
        maker, born = int(taken["maker"][mine][-1]), int(taken["born"][mine][-1])
        if not maker or maker == owner or paid.times[0] - born > self.settings.young_seconds:
            return None
        rows = people.rows(owner)
        got = (rows["kind"] == Kind.ERC20) & (rows["asset"] == paid.asset) & (rows["target"] == owner)
        back = sum(whole(rows["amount"][got & (rows["source"] == platform)]))
        payers = people.seen.history("pulls.taken").rows(platform, people.block)
        many = np.unique(payers["owner"]).size >= self.settings.platform_payers
        if many or taken["served"][mine].any() or back > self.settings.most_back * sum(paid.amounts):
            return None
        if not self._is_victim(people, paid):
            return None
        return self._said(people, paid, "paid into a young contract by", 0.6, [maker])

    def _by_hand(self, people: People, owner: int) -> Finding | None:
        """After a pull: payments to wallets that nobody heard of, each larger."""
        taken = self._taken(people, owner, own=False)
        if not len(taken["number"]) or not (taken["how"] == SIGNED).any():
            return None
        for spender in dict.fromkeys(ints(taken["spender"])):
            found = self._led_on(people, paid_to(taken, owner, spender))
            if found is not None:
                return found
        return None

    def _led_on(self, people: People, first: Instalments | None) -> Finding | None:
        """One spender's pulls, and what their owner paid by hand after them."""
        if first is None:
            return None
        owner, rows = first.victim, people.rows(first.victim)
        direct = (rows["kind"] == Kind.ERC20) & (rows["asset"] == first.asset) & (rows["source"] == owner)
        direct &= (rows["signer"] == owner) & (rows["row"] > first.rows[0])
        amounts, times, numbers, fronts = (list(x) for x in (first.amounts, first.times, first.rows, ()))
        for i in np.flatnonzero(direct)[::-1][-20:]:
            front, row = int(rows["target"][i]), int(rows["row"][i])
            if people.is_new(front, row):
                amounts += whole(rows["amount"][i : i + 1])
                times.append(int(rows["time"][i]))
                numbers.append(row)
                fronts.append(front)
        if len(fronts) < self.settings.times - 1 or not self._rises(amounts, times):
            return None
        if people.persons([owner], {first.operator, *fronts}) != 1:
            return None
        receivers = (*first.receivers, *fronts)
        paid = Instalments(
            owner, first.operator, first.asset, tuple(amounts), tuple(times), tuple(numbers), receivers,
            first.grants,
        )  # fmt: skip
        return self._said(people, paid, "pulled from and then paid by", 0.6)

    def _second_thoughts(self, people: People, spender: int, row: int) -> Finding | None:
        """A wallet's pull fails: the only owner that ever granted to it had ended that. Where it turns out to
        be the same with others it is no matter of one person: what was said of the first is lowered.
        """
        seen = people.seen
        given = seen.history("grants.given").rows(spender, people.block)
        owners = [int(owner) for owner in np.unique(given["owner"])]
        if len(given["on"]) < 2 or given["on"][0]:
            return None
        is_plain = (given["basis"] == Kind.APPROVAL_ERC20) & (given["how"] == SIGNED)
        rested = int(given["time"][0] - given["time"][-1]) >= self.settings.rest_seconds
        lowers = None
        if len(owners) > 1:
            ended = [int(owner) for owner in np.unique(given["owner"][is_plain & (given["on"] == 0)])]
            if people.persons(ended, {spender}) < self.settings.several or self._took(people, spender):
                return None
            lowers = ("several-owners", f"{len(ended)} owners had granted to it, and ended that")
        elif (
            not is_plain.all()
            or people.persons(owners, {spender}) != 1
            or people.is_hub(spender, int(given["number"].min()))
        ):
            return None
        wallet, victim = seen.address(spender), seen.address(int(given["owner"][0]))
        return Finding(
            **place_of(seen, row),
            category=self.name,
            subject_kind="wallet",
            subject=wallet,
            score=0.5 if rested else 0.4,
            severity="low",
            roles=((wallet, "attacker"), (victim, "victim")),
            rows=seen.evidence([*sorted(int(n) for n in given["number"][:50]), row]),
            measured={"owners": len(owners), "seconds": int(given["time"][0] - given["time"][-1])},
            thresholds={"owners": 1},
            explanation=f"{hexed(wallet)} tried to take from {hexed(victim)}, who had ended the only grant "
            "to it.",
            lowers=lowers,
        )

    def _took(self, people: People, spender: int) -> bool:
        """Whether somebody took anything so far: then what was said of it stands."""
        return bool(people.seen.history("pulls.taken").rows(spender, people.block, 1)["owner"].size)

    def _said(
        self,
        people: People,
        paid: Instalments,
        how: str,
        base: float,
        more: Sequence[int] = (),
        lowers: tuple[str, str] | None = None,
    ) -> Finding:
        seen, count = people.seen, len(paid.amounts)
        from_exchange = people.funded_by_hub(paid.victim, paid.asset, paid.rows[-1])
        growth = paid.amounts[-1] / max(1, paid.amounts[0])
        score = base + 0.15 * from_exchange + 0.1 * (1 - 2 / (count + 1)) + 0.1 * (1 - 1 / max(1.0, growth))
        wei = sum(paid.amounts) if paid.asset in seen.coins["id"] else 0
        numbers = {*paid.rows[-100:], *(grant for grant in paid.grants[-5:] if grant >= 0)}
        least = int(people.rows(paid.victim)["row"].min())
        subject = seen.address(paid.operator)
        return Finding(
            **place_of(seen, paid.rows[-1]),
            category=self.name,
            subject_kind="wallet",
            subject=subject,
            score=round(min(1.0, score), 6),
            severity=worth.severity("high", wei, has_tokens=True),
            roles=self._roles(people, paid, more),
            rows=seen.evidence(sorted(number for number in numbers if number >= least)),
            measured={"payments": count, "growth": round(growth, 3), "exchange": int(from_exchange)},
            thresholds={"payments": 1 if count == 1 else self.settings.times},
            explanation=f"{hexed(subject)}: {count} sums {how} {hexed(seen.address(paid.victim))}, the last "
            f"{growth:.1f} times the first; little or nothing came back.",
            lowers=lowers,
            value_wei=wei or None,
        )

    def _roles(
        self, people: People, paid: Instalments, more: Sequence[int]
    ) -> tuple[tuple[bytes, RoleName], ...]:
        parts: dict[int, RoleName] = {paid.operator: "attacker"}
        for who in [*more, *paid.receivers]:
            hub = who not in more and who != paid.operator and people.is_hub(who)
            parts.setdefault(who, "infrastructure" if hub else "attacker")
        parts[paid.victim] = "victim"
        return tuple((people.seen.address(who), role) for who, role in parts.items() if who > 0)


def _names(seen: Seen, pulls: Columns, line: int) -> bool:
    """Whether a payer says in his call who gets the money, and that is somebody other than whom he calls."""
    receiver, called = int(pulls["receiver"][line]), int(pulls["spender"][line])
    word = seen.address(receiver).rjust(32, b"\0")
    return receiver != called and word in seen.call_data(int(pulls["transaction"][line]))
