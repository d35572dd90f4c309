"""Traces are the same rows whichever form a node offers, and whichever client it runs."""

from __future__ import annotations

import msgspec
import polars as pl
import pytest

from ingest.blocks.frames import batch as batch_of
from ingest.blocks.traces import (
    Call,
    FlatAction,
    FlatTrace,
    NestedCall,
    NestedTrace,
    flat_calls,
    frame,
    nested_calls,
)
from ingest.facts.calls import traced
from ingest.model.batch import Batch
from ingest.nodes import Node, Nodes
from tests.fixtures.frames import ChainBuilder, word
from tests.fixtures.liar import lying
from tests.fixtures.town import ETHER, Town
from tests.ingest.blocks.test_traces import (
    ALICE,
    BANK,
    HEIR,
    MALLORY,
    flat_traces,
    hexed,
    no_trace_block,
    one_transaction,
    table,
)


def push(data: bytes) -> bytes:
    return bytes([0x5F + len(data)]) + data


def calling(to: bytes, operation: int = 0xF1, wei: int = 0, gas: int = 0xFFFF) -> bytes:
    """Code that calls: by CALL, or CALLCODE (f2), DELEGATECALL (f4), STATICCALL (fa), which take no value."""
    value = push(wei.to_bytes(8, "big")) if operation in (0xF1, 0xF2) else b""
    return push(b"\0") * 4 + value + push(to) + push(gas.to_bytes(3, "big")) + bytes([operation, 0x50])


def creating(code: bytes, wei: int = 0, salt: bytes = b"") -> bytes:
    """Code that creates a contract by running other code (below 33 bytes): CREATE, or CREATE2 with a salt."""
    kept = push(code) + bytes.fromhex("600052")
    place = push(bytes([len(code)])) + push(bytes([32 - len(code)])) + push(bytes([wei]))
    return kept + (push(salt) if salt else b"") + place + bytes([0xF5 if salt else 0xF0, 0x50])


FAILING = {"reverted": "60006000fd", "bad instruction": "fe", "bad jump": "600056", "stack underflow": "01",
           "out of gas": "5b600056"}  # fmt: skip
"""Code that fails, and how."""


@pytest.mark.chain
def test_whatever_happens_in_a_transaction_both_forms_of_a_real_node_give_the_same_rows(town: Town) -> None:
    failing = {
        why: town.deploys("alice", bytes.fromhex(code)).newest_contract for why, code in FAILING.items()
    }
    dying = town.deploys("alice", b"\x73" + HEIR + b"\xff", wei=7).newest_contract
    reverting, revert = failing["reverted"], bytes.fromhex(FAILING["reverted"])
    deploy = bytes.fromhex("6001600c60003960016000f300")  # hands on one byte, a STOP
    code = b"".join((
        calling(b"\x02", 0xFA), calling(b"\x04"), calling(b"\x04", wei=3), calling(b"\x10"),
        calling(b"\x01\x00", 0xFA),
        *(calling(contract, gas=0xFFF) for contract in failing.values()),
        calling(reverting, wei=10**18), calling(dying), calling(reverting, 0xF4),
        calling(reverting, 0xF2, wei=1), creating(revert), creating(deploy, 2),
        creating(deploy, 2, salt=b"\5"), creating(deploy, 2, salt=b"\5"),
    ))  # fmt: skip
    batch = _run(town, code, wei=1000)

    flat = traced(batch, Nodes(town.url).traces, town.url).traces
    with lying(town.url, no_trace_block) as liar:
        nested = traced(batch, Nodes(liar.url).traces, liar.url).traces
    assert nested.equals(flat)

    # what never ran, and what precompiled contracts do for nothing, is in neither
    assert flat.filter(depth=1).select("call_type", "error").rows() == [
        ("call", None), *(("call", why) for why in FAILING), ("call", None), ("delegatecall", "reverted"),
        ("callcode", "reverted"), ("create", "reverted"), ("create", None), ("create", None),
        ("create", "address collision"),
    ]  # fmt: skip
    assert flat.filter(pl.col("error").is_not_null() & (pl.col("depth") > 0))["gas_used"].null_count() == 9
    assert flat.filter(depth=0)["gas_used"].to_list() == batch.transactions["gas_used"].to_list()
    made = flat.filter(call_type="create").select("error", "to_address").rows()
    assert [(why is None) == (where is not None) for why, where in made] == [True] * 4
    died = flat.filter(call_type="selfdestruct")
    assert died.select("from_address", "to_address", "value", "gas_used").rows() == [
        (dying, HEIR, word(7), None)
    ]


