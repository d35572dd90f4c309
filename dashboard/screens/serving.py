"""Runs Streamlit's server with what all screens import there: `python -m dashboard.screens.serving run …`.

A server that knows nothing yet makes the first analyst wait for a second of imports. Only modules that hold
nothing of Streamlit are read beforehand: what it caches wants its server.
"""

from __future__ import annotations

import sys
from importlib import import_module

from streamlit.web.cli import main

SHARED = (
    "dashboard.store",
    "dashboard.transfers.door",
    "dashboard.wording",
    "dashboard.accounts.access",
    "detectors.alerts.text",
    "networkx",
)


def prepare() -> None:
    """Imports what all screens share."""
    for name in SHARED:
        import_module(name)


if __name__ == "__main__":
    prepare()
    sys.exit(main(prog_name="streamlit"))
