"""The command `undertow tune`: other settings, from what people found alerts to be. It applies nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.filing.store_option import StoreOption, chosen_store

if TYPE_CHECKING:
    from dashboard.outside.tuning.proposals import Proposal, Tuned
    from detectors.engine.chosen import Chosen


def mount(app: typer.Typer) -> None:
    """Adds the command to the front door."""
    app.command()(tune)


def tune(
    lake: Annotated[Path, typer.Option(metavar="DIR", help="The lake to try settings on.")],
    store: StoreOption = None,
    chain_id: Annotated[
        int | None,
        typer.Option("--chain-id", min=0, help="The chain.  [default: the only one of the lake]"),
    ] = None,
    detectors: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Only these detectors, by commas.  [default: all that were judged]"
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            envvar="UNDERTOW_SETTINGS",
            metavar="FILE",
            help="The settings in force, as `detect --settings` has them.",
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            envvar="UNDERTOW_RULES",
            metavar="DIR",
            help="The rules in force, as `detect --rules` has them: they have no settings to tune.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is proposed, for `detect --settings`.")
    ] = None,
) -> None:
    """Propose settings from confirmed and dismissed alerts, with their effect on later blocks; apply none."""
    from dashboard.filing.export import write_whole
    from dashboard.outside.tuning.proposals import tune as proposed
    from dashboard.store import open_reader
    from dashboard.store.judgements import closed, judgements
    from detectors.engine.chosen import judges, read
    from ingest.lake.reading import Lake
    from ingest.machine.progress import ProgressLine

    opened = Lake.open(lake)
    chain = opened.chain_id() if chain_id is None else chain_id
    with closing(open_reader(chosen_store(store))) as reader:
        told, all_closed = judgements(reader, chain), closed(reader, chain)
    others = {name: count for name, count in all_closed.items() if name not in ("confirmed", "dismissed")}
    only = [each.strip() for each in (detectors or "").split(",") if each.strip()]
    tuned = proposed(opened, chain, told, judges(None, settings, rules), ProgressLine(sys.stderr).show, only)
    for line in shown(tuned, others):
        typer.echo(line)
    if out is not None:
        write_whole(out, "\n".join(as_toml(tuned, {} if settings is None else read(settings))))
        typer.echo(
            f"written to {out}: in force with `detect --settings {out} --rebuild`, once a person wants it"
        )


def shown(tuned: Tuned, others: dict[str, int]) -> Iterator[str]:
    """Lines for a person."""
    yield f"chosen on blocks before {tuned.cut:,}, measured on those from there on:"
    for each in tuned.proposals:
        yield from _proposed(each)
    for name, why in tuned.silent.items():
        yield f"{name}: nothing is proposed: {why}"
    if others:
        told = ", ".join(f"{count} {name}" for name, count in sorted(others.items()))
        yield f"not used, as they say neither: {told}"
    yield (
        "People judge only what alerted: what a setting would find beside that is judged by nobody, and what "
        "all of them miss is not seen. Look at some that did not alert:"
    )
    for score in tuned.unalerted:
        by = ", ".join(sorted(score.parts))
        whom = f"{score.subject_kind} {score.subject}"
        yield f"  {score.score:.3f} {whom} in block {score.block_number:,} ({by})"


def _proposed(each: Proposal) -> Iterator[str]:
    variant = each.variant
    yield f"{variant.of}: {variant.setting} = {variant.now:g} instead of {variant.was:g}"
    yield f"  later blocks, before: {each.later[0].words()}"
    yield f"  later blocks, after:  {each.later[1].words()}"


def as_toml(tuned: Tuned, chosen: Chosen) -> Iterator[str]:
    """A file for `detect --settings`: what was chosen before, what is proposed, and what that did."""
    proposed = {each.variant.of: each for each in tuned.proposals}
    for name in sorted({*chosen, *proposed}):
        yield f"[{name}]"
        each = proposed.get(name)
        for setting, value in chosen.get(name, {}).items():
            if each is None or setting != each.variant.setting:
                yield f"{setting} = {json.dumps(value)}"
        if each is not None:
            yield f"# was {each.variant.was:g}; later blocks, before: {each.later[0].words()}"
            yield f"# after: {each.later[1].words()}"
            yield f"{each.variant.setting} = {each.variant.now!r}"
        yield ""
