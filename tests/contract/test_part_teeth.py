"""Each check of parts refuses one that breaks its promise: a check that anything passes is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from detectors import registry
from detectors.memory.layout import Layout
from detectors.memory.table import Table
from detectors.parts.contract import Columns, Kind, PartMemory, Seen, TableSpec
from tests.contract import part_checks
from tests.contract.part_checks import OrderCheck, PartCheck


class Rows:
    """`said`, by "row": a number for each transaction."""

    name = "rows-said"
    reads: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.TRANSACTION,)
    settings: object = None

    def memory(self) -> Mapping[str, TableSpec]:
        return {}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        row = seen.rows["number"][seen.transactions["first_row"]]
        return {"said": {"row": row, "what": np.full(row.size, self.what(seen), np.int64)}}

    def what(self, seen: Seen) -> int:
        return 1


class CutDependent(Rows):
    """Says how long the piece is."""

    def what(self, seen: Seen) -> int:
        return int(seen.blocks["number"].size)


class LooksAhead(Rows):
    """Says of every row what the last one of the piece is."""

    def what(self, seen: Seen) -> int:
        return int(seen.rows["number"][-1])


class Forgetful(Rows):
    """Its memory is the class's own: it neither goes back nor to disk."""

    pieces: ClassVar[list[int]] = [0]

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        rows, counts = seen.rows, []
        for _ in range(seen.transactions["number"].size):
            self.pieces[0] += 1
            counts.append(self.pieces[0])
        return {"said": {"row": rows["number"][seen.transactions["first_row"]], "what": np.array(counts)}}


class Silent(Rows):
    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        return {}


class Unjournalled(Rows):
    """Writes into its table without touching the row first: nothing was noted, so nothing is taken back."""

    def memory(self) -> Mapping[str, TableSpec]:
        return {"counts": TableSpec(Layout(ints=("times",)), 90 * 86_400, 100)}

    def take(self, memory: PartMemory, seen: Seen) -> Mapping[str, Columns]:
        from detectors.memory.rows import NONE, find, touch
        from detectors.memory.slots import fingerprint

        table, sent, counts = memory["counts"], seen.transactions, []
        assert isinstance(table, Table)
        for block, time in zip(sent["block"].tolist(), sent["time"].tolist(), strict=True):
            table.reserve(1)
            current, previous, journal = table.arrays()
            row = find(current, fingerprint(current, 7), 7)
            if row == NONE:
                row = touch(current, previous, journal, 7, block, time)
            current[row] += 1
            counts.append(int(current[row]))
        return {"said": {"row": seen.rows["number"][sent["first_row"]], "what": np.array(counts, np.int64)}}


class Undocumented(Rows):
    """It says something."""


REFUSED: list[tuple[type[Rows], PartCheck, str]] = [
    (CutDependent, part_checks.any_cut_says_the_same, "block by block"),
    (LooksAhead, part_checks.any_cut_says_the_same, "block by block"),
    (Silent, part_checks.any_cut_says_the_same, "says nothing"),
    (Forgetful, part_checks.a_rollback_leaves_no_trace, "after a rollback"),
    (Forgetful, part_checks.a_restart_changes_nothing, "after a restart"),
    (Unjournalled, part_checks.a_rollback_leaves_no_trace, "after a rollback"),
    (Undocumented, part_checks.explains_itself, "no table has its key told"),
]


@pytest.mark.parametrize(
    ("kind", "check", "reason"),
    REFUSED,
    ids=[f"{kind.__name__}-{check.__name__}" for kind, check, _ in REFUSED],
)
def test_refused(
    kind: type[Rows], check: PartCheck, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = kind()
    monkeypatch.setattr("tests.detectors.seen.looking.PARTS", [*registry.parts(), part])
    with pytest.raises(AssertionError, match=reason):
        check(part, tmp_path)


@pytest.mark.parametrize(
    "check", [part_checks.any_cut_says_the_same, part_checks.a_rollback_leaves_no_trace],
    ids=lambda check: check.__name__,
)  # fmt: skip
def test_one_that_says_the_same_of_everybody_keeps_the_promises(
    check: OrderCheck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = Rows()
    monkeypatch.setattr("tests.detectors.seen.looking.PARTS", [*registry.parts(), part])
    check(part, tmp_path, (1,))
