"""Two processes of one role, one of them on stand-by: whoever is killed or stopped, the other goes on;
nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import random
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from ingest.kafka import ALERTS, SCORES, Cluster, KafkaBeats, detect_place, ingest_place, tail
from ingest.log.blocklog import cursor
from ingest.machine.processes import Child
from tests.fixtures.living_log import FINALITY, living_log, said_once
from tests.fixtures.restless_chain import restless_chain
from tests.fixtures.standby_pair import StandbyPair, lucks
from tests.parity.test_kills import Ingester, assert_is_the_chain, reads_to_its_end

pytestmark = [pytest.mark.broker, pytest.mark.chain]

LONG = [pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(5400)]


def last_worker(beats: KafkaBeats) -> str | None:
    beat = beats.last()
    return None if beat is None or beat.ended else beat.instance


@pytest.mark.parametrize(("kills", "seed"), [(1, 5), pytest.param(50, 6, marks=LONG)])
def test_whoever_ingests_is_killed_or_stopped_the_other_goes_on_and_the_log_is_the_chain(
    kafka: str, fresh_chain_id: int, tmp_path: Path, kills: int, seed: int
) -> None:
    dice = random.Random(seed)
    place = ingest_place(fresh_chain_id, Cluster(kafka).partition_of(fresh_chain_id, create=True))
    with (
        restless_chain(fresh_chain_id, seed) as chain,
        closing(KafkaBeats(kafka, place)) as beats,
        ExitStack() as opened,
    ):
        ingester = Ingester(chain.url, kafka, tmp_path)
        command = ["ingest", "--rpc", chain.url, "--kafka", kafka, "--start", "1", "--poll-ms", "5"]
        pair = StandbyPair(command, tmp_path, lambda: last_worker(beats), opened)
        with chain.living():
            pair.start_both()
            for luck in lucks(kills, dice):
                chain.waits_for_a_block()
                pair.is_replaced(luck, dice.choice((0.1, 1.0)))
            pair.end()
        reads_to_its_end(ingester, chain)
        assert_is_the_chain(chain, kafka, fresh_chain_id, f"{kills} times another one ingested")


@pytest.mark.parametrize(("kills", "seed"), [pytest.param(kills, 7, marks=LONG) for kills in (1, 50)])
def test_whoever_detects_is_killed_or_stopped_each_alert_and_score_is_said_once(
    kafka: str, fresh_chain_id: int, tmp_path: Path, kills: int, seed: int
) -> None:
    dice, pace_s = random.Random(seed), 0.3 if kills == 1 else 1.0
    command = ["detect", "--kafka", kafka, "--chain-id", str(fresh_chain_id), "--finality", str(FINALITY)]

    def own(number: int) -> list[str]:
        return ["--state", str(tmp_path / f"state-{number}")]

    with living_log(kafka, fresh_chain_id, seed, 100 + 12 * kills, pace_s), ExitStack() as opened:
        partition = Cluster(kafka).partition_of(fresh_chain_id)
        beats = opened.enter_context(closing(KafkaBeats(kafka, detect_place(fresh_chain_id, partition))))
        pair = StandbyPair(command, tmp_path, lambda: last_worker(beats), opened, own)
        pair.start_both()
        took_s = [pair.is_replaced(luck, dice.choice((0.1, 1.0))) for luck in lucks(kills, dice)]
        pair.end()
    end = reads_to(command, kafka, fresh_chain_id, tmp_path)
    alerts, scores = said_once(kafka, fresh_chain_id)
    assert alerts, "nobody did anything"
    assert values(kafka, ALERTS, partition) == alerts
    assert values(kafka, SCORES, partition) == scores
    print(
        f"\n{kills} times another one detected, after {min(took_s):.1f} to {max(took_s):.1f} seconds: "
        f"{len(alerts)} revisions of alerts, {len(scores)} records of scores up to block {end}"
    )


def reads_to(command: list[str], kafka: str, chain_id: int, folder: Path) -> int:
    """The log stands still: what is left of it is judged, by a process with no state."""
    head = cursor(kafka, chain_id, Cluster(kafka).partition_of(chain_id)).newest
    argv = [sys.executable, "-m", "undertow", *command, "--state", str(folder / "last")]
    with Child.start("detect", [*argv, "--until-block", str(head)], log=folder / "last.log") as child:
        assert child.process.wait(120) == 0, child.last_lines()
    return head


def values(kafka: str, topic: str, partition: int) -> list[bytes]:
    return [each.value or b"" for each in tail(kafka, topic, partition, 1_000_000)]
