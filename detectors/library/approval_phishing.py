"""Approval phishing: owners were talked into a grant, and its spender takes from them for a third party."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from detectors.alerts.alert import RoleName, Severity
from detectors.base import Finding, hexed
from detectors.kernels.decoding import Kind
from detectors.parts import worth
from detectors.parts.contract import Columns, Seen
from detectors.parts.grants import PERMITTED, SIGNED
from detectors.parts.people import People, whole

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """owners: people robbed from which on it alerts, where they granted to a wallet, or to a contract younger
    than young_seconds that was made before our eyes; owners_of_contract: else (Forta: 3). least_share: who
    takes less of what owners have (median) sends a bill. service_factor: a spender for whom so many times
    more owners got something back is a service. in_use: bits of people that paid with a token. window_seconds:
    pulls of one campaign; the longest that its victims were known to be kept waiting. most_owners: of a
    group, the newest that are looked at one by one, and most_shares of them for what they had.
    sitting_seconds: what belongs to one taking, so that a split payout is one. most_groups: of a block, the
    last ones.
    """

    owners: int = 2
    owners_of_contract: int = 3
    young_seconds: int = 30 * DAY
    least_share: float = 0.2
    service_factor: int = 3
    service_least: int = 6
    in_use: int = 12
    window_seconds: int = 90 * DAY
    sitting_seconds: int = 3600
    most_owners: int = 40
    most_shares: int = 20
    most_groups: int = 64


@dataclass(slots=True)
class Group:
    """Takings in which one party had a part, newest first, as columns of the history `pulls.taken`."""

    people: People
    party: int
    taken: Columns
    owners: list[int] = field(default_factory=list)
    persons: int = 0

    def column(self, name: str) -> list[int]:
        return [int(value) for value in self.taken[name]]

    def gang(self) -> set[int]:
        found = {*self.column("receiver"), *self.column("signer")}
        return (found | set(self.column("spender"))) - set(self.owners)


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
    (2.N2: then it is lowered). Costs a comparison a line, and about 2 ms for each group that is looked at.
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
        found: list[Finding] = []
        for block in _blocks(seen, tables):
            found += self._of_block(seen, tables, block)
        return found

    def _of_block(self, seen: Seen, tables: Columns, block: int) -> Iterator[Finding]:
        people, done = People(seen, block), set[int]()
        pulls = _within(tables["pulls"], seen, block)
        for i in np.flatnonzero(pulls["third"] & ~pulls["own"])[-self.settings.most_groups :]:
            if pulls["issuer"][i] and pulls["issuer"][i] in (pulls["signer"][i], pulls["maker"][i]):
                continue
            parties = [int(pulls[name][i]) for name in ("signer", "spender", "receiver")]
            yield from self._judged(people, [p for p in parties if p not in done], done)
        for i in range(len(_within(tables["warned"], seen, block)["row"])):
            line = {name: int(column[i]) for name, column in _within(tables["warned"], seen, block).items()}
            yield from self._judged(people, [line["spender"]], done, line)
        for party, row in _once(_within(tables["returned"], seen, block), "party"):
            yield from self._lowered(people, party, row)
        for party, row in _once(_within(tables["failed"], seen, block), "spender"):
            if (finding := self._tried(people, party, row)) is not None:
                yield finding

    def _judged(
        self, people: People, parties: Sequence[int], done: set[int], warned: dict[str, int] | None = None
    ) -> Iterator[Finding]:
        """Of the parties of one taking the one with most people robbed, the signer first."""
        groups = [self._group(people, party) for party in parties]
        best = max((g for g in groups if g is not None), key=lambda g: g.persons, default=None)
        if best is None or best.party in done:
            return
        finding = self._finding(best, warned)
        if finding is not None:
            done.update({best.party, *(p for p in parties)})
            yield finding

    def _group(self, people: People, party: int) -> Group | None:
        """What a party had a part in, but what it gave back, and its people."""
        taken = people.seen.history("pulls.taken").rows(party, people.block)
        if not len(taken["number"]):
            return None
        kept = (taken["role"] != 0) & (taken["third"] != 0) & (taken["own"] == 0)
        kept &= taken["time"] + self.settings.window_seconds >= taken["time"][0]
        returned: dict[tuple[int, int], int] = {}
        for giver in list(dict.fromkeys([party, *taken["receiver"][kept].tolist()]))[:8]:
            back = people.seen.history("pulls.back").rows(giver, people.block)
            for key, amount in _sums(back["owner"], back["asset"], back["amount"]).items():
                returned[key] = returned.get(key, 0) + amount
        lost = _sums(taken["owner"][kept], taken["asset"][kept], taken["amount"][kept])
        for i in np.flatnonzero(kept):
            key = int(taken["owner"][i]), int(taken["asset"][i])
            kept[i] = 2 * returned.get(key, 0) < lost[key]
        taken = {name: column[kept] for name, column in taken.items()}
        group = Group(people, party, taken)
        group.owners = list(dict.fromkeys(group.column("owner")))[: self.settings.most_owners]
        group.persons = people.persons(group.owners, group.gang()) if len(group.owners) > 1 else 0
        return group if group.persons >= self.settings.owners else None

    def _lowered(self, people: People, giver: int, row: int) -> Iterator[Finding]:
        """Once what was taken is given back, what was said of those who took it is lowered."""
        seen = people.seen
        taken = seen.history("pulls.taken").rows(giver, people.block)
        parties = [*taken["signer"].tolist(), *taken["spender"].tolist(), giver]
        for party in list(dict.fromkeys(parties))[:8]:
            if self._group(people, party) is not None:
                continue
            wallet = seen.address(party)
            yield Finding(
                **_place(seen, row),
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

    def _finding(self, group: Group, warned: dict[str, int] | None) -> Finding | None:
        strong = self._is_strong(group)
        needed = self.settings.owners if strong else self.settings.owners_of_contract
        if group.persons < needed or not self._is_theft(group):
            return None
        share = self._share(group)
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
        known = (taken["grant"] >= 0) & (taken["how"] == SIGNED)
        if not (known | (taken["users"] >= self.settings.in_use)).any():
            return False
        money = taken["item"] == 0
        sums = list(zip(taken["asset"][money].tolist(), whole(taken["amount"][money]), strict=True))
        if len(sums) > 1 and 2 * len(set(sums)) <= len(sums):
            return False
        served, robbed = int(taken["served"].max(initial=0)), len(group.owners)
        is_service = served >= max(self.settings.service_least, self.settings.service_factor * robbed)
        if is_service and not self._at_once(group):
            return False
        first = int(taken["number"].min())
        receivers = list(dict.fromkeys(group.column("receiver")))
        if not taken["exact"].all() and len(receivers) > robbed // 2 + 1:
            return False
        return not all(people.is_hub(each, first) for each in receivers[:8])

    def _at_once(self, group: Group) -> bool:
        """Whether one transaction, or one stranger within a day, took from several by an old grant."""
        taken = group.taken
        days = int(taken["time"].max() - taken["time"].min())
        same = len(set(group.column("receiver"))) == 1 and len(set(group.column("signer"))) == 1
        return group.persons >= self.settings.owners_of_contract and same and days <= DAY

    def _share(self, group: Group) -> float | None:
        """The median part of what owners had that one sitting took; None where it is not known."""
        taken, shares = group.taken, list[float]()
        for owner in group.owners[: self.settings.most_shares]:
            mine = (taken["owner"] == owner) & (taken["item"] == 0)
            if not mine.any():
                continue
            newest = int(mine.nonzero()[0][0])
            mine &= taken["asset"] == taken["asset"][newest]
            mine &= taken["time"] + self.settings.sitting_seconds >= taken["time"][newest]
            share = group.people.share_taken(
                owner, int(taken["asset"][newest]), int(taken["number"][mine].min()),
                sum(whole(taken["amount"][mine])),
            )  # fmt: skip
            if share is not None:
                shares.append(share)
        return median(shares) if shares else None

    def _said(
        self, group: Group, strong: bool, share: float | None, needed: int, warned: dict[str, int] | None
    ) -> Finding:
        seen, taken = group.people.seen, group.taken
        newest = warned["row"] if warned else int(taken["number"].max())
        place = _place(seen, newest)
        roles = self._roles(group, warned)
        numbers = [*group.column("number")[:100], *(n for n in group.column("grant")[:100] if n >= 0)]
        numbers += [warned["row"]] if warned else []
        rows = seen.evidence(_held(seen, group.people.block, sorted(set(numbers)), group))
        signed = int((taken["how"] == PERMITTED).sum())
        wei = sum(
            amount
            for amount, asset in zip(whole(taken["amount"]), group.column("asset"), strict=True)
            if asset in seen.coins["id"]
        )
        most: Severity = "critical" if group.persons > 3 else "high"
        score = 0.5 + 0.2 * strong + 0.15 * (1 - needed / (group.persons + 1)) + 0.15 * (share or 0.5)
        return Finding(
            **place,
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

    def _roles(self, group: Group, warned: dict[str, int] | None) -> tuple[tuple[bytes, RoleName], ...]:
        """Victims first decided, then who attacks: an owner is never an attacker."""
        seen, owners = group.people.seen, [*group.owners, *([warned["owner"]] if warned else [])]
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
        erc20 = np.isin(given["basis"], (Kind.APPROVAL_ERC20, Kind.APPROVAL_FOR_ALL))
        ended = erc20 & (given["on"] == 0) & (given["how"] == SIGNED)
        owners = list(dict.fromkeys(int(o) for o in given["owner"][ended]))[: self.settings.most_owners]
        persons = people.persons(owners, {spender}) if len(owners) >= self.settings.owners else 0
        if persons < self.settings.owners:
            return None
        numbers = [int(n) for n in given["number"][ended][:50]]
        wallet = seen.address(spender)
        return Finding(
            **_place(seen, row),
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


def _held(seen: Seen, block: int, numbers: Sequence[int], group: Group) -> list[int]:
    """Those rows that the log still holds: it forgets sooner than grants do."""
    oldest = int(seen.rows["number"][0])
    rows = [group.people.rows(owner)["row"] for owner in group.owners[:40]]
    least = min((int(column.min()) for column in rows if len(column)), default=oldest)
    return [number for number in numbers if number >= min(least, oldest)]


def _sums(owners: np.ndarray, assets: np.ndarray, amounts: np.ndarray) -> dict[tuple[int, int], int]:  # type: ignore[type-arg]
    found: dict[tuple[int, int], int] = {}
    for owner, asset, amount in zip(owners.tolist(), assets.tolist(), whole(amounts), strict=True):
        found[owner, asset] = found.get((owner, asset), 0) + amount
    return found


def _blocks(seen: Seen, tables: Columns) -> list[int]:
    """Blocks of the piece about which there is anything to ask."""
    first, found = int(seen.rows["number"][0]), set[int]()
    pulls = tables["pulls"]
    rows = [pulls["row"][pulls["third"] & ~pulls["own"]]]
    for column in [*rows, *(tables[name]["row"] for name in ("warned", "failed", "returned"))]:
        found.update(seen.rows["block"][column - first].tolist())
    return sorted(found)


def _within(table: Columns, seen: Seen, block: int) -> Columns:
    inside = seen.rows["block"][table["row"] - int(seen.rows["number"][0])] == block
    return {name: column[inside] for name, column in table.items()}


def _once(table: Columns, who: str) -> list[tuple[int, int]]:
    """Each of a column with the last of its rows."""
    return list(dict(zip(table[who].tolist(), table["row"].tolist(), strict=True)).items())


def _place(seen: Seen, row: int) -> dict[str, object]:
    """Where a finding stands: in the block and transaction of a row of the piece."""
    at = row - int(seen.rows["number"][0])
    sent = int(seen.rows["transaction"][at]) - int(seen.transactions["number"][0])
    return {
        "block_number": int(seen.rows["block"][at]),
        "timestamp": int(seen.rows["time"][at]),
        "transaction": seen.transactions["hash"][sent].tobytes(),
    }
