"""A node's pool, in whatever way it is shown; and a node that has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingest.live.mempool import pool
from ingest.live.mempool.pool import ToldPool, WholePool, open_pool
from ingest.model.errors import BadInput, NodeMisbehaved
from ingest.nodes.sending.speaking import Speaker
from tests.fixtures.http_server import answering
from tests.ingest.live.mempool.test_choosing import sent

Answers = dict[str, Callable[..., Any]]


@contextmanager
def node(answers: Answers) -> Iterator[Speaker]:
    """A node that knows these methods and no other."""

    def one(call: dict[str, Any]) -> dict[str, Any]:
        known = answers.get(call["method"])
        if known is None:
            error = {"code": -32601, "message": f"the method {call['method']} does not exist"}
            return {"jsonrpc": "2.0", "id": call["id"], "error": error}
        return {"jsonrpc": "2.0", "id": call["id"], "result": known(*call["params"])}

    def respond(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        told = [one(call) for call in asked] if isinstance(asked, list) else one(asked)
        return 200, json.dumps(told).encode()

    with answering(respond) as url:
        speaker = Speaker(url)
        yield speaker
        speaker.close()


def test_a_pool_that_is_shown_whole_is_read_without_what_is_queued() -> None:
    alice, bob = sent("alice"), sent("bob")
    content = {
        "pending": {alice["from"]: {"0": alice, "1": "rubbish"}, "mallory": "rubbish"},
        "queued": {bob["from"]: {"5": bob}},
    }
    with node({"txpool_content": lambda: content}) as speaker:
        opened = open_pool(speaker)

        assert isinstance(opened, WholePool)
        assert [each.hash for each in opened.read()] == [alice["hash"]]
        assert opened.unread == 1


def test_a_node_that_tells_hash_by_hash_is_asked_for_each_until_it_is_mined_or_gone() -> None:
    alice, bob = sent("alice"), sent("bob")
    held, told = {alice["hash"]: alice, bob["hash"]: bob}, [[alice["hash"]], [bob["hash"]], [], []]
    answers: Answers = {
        "eth_newPendingTransactionFilter": lambda: "0x1",
        "eth_getFilterChanges": lambda _name: told.pop(0),
        "eth_getTransactionByHash": lambda name: held.get(name),
    }
    with node(answers) as speaker:
        opened = open_pool(speaker)
        assert isinstance(opened, ToldPool)

        assert names(opened) == {alice["hash"]}
        assert names(opened) == {alice["hash"], bob["hash"]}
        held[alice["hash"]] = alice | {"blockNumber": "0x5"}
        assert names(opened) == {bob["hash"]}
        del held[bob["hash"]]
        assert names(opened) == set()


def names(opened: pool.Pool) -> set[str]:
    return {each.hash for each in opened.read()}


def test_a_node_without_a_pool_is_one_line() -> None:
    with node({}) as speaker, pytest.raises(BadInput, match="offers no pool") as error:
        open_pool(speaker)

    assert "\n" not in str(error.value)
    assert "leave --mempool out" in str(error.value)


@pytest.mark.parametrize("rubbish", [None, [], "0x", 5])
def test_a_pool_that_is_none_is_the_nodes_fault(rubbish: Any) -> None:
    with node({"txpool_content": lambda: rubbish}) as speaker:
        opened = open_pool(speaker)
        with pytest.raises(NodeMisbehaved):
            opened.read()


def test_a_pool_without_end_is_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_WAITING", 3)
    content = {"pending": {str(n): {"0": sent(f"mallory {n}")} for n in range(7)}}
    with node({"txpool_content": lambda: content}) as speaker:
        opened = open_pool(speaker)

        assert len(opened.read()) == 3
        assert opened.unread == 4
