"""What each role may do in Kafka, and no more: written once, for the broker's ACLs and for the check at a
start.

A right to read or to write includes that to describe, as in Kafka.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Any, Literal, get_args

from kafka import errors as kafka_errors
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from ingest.kafka.connection import (
    ALERTS,
    ANSWER_S,
    BLOCKS,
    HEALTH,
    PENDING,
    PENDING_ALERTS,
    REJECTED,
    SCORES,
)
from ingest.model.kafka_role import Role

Kind = Literal["topic", "group", "transactional-id"]
Operation = Literal["Read", "Write", "Describe", "DescribeConfigs", "Create", "Alter"]
ROLES: tuple[Role, ...] = get_args(Role)

TRANSACTIONS, OFFSETS = "__transaction_state", "__consumer_offsets"
INGEST, DETECT = "undertow-ingest-", "undertow-detect-"
"""Transactional ids, and the groups of marks and of beats, begin so; a chain id follows."""
NEW_CHAIN = "undertow-new-chain"
"""Transactional id and group of whoever chooses a partition for a new chain: one for all chains."""
MEMPOOL, DETECT_PENDING = "undertow-mempool-", "undertow-pending-"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One operation on one thing. The name of a group or transactional id of a chain lacks its chain id."""

    kind: Kind
    name: str
    operation: Operation

    @property
    def is_of_a_chain(self) -> bool:
        return self.name.endswith("-")

    def __str__(self) -> str:
        return f"{self.operation} on {self.kind} {self.name}{'<chain id>' if self.is_of_a_chain else ''}"


def _on(kind: Kind, name: str, *operations: Operation) -> tuple[Right, ...]:
    return tuple(Right(kind, name, operation) for operation in operations)


def _looked_at(*names: str) -> Iterator[Right]:
    """How these topics are kept, beside the two in which Kafka keeps transactions and marks."""
    for name in names:
        yield from _on("topic", name, "DescribeConfigs")
    for name in (TRANSACTIONS, OFFSETS):
        yield from _on("topic", name, "Describe", "DescribeConfigs")


_READS_MARKS = _on("group", DETECT, "Describe")

RIGHTS: dict[Role, tuple[Right, ...]] = {
    "ingest": (
        *_on("topic", BLOCKS, "Read", "Write"),
        *_on("topic", REJECTED, "Write"),
        *_on("topic", HEALTH, "Write"),
        *_looked_at(BLOCKS, REJECTED),
        *_on("group", INGEST, "Read"),
        *_on("transactional-id", INGEST, "Write"),
    ),
    "new-chain": (
        *(
            right
            for name in (BLOCKS, REJECTED, ALERTS, SCORES, HEALTH)
            for right in _on("topic", name, "Create", "Alter")
        ),
        *_on("group", NEW_CHAIN, "Read"),
        *_on("transactional-id", NEW_CHAIN, "Write"),
    ),
    "detect": (
        *_on("topic", BLOCKS, "Read"),
        *_on("topic", ALERTS, "Read", "Write"),
        *_on("topic", SCORES, "Write"),
        *_on("topic", HEALTH, "Write"),
        *_looked_at(ALERTS, SCORES),
        *_on("group", DETECT, "Read"),
        *_on("transactional-id", DETECT, "Write"),
    ),
    "sink": (
        *_on("topic", BLOCKS, "Read"),
        *_on("topic", ALERTS, "Read"),
        *_on("topic", SCORES, "Read"),
        *_on("topic", HEALTH, "Read", "Write"),
        *_READS_MARKS,
    ),
    "export": (*_on("topic", BLOCKS, "Read"), *_on("topic", ALERTS, "Read"), *_READS_MARKS),
    "status": (
        *_on("topic", BLOCKS, "Read"),
        *_on("topic", REJECTED, "Read"),
        *(_on("topic", ALERTS, "Describe") + _on("topic", SCORES, "Describe")),
        *_on("topic", HEALTH, "Describe"),
        *_looked_at(BLOCKS, REJECTED, ALERTS, SCORES, HEALTH),
        *_READS_MARKS,
    ),
    "canary": (*_on("topic", BLOCKS, "Read"), *_on("topic", HEALTH, "Write")),
    "mempool": (
        *_on("topic", PENDING, "Write", "Create", "Alter"),
        *_on("topic", PENDING_ALERTS, "Create", "Alter"),
        *_on("transactional-id", MEMPOOL, "Write"),
    ),
    "pending": (
        *_on("topic", BLOCKS, "Read"),
        *_on("topic", PENDING, "Read"),
        *_on("topic", PENDING_ALERTS, "Read", "Write"),
        *_on("topic", HEALTH, "Write"),
        *_on("transactional-id", DETECT_PENDING, "Write"),
    ),
}
"""`doctor` asks as `status` does; `new-chain` is `ingest` at a chain's first start; `mempool` is what
`ingest --mempool` needs beside `ingest`, and `pending` is `detect --pending`.
"""


