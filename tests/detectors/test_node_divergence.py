"""Nodes: one lies, one is behind, two are on different forks for a moment."""

from __future__ import annotations

from typing import cast

import pytest

from detectors.alerts.alert import Alert
from detectors.alerts.messages import alert_from, alert_key
from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.library.node_divergence import NodeDivergence, node_id
from ingest.model.batch import Rollback
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB = address("alice"), address("bob")
LIAR, HONEST = "http://liar:8545", "http://honest"


def raised(chain: ChainBuilder) -> list[Alert]:
    engine = Engine(1, [cast(Detector, NodeDivergence())], follows=False, keep_all=True)
    engine.take(chain.batch())
    assert not engine.state.off
    return list(engine.standing())


def start() -> ChainBuilder:
    return ChainBuilder().block().native(ALICE, BOB, 1).block()


def test_a_node_whose_own_root_refutes_it_is_named_with_both_answers() -> None:
    (alert,) = raised(start().native(ALICE, BOB, 2).disagrees(LIAR))

    assert alert.subject_kind == "node"
    assert alert.subject_id == f"0x{node_id(LIAR).hex()}"
    assert [(role.address, role.role) for role in alert.roles] == [(alert.subject_id, "subject")]
    assert alert.measured["answer"] == "its receipts hash to 0x01, its header says 0x02"
    assert alert.measured["other_answer"] == "block 0x03, receipts 0x02"
    assert (alert.measured["node"], alert.measured["other_node"]) == (LIAR, HONEST)
    assert alert.explanation.endswith("its own header refutes it.")
    assert [row.kind for row in alert.evidence] == ["native", "block"]


def test_its_alert_is_one_that_travels() -> None:
    (alert,) = raised(start().disagrees(LIAR))
    assert alert.transactions == (), "an empty block: the block itself is the evidence"

    value = alert.to_json().encode()
    assert alert_from(alert_key(1, alert.id), value, 1) == alert


@pytest.mark.parametrize(
    "what", ["receipts", "logs", "header", "transactions", "chain", "final", "numbering"]
)
def test_what_no_honest_node_says(what: str) -> None:
    assert len(raised(start().disagrees(LIAR, what))) == 1


@pytest.mark.parametrize(("depth", "found"), [(1, 0), (7, 0), (11, 0), (12, 1), (300, 1)])
def test_a_fork_is_ordinary_until_it_is_deeper_than_any(depth: int, found: int) -> None:
    assert len(raised(start().disagrees(LIAR, "hash", depth=depth))) == found


@pytest.mark.parametrize("what", ["fork", "something that a later version tells of"])
def test_receipts_that_change_with_a_fork_and_what_is_not_known_are_none(what: str) -> None:
    assert raised(start().disagrees(LIAR, what)) == []


def test_a_node_that_lies_again_and_again_is_one_alert_that_grows_graver() -> None:
    chain = start()
    for _ in range(3):
        chain.block().disagrees(LIAR)
    (alert,) = raised(chain)
    assert (alert.measured["times"], alert.severity) == (3, "high")
    assert raised(start().disagrees(LIAR))[0].severity == "medium"


def test_two_nodes_are_two_alerts() -> None:
    assert len(raised(start().disagrees(LIAR).disagrees("http://other"))) == 2


def test_where_nobody_else_is_asked_its_own_header_speaks() -> None:
    (alert,) = raised(start().disagrees(LIAR, other=None))
    assert alert.measured["other_node"] == "nobody else"
    assert "its own header refutes it" in alert.explanation


def test_a_rollback_takes_it_back() -> None:
    chain = start().disagrees(LIAR)
    other = chain.fork(1).block()
    engine = Engine(1, [cast(Detector, NodeDivergence())])
    engine.take(chain.batch())
    engine.take(Rollback(1, 1, chain.batch().blocks["block_hash"][0]))
    engine.take(other.batch(2))
    assert list(engine.standing()) == []


def test_thirty_nodes_of_each_kind_are_found_and_ordinary_forks_are_not() -> None:
    chain = start()
    for number in range(30):
        chain.block()
        for what in ("receipts", "header"):
            chain.disagrees(f"http://{what}-{number}", what)
        chain.disagrees(f"http://fork-{number}", "hash", depth=number % 12)
    found = [str(alert.measured["node"]) for alert in raised(chain)]
    assert len(found) == 60
    assert not any("fork" in node for node in found)
