"""Whether a node has the blocks of a bundle: what a bundle by itself cannot show."""

from __future__ import annotations

from dataclasses import replace

from dashboard.outside.evidence.proofs import Checked
from ingest.nodes import Nodes


def compare(found: Checked, nodes: Nodes) -> None:
    """Adds to `found` what the node says of each block's hash. Raises NodeUnreachable and NodeMisbehaved."""
    if found.bundle is None or found.alert is None:
        return
    served = nodes.chain_id()
    if served != found.alert.chain_id:
        told = f"the node at {nodes.source} serves chain {served}, the alert is of {found.alert.chain_id}"
        found.refuse("another-chain", "/evidence/alert/chain_id", told)
        return
    for at, block in enumerate(found.bundle.evidence.blocks):
        held = nodes.header(block.number)
        if held is None or held.hash.lower() != block.hash:
            what = "no block of this height" if held is None else f"block {held.hash.lower()}"
            why = f"the node at {nodes.source} has {what}"
            found.refuse("not-on-chain", f"/evidence/blocks/{at}/hash", why)
        else:
            _note(found, f"block {block.number} is {block.hash}", f"it is on the chain, says {nodes.source}")


def _note(found: Checked, what: str, note: str) -> None:
    found.claims = [replace(claim, note=note) if claim.what == what else claim for claim in found.claims]
