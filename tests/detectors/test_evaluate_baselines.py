"""Naive answers over a small lake: what each flags, through the same engine and the same judge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detectors.alerts.alert import Alert
from detectors.base import Detector, hexed
from detectors.evaluate.baselines import baseline_books, baselines
from detectors.evaluate.categories import ANY
from detectors.evaluate.labels import Labels
from detectors.evaluate.report import evaluate
from detectors.evaluate.survey import WALLET_COUNTS, Survey, survey
from detectors.registry import detectors
from ingest.decode import DEPOSIT
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.detectors.alerts import label, labels
from tests.fixtures.frames import ChainBuilder, address, word

ETHER = 10**18
ALICE, BOB, CAROL, MALLORY, WETH, FAKE = (
    address(name) for name in ("alice", "bob", "carol", "mallory", "weth", "fake")
)


def town() -> ChainBuilder:
    """Forty people pay each other small change in ten blocks; what else happens stands below."""
    chain = ChainBuilder(first_block=1)
    for number in range(10):
        chain.block()
        for person in range(40):
            chain.native(address(f"person {person}"), address(f"person {(person + number + 1) % 40}"), ETHER)
    chain.block()
    chain.native(ALICE, BOB, 51 * ETHER).native(ALICE, BOB, 50 * ETHER)
    chain.deposit(WETH, ALICE, 60 * ETHER)
    chain.log(FAKE, (DEPOSIT, word(BOB)), word(60 * ETHER), BOB)  # says so, and nobody paid it
    chain.block()
    chain.erc20(WETH, ALICE, CAROL, 55 * ETHER).erc20(FAKE, BOB, CAROL, 55 * ETHER)
    chain.native(ALICE, CAROL, 70 * ETHER, status=0)  # reverted: nothing moved
    for number in range(30):
        chain.native(MALLORY, address(f"stranger {number}"), 3 * ETHER)
    return chain


def opened(folder: Path, chain: ChainBuilder | None = None) -> Lake:
    LakeWriter(folder).write((chain or town()).batch())
    return Lake.open(folder)


def books(lake: Lake) -> dict[str, list[Alert]]:
    return baseline_books(lake, 1, survey(lake, NOBODY), lambda _: None)


NOBODY = Labels(1, "honest", ())


def transactions(lake: Lake) -> list[str]:
    (batch,) = lake.batches(1)
    return [hexed(each) for each in batch.transactions["transaction_hash"]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return opened(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def said(lake: Lake) -> dict[str, list[Alert]]:
    return books(lake)


def test_they_keep_the_contract_but_the_registry_does_not_know_them() -> None:
    naive = baselines(Survey(0, 0, (), np.zeros((0, len(WALLET_COUNTS))), frozenset()))
    assert all(isinstance(each, Detector) and each.catches == (ANY,) for each in naive)
    assert not {each.name for each in naive} & {each.name for each in detectors()}


def test_the_survey_counts_transactions_in_no_label(lake: Lake) -> None:
    made = label(transactions=frozenset({*transactions(lake)[:3], "0xnot one of them"}))
    assert survey(lake, NOBODY).honest == survey(lake, NOBODY).transactions == 400 + 4 + 33
    assert survey(lake, labels(made)).honest == 437 - 3


def test_the_survey_tells_the_plainest_things_of_each_sender(lake: Lake) -> None:
    """Alice: two payments, a deposit and the tokens for it, a transfer of them, and a reverted payment."""
    seen = survey(lake, NOBODY)
    assert list(seen.wallets) == sorted(seen.wallets)
    assert len(seen.wallets) == 40 + 3
    row = np.expm1(seen.features[seen.wallets.index(ALICE)])
    assert dict(zip(WALLET_COUNTS, row.round(6).tolist(), strict=True)) == {
        "transactions": 5, "payments": 4, "receipts": 1, "payees": 3, "payers": 1, "tokens": 1,
        "ether_paid": 161, "largest_ether_paid": 60,
    }  # fmt: skip


def test_only_a_contract_that_was_paid_wraps_ether(lake: Lake) -> None:
    assert survey(lake, NOBODY).wrapped_ether == {WETH}


def test_a_lake_without_the_chain_is_refused(lake: Lake) -> None:
    with pytest.raises(BadInput, match="holds no block of chain 5, which the labels are about: give"):
        survey(lake, Labels(5, "honest", ()))


def test_the_constant_flags_every_transaction(lake: Lake, said: dict[str, list[Alert]]) -> None:
    assert sorted(alert.subject_id for alert in said["constant"]) == sorted(transactions(lake))
    assert all(alert.transactions == (alert.subject_id,) for alert in said["constant"])


def test_chance_flags_about_one_in_a_hundred_and_always_the_same(
    tmp_path: Path, said: dict[str, list[Alert]]
) -> None:
    chain = ChainBuilder(first_block=1)
    for _ in range(100):
        chain.block()
        for _ in range(100):
            chain.native(ALICE, BOB, ETHER)
    lake = opened(tmp_path, chain)
    drawn = books(lake)["random"]
    # Of 10,000 at 1 in 100 about 100 are drawn, with a standard deviation of 10.
    assert 60 <= len(drawn) <= 140
    assert drawn == books(lake)["random"]
    assert all(alert.score > 0.99 for alert in drawn)


def test_only_what_moves_more_than_fifty_ether_is_large(lake: Lake, said: dict[str, list[Alert]]) -> None:
    """51 ether, the deposit of 60, and 55 wrapped: not 50, not a false token, not what was reverted."""
    later = transactions(lake)[400:]
    assert {alert.subject_id for alert in said["value > 50 ETH"]} == {later[0], later[2], later[4]}


def test_the_forest_flags_a_tenth_of_the_wallets_and_mallory_is_one(said: dict[str, list[Alert]]) -> None:
    """43 wallets send transactions. Forty are alike; alice, bob and mallory are not."""
    flagged = {alert.subject_id for alert in said["isolation forest"]}
    assert len(flagged) <= 5
    assert {hexed(MALLORY), hexed(ALICE)} <= flagged
    (mallory,) = [alert for alert in said["isolation forest"] if alert.subject_id == hexed(MALLORY)]
    assert len(mallory.transactions) == 30


def test_every_one_of_them_calls_somebody_an_attacker_and_names_no_category(
    said: dict[str, list[Alert]],
) -> None:
    for alerts in said.values():
        assert {alert.category for alert in alerts} == {ANY}
        assert all(alert.roles[0].role == "attacker" for alert in alerts)


def test_one_judge_holds_them_all_against_the_labels(lake: Lake, said: dict[str, list[Alert]]) -> None:
    """Mallory's attack is thirty of 437 transactions: everybody finds it but the one who looks at size."""
    stolen = frozenset(transactions(lake)[-30:])
    made = label(transactions=stolen, attackers=frozenset({hexed(MALLORY)}), first=12, last=12)
    report = evaluate([], labels(made), frozenset(), survey(lake, labels(made)), said)
    found = {each.row.name: each.row.found for each in report.baselines}
    assert (found["constant"], found["value > 50 ETH"], found["isolation forest"]) == (1, 0, 1)
    constant = report.baselines[0].row
    assert (constant.alerts, constant.false_alarms) == (437, 407)
    assert constant.f1 is not None
    assert constant.f1.value == pytest.approx(2 / (2 + 407), abs=5e-5)


def test_a_lake_of_two_wallets_and_one_of_none_can_be_judged(tmp_path: Path) -> None:
    quiet = opened(tmp_path / "quiet", ChainBuilder(first_block=1).blocks(3))
    assert {name: len(alerts) for name, alerts in books(quiet).items()} == {
        "constant": 0, "random": 0, "value > 50 ETH": 0, "isolation forest": 0,
    }  # fmt: skip
    one = opened(tmp_path / "one", ChainBuilder(first_block=1).block().native(ALICE, BOB, ETHER))
    assert len(books(one)["constant"]) == 1
