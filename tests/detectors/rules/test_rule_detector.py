"""A rule is a detector: what it finds of a small town, whom it names, what it measured, how much at most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from detectors import registry
from detectors.alerts.alert import Alert
from detectors.base import Detector, Finding
from detectors.engine import checkpoint
from detectors.engine.chosen import judges, variants
from detectors.engine.digest import digest
from detectors.engine.engine import Engine
from detectors.engine.judge import scored
from detectors.engine.ranks import RANKS
from detectors.engine.settings import EngineSettings
from detectors.engine.state import State, advance
from detectors.evaluate.categories import CATEGORIES
from detectors.library.rules import limits, of_transfers
from detectors.library.rules.columns import amounts
from detectors.library.rules.detector import CATEGORY, RuleDetector
from detectors.library.rules.files import rule_of, rules_of
from detectors.memory.layout import Array
from ingest.model.errors import BadInput, RunMismatch
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.restarts import begun

COIN = 10**18
ALICE, BOB, CAROL, DAI, SHOP = (address(name) for name in ("alice", "bob", "carol", "dai", "shop"))
LARGE = """rule large
says "Much, to somebody new."
each transfer
names payee
severity high
score 0.7
when value >= 2 coins and payee_age < 1 minute
"""


def town() -> ChainBuilder:
    """Alice is paid, pays bob three coins at once, and a minute later carol two, bob two and the shop dai."""
    chain = ChainBuilder(first_block=1)
    chain.block().native(SHOP, ALICE, 20 * COIN)
    chain.block().native(ALICE, BOB, 3 * COIN)
    chain.block(600).native(ALICE, CAROL, 2 * COIN).native(ALICE, BOB, 2 * COIN).erc20(DAI, ALICE, SHOP, 9)
    return chain


def found(rule: Detector, chain: ChainBuilder) -> list[Finding]:
    state, settings = State.empty([rule]), EngineSettings()
    return scored(rule, advance(state, chain.batch(), [rule], settings))


def rule(when: str, each: str = "transfer", names: str = "payee") -> RuleDetector:
    return rule_of(f'rule mine\nsays "Mine."\neach {each} names {names}\nwhen {when}', "mine.rule")


def who(when: str, each: str = "transfer", names: str = "payee") -> list[tuple[int, bytes]]:
    return [(each.block_number, each.subject) for each in found(rule(when, each, names), town())]


def test_alice_is_told_of_with_what_was_measured_of_her_and_why() -> None:
    first, second, third = found(rule_of(LARGE, "large.rule"), town())
    assert [(each.block_number, each.subject) for each in (first, second, third)] == [
        (1, ALICE), (2, BOB), (3, CAROL),
    ]  # fmt: skip
    assert second.measured == {"value": str(3 * COIN), "payee_age": 0, "times": 1}
    assert second.thresholds == {"value": str(2 * COIN), "payee_age": 60}
    assert (second.category, second.score, second.severity) == (CATEGORY, 0.7, "high")
    assert (second.roles, second.value_wei) == (((BOB, "subject"),), 3 * COIN)
    assert second.explanation == (
        f"0x{BOB.hex()} meets the rule large: Much, to somebody new. It holds: the value in coin is at least "
        "2 coins and the payee's age is less than 1 minute."
    )
    (evidence,) = second.rows
    assert (evidence.from_address, evidence.to_address, evidence.transaction_hash) == (
        ALICE, BOB, second.transaction,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("when", "those"),
    [
        ("value >= 3 coins and value < 20 coins", [(2, BOB)]),
        ("value >= 3000000000000000001 wei", [(1, ALICE)]),
        ("met = 1", [(3, BOB)]),
        ("value / 2 = 1 coin", [(3, CAROL), (3, BOB)]),
        ("value / met > 1 coin", [(3, BOB)]),
        ("not value / met > 1 coin", []),
        ("value < 1 coin", []),
        ("not value < 1 coin", [(1, ALICE), (2, BOB), (3, CAROL), (3, BOB)]),
        ("value is unknown", [(3, SHOP)]),
        ("not coin and amount = 9 units", [(3, SHOP)]),
        (f"payer = 0x{SHOP.hex()}", [(1, ALICE)]),
        (f"payee in (0x{SHOP.hex()}, 0x{CAROL.hex()})", [(3, CAROL), (3, SHOP)]),
        (f"payee = 0x{address('nobody yet').hex()}", []),
        (f"payer != 0x{address('nobody yet').hex()} and not coin", [(3, SHOP)]),
        ("payee_age >= 10 minutes", [(3, BOB), (3, SHOP)]),
        ("payer_funder = payer or direct and met = 1", [(3, BOB)]),
    ],
)
def test_a_condition_holds_of_whom_it_is_true_and_where_it_is_known(
    when: str, those: list[tuple[int, bytes]]
) -> None:
    assert who(when) == those


def test_transactions_and_wallets_have_fields_of_their_own() -> None:
    assert who("value = 2 coins and transfers = 1", "transaction", "called") == [(3, CAROL), (3, BOB)]
    assert who("assets >= 1 and payees = 1 and rows >= 1", "transaction", "signer")[:2] == [
        (1, SHOP),
        (2, ALICE),
    ]
    assert who("payees = 3", "wallet", "wallet") == [(3, ALICE)]
    assert who("age >= 10 minutes and payees = 1", "wallet", "wallet") == [(3, SHOP)]


def test_a_subject_is_found_once_a_block_with_all_that_shows_it() -> None:
    chain = town().block()
    chain.native(CAROL, BOB, COIN // 2).native(CAROL, BOB, COIN // 4)
    last = found(rule("value < 1 coin"), chain)[-1]
    assert (last.subject, last.measured["times"], len(last.rows)) == (BOB, 2, 2)
    assert last.value_wei == COIN * 3 // 4
    assert "It holds 2 times in this block" in last.explanation


def test_a_rule_that_holds_of_everybody_finds_so_many_a_block_and_says_how_many_more() -> None:
    chain = ChainBuilder(first_block=1).block()
    for number in range(limits.SUBJECTS + 7):
        chain.native(SHOP, address(f"customer {number}"), COIN)
    those = found(rule("value > 0 wei"), chain)
    assert [each.subject for each in those] == [address(f"customer {n}") for n in range(limits.SUBJECTS)]
    assert [each.measured.get("subjects_left_out") for each in those] == [None] * (limits.SUBJECTS - 1) + [7]


def test_a_finding_shows_its_newest_rows_and_says_how_many_there_were() -> None:
    chain = ChainBuilder(first_block=1).block()
    for number in range(limits.EVIDENCE + 9):
        chain.native(SHOP, address(f"customer {number}"), 2)
    (only,) = found(rule("value > 0 wei", names="payer"), chain)
    assert (len(only.rows), only.measured["times"], only.value_wei) == (200, 209, 418)
    assert only.rows[-1].to_address == address("customer 208")


def test_what_failed_moved_nothing() -> None:
    chain = ChainBuilder(first_block=1).block().native(SHOP, ALICE, 5 * COIN)
    chain.native(ALICE, BOB, 2 * COIN, status=0).native(ALICE, BOB, COIN)
    (only,) = [
        each for each in found(rule("value > 0 wei", "transaction", "signer"), chain) if each.subject == ALICE
    ]
    assert (only.measured["times"], only.value_wei) == (2, COIN)


def test_hostile_names_of_tokens_are_not_in_what_a_rule_says() -> None:
    chain = town().block().erc20(DAI, ALICE, BOB, 5)
    chain.metadata(DAI, "<script>alert(1)</script>", "\u202eIAD", 18)
    (last,) = [
        each for each in found(rule("not coin and payee_age > 1 second"), chain) if each.subject == BOB
    ]
    assert "script" not in last.explanation and last.explanation.isprintable()


def test_an_own_rule_lowers_no_alert_of_the_library_and_yields_to_none() -> None:
    assert not any(RANKS.outranks(CATEGORY, each) or RANKS.outranks(each, CATEGORY) for each in CATEGORIES)


def test_what_several_rules_name_is_read_once_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(words: Array) -> Array:
        read.append(len(words))
        return amounts(words)

    monkeypatch.setattr(of_transfers, "amounts", counted)
    those = [rule("value > 3 coins"), rule("amount > 1 unit and met = 0"), rule("coin", names="payer")]
    state = State.empty(those)
    look = advance(state, town().batch(), those, EngineSettings())
    assert all(scored(each, look) for each in those)
    assert read == [5]


def alerts(detectors: Sequence[Detector], chain: ChainBuilder) -> list[Alert]:
    engine = Engine(1, detectors, EngineSettings(), follows=False, keep_all=True)
    engine.take(chain.batch())
    return engine.standing()


def test_scores_below_the_floor_are_not_kept_and_the_alert_is() -> None:
    quiet = rule_of(LARGE.replace("0.7", "0.2"), "large.rule")
    engine = Engine(1, [quiet], EngineSettings(), follows=False, keep_all=True)
    assert engine.take(town().batch()).scores == []
    assert len(engine.standing()) == 3


def test_rules_of_a_folder_judge_beside_the_library(tmp_path: Path) -> None:
    (tmp_path / "large.rule").write_text(LARGE)
    (tmp_path / "notes.txt").write_text("no rule")
    every = judges(None, None, tmp_path)
    assert [each.name for each in every] == [*(each.name for each in registry.detectors()), "rule-large"]
    assert {each.detector for each in alerts(every, town())} >= {"rule-large"}
    assert judges(None, None) == registry.detectors()
    assert list(variants(every[-1])) == []


def run_of(folder: Path) -> str:
    return digest(EngineSettings(), judges(None, None, folder), (1, b""))


def test_what_a_rule_says_is_in_the_digest_of_the_run_and_how_it_is_laid_out_is_not(tmp_path: Path) -> None:
    (tmp_path / "large.rule").write_text(LARGE)
    first = run_of(tmp_path)
    (tmp_path / "large.rule").write_text(LARGE.replace("\n", "\n# a remark\n  "))
    assert run_of(tmp_path) == first
    for old, new in (
        ("2 coins", "3 coins"),
        ("0.7", "0.8"),
        ("high", "low"),
        ("Much", "More"),
        ("payee\n", "payer\n"),
    ):
        (tmp_path / "large.rule").write_text(LARGE.replace(old, new, 1))
        assert run_of(tmp_path) != first
    (tmp_path / "large.rule").unlink()
    assert run_of(tmp_path) == digest(EngineSettings(), registry.detectors(), (1, b"")) != first


def test_a_rule_in_force_is_another_only_by_a_new_run(tmp_path: Path) -> None:
    settings = EngineSettings(finality=1)
    first = begun(Engine(1, [rule_of(LARGE, "f")], settings, folder=tmp_path / "state"))
    for offset, batch in enumerate(town().blocks(8).batches(1), start=1):
        first.take(batch, offset)
    assert checkpoint.save(first)
    first.close()
    same = Engine(1, [rule_of("# laid out\n" + LARGE, "f")], settings, folder=tmp_path / "state")
    assert checkpoint.opened(same) is not None
    same.close()
    other = rule_of(LARGE.replace("2 coins", "3 coins"), "f")
    for detectors in ([other], []):
        with pytest.raises(RunMismatch, match=r"made with other .*--rebuild$"):
            checkpoint.opened(Engine(1, detectors, settings, folder=tmp_path / "state"))


def test_one_bad_file_refuses_the_folder(tmp_path: Path) -> None:
    (tmp_path / "large.rule").write_text(LARGE)
    (tmp_path / "worse.rule").write_text(LARGE.replace("rule large", "rule worse").replace("value", "valu"))
    with pytest.raises(BadInput, match=r"worse\.rule:7:6: `valu` is no field of a transfer: did you mean"):
        judges(None, None, tmp_path)


def test_what_cannot_be_a_folder_of_rules_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no folder with rules: give --rules a folder"):
        rules_of(tmp_path / "gone")
    (tmp_path / "other.rule").write_text(LARGE)
    with pytest.raises(
        BadInput, match=r"other\.rule:1:1: the rule is called large: call the file large\.rule"
    ):
        rules_of(tmp_path)
    (tmp_path / "other.rule").write_bytes(LARGE.encode() + b"\n# \xff")
    with pytest.raises(BadInput, match=r"other\.rule:9:3: `\\xff` is no UTF-8: write plain text"):
        rules_of(tmp_path)
    (tmp_path / "other.rule").unlink()
    assert rules_of(tmp_path) == []
    (tmp_path / "dir.rule").mkdir()
    with pytest.raises(BadInput, match=r"dir\.rule cannot be read: Is a directory"):
        rules_of(tmp_path)
    (tmp_path / "dir.rule").rmdir()
    for number in range(limits.RULES + 1):
        (tmp_path / f"{number}.rule").touch()
    with pytest.raises(BadInput, match="holds 65 rules, at most 64"):
        rules_of(tmp_path)
