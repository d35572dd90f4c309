"""The option that limits what a block may cost who reads what waits to be mined."""

from __future__ import annotations

from typing import Annotated

import typer

PendingBudget = Annotated[
    float | None,
    typer.Option(
        "--budget-cpu",
        envvar="UNDERTOW_BUDGET_CPU",
        metavar="SECONDS",
        help="CPU seconds that a block may cost; beyond it what waits to be mined is left out, never a "
        "block.  [default: no limit]",
    ),
]


def expect_optional_work(context: typer.Context, option: str, is_given: bool) -> None:
    """A budget is refused where nothing may be left out; UNDERTOW_BUDGET_CPU may be set for others."""
    source = context.get_parameter_source("budget_cpu")
    if not is_given and source is not None and source.name == "COMMANDLINE":
        raise typer.BadParameter(
            f"without {option} there is nothing here that may be left out: give it with {option}",
            param_hint="--budget-cpu",
        )
