"""The world of two chains is what its labels say: thieves are richer and honest people are not, liars told
what is not so and others did not; and what is played through real nodes and a real Kafka is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detectors.evaluate import load_labels
from detectors.evaluate.categories import built
from detectors.evaluate.report import evaluate
from detectors.registry import detectors
from detectors.runs.over_lake import LakeRun
from ingest.lake.reading import Lake
from ingest.localchain.chain.chain import origin
from ingest.localchain.chain.wallet import Address, address_of
from tests.bench.two_chains import nodes
from tests.bench.two_chains.crossings import attacks, treasury
from tests.bench.two_chains.honest_crossings import hard_negatives
from tests.bench.two_chains.nodes import BY_NUMBER, HARMLESS, LIES, MIXED, RECEIPTS, OddNode, serving
from tests.bench.two_chains.plan import TwoChains, made_of
from tests.bench.two_chains.playing import HERE, Run, played
from tests.bench.two_chains.sides import DOLLAR, HARBOUR, Side

RELAYERS = frozenset(address_of(f"relayer {number}") for number in range(1, 4))
"""They are paid by people of many stories."""

pytestmark = [pytest.mark.chain]


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    with origin(lambda _: None, chain_id=HERE) as here, origin(lambda _: None, chain_id=HERE + 1) as there:
        yield Side.open(here.url, "here"), Side.open(there.url, "there")


@pytest.fixture
def unread(sides: tuple[Side, Side], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """All stories once, played to their end; nobody reads the chain meanwhile."""
    monkeypatch.setattr(Run, "_follow", lambda *_arguments, **_named: None)
    stories = (*attacks(), *hard_negatives())
    with serving(OddNode(sides[1].url, "other chain")) as other:
        run = Run(TwoChains(4, rounds=1, only=stories), tmp_path, "", *sides, other)
        run.all()
    assert {one.variant for one in run.labelled} == set(stories)
    return run


def gained(run: Run, who: Address) -> int:
    """What somebody has on both sides, of what is worth something, beyond what he had before his story; in
    units of eighteen digits.
    """
    total = 0
    for side in (run.here, run.there):
        for coin in (HARBOUR, DOLLAR):
            digits = coin.decimals_here if side is run.here else coin.decimals_there
            given = sum(
                int(sent.data[-64:], 16)
                for block in side.blocks.values()
                for sent in block
                if sent.person == treasury() and sent.to == side.coins[coin] and who[2:] in sent.data
            )
            total += (side.holds(coin, who) - given) * 10 ** (18 - digits)
    return total


def test_thieves_end_richer_and_honest_people_do_not(unread: Run) -> None:
    assert len(unread.labelled) == 30
    for one in unread.labelled:
        told = one.told
        if one.kind == "attack":
            assert sum(gained(unread, thief) for thief in told.attackers) >= 10**18, one.variant
            assert told.harm in told.done
            assert {unread.here.bridge, unread.there.bridge} <= set(told.victims), one.variant
            continue
        assert not told.attackers and told.harm is None
        others = {unread.here.bridge, unread.there.bridge, *RELAYERS}
        assert sum(gained(unread, who) for who in {*told.infrastructure} - others) <= 0, one.variant


def test_what_was_mined_anew_is_labelled_as_it_lies_now(unread: Run) -> None:
    own = {sent.hash for block in unread.here.blocks.values() for sent in block}
    for variant in ("reorganised_mint", "reorganised_deposit"):
        (one,) = [told for told in unread.labelled if told.variant == variant]
        mint = one.told.done[-1]
        receipt = unread.here.wallet.ask("eth_getTransactionReceipt", mint.hash)
        assert (int(receipt["blockNumber"], 16), receipt["status"]) == (mint.block, "0x1")
        assert mint.hash in own


@pytest.fixture
def town(sides: tuple[Side, Side]) -> Side:
    """Five blocks, each with a payment of a coin and one of ether."""
    here, _ = sides
    here.deploy()
    here.bridges(treasury(), "issue(address,address,uint256)", DOLLAR, treasury(), 10**9)
    here.mine(here.now + 1)
    for number in range(5):
        here.hands(treasury(), DOLLAR, address_of(f"alice {number}"), 7)
        here.sends(treasury(), address_of(f"bob {number}"), value=5)
        here.mine(here.now + 12)
    return here


def asks(url: str, first: int, last: int) -> list[Any]:
    calls: list[tuple[str, list[Any]]] = [("eth_chainId", [])]
    for number in range(first, last + 1):
        calls += [(BY_NUMBER, [hex(number), True]), (RECEIPTS, [hex(number)])]
    asked = [{"jsonrpc": "2.0", "id": n, "method": name, "params": p} for n, (name, p) in enumerate(calls)]
    return [answer["result"] for answer in nodes.ask(url, asked)]


@pytest.mark.parametrize("name", sorted(LIES))
def test_a_liar_tells_of_one_block_what_is_not_so_as_often_as_it_is_asked(name: str, town: Side) -> None:
    node = OddNode(town.url, name, LIES[name], since=town.head - 3, awake=True)
    with serving(node):
        told = [asks(node.url, town.head - 4, town.head) for _ in range(2)]
    truth = asks(town.url, town.head - 4, town.head)

    assert told[0] == told[1]
    differs = [at for at, (one, other) in enumerate(zip(told[0], truth, strict=True)) if one != other]
    assert differs, "it tells the truth"
    if name == "serves_other_chain":
        assert differs == [0]
    else:
        assert node.told == {town.head - 3}
        assert {(at - 1) // 2 for at in differs} == {1}


@pytest.mark.parametrize("name", sorted(HARMLESS.keys() - {MIXED, "loses_receipt_of_block"}))
def test_a_node_that_is_only_late_or_broken_says_what_is_so_or_nothing(name: str, town: Side) -> None:
    node = OddNode(town.url, name, HARMLESS[name], since=town.head - 3, awake=True)
    truth = asks(town.url, town.head - 4, town.head)
    said = list[list[Any]]()
    with serving(node):
        for _ in range(8):
            try:
                said.append(asks(node.url, town.head - 4, town.head))
            except (OSError, ValueError):
                continue
    assert said
    for told in said:
        pairs = zip(told, truth, strict=True)
        assert [one for one, other in pairs if one is not None and not same(one, other)] == []


def test_a_receipt_that_is_lost_of_a_block_is_there_for_who_asks_for_it(town: Side) -> None:
    name = "loses_receipt_of_block"
    node = OddNode(town.url, name, HARMLESS[name], since=town.head, awake=True)
    truth = asks(town.url, town.head, town.head)[-1]
    with serving(node):
        told = asks(node.url, town.head, town.head)[-1]
        params = [truth[-1]["transactionHash"]]
        call = {"jsonrpc": "2.0", "id": 1, "method": nodes.ONE_RECEIPT, "params": params}
        (alone,) = nodes.ask(node.url, [call])
    assert told == truth[:-1]
    assert alone["result"] == truth[-1]


def same(one: object, other: object) -> bool:
    """But for how it is spelt, and fields that nobody asked for."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key), value) for key, value in other.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return str(one).lower() == str(other).lower()


