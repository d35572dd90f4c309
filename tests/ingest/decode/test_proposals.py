"""Proposals and votes: every call that a proposal would make is a row, and a malformed proposal is none."""

from __future__ import annotations

import polars as pl
import pytest
from eth_abi.abi import encode

from ingest.decode.shapes import signature
from tests.fixtures.frames import ChainBuilder, address, word

ALICE, MALLORY, TREASURY, TIMELOCK = (address(name) for name in ("alice", "mallory", "treasury", "timelock"))
GOVERNOR = address("governor")
CREATED = signature(
    "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)"
)
TYPES = (
    "uint256",
    "address",
    "address[]",
    "uint256[]",
    "string[]",
    "bytes[]",
    "uint256",
    "uint256",
    "string",
)
DRAIN = bytes.fromhex("a9059cbb") + word(MALLORY) + word(10**24)


def proposal(
    targets: list[bytes] | None = None, values: list[int] | None = None, calls: list[bytes] | None = None
) -> bytes:
    """A proposal of mallory's: by default two calls, the second without data."""
    targets = [TREASURY, TIMELOCK] if targets is None else targets
    values = [0, 7] if values is None else values
    calls = [DRAIN, b""] if calls is None else calls
    told = (5, MALLORY, targets, values, [""] * len(targets), calls, 100, 200, "a better treasury")
    return encode(TYPES, told)


def proposals(data: bytes, topic: bytes = CREATED) -> pl.DataFrame:
    return ChainBuilder().block().log(GOVERNOR, (topic,), data).batch().proposals


def test_every_call_of_a_proposal_is_a_row() -> None:
    made = proposals(proposal())

    told = ("index_in_log", "action", "governor", "proposal_id", "proposer", "target", "value", "input")
    assert made.select(told).rows() == [
        (0, "create", GOVERNOR, word(5), MALLORY, TREASURY, word(0), DRAIN),
        (1, "create", GOVERNOR, word(5), MALLORY, TIMELOCK, word(7), b""),
    ]
    assert made.select("vote_start", "vote_end").unique().rows() == [(word(100), word(200))]


def test_what_becomes_of_it_is_told_step_by_step() -> None:
    chain = ChainBuilder().block()
    for declared, data in (
        ("ProposalQueued(uint256,uint256)", word(5) + word(1_800_000_000)),
        ("ProposalExecuted(uint256)", word(5)),
        ("ProposalCanceled(uint256)", word(6)),
    ):
        chain.log(GOVERNOR, (signature(declared),), data)

    assert chain.batch().proposals.select("action", "proposal_id", "eta", "target").rows() == [
        ("queue", word(5), word(1_800_000_000), None),
        ("execute", word(5), None, None),
        ("cancel", word(6), None, None),
    ]


def test_a_proposal_of_no_calls_has_no_rows() -> None:
    assert proposals(proposal([], [], [])).height == 0


@pytest.mark.parametrize(
    "data",
    [
        proposal(values=[0]),
        proposal(calls=[DRAIN]),
        proposal().replace(word(TREASURY), b"\1" + word(TREASURY)[1:]),
        proposal().replace(word(len(DRAIN)), word(10**6)),
        proposal().replace(word(len(DRAIN)), word(2**255)),
    ],
    ids=["a value short", "a call short", "dirt before a target", "call data too long", "absurd length"],
)
def test_a_proposal_that_is_not_sound_in_every_part_is_not_decoded_in_any(data: bytes) -> None:
    assert proposals(data).height == 0


def test_an_unsound_proposal_does_not_hide_its_neighbour() -> None:
    chain = ChainBuilder().block()
    chain.log(GOVERNOR, (CREATED,), proposal(values=[0])).log(GOVERNOR, (CREATED,), proposal())

    assert chain.batch().proposals["log_index"].to_list() == [1, 1]


def test_votes_are_counted_with_their_weight_whether_they_give_a_reason_or_not() -> None:
    chain = ChainBuilder().block()
    plain = encode(("uint256", "uint8", "uint256", "string"), (5, 1, 10**24, ""))
    chain.log(GOVERNOR, (signature("VoteCast(address,uint256,uint8,uint256,string)"), word(ALICE)), plain)
    more = encode(("uint256", "uint8", "uint256", "string", "bytes"), (5, 0, 3, "no", b"\7"))
    with_params = signature("VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)")
    chain.log(GOVERNOR, (with_params, word(MALLORY)), more)

    assert chain.batch().votes.select("governor", "proposal_id", "voter", "support", "weight").rows() == [
        (GOVERNOR, word(5), ALICE, 1, word(10**24)),
        (GOVERNOR, word(5), MALLORY, 0, word(3)),
    ]
