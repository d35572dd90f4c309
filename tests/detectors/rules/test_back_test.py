"""A rule is tried on a lake before it goes live: its figures are worked out by hand here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.filing.rule_tests import lines
from detectors import registry
from detectors.alerts.alert import Alert
from detectors.evaluate.back_test import BackTest, back_test, is_about, labelled
from detectors.evaluate.labels import Label, Labels
from detectors.library.rules.detector import RuleDetector
from detectors.library.rules.files import rule_of
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.lake.writing import LakeWriter
from ingest.model.errors import BadInput
from tests.detectors.rules.test_rule_detector import BOB, CAROL, COIN, LARGE, SHOP, town
from tests.fixtures.frames import address
from undertow import app


def silent(_progress: object) -> None:
    pass


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """The town, and two blocks later a stranger who is paid four coins."""
    chain = town().block().block()
    chain.native(SHOP, address("stranger"), 4 * COIN)
    LakeWriter(tmp_path / "lake").write(chain.batch())
    return tmp_path / "lake"


@pytest.fixture
def rule() -> RuleDetector:
    return rule_of(LARGE, "large.rule")


def tried(
    lake: Path, rule: RuleDetector, filed: list[Alert] | None = None, first: int | None = None
) -> BackTest:
    return back_test(Lake.open(lake), 1, rule, (), (first, None), silent, filed=filed or ())


def test_it_says_how_many_alerts_where_and_how_often(lake: Path, rule: RuleDetector) -> None:
    found = tried(lake, rule)
    assert (found.first, found.last, found.blocks, found.transactions) == (1, 5, 5, 6)
    assert found.by_block == {1: 1, 2: 1, 3: 1, 5: 1}
    assert found.per_10k == pytest.approx(10_000 * 4 / 6)
    assert found.rule_ms > 0 and found.whole_ms >= found.rule_ms


def test_of_some_blocks_memory_begins_empty(lake: Path, rule: RuleDetector) -> None:
    """Bob is not new any more, but nobody knows that who begins at block 3."""
    assert tried(lake, rule, first=3).by_block == {3: 2, 5: 1}


def test_alerts_of_the_library_stand_beside_by_their_transactions(lake: Path, rule: RuleDetector) -> None:
    own = LakeRun(Lake.open(lake), 1, [rule]).run(None, None, silent).alerts
    other = replace(own[1], id="drain", detector="wallet-drain", category="wallet-drain")
    lowered = replace(
        own[2], id="low", detector="layering", suppressed_by={"kind": "x", "reason": "y", "id": None}
    )
    found = tried(lake, rule, [other, lowered])
    assert (found.shared, found.alone, found.library) == ({"wallet-drain": 1}, 3, 1)
    told = dict(lines(found))
    assert told["share a transaction with an alert of the library"] == "1 of 4 (5 to 70 %)", "Wilson's"


def label(name: str, kind: str, *people: bytes, blocks: tuple[int, int] = (1, 5)) -> Label:
    """Of an attack they are the attackers; an honest story has none."""
    none = frozenset[str]()
    who = frozenset(f"0x{each.hex()}" for each in people)
    attackers = who if kind == "attack" else none
    return Label(name, "wallet-drain", kind, *blocks, None, none, attackers, none, who)  # type: ignore[arg-type]


def test_labels_say_what_the_alerts_are_about(lake: Path, rule: RuleDetector) -> None:
    told = Labels(
        1, "honest",
        (label("theft", "attack", BOB), label("late", "attack", CAROL, blocks=(4, 5)),
         label("shop", "hard_negative", address("stranger"))),
    )  # fmt: skip
    found = labelled(tried(lake, rule).alerts, told)
    assert (found.attack, found.hard_negative, found.neither) == (1, 1, 2)
    assert found.found == {"wallet-drain": (1, 2)}
    bob = next(each for each in tried(lake, rule).alerts if each.subject_id == f"0x{BOB.hex()}")
    by_transaction = replace(told.labels[1], transactions=frozenset(bob.transactions))
    assert is_about(bob, by_transaction) and not is_about(bob, told.labels[1])


def test_labels_of_another_chain_and_a_test_that_takes_too_long_are_one_line(
    lake: Path, rule: RuleDetector
) -> None:
    with pytest.raises(BadInput, match="the labels are of chain 5, the lake of 1: give its own"):
        back_test(Lake.open(lake), 1, rule, (), (None, None), silent, Labels(5, "honest", ()))
    many = town().blocks(40)
    LakeWriter(lake.parent / "many").write(many.batch())
    with pytest.raises(
        BadInput, match=r"ended after \d+ s and 20 of 43 blocks: choose fewer blocks, or allow"
    ):
        back_test(Lake.open(lake.parent / "many"), 1, rule, (), (None, None), silent, seconds=0)


def test_the_commands_check_a_folder_and_try_a_rule_beside_the_library(lake: Path) -> None:
    folder = lake.parent / "rules"
    folder.mkdir()
    (folder / "large.rule").write_text(LARGE)
    said = CliRunner().invoke(app, ["rules", "check", str(folder)])
    assert "rule-large: Of each transfer it alerts about the payee" in said.stdout
    said = CliRunner().invoke(app, ["rules", "test", str(folder / "large.rule"), "--lake", str(lake)])
    assert "alerts it would have raised ........................ 4, 6666.67 per 10,000" in said.stdout
    assert "ms of the library" in said.stdout
    (folder / "large.rule").write_text(LARGE.replace("2 coins", "2"))
    refused = CliRunner().invoke(app, ["rules", "check", str(folder)])
    assert isinstance(refused.exception, BadInput)
    assert "large.rule:7:12: an amount of the coin is not compared with" in str(refused.exception)


def test_detect_takes_a_folder_of_rules_and_refuses_a_bad_one_before_it_writes(lake: Path) -> None:
    folder, book = lake.parent / "rules", lake.parent / "book"
    folder.mkdir()
    (folder / "large.rule").write_text(LARGE)
    argv = ["detect", "--lake", str(lake), "--alerts", str(book), "--rules", str(folder)]
    assert CliRunner().invoke(app, argv).exit_code == 0
    kept = book.read_text()
    assert kept.count('"detector":"rule-large"') == 4
    (folder / "large.rule").write_text("rule")
    assert isinstance(CliRunner().invoke(app, argv).exception, BadInput)
    assert book.read_text() == kept


def test_the_library_has_no_name_that_a_rule_could_take() -> None:
    assert not any(each.name.startswith("rule-") for each in registry.detectors())
