"""Approval phishing: owners were talked into a grant, and its spender takes from them for a third party."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, hexed
from detectors.kernels.decoding import Kind
from detectors.parts import worth
from detectors.parts.contract import Columns, Seen
from detectors.parts.grants import PERMITTED, SIGNED
from detectors.parts.kinds import among
from detectors.parts.lines import blocks_of, last_of, of_block, place_of
from detectors.parts.people import People
from detectors.parts.takers import Group, group_of

DAY = 86_400
MANY = 200
"""Rows of a history that are read: of a party with so many, older owners are not known."""
Warned = tuple[int, int]
"""A grant to a known taker: its row and its owner."""


@dataclass(frozen=True, slots=True)
class Settings:
    """owners: people robbed from which on it alerts, where they granted to a wallet, or to a contract younger
    than young_seconds that was made before our eyes: who does that is hardly a customer. owners_of_contract:
    else (Forta: 3). least_share: who takes less of what owners have (median) sends a bill. service_factor: a
    spender for whom so many times more owners got something back, and service_least at least, is a service.
    in_use: bits of people that paid with a token. window_seconds: pulls of one campaign; victims were kept
    waiting for months. most_owners: of a group, the newest that are looked at one by one. most_groups: of a
    block, the last ones.
    """

    owners: int = 2
    owners_of_contract: int = 3
    young_seconds: int = 30 * DAY
    least_share: float = 0.2
    service_factor: int = 3
    service_least: int = 6
    in_use: int = 12
    window_seconds: int = 90 * DAY
    most_owners: int = 40
    most_groups: int = 64


class ApprovalPhishing:
    """Flags a spender, or whoever stands behind several, that takes what owners granted for a third party.

    The mechanism: somebody who is not the owner signs; the transfer rests on a grant (approve,
    increaseAllowance, permit, Permit2, all items of a collection, an old one to a router); the owner gets
    nothing in the transaction; the receiver is neither spender nor called; several people, not tied by who
    funded them, by one signer, spender or collector. It follows all three, so that another spender for each
    victim, made while it takes, hides nothing. What was given back is no loss. It also flags a spender whose
    pulls fail because several owners ended their grants, and names owners who grant to a known taker.

    Roles: who signs, a spender that is a wallet or was made by them, and the receiver attack; owners are
    victims, whatever else they do; a spender that others use as a service is infrastructure.

    Left in peace: prices from a list (half of the sums are the same) and bills (a small part of what owners
    have), services, exchanges, an issuer who takes his own asset, one owner's wallets (by who funded them).

    Fails: a spender who takes for himself, as shops do; a single victim (hard case 2.P4: one owner of many
    spenders; pig-butchering has some); the same sum from everybody; who gives something that is in use back;
    a zero price paid in dust, or an order with ether in it, where there are no traces (2.P6); native value;
    owners never heard of, who granted before the stream; a guardian's first two rescues, until it gives back
    (2.N2: then it is lowered). Costs a comparison a line, and a look into the row log for each group.
    Source: PTXPhish (F1 above .99, rules by type); Forta's detector (precision .977); Chainalysis' test: the
    spender starts the transaction, and the receiver is a third.
    """

    name = "approval-phishing"
    catches = ("approval-phishing",)
    needs = "receipts"
    settings = Settings()
    reads = ("grants", "pulls")
    quiet_seconds = 90 * DAY

    def score(self, seen: Seen) -> list[Finding]:
        tables = seen.of("pulls")
        if not tables:
            return []
        pulls, found = tables["pulls"], list[Finding]()
        rows = [pulls["row"][pulls["third"] & ~pulls["own"]]]
        rows += [tables[name]["row"] for name in ("warned", "failed", "returned")]
        for block in blocks_of(seen, rows):
            found += self._of_block(People(seen, block), of_block(tables, seen, block))
        return found

    def _of_block(self, people: People, tables: Mapping[str, Columns]) -> Iterator[Finding]:
        pulls, done = tables["pulls"], set[int]()
        for i in np.flatnonzero(pulls["third"] & ~pulls["own"])[-self.settings.most_groups :]:
            if pulls["issuer"][i] and pulls["issuer"][i] in (pulls["signer"][i], pulls["maker"][i]):
                continue
            yield from self._judged(
                people, [int(pulls[name][i]) for name in ("signer", "spender", "receiver")], done
            )
        warned = tables["warned"]
        for line in zip(*(warned[name].tolist() for name in ("row", "owner", "spender")), strict=True):
            yield from self._judged(people, [line[2]], done, line[:2])
        for party, row in last_of(tables["returned"], "party"):
            yield from self._lowered(people, party, row)
        for spender, row in last_of(tables["failed"], "spender"):
            if spender not in done and (finding := self._tried(people, spender, row)) is not None:
                yield finding

    def _judged(
        self, people: People, parties: Sequence[int], done: set[int], warned: Warned | None = None
    ) -> Iterator[Finding]:
        """Of the parties of one taking the one with most people robbed, the signer first."""
        if not done.isdisjoint(parties):
            return
        groups = [self._taken_by(people, party) for party in parties]
        if not any(group is not None and self._may_be_theft(group) for group in groups):
            return
        news = (g for g in groups if g is not None and (warned is not None or g.is_of(people.block)))
        asked = (g for g in news if g.persons >= self.settings.owners)
        best = max(asked, key=lambda g: g.persons, default=None)
        finding = None if best is None else self._finding(best, warned)
        if best is not None and finding is not None:
            done.add(best.party)
            yield finding

    def _taken_by(self, people: People, party: int) -> Group | None:
        """What a party took from owners of whom there are enough."""
        own = self.settings
        key = ("group", self.name, party, people.block)
        asked = own.window_seconds, own.owners, own.most_owners
        return people.seen.once(key, lambda: group_of(people, party, *asked))

    def _lowered(self, people: People, giver: int, row: int) -> Iterator[Finding]:
        """Once what was taken is given back, what was said of those who took it is lowered."""
        seen = people.seen
        taken = seen.history("pulls.taken").rows(giver, people.block)
        parties = [*taken["signer"].tolist(), *taken["spender"].tolist(), giver]
        for party in list(dict.fromkeys(parties))[:8]:
            if not self._may_have_been_told(people, party):
                continue
            group = self._taken_by(people, party)
            if group is not None and group.persons >= self.settings.owners:
                continue
            wallet = seen.address(party)
            yield Finding(
                **place_of(seen, row),
                category=self.name,
                subject_kind="wallet",
                subject=wallet,
                score=0.1,
                severity="low",
                roles=((wallet, "intermediary"),),
                rows=seen.evidence([row]),
                explanation=f"What {hexed(wallet)} had a part in taking was given back to its owners.",
                lowers=("value-back-to-owner", "the owners have it back"),
            )

    def _may_have_been_told(self, people: People, party: int) -> bool:
        """Whether it took from several, or several granted it something: else there is nothing to lower."""
        for history in ("pulls.taken", "grants.given"):
            rows = people.seen.history(history).rows(party, people.block)
            owners = rows["owner"]
            if owners.size and (owners.size >= MANY or bool((owners != owners[0]).any())):
                return True
        return False

    def _finding(self, group: Group, warned: Warned | None) -> Finding | None:
        strong = self._is_strong(group)
        needed = self.settings.owners if strong else self.settings.owners_of_contract
        if group.persons < needed or not self._is_theft(group):
            return None
        share = group.share()
        if share is not None and share < self.settings.least_share:
            return None
        return self._said(group, strong, share, needed, warned)

    def _is_strong(self, group: Group) -> bool:
        """Whether owners granted to a wallet, or to contracts that were made before our eyes not long ago."""
        taken, young = group.taken, self.settings.young_seconds
        wallets = (taken["exact"] != 0) & (taken["spender"] == taken["signer"])
        fresh = (taken["maker"] != 0) & (taken["time"] - taken["born"] <= young) & (taken["exact"] != 0)
        return bool((wallets | fresh).all())

    def _is_theft(self, group: Group) -> bool:
        """Whether none of the honest reasons holds for what a group took."""
        taken, people = group.taken, group.people
        if not self._may_be_theft(group):
            return False
        served, robbed = int(taken["served"].max(initial=0)), len(group.owners)
        is_service = served >= max(self.settings.service_least, self.settings.service_factor * robbed)
        if is_service and not self._at_once(group):
            return False
        first = int(taken["number"].min())
        receivers = list(dict.fromkeys(group.column("receiver")))
        return not all(people.is_hub(each, first) for each in receivers[:8])

    def _may_be_theft(self, group: Group) -> bool:
        """What can be told without a look at anybody's past."""
        taken = group.taken
        known = (taken["grant"] >= 0) & (taken["how"] == SIGNED)
        if not (known | (taken["users"] >= self.settings.in_use)).any():
            return False
        money = taken["item"] == 0
        priced = zip(group.column("asset"), group.sums, strict=True)
        sums = [pair for pair, is_money in zip(priced, money, strict=True) if is_money]
        if len(sums) > 1 and 2 * len(set(sums)) <= len(sums):
            return False
        receivers = set(group.column("receiver"))
        return bool(taken["exact"].all()) or len(receivers) <= len(group.owners) // 2 + 1

    def _at_once(self, group: Group) -> bool:
        """Whether one stranger took for one receiver from several within a day, by old grants."""
        last = group.within(DAY)
        same = len(set(last.column("receiver"))) == 1 and len(set(last.column("signer"))) == 1
        return same and last.persons >= self.settings.owners_of_contract

    def _said(
        self, group: Group, strong: bool, share: float | None, needed: int, warned: Warned | None
    ) -> Finding:
        seen, taken = group.people.seen, group.taken
        newest = warned[0] if warned else int(taken["number"].max())
        roles = self._roles(group, warned)
        numbers = [*group.column("number")[:100], *(n for n in group.column("grant")[:100] if n >= 0)]
        numbers += [warned[0]] if warned else []
        rows = seen.evidence(_held(group, sorted(set(numbers))))
        signed = int((taken["how"] == PERMITTED).sum())
        wei = sum(
            amount
            for amount, asset in zip(group.sums, group.column("asset"), strict=True)
            if asset in seen.coins["id"]
        )
        most: Severity = "critical" if group.persons > 3 else "high"
        score = 0.5 + 0.2 * strong + 0.15 * (1 - needed / (group.persons + 1)) + 0.15 * (share or 0.5)
        return Finding(
            **place_of(seen, newest),
            category=self.name,
            subject_kind="wallet",
            subject=seen.address(group.party),
            score=round(min(1.0, score), 6),
            severity=worth.severity(most, wei, has_tokens=True),
            roles=roles,
            rows=rows,
            measured={
                "owners": group.persons, "takings": len(taken["number"]), "by_permit": signed,
                "share": round(share, 4) if share is not None else -1.0,
            },
            thresholds={"owners": needed},
            explanation=f"{group.persons} people granted what {hexed(seen.address(group.party))} had a part "
            f"in taking, {len(taken['number'])} times, for a third party; none of them got anything back.",
            value_wei=wei or None,
        )  # fmt: skip

    def _roles(self, group: Group, warned: Warned | None) -> tuple[tuple[bytes, RoleName], ...]:
        """Victims first decided, then who attacks: an owner is never an attacker."""
        seen, owners = group.people.seen, [*group.owners, *([warned[1]] if warned else [])]
        parts: dict[int, RoleName] = dict.fromkeys([group.party], "attacker")
        spenders = zip(
            group.column("spender"), group.column("signer"), group.column("maker"),
            group.column("exact"), strict=True,
        )  # fmt: skip
        signers = set(group.column("signer"))
        for spender, signer, maker, _exact in spenders:
            own = spender == signer or maker in signers
            parts.setdefault(spender, "attacker" if own or group.party == spender else "infrastructure")
        for who in [*group.column("signer"), *group.column("receiver")]:
            parts[who] = "attacker"
        parts.update(dict.fromkeys(owners, "victim"))
        return tuple((seen.address(who), role) for who, role in parts.items() if who > 0)

    def _tried(self, people: People, spender: int, row: int) -> Finding | None:
        """A spender's pull failed, and several owners had ended what they granted."""
        seen = people.seen
        given = seen.history("grants.given").rows(spender, people.block)
        erc20 = among(given["basis"], (Kind.APPROVAL_ERC20, Kind.APPROVAL_FOR_ALL))
        ended = erc20 & (given["on"] == 0) & (given["how"] == SIGNED)
        owners = list(dict.fromkeys(int(o) for o in given["owner"][ended]))[: self.settings.most_owners]
        persons = people.persons(owners, {spender}) if len(owners) >= self.settings.owners else 0
        if persons < self.settings.owners:
            return None
        numbers = [int(n) for n in given["number"][ended][:50]]
        wallet = seen.address(spender)
        return Finding(
            **place_of(seen, row),
            category=self.name,
            subject_kind="wallet",
            subject=wallet,
            score=round(0.75 - 0.3 / persons, 6),
            severity="low",
            roles=((wallet, "attacker"), *((seen.address(owner), "victim") for owner in owners)),
            rows=seen.evidence([*sorted(numbers), row]),
            measured={"owners": persons},
            thresholds={"owners": self.settings.owners},
            explanation=f"{hexed(wallet)} tried to take after {persons} people had ended what they granted.",
        )


def _held(group: Group, numbers: Sequence[int]) -> list[int]:
    """Those rows that the log still holds: it forgets sooner than grants do."""
    oldest = int(group.people.seen.rows["number"][0])
    rows = [group.people.rows(owner)["row"] for owner in group.owners]
    least = min([oldest, *(int(column.min()) for column in rows if len(column))])
    return [number for number in numbers if number >= least]
