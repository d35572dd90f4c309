"""The file of the bridge, as an operator writes it for `--bridge`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ingest.facts.bridge_files import Bridge, read_bridge
from tests.bench.two_chains.sides import COINS, Side
from tests.fixtures.bridges import EVENTS


def bridge_between(
    here: Side, there: Side, folder: Path, first_block: int, times: Mapping[str, float],
    other: Mapping[str, object],
) -> Bridge:  # fmt: skip
    """Writes it into `folder`, and reads it. `times`: its waits; `other`: how the other chain is reached."""
    told = {
        "name": "harbour", **times,
        "here": {"contract": here.bridge, "first_block": first_block},
        "there": {"contract": there.bridge, **other},
        "assets": [
            {
                "here": here.coins[coin], "there": there.coins[coin],
                "minted": "here" if coin.minted_here else "there",
                "decimals_here": coin.decimals_here, "decimals_there": coin.decimals_there,
            }
            for coin in COINS
        ],
        "events": [
            {"side": side, "kind": kind, "signature": EVENTS[kind]}
            for side in ("here", "there")
            for kind in EVENTS
        ],
    }  # fmt: skip
    file = folder / "harbour.json"
    file.write_text(json.dumps(told))
    return read_bridge(file)
