"""What councils decide: proposals with their calls, votes on them and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from detectors.memory.history import History
from detectors.memory.layout import Layout
from detectors.parts.contract import Columns, HistorySpec, Kind, PartMemory, Seen, TableSpec
from detectors.parts.horizons import DAY
from detectors.parts.kinds import of_kinds

ABOUT = (
    Kind.PROPOSAL_CREATED, Kind.PROPOSAL_QUEUED, Kind.PROPOSAL_EXECUTED, Kind.PROPOSAL_CANCELLED, Kind.VOTE,
)  # fmt: skip
SAID = Layout(ints=("row", "kind", "who", "target", "side", "transaction", "governor"), words=("amount",))


@dataclass(frozen=True, slots=True)
class Settings:
    """A proposal is remembered for horizon_s seconds after its last row: votes take days, timelocks weeks,
    and what was decided is carried out months later. cap: proposals in use at once.
    """

    horizon_s: int = 180 * DAY
    cap: int = 200_000


@dataclass(frozen=True, slots=True)
class Motions:
    """`told`, by "row": `item`, the proposal that a row is about. The history `said` has by item (a governor
    and a proposal's number) each row about it: `row`, `kind`, `who` (who proposed or voted), `target` (what
    is called, a row a call), `side` (of a vote; 1 is for it), `amount` (votes cast, or wei that a call is
    given), `transaction`, `governor` (who told it).

    It is by the word of the governor alone: anyone can emit these events about nothing, so that a reader asks
    for what really moved.
    """

    name: str = "motions"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ABOUT
    settings: Settings = field(default_factory=Settings)

    def memory(self) -> Mapping[str, TableSpec]:
        return {"said": HistorySpec(SAID, self.settings.horizon_s, self.settings.cap)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, said = seen.rows, memory["said"]
        assert isinstance(said, History)
        which = np.flatnonzero(of_kinds(rows["kind"], ABOUT))
        for at in which.tolist():
            is_vote = rows["kind"][at] == Kind.VOTE
            said.add(
                int(rows["item"][at]),
                int(rows["block"][at]),
                int(rows["time"][at]),
                row=rows["number"][at],
                kind=rows["kind"][at],
                who=rows["source"][at],
                target=rows["target"][at],
                side=rows["small"][at] if is_vote else -1,
                transaction=rows["transaction"][at],
                governor=rows["emitter"][at],
                amount=rows["amount"][at],
            )
        return {"told": {"row": rows["number"][which], "item": rows["item"][which]}}
