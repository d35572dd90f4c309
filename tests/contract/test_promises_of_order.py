"""All detectors of the library, with some rules, keep the promises of order; make soak asks each alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detectors.base import Detector
from detectors.registry import detectors
from tests.contract import order_checks
from tests.contract.rules import RULES
from tests.contract.worlds import Worlds

pytestmark = [pytest.mark.many, pytest.mark.timeout(900)]

CHECKS: tuple[Callable[[order_checks.Those, Worlds], None], ...] = (
    order_checks.any_cut_gives_the_same_book,
    order_checks.a_rollback_leaves_no_trace,
    order_checks.a_restart_changes_nothing,
)
ALL_CHECKS = (*CHECKS, order_checks.cuts_of_other_sizes_give_the_same_book)


@pytest.mark.parametrize(
    "check",
    [*CHECKS, pytest.param(order_checks.cuts_of_other_sizes_give_the_same_book, marks=pytest.mark.soak)],
    ids=lambda check: check.__name__,
)
def test_all_detectors_together(check: Callable[[order_checks.Those, Worlds], None], worlds: Worlds) -> None:
    check((*detectors(), *RULES), worlds)


@pytest.mark.soak
@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.__name__)
def test_rules_together(check: Callable[[order_checks.Those, Worlds], None], worlds: Worlds) -> None:
    check(RULES, worlds)


@pytest.mark.soak
@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("detector", detectors(), ids=lambda detector: detector.name)
def test_each_alone(
    detector: Detector, check: Callable[[order_checks.Those, Worlds], None], worlds: Worlds
) -> None:
    check(detector, worlds)
