"""Reads nodes: the only package that asks them anything, within a size cap and a deadline."""

from ingest.nodes.chain_check import Incident
from ingest.nodes.final_blocks import FinalBlocks
from ingest.nodes.node import BLOCKS_A_REQUEST, UNLESS_TOLD, Limits, Node
from ingest.nodes.pool import Nodes

__all__ = ["BLOCKS_A_REQUEST", "UNLESS_TOLD", "FinalBlocks", "Incident", "Limits", "Node", "Nodes"]
