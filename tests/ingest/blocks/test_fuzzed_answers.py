"""Whatever a node answers, reading it ends in a batch or in an error of the family, and strict takes no lie.

`UNDERTOW_FUZZ_CASES=100000` tries so many answers in place of a few.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.blocks.transactions import Whole
from ingest.blocks.verify import Rules, Verify, verified_batch
from ingest.model.batch import Batch
from ingest.model.errors import UndertowError
from ingest.nodes import Node
from tests.fixtures.fake_chain import FakeChain, FakeTransport, node_of

CASES = int(os.environ.get("UNDERTOW_FUZZ_CASES", "800"))
TRUTH = FakeChain().produce_blocks(3, logs=2, transactions=2)
WHOLE = node_of(TRUTH).fetch(1, 2)
CALLS = [
    (method, [hex(n), True]) for n in (1, 2) for method in ("eth_getBlockByNumber", "eth_getBlockReceipts")
]
BODY = json.dumps([{"id": at, **TRUTH.answer(*call)} for at, call in enumerate(CALLS)]).encode()

words = st.sampled_from([
    "", "0x", "0", "0x0", "0x1", "0xff", "0x-1", "-0x5", "0x 1", "0x_1", "0xzz", "\u0660", "0x" + "f" * 64,
    "0x" + "f" * 65, "0x1" + "0" * 400,
    "0x" + "ab" * 20, "0X" + "AB" * 32, "0x" + "00" * 31 + "  ", "\x00\u202e",
    "\ud7ff\U0001f600", "latest", "0x2" + "0" * 15, "0x" + "f" * 16,
])  # fmt: skip
values: st.SearchStrategy[Any] = st.one_of(
    words,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.just([]),
    st.just({}),
    st.just([[[]]]),
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as the keys that lead there."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(place for key, below in inner for place in places(below, (*path, key)))]


def spoiled(answers: Any, place: Sequence[Any], how: str, value: Any) -> Any:
    """The answers with one place changed, taken out, or doubled."""
    tree: Any = copy.deepcopy(answers)
    if not place:
        return value
    *above, key = place
    holder = tree
    for step in above:
        holder = holder[step]
    if how == "taken out":
        del holder[key]
    elif how == "doubled" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[key] = value
    return tree


@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(get_args(Verify)))
def test_no_answer_crashes_the_reader_and_strict_takes_no_lie(data: st.DataObject, verify: Verify) -> None:
    node = node_of(FakeTransport(TRUTH, hook=lambda told: draw_spoiled(data, told)))
    try:
        batch = read(node, verify)
    except UndertowError as error:
        assert str(error).isprintable(), "a message is one line, whatever the node wrote"
        assert "\u202e" not in str(error)
        return
    assert batch.blocks.height >= 1
    if verify == "strict":
        tells_the_truth(batch)


@settings(max_examples=max(CASES // 5, 100), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.binary(max_size=6), st.sampled_from(get_args(Verify)))
def test_no_bytes_crash_the_reader(data: st.DataObject, junk: bytes, verify: Verify) -> None:
    body = bytearray(BODY)
    at = data.draw(st.integers(0, len(body) - 1))
    body[at : at + data.draw(st.integers(0, 6))] = junk
    node = node_of(FakeTransport(TRUTH, raw=bytes(body)))
    try:
        read(node, verify)
    except UndertowError as error:
        assert str(error).isprintable()


def draw_spoiled(data: st.DataObject, told: Any) -> Any:
    """The answers with one or two places spoiled."""
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places(told)))
        how = data.draw(st.sampled_from(["changed", "changed", "taken out", "doubled"]))
        told = spoiled(told, place, how, data.draw(values))
    return told


def read(node: Node, verify: Verify) -> Batch:
    """What ingest does with an answer, once it has seen whole headers."""
    found = node.fetch(1, 2)
    return verified_batch(
        1, found, WHOLE[0].block.parent, Rules(verify, whole=Whole(headers=True)), lambda *_: None
    )


def tells_the_truth(batch: Batch) -> None:
    """Blocks and logs are those of the chain."""
    whole = verified_batch(1, WHOLE[: batch.blocks.height], None, Rules("strict"), lambda *_: None)
    assert batch.blocks.equals(whole.blocks)
    assert batch.logs.equals(whole.logs)
