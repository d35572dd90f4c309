"""The head that several nodes agree on: the highest block that enough of them hold, by its hash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.blocks.answers import HeaderAnswer
from ingest.model.errors import NodeMisbehaved, NodeUnreachable
from ingest.nodes.node import Node

DEEPEST = 256
"""Blocks below the nodes' heads in which agreement is looked for."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`head` is held by every one of `nodes`."""

    head: HeaderAnswer
    nodes: frozenset[Node]


def agreement(heads: Mapping[Node, HeaderAnswer], wanted: int, of: int) -> Agreement:
    """The highest block that at least `wanted` nodes hold, given what each calls its head.

    `of` is the number of nodes there are. Raises NodeUnreachable where no block has so many.
    """
    heights = sorted((head.height for head in heads.values()), reverse=True)
    if len(heights) < wanted:
        raise NodeUnreachable(f"only {len(heights)} of {of} nodes tell their head, and --quorum is {wanted}")
    highest = heights[wanted - 1]
    for number in range(highest, max(-1, highest - DEEPEST), -1):
        held = {node: _at(node, head, number) for node, head in heads.items() if head.height >= number}
        counted = Counter(header.hash for header in held.values() if header is not None)
        best, votes = counted.most_common(1)[0] if counted else ("", 0)
        if votes >= wanted:
            agreed = {node: header for node, header in held.items() if header and header.hash == best}
            return Agreement(next(iter(agreed.values())), frozenset(agreed))
    raise NodeUnreachable(f"fewer than {wanted} of {of} nodes agree on any block since {highest - DEEPEST}")


def _at(node: Node, head: HeaderAnswer, number: int) -> HeaderAnswer | None:
    """The node's block at a height. A node that does not say has no vote."""
    if head.height == number:
        return head
    try:
        return node.header(number)
    except (NodeUnreachable, NodeMisbehaved):
        return None
