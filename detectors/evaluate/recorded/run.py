"""Judges every set of recordings that a folder holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from detectors.alerts.text import visible
from detectors.base import Detector
from detectors.evaluate.recorded import exploits, mev, poisoning
from detectors.evaluate.recorded.ranking import Ranking
from detectors.evaluate.recorded.report import Report, SetReport
from ingest.model.errors import BadInput

_SETS: dict[str, Callable[[Path, Sequence[Detector]], SetReport]] = {
    "mainnet": mev.judge,
    "mainnet_mev": mev.judge,
    "exploits": exploits.judge,
    "poisoning": poisoning.judge,
}
"""Sub-folder and what judges it."""


def judge_recorded(folder: Path, detectors: Sequence[Detector]) -> Report:
    """Holds `detectors` against the recordings in the sub-folders `mainnet`, `mainnet_mev`, `exploits` and
    `poisoning`.

    One that is missing is named in the report. Raises BadInput where there is none of them, and for a file
    that cannot be used.
    """
    held = [name for name in _SETS if (folder / name).is_dir()]
    if not held:
        raise BadInput(
            f"{visible(str(folder))} holds no recordings: it needs at least one of the folders "
            f"{', '.join(_SETS)}"
        )
    sets = {name: _SETS[name](folder / name, detectors) for name in held}
    return Report(
        tuple(detector.name for detector in detectors),
        tuple(sets.values()),
        tuple(name for name in _SETS if name not in held),
        _ranking(sets),
    )


def _ranking(sets: Mapping[str, SetReport]) -> Ranking | None:
    """Exploits against ordinary blocks, where there are both."""
    ordinary = [sets[name] for name in ("mainnet", "mainnet_mev") if name in sets]
    if "exploits" not in sets or not ordinary:
        return None
    scores = [score for each in ordinary for score in each.scores]
    return Ranking(sets["exploits"].scores, scores, sum(each.figures["transactions"] for each in ordinary))
