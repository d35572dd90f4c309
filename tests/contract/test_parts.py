"""Every part meets every check, one test each; nothing is registered anywhere."""

from pathlib import Path

import pytest

from detectors.parts.contract import Part
from detectors.registry import parts
from tests.contract import part_checks
from tests.contract.part_checks import PartCheck

CHECKS: tuple[PartCheck, ...] = (
    part_checks.explains_itself,
    part_checks.any_cut_says_the_same,
    part_checks.a_rollback_leaves_no_trace,
    part_checks.a_restart_changes_nothing,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_part(part: Part, check: PartCheck, tmp_path: Path) -> None:
    check(part, tmp_path)
