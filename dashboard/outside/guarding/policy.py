"""The file of a guard's policy: which alerts pause which vaults, and who approves. Refused with the place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from dashboard.outside.anchoring.wiring import checked_address
from dashboard.outside.outbox.routes import read_toml, span
from detectors.alerts.alert import SEVERITIES, Severity
from ingest.model.errors import BadInput

When = Literal["proven", "final", "either"]
Act = Literal["propose", "pause"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`categories` of alerts with one of `vaults` as victim, at least as grave as `severity`, not older than
    `max_age` seconds of block time, `when` they are proven, final, or either. Then the guard at `contract`,
    on chain `chain`, is to `act`: `pause` is by one key, where the contract allows it. `approvers` confirm;
    `pauses_a_day` is the most that this asks for, whatever the contract allows. It ends at `expires`,
    seconds UTC of block time.
    """

    chain: int
    contract: str
    vaults: tuple[str, ...]
    categories: tuple[str, ...]
    when: When
    act: Act
    severity: Severity
    approvers: tuple[str, ...]
    pauses_a_day: int
    max_age: int
    expires: int


class _File(msgspec.Struct, forbid_unknown_fields=True):
    chain: int
    contract: str
    vaults: list[str]
    categories: list[str]
    expires: datetime
    approvers: list[str] = []
    when: str = "proven"
    act: str = "propose"
    severity: str = "medium"
    pauses_a_day: int = 1
    max_age: str = "10m"


def read_policy(path: Path) -> Policy:
    """Raises BadInput."""
    found = read_toml(path, _File, f"the policy {path}")
    try:
        return _policy(found)
    except BadInput as error:
        raise BadInput(f"the policy {path}: {error}") from None


def _policy(told: _File) -> Policy:
    if found := _strange(told.categories):
        raise BadInput(f"no detector says {found[:60]!a}: `undertow status` lists what there is")
    if not told.vaults or not told.categories:
        raise BadInput("name one of `vaults` and one of `categories` at least")
    if told.expires.tzinfo is None:
        raise BadInput("`expires` has no time zone: write 2027-01-01T00:00:00Z")
    if not 1 <= told.pauses_a_day <= 24 or told.chain < 0:
        raise BadInput("`pauses_a_day` is from 1 to 24, and `chain` the id of a chain")
    return Policy(
        chain=told.chain,
        contract=checked_address(told.contract, "`contract`:"),
        vaults=tuple(checked_address(each, "`vaults`:") for each in told.vaults),
        categories=tuple(told.categories),
        when=_one_of(told.when, get_args(When), "when"),
        act=_one_of(told.act, get_args(Act), "act"),
        severity=_one_of(told.severity, SEVERITIES, "severity"),
        approvers=tuple(checked_address(each, "`approvers`:") for each in told.approvers),
        pauses_a_day=told.pauses_a_day,
        max_age=span(told.max_age, "`max_age`"),
        expires=int(told.expires.timestamp()),
    )


def _strange(categories: list[str]) -> str | None:
    from detectors.registry import detectors

    known = {category for detector in detectors() for category in detector.catches}
    return next((each for each in categories if each not in known), None)


def _one_of(text: str, known: tuple[Any, ...], where: str) -> Any:
    if text not in known:
        raise BadInput(f"`{where}`: no {text[:40]!a}: choose {', '.join(known)}")
    return text
