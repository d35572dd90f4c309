"""Several worlds judged together: each by itself, and what was found in all of them added up by hand here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from detectors.evaluate import Labels
from detectors.evaluate.categories import ANY
from detectors.evaluate.report import Report, evaluate, evaluate_worlds
from detectors.evaluate.survey import Survey
from detectors.evaluate.text_table import table
from detectors.evaluate.worlds import World
from detectors.runs.over_lake import SCORES
from ingest.model.errors import BadInput
from tests.detectors.alerts import ALICE, BOB, MALLORY, TRUDY, label, labels, layered, transaction
from tests.detectors.test_evaluate_report import BUILT, command, files, lake_of_mallory

PAYROLL = label("payroll", kind="hard_negative", attackers=frozenset(), addresses=frozenset({BOB}))


def surveyed(honest: int) -> Survey:
    return Survey(honest + 5, honest, (), np.zeros((0, 8)), frozenset())


def of_seed(seed: int | None, *made: Any, **changes: Any) -> Labels:
    return replace(labels(*made), seed=seed, **changes)


def first() -> World:
    """Mallory is found in block 98, four blocks before the harm; trudy is missed; bob's payroll flagged."""
    hers = label("hers", attackers=frozenset({TRUDY}), transactions=frozenset())
    told = of_seed(1, label(harm_block=102, variant="peel"), hers, PAYROLL)
    return World([layered(98), layered(101, BOB)], told, surveyed(1_000))


def second() -> World:
    """Mallory is found in block 104, two blocks after the harm, twice by one detector; alice, a victim, is
    called an attacker. Nobody flags the payroll.
    """
    told = of_seed(2, label(harm_block=102, variant="peel"), PAYROLL, chain_id=2)
    book = [layered(104, MALLORY, ALICE, chain_id=2), layered(105, chain_id=2)]
    return World(book, told, surveyed(3_000))


def summed(*worlds: World) -> Report:
    return evaluate_worlds(worlds or (first(), second()), BUILT)


def test_counts_and_samples_of_all_worlds_are_added_up() -> None:
    row = summed().overall.row
    assert (row.attacks, row.found, row.alerts, row.false_alarms) == (3, 2, 4, 1)
    assert (row.hard_negatives, row.hard_negatives_flagged) == (2, 1)
    assert row.recall is not None
    assert (row.recall.value, row.recall.n) == (0.6667, 3)
    assert row.precision is not None
    assert (row.precision.value, row.precision.n) == (0.6667, 3)  # 2 found, 1 false
    assert sorted(row.lead_blocks) == [-2, 4]
    assert row.latency is not None
    assert (row.latency.n, row.latency.median) == (2, 6.0)  # 3 and 9 blocks after block 95


def test_variants_duplicates_and_role_errors_of_all_worlds_are_added_up() -> None:
    made = summed()
    (layering,) = [each for each in made.rows if each.name == "layering"]
    assert {name: (each.value, each.n) for name, each in layering.variants.items()} == {
        "": (0.0, 1), "peel": (1.0, 2),
    }  # fmt: skip
    assert (len(made.verdict.duplicates), len(made.verdict.victims_named_attacker)) == (1, 1)


def test_intervals_are_those_of_one_world_with_as_many() -> None:
    """Three attacks in one world, two found, one false alarm: the figures of the sum."""
    hers = label("hers", attackers=frozenset({TRUDY}), transactions=frozenset())
    bobs = label("bob's", attackers=frozenset({BOB}), transactions=frozenset())
    book = [layered(100), layered(101, TRUDY), layered(102, f"0x{'c' * 40}")]
    one = evaluate(book, labels(label(), hers, bobs), BUILT).overall.row
    both = summed().overall.row
    assert (one.precision, one.recall, one.f1) == (both.precision, both.recall, both.f1)


def test_the_rate_is_over_the_honest_transactions_of_all_worlds() -> None:
    stray = World([layered(100, BOB)], of_seed(3, label()), surveyed(1_000))
    made = summed(stray, replace(stray, alerts=[], labels=of_seed(4, label())))
    assert (made.overall.per_10k, made.honest, made.transactions) == (5.0, 2_000, 2_010)  # 1 of 2,000
    assert summed(stray, replace(second(), survey=None)).overall.per_10k is None


def test_an_address_of_one_world_is_nobody_in_another() -> None:
    """Mallory attacks in the first world only; in the second an alert about mallory is false."""
    elsewhere = World([layered()], of_seed(2, label(attackers=frozenset({TRUDY}))))
    made = summed(World([], of_seed(1, label())), elsewhere)
    assert (made.overall.row.found, made.overall.row.false_alarms) == (0, 1)


def test_labels_are_told_apart_by_the_seed_of_their_world() -> None:
    said = summed().to_dict()
    assert said["missed"] == ["seed-1/hers"]
    assert said["flagged_hard_negatives"] == ["seed-1/payroll"]
    assert said["chain_id"] is None  # they are two
    assert [(each["seed"], each["chain_id"], each["found"]) for each in said["worlds"]] == [
        (1, 1, 1), (2, 2, 1),
    ]  # fmt: skip


