"""Following nodes that do not say what is final, count time otherwise, or give what cannot be proved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.facts.lists import ListBook
from ingest.live.follower import Follower, FollowSettings
from ingest.nodes import Nodes, health
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of
from tests.fixtures.list_log import ListLog


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rests and waits pass at once."""
    for name in ("FIRST_REST_S", "LONGEST_REST_S", "FIRST_PROBE_S"):
        monkeypatch.setattr(health, name, 0.0)
    monkeypatch.setattr("ingest.live.forks.FINALITY_CHECK_S", 0.0)


def told_by(transport: FakeTransport, log: ListLog, steps: int, **wanted: object) -> list[str]:
    """What a follower says in so many attempts."""
    said: list[str] = []
    settings = FollowSettings(**{"start": "earliest", "poll_s": 0.001, "ahead": 0, **wanted})  # type: ignore[arg-type]
    one = Follower(1, Nodes([node_of(transport)], 1), log, settings, said.append, ListBook(None, said.append))
    for _ in range(steps):
        one._attempt()
    return said


def test_a_node_that_does_not_know_what_is_final_is_followed_all_the_same() -> None:
    chain, log = FakeChain(finalised=0).produce_blocks(5), ListLog()
    transport = FakeTransport(chain)
    truly: Callable[[Json], Json] = transport._answer

    def answer(call: Json) -> Json:
        if call["params"] and call["params"][0] == "finalized":
            return {"id": call["id"], "error": {"code": -39001, "message": "unknown block"}}
        return truly(call)

    transport._answer = answer  # type: ignore[method-assign]
    assert told_by(transport, log, 3) == []
    chain.produce_blocks(2)
    assert told_by(transport, log, 3) == []
    assert log.hashes() == chain.hashes()


def test_a_stall_names_the_cause_and_the_way_out() -> None:
    def drop(told: list[Json]) -> list[Json]:
        for one in told:
            for receipt in one["result"] if isinstance(one.get("result"), list) else ():
                receipt.update(logs=[], logsBloom=None)
        return told

    said = told_by(FakeTransport(FakeChain().produce_blocks(2), hook=drop), ListLog(), 2)
    stalled = [line for line in said if line.startswith("stalled: block 0 from http://node cannot be proved")]

    assert len(stalled) == 1
    assert "the header's bloom holds more than its logs" in stalled[0]
    assert stalled[0].endswith("; --verify warn reads such blocks all the same, and marks them")


def test_a_chain_that_counts_in_nanoseconds_is_said_to_once() -> None:
    chain, log = FakeChain().produce_blocks(1), ListLog()

    def nanoseconds(told: list[Json]) -> list[Json]:
        for one in told:
            if isinstance(one.get("result"), dict) and "timestamp" in one["result"]:
                one["result"] = {
                    **one["result"],
                    "timestamp": hex(int(one["result"]["timestamp"], 16) * 10**9),
                }
        return told

    said = told_by(FakeTransport(chain, hook=nanoseconds), log, 4, verify="off")
    assert said == ["this chain tells its time in nanoseconds: read as whole seconds"]
