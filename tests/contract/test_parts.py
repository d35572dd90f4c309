"""Every part meets every check; those of order are asked of all together, and by make soak of each alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.parts.contract import Part
from detectors.registry import parts
from tests.contract import part_checks
from tests.contract.part_checks import SEEDS, OrderCheck

OF_ORDER: tuple[OrderCheck, ...] = (
    part_checks.any_cut_says_the_same,
    part_checks.a_rollback_leaves_no_trace,
    part_checks.a_restart_changes_nothing,
)

pytestmark = [pytest.mark.many, pytest.mark.timeout(900)]


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_a_part_explains_itself(part: Part) -> None:
    part_checks.explains_itself(part, Path())


@pytest.mark.parametrize("check", OF_ORDER, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=pytest.mark.soak), pytest.param(3, marks=pytest.mark.soak)]
)
def test_all_parts_together(check: OrderCheck, seed: int, tmp_path: Path) -> None:
    check(parts(), tmp_path, (seed,))


@pytest.mark.soak
@pytest.mark.parametrize("check", OF_ORDER, ids=lambda check: check.__name__)
@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_each_part_alone(part: Part, check: OrderCheck, tmp_path: Path) -> None:
    check(part, tmp_path, SEEDS)
