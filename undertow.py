"""The front door: one command, `undertow`, that mounts each package's commands.

A package's `cli` module is light: what a command needs is imported inside it, when it is called.
"""

from __future__ import annotations

import sys
from typing import Annotated

_BROKEN = (
    "a package that undertow needs is missing or broken: `undertow doctor` says which, or install it again"
)

try:
    import typer

    import dashboard.cli
    import detectors.commands.cli
    import ingest.commands.cli
    from ingest.machine.logs import say_error
    from ingest.model.errors import UndertowError
except ImportError as error:
    sys.exit(f"undertow: error: {error}: {_BROKEN}")

app = typer.Typer(
    name="undertow",
    help="Watch an EVM chain for fraud as it happens. Every block proved, every alert follows the chain.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from dashboard.outside.formats import formats
        from ingest.model.version import VERSION

        typer.echo(f"undertow {VERSION}")
        for name, told in formats().items():
            typer.echo(f"{name}: {told}")
        raise typer.Exit


@app.callback()
def front(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and the formats it knows."
        ),
    ] = False,
) -> None:
    """Watch an EVM chain for fraud as it happens. Every block proved, every alert follows the chain."""


for package in (ingest.commands.cli, detectors.commands.cli, dashboard.cli):
    package.mount(app)


def main() -> None:
    """Runs a command. Exit status: 0 done (also after SIGTERM), 1 failed with one line on stderr, 2 usage."""
    try:
        app()
    except UndertowError as error:
        say_error(" ".join(str(error).split()))
        sys.exit(1)
    except ImportError as error:
        say_error(f"{error}: {_BROKEN}")
        sys.exit(1)


if __name__ == "__main__":
    main()
