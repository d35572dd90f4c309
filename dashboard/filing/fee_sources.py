"""Where the blocks come from that fees are forecast of: a store, a lake, or a node that is asked now."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from detectors.runs.forecasts.blocks import BlockFees
from detectors.runs.forecasts.values import WINDOW
from ingest.model.errors import BadInput

if TYPE_CHECKING:
    from ingest.blocks.answers import HeaderAnswer

Known = tuple[int, list[BlockFees]]
"""A chain and its newest blocks, at least one."""


def of_store(url: str, chain_id: int | None) -> Known:
    """What a sink filed. Raises BadInput where the store holds no fees, or several chains of which none is
    named.
    """
    from dashboard.store import open_reader, whole
    from dashboard.store.fees import newest_fees

    with closing(open_reader(url)) as reader:
        chains = [chain for each in reader.heads() if (chain := whole(each.chain_id)) is not None]
        chain = _only(chains, chain_id, "the store")
        return chain, _some(newest_fees(reader, chain, WINDOW), chain, "the store")


def of_lake(folder: Path, chain_id: int | None) -> Known:
    """The end of a lake. Raises NotALake, and BadInput where it holds no block of the chain."""
    from detectors.runs.forecasts.frames import fees_of
    from ingest import schema
    from ingest.lake.reading import Lake

    lake = Lake.open(folder)
    chain = _only(lake.chain_ids(), chain_id, f"the lake at {folder}")
    return chain, _some(fees_of(lake.newest(chain, schema.BLOCKS, WINDOW)), chain, f"the lake at {folder}")


def of_node(url: str, chain_id: int | None) -> Known:
    """The newest headers of a node, of which each must hash to its name and follow the one before. Raises
    NodeUnreachable, and NodeMisbehaved where one does not.
    """
    from ingest.nodes.node import Node

    node = Node(url)
    try:
        chain = node.chain_id()
        if chain_id not in (None, chain):
            raise BadInput(f"the node at {node.source} serves chain {chain}, not {chain_id}")
        head = int(node.head().number, 16)
        headers = node.headers(max(0, head - WINDOW + 1), head)
    finally:
        node.close()
    return chain, _some(checked_headers(headers, node.source), chain, f"the node at {node.source}")


def checked_headers(headers: list[HeaderAnswer], source: str) -> list[BlockFees]:
    """What headers in a row say of fees. Raises NodeMisbehaved where one is not its block's, or the next is
    not its child.
    """
    from ingest.model.errors import NodeMisbehaved

    for before, after in pairwise(headers):
        if after.parent != before.id:
            raise NodeMisbehaved(f"the chain of the node at {source} changed while it was read: try again")
    found = []
    for header in headers:
        try:
            found.append(_fees(header))
        except (ValueError, OverflowError) as error:
            raise NodeMisbehaved(
                f"the header that the node at {source} gives of block {header.height} is none: {error}"
            ) from error
    return found


def _fees(header: HeaderAnswer) -> BlockFees:
    """Raises ValueError where the header does not hash to its block's name, or holds no hex."""
    from ingest.blocks.answers import number
    from ingest.blocks.blob_gas import blob_gas
    from ingest.blocks.bloom import BLOOM_BYTES
    from ingest.blocks.header_rules import hashed
    from ingest.blocks.times import seconds

    told = (number(text) for text in (header.gas_used, header.gas_limit, header.base_fee_per_gas))
    used, limit, base = (None if text is None else int(text, 16) for text in told)
    used = used or 0
    proved = hashed(header, lambda: bytes(BLOOM_BYTES), used)
    if proved is None:
        raise ValueError("it does not hash to its name")
    return BlockFees(header.height, seconds(header.timestamp), used, limit, base, *blob_gas(header, proved))


def _only(chains: list[int], wanted: int | None, where: str) -> int:
    if wanted is not None:
        return wanted
    if len(chains) != 1:
        held = ", ".join(map(str, sorted(chains))) or "none"
        raise BadInput(f"{where} holds chains {held}: name one with --chain-id")
    return chains[0]


def _some(blocks: list[BlockFees], chain: int, where: str) -> list[BlockFees]:
    if not blocks:
        raise BadInput(f"{where} holds no fees of chain {chain}: they are kept from the next blocks on")
    return blocks