def topics_of(role: Role) -> tuple[str, ...]:
    """The topics whose settings the role looks at, where they are there."""
    return tuple(right.name for right in RIGHTS[role] if right.operation == "DescribeConfigs")


def missing(admin: Any, role: Role, chain_id: int | None) -> list[Right]:
    """The role's rights on topics that are there, and on groups, that the asking user does not have. What it
    may do with a transactional id no broker says: that shows when it is used.
    """
    wanted = RIGHTS[role]
    topics = {right.name for right in wanted if right.kind == "topic"}
    told = {each["name"]: each for each in admin.describe_topics(sorted(topics))}
    lacking = [right for right in wanted if right.kind == "topic" and _is_lacking(right, told[right.name])]
    groups = [right for right in wanted if right.kind == "group"]
    if groups and chain_id is not None:
        lacking += _lacking_of_groups(admin, groups, chain_id)
    return lacking


def _lacking_of_groups(admin: Any, groups: list[Right], chain_id: int) -> list[Right]:
    """A Kafka that nobody asked for a group yet takes a moment: it makes the topic of marks first."""
    names = sorted({_named(right, chain_id) for right in groups})
    until = time.monotonic() + ANSWER_S
    while True:
        try:
            told = admin.describe_groups(names)
            has = {right: told[_named(right, chain_id)] for right in groups}
            return [right for right in groups if not _is_new(has[right]) and _is_denied(right, has[right])]
        except kafka_errors.GroupAuthorizationFailedError:
            return groups
        except kafka_errors.KafkaError as error:
            if not error.retriable or time.monotonic() > until:
                raise
        time.sleep(0.1)


def _is_new(group: dict[str, Any]) -> bool:
    """Of a group that has no mark yet no broker says what may be done with it; the first mark will."""
    is_denied = "GroupAuthorizationFailedError" in str(group["error"])
    return group["authorized_operations"] is None and not is_denied


_DENIED, _UNKNOWN = 29, 3
"""Kafka's error codes of a topic that may not be described, and of one that is not there."""


def _is_lacking(right: Right, topic: dict[str, Any]) -> bool:
    if topic["error_code"] == _UNKNOWN:
        return False
    return topic["error_code"] == _DENIED or _is_denied(right, topic)


def _is_denied(right: Right, told: dict[str, Any]) -> bool:
    allowed = {name.replace("_", "") for name in told.get("authorized_operations") or ()}
    return right.operation.upper() not in allowed


def acl_lines(bootstrap: str, principal: str, role: Role, chain_id: int | None) -> Iterator[str]:
    """Lines for Kafka's own `kafka-acls.sh`; rights of every chain where none is named."""
    for kind, rights in _by_thing(role):
        operations = " ".join(f"--operation {right.operation}" for right in rights)
        prefixed = " --resource-pattern-type prefixed" if _is_prefix(rights[0], chain_id) else ""
        thing = f"--{kind} {_named(rights[0], chain_id)}{prefixed}"
        yield (
            f"kafka-acls.sh --bootstrap-server {quote(bootstrap)} --command-config admin.properties --add "
            f"--allow-principal {quote(principal)} {operations} {thing}"
        )


def give(admin: Any, principal: str, role: Role, chain_id: int | None) -> int:
    """Lets `principal` do what the role does; how many rights that are. What it has already stays."""
    done = admin.create_acls([_acl(principal, right, chain_id) for right in RIGHTS[role]])
    if done["failed"]:
        raise done["failed"][0]()
    return len(done["succeeded"])


def _by_thing(role: Role) -> Iterator[tuple[Kind, list[Right]]]:
    for kind, name in dict.fromkeys((right.kind, right.name) for right in RIGHTS[role]):
        yield kind, [right for right in RIGHTS[role] if (right.kind, right.name) == (kind, name)]


def _is_prefix(right: Right, chain_id: int | None) -> bool:
    return right.is_of_a_chain and chain_id is None


def _named(right: Right, chain_id: int | None) -> str:
    return f"{right.name}{chain_id}" if right.is_of_a_chain and chain_id is not None else right.name


def _acl(principal: str, right: Right, chain_id: int | None) -> ACL:
    pattern = (
        ACLResourcePatternType.PREFIXED if _is_prefix(right, chain_id) else ACLResourcePatternType.LITERAL
    )
    kind = ResourceType[right.kind.replace("-", "_").upper()]
    operation = "DESCRIBE_CONFIGS" if right.operation == "DescribeConfigs" else right.operation.upper()
    thing = ResourcePattern(kind, _named(right, chain_id), pattern)
    return ACL(principal, "*", ACLOperation[operation], ACLPermissionType.ALLOW, thing)
