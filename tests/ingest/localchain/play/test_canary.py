"""A canary is played at its times, deals with nobody of the world, and ends before the run does."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from detectors.evaluate import load_labels
from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.canary import FIRST, LEAST_BLOCKS, REPERTOIRE, with_canaries
from ingest.localchain.play.programme import programme
from ingest.localchain.play.simulation import Script, simulate
from ingest.localchain.play.stories import repertoires


def test_canaries_stand_among_the_stories_in_order_and_end_before_the_last_block() -> None:
    plain = list(programme(Random(1), repertoires(), 300, 2))
    mixed = list(with_canaries(iter(plain), 50, 300))
    starts = [entry.start for entry in mixed]
    assert starts == sorted(starts)
    assert [entry for entry in mixed if entry.repertoire is not REPERTOIRE] == plain
    own = [entry.start for entry in mixed if entry.repertoire is REPERTOIRE]
    assert own == [FIRST, FIRST + 50, FIRST + 100, FIRST + 150, FIRST + 200, FIRST + 250]
    assert own[-1] + REPERTOIRE.latest_end < 300
    assert REPERTOIRE.latest_end < LEAST_BLOCKS


def test_a_run_without_end_and_without_stories_has_canaries_only() -> None:
    nobody = programme(Random(1), repertoires(), None, 0)
    assert [entry.start for entry in islice(with_canaries(nobody, 10, None), 3)] == [20, 30, 40]


@pytest.mark.chain
def test_nobody_of_the_world_is_in_it_and_its_label_says_what_it_is(fork_rpc: str, tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    simulate(fork_rpc, file, Script(blocks=28, attacks_per_category=0, canary_every=10))
    told = load_labels(file)
    assert told.labels == ()
    (canary,) = told.canaries
    assert (canary.category, len(canary.victims), len(canary.attackers)) == ("wallet-drain", 4, 1)
    node = Wallet.connect(fork_rpc)
    head = int(node.ask("eth_blockNumber"), 16)
    blocks = node.ask_all([("eth_getBlockByNumber", [hex(number), True]) for number in range(1, head + 1)])
    others = {
        str(who).lower()
        for block in blocks
        for sent in block["transactions"]
        if sent["hash"] not in canary.transactions
        for who in (sent["from"], sent["to"])
    }
    assert not others & canary.addresses
