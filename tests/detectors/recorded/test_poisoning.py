"""Recorded poisonings: alice paid bob, and a lookalike of bob slips into her history."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.evaluate.recorded import poisoning
from detectors.evaluate.recorded.blocks import made_hash
from detectors.evaluate.recorded.report import SetReport
from detectors.registry import detectors
from ingest.model.errors import BadInput
from tests.detectors.recorded.scripted import Scripted
from tests.detectors.recorded.writing import (
    BOB,
    COLUMNS,
    LOOKALIKE,
    person,
    poison,
    poison_file,
    tx,
    write,
)

TALLY = ("expected", "found", "missed", "extra")


def judged(top: Path, *rows: dict[str, str]) -> SetReport:
    own = [detector for detector in detectors() if detector.name == "address-poisoning"]
    return poisoning.judge(poison_file(top, *rows), own)


def tally(report: SetReport) -> tuple[int, ...]:
    plain = report.tallies[0].to_dict()
    return tuple(plain[name] for name in TALLY)


def test_the_fixture_is_what_it_says() -> None:
    assert BOB[5] != "0"
    assert BOB[-5] != "0"
    assert LOOKALIKE != BOB


def test_a_poisoning_with_three_and_four_digits_is_found(tmp_path: Path) -> None:
    report = judged(tmp_path, poison())
    assert tally(report) == (1, 1, 0, 0)
    assert report.cases == ()
    assert report.figures == {"rows": 1, "transactions": 1, "rows_with_a_role_error": 0}


def test_one_with_too_few_digits_is_missed_and_the_digits_are_given_as_the_reason(tmp_path: Path) -> None:
    weak = "0x" + "0" * 36 + BOB[-4:]
    report = judged(tmp_path, poison(topics_to_addr=weak, num_first_matched_digits=0))
    assert tally(report) == (1, 0, 1, 0)
    (case,) = report.cases
    assert (case.kind, case.place) == ("missed", "poisoning/rows.csv line 2")
    assert case.transactions == (("poison", tx("poison")),)
    assert case.said == "nothing; the first 0 and last 4 digits match, fewer than 3 + 4"
    assert case.recorded == f"{weak} imitates {BOB}, which {person('alice')} had paid"


def test_a_transfer_from_the_lookalike_to_its_victim_is_found_too(tmp_path: Path) -> None:
    to_alice = {"topics_from_addr": LOOKALIKE, "topics_to_addr": person("alice"), "is_sender_victim": "f"}
    report = judged(tmp_path, poison("both"), poison("both", **to_alice))
    assert tally(report) == (2, 2, 0, 0)
    assert (report.figures["rows"], report.figures["transactions"]) == (2, 1)


@pytest.mark.parametrize(
    "kind",
    [
        {"value": "5", "tiny_transfer": "t", "zero_value_transfer": "f"},
        {"value": "5000000000", "counterfeit_token_transfer": "t", "zero_value_transfer": "f"},
    ],
)
def test_dust_and_counterfeits_are_judged_as_what_they_are(tmp_path: Path, kind: dict[str, str]) -> None:
    to_alice = {"topics_from_addr": LOOKALIKE, "topics_to_addr": person("alice"), "is_sender_victim": "f"}
    assert tally(judged(tmp_path, poison(**to_alice, **kind))) == (1, 1, 0, 0)


def test_rows_that_are_no_poisonings_are_counted_and_not_judged(tmp_path: Path) -> None:
    report = judged(tmp_path, poison(), poison("payment", zero_value_transfer="f"))
    assert tally(report) == (1, 1, 0, 0)
    assert report.notes == ("1 rows are no poisonings and were not judged",)


def test_rows_come_in_the_order_of_their_blocks_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    carols = person("carol")
    like_carol = carols[:5] + "0" * 33 + carols[-4:]
    late = poison("late", block_number=900)
    early = poison("early", block_number=50, topics_to_addr=like_carol, intended_addr=carols)
    assert tally(judged(tmp_path, late, early)) == (2, 2, 0, 0)


def test_digits_that_the_addresses_do_not_bear_out_are_a_disagreement(tmp_path: Path) -> None:
    (case,) = judged(tmp_path, poison(num_last_matched_digits=6)).cases
    assert (case.kind, case.recorded) == ("disagreement", "the first 3 and last 6 digits match")
    assert case.said == "the addresses match in the first 3 and last 4"


def test_an_alert_that_accuses_the_victim_finds_nothing_and_is_a_role_error(tmp_path: Path) -> None:
    accuser = Scripted(("address-poisoning",), (("address-poisoning", ("poison",), None),), ("alice", "bob"))
    report = poisoning.judge(poison_file(tmp_path, poison()), [accuser])
    assert tally(report) == (1, 0, 1, 0)
    assert report.figures["rows_with_a_role_error"] == 1
    missed, roles = report.cases
    assert missed.said.startswith("does not name the lookalike, or lowered it: address-poisoning (high")
    assert roles.said == f"{', '.join(sorted((person('alice'), BOB)))} is an attacker"


def test_a_lowered_alert_finds_nothing_and_accuses_nobody(tmp_path: Path) -> None:
    script = (("address-poisoning", ("poison",), "known-protocol"),)
    lowering = Scripted(("address-poisoning",), script, ("alice",))
    report = poisoning.judge(poison_file(tmp_path, poison()), [lowering])
    assert tally(report) == (1, 0, 1, 0)
    assert report.figures["rows_with_a_role_error"] == 0
    assert "lowered as known-protocol" in report.cases[0].said


def test_calling_the_real_payment_poison_is_extra(tmp_path: Path) -> None:
    payment = made_hash(person("alice"), BOB, person("token"))
    wrong = Scripted(("address-poisoning",), (("address-poisoning", (payment,), None),), ("bob",))
    report = poisoning.judge(poison_file(tmp_path, poison()), [wrong])
    assert tally(report) == (1, 0, 1, 1)
    extra = report.cases[-1]
    assert (extra.kind, extra.transactions) == ("extra", (("named", payment),))
    assert extra.recorded == "the victim's real payment"


def test_without_a_detector_for_it_every_row_reads_not_built(tmp_path: Path) -> None:
    report = poisoning.judge(poison_file(tmp_path, poison()), [Scripted()])
    assert report.tallies[0].to_dict()["found"] is None
    assert [case.kind for case in report.cases] == ["not built"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tx_hash": "0x12"}, "line 3: tx_hash '0x12' is no hex of 32 bytes"),
        ({"intended_addr": BOB + "00"}, "line 3: intended_addr .* is no hex of 20 bytes"),
        ({"block_number": "-1"}, "line 3: block_number '-1' is no whole number"),
        ({"block_number": "9" * 30}, "line 3: block_number .* is no whole number below"),
        ({"value": "1e6"}, "line 3: value '1e6' is no whole number"),
        ({"is_sender_victim": "perhaps"}, "line 3: is_sender_victim 'perhaps' is neither t nor f"),
        ({"tiny_transfer": "\u202e"}, "line 3: tiny_transfer '.+' is neither t nor f"),
        ({"value": '"'}, "line 3: unexpected end of data"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_by_its_line(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(BadInput, match=rf"^the recording poisoning/rows.csv cannot be used: {said}") as error:
        judged(tmp_path, poison(), poison("other", **changes))
    assert str(error.value).isprintable()


def test_a_row_that_ends_early_and_a_file_without_a_column_are_named(tmp_path: Path) -> None:
    short = write(tmp_path / "poisoning" / "a.csv", ",".join(COLUMNS) + "\n100,0x12\n")
    with pytest.raises(BadInput, match=r"a\.csv cannot be used: line 2: "):
        poisoning.judge(short.parent, [])
    short.unlink()
    write(tmp_path / "poisoning" / "b.csv", "block_number,tx_hash\n")
    with pytest.raises(BadInput, match=r"b\.csv cannot be used: it has no column addr, topics_from_addr"):
        poisoning.judge(short.parent, [])
