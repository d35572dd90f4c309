"""What each threshold is worth: `python -m tests.bench.sensitivity WORLD` judges a kept world (see
`world_store`) once, by some detectors as they are and, beside them, by copies of which each has one setting
at half or at double, and prints what each finds and which false alarms it raises.

No other detector runs, and parts are worked out once for all copies. So nothing yields to another category:
a false alarm may be one that is none beside the whole library.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from detectors.base import Detector
from detectors.engine.chosen import Variant, variants
from detectors.engine.judge import refuse_off
from detectors.evaluate.judging import judge
from detectors.evaluate.labels import Labels, load_labels
from detectors.evaluate.measures import category_row
from detectors.registry import detectors
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake

OFTEN = ("sandwich", "flash-loan-attack", "reentrancy", "hidden-mint", "asset-drain", "honeypot",
         "wash-trading", "pump-and-dump", "ponzi")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sensitivity", description=__doc__)
    parser.add_argument("world", type=Path, help="a folder with lake and labels.jsonl")
    parser.add_argument("--detectors", default=",".join(OFTEN), help="whose settings are changed, by commas")
    parser.add_argument("--to-block", type=int, help="judge no further, and count what has ended by then")
    wanted = parser.parse_args(arguments)
    names = wanted.detectors.split(",")
    known = {each.name: each for each in detectors()}
    if unknown := [name for name in names if name not in known]:
        print(f"sensitivity: {', '.join(unknown)}: no such detector; see detectors/library/")
        return 2
    copies = [each for name in names for each in variants(known[name])]
    labels = ended_by(load_labels(wanted.world / "labels.jsonl"), wanted.to_block)
    lake = Lake.open(wanted.world / "lake")
    judges = [*(known[name] for name in names), *(each.detector for each in copies)]
    run = LakeRun(lake, labels.chain_id, judges)
    judged = run.run(None, wanted.to_block, lambda progress: print(progress, file=sys.stderr, flush=True))
    refuse_off(judged.off)
    for line in table(judged.alerts, labels, [known[name] for name in names], copies):
        print(line)
    return 0


def ended_by(labels: Labels, block: int | None) -> Labels:
    """Without the stories that go on after a block, if one is given: nobody could have told all of them."""
    kept = tuple(label for label in labels.labels if block is None or label.last_block <= block)
    return replace(labels, labels=kept)


def table(
    alerts: Sequence[Any], labels: Labels, plain: Sequence[Detector], copies: Sequence[Variant]
) -> Iterator[str]:
    yield "| detector | setting | at | found | false alarms |"
    yield "|---|---|---|---|---|"
    for detector in plain:
        yield _line(alerts, labels, detector.name, detector, "as it is", "")
        for each in copies:
            if each.of == detector.name:
                yield _line(
                    alerts, labels, each.detector.name, detector, f"`{each.setting}`", f"{each.now:g}"
                )


def _line(alerts: Sequence[Any], labels: Labels, told_by: str, of: Detector, setting: str, at: str) -> str:
    """Held against the attacks of the category that the detector catches, whatever it is called itself."""
    (category,) = of.catches
    mine = [replace(alert, category=category) for alert in alerts if alert.detector == told_by]
    row = category_row(judge(mine, labels), category)
    return f"| `{of.name}` | {setting} | {at} | {row.found} of {row.attacks} | {row.false_alarms} |"


if __name__ == "__main__":
    sys.exit(main())
