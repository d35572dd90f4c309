"""Starts the dashboard as a child process, on this machine only unless people sign in, and ends with it."""

from __future__ import annotations

import os
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from dashboard.accounts.access import Access
from dashboard.filing.evaluation import read_evaluation
from dashboard.store import bring_up_to_date
from ingest.lake.reading import Lake
from ingest.machine.processes import LOOPBACK, Child, refuse_taken, wait_until
from ingest.model.budget import Budget
from ingest.model.errors import BadInput, SetupFailed

STORE_SETTING = "UNDERTOW_STORE"
USERS_SETTING = "UNDERTOW_USERS"
LAKE_SETTING, EVALUATION_SETTING = "DASHBOARD_LAKE", "DASHBOARD_EVALUATION"
RULES_SETTING, BUDGET_SETTING = "DASHBOARD_RULES", "DASHBOARD_BUDGET_CPU"
"""How the page is told what was named on the command line: no settings of people."""
START_DEADLINE_S = 60.0
HERE = Access()
"""This machine only, and nobody signs in."""
_APP = Path(__file__).parent / "app.py"
_SETTINGS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.enableStaticServing": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "theme.light.primaryColor": "#0a6d6f",
    "theme.dark.primaryColor": "#2bb3b0",
    "runner.magicEnabled": "false",
    # Python's own rule when to look for garbage: a whole search after every drawing was a large share of what
    # eight sessions at the queue did, by a profile of `make bench-dashboard`.
    "runner.postScriptGC": "false",
    "logger.level": "warning",
}


@dataclass(frozen=True, slots=True)
class Sources:
    """What screens read beside the store: a lake's folder, what `undertow evaluate --json` wrote, and the
    folder of an analyst's rules, which they write too.
    """

    lake: Path | None = None
    evaluation: Path | None = None
    rules: Path | None = None

    def check(self) -> None:
        """Raises NotALake and BadInput before anything is started."""
        if self.lake is not None:
            Lake.open(self.lake)
        if self.evaluation is not None:
            read_evaluation(self.evaluation)
        if self.rules is not None and not self.rules.is_dir():
            raise BadInput(f"{self.rules} is no folder: make it, then give it as --rules")

    def settings(self) -> dict[str, str]:
        """For the child; also what is not named, so that it inherits none."""
        named = {LAKE_SETTING: self.lake, EVALUATION_SETTING: self.evaluation, RULES_SETTING: self.rules}
        return {name: "" if path is None else str(path.absolute()) for name, path in named.items()}


def start(
    store: str,
    port: int,
    log: Path | None = None,
    access: Access = HERE,
    sources: Sources = Sources(),
    budget_cpu_s: float | None = None,
) -> Child:
    """The dashboard, answering at `port` of `access`, which was checked before; an older store is brought up
    to date first. `budget_cpu_s`: CPU seconds that a filed block may cost before pictures are left out.

    Raises BadInput or StoreUnreachable where the store cannot be read, BadInput for a budget that is none,
    NotALake, PortTaken, and SetupFailed.
    """
    limit = Budget(budget_cpu_s).cpu_s_a_block
    bring_up_to_date(store)
    sources.check()
    refuse_taken(port, "--port")
    settings = [f"--{name}={value}" for name, value in (_SETTINGS | _settings(access, port)).items()]
    argv = [sys.executable, "-m", "dashboard.screens.serving", "run", str(_APP), *settings]
    # The URL may hold a password: the environment is not shown to other accounts, a command line is.
    told = {STORE_SETTING: store, USERS_SETTING: "" if access.users is None else str(access.users.absolute())}
    told[BUDGET_SETTING] = "" if limit is None else repr(limit)
    child = Child.start("dashboard", argv, told | sources.settings(), log)
    try:
        wait_until(lambda: _answers(access, port), START_DEADLINE_S, "the dashboard did not start", child)
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


def url(port: int, access: Access = HERE) -> str:
    scheme = "http" if access.certificate is None else "https"
    host = host_of(access)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def host_of(access: Access) -> str:
    """What a browser calls this machine: Streamlit takes requests from pages of that name, and would ask a
    server outside for it where it was not told.
    """
    everywhere = access.address in ("0.0.0.0", "::")
    return access.host or (socket.gethostname() if everywhere else access.address)


def _settings(access: Access, port: int) -> dict[str, str]:
    """A file of secrets that somebody left in a folder where Streamlit looks is none of ours."""
    settings = {
        "server.port": str(port),
        "server.address": access.address,
        "browser.serverAddress": host_of(access),
        "secrets.files": os.devnull if access.secrets is None else str(access.secrets.absolute()),
    }
    if access.certificate is not None and access.key is not None:
        settings["server.sslCertFile"] = str(access.certificate.absolute())
        settings["server.sslKeyFile"] = str(access.key.absolute())
    return settings


def _answers(access: Access, port: int) -> bool:
    at = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(access.address, access.address)
    try:
        socket.create_connection((at, port), timeout=1).close()
    except OSError:
        return False
    return True
