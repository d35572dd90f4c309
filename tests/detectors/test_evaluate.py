"""Books and labels made by hand, and what evaluation must answer, worked out beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from detectors.alert import Alert, Role
from detectors.evaluate import HORIZON_BLOCKS, Label, Verdict, counts, judge, load_book, load_labels, table
from ingest.errors import BadInput
from tests.detectors.alerts import ALICE, BOB, MALLORY, TRUDY, label, labels, layered, transaction


def ids(found: tuple[Label, ...]) -> list[str]:
    return [each.id for each in found]


def verdict(alerts: list[Alert], *made: Label) -> Verdict:
    return judge(alerts, labels(*made))


def test_a_perfect_book_finds_everything_and_flags_nothing_else() -> None:
    trudys = label("trudy's", attackers=frozenset({TRUDY}), addresses=frozenset({TRUDY}))
    said = verdict([layered(), layered(101, TRUDY)], label(), trudys, honest())
    assert (ids(said.found), ids(said.missed)) == (["attack", "trudy's"], [])
    assert (said.flagged_hard_negatives, said.unmatched, said.victims_named_attacker) == ((), (), ())


def test_an_empty_book_misses_everything() -> None:
    said = verdict([], label(), honest())
    assert (ids(said.found), ids(said.missed)) == ([], ["attack"])
    assert said.flagged_hard_negatives == ()


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (95, True),
        (105 + HORIZON_BLOCKS, True),  # the last block that still counts
        (105 + HORIZON_BLOCKS + 1, False),
        (94, True),  # a warning: mallory was named before he did it
    ],
)
def test_an_alert_must_come_in_time(block: int, found: bool) -> None:
    assert bool(verdict([layered(block)], label()).found) is found


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "retracted", "retraction_reason": "its block left the chain"},
        {"suppressed_by": {"kind": "arbitrage", "reason": "a cycle"}},
        {"category": "wallet-drain"},
    ],
)
def test_a_retracted_or_suppressed_alert_or_one_of_another_category_hits_nothing(
    changes: dict[str, Any],
) -> None:
    assert not verdict([layered(**changes)], label()).found


def test_a_retracted_or_suppressed_alert_is_not_held_against_anybody() -> None:
    raised = [layered(status="retracted"), layered(suppressed_by={"kind": "airdrop", "reason": "gives"})]
    said = verdict(raised, honest())
    assert (said.flagged_hard_negatives, said.unmatched) == ((), ())


def test_a_shared_transaction_is_enough_and_naming_only_the_victim_is_not() -> None:
    shares = layered(100, BOB, transactions=(transaction(9_000),))
    assert verdict([shares], label()).found
    assert not verdict([layered(100, ALICE)], label()).found


def test_naming_fifty_attackers_finds_nobody_but_through_a_transaction() -> None:
    fifty = [f"0x{number:040x}" for number in range(49)] + [MALLORY]
    assert not verdict([layered(100, *fifty)], label()).found
    assert verdict([layered(100, *fifty[:9], MALLORY)], label()).found  # ten are not too many
    assert verdict([layered(100, *fifty, transactions=(transaction(9_000),))], label()).found


def test_an_alert_hits_one_label_only() -> None:
    said = verdict([layered()], label("first"), label("second"))
    assert (ids(said.found), ids(said.missed)) == (["first"], ["second"])


def honest(**changes: Any) -> Label:
    """Bob's payroll."""
    plain = {"kind": "hard_negative", "attackers": frozenset(), "victims": frozenset()}
    return label("payroll", **(plain | {"addresses": frozenset({BOB})} | changes))


def test_a_hard_negative_is_flagged_by_its_transaction_or_by_calling_one_of_it_an_attacker() -> None:
    by_address = verdict([layered(100, BOB)], honest())
    by_transaction = verdict([layered(transactions=(transaction(9_000),))], honest())
    assert ids(by_address.flagged_hard_negatives) == ids(by_transaction.flagged_hard_negatives) == ["payroll"]
    assert by_address.unmatched == ()