def _run(town: Town, code: bytes, wei: int) -> Batch:
    """The block in which alice runs code of any length, deployed with so much wei."""
    size = len(code).to_bytes(2, "big")
    # PUSH2 size, PUSH1 15, PUSH1 0, CODECOPY, PUSH2 size, PUSH1 0, RETURN, STOP
    creation = (
        b"\x61" + size + bytes.fromhex("600f600039") + b"\x61" + size + bytes.fromhex("6000f300") + code
    )
    town.wallet.ask("anvil_setBalance", hexed(ALICE), hex(1000 * ETHER))
    sent: dict[str, str] = {"from": hexed(ALICE), "gas": hex(9_000_000)}
    town.wallet.ask("eth_sendTransaction", {**sent, "value": hex(wei), "data": hexed(creation)})
    contract = town.mine().newest_contract
    town.wallet.ask("eth_sendTransaction", {**sent, "to": hexed(contract)})
    node = Node(town.url)
    return batch_of(town.chain_id, node.fetch(town.mine().head, town.head), ["none"])


WORDS = {
    "reverted": ("execution reverted", "Reverted", "revert", "VM execution revert", "Error: reverted"),
    "out of gas": ("out of gas", "Out of gas", "OutOfGas", "contract creation code storage out of gas",
                   "gas uint64 overflow", "OUT_OF_GAS"),
    "bad instruction": ("invalid opcode: opcode 0xfe not defined", "Bad instruction", "InvalidFEOpcode",
                        "OpcodeNotFound", "invalid opcode: INVALID"),
    "bad jump": ("invalid jump destination", "Bad jump destination", "InvalidJump"),
    "stack underflow": ("stack underflow (0 <=> 1)", "Stack underflow", "StackUnderflow"),
    "stack overflow": ("stack limit reached 1024 (1023)", "Out of stack", "StackOverflow"),
    "write in a static call": ("write protection", "Mutable Call In Static Context",
                               "StateChangeDuringStaticCall"),
    "address collision": ("contract address collision", "CreateCollision"),
    "return data out of bounds": ("return data out of bounds", "Out of bounds", "OutOfOffset"),
    "bad code": ("max code size exceeded", "invalid code: must not begin with 0xef",
                 "CreateContractStartingWithEF: code"),
}  # fmt: skip
"""What clients say of one and the same failure: geth, OpenEthereum, Nethermind, Besu, reth."""


@pytest.mark.parametrize(("meaning", "said"), [(why, text) for why, texts in WORDS.items() for text in texts])
def test_a_failure_has_one_name_whoever_tells_of_it(meaning: str, said: str) -> None:
    flat = [FlatTrace("call", action(), [], transaction_position=0, error=said)]
    nested = [NestedTrace(NestedCall("CALL", hexed(ALICE), hexed(BANK), error=said))]

    assert [call.error for call in (*flat_calls(flat), *nested_calls(nested))] == [meaning] * 2


def action(**more: str) -> FlatAction:
    told = {
        "from": hexed(ALICE),
        "to": hexed(BANK),
        "callType": "call",
        "value": "0x0",
        "input": "0x",
        **more,
    }
    return msgspec.convert(told, FlatAction)


def test_a_failure_in_unknown_words_keeps_them() -> None:
    (call,) = nested_calls([NestedTrace(NestedCall("CALL", hexed(ALICE), hexed(BANK), error="Tired\u202e"))])

    assert call.error == "tired "


@pytest.mark.parametrize("to", ["0x" + "00" * 19 + "02", "0x" + "00" * 19 + "11", "0x" + "00" * 18 + "0100"])
def test_a_precompiled_contract_is_a_row_only_where_money_goes_to_it(to: str) -> None:
    inner = [NestedCall("STATICCALL", hexed(BANK), to), NestedCall("CALL", hexed(BANK), to, value="0x5")]
    calls = list(nested_calls([NestedTrace(NestedCall("CALL", hexed(ALICE), to, calls=inner))]))

    assert [(call.depth, call.value) for call in calls] == [(0, None), (1, "0x5")]


def test_flat_traces_in_another_order_and_rewards_with_a_position_change_nothing() -> None:
    reward = FlatTrace("reward", FlatAction(value="0x1"), [], transaction_position=0)

    assert list(flat_calls([reward, *reversed(flat_traces())])) == list(flat_calls(flat_traces()))


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="an address is not of 20 bytes"):
        table(one_transaction(), [Call(0, 0, "call", "0x12", None, None, None, None, None, undone=False)])
    with pytest.raises(ValueError, match="an address is not of 20 bytes"):
        table(
            one_transaction(), list(flat_calls([FlatTrace("call", FlatAction(), [], transaction_position=0)]))
        )


def test_a_row_that_is_no_transaction_needs_no_trace() -> None:
    batch = ChainBuilder().block().native(ALICE, MALLORY, 7).native(ALICE, BANK, 7).batch()
    marked = batch.transactions.with_columns(
        receipt_of=pl.when(pl.col("transaction_index") == 1).then(pl.lit("state-sync"))
    )
    calls = [(batch.first, call) for call in flat_calls(flat_traces())]

    assert frame(batch.blocks, marked, calls)["transaction_index"].unique().to_list() == [0]
