"""Every detector of the library meets every check, one test each; nothing is registered anywhere."""

import pytest

from detectors.base import Detector
from detectors.library.rules.detector import RuleDetector
from detectors.registry import detectors
from tests.contract import checks, worth_checks
from tests.contract.checks import Check
from tests.contract.rules import RULES
from tests.contract.worlds import Worlds

pytestmark = pytest.mark.many

OF_ALL: tuple[Check, ...] = (
    checks.explains_itself,
    checks.scoring_twice_changes_nothing,
    checks.scores_and_thresholds_are_sound,
    checks.evidence_is_really_in_the_chain,
    checks.the_transaction_named_completes_the_evidence,
    checks.roles_are_single_and_just,
)
CHECKS: tuple[Check, ...] = (
    *OF_ALL,
    worth_checks.finds_more_than_chance,
    worth_checks.ranks_better_than_chance,
    worth_checks.flags_none_of_its_hard_negatives,
)


@pytest.mark.parametrize("check", OF_ALL, ids=lambda check: check.__name__)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule(rule: RuleDetector, check: Check, worlds: Worlds) -> None:
    """A rule promises no category of attacks, so there is none that it must find."""
    check(rule, worlds)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("detector", detectors(), ids=lambda detector: detector.name)
def test_detector(detector: Detector, check: Check, worlds: Worlds) -> None:
    check(detector, worlds)
