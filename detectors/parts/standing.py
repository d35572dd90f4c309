"""How one wallet stands at the end of a block: a reading of the part `habits`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from detectors.parts.contract import Seen


def standing(seen: Seen, block: int, wallet: bytes) -> Mapping[str, float] | None:
    """Its line by name; None where the block did not touch it."""
    table = seen.of("habits").get("wallets")
    if table is None:
        return None
    found = np.flatnonzero((table["id"] == seen.number_of(wallet, block)) & (table["block"] == block))
    return {name: column[found[0]] for name, column in table.items()} if found.size else None
