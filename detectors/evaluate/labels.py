"""What really happened on a chain, and what was said of it: the files that evaluation reads.

The only place in `detectors` that reads labels. Their format stands in
`ingest/localchain/README.md`; `also`, `variant`, `succeeded` and `waited` are keys that labels of others may
leave out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from detectors.alerts.alert import Alert, RoleName
from detectors.evaluate.categories import OF_SUBJECTS
from ingest.model.errors import BadInput

Kind = Literal["attack", "hard_negative", "canary"]
Unlabelled = Literal["honest", "unknown"]

_VARIANT = re.compile(r"([^:\s]{1,60}): ")
"""What a note begins with where the variant has no key of its own."""

_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Label:
    """One story of the simulation, or of recorded data: an attack, or a hard negative that looks like one.

    Addresses and hashes are lower-case 0x-hex; `addresses` holds those of every role. `harm_block`: the
    block of the first loss. `succeeded` is false for an attack that was tried and came to nothing. `also`:
    further categories that are true of the story. `subjects`: what an anomaly is about, without accusation.
    """

    id: str
    category: str
    kind: Kind
    first_block: int
    last_block: int
    harm_block: int | None
    transactions: frozenset[str]
    attackers: frozenset[str]
    victims: frozenset[str]
    addresses: frozenset[str]
    infrastructure: frozenset[str] = frozenset()
    intermediaries: frozenset[str] = frozenset()
    variant: str = ""
    succeeded: bool = True
    also: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    waited: bool | None = None
    """Whether the transaction of the first loss waited in the pool; None where nobody says so."""

    @property
    def wanted(self) -> Collection[str]:
        """Whom an alert must name to be about this story: attackers; of an anomaly or a node, its subjects
        too.
        """
        return self.attackers | self.subjects if self.category in OF_SUBJECTS else self.attackers

    def roles_of(self, address: str) -> frozenset[RoleName]:
        """The parts that `address` plays in this story; mostly one, empty for a stranger."""
        parts: dict[RoleName, frozenset[str]] = {
            "attacker": self.attackers,
            "victim": self.victims,
            "intermediary": self.intermediaries,
            "infrastructure": self.infrastructure,
            "subject": self.subjects,
        }
        return frozenset(role for role, addresses in parts.items() if address in addresses)


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a chain, and what a wallet without one is.

    In an "honest" world whatever has no label is honest; in an "unknown" one (recorded mainnet blocks)
    nobody looked, and an alert about it is neither right nor wrong.
    """

    chain_id: int
    unlabelled: Unlabelled
    labels: tuple[Label, ...]
    seed: int | None = None
    """What the world was played from, where the file says so."""
    canaries: tuple[Label, ...] = ()
    """Harmless attacks, played to see whether their detector speaks. They are no part of `labels`."""

    @property
    def attacks(self) -> tuple[Label, ...]:
        """In time order, by (first block, id)."""
        return self._of("attack")

    @property
    def hard_negatives(self) -> tuple[Label, ...]:
        """In time order, by (first block, id)."""
        return self._of("hard_negative")

    @property
    def of_canaries(self) -> frozenset[str]:
        """Addresses and transactions of canaries: what is said of them counts neither way."""
        return frozenset(each for label in self.canaries for each in label.addresses | label.transactions)

    def _of(self, kind: Kind) -> tuple[Label, ...]:
        chosen = (label for label in self.labels if label.kind == kind)
        return tuple(sorted(chosen, key=lambda label: (label.first_block, label.id)))


def load_labels(path: Path) -> Labels:
    """Reads a labels file. Raises BadInput with the line that cannot be used."""
    lines = _lines(path)
    if not lines:
        raise BadInput(f"{path}: no header line; labels are written by `undertow simulate --labels`")
    number = 0
    try:
        header = json.loads(lines[0])
        chain_id, unlabelled = int(header["chain_id"]), _one_of(Unlabelled, header["unlabelled"])
        seed = _seed(header.get("seed"))
        labels: dict[str, Label] = {}
        for number, line in enumerate(lines[1:], start=1):  # noqa: B007
            label = _label(json.loads(line))
            if label.id in labels:
                raise ValueError(f"the id {label.id!r} is taken by a line above")
            labels[label.id] = label
        stories = tuple(label for label in labels.values() if label.kind != "canary")
        canaries = tuple(label for label in labels.values() if label.kind == "canary")
        return Labels(chain_id, unlabelled, stories, seed, canaries)
    except _MALFORMED as error:
        raise BadInput(f"{path}, line {number + 1}: no label ({type(error).__name__}: {error})") from error


def load_book(path: Path) -> list[Alert]:
    """Reads a book of alerts, JSON lines. Raises BadInput with the line that cannot be used."""
    alerts = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            alerts.append(_typed(Alert.from_json(line)))
        except _MALFORMED as error:
            raise BadInput(f"{path}, line {number}: no alert ({type(error).__name__}: {error})") from error
    return alerts


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return text.split("\n") if text else []


def _typed(alert: Alert) -> Alert:
    """`alert` where what is judged has the type it must have. Raises TypeError and ValueError."""
    texts = (alert.id, alert.category, alert.status, alert.detector, *alert.transactions)
    for text in (*texts, *(role.address for role in alert.roles)):
        _text(text)
    for role in alert.roles:
        _one_of(RoleName, role.role)
    if alert.suppressed_by is not None:
        _text(alert.suppressed_by["kind"])
    for number in (alert.block_number, alert.chain_id):
        if type(number) is not int:
            raise TypeError(f"{number!r} is no whole number")
    if not 0 <= alert.score <= 1:
        raise ValueError(f"a score of {alert.score} is not between 0 and 1")
    return alert


def _label(plain: Mapping[str, Any]) -> Label:
    roles = [(role["address"].lower(), _one_of(RoleName, role["role"])) for role in plain["roles"]]
    harm, note = plain["harm_block"], str(plain.get("note") or "")
    begins, category = _VARIANT.match(note), _text(plain["category"])
    return Label(
        id=_text(plain["id"]),
        category=category,
        kind=_one_of(Kind, plain["kind"]),
        first_block=int(plain["first_block"]),
        last_block=int(plain["last_block"]),
        harm_block=None if harm is None else int(harm),
        transactions=frozenset(transaction.lower() for transaction in plain["transactions"]),
        attackers=_with_role("attacker", roles),
        victims=_with_role("victim", roles),
        addresses=frozenset(address for address, _ in roles),
        infrastructure=_with_role("infrastructure", roles),
        intermediaries=_with_role("intermediary", roles),
        variant=str(plain.get("variant") or (begins.group(1) if begins else "")),
        succeeded=_flag(plain.get("succeeded", True)),
        also=_texts(plain.get("also", [])) - {category},
        subjects=_with_role("subject", roles),
        waited=None if plain.get("waited") is None else _flag(plain["waited"]),
    )


def _with_role(wanted: RoleName, roles: Iterable[tuple[str, RoleName]]) -> frozenset[str]:
    return frozenset(address for address, role in roles if role == wanted)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _seed(value: object) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError(f"a seed of {value!r} is no whole number")
    return value


def _texts(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return frozenset(_text(each) for each in value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _one_of(names: Any, value: object) -> Any:
    """`value` where it is one of a Literal's names."""
    allowed = get_args(names)
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
    return value
