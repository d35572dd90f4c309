"""The table of what a risk at birth tells, counted by hand."""

from __future__ import annotations

from tests.bench.launch_risk import auc, table


def test_a_score_that_parts_rug_pulls_from_others_is_worth_one_and_the_same_for_all_a_half() -> None:
    assert auc([0.4, 0.3], [0.2, 0.1]) == 1.0
    assert auc([0.3], [0.3, 0.3]) == 0.5
    assert auc([0.1, 0.4], [0.2]) == 0.5


def test_of_each_mark_it_says_what_it_would_find_and_what_it_would_flag() -> None:
    lines = list(
        table({"mallorys": 0.35, "malets": 0.25, "alices": 0.33, "bobs": 0.1}, {"mallorys", "malets"})
    )
    assert lines[0] == "2 tokens that became a rug pull, 2 others; AUC 0.75"
    assert "from 0.32 on: 1 of 2, and 1 of 2 others" in lines
    assert "from 0.34 on: 1 of 2, and 0 of 2 others" in lines
