"""`undertow train`: labelled worlds to one model file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from detectors.evaluate.training.labelled_rows import Rows, labelled_rows
from detectors.evaluate.training.left_out import LeaveOut, Tried, tried
from detectors.evaluate.training.packs import Pack
from detectors.models.growing import Growth, grow
from detectors.models.model_file import Trained, rows_digest
from detectors.parts.model_tables import TABLES, ModelTable
from ingest.machine.progress import Progress
from ingest.model.errors import BadInput

LEAST = 20
"""True rows, and honest ones, below which nothing can be learned that would hold elsewhere."""


def table_named(name: str) -> ModelTable:
    """Raises BadInput, with the names that there are."""
    if name not in TABLES:
        known = "; ".join(f"{table.name} ({table.about})" for table in TABLES.values())
        raise BadInput(f"there is no model {name!a:.60}: give --model one of {known}")
    return TABLES[name]


def train(
    table: ModelTable,
    worlds: list[tuple[Path, Path]],
    seed: int,
    report: Callable[[Progress], None],
    growth: Growth | None = None,
    leave_out: LeaveOut = "both",
    packs: Sequence[Pack] = (),
) -> tuple[Trained, list[Tried], Rows]:
    """A model of the worlds (lake, labels), how it would do on what is left out, and the rows it is of.
    `packs`: of each world that which its labels are of, where they are known. Raises BadInput where there are
    too few rows.
    """
    growth = growth or Growth()
    rows = labelled_rows(table, worlds, seed, report)
    if packs:
        named = zip(rows.sources, packs, strict=True)
        sources = tuple(replace(each, pack=pack.name, pack_digest=pack.own) for each, pack in named)
        rows = replace(rows, sources=sources)
    true, honest = int(rows.truth.sum()), int((~rows.truth).sum())
    for what, count in (("rows of attacks", true), ("honest rows", honest)):
        if count < LEAST:
            raise BadInput(
                f"{count} {what} for the model {table.name}: it takes {LEAST} at least; "
                "give more worlds with --lake and --labels"
            )
    model = Trained(
        table.name, table.columns, asdict(growth), seed, true + honest, true,
        rows_digest(rows.values, rows.truth), rows.sources, grow(rows.values, rows.truth, growth, seed),
    )  # fmt: skip
    return model, tried(rows, table.columns, growth, seed, leave_out), rows