def test_a_victim_of_the_attack_called_an_attacker_is_counted() -> None:
    alert = layered(100, MALLORY, ALICE)
    assert verdict([alert], label()).victims_named_attacker == ((alert.id, ALICE),)


def test_an_alert_about_nothing_labelled_is_unmatched() -> None:
    stray = layered(100, TRUDY)
    assert verdict([layered(), stray], label()).unmatched == (stray,)


def test_an_anomaly_about_an_attacker_of_another_category_is_neither_a_hit_nor_unmatched() -> None:
    anomaly = layered(category="anomalous-wallet", detector="anomalous-wallet")
    said = verdict([anomaly], label())
    assert (said.found, said.unmatched) == ((), ())


def test_the_counts_are_by_category_and_per_ten_thousand_transactions() -> None:
    drain = label("drain", category="wallet-drain", attackers=frozenset({TRUDY}))
    said = verdict([layered(), layered(101, BOB), layered(102, TRUDY)], label(), drain, honest())
    counted = counts(said, transactions=4000)
    assert counted == {
        "categories": {
            "layering": {"found": 1, "missed": 0, "hard_negatives_flagged": 1},
            "wallet-drain": {"found": 0, "missed": 1, "hard_negatives_flagged": 0},
        },
        "alerts_without_label": 1,
        "alerts_without_label_per_10k_transactions": 2.5,  # 1 of 4,000
        "victims_named_attacker": 0,
    }
    assert table(counted)[-2] == "1 alerts match no label, 2.5 per 10,000 transactions"
    assert counts(said, None)["alerts_without_label_per_10k_transactions"] is None


LABEL_LINE = {
    "id": "attack", "category": "layering", "kind": "attack", "first_block": 95, "last_block": 105,
    "harm_block": None, "loss_usd": 0.0, "transactions": ["0xAB"], "note": "",
    "roles": [{"address": MALLORY.upper().replace("0X", "0x"), "role": "attacker"}],
}  # fmt: skip
HEADER = {"chain_id": 1, "first_block": 1, "last_block": 200, "unlabelled": "honest"}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "file.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_labels_are_read_in_lower_case(tmp_path: Path) -> None:
    read = load_labels(written(tmp_path, HEADER, LABEL_LINE))
    assert (read.chain_id, read.unlabelled) == (1, "honest")
    assert read.labels[0].transactions == {"0xab"}
    assert read.labels[0].attackers == {MALLORY}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "no header line"),
        (["{"], "line 1: no label"),
        ([[]], "line 1: no label"),
        ([{"unlabelled": "honest"}], "no label .KeyError: 'chain_id'"),
        ([HEADER, LABEL_LINE, "not json"], "line 3: no label"),
        ([HEADER, 5], "line 2: no label"),
        ([HEADER, {**LABEL_LINE, "roles": [{"address": 5, "role": "attacker"}]}], "line 2: no label"),
        ([HEADER, {**LABEL_LINE, "first_block": "early"}], "line 2: no label"),
    ],
)
def test_malformed_labels_are_refused_in_one_line_that_names_theirs(
    tmp_path: Path, lines: list[object], said: str
) -> None:
    with pytest.raises(BadInput, match=said) as error:
        load_labels(written(tmp_path, *lines))
    assert "\n" not in str(error.value)


def test_a_book_is_read_as_it_was_written(tmp_path: Path) -> None:
    book = [layered(), layered(101, TRUDY, roles=(Role(TRUDY, "attacker"), Role(BOB, "victim")))]
    assert load_book(written(tmp_path, *(alert.to_json() for alert in book))) == book


@pytest.mark.parametrize("line", ["{", "5", "{}", '{"id":"x"}', layered().to_json().replace("[{", "[5,{")])
def test_a_malformed_book_is_refused_in_one_line_that_names_its_own(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadInput, match="line 2: no alert") as error:
        load_book(written(tmp_path, layered().to_json(), line))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    for load in (load_book, load_labels):
        with pytest.raises(BadInput, match="cannot be read"):
            load(path)
