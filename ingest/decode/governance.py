"""Votes: proposals of a governor (OpenZeppelin, Compound), votes on them, and who votes for whom."""

from __future__ import annotations

import polars as pl

from ingest import schema
from ingest.decode import shapes
from ingest.decode.event import Decoder, Rule, rule
from ingest.decode.words import WORD

_FIRST = pl.lit(0)
_LOG = ("block_number", "log_index")


def _each_call(proposals: pl.DataFrame) -> pl.DataFrame:
    """A row for each call that a proposal would make; none where not all of them are sound."""
    counts = {name: shapes.number_at(pl.col(name)) for name in ("targets", "values", "calls")}
    count, at = pl.col("count"), WORD * (pl.col("index_in_log") + 1)
    target = shapes.word_at(pl.col("targets") + at)
    place = pl.col("calls") + WORD + shapes.number_at(pl.col("calls") + at)
    sound = shapes.unsigned(target, 20) & shapes.bytes_fit(place)
    return (
        proposals.filter(counts["targets"] > 0, *(number == counts["targets"] for number in counts.values()))
        .with_columns(count=counts["targets"])
        .with_columns(index_in_log=pl.int_ranges(0, count))
        .explode("index_in_log", empty_as_null=False)
        .filter(sound.fill_null(False).all().over(_LOG))
        .with_columns(
            target=shapes.address(target),
            value=shapes.word_at(pl.col("values") + at),
            input=pl.col("data").bin.slice(place + WORD, shapes.number_at(place)),
        )
    )


def _step(action: str, declaration: str) -> Rule:
    return rule(declaration, governor="address", action=pl.lit(action), index_in_log=_FIRST)


PROPOSALS = Decoder(
    schema.PROPOSALS,
    (
        rule(
            "ProposalCreated(uint256 proposal_id, address proposer, address[] targets, uint256[] values,"
            " string[] signatures, bytes[] calls, uint256 vote_start, uint256 vote_end, string description)",
            _each_call,
            governor="address",
            action=pl.lit("create"),
        ),
        _step("queue", "ProposalQueued(uint256 proposal_id, uint256 eta)"),
        _step("execute", "ProposalExecuted(uint256 proposal_id)"),
        _step("cancel", "ProposalCanceled(uint256 proposal_id)"),
    ),
)

VOTES = Decoder(
    schema.VOTES,
    (
        rule(
            "VoteCast(address indexed voter, uint256 proposal_id, uint8 support, uint256 weight,"
            " string reason)",
            governor="address",
        ),
        rule(
            "VoteCastWithParams(address indexed voter, uint256 proposal_id, uint8 support, uint256 weight,"
            " string reason, bytes params)",
            governor="address",
        ),
    ),
)

DELEGATIONS = Decoder(
    schema.DELEGATIONS,
    (
        rule(
            "DelegateChanged(address indexed delegator, address indexed previous_delegate,"
            " address indexed delegate)",
            token="address",
            action=pl.lit("delegate"),
        ),
        rule(
            "DelegateVotesChanged(address indexed delegate, uint256 previous_votes, uint256 votes)",
            token="address",
            action=pl.lit("votes"),
        ),
    ),
)


def proposals(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Steps of proposals, with the calls that they would make (shape: `schema.PROPOSALS`)."""
    return PROPOSALS(blocks, logs)


def votes(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Votes that were cast (shape: `schema.VOTES`)."""
    return VOTES(blocks, logs)


def delegations(blocks: pl.DataFrame, logs: pl.DataFrame) -> pl.DataFrame:
    """Voting power that changed hands (shape: `schema.DELEGATIONS`)."""
    return DELEGATIONS(blocks, logs)
