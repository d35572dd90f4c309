"""Starts the dashboard as a child process that listens on this machine only, and ends with it."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from dashboard.filing.evaluation import read_evaluation
from dashboard.store import open_reader
from ingest.lake.reading import Lake
from ingest.machine.processes import LOOPBACK, Child, answers, refuse_taken, wait_until
from ingest.model.errors import BadInput, SetupFailed

STORE_SETTING = "UNDERTOW_STORE"
LAKE_SETTING, EVALUATION_SETTING = "DASHBOARD_LAKE", "DASHBOARD_EVALUATION"
"""How the page is told what was named on the command line: no settings of people."""
START_DEADLINE_S = 60.0
_APP = Path(__file__).parent / "app.py"
_SETTINGS = {
    "server.address": LOOPBACK,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.enableStaticServing": "false",
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": LOOPBACK,
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "theme.light.primaryColor": "#0b7a7c",
    "theme.dark.primaryColor": "#2bb3b0",
    "runner.magicEnabled": "false",
    "logger.level": "warning",
}


@dataclass(frozen=True, slots=True)
class Sources:
    """What screens read beside the store: a lake's folder, and what `undertow evaluate --json` wrote."""

    lake: Path | None = None
    evaluation: Path | None = None

    def check(self) -> None:
        """Raises NotALake and BadInput before anything is started."""
        if self.lake is not None:
            Lake.open(self.lake)
        if self.evaluation is not None:
            read_evaluation(self.evaluation)

    def settings(self) -> dict[str, str]:
        """For the child; also what is not named, so that it inherits none."""
        lake = "" if self.lake is None else str(self.lake.absolute())
        evaluation = "" if self.evaluation is None else str(self.evaluation.absolute())
        return {LAKE_SETTING: lake, EVALUATION_SETTING: evaluation}


def check_address(address: str) -> None:
    """Raises BadInput for any address but this machine's own: there is no sign-in yet."""
    if address != LOOPBACK:
        raise BadInput(
            f"the dashboard listens on {LOOPBACK} only: off loopback needs sign-in, which is not built yet"
        )


def start(store: str, port: int, log: Path | None = None, sources: Sources = Sources()) -> Child:
    """The dashboard, answering at http://127.0.0.1:`port`.

    Raises BadInput or StoreUnreachable where the store cannot be read, NotALake, PortTaken, and SetupFailed.
    """
    open_reader(store).close()
    sources.check()
    refuse_taken(port, "--port")
    settings = [f"--{name}={value}" for name, value in (_SETTINGS | {"server.port": str(port)}).items()]
    argv = [sys.executable, "-m", "streamlit", "run", str(_APP), *settings]
    # The URL may hold a password: the environment is not shown to other accounts, a command line is.
    child = Child.start("dashboard", argv, {STORE_SETTING: store, **sources.settings()}, log)
    try:
        wait_until(lambda: answers(port), START_DEADLINE_S, "the dashboard did not start", child)
    except BaseException:
        child.stop()
        raise
    return child


def watch(child: Child, stop: threading.Event) -> None:
    """Returns when `stop` is set, having ended the dashboard. Raises SetupFailed when it ends by itself."""
    with child:
        while not stop.wait(0.2):
            if (status := child.poll()) is not None:
                raise SetupFailed(f"the dashboard ended by itself with status {status}")
