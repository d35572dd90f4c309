"""Every story there is, all in one world: complete, mined, labelled, and the same again for the same seed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest.localchain.chain.wallet import Wallet
from ingest.localchain.play.simulation import Script
from ingest.localchain.play.stories import Repertoire, repertoires
from tests.fixtures.chain import TURNS, WHOLE, Played, plays
from tests.ingest.localchain.reading import labels_of, named, receipts_of

pytestmark = pytest.mark.chain

EVERYTHING = repertoires()


@pytest.fixture(scope="module")
def labels(whole: Played) -> list[dict[str, Any]]:
    return labels_of(whole.labels)


def block_hashes(rpc: str) -> list[str]:
    wallet = Wallet.connect(rpc)
    head = int(wallet.ask("eth_blockNumber"), 16)
    asked: list[tuple[str, list[Any]]] = [
        ("eth_getBlockByNumber", [hex(number), False]) for number in range(head + 1)
    ]
    return [block["hash"] for block in wallet.ask_all(asked)]


def test_every_story_that_began_has_ended_and_has_its_label(labels: list[dict[str, Any]]) -> None:
    told = Counter((label["category"], label["kind"]) for label in labels)

    assert told == {(r.category, r.kind): TURNS for r in EVERYTHING}


@pytest.mark.parametrize("repertoire", EVERYTHING, ids=lambda r: f"{r.category}-{r.kind}")
def test_stories_are_mined_as_their_labels_say(
    whole: Played, labels: list[dict[str, Any]], repertoire: Repertoire
) -> None:
    told = [x for x in labels if (x["category"], x["kind"]) == (repertoire.category, repertoire.kind)]
    chain = Wallet.connect(whole.rpc)
    head = int(chain.ask("eth_blockNumber"), 16)

    assert {label["variant"] for label in told} == set(repertoire.variants)
    for label in told:
        receipts = receipts_of(chain, label["transactions"])
        blocks = [int(receipt["blockNumber"], 16) for receipt in receipts]
        assert (label["first_block"], label["last_block"]) == (min(blocks), max(blocks))
        assert label["last_block"] - label["first_block"] < repertoire.latest_end
        assert label["last_block"] < head
        assert "0x1" in {receipt["status"] for receipt in receipts}
        assert len(set(label["transactions"])) == len(label["transactions"])
        order = [(int(r["blockNumber"], 16), int(r["transactionIndex"], 16)) for r in receipts]
        assert order == sorted(order), "transactions stand in the order of the chain"


def test_attackers_are_named_in_attacks_only_and_nobody_is_two_things(labels: list[dict[str, Any]]) -> None:
    for label in labels:
        assert label["roles"], label["id"]
        assert bool(named(label, "attacker")) == (label["kind"] == "attack"), label["id"]
        addresses = [role["address"] for role in label["roles"]]
        assert len(addresses) == len(set(addresses)), label["id"]
        assert all(address == address.lower() and len(address) == 42 for address in addresses)


def test_what_did_no_harm_cost_nothing(labels: list[dict[str, Any]]) -> None:
    for label in labels:
        if label["kind"] == "hard_negative" or not label["succeeded"]:
            assert (label["harm_block"], label["loss_usd"]) == (None, 0.0), label["id"]
        if label["harm_block"] is not None:
            assert label["first_block"] <= label["harm_block"] <= label["last_block"], label["id"]


def test_some_attacks_fail_and_most_do_not(labels: list[dict[str, Any]]) -> None:
    succeeded = [label["succeeded"] for label in labels if label["kind"] == "attack"]

    assert 0.6 < sum(succeeded) / len(succeeded) < 0.97


@pytest.mark.soak
def test_one_seed_gives_the_same_blocks_and_labels_of_every_category(
    whole: Played, origin_rpc: str, tmp_path: Path
) -> None:
    for again in plays(origin_rpc, tmp_path, WHOLE):
        assert again.labels.read_text() == whole.labels.read_text()
        assert block_hashes(again.rpc) == block_hashes(whole.rpc)


def test_another_seed_gives_another_world(whole: Played, origin_rpc: str, tmp_path: Path) -> None:
    other = Script(seed=WHOLE.seed + 1, blocks=20, attacks_per_category=0)
    for another in plays(origin_rpc, tmp_path, other):
        assert not set(block_hashes(another.rpc)[-20:]) & set(block_hashes(whole.rpc))
