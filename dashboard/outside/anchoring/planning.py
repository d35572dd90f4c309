"""Plans a stretch once, from the store: it follows from what was filed and what was anchored before."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.outside.anchoring.contract import Stretch
from dashboard.outside.anchoring.stretches import end_of, planned
from dashboard.store.anchors import Anchors, LeafRow, StretchRow
from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Plan:
    """What is anchored: a chain, in stretches of so many blocks, the first from block `begin` on (None: where
    the store is final when the contract is made).
    """

    watched: int
    size: int
    begin: int | None = None


class Planner:
    """The stretches of one chain in one store."""

    def __init__(self, anchors: Anchors, plan: Plan) -> None:
        self._anchors = anchors
        self._plan = plan

    def at(self, first: int) -> StretchRow | None:
        """The stretch that begins at block `first`, written down; None while its last block is not final,
        or a run takes over.
        """
        known = self._anchors.at(self._plan.watched, first)
        if known is not None:
            return known
        judged = self._anchors.judged(self._plan.watched)
        if judged is None or judged.run is None:
            return None
        last = end_of(first, self._plan.size, judged.since)
        if last > judged.final:
            return None
        row, leaves = self._worked_out(first, last, judged.run, self._anchors.audited(), "waiting")
        self._anchors.plan(row, leaves)
        return row

    def work_out_again(self, held: Stretch) -> bool:
        """Plans what a contract holds already; whether it was not known. The same revisions give the same
        root: raises BadInput where they do not.
        """
        if self._anchors.at(self._plan.watched, held.first) is not None:
            return False
        audit = (held.audited, held.audit.hex())
        row, leaves = self._worked_out(held.first, held.last, held.run, audit, "settled")
        if stretch_of(row) != held:
            raise BadInput(
                f"blocks {held.first} to {held.last} of chain {self._plan.watched} were anchored by another "
                "store, and this one does not lead to the same root: go on with that store, or make a new "
                "contract"
            )
        self._anchors.plan(row, leaves)
        return True

    def _worked_out(
        self, first: int, last: int, run: str, audit: tuple[int, str], state: str
    ) -> tuple[StretchRow, Sequence[LeafRow]]:
        chain, anchors = self._plan.watched, self._anchors
        names = anchors.candidates(chain, first - 1, anchors.last_leaf_revision(chain))
        found = planned(chain, anchors.filed(chain, names), anchors.anchored(chain, names), last)
        row = StretchRow(
            chain, first, last, len(found.leaves), found.root, run, *audit, int(time.time()), state, "", None
        )
        return row, found.leaves


def stretch_of(row: StretchRow) -> Stretch:
    """As the contract holds it. Raises BadInput where a hash of the row is none."""
    try:
        root, audit = bytes.fromhex(row.root[2:]), bytes.fromhex(row.audit)
    except ValueError:
        raise BadInput(
            f"the stretch of chain {row.chain_id} from block {row.first} has no hash where one should stand: "
            "the store was edited"
        ) from None
    return Stretch(row.first, row.last, row.leaves, row.audited, root, row.run, audit)
