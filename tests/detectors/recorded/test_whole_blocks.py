"""Recorded whole blocks: consecutive ones are one stretch of chain; calls and lookalikes come with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detectors.evaluate.recorded import mev
from detectors.evaluate.recorded.report import SetReport
from detectors.registry import detectors
from ingest.model.errors import BadInput
from tests.detectors.recorded.scripted import Scripted
from tests.detectors.recorded.writing import BOB, LOOKALIKE, block, person, tx, write

POISONING = [detector for detector in detectors() if detector.name == "address-poisoning"]


def chained(number: int, sent: list[tuple[str, str]], parent: dict[str, Any] | None = None) -> dict[str, Any]:
    made = block(number, sent)
    if parent is not None:
        made["block"]["parentHash"] = parent["block"]["hash"]
    return made


def paid(made: dict[str, Any], at: int, sender: str, payee: str, wei: int) -> dict[str, Any]:
    """Transaction `at` moves native value and leaves no log."""
    made["block"]["transactions"][at] |= {"from": sender, "to": payee, "value": hex(wei)}
    made["receipts"][at]["logs"] = []
    return made


def poisoned_in_the_second_block(top: Path, consecutive: bool = True) -> Path:
    """Alice pays bob in block 700; in the next, a lookalike of bob sends her a hair."""
    first = paid(chained(700, [("payment", "alice")]), 0, person("alice"), BOB, 10**18)
    second = chained(701, [("poison", "mallory")], first if consecutive else None)
    second = paid(second, 0, LOOKALIKE, person("alice"), 10**12)
    lookalike = {
        "transaction": tx("poison"), "lookalike": LOOKALIKE, "imitated": BOB, "victim": person("alice"),
    }  # fmt: skip
    write(top / "mainnet" / "700.json.gz", first)
    write(top / "mainnet" / "701.json.gz", second)
    write(top / "mainnet" / "known.json", {"700": {}, "701": {"lookalikes": [lookalike]}})
    return top / "mainnet"


def tally(report: SetReport, what: str) -> tuple[int, int]:
    (one,) = [each for each in report.tallies if each.what == what]
    return one.expected, one.found


def test_what_alice_did_in_the_block_before_is_known_in_the_next(tmp_path: Path) -> None:
    report = mev.judge(poisoned_in_the_second_block(tmp_path), POISONING)
    assert report.name == "mainnet"
    assert tally(report, "lookalike named") == (1, 1)
    assert report.cases == ()
    assert report.figures["other_alerts"] == 0


def test_a_block_that_is_no_child_of_the_one_before_is_judged_alone(tmp_path: Path) -> None:
    report = mev.judge(poisoned_in_the_second_block(tmp_path, consecutive=False), POISONING)
    assert tally(report, "lookalike named") == (1, 0)
    (missed,) = report.cases
    assert (missed.kind, missed.place) == ("missed", "block 701")
    assert f"{LOOKALIKE.lower()} imitates {BOB}" in missed.recorded


def test_nobody_looked_for_mev_where_findings_are_null(tmp_path: Path) -> None:
    write(tmp_path / "mainnet" / "700.json", block(700, [("front", "mallory"), ("hers", "alice")]))
    unknown = {"sandwiches": None, "arbitrages": None, "liquidations": None}
    write(tmp_path / "mainnet" / "known.json", {"700": unknown})
    detector = Scripted(script=(("sandwich", ("front", "hers"), None),))
    report = mev.judge(tmp_path / "mainnet", [detector])
    assert report.figures["other_alerts_by_category"] == {"sandwich": 1}
    assert report.figures["other_alerts_by_severity"] == {"high": 1}
    assert any("block 700 has no findings" in note for note in report.notes)


def test_calls_are_read_with_the_block_and_traces_of_another_block_are_refused(tmp_path: Path) -> None:
    call = {"from": person("alice"), "to": person("router"), "type": "CALL", "value": "0x0", "input": "0x"}
    whole = block(700, [("hers", "alice")])
    write(tmp_path / "mainnet" / "700.json", whole | {"traces": [{"result": call}]})
    assert mev.judge(tmp_path / "mainnet", POISONING).figures["transactions"] == 1

    write(tmp_path / "mainnet" / "700.json", whole | {"traces": [{"result": call}] * 2})
    with pytest.raises(BadInput, match=r"mainnet/700.json cannot be used: its traces are none"):
        mev.judge(tmp_path / "mainnet", POISONING)
