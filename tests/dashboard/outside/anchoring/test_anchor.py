"""Final alerts are anchored on another chain, a real anvil: stretch after stretch, each block once."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import undertow
from dashboard.outside.anchoring.contract import AnchorContract
from dashboard.outside.anchoring.merkle import root
from dashboard.store import open_reader
from dashboard.store.anchors import leaves_of
from ingest.blocks.trie import keccak
from ingest.model.errors import BadInput
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.speaking import Speaker
from tests.dashboard.alerts import CHAIN, Filing, back_to, drain, judged, poisoning
from tests.dashboard.outside.anchoring.anchored import Anchored, lives
from tests.fixtures.second_chain import SecondChain, key_file

pytestmark = pytest.mark.chain
NOTHING = root([])


def spans(anchored: Anchored) -> list[tuple[int, int, int]]:
    return [(each.first, each.last, each.leaves) for each in anchored.on_chain()]


def told(anchored: Anchored, first: int) -> dict[str, bool]:
    """What a stretch says of each alert: whether it was retracted."""
    with closing(open_reader(anchored.url)) as reader:
        return {leaf.alert_id: leaf.retracted for leaf in leaves_of(reader, CHAIN, first)}


def test_each_final_stretch_is_anchored_once_the_empty_ones_too(anchored: Anchored, filing: Filing) -> None:
    lives(filing, 170, drain(20), poisoning(130))
    anchored.goes_on()
    assert spans(anchored) == [(0, 49, 1), (50, 99, 0), (100, 149, 1)]
    assert anchored.on_chain()[1].root == NOTHING
    assert {row.state for row in anchored.planned()} == {"settled"}
    lives(filing, 208)
    anchored.goes_on(3)
    assert len(spans(anchored)) == 3, "block 199 is not ten deep"
    lives(filing, 209)
    anchored.goes_on()
    assert spans(anchored)[3:] == [(150, 199, 0)]


def test_what_comes_later_is_a_leaf_of_a_later_root(anchored: Anchored, filing: Filing) -> None:
    lives(filing, 70, drain(20), poisoning(30))
    anchored.goes_on()
    lowered = drain(20, severity="low", updated_block=80)
    lives(filing, 120, lowered)
    anchored.goes_on()
    assert told(anchored, 0) == {"drain-20": False, "poison-30": False}
    assert told(anchored, 50) == {"drain-20": False}


def test_an_alert_is_anchored_as_it_stood_at_the_end_of_the_stretch_and_not_as_it_is_now(
    anchored: Anchored, filing: Filing
) -> None:
    lives(filing, 49, drain(20))
    lives(filing, 115, drain(20, severity="critical", updated_block=60))
    anchored.goes_on()
    assert (told(anchored, 0), told(anchored, 50)) == ({"drain-20": False}, {"drain-20": False})
    out = anchored.folder / "proof.json"
    severities = []
    for block in ("0", "50"):
        argv = ["anchor", "prove", "drain-20", "--store", anchored.url, "--out", str(out), "--block", block]
        assert CliRunner().invoke(undertow.app, argv).exit_code == 0
        severities.append(json.loads(out.read_text())["record"]["severity"])
    assert severities == ["high", "critical"]


def test_an_alert_whose_block_left_the_chain_is_never_anchored(anchored: Anchored, filing: Filing) -> None:
    lives(filing, 52, drain(45), drain(20))
    gone = drain(45, status="retracted", retraction_reason="its block left the chain (rollback to block 40)")
    filing.file(gone, blocks=(back_to(40), judged(41)))
    lives(filing, 70)
    anchored.goes_on()
    assert told(anchored, 0) == {"drain-20": False}


def test_a_run_that_takes_over_retracts_and_says_all_anew_in_the_next_root(
    anchored: Anchored, filing: Filing
) -> None:
    lives(filing, 70, drain(20), poisoning(30))
    anchored.goes_on()
    filing.rebuilding = "0011223344556677"
    lives(filing, 130, replace(drain(20), status="retracted", retraction_reason="superseded by run 00112233"))
    anchored.goes_on(2)
    assert len(spans(anchored)) == 1, "nothing is anchored while a run judges the log anew"
    filing.rebuilding, filing.run = None, "0011223344556677"
    lives(filing, 131, poisoning(30, run=filing.run))
    anchored.goes_on(4)
    assert len(spans(anchored)) == 1, "of blocks below its head the new run's revisions are not all known"
    lives(filing, 160)
    anchored.goes_on()
    assert spans(anchored)[1:] == [(50, 149, 2)]
    assert told(anchored, 50) == {"drain-20": True, "poison-30": False}
    assert [each.run for each in anchored.on_chain()] == ["5f0c9ad1e2b3", "0011223344556677"]


def test_reorganisations_of_the_second_chain_leave_each_stretch_there_once(
    anchored: Anchored, filing: Filing, second: SecondChain
) -> None:
    lives(filing, 270, drain(20), poisoning(130))
    anchored.goes_on(3)
    for depth in (1, 2, 4, 3, 5):
        second.reorganise(depth)
        anchored.goes_on(2)
    anchored.goes_on(20)
    assert [(first, last) for first, last, _ in spans(anchored)] == [(s, s + 49) for s in range(0, 250, 50)]
    assert sent_to_the_contract(anchored) == [True] * 5


def sent_to_the_contract(anchored: Anchored) -> list[bool]:
    """Of each transaction to the contract in the chain that stands, whether it worked."""
    ask, found = anchored.second.wallet.ask, []
    for number in range(1, anchored.second.head + 1):
        for transaction in anchored.second.block(number)["transactions"]:
            if (transaction["to"] or "").lower() == anchored.address:
                receipt = ask("eth_getTransactionReceipt", transaction["hash"])
                found.append(receipt["status"] == "0x1")
    return found


def test_a_new_store_with_the_same_alerts_works_out_the_same_roots(
    anchored: Anchored, filing: Filing, tmp_path: Path
) -> None:
    from dashboard.store import open_writer

    lives(filing, 170, drain(20), poisoning(130))
    anchored.goes_on()
    before = anchored.planned()
    anchored.url = f"sqlite:///{tmp_path}/again.db"
    again = Filing(open_writer(anchored.url))
    lives(again, 220, drain(20), poisoning(130), drain(180))
    anchored.goes_on()
    assert [row.root for row in anchored.planned()[:3]] == [row.root for row in before]
    assert spans(anchored)[3:] == [(150, 199, 1)]


def test_a_store_that_says_something_else_than_what_is_anchored_is_refused(
    anchored: Anchored, filing: Filing, tmp_path: Path
) -> None:
    from dashboard.store import open_writer

    lives(filing, 70, drain(20))
    anchored.goes_on()
    anchored.url = f"sqlite:///{tmp_path}/other.db"
    lives(Filing(open_writer(anchored.url)), 70, drain(20, severity="low"))
    with pytest.raises(BadInput, match="does not lead to the same root"):
        anchored.goes_on()


def test_only_the_owner_anchors_and_hands_over_in_two_steps(
    anchored: Anchored, filing: Filing, second: SecondChain, tmp_path: Path
) -> None:
    lives(filing, 70, drain(20))
    anchored.goes_on()
    heir = key_file(tmp_path, seed=2)
    who = SigningKey.read(heir).address
    second.fund(who)
    with pytest.raises(BadInput, match="give the owner's --key-file"):
        anchored.goes_on(1, purse=heir)
    hand_over = "0x" + keccak(b"handOver(address)")[:4].hex() + bytes.fromhex(who[2:]).rjust(32, b"\0").hex()
    for sender, data in ((SigningKey.read(anchored.purse).address, hand_over), (who, "0x2852b71c")):
        second.wallet.ask("anvil_impersonateAccount", sender)
        second.wallet.ask("eth_sendTransaction", {"from": sender, "to": anchored.address, "data": data})
        second.mine()
    with closing(Speaker(second.url)) as node:
        assert AnchorContract(node, str(anchored.address)).owner() == who
    lives(filing, 120)
    anchored.goes_on(purse=heir)
    assert len(spans(anchored)) == 2


def test_who_has_no_money_waits_and_goes_on_once_it_is_there(
    anchored: Anchored, filing: Filing, second: SecondChain
) -> None:
    who = SigningKey.read(anchored.purse).address
    lives(filing, 70, drain(20))
    second.fund(who, 0)
    anchored.goes_on(2)
    assert any("send it some" in line for line in anchored.said)
    second.fund(who)
    anchored.goes_on()
    assert spans(anchored) == [(0, 49, 1)]
