"""The code of councils: a token that votes, OpenZeppelin's Governor in two forms, and its timelock."""

from __future__ import annotations

from ingest.localchain.chain.artifacts import Artifact, Own

VOTE_TOKEN = Own("council", "VoteToken", ("string", "string", "uint256", "bool"))
COUNCIL = Own("council", "Council", ("address", "address", "uint256", "uint256", "uint256"))
HASTY_COUNCIL = Own("council", "HastyCouncil", ("address", "uint256", "uint256", "uint256"))
TIMELOCK = Artifact(
    "@openzeppelin/contracts",
    "build/contracts/TimelockController.json",
    ("uint256", "address[]", "address[]", "address"),
)

SUPPLY = 10_000_000 * 10**18
"""Votes that a council's token has in all."""
