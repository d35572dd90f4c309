"""When stories begin: spread, ended in time, and the same for the same seed."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from dashboard.demo.parts import watched_categories
from detectors.evaluate.categories import CATEGORIES
from ingest.localchain.play.programme import ACT_BLOCKS, FIRST_ATTACK, left_out, programme
from ingest.localchain.play.stories import Repertoire, repertoires
from ingest.localchain.world.clock import NIGHT_BLOCKS, PATIENCE

TWO_CHAINS_OR_NODES = {"bridge-mismatch", "node-divergence"}
"""What a single chain read from a single node cannot play."""


def test_every_category_has_attacks_and_hard_negatives_with_variants() -> None:
    playable = set(CATEGORIES) - TWO_CHAINS_OR_NODES
    found = {(r.category, r.kind): len(r.variants) for r in repertoires()}

    assert found.keys() == {(c, k) for c in playable for k in ("attack", "hard_negative")}
    assert min(number for (_, kind), number in found.items() if kind == "attack") >= 3
    assert min(found.values()) >= 2


def shown() -> list[Repertoire]:
    """What the demo plays."""
    return repertoires(watched_categories())


@pytest.mark.parametrize("seed", range(10))
def test_in_200_blocks_the_demo_plays_everything_twice_and_ends_it_before_the_last(seed: int) -> None:
    entries = list(programme(Random(seed), shown(), 200, 2))

    assert len(entries) == 2 * len(shown())
    assert all(e.start + e.repertoire.latest_end < 200 for e in entries)
    assert [e.start for e in entries] == sorted(e.start for e in entries)


def test_300_blocks_hold_every_category() -> None:
    assert left_out(repertoires(), 300) == []


def test_no_story_is_on_stage_for_longer_than_a_sleeper_waits() -> None:
    assert max(r.longest for r in repertoires() if not r.nights) <= NIGHT_BLOCKS - PATIENCE


@pytest.mark.parametrize("seed", range(10))
def test_machines_wait_until_models_have_seen_honest_people(seed: int) -> None:
    entries = programme(Random(seed), shown(), 200, 2)

    assert min(e.start for e in entries if e.repertoire.category == "anomalous-wallet") >= 110


@pytest.mark.parametrize("seed", range(10))
def test_the_first_attack_is_over_within_forty_blocks(seed: int) -> None:
    first = next(iter(programme(Random(seed), shown(), 200, 2)))

    assert first.repertoire.kind == "attack"
    assert first.start == FIRST_ATTACK
    assert first.start + first.repertoire.longest < 40


def test_an_endless_run_goes_on_with_all_attacks_in_every_act() -> None:
    per_act = 2 * len(repertoires())
    entries = list(islice(programme(Random(7), repertoires(), None, 2), 3 * per_act))

    for act in range(3):
        starts = [e.start for e in entries[act * per_act : (act + 1) * per_act]]
        assert act * ACT_BLOCKS <= min(starts) and max(starts) < (act + 1) * ACT_BLOCKS


def test_variants_take_turns() -> None:
    (poisonings,) = (r for r in repertoires({"address-poisoning"}) if r.kind == "attack")
    there = list(poisonings.variants)
    entries = programme(Random(7), [poisonings], 600, len(there) + 1)

    names = [e.repertoire.variant(e.number)[0] for e in sorted(entries, key=lambda e: e.number)]
    assert names == [*there, there[0]]


def test_what_does_not_fit_is_left_out() -> None:
    long = Repertoire("layering", "attack", warm_up=25, longest=30, variants={})

    # It must start at 25 or later, take 30 blocks, and leave two: 57 blocks are needed.
    assert left_out([long], 56) == [long]
    assert left_out([long], 57) == []
    assert left_out([long], None) == []
