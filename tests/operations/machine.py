"""A machine as `docker/OPERATIONS.md` leaves one, below a folder: its commands are run as they stand there,
and systemd's part is played by starting what the units say, and starting it again where it fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from detectors.alerts.messages import scores_from
from ingest.kafka import SCORES, Cluster, tail
from ingest.machine.processes import Child, free_port
from tests.fixtures.units import COMMON, Unit, settings_in, variables
from tests.fixtures.wheel import TOP, bare
from tests.readme.documents import Document, document

OPERATIONS = document("docker/OPERATIONS.md")
PLACES = re.compile(
    r"(?<![\w.}])/(opt/undertow|etc/undertow|etc/systemd/system|var/lib/undertow|var/backups/undertow|"
    r"usr/local/bin)(?![\w.])"
)
OWNERS = " -o undertow -g undertow"
DEADLINE_S = 300.0
AGAIN_S = 0.5
"""Of RestartSec, which is longer where somebody waits in earnest."""


def sections() -> dict[str, list[str]]:
    """Heading -> its blocks of commands."""
    parts = re.split(r"^## (.*)$", OPERATIONS.text, flags=re.M)[1:]
    return {
        title: Document(OPERATIONS.path, text).blocks()
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }


@dataclass
class Machine:
    """`told`: what stands in the document -> what it is here. `is_ready` is waited for after each start."""

    root: Path
    told: dict[str, str]
    is_ready: Callable[[], bool] = lambda: True
    services: dict[str, Child] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def here(self, text: str) -> str:
        """With every place below `root`, and every port a free one."""
        text = text.replace(OWNERS, "")
        for there, here in self.told.items():
            text = text.replace(there, here)
        return PLACES.sub(lambda found: str(self.root) + found[0], text)

    def runs(self, block: str) -> None:
        """Line by line; what is for systemd is done here."""
        waiting: list[str] = []
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("systemctl "):
                self._shell(waiting)
                waiting = []
                self._systemctl(line.split()[1:])
            elif not line.startswith("useradd "):
                waiting.append(line)
        self._shell(waiting)

    def undertow(self, *arguments: str) -> str:
        return self._shell([f"undertow {' '.join(arguments)}"])

    def waits_for(self, check: Callable[[], bool], what: str) -> None:
        """As systemd does meanwhile, what ended with an error is started again."""
        end = time.monotonic() + DEADLINE_S
        while not check():
            self._starts_again()
            assert time.monotonic() < end, f"waited {DEADLINE_S} s for {what}: {self._last_words()}"
            time.sleep(0.2)

    def judged(self, kafka: str, chain_id: int) -> int:
        """The last block in `fraud.scores`; -1 before the first."""
        cluster = Cluster(kafka)
        if not cluster.answers(deadline_s=2) or chain_id not in cluster.chains():
            return -1
        last = tail(kafka, SCORES, cluster.partition_of(chain_id), 1)
        return scores_from(last[0].key, last[0].value, chain_id).block_number if last else -1

    def log(self, role: str) -> str:
        path = self.root / f"{role}.log"
        return path.read_text() if path.exists() else ""

    def saying(self, *words: str) -> list[str]:
        """The roles in whose lines one of these stands."""
        return [role for role in self.services if any(word in self.log(role) for word in words)]

    def ends(self) -> None:
        for child in reversed(self.services.values()):
            child.stop(30)
        self.services.clear()

    def _shell(self, lines: list[str]) -> str:
        if not "".join(lines).strip():
            return ""
        env = {
            **bare(self.root / "var/lib/undertow"),
            "PATH": f"{self.root}/usr/local/bin:{os.environ['PATH']}",
        }
        script = self.here("\n".join(lines))
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script], cwd=self.root / "checkout", env=env,
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        self.said.append(f"$ {script}\n{done.stdout}{done.stderr}")
        assert done.returncode == 0, self.said[-1]
        return done.stdout

    def _systemctl(self, words: list[str]) -> None:
        verb, names = words[0], [word for word in words[1:] if not word.startswith("-")]
        if verb == "daemon-reload":
            self._moves_here()
        elif verb == "stop":
            self._stop(names)
        elif verb in ("start", "restart", "enable"):
            self._stop(names)
            for name in names:
                self._start(name)
            self._after_start()
        else:
            raise AssertionError(f"systemctl {verb}: not played here")

    def _after_start(self) -> None:
        """Nobody asks a broker that has just been started."""
        self.waits_for(self.is_ready, "the broker and a first block")

    def _moves_here(self) -> None:
        """What was copied names places of a whole machine: of this one it names those below `root`."""
        copied = [*(self.root / "etc").rglob("*"), self.root / "usr/local/bin/undertow"]
        for path in filter(Path.is_file, copied):
            path.write_text(self.here(path.read_text()).replace("runuser -u undertow -- ", ""))

    def _start(self, name: str) -> None:
        if name.endswith(".target"):
            units = settings_in((self.root / "etc/systemd/system" / name).read_text())
            for wanted in dict(units)["Unit.Wants"].split():
                self._start(wanted)
            return
        unit = self._unit(name)
        places = self._places(unit)
        told = self._environment(unit, places)
        for line in unit.command("ExecStartPre", told, places):
            subprocess.run(line, check=True, timeout=60)
        (line,) = unit.command("ExecStart", told, places)
        self.services[unit.role] = Child.start(unit.role, line, told, self.root / f"{unit.role}.log")

    def _unit(self, name: str) -> Unit:
        folder, name = self.root / "etc/systemd/system", f"{name.removesuffix('.service')}.service"
        return Unit(
            name, settings_in((folder / COMMON).read_text()) + settings_in((folder / name).read_text())
        )

    def _places(self, unit: Unit) -> dict[str, str]:
        run, name = self.root / "run", unit.name.removesuffix(".service")
        credentials = run / "credentials" / unit.name
        for folder in (credentials, run / name):
            folder.mkdir(parents=True, exist_ok=True)
        for value in unit.all("Service.LoadCredential"):
            loaded, _, path = value.partition(":")
            shutil.copy(path, credentials / loaded)
        return {"d": str(credentials), "t": str(run), "N": name, "%": "%"}

    def _environment(self, unit: Unit, places: dict[str, str]) -> dict[str, str]:
        told = {"HOME": str(self.root / "var/lib/undertow"), "XDG_STATE_HOME": ""}
        for path in unit.all("Service.EnvironmentFile"):
            if Path(path.removeprefix("-")).exists():
                told |= variables(Path(path.removeprefix("-")).read_text())
        for name, value in unit.environment().items():
            told[name] = re.sub(r"%(.)", lambda found: places[found[1]], value)
        if "UNDERTOW_METRICS" in told:  # others may hold the one of the document here
            told["UNDERTOW_METRICS"] = str(free_port())
        return told

    def _stop(self, names: list[str]) -> None:
        for name in names:
            child = self.services.pop(name.removeprefix("undertow-").removesuffix(".service"), None)
            if child is not None:
                assert child.stop(60) in (0, 1), child.last_lines()

    def _starts_again(self) -> None:
        for role, child in list(self.services.items()):
            if child.poll() is not None:
                time.sleep(AGAIN_S)
                self._start(f"undertow-{role}")

    def _last_words(self) -> str:
        return " || ".join(f"{role}: {child.last_lines(2)}" for role, child in self.services.items())


def made(root: Path, told: dict[str, str]) -> Machine:
    """An empty machine, with the checkout's `docker` to install from."""
    for folder in ("etc/systemd/system", "usr/local/bin", "checkout", "var/lib"):
        (root / folder).mkdir(parents=True)
    (root / "checkout/docker").symlink_to(TOP / "docker")
    return Machine(root, told)
