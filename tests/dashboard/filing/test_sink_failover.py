"""Two sinks, one of them on stand-by: whoever is killed or stopped, each revision is filed once, in order."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from dashboard.store import Filters, open_reader, open_turns, subjects
from dashboard.store.revision_reading import revisions_after
from tests.dashboard.alerts import ALICE, drain, judged
from tests.dashboard.detection import Detection
from tests.dashboard.filing.sinks import filed_until
from tests.fixtures.standby_pair import StandbyPair, lucks

pytestmark = pytest.mark.broker

PACE_S = 0.1
LONG = [pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(5400)]


@contextmanager
def judging(detection: Detection) -> Iterator[list[int]]:
    """A block, an alert and a score, ten times a second; the blocks so far."""
    stop, blocks = threading.Event(), list[int]()

    def judge() -> None:
        while not stop.wait(PACE_S):
            number = len(blocks) + 1
            alert = drain(number, chain_id=detection.chain_id, updated_block=number)
            detection.judge(alert, blocks=(judged(number, (ALICE, 0.5)),))
            blocks.append(number)

    living = threading.Thread(target=judge)
    living.start()
    try:
        yield blocks
    finally:
        stop.set()
        living.join()


@pytest.mark.parametrize(
    ("kills", "seed", "store"),
    [
        pytest.param(1, 1, "sqlite_url", marks=LONG),
        pytest.param(25, 2, "sqlite_url", marks=LONG),
        pytest.param(25, 3, "empty_postgres", marks=LONG),
    ],
)
def test_whoever_files_is_killed_or_stopped_each_revision_is_filed_once(
    kafka: str,
    detection: Detection,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    kills: int,
    seed: int,
    store: str,
) -> None:
    chain, dice, url = detection.chain_id, random.Random(seed), request.getfixturevalue(store)
    command = ["sink", "--kafka", kafka, "--store", url, "--chain-id", str(chain)]
    detection.judge(blocks=(judged(0),))
    with judging(detection) as blocks, ExitStack() as opened:
        turns = opened.enter_context(closing(open_turns(url, f"sink of chain {chain}")))

        def worker() -> str | None:
            beat = turns.last()
            return None if beat is None or beat.ended else beat.instance

        pair = StandbyPair(command, tmp_path, worker, opened)
        pair.start_both()
        took_s = [pair.is_replaced(luck, dice.choice((0.1, 1.0))) for luck in lucks(kills, dice)]
        pair.end()
    filed_until(kafka, url, chain, blocks[-1])
    with closing(open_reader(url)) as reader:
        told = revisions_after(reader, 0, 1_000_000)
        assert [each.alert_id for each in told] == [f"drain-{number}" for number in blocks]
        assert [row.block_number for row in reader.page(Filters(), 1, len(blocks))] == blocks[::-1]
        scored = [each.block_number for each in subjects.scores_of(reader, chain, ALICE)]
        assert scored == blocks[-len(scored) :] != []
    print(
        f"\n{kills} times another one filed into {url.split(':')[0]}, after {min(took_s):.1f} to "
        f"{max(took_s):.1f} seconds: {len(blocks)} blocks, alerts and scores, each once"
    )
