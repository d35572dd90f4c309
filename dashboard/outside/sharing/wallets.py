"""What a lake says of its wallets: one row of each, by which it contributes to a release once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from detectors.evaluate.training.labelled_rows import lines_of_lake
from detectors.models.outliers import Matrix
from detectors.parts.model_tables import WALLET
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Wallets:
    """`rows` [n, features]: of each wallet the highest it ever stood at; `blocks`: the first and the last."""

    chain_id: int
    blocks: tuple[int, int]
    who: tuple[bytes, ...]
    rows: Matrix

    def only(self, chosen: frozenset[bytes]) -> Wallets:
        """Those of them that are chosen. Raises BadInput where there is none."""
        kept = [at for at, who in enumerate(self.who) if who in chosen]
        if not kept:
            raise BadInput("none of those wallets did anything in the lake: see --wallets")
        return self.at(kept)

    def at(self, places: Sequence[int]) -> Wallets:
        """Those in these places."""
        return replace(self, who=tuple(self.who[at] for at in places), rows=self.rows[list(places)])


def wallets_of(path: Path, report: Callable[[Progress], None]) -> Wallets:
    """Reads the whole lake, as `detect` would. Raises BadInput and ChainGap."""
    lake = Lake.open(path)
    chain_id = lake.chain_id()
    highest: dict[bytes, Matrix] = {}
    for lines in lines_of_lake(WALLET, lake, chain_id, report):
        for each, row in zip(lines.who, lines.values, strict=True):
            held = highest.get(each)
            highest[each] = row.copy() if held is None else np.maximum(held, row)
    if not highest:
        raise BadInput(f"no wallet of {path} paid anybody: there is nothing to release")
    ranges, who = lake.ranges(chain_id), sorted(highest)
    blocks = min(each.first for each in ranges), max(each.last for each in ranges)
    return Wallets(chain_id, blocks, tuple(who), np.stack([highest[each] for each in who]))
