"""What a node leaves out, or gets wrong, where roots and hashes say what it must have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ingest.blocks import rlp
from ingest.blocks.answers import Answer
from ingest.blocks.verify import Rules, Verify, verified_batch
from ingest.model.batch import Batch
from ingest.model.errors import ProofFailed
from ingest.nodes import Node
from tests.fixtures.fake_chain import FakeChain, FakeTransport, Json, node_of
from tests.fixtures.frames import word
from tests.fixtures.made_blocks import ETHEREUM, Made, MadeBlock, fields, paid


def read(answer: Answer, verify: Verify = "strict", said: list[str] | None = None) -> Batch:
    lines = [] if said is None else said
    return verified_batch(1, [answer], None, Rules(verify), lambda _at, why, _source: lines.append(why))


# a status


def failed(status: Any) -> Made:
    """Alice's payment fails; her node writes its status so."""
    made = paid(0, outcome=b"", logs=0)
    told = {name: value for name, value in made.told.items() if name != "status"}
    sent = {**(made.sent or {}), "value": hex(10**18)}
    return Made(told if status is ... else {**told, "status": status}, made.encoded, sent)


@pytest.mark.parametrize("status", [..., None, "", "0x", "0x0", "0x00", False, 0])
def test_a_failed_payment_moves_nothing_however_its_node_writes_that_it_failed(status: Any) -> None:
    block, receipts = MadeBlock(receipts=[failed(status), paid(1)]).json()
    batch = read(given(block, receipts))

    assert batch.blocks["proof"].to_list() == ["header"]
    assert batch.transactions["status"].to_list() == [0, 1]
    assert batch.transfers.filter(standard="native").height == 0


def test_a_status_that_nothing_proves_is_null_where_it_is_left_out() -> None:
    block, receipts = MadeBlock(receipts=[failed(None)]).json()

    assert read(given(block, receipts), "off").transactions["status"].to_list() == [None]


def given(block: Json, receipts: Sequence[Json]) -> Answer:
    """The block as a node reads it that is given this JSON."""

    class Told(FakeTransport):
        def _answer(self, call: Json) -> Json:
            is_block = call["method"] == "eth_getBlockByNumber"
            return {"id": call["id"], "result": block if is_block else receipts}

    node: Node = node_of(Told(FakeChain()))
    (answer,) = node.fetch(100, 100)
    return answer


# gas


def used(gas: Sequence[int], said: Sequence[int | None], own: Sequence[int | None] | None = None) -> Answer:
    """Payments that used so much gas each, as a node that says `said` for the sums and `own` for each."""
    sums = [sum(gas[: at + 1]) for at in range(len(gas))]
    made = []
    for at, total in enumerate(sums):
        true = paid(at, cumulativeGasUsed=hex(total))
        told = {**true.told, "cumulativeGasUsed": said[at] if said[at] is None else hex(said[at] or 0)}
        mine = (own or gas)[at]
        told["gasUsed"] = None if mine is None else hex(mine)
        made.append(Made(told, true.encoded, true.sent))
    block, receipts = MadeBlock(header={"gasUsed": hex(sums[-1])}, receipts=made).json()
    return given(block, receipts)


GAS = [21_000, 21_000, 21_000]


@pytest.mark.parametrize(
    "said",
    [
        [None, None, None],
        [63_000, 63_000, 63_000],  # the block's, as Hedera's relay had it
        [21_000, 21_000, 21_000],  # each one's own, as Cosmos EVM has it by the transaction
        [0, 0, 0],
    ],
)
def test_sums_of_gas_that_are_missing_or_wrong_are_made_from_what_each_used(said: list[int | None]) -> None:
    batch = read(used(GAS, said))

    assert batch.blocks["proof"].to_list() == ["header"]
    assert batch.transactions["gas_used"].to_list() == GAS


def test_missing_sums_are_made_also_where_nothing_is_proved() -> None:
    assert read(used(GAS, [None] * 3), "off").transactions["gas_used"].to_list() == GAS


def test_gas_that_leads_to_no_root_is_refused_still() -> None:
    with pytest.raises(ProofFailed, match="its receipts hash to"):
        read(used(GAS, [21_000] * 3, own=[21_000, 21_001, 21_000]))
    with pytest.raises(ProofFailed, match="no number"):
        read(used(GAS, [None] * 3, own=[None] * 3))


# header fields


@pytest.mark.parametrize("absent", [..., None, "", "0x"])
def test_a_mix_hash_of_zeros_may_be_left_out(absent: Any) -> None:
    """Frontier's nodes (Moonbeam, Astar) and Hardhat's leave it out."""
    made = MadeBlock(header={"mixHash": "0x" + word(0).hex()}, receipts=[paid(0)])
    block, receipts = made.json()
    block = {**block, "mixHash": absent} if absent is not ... else _without(block, "mixHash")

    assert read(given(block, receipts)).blocks["proof"].to_list() == ["header"]


@pytest.mark.parametrize("absent", [..., None, "", "0x", "0x0"])
def test_a_header_without_a_receipts_root_is_named_and_readable_on_the_nodes_word(absent: Any) -> None:
    block, receipts = MadeBlock(receipts=[paid(0)]).json()
    block = {**block, "receiptsRoot": absent} if absent is not ... else _without(block, "receiptsRoot")
    said: list[str] = []

    with pytest.raises(ProofFailed, match="headers hold no root over receipts"):
        read(given(block, receipts))
    batch = read(given(block, receipts), "warn", said)
    assert batch.blocks.select("proof", "receipts_root").row(0) == ("none", bytes(32))
    assert (batch.transfers.height, len(said)) == (1, 1)


def test_a_head_without_a_receipts_root_is_a_head() -> None:
    transport = FakeTransport(FakeChain().produce_blocks(3))
    transport.hook = lambda told: [
        {**one, "result": _without(one["result"], "receiptsRoot")} if isinstance(one["result"], dict) else one
        for one in told
    ]
    assert node_of(transport).head().height == 3


def _without(told: Json, name: str) -> Json:
    return {key: value for key, value in told.items() if key != name}


def test_what_was_filled_in_is_no_more_than_the_node_said_where_nothing_proves_it() -> None:
    answer = used(GAS, [21_000] * 3)

    assert read(answer, "off").transactions["gas_used"].to_list() == [21_000, 0, 0]
    changed = replace(
        answer, receipts=[msgspec.structs.replace(one, gas_used=None) for one in answer.receipts]
    )
    with pytest.raises(ProofFailed):
        read(changed)


def test_a_header_of_frontier_has_its_receipts_proved() -> None:
    """Its hash is over a time in milliseconds and no base fee; its nodes tell seconds, and no mixHash."""

    def rule(header: Json) -> Sequence[rlp.Item]:
        return fields({**header, "timestamp": hex(int(header["timestamp"], 16) * 1000 + 6)}, *ETHEREUM)

    made = MadeBlock(rule, {"mixHash": "0x" + word(0).hex()}, [paid(0)])
    block, receipts = made.json()

    batch = read(given(_without(block, "mixHash"), receipts))
    assert batch.blocks["proof"].to_list() == ["receipts-root"]
