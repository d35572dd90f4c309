"""A broker that asks for TLS, a user and rights: each role works with what the table gives it, and no more;
what is refused is one line.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from kafka.admin import ACLFilter, UserScramCredentialUpsertion
from kafka.admin._users import ScramMechanism

from dashboard.filing import export, sink, status
from dashboard.store import open_writer
from detectors.alerts.messages import alert_key, group_of
from detectors.alerts.pending import PendingAlert
from detectors.engine.settings import EngineSettings
from detectors.runs.live import Live
from detectors.runs.pending.run import PendingRun
from ingest.kafka import (
    ALERTS,
    BLOCKS,
    PENDING_ALERTS,
    SCORES,
    Cluster,
    HealthReporter,
    Publisher,
    read_access,
)
from ingest.kafka.rights import DETECT, RIGHTS, ROLES, Right, _acl, acl_lines, missing
from ingest.live.mempool.picture import opened
from ingest.live.mempool.spending import Spending
from ingest.live.mempool.watching import _publish_all
from ingest.live.wiring import FollowSettings, follow
from ingest.localchain.chain.chain import fork, private_fork
from ingest.log.blocklog import LogWriter
from ingest.machine.processes import wait_until
from ingest.model.budget import Budget
from ingest.model.errors import BrokerRefused
from ingest.model.health import HealthRole, Vitals
from ingest.model.kafka_role import Role
from ingest.nodes import Node
from tests.dashboard.alerts import drain
from tests.fixtures.certificates import Authority
from tests.fixtures.secured_broker import SecuredBroker

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

NOBODY = {"mechanism": None, "username": None, "password": None}
PLAIN_TEXT: dict[str, object] = {"security": "PLAINTEXT", "ca_file": None, **NOBODY}
CHAIN = 31_337

REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "a wrong password": ("SASL_SSL", {"password": "env:WRONG"}, "does not take user admin with this passw"),
    "an unknown user": ("SASL_SSL", {"username": "mallory"}, "does not take user mallory with this passw"),
    "a mechanism not offered": (
        "SASL_SSL", {"mechanism": "SCRAM-SHA-256"}, r"does not offer SCRAM-SHA-256 \(but SCRAM-SHA-512\)",
    ),
    "a user of the other mechanism": (
        "SASL_PLAINTEXT", {"security": "SASL_PLAINTEXT", "ca_file": None, "mechanism": "SCRAM-SHA-256"},
        "does not take user admin with this password and SCRAM-SHA-256",
    ),
    "an unknown authority": ("SASL_SSL", {"ca_file": "other.pem"}, "that `ca_file` does not vouch for"),
    "an expired certificate": ("EXPIRED", {}, "shows a certificate that has expired"),
    "another host": ("ELSEWHERE", {}, "shows a certificate of another address"),
    "plain text to TLS": ("SASL_SSL", PLAIN_TEXT, "speaks TLS at this port, and was spoken to in plain text"),
    "plain text to SASL": ("SASL_PLAINTEXT", PLAIN_TEXT, "ends a connection that does not say who it is"),
    "TLS to plain text": ("PLAINTEXT", {}, "does not speak TLS at this port"),
    "SASL to none": ("PLAINTEXT", {"security": "SASL_PLAINTEXT", "ca_file": None}, "knows no SASL"),
    "nobody to SASL over TLS": ("SASL_SSL", {"security": "SSL", **NOBODY}, "it wants SASL"),
    "no certificate": ("SSL", {"security": "SSL", **NOBODY}, "wants a `certificate_file`, or another one"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def wrong(monkeypatch: pytest.MonkeyPatch, secured_broker: SecuredBroker) -> None:
    monkeypatch.setenv("WRONG", "mallory-guesses")
    if not (secured_broker.folder / "other.pem").exists():
        Authority.made(secured_broker.folder, "other")


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_broker_refuses_is_one_line(secured_broker: SecuredBroker, case: str) -> None:
    listener, settings, why = REFUSED[case]
    access = read_access(secured_broker.access_file("admin", **settings))
    with pytest.raises(BrokerRefused, match=why) as caught:
        Cluster(secured_broker.at(listener), access).check(deadline_s=1)
    said = str(caught.value)
    assert secured_broker.at(listener) in said
    assert "\n" not in said
    assert "mallory-guesses" not in said
    assert "admin-secret" not in said


def test_a_certificate_is_a_user_too_and_a_host_name_may_be_left_unchecked(
    secured_broker: SecuredBroker,
) -> None:
    folder = secured_broker.folder
    certificate, key = secured_broker.authority.vouches(folder, "alice", "alice.example")
    own: dict[str, object] = {"certificate_file": str(certificate), "key_file": str(key)}
    access = read_access(secured_broker.access_file("admin", security="SSL", **NOBODY, **own))
    Cluster(secured_broker.at("SSL"), access).check()
    with pytest.raises(
        BrokerRefused, match=r"sink may not do its work .* it lacks Read on topic chain.blocks"
    ):
        Cluster(secured_broker.at("SSL"), access).expect_rights("sink")
    unchecked = read_access(secured_broker.access_file("admin", check_hostname=False))
    Cluster(secured_broker.at("ELSEWHERE"), unchecked).check()


def test_both_mechanisms_are_spoken(secured_broker: SecuredBroker) -> None:
    with secured_broker.cluster("admin")._admin() as admin:
        added = UserScramCredentialUpsertion("bob", ScramMechanism.SCRAM_SHA_256, "bob-secret")
        assert admin.alter_user_scram_credentials([added]) == {"bob": None}
    plainly = {"security": "SASL_PLAINTEXT", "ca_file": None, "mechanism": "SCRAM-SHA-256"}
    access = read_access(secured_broker.access_file("bob", **plainly))
    until(lambda: Cluster(secured_broker.at("SASL_PLAINTEXT"), access).answers(1), "bob")


def test_ids_begin_as_the_rights_say() -> None:
    assert group_of(5) == f"{DETECT}5"


def test_lines_for_kafkas_own_tool_name_each_right_once() -> None:
    for role in ROLES:
        lines = list(acl_lines("kafka.example:9093", "User:a b", role, None))
        assert sum(line.count("--operation ") for line in lines) == len(RIGHTS[role])
        assert all("--allow-principal 'User:a b'" in line for line in lines)
    detect = "\n".join(acl_lines("k:1", "User:d", "detect", None))
    assert "--operation Read --group undertow-detect- --resource-pattern-type prefixed" in detect
    one = "\n".join(acl_lines("k:1", "User:d", "detect", 5))
    assert "--operation Write --transactional-id undertow-detect-5\n" in f"{one}\n"


@pytest.fixture(scope="module")
def ready(secured_broker: SecuredBroker) -> SecuredBroker:
    """With topics, a chain, a mark, and a user with its rights for each role."""
    admin = secured_broker.cluster("admin")
    for role in ROLES:
        admin.allow(f"User:{role}", role, None)
    for more in ("new-chain", "mempool"):
        admin.allow("User:ingest", more, None)
    return secured_broker


@pytest.mark.chain
def test_with_exactly_its_rights_each_role_does_its_work_and_uses_every_one(
    ready: SecuredBroker, origin_rpc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka's own log of what it allowed is held against the table: what nothing used is a right too many."""
    said: list[str] = []

    def speaks_as(role: Role) -> str:
        monkeypatch.setenv("UNDERTOW_KAFKA_CONFIG", str(ready.access_file(role)))
        return ready.at()

    with fork(origin_rpc, chain_id=CHAIN) as node:
        last = Node(node.url).head().height
        for goal in (last - 1, last):  # the second time Kafka's topic of marks is there to be looked at
            ingests = FollowSettings(last - 3, until_block=goal)
            follow(node.url, speaks_as("ingest"), CHAIN, ingests, None, Event(), said.append)
            if goal == last:
                sends_an_alert(speaks_as("detect"))  # which the rebuild reads, and retracts
            live = Live(speaks_as("detect"), CHAIN, [], tmp_path / "state", say=said.append)
            live.run(Event(), until_block=goal, rebuild=goal == last)
        shows_what_waits(speaks_as("ingest"), node.url)
    with closing(open_writer(f"sqlite:///{tmp_path / 'store.db'}")) as writer:
        sink.run(speaks_as("sink"), writer, sink.Goal(CHAIN, last), Event(), said.append)
    judges_what_waits(speaks_as("pending"), tmp_path / "pending")
    sets_aside(speaks_as("ingest"))
    (exported,) = export.from_kafka(speaks_as("export"), CHAIN)
    (seen,) = status.gather(speaks_as("status"), None).log
    assert (exported.head, seen.judged) == (last, last)
    for role in ("ingest", "detect", "sink", "canary", "pending"):
        tells_of_health(speaks_as(role), role)

    used, denied = asked_of(ready)
    assert denied == set()
    for role in ROLES:
        idle = [right for right in RIGHTS[role] if not has_used(used, role, right)]
        # Alter makes room for a second chain: see the test of a new chain.
        assert {str(right) for right in idle if right.operation != "Alter"} == set(), role


