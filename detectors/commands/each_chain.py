"""`detect` of several chains: the same command again, once for each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ingest.machine.logs import LogFormat


def detect_each(
    context: typer.Context,
    chains: Sequence[int],
    rebuild: bool,
    metrics: int | None,
    log_format: LogFormat,
) -> None:
    """A process for each chain, told what this command was told. The first answers for its metrics at the
    port that was given, the next at the one after it, and so on.
    """
    from detectors.runs.chain_processes import ChainProcesses
    from ingest.machine.logs import sayer
    from ingest.machine.signals import stop_on_signal

    commands = {}
    for place, chain in enumerate(chains):
        own = () if metrics is None else ("--metrics", str(metrics + place))
        told = told_again(context, "chain_id", "metrics", "rebuild")
        commands[chain] = [sys.executable, "-m", "undertow", "detect", *told, "--chain-id", str(chain), *own]
    with stop_on_signal() as stop:
        first = ("--rebuild",) if rebuild else ()
        ChainProcesses(commands, sayer("detect", log_format, sys.stderr), first).run(stop)


def told_again(context: typer.Context, *but: str) -> Iterator[str]:
    """The options that stand on the command line, for a command that is started from this one."""
    for option in context.command.params:
        name = option.name or ""
        source = context.get_parameter_source(name)
        if name not in but and source is not None and source.name == "COMMANDLINE":
            yield option.opts[0]
            if context.params[name] is not True:
                yield str(context.params[name])
