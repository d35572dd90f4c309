"""Heads of the audit that a contract holds: who can write to the whole store cannot write those anew."""

from __future__ import annotations

from contextlib import closing

from dashboard.outside.anchoring.contract import AnchorContract
from dashboard.outside.anchoring.wiring import checked_address
from dashboard.store import Known
from ingest.nodes.sending.speaking import Speaker


def anchored_heads(rpc: str, contract: str) -> list[Known]:
    """Each row of the audit that was the last one when a stretch was planned, in their order."""
    with closing(Speaker(rpc)) as node:
        found = AnchorContract(node, checked_address(contract, "--contract"))
        stretches = [found.stretch(number) for number in range(found.count())]
    return [
        Known(number, digest) for number, digest in sorted({(s.audited, s.audit.hex()) for s in stretches})
    ]