def sends_an_alert(bootstrap: str) -> None:
    alert = drain(chain_id=CHAIN)
    with Publisher(bootstrap, group_of(CHAIN)) as publisher, publisher.transaction():
        publisher.send(ALERTS, 0, alert_key(CHAIN, alert.id), alert.to_json().encode())


def shows_what_waits(bootstrap: str, node: str) -> None:
    """Until the first picture is there."""
    ended = Event()
    with closing(opened(node, CHAIN, False, frozenset(), private_fork, print)) as pool:
        spending = Spending(Budget(), Vitals())
        showing = Thread(target=_publish_all, args=(pool, bootstrap, Event(), ended, spending))
        showing.start()
        partition = Cluster(bootstrap).partition_of(CHAIN)
        wait_until(lambda: Cluster(bootstrap).pending_partitions() > partition, 60, "room for pictures")
        ended.wait(3)
        ended.set()
        showing.join(60)
    assert not showing.is_alive()


def judges_what_waits(bootstrap: str, state: Path) -> None:
    """One run, after an alert that the process before left."""
    left = PendingAlert("pending-1", CHAIN, 1, 1, "0x" + "00" * 32, (), False, drain(chain_id=CHAIN))
    with Publisher(bootstrap, f"undertow-pending-{CHAIN}") as publisher, publisher.transaction():
        publisher.send(PENDING_ALERTS, 0, alert_key(CHAIN, left.id), left.to_json().encode())
    PendingRun(bootstrap, CHAIN, [], state, EngineSettings(), print).run(Event(), until_block=0)


