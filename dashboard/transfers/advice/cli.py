"""The command `undertow advise`: what an address should do or beware of. The address comes on stdin alone,
and is written nowhere.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.filing.store_option import StoreOption, chosen_store

if TYPE_CHECKING:
    from dashboard.store import Reader
    from dashboard.transfers.door import Transfers

STDIN = "-"
LONGEST_LINE = 200


def mount(app: typer.Typer) -> None:
    """Adds the command to the front door."""
    app.command()(advise)


def advise(
    address: Annotated[str, typer.Argument(metavar="-", help="A dash: the address is read from stdin.")],
    store: StoreOption = None,
    lake: Annotated[
        Path | None,
        typer.Option(envvar="UNDERTOW_LAKE", metavar="DIR", help="The lake with what the address did."),
    ] = None,
    chain_id: Annotated[
        int | None,
        typer.Option(
            "--chain-id", envvar="UNDERTOW_CHAIN_ID", min=0, help="Of this chain.  [default: the only one]"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of lines.")] = False,
) -> None:
    """Say what an address should revoke or beware of, from store and lake, here; it is written nowhere."""
    from dashboard.store import open_reader
    from dashboard.transfers.advice.advise import advise as advise_of
    from dashboard.transfers.advice.advise import shown
    from dashboard.transfers.door import open_transfers

    if address != STDIN:
        raise typer.BadParameter(
            "an argument stands in the shell's history and in the list of processes: "
            "give `-`, then the address on stdin, ended by Ctrl-D"
        )
    reader = open_reader(chosen_store(store))
    try:
        _refuse_logged(reader)
        transfers = open_transfers(reader, "" if lake is None else str(lake))
        wanted = asked(sys.stdin.readline(LONGEST_LINE))
        advised = advise_of(reader, transfers, _chain(reader, transfers, chain_id), wanted, int(time.time()))
    finally:
        reader.close()
    if as_json:
        print(json.dumps(asdict(advised), ensure_ascii=True, indent=1))
        return
    for line in shown(advised):
        print(line)


def asked(line: str) -> str:
    """The address on a line, in lower case. Raises BadInput, whose words do not hold what was given."""
    from ingest.model.errors import BadInput

    given = line.strip().lower()
    if len(given) != 42 or not given.startswith("0x") or set(given[2:]) - set("0123456789abcdef"):
        raise BadInput("what came on stdin is no address: give 0x and 40 hex digits on one line")
    return given


def _refuse_logged(reader: Reader) -> None:
    from dashboard.store.privacy import written_down
    from ingest.model.errors import BadInput

    if why := written_down(reader):
        raise BadInput(f"{why}, or give a --store in SQLite")


def _chain(reader: Reader, transfers: Transfers, chain_id: int | None) -> int:
    """Raises BadInput where none is given and there are several, or none."""
    from ingest.model.errors import BadInput

    if chain_id is not None:
        return chain_id
    known = sorted({*(each for each in reader.chains() if isinstance(each, int)), *transfers.chains()})
    if len(known) != 1:
        told = ", ".join(map(str, known)) or "none"
        raise BadInput(f"which chain is not clear (known: {told}): give --chain-id")
    return known[0]
