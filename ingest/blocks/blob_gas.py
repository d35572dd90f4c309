"""What blobs a block carried, as far as its header proves it (EIP-4844)."""

from __future__ import annotations

from itertools import pairwise

from ingest.blocks import rlp
from ingest.blocks.answers import HeaderAnswer
from ingest.blocks.header_fields import text_of

_BEFORE_FORKS = 15
"""Fields of Frontier's headers: what upgrades added stands behind them."""
_BITS = 64

BlobGas = tuple[int | None, int | None]
NOTHING: BlobGas = (None, None)


def blob_gas(header: HeaderAnswer, hashed: bytes | None) -> BlobGas:
    """Gas of the block's blobs, and the excess before it. Both None where one is not given or is no number
    of 64 bits, and where `hashed`, the RLP that the block's hash is over, does not hold them side by side:
    nodes write out fields that their chain does not have. Without `hashed` they are the node's word.
    """
    used, excess = (_number(text_of(header, name)) for name in ("blob_gas_used", "excess_blob_gas"))
    if used is None or excess is None:
        return NOTHING
    if hashed is not None and (rlp.number(used), rlp.number(excess)) not in _neighbours(hashed):
        return NOTHING
    return used, excess


def _neighbours(hashed: bytes) -> list[tuple[rlp.Item, rlp.Item]]:
    fields = rlp.decode(hashed)
    return [] if isinstance(fields, bytes) else list(pairwise(fields[_BEFORE_FORKS:]))


def _number(text: str | None) -> int | None:
    try:
        found = int(text or "", 16)
    except ValueError:
        return None
    return found if 0 <= found < 1 << _BITS else None
