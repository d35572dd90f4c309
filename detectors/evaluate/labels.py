"""What really happened on a chain, and what was said of it: the files that evaluation reads.

The only place in `detectors` that reads labels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.alert import Alert
from ingest.errors import BadInput


@dataclass(frozen=True, slots=True)
class Label:
    """One story of the simulation, or of recorded data: an attack, or a hard negative that looks like one."""

    id: str
    category: str
    kind: str
    first_block: int
    last_block: int
    harm_block: int | None
    transactions: frozenset[str]
    attackers: frozenset[str]
    victims: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a chain, and what a wallet without one is ("honest" or "unknown")."""

    chain_id: int
    unlabelled: str
    labels: tuple[Label, ...]


def load_labels(path: Path) -> Labels:
    """Reads a labels file (design, section 10). Raises BadInput with the line that cannot be used."""
    lines = _lines(path)
    if not lines:
        raise BadInput(f"{path}: no header line; labels are written by `undertow simulate --labels`")
    number = 0
    try:
        header = json.loads(lines[0])
        labels = []
        for number, line in enumerate(lines[1:], start=1):  # noqa: B007
            labels.append(_label(json.loads(line)))
        return Labels(int(header["chain_id"]), header["unlabelled"], tuple(labels))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}, line {number + 1}: no label ({type(error).__name__}: {error})") from error


def load_book(path: Path) -> list[Alert]:
    """Reads a book of alerts, JSON lines. Raises BadInput with the line that cannot be used."""
    alerts = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            alerts.append(Alert.from_json(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{path}, line {number}: no alert ({type(error).__name__}: {error})") from error
    return alerts


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error


def _label(plain: Mapping[str, Any]) -> Label:
    roles = [(role["address"].lower(), role["role"]) for role in plain["roles"]]
    return Label(
        id=plain["id"],
        category=plain["category"],
        kind=plain["kind"],
        first_block=int(plain["first_block"]),
        last_block=int(plain["last_block"]),
        harm_block=plain["harm_block"],
        transactions=frozenset(transaction.lower() for transaction in plain["transactions"]),
        attackers=frozenset(address for address, role in roles if role == "attacker"),
        victims=frozenset(address for address, role in roles if role == "victim"),
        addresses=frozenset(address for address, _ in roles),
    )
