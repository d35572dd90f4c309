"""`detect --lake --ray`: a lake run whose pieces are scored by workers of Ray.

One worker, on the machine of the command, reads the lake and takes its blocks in order through memory; it has
scorers wherever there is room. Where one of them is ended, the run goes on from what is kept in the folder of
state, where one is given, else from its beginning; so does a command that is given again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.runs.distributed import kept
from detectors.runs.distributed.pipeline import Crew, Pipeline
from detectors.runs.distributed.scorer import Scorer, Start
from detectors.runs.over_lake import Judged, LakeRun, Sums, Taker
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress
from ingest.machine.ray.cluster import connected
from ingest.machine.ray.inside import TRIES, WorkerLost, Workers, ended_too_often, free_workers
from ingest.machine.ray.same_code import code_digest, refuse_other_code

SAVE_EVERY_S = 30.0
SHARE = 10
"""State is kept so seldom that this many times as long is worked as is written."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be judged: the blocks `first`..`last` of a chain in a lake, see `LakeRun`. `state`, a
    folder, keeps how far it is.
    """

    code: str
    lake: Path
    chain_id: int
    detectors: Sequence[Detector]
    settings: EngineSettings
    allow_gaps: bool
    keep_scores: bool
    first: int | None
    last: int | None
    state: Path | None = None
    save_every_s: float = 30.0


def order_of(run: LakeRun, first: int | None, last: int | None, state: Path | None) -> Order:
    lake, keep = run.lake.path.resolve(), run.keep_scores
    folder = None if state is None else state.resolve() / kept.ROOM
    own = run.chain_id, run.detectors, run.settings, run.allow_gaps
    return Order(code_digest(), lake, *own, keep, first, last, folder, SAVE_EVERY_S)


def judged(address: str, cpus: int, order: Order, report: Callable[[Progress], None]) -> Judged:
    """What a lake run says, by the Ray at `address`: the same, to the byte. Raises what it raises, and
    ClusterUnreachable when Ray is gone.
    """
    with connected(address, cpus) as cluster:
        for said in cluster.follow(steps, order):
            if isinstance(said, Judged):
                if order.state is not None:
                    kept.forget(order.state, order.chain_id)
                return said
            report(said)
    raise AssertionError("a run ends with what it says")


def steps(order: Order) -> Iterator[Progress | Judged]:
    """Runs in the worker that has the order."""
    refuse_other_code(order.code)
    for _ in range(TRIES):
        try:
            yield from run_of(order, _workers).steps(order.first, order.last)
            return
        except WorkerLost:
            continue
    raise ended_too_often()


def run_of(order: Order, crew: Callable[[Start], Crew]) -> Distributed:
    lake, settings = Lake.open(order.lake), order.settings
    own = lake, order.chain_id, order.detectors, settings, order.allow_gaps
    return Distributed(*own, keep_scores=order.keep_scores, order=order, crew=crew)


def _workers(start: Start) -> Crew:
    return Workers(Scorer, (start,), free_workers())


@dataclass(slots=True)
class Distributed(LakeRun):
    """Its engine's detectors are asked by scorers."""

    order: Order = field(kw_only=True)
    crew: Callable[[Start], Crew] = field(kw_only=True)
    _saved: float = field(default_factory=time.monotonic)
    _took: float = 0.0

    def resumed(self, first: int | None, last: int | None) -> tuple[Sums, Taker]:
        engine = self._engine()
        sums = kept.opened(engine, self._asked()) if engine.folder is not None else None
        return sums or Sums(), self._pipeline(engine)

    def begun(self) -> Taker:
        """Anew after a gap: what is kept is of before."""
        if self.order.state is not None:
            kept.forget(self.order.state, self.chain_id)
        engine = self._engine()
        if engine.folder is not None:
            kept.opened(engine, self._asked())
        return self._pipeline(engine)

    def keep(self, taker: Taker, sums: Sums) -> None:
        due = max(self.order.save_every_s, SHARE * self._took)
        if self.order.state is None or time.monotonic() - self._saved < due:
            return
        sums.add(taker.finish(), taker.engine, self.keep_scores)
        started = time.monotonic()
        kept.save(taker.engine, self._asked(), sums)
        self._saved = time.monotonic()
        self._took = self._saved - started

    def _engine(self) -> Engine:
        own = self.chain_id, self.detectors, self.settings
        if self.order.state is not None:
            self.order.state.mkdir(parents=True, exist_ok=True)
        return Engine(*own, follows=False, keep_all=True, folder=self.order.state)

    def _pipeline(self, engine: Engine) -> Pipeline:
        return Pipeline(engine, self.crew)

    def _asked(self) -> str:
        order = self.order
        return f"{order.lake} {order.first} {order.last} {order.keep_scores} {order.allow_gaps}"
