"""Each threshold at half and at double: what is printed of it."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.engine.chosen import variants
from detectors.evaluate.labels import Label, Labels
from detectors.library.gathered_drain import GatheredDrain
from detectors.library.ponzi import Ponzi
from tests.bench.sensitivity import ended_by, main, table
from tests.detectors.launched import alerts
from tests.detectors.test_ponzi import PEOPLE, gives, pays
from tests.fixtures.frames import ChainBuilder


def test_a_copy_that_asks_for_twice_as_many_givers_finds_what_has_as_many() -> None:
    chain = ChainBuilder().block()
    for turn in range(3):
        gives(chain, *PEOPLE[2 * turn : 2 * turn + 2])
        pays(chain, *PEOPLE[: 2 * turn + 2], ether=1)
    plain: Any = Ponzi()
    copies = [each for each in variants(plain) if each.setting == "givers"]
    found = alerts(chain, plain, *(each.detector for each in copies))
    (one,) = [alert for alert in found if alert.detector == "ponzi"]
    attack = Label(
        id="one", category="ponzi", kind="attack", variant="by_hand", first_block=1, last_block=9,
        harm_block=None, transactions=frozenset(one.transactions), attackers=frozenset({one.subject_id}),
        victims=frozenset(), addresses=frozenset({one.subject_id}),
    )  # fmt: skip
    lines = list(table(found, Labels(1, "honest", (attack,)), [plain], copies))
    assert lines[2:] == [
        "| `ponzi` | as it is |  | 1 of 1 | 0 |",
        "| `ponzi` | `givers` | 2 | 1 of 1 | 0 |",
        "| `ponzi` | `givers` | 8 | 0 of 1 | 0 |",
    ]


def test_a_detector_of_another_name_is_held_against_the_category_that_it_catches() -> None:
    drains: Any = GatheredDrain()
    attack = Label(
        id="one", category="wallet-drain", kind="attack", variant="slow_drain", first_block=1, last_block=9,
        harm_block=None, transactions=frozenset(), attackers=frozenset(), victims=frozenset(),
        addresses=frozenset(),
    )  # fmt: skip
    (*_, line) = table([], Labels(1, "honest", (attack,)), [drains], [])
    assert line == "| `gathered-drain` | as it is |  | 0 of 1 | 0 |"


def test_what_goes_on_after_the_last_block_counts_for_nothing() -> None:
    def story(last: int) -> Label:
        return Label(
            id=f"ends at {last}", category="ponzi", kind="attack", first_block=1, last_block=last,
            harm_block=None, transactions=frozenset(), attackers=frozenset(), victims=frozenset(),
            addresses=frozenset(),
        )  # fmt: skip

    labels = Labels(1, "honest", (story(5), story(6)))
    assert ended_by(labels, 5).labels == (story(5),)
    assert ended_by(labels, None) == labels


def test_a_detector_that_is_none_is_named_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere", "--detectors", "ponzi,ponzy"]) == 2
    assert capsys.readouterr().out == "sensitivity: ponzy: no such detector; see detectors/library/\n"
