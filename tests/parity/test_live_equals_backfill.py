"""Promise 3: the same blocks give the same book, live through reorganisations and kill -9, or in batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from ingest.localchain.play.director import Director
from ingest.localchain.play.simulation import Script, begin
from tests.dashboard.outside.evidence.bundles import of_each_category, refused
from tests.dashboard.outside.evidence.test_evidence_commands import script
from tests.fixtures.log import replay
from tests.fixtures.pipeline import Pipeline

pytestmark = [pytest.mark.broker, pytest.mark.chain, pytest.mark.slow]


@dataclass(frozen=True)
class Course:
    """So many blocks are played; what goes wrong after which of them; what is accused at least."""

    blocks: int
    reorganisations: Mapping[int, int]
    """So many of the newest blocks are replaced."""
    kills: Mapping[int, str]
    accused: frozenset[str]


SHORT = Course(
    80, {30: 5, 60: 12}, {20: "ingest", 40: "detect", 50: "sink"}, frozenset({"address-poisoning"})
)
LONG = Course(
    300,
    {110: 5, 230: 12},
    {80: "ingest", 150: "detect", 190: "sink"},
    frozenset({"address-poisoning", "wallet-drain", "layering", "anomalous-wallet"}),
)


def plays(director: Director, pipeline: Pipeline, course: Course) -> None:
    """The simulation to its end, with what goes wrong on the way."""
    for played in range(1, course.blocks + 1):
        director.play_block()
        if played in course.kills:
            pipeline.kills(course.kills[played])
        if played in course.reorganisations:
            # What is reorganised away must have been judged, or nothing would have to be undone.
            pipeline.waits_until_judged(director.stage.miner.head)
            director.stage.miner.reorganise(course.reorganisations[played])


@pytest.mark.parametrize(
    "course",
    [
        pytest.param(SHORT, id="short"),
        pytest.param(LONG, id="long", marks=[pytest.mark.soak, pytest.mark.timeout(900)]),
    ],
)
def test_a_live_run_with_reorganisations_and_kills_writes_the_book_of_a_batch_run(
    pipeline: Pipeline, course: Course
) -> None:
    script = Script(seed=5, blocks=course.blocks)
    director = begin(pipeline.url, pipeline.folder / "labels.jsonl", script)
    pipeline.first = 1
    pipeline.starts_all()

    plays(director, pipeline, course)
    last = director.stage.miner.head
    pipeline.waits_until_judged(last)
    pipeline.waits_until_filed(last)
    assert pipeline.ends() == {"ingest": 0, "detect": 0}

    assert len(replay(pipeline.kafka, pipeline.chain_id).rollbacks()) >= len(course.reorganisations)

    lake = str(pipeline.folder / "lake")
    span = ("--from-block", "1", "--to-block", str(last))
    back = pipeline.runs("backfill", "--rpc", pipeline.url, *span, "--lake", lake)
    assert back.returncode == 0, back.stderr
    batch = pipeline.book_of("detect", "--lake", lake)
    chain = ("--chain-id", str(pipeline.chain_id))
    from_kafka = pipeline.book_of("export", "--kafka", pipeline.kafka, *chain)
    from_store = pipeline.book_of("export", "--store", pipeline.store, *chain)

    assert {json.loads(line)["category"] for line in batch.splitlines()} >= course.accused
    assert from_kafka == batch
    assert from_store == batch
    the_evidence_is_the_same(pipeline, batch)


def the_evidence_is_the_same(pipeline: Pipeline, book: bytes) -> None:
    """Of what was filed through kills and reorganisations, and of what a batch run wrote: of one alert of
    every category. What it says of itself is checked here, and by a script that knows nothing of undertow.
    """
    path = pipeline.folder / "book.jsonl"
    path.write_bytes(book)
    made = of_each_category(path, pipeline.folder / "lake", pipeline.folder / "key", pipeline.store)
    for category, content in made.items():
        assert refused(content) == {}, category
        bundle = pipeline.folder / f"{category}.json"
        bundle.write_bytes(content)
        done = script(bundle)
        assert done.returncode == 0, (category, done.stderr)
