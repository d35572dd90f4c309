"""`make evaluate-bridge`: judges a world of two chains, a bridge and odd nodes, and says how well. A world is
played once and kept, as those of `make evaluate` are.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from ingest.machine import tools
from ingest.model.errors import UndertowError
from tests.bench.evaluate import _count_of, _seeds
from tests.bench.two_chains.plan import TwoChains
from tests.bench.two_chains.playing import HERE, play, played
from tests.bench.world_playing import show_and_run
from tests.bench.world_store import WorldStore

PAGE, FIGURES = "evaluation.html", "evaluation.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the first command that failed, 1 after an error of our own in one line, 130 where
    it was interrupted, else 0.
    """
    parser = argparse.ArgumentParser(prog="make evaluate-bridge", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=(1,), help="a world is played from each: '1 2 3'")
    parser.add_argument("--rounds", type=_count_of, default=3, help="how often each story is played")
    parser.add_argument("--folder", type=Path, default=tools.home() / "evaluate-bridge")
    parser.add_argument(
        "--kafka", help=f"host:port of a broker that runs, and knows no chain {HERE} yet; else one is started"
    )
    given = parser.parse_args(arguments)
    plans = [TwoChains(seed, given.rounds) for seed in given.seeds]
    try:
        _evaluate(plans, given.folder.absolute(), _player(given.kafka))
    except KeyboardInterrupt:
        print("make evaluate-bridge: ended before it was done", file=sys.stderr)
        return 128 + signal.SIGINT
    except subprocess.CalledProcessError as error:
        return error.returncode
    except (UndertowError, OSError) as error:
        print(f"make evaluate-bridge: {error}", file=sys.stderr)
        return 1
    return 0


def _player(kafka: str | None) -> Callable[[TwoChains, Path], None]:
    def into(plan: TwoChains, folder: Path) -> None:
        played(plan, folder, kafka or "")

    return into if kafka else play


def _evaluate(plans: Sequence[TwoChains], folder: Path, player: Callable[[TwoChains, Path], None]) -> None:
    """Each world by itself into a book, then all books together."""
    store = WorldStore(folder / "worlds", lambda line: print(line, flush=True))
    given = list[object]()
    with ExitStack() as inside:
        for plan in plans:
            world = inside.enter_context(store.kept(plan, player))
            book, scores = folder / f"book-{plan.seed}.jsonl", folder / f"scores-{plan.seed}.parquet"
            show_and_run("detect", "--lake", world / "lake", "--alerts", book, "--scores", scores)
            given += ["--alerts", book, "--labels", world / "labels.jsonl"]
            given += ["--lake", world / "lake", "--scores", scores]
        show_and_run("evaluate", *given, "--json", folder / FIGURES, "--html", folder / PAGE)


if __name__ == "__main__":
    sys.exit(main())