def sets_aside(bootstrap: str) -> None:
    with closing(LogWriter(bootstrap, CHAIN)) as log:
        assert log.reject(1, "it was a lie", "a node")


def tells_of_health(bootstrap: str, role: HealthRole) -> None:
    """At once, where a role would tell of itself beside its work."""
    told = HealthReporter(bootstrap, role, CHAIN, Vitals())
    told._send()
    told._let_go()


@pytest.mark.chain
def test_a_command_is_told_by_a_file_and_shows_no_secret(ready: SecuredBroker) -> None:
    made(ready)
    config = ("--kafka-config", str(ready.access_file("status")))
    argv = [sys.executable, "-m", "undertow", "status", "--kafka", ready.at(), *config]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert f"chain {CHAIN} in Kafka" in done.stdout, done.stderr
    assert "status-secret" not in done.stdout + done.stderr


_AUDIT = re.compile(
    r"Principal = User:(\S+) is (Allowed|Denied) operation = (\w+) from host = \S+ "
    r"on resource = (\w+):LITERAL:(\S+) "
)


Asked = set[tuple[str, str, str, str]]
"""User, operation, kind and name of what was done with."""


def asked_of(broker: SecuredBroker) -> tuple[Asked, Asked]:
    """What users did, and what they may not do and tried. With every question the library also asks for what
    it may do with the cluster, which nobody needs.
    """
    used: Asked = set()
    denied: Asked = set()
    for user, verdict, operation, kind, name in _AUDIT.findall(broker.log):
        if user in ROLES and kind != "Cluster":
            (used if verdict == "Allowed" else denied).add((user, operation, kind, name))
    return used, denied


def has_used(used: Asked, role: Role, right: Right) -> bool:
    user = "ingest" if role in ("new-chain", "mempool") else role
    operation = re.sub("(?<=[a-z])(?=[A-Z])", "_", right.operation).upper()
    kind = {"topic": "Topic", "group": "Group", "transactional-id": "TransactionalId"}[right.kind]
    name = f"{right.name}{CHAIN}" if right.is_of_a_chain else right.name
    return (user, operation, kind, name) in used


