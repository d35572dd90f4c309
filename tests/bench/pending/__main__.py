"""How many attacks are seen while they wait, through the pool and round it, and how often wrongly:
`python -m tests.bench.pending`.

A labelled world is played whose transactions wait 1 to 3 blocks. While they wait, each head is read, proved
and judged, the pool is simulated and supposed on top of it, as `ingest --mempool` and `detect --pending` do
it, in one process. An attack is seen in time where an alert about it, of its category, was there before the
block that did harm was mined.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ingest.localchain.chain.chain import fork, origin
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.play.simulation import Script
from ingest.machine import tools
from tests.bench.__main__ import show
from tests.bench.pending.seen import Sight, tables
from tests.bench.pending.watched import Watched, played


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pending", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[30])
    parser.add_argument("--blocks", type=int, default=200, help="played; some two blocks each are mined")
    parser.add_argument("--attacks", type=int, default=2, help="of each category")
    parser.add_argument("--share", type=float, default=0.3, help="of what is sent goes round the pool")
    parser.add_argument("--traces", action="store_true", help="also the calls inside, by a private anvil")
    wanted = parser.parse_args()
    tools.ensure(lambda _line: None)
    sights: list[Sight] = []
    with ExitStack() as running:
        source = running.enter_context(origin(ensure_world))
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        for seed in wanted.seed:
            script = Script(
                seed,
                wanted.blocks,
                wanted.attacks,
                facts=folder / f"facts-{seed}",
                round_the_pool=wanted.share,
            )
            with fork(source.url) as node:
                watched = played(
                    node.url, folder / f"labels-{seed}.jsonl", script, wanted.traces, progress(seed)
                )
            sights.append(Sight.of(watched))
            print(f"seeds {wanted.seed[: len(sights)]}", flush=True)
            for lines in tables(sights):
                show(lines)


def progress(seed: int) -> Callable[[Watched], None]:
    def says(watched: Watched) -> None:
        if watched.heads % 100 == 0:
            print(f"seed {seed}: {watched.heads} heads", flush=True)

    return says


if __name__ == "__main__":
    main()
