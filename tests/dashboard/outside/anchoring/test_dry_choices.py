"""Dry roots are of the detection that is named: with its rules, settings, models and coin."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.model.errors import BadInput
from undertow import app


@pytest.mark.parametrize("option", ["--rules", "--models", "--settings"])
def test_what_detect_had_is_read_and_what_is_not_there_is_said(option: str, tmp_path: Path) -> None:
    dry = ["anchor", "--lake", str(tmp_path), "--dry-run", option, str(tmp_path / "nowhere")]
    outcome = CliRunner().invoke(app, dry)
    assert isinstance(outcome.exception, BadInput)
    assert "nowhere" in str(outcome.exception)
