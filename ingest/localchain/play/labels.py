"""The truth about a simulation: one line for each attack and hard negative, in a file that is always valid.

The format is a contract with `undertow evaluate` and with outside tests: see `ingest/localchain/README.md`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ingest.localchain.world.stage import Outcome
from ingest.model.errors import BadInput, NodeMisbehaved

Kind = Literal["attack", "hard_negative", "canary"]


@dataclass(frozen=True, slots=True)
class Label:
    """What a finished story was, apart from its blocks, which a reorganisation may change. `waited`: whether
    the transaction of its first loss waited in the pool; None where nothing waits, or nothing was lost.
    """

    id: str
    category: str
    kind: Kind
    variant: str
    outcome: Outcome
    waited: bool | None = None

    def to_dict(self, where: Mapping[str, int]) -> dict[str, Any]:
        """The label as it is written; `where` tells the block of each of its transactions."""
        blocks = [where[hash_] for hash_ in self.outcome.transactions]
        harm = self.outcome.harm
        waited = {} if self.waited is None else {"waited": self.waited}
        return waited | {
            "id": self.id,
            "category": self.category,
            "kind": self.kind,
            "first_block": min(blocks),
            "last_block": max(blocks),
            "harm_block": where[harm] if harm else None,
            "loss_usd": self.outcome.loss_usd,
            "transactions": list(self.outcome.transactions),
            "roles": [{"address": address, "role": role} for address, role in self.outcome.roles],
            "variant": self.variant,
            "succeeded": self.outcome.succeeded,
            "also": sorted(self.outcome.also),
            "note": f"{self.variant}: {self.outcome.note}",
        }


@dataclass(slots=True)
class LabelFile:
    """Where labels are written. A write replaces the file as a whole. `seed`: what the world is played from,
    by which an evaluation of several tells them apart.
    """

    path: Path
    chain_id: int
    first_block: int
    seed: int | None = None

    def write(self, labels: list[Label], where: Mapping[str, int], last_block: int) -> None:
        """The header, then the labels. Raises BadInput where the file cannot be written, and
        NodeMisbehaved where a labelled transaction is nowhere on the chain."""
        header = {
            "chain_id": self.chain_id,
            "first_block": self.first_block,
            "last_block": last_block,
            "unlabelled": "honest",
            "seed": self.seed,
        }
        lost = [hash_ for label in labels for hash_ in label.outcome.transactions if hash_ not in where]
        if lost:
            raise NodeMisbehaved(
                f"the chain lost {len(lost)} labelled transactions, {lost[0]} first: use a fresh chain"
            )
        lines = [header, *(label.to_dict(where) for label in labels)]
        text = "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)
        part = self.path.with_name(self.path.name + ".part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text)
            part.replace(self.path)
        except OSError as error:
            raise BadInput(
                f"labels cannot be written to {self.path}: {error.strerror}: choose another --labels"
            ) from error
