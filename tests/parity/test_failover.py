"""Two processes of one role, one of them on stand-by: whoever is killed or stopped, the other goes on. Nothing
is lost, and nothing comes twice.
"""

from __future__ import annotations

import random
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from ingest.kafka import Cluster, ingest_place
from ingest.kafka.beats import Beats
from tests.fixtures.restless_chain import restless_chain
from tests.fixtures.standby_pair import StandbyPair, lucks
from tests.parity.test_kills import Ingester, assert_is_the_chain, reads_to_its_end

pytestmark = [pytest.mark.broker, pytest.mark.chain]

LONG = [pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(5400)]


def last_worker(beats: Beats) -> str | None:
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
        closing(Beats(kafka, place)) as beats,
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
