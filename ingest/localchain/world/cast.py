"""The honest people of the local world: who they are, whom they pay, and who is busy in a story just now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from ingest.localchain.chain.wallet import Address

_CONTACTS = (3, 7)
_MERCHANT_SHARE = 0.4


@dataclass(slots=True)
class Person:
    """A wallet with habits. `activity` is heavy-tailed: a few pay in nearly every block, most seldom."""

    address: Address
    activity: float
    contacts: tuple[Address, ...]
    payments: int = 0
    is_merchant: bool = False
    paid: set[Address] = field(default_factory=set)

    def knows(self, other: Person) -> bool:
        """Whether either has paid the other, or would."""
        mine, theirs = self.paid.union(self.contacts), other.paid.union(other.contacts)
        return other.address in mine or self.address in theirs


@dataclass(slots=True)
class Cast:
    """Everybody honest. Whoever is `reserved` belongs to a story: nobody else moves or pays it.

    Whoever is `engaged` plays a part in a story, and goes on with their own life.
    """

    people: dict[Address, Person] = field(default_factory=dict)
    most: int = 300
    """Beyond this the people who came first leave, so that an endless run stays the same size."""
    reserved: set[Address] = field(default_factory=set)
    engaged: set[Address] = field(default_factory=set)

    def join(self, rng: Random, address: Address, is_merchant: bool = False) -> Person:
        """A new person, with contacts among those already here."""
        others = [person for person in self.people.values() if person.address not in self.reserved]
        person = Person(address, rng.paretovariate(1.3), _contacts(rng, others), is_merchant=is_merchant)
        self.people[address] = person
        if len(self.people) > self.most:
            self._retire_oldest()
        return person

    def leave(self, addresses: Iterable[Address]) -> None:
        """They play no further part."""
        for address in addresses:
            self.people.pop(address, None)
            self.release([address])

    def reserve(self, addresses: Iterable[Address]) -> None:
        self.reserved |= set(addresses)

    def engage(self, addresses: Iterable[Address]) -> None:
        self.engaged |= set(addresses)

    def release(self, addresses: Iterable[Address]) -> None:
        """Their story is over."""
        self.reserved -= set(addresses)
        self.engaged -= set(addresses)

    def free(self) -> list[Person]:
        """Everybody whom no story holds, in order of arrival."""
        return [person for person in self.people.values() if person.address not in self.reserved]

    def active(self, rng: Random, count: int) -> list[Person]:
        """Up to `count` different free people, the more active ones more often."""
        free = self.free()
        weights = [person.activity for person in free]
        drawn = rng.choices(free, weights, k=3 * count) if free else []
        return list({person.address: person for person in drawn}.values())[:count]

    def veterans(self, rng: Random, least_payments: int = 2) -> list[Person]:
        """People in no story, no merchants, who have paid at least so often, in random order."""
        idle = [p for p in self.free() if p.address not in self.engaged and not p.is_merchant]
        known = [p for p in idle if p.payments >= least_payments]
        return rng.sample(known, len(known))

    def friend(self, rng: Random, person: Person) -> Address:
        """Whom `person` now pays: mostly an old contact, the first ones most, sometimes somebody new."""
        friend = self._contact(rng, person) if rng.random() < 0.9 else None
        if friend is None:
            friend = rng.choice([p.address for p in self.free() if p.address != person.address])
        person.paid.add(friend)
        return friend

    def _contact(self, rng: Random, person: Person) -> Address | None:
        known = [c for c in person.contacts if c in self.people and c not in self.reserved]
        return rng.choices(known, [1 / (rank + 1) for rank in range(len(known))])[0] if known else None

    def _retire_oldest(self) -> None:
        oldest = next(p for p in self.free() if not p.is_merchant and p.address not in self.engaged)
        self.leave([oldest.address])


def _contacts(rng: Random, others: list[Person]) -> tuple[Address, ...]:
    merchants = [person.address for person in others if person.is_merchant]
    count = min(rng.randint(*_CONTACTS), len(others))
    known = [person.address for person in rng.sample(others, count)]
    known += [shop for shop in merchants if rng.random() < _MERCHANT_SHARE]
    return tuple(dict.fromkeys(rng.sample(known, len(known))))
