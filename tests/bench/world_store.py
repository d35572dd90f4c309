"""Played worlds are kept, so that a changed detector is judged without playing again.

A world is a folder with its lake, labels and facts under a digest of all that decides what they hold: the
plan, the sources of `ingest`, and what is installed with it. It takes its name last, so whatever has the name
is whole. Who uses a world holds its lock together with others, who plays or removes it holds it alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol, TypeVar

Say = Callable[[str], None]

KEPT_WORLDS = 12
"""Before another is played, all but so many are removed, those first that were used longest ago. A world of
3,000 blocks with traces takes about a quarter of a gigabyte.
"""

NOT_IN_A_WORLD = (
    "kafka",
    "live",
    "log",
    "machine/broker.py",
    "machine/data/kafka-jars.toml",
    "machine/metrics.py",
)
"""What of `ingest` a played world never touches; everything else there is in the digest."""

_TOP = Path(__file__).parents[2]
_PLAN = "world.json"
_HALF, _GOING = ".half-played", ".removing"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played; `categories` None: all there are."""

    seed: int
    blocks: int
    transactions: int
    per_category: int
    categories: tuple[str, ...] | None = None

    def __str__(self) -> str:
        of = "every category" if self.categories is None else ", ".join(self.categories)
        honest = f"about {self.transactions} honest transactions each"
        return f"seed {self.seed}: {self.blocks} blocks, {honest}, up to {self.per_category} attacks of {of}"


def sources() -> list[Path]:
    """Every file that decides what a played world holds, in order of names. Documents do not."""
    ingest = Path(str(files("ingest")))
    left_out = [ingest / name for name in NOT_IN_A_WORLD]
    found = [path for path in ingest.rglob("*") if path.is_file() and path.suffix not in (".md", ".pyc")]
    inside = [path for path in found if not any(path.is_relative_to(name) for name in left_out)]
    played_by = (_TOP / "constraints.txt", Path(__file__).with_name("world_playing.py"))
    return sorted([*inside, *played_by])


class Planned(Protocol):
    """A dataclass whose fields decide what is played, and by which seed; its text says so to people."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def seed(self) -> int: ...


P = TypeVar("P", bound=Planned)


def digest_of(plan: Planned) -> str:
    """Another digest: another world. A change of any source is one."""
    digest = hashlib.sha256(json.dumps(asdict(plan), sort_keys=True).encode())
    for path in sources():
        digest.update(os.path.relpath(path, _TOP).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class WorldStore:
    """Worlds below `folder`. `say` is told what takes time and what is removed."""

    folder: Path
    say: Say

    @contextmanager
    def kept(self, plan: P, play: Callable[[P, Path], None]) -> Iterator[Path]:
        """The folder of a world, which `play` fills where it is not kept yet. Nobody removes it meanwhile.

        Who comes while another plays it waits for that. What `play` raises ends it, and leaves nothing.
        """
        name, is_new = digest_of(plan), False
        while True:
            with self._lock(name) as lock:
                self._hold(lock, fcntl.LOCK_SH, plan)
                if self._path(name).is_dir():
                    os.utime(self._path(name) / _PLAN)
                    if not is_new:
                        self.say(f"kept and not played again: {plan}")
                    yield self._path(name)
                    return
            with self._lock(name) as lock:
                self._hold(lock, fcntl.LOCK_EX, plan)
                if not self._path(name).is_dir():
                    self._prune()
                    self.say(f"playing a world, which is kept for the next time: {plan}")
                    self._played(name, plan, play)
                    is_new = True

    def _played(self, name: str, plan: P, play: Callable[[P, Path], None]) -> None:
        """Plays a world in a folder beside its own, and renames that in the end.

        The folder is a new one each time: what a killed run left behind may still be written to.
        """
        for left in self.folder.glob(f"{name}.*"):
            shutil.rmtree(left, ignore_errors=True)
        half = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=_HALF, dir=self.folder))
        started = time.monotonic()
        try:
            play(plan, half)
            told = asdict(plan) | {"seconds": round(time.monotonic() - started)}
            (half / _PLAN).write_text(json.dumps(told, sort_keys=True) + "\n")
            half.rename(self._path(name))
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise

    def _prune(self) -> None:
        """Removes what was left half, and all but the `KEPT_WORLDS` - 1 used last; nothing that is in use."""
        worlds = [path for path in self.folder.iterdir() if path.suffix not in (_HALF, _GOING)]
        used = {path: when for path in worlds if (when := _last_used(path))}
        for old in sorted(used, key=used.__getitem__, reverse=True)[KEPT_WORLDS - 1 :]:
            self._remove(old, f"of kept worlds the {KEPT_WORLDS} used last stay")
        for left in self.folder.iterdir():
            if left.suffix in (_HALF, _GOING):
                self._remove(left, "a run was killed while it played or removed it")

    def _remove(self, path: Path, why: str) -> None:
        """Unless somebody uses or plays it. It loses its name first, so that it is whole or gone."""
        name = path.name.partition(".")[0]
        with self._lock(name) as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not path.exists():  # another run was quicker
                return
            going = self._path(name + _GOING)
            if path != going:
                shutil.rmtree(going, ignore_errors=True)
                path.rename(going)
            shutil.rmtree(going, ignore_errors=True)
            self.say(f"removed the world {path.name}: {why}")

    @contextmanager
    def _lock(self, name: str) -> Iterator[IO[str]]:
        """An open file to lock: its lock ends with the process, however that ends."""
        locks = self.folder / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / name).open("w") as file:
            yield file

    def _hold(self, lock: IO[str], how: int, plan: Planned) -> None:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            self.say(f"another run plays or removes this world, waiting for it: {plan}")
            fcntl.flock(lock, how)

    def _path(self, name: str) -> Path:
        return self.folder / name


def _last_used(world: Path) -> float:
    """When a kept world was last used, in seconds; 0 where there is none, or none any more."""
    try:
        return (world / _PLAN).stat().st_mtime
    except OSError:
        return 0.0
