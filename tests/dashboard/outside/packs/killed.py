"""Takes in a second version of a pack and a withdrawal, killed at each step that writes, in children of its
own: what is left must be the files of before, or of after once the next command has run.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

from dashboard.outside.packs.pack import read
from dashboard.outside.packs.register import registered, settle
from dashboard.outside.packs.taking import Places, Plan, carry_out, to_import, to_withdraw

ON = date(2026, 6, 1)
STEPS = ((os, "fsync"), (os, "fdopen"), (Path, "replace"), (Path, "unlink"), (Path, "chmod"))
MOST = 200


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def dying(at: int) -> None:
    """From here on the process ends, as by kill -9, before the step with this number."""
    left = [at]

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
            return step(*given, **named)

        return stepped

    for owner, name in STEPS:
        setattr(owner, name, counted(getattr(owner, name)))


def killed(folder: Path, act: Callable[[Path], Plan], at: int) -> bool:
    """Whether it was killed before its end."""
    child = os.fork()
    if child == 0:
        dying(at)
        carry_out(folder, act(folder), nullcontext())
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def steps(base: Path, work: Path, act: Callable[[Path], Plan]) -> int:
    """At how many steps it was killed; raises AssertionError where something is half of one."""
    shutil.copytree(base, work)
    carry_out(work, act(work), nullcontext())
    before, after = files(base), files(work)
    seen = set[bool]()
    for at in range(MOST):
        shutil.rmtree(work)
        shutil.copytree(base, work)
        if not killed(work, act, at):
            assert seen == {True, False}, "it was killed on one side of the register only"
            return at
        for name, content in files(work).items():
            whole = {before.get(name), after.get(name)}
            half = Path(name).name.startswith(".") or name.startswith("kept/")
            assert half or content in whole, f"step {at} left half of {name}"
        settle(work, registered(work))
        now = files(work)
        assert now in (before, after), f"step {at} is neither before nor after: {sorted(now)}"
        seen.add(now == after)
    raise AssertionError("it does not end")


def main(base: Path, work: Path, pack: Path) -> None:
    places = Places(work / "lists", work / "labels", work / "models")
    print(steps(base, work, lambda folder: to_import(folder, read(pack), places, ON, None)))
    shutil.rmtree(work)
    print(steps(base, work, lambda folder: to_withdraw(folder, "carols-labels", "wrong")))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
