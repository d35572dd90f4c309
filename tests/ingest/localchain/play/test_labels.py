"""The label file: its format, and that it is whole at any moment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.evaluate.labels import load_labels
from ingest.localchain.play.labels import Label, LabelFile
from ingest.localchain.world.stage import Outcome, roles
from ingest.model.errors import BadInput, NodeMisbehaved

DRAIN = Label(
    "wallet-drain-attack-001",
    "wallet-drain",
    "attack",
    "stolen_keys",
    Outcome(("0x01", "0x02"), roles(["0xbad"], victims=["0xa1"]), "keys stolen", harm="0x02", loss_usd=12.5),
)


def test_a_label_says_everything_and_takes_its_blocks_from_its_transactions(tmp_path: Path) -> None:
    file = LabelFile(tmp_path / "labels.jsonl", chain_id=31_337, first_block=5)

    file.write([DRAIN], {"0x01": 30, "0x02": 33}, last_block=40)

    header, label = (json.loads(line) for line in file.path.read_text().splitlines())
    assert header == {
        "chain_id": 31_337, "first_block": 5, "last_block": 40, "unlabelled": "honest", "seed": None,
    }  # fmt: skip
    assert label == {
        "id": "wallet-drain-attack-001",
        "category": "wallet-drain",
        "kind": "attack",
        "first_block": 30,
        "last_block": 33,
        "harm_block": 33,
        "loss_usd": 12.5,
        "transactions": ["0x01", "0x02"],
        "roles": [{"address": "0xbad", "role": "attacker"}, {"address": "0xa1", "role": "victim"}],
        "variant": "stolen_keys",
        "succeeded": True,
        "also": [],
        "note": "stolen_keys: keys stolen",
    }


def test_what_else_is_true_is_said_in_order_and_the_seed_with_the_world(tmp_path: Path) -> None:
    file = LabelFile(tmp_path / "labels.jsonl", 31_337, 5, seed=11)
    told = replace(DRAIN.outcome, also=("layering", "approval-phishing"))
    file.write([replace(DRAIN, outcome=told)], {"0x01": 30, "0x02": 33}, last_block=40)

    header, label = (json.loads(line) for line in file.path.read_text().splitlines())
    assert (header["seed"], label["also"]) == (11, ["approval-phishing", "layering"])


def test_a_label_moves_with_its_transactions(tmp_path: Path) -> None:
    file = LabelFile(tmp_path / "labels.jsonl", chain_id=31_337, first_block=5)
    file.write([DRAIN], {"0x01": 30, "0x02": 33}, last_block=40)

    file.write([DRAIN], {"0x01": 31, "0x02": 36}, last_block=41)

    label = json.loads(file.path.read_text().splitlines()[1])
    assert (label["first_block"], label["last_block"], label["harm_block"]) == (31, 36, 36)


def test_without_harm_there_is_no_harm_block() -> None:
    outcome = Outcome(("0x01",), roles(["0xbad"]), "", succeeded=False)
    harmless = Label("x", "layering", "attack", "peel_chain", outcome).to_dict({"0x01": 3})

    assert (harmless["harm_block"], harmless["succeeded"]) == (None, False)


def test_whether_the_harm_waited_in_the_pool_is_said_where_transactions_wait(tmp_path: Path) -> None:
    outcome = Outcome(("0x01",), roles(["0xbad"]), "", harm="0x01")
    told = [Label(str(w), "layering", "attack", "peel_chain", outcome, w) for w in (True, False, None)]
    file = LabelFile(tmp_path / "labels.jsonl", 31_337, 5)
    file.write(told, {"0x01": 30}, 40)

    assert [each.waited for each in load_labels(file.path).labels] == [True, False, None]
    assert "waited" not in file.path.read_text().splitlines()[3]


def test_a_write_leaves_nothing_else_behind(tmp_path: Path) -> None:
    LabelFile(tmp_path / "deep" / "labels.jsonl", 1, 0).write([], {}, 0)

    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["labels.jsonl"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(BadInput, match=r"labels\.jsonl.*choose another --labels"):
        LabelFile(tmp_path / "file" / "labels.jsonl", 1, 0).write([], {}, 0)


def test_a_labelled_transaction_that_the_chain_lost_is_said(tmp_path: Path) -> None:
    with pytest.raises(NodeMisbehaved, match="lost 1 labelled transactions, 0x02 first"):
        LabelFile(tmp_path / "labels.jsonl", 1, 0).write([DRAIN], {"0x01": 30}, 40)
