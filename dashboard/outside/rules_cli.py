"""The commands `undertow rules …`: an analyst's rules, checked, explained and tried before they go live."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from dashboard.store.judgements import Judgement


def mount(app: typer.Typer) -> None:
    """Adds the commands to the front door."""
    group = typer.Typer(help="An analyst's own rules: checked, explained, tried.", no_args_is_help=True)
    group.command()(check)
    group.command()(fields)
    group.command()(test)
    app.add_typer(group, name="rules")


def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of rules.")]) -> None:
    """Read all rules of a folder as `detect --rules` does, and say what each does in a sentence."""
    from detectors.library.rules.files import rules_of
    from detectors.library.rules.wording import sentence

    found = rules_of(folder)
    for each in found:
        typer.echo(f"{each.name}: {sentence(each.rule, each.table)}")
    typer.echo(f"{len(found)} rules in {folder}: in force with `detect --rules {folder} --rebuild`")


def fields(
    each: Annotated[
        Literal["transfer", "transaction", "wallet"] | None, typer.Option(help="Only of these lines.")
    ] = None,
) -> None:
    """Print the fields that rules may name, with their types."""
    from detectors.library.rules.fields import TABLES
    from detectors.library.rules.reference import of_table, reference

    typer.echo(reference() if each is None else of_table(TABLES[each]))


def test(
    rule: Annotated[Path, typer.Argument(metavar="RULE", help="The file of the rule.")],
    lake: Annotated[Path, typer.Option(metavar="DIR", help="The lake to try it on.")],
    chain_id: Annotated[
        int | None,
        typer.Option("--chain-id", min=0, help="The chain.  [default: the only one of the lake]"),
    ] = None,
    from_block: Annotated[
        int | None,
        typer.Option(min=0, help="First block, at which nothing is known yet.  [default: the lake's first]"),
    ] = None,
    to_block: Annotated[
        int | None, typer.Option(min=0, help="Last block.  [default: the lake's last]")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What really happened, as `undertow simulate` says.")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where people confirmed and dismissed alerts of this chain."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, max=1_000_000, help="End the test, and say so, after this.")
    ] = 600.0,
) -> None:
    """Say what a rule would have raised on a lake, beside the library: nothing goes live by it."""
    from dashboard.filing.rule_tests import agreement, lines
    from detectors.evaluate.back_test import back_test
    from detectors.evaluate.labels import load_labels
    from detectors.library.rules.files import rule_at
    from detectors.library.rules.wording import sentence
    from detectors.registry import detectors
    from ingest.lake.reading import Lake
    from ingest.machine.progress import ProgressLine

    tried, opened = rule_at(rule), Lake.open(lake)
    chain = opened.chain_id() if chain_id is None else chain_id
    told = None if store is None else list(_judged(store, chain))
    known = None if labels is None else load_labels(labels)
    typer.echo(f"{tried.name}: {sentence(tried.rule, tried.table)}")
    blocks, report = (from_block, to_block), ProgressLine(sys.stderr).show
    found = back_test(opened, chain, tried, detectors(), blocks, report, known, seconds)
    agreed = None if told is None else agreement(found.alerts, told, found.first, found.last)
    for name, figure in lines(found, agreed):
        typer.echo(f"{name + ' ':.<52} {figure}")


def _judged(url: str, chain_id: int) -> Iterator[Judgement]:
    from dashboard.store import open_reader
    from dashboard.store.judgements import judgements

    with closing(open_reader(url)) as reader:
        yield from judgements(reader, chain_id)