def judged(folder: Path) -> dict[str, Any]:
    """What the whole library says of a world's lake, held against its labels."""
    labels = load_labels(folder / "labels.jsonl")
    said = LakeRun(Lake.open(folder / "lake"), HERE, detectors()).run(None, None, lambda _progress: None)
    report: dict[str, Any] = evaluate(said.alerts, labels, built(detectors())).to_dict()
    return report


@pytest.mark.broker
@pytest.mark.slow
def test_what_is_played_through_real_nodes_is_judged(tmp_path: Path, kafka: str) -> None:
    only = ("forged_mint", "hollow_burn", "late_reader", "reorganised_mint", "alters_log", "is_slow")
    run = played(TwoChains(2, rounds=1, only=only), tmp_path, kafka)
    report = judged(tmp_path)

    assert {(one.kind, one.variant) for one in run.nodes} == {
        ("attack", "alters_log"), ("hard_negative", "is_slow"),
    }  # fmt: skip
    for category, many in (("bridge-mismatch", 2), ("node-divergence", 1)):
        row = report["categories"][category]
        assert (row["attacks"], row["found"], row["hard_negatives_flagged"]) == (many, many, 0), row


@pytest.mark.broker
@pytest.mark.soak
def test_every_kind_of_story_is_told_apart(tmp_path: Path, kafka: str) -> None:
    played(TwoChains(3, rounds=1), tmp_path, kafka)
    report = judged(tmp_path)
    for category in ("bridge-mismatch", "node-divergence"):
        row = report["categories"][category]
        assert row["found"] == row["attacks"] >= 12, (category, report["missed"])
        assert row["hard_negatives_flagged"] == 0, report["flagged_hard_negatives"]
    assert report["victims_named_attacker"] == report["duplicates"] == 0


def test_a_world_says_what_is_played_and_its_sources_make_it_another() -> None:
    assert str(TwoChains(7, 2)) == "seed 7: two chains, a bridge and odd nodes, 2 of every kind of story"
    assert len(made_of()) == 16
