"""In a world whose transactions wait they wait in a real pool, some go round it, and labels stay true."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.evaluate.labels import load_labels
from ingest.localchain.chain.actions import pay
from ingest.localchain.chain.chain import fork
from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.director import Director
from ingest.localchain.play.pool import MOST_BLOCKS, WaitingRoom
from ingest.localchain.play.simulation import Script, begin
from ingest.localchain.world.stage import Bundle
from tests.ingest.localchain.chain.test_actions import ALICE, BOB, ETH

pytestmark = pytest.mark.chain
SENT = pay(ETH, ALICE, BOB, 5), pay(ETH, BOB, ALICE, 5)


def watched(origin_rpc: str, labels: Path, script: Script) -> tuple[Director, dict[str, list[int]]]:
    """A played world, and the heads on which each transaction was seen waiting."""
    seen = dict[str, list[int]]()
    with fork(origin_rpc) as node:
        wallet = Wallet.connect(node.url)
        director = begin(node.url, labels, script)
        assert director.pool is not None

        def look() -> None:
            head, content = int(wallet.ask("eth_blockNumber"), 16), wallet.ask("txpool_content")
            for own in (*content["pending"].values(), *content["queued"].values()):
                for each in own.values():
                    seen.setdefault(each["hash"], []).append(head)

        director.pool.look = look
        while director.blocks != script.blocks:
            director.play_block()
        director.finish()
        director.write_labels()
    return director, seen


def waits_as_told(director: Director, seen: dict[str, list[int]]) -> None:
    assert director.pool is not None
    public = {name for name, is_public in director.pool.public.items() if is_public}
    assert public and public == seen.keys() & director.pool.public.keys()
    assert len(director.pool.public) > len(public), "some went round the pool"
    where = director.stage.miner.where
    for name, heads in seen.items():
        assert heads == list(range(where[name] - len(heads), where[name])), "on each head until it is mined"
    assert {len(heads) for heads in seen.values()} == set(range(1, MOST_BLOCKS + 1))


def test_what_waits_is_in_the_pool_until_it_is_mined_and_what_goes_round_never_is(
    origin_rpc: str, tmp_path: Path
) -> None:
    script = Script(seed=3, blocks=10, attacks_per_category=0, transactions_per_block=8, round_the_pool=0.3)

    waits_as_told(*watched(origin_rpc, tmp_path / "labels.jsonl", script))


@pytest.mark.soak
def test_labels_of_a_world_whose_transactions_wait_are_true(origin_rpc: str, tmp_path: Path) -> None:
    some = frozenset({"address-poisoning", "sandwich", "flash-loan-attack"})
    script = Script(seed=3, blocks=150, attacks_per_category=1, categories=some, round_the_pool=0.3)
    labels = tmp_path / "labels.jsonl"

    director, seen = watched(origin_rpc, labels, script)

    waits_as_told(director, seen)
    told = load_labels(labels)
    assert {label.category for label in told.attacks} == some
    harmful = [label for label in told.attacks if label.harm_block is not None]
    assert len(harmful) > len(some) // 2


def test_a_bundle_goes_round_and_who_goes_round_once_does_so_to_the_blocks_end() -> None:
    room = WaitingRoom(1, 0.0)
    first, other = SENT
    parts = [Bundle([first]), [first], [other]]

    waits = room.waits(parts, [0, 1, 2], [first, first, other])

    assert waits.private == {0, 1}


def test_nothing_or_all_goes_round_where_that_is_asked_for() -> None:
    first, other = SENT
    parts, order, sent = [[first], [other]], [0, 1], [first, other]

    assert WaitingRoom(1, 0.0).waits(parts, order, sent).private == frozenset()
    assert WaitingRoom(1, 1.0).waits(parts, order, sent).private == {0, 1}
