"""Each check refuses a detector that breaks its promise: a check that a constant passes is none."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest

from detectors.base import Finding, Row, Seen, Tier
from detectors.parts.lines import place_of
from tests.contract import checks, order_checks, stories, worth_checks
from tests.contract.checks import Check
from tests.contract.worlds import Worlds


class Everybody:
    """Accuses everybody who pays, with one score for all."""

    name = "everybody"
    catches: tuple[str, ...] = ("layering",)
    needs: Tier = "transfers"
    settings: object = None

    reads: tuple[str, ...] = ("holdings",)

    def score(self, seen: Seen) -> list[Finding]:
        known = seen.of("holdings").get("known")
        if known is None:
            return []
        which = known["row"] - int(seen.rows["number"][0])
        which = which[seen.rows["source"][which] != 0]
        evidence = seen.evidence(seen.rows["number"][which].tolist())
        return [self._finding(seen, at, row) for at, row in zip(which.tolist(), evidence, strict=True)]

    def _finding(self, seen: Seen, at: int, evidence: Row) -> Finding:
        row, payer = int(seen.rows["number"][at]), seen.address(int(seen.rows["source"][at]))
        return Finding(
            **place_of(seen, row),
            category=self.catches[0],
            subject_kind="wallet",
            subject=payer,
            score=0.5,
            severity="low",
            roles=((payer, "attacker"),),
            rows=(evidence,),
            measured={"payments": 1},
            thresholds={"payments": 1},
            explanation="It paid.",
        )


class Changed(Everybody):
    """Says what `Everybody` says of the first payment of each batch, but changed."""

    def change(self, finding: Finding) -> Finding:
        raise NotImplementedError

    def score(self, seen: Seen) -> list[Finding]:
        return [self.change(finding) for finding in super().score(seen)[:1]]


class WithoutEvidence(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, rows=())


class WithInventedEvidence(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, rows=(replace(finding.rows[0], log_index=999),))


class WithOtherAmounts(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, rows=(replace(finding.rows[0], amount=bytes(32)),))


class NamedAfterAnother(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, transaction=bytes(32))


class BeyondOne(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, score=1.01)


class NotANumber(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, score=float("nan"))


class Unmeasured(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, measured={})


class TwoRoles(Changed):
    def change(self, finding: Finding) -> Finding:
        return replace(finding, roles=(*finding.roles, (finding.subject, "victim")))


class Remembering(Everybody):
    """Keeps in itself how much it has seen, and says less of it."""

    def __init__(self) -> None:
        self.known: set[bytes] = set()

    def score(self, seen: Seen) -> list[Finding]:
        found = [f for f in super().score(seen) if f.subject not in self.known]
        self.known.update(finding.subject for finding in found)
        return found


class AFew(Everybody):
    """Of those who pay an eighth, by their address: whoever breaks a promise need not talk of everybody."""

    def score(self, seen: Seen) -> list[Finding]:
        return [finding for finding in super().score(seen) if finding.subject[0] < 32]


class CutDependent(AFew):
    """Scores by the length of the batch."""

    def score(self, seen: Seen) -> list[Finding]:
        size = seen.blocks["number"].size
        return [replace(each, score=1 / (1 + size)) for each in super().score(seen)]


class Forgetful(AFew):
    """Its memory is not the state's but the class's own: it neither goes back nor to disk."""

    blocks_seen: ClassVar = [0]

    def score(self, seen: Seen) -> list[Finding]:
        type(self).blocks_seen[0] += seen.blocks["number"].size
        return [replace(each, score=1 / self.blocks_seen[0]) for each in super().score(seen)]


class Nobody(Everybody):
    """Finds nothing."""

    def score(self, seen: Seen) -> list[Finding]:
        return []


REFUSED: list[tuple[type[Everybody], Check, str]] = [
    (Everybody, checks.explains_itself, "the docstring has no Fails"),
    (Remembering, checks.scoring_twice_changes_nothing, "the same answer again"),
    (Nobody, checks.scoring_twice_changes_nothing, "finds nothing"),
    (BeyondOne, checks.scores_and_thresholds_are_sound, r"not in \[0, 1\]"),
    (NotANumber, checks.scores_and_thresholds_are_sound, "not finite"),
    (Unmeasured, checks.scores_and_thresholds_are_sound, "dict_keys"),
    (WithoutEvidence, checks.evidence_is_really_in_the_chain, "an alert has evidence"),
    (WithInventedEvidence, checks.evidence_is_really_in_the_chain, "no such row"),
    (WithOtherAmounts, checks.evidence_is_really_in_the_chain, "another amount"),
    (NamedAfterAnother, checks.the_transaction_named_completes_the_evidence, "named after another"),
    (TwoRoles, checks.roles_are_single_and_just, "one role an address"),
    (Everybody, checks.roles_are_single_and_just, "a victim is never named attacker"),
    (CutDependent, order_checks.any_cut_gives_the_same_book, "cuts of 1"),
    (Forgetful, order_checks.a_rollback_leaves_no_trace, "another book"),
    (Forgetful, order_checks.a_restart_changes_nothing, "killed after event"),
    (Nobody, order_checks.any_cut_gives_the_same_book, "never alerts"),
    (Everybody, worth_checks.finds_more_than_chance, "no better than chance"),
    (Nobody, worth_checks.finds_more_than_chance, "no better than chance"),
    (Everybody, worth_checks.ranks_better_than_chance, "no better than chance"),
    (Nobody, worth_checks.ranks_better_than_chance, "no better than chance"),
    (Everybody, worth_checks.flags_none_of_its_hard_negatives, "accuses the honest"),
]


@pytest.mark.parametrize(
    ("kind", "check", "reason"),
    REFUSED,
    ids=[f"{kind.__name__}-{check.__name__}" for kind, check, _ in REFUSED],
)
def test_refused(kind: type[Everybody], check: Check, reason: str, worlds: Worlds) -> None:
    with pytest.raises(AssertionError, match=reason):
        check(kind(), worlds)


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(order_checks.any_cut_gives_the_same_book, marks=pytest.mark.soak),
        pytest.param(order_checks.a_rollback_leaves_no_trace, marks=pytest.mark.soak),
        order_checks.a_restart_changes_nothing,  # of a log with the same rollbacks
    ],
    ids=lambda check: check.__name__,
)
def test_whoever_talks_of_everybody_all_the_time_keeps_the_promises_of_order(
    check: Check, worlds: Worlds
) -> None:
    """Hundreds of episodes that open, close, and open again: the engine's own book-keeping is at work."""
    check(Everybody(), worlds)


def test_a_category_without_stories_is_told_which_file_to_write() -> None:
    said = (
        r"tax-evasion has no stories: write tests/contract/stories/tax_evasion\.py with positives\(seed\) and"
    )
    with pytest.raises(stories.NoStories, match=said):
        stories.positives("tax-evasion", 1)


def test_average_precision_is_the_share_of_positives_for_a_constant_and_one_for_a_perfect_order() -> None:
    truth = [True, False, False, False]
    assert worth_checks.average_precision([0.5] * 4, truth) == 0.25
    assert worth_checks.average_precision([0.9, 0.5, 0.1, 0.2], truth) == 1.0
    # The positive comes second: all of the recall at a precision of one half.
    assert worth_checks.average_precision([0.5, 0.9, 0.1, 0.2], truth) == 0.5


def test_f1_of_one_hit_one_miss_and_one_false_alarm_is_one_half() -> None:
    assert worth_checks.f1([True, True, False], [True, False, True]) == 0.5  # 2 * 1 / (2 + 2)
