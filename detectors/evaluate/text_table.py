"""The verdict as numbers, and as a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detectors.evaluate.judging import Verdict


def counts(verdict: Verdict, transactions: int | None) -> dict[str, Any]:
    """The verdict as plain numbers. `transactions`: how many were judged, if known."""
    groups = {
        "found": verdict.found,
        "missed": verdict.missed,
        "hard_negatives_flagged": verdict.flagged_hard_negatives,
    }
    categories = sorted({label.category for group in groups.values() for label in group})
    rate = None if not transactions else round(10_000 * len(verdict.unmatched) / transactions, 2)
    return {
        "categories": {
            category: {
                name: sum(label.category == category for label in group) for name, group in groups.items()
            }
            for category in categories
        },
        "alerts_without_label": len(verdict.unmatched),
        "alerts_without_label_per_10k_transactions": rate,
        "victims_named_attacker": len(verdict.victims_named_attacker),
    }


def table(counted: Mapping[str, Any]) -> list[str]:
    """`counts` as lines for a terminal."""
    lines = [f"{'category':<20}{'found':>7}{'missed':>8}{'hard negatives flagged':>24}"]
    for category, row in counted["categories"].items():
        flagged = row["hard_negatives_flagged"]
        lines.append(f"{category:<20}{row['found']:>7}{row['missed']:>8}{flagged:>24}")
    rate = counted["alerts_without_label_per_10k_transactions"]
    per = "" if rate is None else f", {rate} per 10,000 transactions"
    lines.append(f"{counted['alerts_without_label']} alerts match no label{per}")
    lines.append(f"{counted['victims_named_attacker']} victims called an attacker")
    return lines
