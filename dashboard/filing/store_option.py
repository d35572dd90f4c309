"""How commands are told which store: the same words, variable and default for all of them."""

from __future__ import annotations

from typing import Annotated

import typer

_VARIABLE, _DEFAULT = "UNDERTOW_STORE", "[default: ~/.undertow/store.db]"
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar=_VARIABLE,
        metavar="URL",
        help=f"Where alerts are filed: sqlite:///FILE or postgresql://HOST/DATABASE.  {_DEFAULT}",
    ),
]
AuditOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar=_VARIABLE,
        metavar="URL",
        help=f"The store whose audit the change is noted in.  {_DEFAULT}",
    ),
]


def chosen_store(url: str | None) -> str:
    """The store that a command was told, else the one in which all that are told none meet; its folder is
    made.
    """
    if url:
        return url
    from dashboard.store import own_store

    return own_store()
