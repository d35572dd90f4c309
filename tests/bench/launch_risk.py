"""How well the risk of a new token tells rug pulls: `python -m tests.bench.launch_risk WORLD` judges a kept
world (see `world_store`), holds the first risk of each token against the labels, and prints the area under
the curve, with what each mark would find and what it would flag.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from detectors.base import Finding, Seen, hexed
from detectors.evaluate.labels import load_labels
from detectors.library.rug_pull import RugPull
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake

MARKS = (0.30, 0.32, 0.34, 0.36, 0.38, 0.40)


class Listening(RugPull):
    """The detector as it is; notes the first risk of each token, also what is too low to be published."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}

    def score(self, seen: Seen) -> list[Finding]:
        found = super().score(seen)
        for finding in found:
            if not finding.alerts:
                self.first.setdefault(hexed(finding.subject), finding.score)
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.launch_risk", description=__doc__)
    parser.add_argument("world", type=Path, help="a folder with lake and labels.jsonl")
    world = parser.parse_args(arguments).world
    labels, listening = load_labels(world / "labels.jsonl"), Listening()
    detectors: list[Any] = [listening]
    LakeRun(Lake.open(world / "lake"), labels.chain_id, detectors).run(None, None, lambda progress: None)
    about = [label for label in labels.attacks if RugPull.name in {label.category, *label.also}]
    pulled = {address for label in about for address in label.infrastructure}
    for line in table(listening.first, pulled):
        print(line)
    return 0


def table(first: Mapping[str, float], pulled: set[str]) -> Iterator[str]:
    """`pulled`: tokens that became a rug pull, beside other addresses."""
    rugs = [score for token, score in first.items() if token in pulled]
    others = [score for token, score in first.items() if token not in pulled]
    yield f"{len(rugs)} tokens that became a rug pull, {len(others)} others; AUC {auc(rugs, others):.2f}"
    for mark in MARKS:
        found, flagged = (sum(score >= mark for score in scores) for scores in (rugs, others))
        yield f"from {mark:.2f} on: {found} of {len(rugs)}, and {flagged} of {len(others)} others"


def auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    """The chance that one of the first lies above one of the second; half where they are equal."""
    won = sum((one > other) + 0.5 * (one == other) for one in right for other in wrong)
    return won / max(1, len(right) * len(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
