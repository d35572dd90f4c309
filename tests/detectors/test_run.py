"""The run digest names settings, code and anchor: another one, another name."""

from __future__ import annotations

import importlib.metadata
from dataclasses import replace
from typing import Any

import pytest

from detectors.base import Learns
from detectors.engine.digest import TOP, digest, sources
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors

ANCHOR = (1, bytes(32))


def test_the_same_run_has_the_same_name() -> None:
    assert digest(EngineSettings(), detectors(), ANCHOR) == digest(EngineSettings(), detectors(), ANCHOR)
    assert len(digest(EngineSettings(), detectors(), ANCHOR)) == 16


@pytest.mark.parametrize(
    "changes", [{"finality": 65}, {"quiet_seconds": 1}, {"score_floor": 0.31}, {"tier": "logs"}]
)
def test_another_setting_of_the_engine_is_another_run(changes: dict[str, float | str]) -> None:
    usual = digest(EngineSettings(), detectors(), ANCHOR)
    assert digest(replace(EngineSettings(), **changes), detectors(), ANCHOR) != usual  # type: ignore[arg-type]


@pytest.mark.parametrize("anchor", [(2, bytes(32)), (1, bytes(31) + b"\1")])
def test_another_first_block_is_another_run(anchor: tuple[int, bytes]) -> None:
    assert digest(EngineSettings(), detectors(), anchor) != digest(EngineSettings(), detectors(), ANCHOR)


def test_another_library_is_another_run() -> None:
    assert digest(EngineSettings(), detectors()[1:], ANCHOR) != digest(EngineSettings(), detectors(), ANCHOR)


def test_another_setting_of_a_detector_or_its_model_is_another_run() -> None:
    names = {digest(EngineSettings(), [each], ANCHOR) for each in (usual(), other_settings(), other_model())}
    assert len(names) == 3


def usual() -> Any:
    """The detector that has a model."""
    return next(type(each)() for each in detectors() if isinstance(each, Learns))


def other_settings() -> Any:
    changed = usual()
    changed.settings = replace(changed.settings, kept_score=0.9)
    return changed


def other_model() -> Any:
    changed = usual()
    changed.model = replace(changed.model, neighbours=3)
    return changed


def test_other_code_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    usual_name = digest(EngineSettings(), detectors(), ANCHOR)
    monkeypatch.setattr("detectors.engine.digest._code", lambda: "a line more")
    assert digest(EngineSettings(), detectors(), ANCHOR) != usual_name


def test_what_decides_an_alert_is_in_the_name_and_a_report_or_a_command_is_not() -> None:
    read = {path.relative_to(TOP).as_posix() for path in sources()}

    decide = {"detectors/engine/episodes.py", "detectors/library/layering.py", "detectors/kernels/bites.py"}
    assert (
        decide | {"detectors/alerts/alert.py", "ingest/decode/transfers.py", "ingest/model/batch.py"} <= read
    )
    assert not [path for path in read if path.split("/")[1] in ("commands", "evaluate", "runs")]


def test_another_version_of_a_library_that_computes_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    usual_name = digest(EngineSettings(), detectors(), ANCHOR)
    versions = importlib.metadata.version
    monkeypatch.setattr(
        "importlib.metadata.version", lambda name: "0.0.0" if name == "numba" else versions(name)
    )

    assert digest(EngineSettings(), detectors(), ANCHOR) != usual_name
