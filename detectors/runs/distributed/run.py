"""`detect --lake --ray`: a lake run whose pieces are scored by workers of Ray.

One worker, on the machine of the command, reads the lake and takes its blocks in order through memory; it has
scorers wherever there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.base import Detector
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.runs.distributed.pipeline import Pipeline
from detectors.runs.distributed.scorer import Scorer
from detectors.runs.over_lake import Judged, LakeRun, Taker
from ingest.lake.reading import Lake
from ingest.machine.progress import Progress
from ingest.machine.ray.cluster import connected
from ingest.machine.ray.inside import Workers, free_workers
from ingest.machine.ray.same_code import code_digest, refuse_other_code


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be judged: the blocks `first`..`last` of a chain in a lake, see `LakeRun`."""

    code: str
    lake: Path
    chain_id: int
    detectors: Sequence[Detector]
    settings: EngineSettings
    allow_gaps: bool
    keep_scores: bool
    first: int | None
    last: int | None


class Distributed(LakeRun):
    """Its engine's detectors are asked by scorers."""

    def begun(self) -> Taker:
        engine = Engine(self.chain_id, self.detectors, self.settings, follows=False, keep_all=True)
        return Pipeline(engine, lambda start: Workers(Scorer, (start,), free_workers()))


def judged(address: str, cpus: int, order: Order, report: Callable[[Progress], None]) -> Judged:
    """What a lake run says, by the Ray at `address`: the same, to the byte. Raises what it raises, and
    ClusterUnreachable when Ray is gone.
    """
    with connected(address, cpus) as cluster:
        for said in cluster.follow(steps, order):
            if isinstance(said, Judged):
                return said
            report(said)
    raise AssertionError("a run ends with what it says")


def order_of(run: LakeRun, first: int | None, last: int | None) -> Order:
    lake, keep = run.lake.path.resolve(), run.keep_scores
    own = run.chain_id, run.detectors, run.settings, run.allow_gaps
    return Order(code_digest(), lake, *own, keep, first, last)


def steps(order: Order) -> Iterator[Progress | Judged]:
    """Runs in the worker that has the order."""
    refuse_other_code(order.code)
    run = Distributed(
        Lake.open(order.lake), order.chain_id, order.detectors, order.settings, order.allow_gaps,
        keep_scores=order.keep_scores,
    )  # fmt: skip
    yield from run.steps(order.first, order.last)
