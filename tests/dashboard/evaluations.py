"""An evaluation as `undertow evaluate --json` writes it: of two attacks in one world one is found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from detectors.evaluate import load_labels
from detectors.evaluate.report import evaluate
from tests.dashboard.alerts import CHAIN, drain


def plain(folder: Path) -> dict[str, Any]:
    """Made by the code that `evaluate` runs, so that a change of its keys is seen."""
    labels = folder / "labels.jsonl"
    head = {"chain_id": CHAIN, "first_block": 1, "last_block": 100, "unlabelled": "honest"}
    lines = [head, *(_label(number) for number in (1, 50))]
    labels.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return evaluate(
        [replace(drain(1), status="final")], load_labels(labels), frozenset({"wallet-drain"})
    ).to_dict()


def _label(number: int) -> dict[str, Any]:
    alert = drain(number)
    roles = [{"address": role.address, "role": role.role} for role in alert.roles] if number == 1 else []
    return {
        "id": f"theft-{number}", "category": "wallet-drain", "kind": "attack", "first_block": number,
        "last_block": number, "harm_block": number, "loss_usd": None, "roles": roles,
        "transactions": list(alert.transactions), "note": "alice and bob are emptied",
    }  # fmt: skip


def written(file: Path) -> Path:
    file.write_text(json.dumps(plain(file.parent)))
    return file
