"""The command `undertow inspect`. Light to import: what it needs is imported inside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dashboard.outside.inspecting.inspect import Report
    from dashboard.outside.inspecting.waiting import GiveWay


def mount(app: typer.Typer) -> None:
    """Adds the command to the front door."""
    app.command()(inspect)


def inspect(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="ADDRESS|FILE.sol", help="A contract on the chain, or one that is not there yet."
        ),
    ] = None,
    rpc: Annotated[
        str | None,
        typer.Option(envvar="UNDERTOW_RPC", metavar="URL", help="A node of the chain; it is read only."),
    ] = None,
    chain_id: Annotated[
        int | None,
        typer.Option("--chain-id", envvar="UNDERTOW_CHAIN_ID", min=0, help="Refuse a node of another chain."),
    ] = None,
    contract: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which contract of the file.  [default: the only one]")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Imports come from here, and from its node_modules.  [default: the file's]"
        ),
    ] = None,
    args: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="Arguments of its constructor, a list; @token, @pool, @weth and @owner are stand-ins.  "
            "[default: tried]",
        ),
    ] = None,
    abi: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The interface of the contract at ADDRESS, as JSON.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also score its code by this model of `undertow train`."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed on the same block tries the same.")] = 7,
    tries: Annotated[int, typer.Option(min=1, max=10_000, help="Tries of each kind at most.")] = 60,
    seconds: Annotated[
        float,
        typer.Option(
            min=1, max=86_400, help="For everything that is tried or waited for; what is left then is said."
        ),
    ] = 300.0,
    store: Annotated[
        str | None,
        typer.Option(
            envvar="UNDERTOW_STORE",
            metavar="URL",
            help="Wait while a role that tells of itself there is beyond its budget.  [default: do not]",
        ),
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="Wait for no role.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the counterexample of each finding here, KIND.json."),
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Do a written counterexample again, and nothing else.")
    ] = None,
) -> None:
    """Try on a private fork what a contract and its owner can do; the chain itself is only read."""
    if rpc is None or (target is None) == (replay is None):
        raise typer.BadParameter("give --rpc, and either ADDRESS or FILE.sol, or --replay FILE")

    if replay is not None:
        from dashboard.outside.inspecting.replay import replayed

        typer.echo(replayed(replay, rpc, seconds))
        return
    from dashboard.outside.inspecting.arguments import read_arguments
    from dashboard.outside.inspecting.inspect import Wish
    from dashboard.outside.inspecting.inspect import inspect as inspected

    given = read_arguments(args)
    wish = Wish(str(target), rpc, chain_id, contract, folder, given, abi, model, seed, tries, seconds)
    with giving_way(None if now else store) as give_way:
        report = inspected(wish, give_way)
    for line in report.lines():
        typer.echo(line)
    if out is not None:
        write(report, out)


@contextmanager
def giving_way(store: str | None) -> Iterator[GiveWay]:
    """To the pipeline of a store, where one is given. Raises BadInput, StoreUnreachable."""
    from dashboard.outside.inspecting.waiting import Pipeline, at_once

    if not store:
        yield at_once
        return
    from dashboard.store import open_reader

    with closing(open_reader(store)) as reader:
        yield Pipeline(reader, partial(typer.echo, err=True)).give_way


def write(report: Report, out: Path) -> None:
    """Writes each finding's counterexample into the folder. Raises BadInput where it cannot be written."""
    import json

    from dashboard.filing.export import write_whole
    from ingest.model.errors import BadInput

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out} cannot be a folder: {error.strerror}: give --out another") from error
    for outcome in report.outcomes:
        if outcome.found:
            file = out / f"{outcome.kind}.json"
            write_whole(file, json.dumps(report.example(outcome), indent=1, sort_keys=True) + "\n")
            typer.echo(f"written    {file}")
