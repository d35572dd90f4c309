"""Each story has dice of its own."""

from __future__ import annotations

from dataclasses import replace

from ingest.localchain.director import dice
from ingest.localchain.programme import Entry
from ingest.localchain.stories import Repertoire

FIRST = Entry(20, Repertoire("layering", "attack", 20, 10, {}), 0)


def test_a_story_draws_the_same_wherever_in_the_run_it_begins() -> None:
    assert dice(7, FIRST).random() == dice(7, replace(FIRST, start=90)).random()


def test_stories_draw_differently_by_seed_number_kind_and_category() -> None:
    honest = replace(FIRST, repertoire=replace(FIRST.repertoire, kind="hard_negative"))
    other = replace(FIRST, repertoire=replace(FIRST.repertoire, category="sandwich"))
    drawn = [dice(7, one).random() for one in (FIRST, replace(FIRST, number=1), honest, other)]

    assert len({*drawn, dice(8, FIRST).random()}) == 5
