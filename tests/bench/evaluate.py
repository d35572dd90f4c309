"""`make evaluate`: judges played worlds of every category, and says how well. A world is played once and kept
(see `world_store`): a changed detector is judged in a minute.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from detectors.base import TIERS
from ingest.localchain.play.stories import repertoires
from ingest.machine import tools
from ingest.model.errors import UndertowError
from tests.bench.world_playing import play, show_and_run
from tests.bench.world_store import Plan, WorldStore

ENOUGH = 40
"""Attacks of each category, at the least: below 30 a figure is called not enough."""

LEAST_HONEST = 8
"""Transactions a block with which `undertow simulate` can still play every honest habit."""

PAGE, FIGURES = "evaluation.html", "evaluation.json"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is judged, and where what is said of it lies; `tier` None: with all that the lakes hold."""

    plans: tuple[Plan, ...]
    folder: Path
    tier: str | None
    baselines: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the first command that failed, 1 after an error of our own in one line, 130 where
    it was interrupted, else 0.
    """
    wanted = _wanted(arguments)
    try:
        with _ended_like_by_ctrl_c():
            _evaluate(wanted)
    except KeyboardInterrupt:
        print("make evaluate: ended before it was done; worlds played to their end are kept", file=sys.stderr)
        return 128 + signal.SIGINT
    except subprocess.CalledProcessError as error:
        return error.returncode
    except UndertowError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename or wanted.folder}: {error.strerror}: {_mend(error)}")
    return 0


@contextmanager
def _ended_like_by_ctrl_c() -> Iterator[None]:
    """SIGTERM clears up as Ctrl-C does: it ends what was started, and removes what is half."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _evaluate(wanted: Wanted) -> None:
    store = WorldStore(wanted.folder / "worlds", _tell)
    with ExitStack() as inside:
        worlds = [inside.enter_context(store.kept(plan, play)) for plan in wanted.plans]
        _tell_what_was_played(wanted.plans, worlds)
        with _alone(wanted.folder):
            _judge(wanted, worlds)
    at = f" (as if there were no more than {wanted.tier})" if wanted.tier else ""
    _tell(f"\nas a page{at}: {wanted.folder / PAGE}")


def _judge(wanted: Wanted, worlds: Sequence[Path]) -> None:
    """Each world by itself into a book, then all books together."""
    folder, given = wanted.folder, list[object]()
    for plan, world in zip(wanted.plans, worlds, strict=True):
        book, scores = folder / f"book-{plan.seed}.jsonl", folder / f"scores-{plan.seed}.parquet"
        at = ["--tier", wanted.tier] if wanted.tier else []
        show_and_run("detect", "--lake", world / "lake", "--alerts", book, "--scores", scores, *at)
        given += ["--alerts", book, "--labels", world / "labels.jsonl"]
        given += ["--lake", world / "lake", "--scores", scores]
    more = [] if wanted.baselines else ["--no-baselines"]
    show_and_run("evaluate", *given, "--json", folder / FIGURES, "--html", folder / PAGE, *more)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of runs at once, one judges at a time, so that what lies in `folder` is of one run. What is locked is
    free again however a run ends.
    """
    with (folder / "judging.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell(f"another run judges in {folder}: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _tell_what_was_played(plans: Sequence[Plan], worlds: Sequence[Path]) -> None:
    """How many attacks there are, and of which categories none."""
    lines = [line for world in worlds for line in (world / "labels.jsonl").read_text().splitlines()[1:]]
    told = [json.loads(line) for line in lines]
    attacks = Counter(label["category"] for label in told if label["kind"] == "attack")
    wanted = plans[0].categories or tuple(sorted({one.category for one in repertoires()}))
    fewest = min(attacks[name] for name in wanted)
    made = "1 attack" if attacks.total() == 1 else f"{attacks.total()} attacks"
    of = "1 category" if len(wanted) == 1 else f"{len(wanted)} categories"
    _tell(f"to be judged: {made} of {of}, at least {fewest} of each")
    if none := [name for name in wanted if not attacks[name]]:
        _tell(f"too few --blocks for an attack of: {', '.join(none)}")


def _tell(line: str) -> None:
    print(line, flush=True)


def _wanted(arguments: Sequence[str] | None) -> Wanted:
    parser = argparse.ArgumentParser(prog="make evaluate", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=(11,), help="a world is played from each: '1 2 3'")
    parser.add_argument("--categories", type=_categories, help="only stories of these, by commas")
    parser.add_argument("--tier", choices=TIERS, help="judge as if the lakes held no more than this")
    parser.add_argument("--blocks", type=_count_of, default=3_000)
    parser.add_argument(
        "--transactions", type=_honest, default=40, help="about how many honest ones a block, 8 or more"
    )
    parser.add_argument(
        "--per-category", type=_count_of, default=ENOUGH, help="attacks, and hard negatives, in each world"
    )
    parser.add_argument("--no-baselines", action="store_true", help="leave the naive baselines out")
    parser.add_argument("--folder", type=Path, default=tools.home() / "evaluate")
    given = parser.parse_args(arguments)
    plans = [
        Plan(seed, given.blocks, given.transactions, given.per_category, given.categories)
        for seed in given.seeds
    ]
    return Wanted(tuple(plans), given.folder.absolute(), given.tier, not given.no_baselines)


def _seeds(text: str) -> tuple[int, ...]:
    words = text.replace(",", " ").split()
    if not words or not all(word.isdecimal() for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of whole numbers, such as '1 2 3'")
    seeds = tuple(int(word) for word in words)
    if len(set(seeds)) < len(seeds):
        raise argparse.ArgumentTypeError(f"{text!r} names a seed twice: each world counts once")
    return seeds


def _categories(text: str) -> tuple[str, ...]:
    known = {one.category for one in repertoires()}
    wanted = sorted({name.strip() for name in text.split(",")})
    if strange := [name for name in wanted if name not in known]:
        raise argparse.ArgumentTypeError(f"{strange[0]!r} is none of {', '.join(sorted(known))}")
    return tuple(wanted)


def _count_of(text: str, least: int = 1) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above {least - 1}")
    return int(text)


def _honest(text: str) -> int:
    return _count_of(text, LEAST_HONEST)


def _mend(error: OSError) -> str:
    free = "free some space, or " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{free}set UNDERTOW_HOME (or --folder) to a folder that can be written"


def _failed(why: str) -> int:
    print(f"make evaluate: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
