"""Recorded MEV, scripted detectors: in block 700 mallory sandwiches alice and bob, and a bot arbitrages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detectors.evaluate.recorded import mev
from detectors.evaluate.recorded.report import Case, SetReport
from ingest.model.errors import BadInput
from tests.detectors.recorded.scripted import Scripted, Told
from tests.detectors.recorded.writing import SANDWICHED, block, mev_folder, person, sandwich, tx, write

ALL = ("front", "hers", "his", "back")


def judged(top: Path, *script: Told, accused: tuple[str, ...] = ("mallory",), **findings: Any) -> SetReport:
    return mev.judge(mev_folder(top, **findings), [Scripted(script=script, accused=accused)])


def tallied(report: SetReport) -> dict[str, tuple[int, int, int]]:
    """(expected, found, extra) of each row, by the first word of its name."""
    return {t.what.split()[0]: (t.expected, t.found, t.extra) for t in report.tallies}


def cases(report: SetReport) -> list[tuple[str, str, tuple[str, ...]]]:
    """(kind, what, transactions) of each case, transactions by their names."""
    names = {tx(name): name for name, _ in SANDWICHED}
    return [
        (case.kind, case.what, tuple(names[transaction] for _, transaction in case.transactions))
        for case in report.cases
    ]


def only(report: SetReport) -> Case:
    (case,) = report.cases
    return case


def test_a_sandwich_named_by_all_its_transactions_is_found_and_nothing_differs(tmp_path: Path) -> None:
    report = judged(tmp_path, ("sandwich", ALL, None), sandwiches=[sandwich("hers", "his")])
    assert tallied(report)["sandwich"] == (1, 1, 0)
    assert report.cases == ()
    assert report.figures["other_alerts"] == 0


def test_a_sandwich_that_nobody_alerts_to_is_missed(tmp_path: Path) -> None:
    report = judged(tmp_path, sandwiches=[sandwich("hers", "his")])
    assert tallied(report)["sandwich"] == (1, 0, 0)
    assert cases(report) == [("missed", "sandwich", ALL)]
    case = only(report)
    assert (case.place, case.recorded, case.said) == (
        "block 700", f"a sandwich by {person('mallory')}", "nothing"
    )  # fmt: skip


def test_half_a_sandwich_is_missed_and_the_alert_on_it_is_extra(tmp_path: Path) -> None:
    report = judged(tmp_path, ("sandwich", ("front", "hers"), None), sandwiches=[sandwich("hers")])
    assert tallied(report)["sandwich"] == (1, 0, 1)
    assert cases(report) == [
        ("missed", "sandwich", ("front", "hers", "back")),
        ("extra", "sandwich", ("front", "hers")),
    ]
    assert "A scripted sandwich." in report.cases[0].said


def test_a_lowered_sandwich_counts_as_missed_and_its_reason_is_shown(tmp_path: Path) -> None:
    report = judged(tmp_path, ("sandwich", ALL, "market-making"), sandwiches=[sandwich("hers", "his")])
    assert tallied(report)["sandwich"] == (1, 0, 0)
    assert "lowered as market-making" in only(report).said


def test_a_victim_left_out_and_a_transaction_too_many_are_disagreements(tmp_path: Path) -> None:
    report = judged(tmp_path, ("sandwich", ("front", "hers", "back", "arb"), None),
                    sandwiches=[sandwich("hers", "his")])  # fmt: skip
    assert tallied(report)["sandwich"] == (1, 1, 0)
    assert cases(report) == [
        ("disagreement", "victims of a sandwich", ("his",)),
        ("disagreement", "transactions of a sandwich", ("arb",)),
    ]


def test_a_victim_who_is_called_the_attacker_is_a_disagreement(tmp_path: Path) -> None:
    report = judged(tmp_path, ("sandwich", ALL, None), accused=("mallory", "alice"),
                    sandwiches=[sandwich("hers", "his")])  # fmt: skip
    assert cases(report) == [("disagreement", "a victim is named attacker", ("hers",))]


def test_two_alerts_on_one_sandwich_find_it_once_and_are_a_disagreement(tmp_path: Path) -> None:
    other_way = ("back", "hers", "his", "front")
    script: tuple[Told, ...] = (("sandwich", ALL, None), ("sandwich", other_way, None))
    report = judged(tmp_path, *script, sandwiches=[sandwich("hers", "his")])
    assert tallied(report)["sandwich"] == (1, 1, 0)
    assert cases(report) == [("disagreement", "one sandwich, several alerts", ALL)]


def test_one_alert_may_be_two_sandwiches(tmp_path: Path) -> None:
    two = [sandwich("hers"), sandwich("his")]
    report = judged(tmp_path, ("sandwich", ALL, None), sandwiches=two)
    assert tallied(report)["sandwich"] == (2, 2, 0)
    assert report.cases == ()


def test_an_arbitrage_called_an_attack_is_a_disagreement_and_an_other_alert(tmp_path: Path) -> None:
    report = judged(tmp_path, ("flash-loan-attack", ("arb",), None), arbitrages=[{"tx": tx("arb")}])
    assert tallied(report)["arbitrage"] == (1, 0, 0)
    assert cases(report) == [
        ("disagreement", "arbitrage accused", ("arb",)),
        ("other alert", "flash-loan-attack", ("arb",)),
    ]
    # 1 alert on 5 transactions
    assert report.figures["other_alerts_per_10k_transactions"] == 2000.0


@pytest.mark.parametrize("kind", ["arbitrage", "liquidation"])
def test_an_alert_lowered_by_the_right_explanation_leaves_it_in_peace(tmp_path: Path, kind: str) -> None:
    findings: dict[str, Any] = {f"{kind}s": [{"tx": tx("arb")}]}
    report = judged(tmp_path, ("flash-loan-attack", ("arb",), kind), **findings)
    assert tallied(report)[kind] == (1, 1, 0)
    assert (report.cases, report.figures["other_alerts"]) == ((), 0)


def test_an_explanation_that_only_undertow_gives_is_extra(tmp_path: Path) -> None:
    report = judged(tmp_path, ("flash-loan-attack", ("hers",), "arbitrage"), arbitrages=[{"tx": tx("arb")}])
    assert tallied(report)["arbitrage"] == (1, 1, 1)
    assert cases(report) == [("extra", "arbitrage", ("hers",))]


def test_the_ends_of_a_sandwich_that_count_as_arbitrages_too_are_not_accused_by_it(tmp_path: Path) -> None:
    ends = [{"tx": tx("front")}, {"tx": tx("back")}]
    report = judged(tmp_path, ("sandwich", ALL, None), sandwiches=[sandwich("hers", "his")], arbitrages=ends)
    assert tallied(report)["arbitrage"] == (2, 2, 0)
    accused = judged(tmp_path, ("sandwich", ALL, None), arbitrages=ends)
    assert tallied(accused)["arbitrage"] == (2, 0, 0)  # where no sandwich is recorded it is an accusation


def test_an_anomaly_accuses_nobody_but_counts_as_an_alert(tmp_path: Path) -> None:
    report = judged(tmp_path, ("anomalous-wallet", ("arb",), None), arbitrages=[{"tx": tx("arb")}])
    assert tallied(report)["arbitrage"] == (1, 1, 0)
    assert cases(report) == [("other alert", "anomalous-wallet", ("arb",))]


def test_without_a_detector_for_it_an_expectation_reads_not_built_and_not_found(tmp_path: Path) -> None:
    folder = mev_folder(tmp_path, sandwiches=[sandwich("hers")], arbitrages=[{"tx": tx("arb")}])
    report = mev.judge(folder, [Scripted(catches=("layering",))])
    assert [tally.built for tally in report.tallies] == [False, False, False]
    assert cases(report) == [("not built", "sandwich", ("front", "hers", "back"))]
    assert report.tallies[1].to_dict() == {
        "what": "arbitrage left in peace", "expected": 1, "built": False,
        "found": None, "missed": None, "extra": None, "found_95": None,
    }  # fmt: skip


def test_a_block_without_findings_is_traffic_and_findings_without_their_block_are_named(
    tmp_path: Path,
) -> None:
    folder = mev_folder(tmp_path)
    write(folder / "another.json", block(701, [("more", "carol")]))
    write(folder / "later.json", {"900": {"sandwiches": [sandwich("hers")]}})
    report = mev.judge(folder, [Scripted(script=(("sandwich", ("more",), None),))])
    assert (report.figures["blocks"], report.figures["transactions"]) == (2, 6)
    assert report.figures["other_alerts"] == 1  # nobody says that 701 holds no sandwich, or one
    assert tallied(report)["sandwich"] == (0, 0, 0)
    assert any("block 900, which was not recorded" in note for note in report.notes)
    assert any("block 701 has no findings" in note for note in report.notes)


def _broken(**changes: Any) -> dict[str, Any]:
    """Block 700 with something else in its header, or (by `receipts`) in its first receipt."""
    made = block(700, SANDWICHED)
    made["receipts"][0].update(changes.pop("receipt", {}))
    made["block"]["transactions"][0].update(changes.pop("transaction", {}))
    made["block"].update(changes)
    return made


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "malformed|truncated"),
        ("{", "malformed|truncated"),
        ("[" * 100_000, "recursion|Expected `object`|malformed"),
        ([], "Expected `object`, got `array`"),
        ({"blocks": []}, "neither a block with receipts nor findings"),
        ({"seven": {}}, "neither a block with receipts nor findings"),
        ({"block": {}, "receipts": []}, "missing required field"),
        ({"700": {"sandwiches": [sandwich() | {"front": "0x12"}]}}, "sandwiches.0..front"),
        ({"701": {"arbitrages": [{"tx": tx("arb") + "\n"}]}}, "arbitrages.0..tx"),
        (_broken(number="0xzz"), "invalid literal"),
        (_broken(number="-0x5"), "block_number"),
        (_broken(gasUsed="0x" + "f" * 30), "gas_used"),
        (_broken(hash="0x12"), "block_hash is not of 32 bytes"),
        (block(700, SANDWICHED) | {"receipts": {}}, "Expected `array`, got `object` - at `..receipts`"),
        (_broken(receipt={"transactionHash": tx("other")}), "receipt 0 is not that of its transaction"),
        (_broken(receipt={"transactionIndex": "0x1"}), "receipt 0 is not that of its transaction"),
        (_broken(transaction={"from": "0x12"}), "from_address is not of 20 bytes"),
        (_broken(transaction={"value": "0x1" + "0" * 64}), "too big"),
        (_broken(transactions=[]), "0 transactions and 5 receipts"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_line_that_names_it(
    tmp_path: Path, content: object, said: str
) -> None:
    write(tmp_path / "mainnet_mev" / "some.json.gz", content)
    with pytest.raises(
        BadInput, match=rf"^the recording mainnet_mev/some.json.gz cannot be used: .*({said})"
    ) as error:
        mev.judge(tmp_path / "mainnet_mev", [])
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_a_block_that_holds_less_than_its_findings_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"700.json.gz cannot be used: it holds 5 transactions, .* say 6"):
        judged(tmp_path, transactions=6)
    with pytest.raises(BadInput, match=r"it holds 5 logs, its findings say 4"):
        judged(tmp_path, transactions=5, logs=4)


def test_a_block_recorded_twice_is_refused(tmp_path: Path) -> None:
    folder = mev_folder(tmp_path)
    write(folder / "again.json", block(700, SANDWICHED))
    with pytest.raises(BadInput, match=r"again\.json cannot be used: another file holds block 700 already"):
        mev.judge(folder, [])