@pytest.mark.parametrize("role", [role for role in ROLES if role != "new-chain"])
def test_one_right_less_is_said_with_the_role_the_thing_and_the_right(
    ready: SecuredBroker, role: Role
) -> None:
    """The tests before have made the topics and the mark."""
    made(ready)
    with ready.cluster("admin")._admin() as admin, ready.cluster(role)._admin() as asking:
        assert missing(asking, role, CHAIN) == []
        for right in (right for right in RIGHTS[role] if right.kind != "transactional-id"):
            with taken_away(admin, f"User:{role}", right):
                until(partial(is_missed, asking, role, right), str(right))
        right = RIGHTS[role][-1] if RIGHTS[role][-1].kind == "topic" else RIGHTS[role][0]
        with taken_away(admin, f"User:{role}", right):
            until(lambda: missing(asking, role, CHAIN) != [], str(right))
            with pytest.raises(BrokerRefused) as caught:
                ready.cluster(role).expect_rights(role, CHAIN)
        assert f"{role} may not do its work" in str(caught.value)
        assert f"lacks {right}" in str(caught.value)


def test_rights_that_show_only_when_they_are_used_are_named_then(
    ready: SecuredBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(ready)
    monkeypatch.setenv("UNDERTOW_KAFKA_CONFIG", str(ready.access_file("detect")))
    with pytest.raises(BrokerRefused, match="detect a right on transactional id undertow-ingest-31337"):
        Publisher(ready.at(), "undertow-ingest-31337")
    with (
        pytest.raises(BrokerRefused, match=r"does not give detect a right on topic chain.blocks"),
        Publisher(ready.at(), group_of(CHAIN)) as detect,
        detect.transaction(),
    ):
        detect.send(BLOCKS, 0, b"1", b"forged")
    with (
        pytest.raises(BrokerRefused, match="does not give detect a right on group somebody-elses"),
        Publisher(ready.at(), group_of(CHAIN)) as detect,
        detect.transaction(),
    ):
        detect.send(SCORES, 0, b"1", b"score")
        detect.mark("somebody-elses", BLOCKS, 0, 1, "mine now")


def test_a_new_chain_without_the_right_to_make_room_for_it_says_so(ready: SecuredBroker) -> None:
    made(ready)
    (alter,) = (right for right in RIGHTS["new-chain"] if (right.name, right.operation) == (SCORES, "Alter"))
    with ready.cluster("admin")._admin() as admin, taken_away(admin, "User:ingest", alter):
        time.sleep(0.5)
        with pytest.raises(BrokerRefused, match=r"new-chain may not do its work .* lacks Alter on topic"):
            ready.cluster("ingest").partition_of(99, create=True)
    assert ready.cluster("ingest").partition_of(99, create=True) == 1


def made(broker: SecuredBroker) -> None:
    """A chain and its mark, where the test that runs the roles has not made them."""
    cluster = broker.cluster("admin")
    if CHAIN in cluster.chains():
        return
    cluster.partition_of(CHAIN, create=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("UNDERTOW_KAFKA_CONFIG", str(broker.access_file("admin")))
        with Publisher(broker.at(), group_of(CHAIN)) as publisher, publisher.transaction():
            publisher.send(BLOCKS, 0, str(CHAIN).encode(), b"block")
            publisher.mark(group_of(CHAIN), BLOCKS, 0, 1, "")


def is_missed(asking: Any, role: Role, right: Right) -> bool:
    return right in missing(asking, role, CHAIN)


@contextmanager
def taken_away(admin: Any, principal: str, right: Right) -> Iterator[None]:
    acl = _acl(principal, right, None)
    admin.delete_acls(
        [ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, acl.resource_pattern)]
    )
    try:
        yield
    finally:
        admin.create_acls([acl])


def until(check: Callable[[], bool], what: str) -> None:
    """A change of users and rights takes a moment until the broker goes by it."""
    end = time.monotonic() + 20
    while not check():
        assert time.monotonic() < end, what
        time.sleep(0.05)