def test_where_seeds_are_unknown_or_the_same_worlds_have_numbers() -> None:
    for seeds in ((None, None), (1, None), (5, 5)):
        worlds = [World([], of_seed(seed, label(str(n)))) for n, seed in enumerate(seeds)]
        assert summed(*worlds).to_dict()["missed"] == ["world-1/0", "world-2/1"]


def test_one_world_keeps_its_names_and_its_figures() -> None:
    world = first()
    assert (
        summed(world).to_dict()
        == evaluate(world.alerts, world.labels, BUILT, world.survey, world.baselines, world.scores).to_dict()
    )
    assert summed(world).to_dict()["missed"] == ["hers"]
    assert not any("added up" in line for line in table(summed(world)))


def test_the_table_says_how_many_worlds_there_are_and_what_each_added() -> None:
    said = table(summed())
    assert "2 worlds (seeds 1, 2), each judged by itself and added up" in said
    assert "seed-1: 1 of 2 attacks found, 1 false alarms, 1 of 1 hard negatives flagged" in said
    assert "seed-2: 1 of 1 attacks found, 0 false alarms, 0 of 1 hard negatives flagged" in said


def test_baselines_are_added_up_where_they_judged_every_world() -> None:
    constant = [layered(100, category=ANY), layered(101, BOB, category=ANY)]
    known = [replace(world, baselines={"constant": book, **more}) for world, book, more in (
        (first(), constant, {"random": constant}), (second(), [replace(a, chain_id=2) for a in constant], {}),
    )]  # fmt: skip
    (made,) = summed(*known).baselines
    assert (made.row.name, made.row.found, made.row.attacks, made.row.false_alarms) == ("constant", 2, 3, 2)
    assert summed(known[0], second()).baselines == ()


def test_scores_are_judged_each_in_their_own_world() -> None:
    """Trudy attacks in the first world, and is scored 0.4 there; she is honest, at 0.9, in the second."""
    scores = [
        pl.DataFrame([(n, 100, "wallet", TRUDY, score, "{}")], schema=SCORES, orient="row")
        for n, score in ((1, 0.4), (2, 0.9))
    ]
    made = summed(replace(first(), scores=scores[0]), replace(second(), scores=scores[1]))
    assert made.by_subject is not None
    assert [(each.mean, each.right.value) for each in made.by_subject] == [(0.4, 1.0), (0.9, 0.0)]
    assert made.nearest == {"seed-1/hers": 0.4}


def test_a_world_counts_once() -> None:
    with pytest.raises(BadInput, match="labels 1 and 3 are of the same world") as error:
        summed(first(), second(), first())
    assert "\n" not in str(error.value)


def test_worlds_where_the_rest_is_unknown_are_not_added_to_others() -> None:
    unknown = World([], of_seed(3, label(), unlabelled="unknown"))
    with pytest.raises(BadInput, match="cannot be added"):
        summed(first(), unknown)


# The command


def folders(tmp_path: Path) -> list[str]:
    """Two worlds: in the first mallory is found, in the second nobody."""
    arguments = []
    for number, book in enumerate(([layered()], [])):
        folder = tmp_path / str(number)
        folder.mkdir()
        arguments += files(folder, book)
        told = (folder / "labels").read_text().splitlines()
        header = json.dumps(json.loads(told[0]) | {"seed": 7 + number})
        (folder / "labels").write_text("\n".join([header, *told[1:]]) + "\n")
    return arguments


def test_the_command_adds_up_what_is_given_more_than_once(tmp_path: Path) -> None:
    lake = lake_of_mallory(tmp_path / "lake")
    arguments = [*folders(tmp_path), "--lake", lake, "--lake", lake]
    outputs = ["--json", tmp_path / "json", "--html", tmp_path / "html"]
    result = command(*arguments, *outputs)
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "json").read_text())
    assert (said["overall"]["attacks"], said["overall"]["found"], said["transactions"]) == (4, 1, 10)
    assert [each["seed"] for each in said["worlds"]] == [7, 8]
    assert said["baselines"]["constant"]["alerts"] == 10  # one for each transaction of two lakes
    assert "2 worlds (seeds 7, 8)" in (tmp_path / "html").read_text()


@pytest.mark.parametrize("option", ["--labels", "--lake", "--scores"])
def test_a_file_too_many_or_too_few_is_a_usage_error_that_counts_them(tmp_path: Path, option: str) -> None:
    result = command(*folders(tmp_path), option, tmp_path / "one more")
    assert result.exit_code == 2
    counted = "3 for 2" if option == "--labels" else "1 for 2"
    assert f"give {option} once for each --alerts" in " ".join(result.output.split()).replace("│ ", "")
    assert counted in " ".join(result.output.split())


def test_the_same_labels_twice_end_in_one_line(tmp_path: Path) -> None:
    arguments = files(tmp_path, [layered()])
    error = command(*arguments, *arguments).exception
    assert isinstance(error, BadInput)
    assert "same world" in str(error)


def test_a_transaction_of_the_labels_is_known(tmp_path: Path) -> None:
    """What the worlds above share is one label's transaction, which an alert of one world cannot touch in the
    other.
    """
    shares = layered(100, f"0x{'c' * 40}", transactions=(transaction(9_000),))
    made = summed(World([shares], of_seed(1, label())), World([], of_seed(2, label())))
    assert made.to_dict()["missed"] == ["seed-2/attack"]
