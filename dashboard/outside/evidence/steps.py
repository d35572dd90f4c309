"""How an alert came from its rows: what ran, in order, with its settings and its source; and by which run."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from dashboard.outside.evidence.bundle import Model, Run, Step
from dashboard.outside.evidence.canonical import canonical
from detectors import registry
from detectors.alerts.alert import Alert
from detectors.base import Detector, Excused, Explanation
from detectors.engine.digest import TOP, digest_of, ingredients, sources
from detectors.engine.order import in_order
from detectors.engine.settings import EngineSettings
from detectors.library.rules.detector import PREFIX
from ingest.model.errors import BadInput

DIGEST, ROWS = "model_digest", "training_rows_digest"
"""What `measured` calls the digest of a model, and that of its training rows."""


def steps_of(alert: Alert, detectors: Sequence[Detector]) -> list[Step]:
    """Decoding, the parts that the detector reads in the order in which they are asked, the detector, and the
    explanations that it can be excused by. Raises BadInput where this version has no such detector.
    """
    detector = next((each for each in detectors if each.name == alert.detector), None)
    if detector is None and alert.detector.startswith(PREFIX):
        raise BadInput(
            f"the alert is of an analyst's rule, {alert.detector}: give --rules, as `detect` had it"
        )
    if detector is None:
        raise BadInput(f"this undertow has no detector {alert.detector}: use the version that made the alert")
    excuses = _excuses(detector)
    reads = {f"detector {detector.name}": detector.reads}
    reads |= {f"explanation {each.kind}": each.reads for each in excuses}
    parts = in_order(registry.parts(), reads)
    return [
        _decoding(),
        *(_step("part", part.name, part) for part in parts),
        _step("detector", detector.name, detector),
        *(_step("explanation", each.kind, each) for each in excuses),
    ]


def models_of(alert: Alert) -> list[Model]:
    if DIGEST not in alert.measured:
        return []
    return [Model(alert.detector, str(alert.measured[DIGEST]), str(alert.measured[ROWS]))]


def run_of(
    alert: Alert, anchor: tuple[int, bytes] | None, settings: EngineSettings, detectors: Sequence[Detector]
) -> Run:
    """The run digest with its ingredients, where this version over this lake would make the same run."""
    if anchor is None:
        return Run(alert.run, None, "where the run began is not known without --lake")
    found = ingredients(settings, detectors, anchor)
    if digest_of(found) != alert.run:
        return Run(alert.run, None, f"this undertow over this lake would be run {digest_of(found)}")
    return Run(alert.run, _json(found), None)


def _excuses(detector: Detector) -> list[Explanation]:
    kinds = detector.excused_by if isinstance(detector, Excused) else ()
    return [each for each in registry.explanations() if each.kind in kinds]


def _decoding() -> Step:
    files = [path for path in sources() if "ingest" in path.relative_to(TOP).parts[:1]]
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.relative_to(TOP).as_posix().encode() + path.read_bytes())
    what = "Logs and transactions become transfers and other events."
    return Step("decode", "decode", what, {}, "ingest/decode, ingest/schema, ingest/model/batch.py",
                whole.hexdigest())  # fmt: skip


def source_digest(judge: object) -> str:
    """SHA-256 of the file that a part, a detector or an explanation is in."""
    return _digest(Path(inspect.getfile(type(judge))))


def _step(step: str, name: str, judge: object) -> Step:
    path = Path(inspect.getfile(type(judge)))
    what = inspect.getdoc(type(judge)) or ""
    settings = getattr(judge, "settings", None)
    plain = asdict(settings) if is_dataclass(settings) and not isinstance(settings, type) else {}
    return Step(step, name, _line(what.split("\n\n")[0]), _json(plain), _name(path), _digest(path))


def _json(value: dict[str, Any]) -> dict[str, Any]:
    """As JSON reads it back: tuples are lists."""
    plain: dict[str, Any] = json.loads(canonical(value))
    return plain


def _line(text: str) -> str:
    return " ".join(text.split())


def _name(path: Path) -> str:
    return path.relative_to(TOP).as_posix()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
