"""Detectors and explanations on shared parts are judged like any other: off alone, excused, and quiet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from detectors.base import Finding, Seen, Tier
from detectors.engine.engine import Engine
from detectors.engine.judge import Off
from detectors.engine.settings import EngineSettings
from ingest.model.batch import Rollback
from ingest.model.errors import BadInput
from tests.detectors.judging.test_judge import BAD_BLOCK, payday
from tests.detectors.test_engine import LARGE, LargePayments
from tests.fixtures.frames import ChainBuilder

SETTINGS = EngineSettings(finality=8, epoch_blocks=20)


class NetPayments:
    """Whoever receives much, net, in a transaction."""

    name = "net-payments"
    catches: tuple[str, ...] = ("asset-drain",)
    needs: Tier = "transfers"
    settings: object = None
    reads: tuple[str, ...] = ("net",)
    bad_block = -1
    only_batches = False

    def score(self, seen: Seen) -> list[Finding]:
        blocks = seen.blocks["number"].tolist()
        if (len(blocks) > 1) if self.only_batches else self.bad_block in blocks:
            raise ZeroDivisionError("division by zero\nand more")
        changes = seen.of("net").get("changes")
        if changes is None:
            return []
        large = changes["received"][:, 3] >= LARGE
        first = int(seen.transactions["number"][0])
        return [
            self._finding(seen, int(number) - first, seen.address(int(account)))
            for number, account in zip(changes["transaction"][large], changes["account"][large], strict=True)
        ]

    def _finding(self, seen: Seen, at: int, payee: bytes) -> Finding:
        sent = seen.transactions
        return Finding(
            block_number=int(sent["block"][at]),
            timestamp=int(sent["time"][at]),
            category="asset-drain",
            subject_kind="wallet",
            subject=payee,
            score=0.8,
            severity="medium",
            transaction=sent["hash"][at].tobytes(),
            roles=((payee, "attacker"),),
            rows=seen.evidence([int(seen.rows["number"][sent["first_row"][at]])]),
            measured={"wei": 1},
            thresholds={"wei": 1},
            explanation="It received much.",
        )


class Brittle(NetPayments):
    name = "brittle"
    bad_block = BAD_BLOCK


class Excusable(NetPayments):
    name = "excusable"
    excused_by = ("first-payment",)


class Soon(NetPayments):
    """An episode is over after a block without a finding."""

    name = "soon"
    quiet_seconds = 6


class FirstPayment:
    """Holds for what happens in the first block: a reading explanation."""

    kind = "first-payment"
    settings: object = None
    reads: tuple[str, ...] = ("net",)

    def reason(self, seen: Seen, finding: Finding) -> str | None:
        assert seen.blocks["number"].tolist() == [finding.block_number]
        assert seen.of("net")["changes"]["transaction"].size == 2
        return "it is the first" if finding.block_number == 1 else None


def judged(some: Sequence[Any], chain: ChainBuilder, cut: int, *explanations: Any) -> Engine:
    made = Engine(1, some, SETTINGS, keep_all=True, explanations=explanations)
    batch = chain.batch()
    for first in range(batch.first, batch.last + 1, cut):
        made.take(batch.slice(first, min(batch.last, first + cut - 1)))
    return made


@pytest.mark.parametrize("cut", [1, 4, 12])
def test_it_finds_what_one_of_the_other_contract_finds(cut: int) -> None:
    made = judged([NetPayments(), LargePayments()], payday(12), cut)
    assert {alert.detector: alert.updated_block for alert in made.standing()} == {
        "net-payments": 12, "large-payments": 12,
    }  # fmt: skip
    (evidence, *_) = next(alert for alert in made.standing() if alert.detector == "net-payments").evidence
    assert (evidence.amount, evidence.kind, evidence.log_index) == (str(LARGE), "native", None)


@pytest.mark.parametrize("cut", [1, 4, 12])
def test_it_is_off_from_the_block_that_raises_alone_wherever_batches_are_cut(cut: int) -> None:
    made = judged([Brittle(), NetPayments()], payday(12), cut)
    assert made.state.off == {"brittle": Off(BAD_BLOCK, "ZeroDivisionError: division by zero")}
    seen = {alert.detector: alert.updated_block for alert in made.standing()}
    assert seen == {"brittle": BAD_BLOCK - 1, "net-payments": 12}


def test_what_raises_in_batches_only_is_heard_block_by_block() -> None:
    brittle = NetPayments()
    brittle.only_batches = True
    made = judged([brittle], payday(12), 4)
    assert made.state.off == {}
    assert [alert.updated_block for alert in made.standing()] == [12]


def test_a_block_that_leaves_the_chain_takes_the_fault_back() -> None:
    chain = payday(8)
    made = judged([Brittle()], chain, 1)
    made.take(Rollback(1, BAD_BLOCK - 1, chain.batch(BAD_BLOCK - 1, BAD_BLOCK - 1).last_hash))
    assert made.state.off == {}


@pytest.mark.parametrize("cut", [1, 4])
def test_an_explanation_that_reads_parts_sees_the_block_of_the_finding(cut: int) -> None:
    made = judged([Excusable()], payday(1), cut, FirstPayment())
    (alert,) = made.standing()
    assert alert.suppressed_by == {"id": None, "kind": "first-payment", "reason": "it is the first"}


def test_a_detector_can_be_excused_by_what_reads_other_parts() -> None:
    large = LargePayments()
    large.excused_by = ("first-payment",)  # type: ignore[attr-defined]
    made = judged([large], payday(1), 1, FirstPayment())
    assert [alert.suppressed_by is not None for alert in made.standing()] == [True]


def test_what_an_explanation_reads_must_be_there() -> None:
    explanation = FirstPayment()
    explanation.reads = ("nothing",)
    with pytest.raises(BadInput, match="explanation first-payment reads the part 'nothing'"):
        Engine(1, [Excusable()], SETTINGS, explanations=[explanation])


def test_quiet_time_is_its_own() -> None:
    made = judged([Soon(), NetPayments()], payday(3), 1)
    counts = [alert.detector for alert in made.standing()]
    assert (counts.count("soon"), counts.count("net-payments")) == (3, 1)
