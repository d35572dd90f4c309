"""What was taken lies in a contract that many strangers use, and nobody beside it has more."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from detectors.base import Finding, Seen
from detectors.parts.contract import Kind
from detectors.parts.lending import transaction_at
from detectors.parts.people import People, whole

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """people: how many signed calls of a contract, before the transaction, who are not tied to one another or
    to who is accused. age_s: for how long it has been heard of. gainers: accounts that are looked at.
    """

    people: int = 20
    age_s: int = 7 * DAY
    gainers: int = 8


class KnownProtocol:
    """Holds where everybody who is accused is a contract that twenty people have called themselves, known for
    a week, and nobody else has more of anything after the transaction but who lost and other such contracts:
    so money went from one protocol into another, as fees go to a distributor and funds to a market. A signer
    is never one. Abused by: a thief whose contract twenty wallets with money from elsewhere call for a week,
    and who leaves the loot there; to take it out is another transaction, which this does not explain. Source:
    contracts that keepers move funds between; Forta's own filter by label hid 13 attacks of its list, so this
    one goes by what was seen, and lowers.
    """

    kind = "known-protocol"
    settings = Settings()
    reads: tuple[str, ...] = ("net",)

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        block, people = finding.block_number, People(seen, finding.block_number)
        parties = {role: {w for w, r in finding.roles if r == role} for role in ("attacker", "victim")}
        accused, robbed = ({seen.number_of(who, block) for who in each} for each in parties.values())
        number = transaction_at(seen, finding.transaction)
        at = number - int(seen.transactions["number"][0])
        first = int(seen.rows["number"][seen.transactions["first_row"][at]])
        gang = accused | {int(seen.transactions["signer"][at])}
        users = [self._users(people, who, first, gang) for who in sorted(accused)]
        if not users or not all(users):
            return None
        others = set(_gainers(seen, number)) - accused - robbed - {0}
        if len(others) > self.settings.gainers or not all(
            self._users(people, who, first, gang) for who in others
        ):
            return None
        return f"what was taken lies in a contract that {min(users)} people had called, and with nobody else"

    def _users(self, people: People, contract: int, first: int, gang: set[int]) -> int:
        """How many people called a contract before a row; 0 where these are few, or it is new."""
        rows = people.rows(contract)
        if not rows["row"].size:
            return 0
        known = int(people.seen.appeared(np.array([contract]))[0])
        called = (rows["kind"] == Kind.TRANSACTION) & (rows["target"] == contract) & (rows["small"] >= 0)
        called &= (rows["flag"] != 0) & (rows["row"] < first) & ~np.isin(rows["signer"], sorted(gang))
        callers = dict.fromkeys(rows["signer"][called].tolist())
        now = int(rows["time"][0])
        if len(callers) < self.settings.people or known + self.settings.age_s > now:
            return 0
        count = _persons(people, callers, gang)
        return count if count >= self.settings.people else 0


def _persons(people: People, callers: Collection[int], gang: Collection[int]) -> int:
    """Those whom one account paid first that is no busy place are one; those that the gang did are none."""
    found = set[int]()
    for each in callers:
        funder = people.funder(each)
        if funder not in gang:
            found.add(funder if funder and not people.is_hub(funder) else -each)
    return len(found)


def _gainers(seen: Seen, number: int) -> Iterator[int]:
    """Who has more of something after a transaction."""
    changes = seen.of("net")["changes"]
    begin, end = np.searchsorted(changes["transaction"], [number, number + 1]).tolist()
    sums = [whole(changes[side][begin:end]) for side in ("received", "paid")]
    for account, received, paid in zip(changes["account"][begin:end].tolist(), *sums, strict=True):
        if received > paid:
            yield account
