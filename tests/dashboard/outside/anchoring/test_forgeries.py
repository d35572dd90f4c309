"""Every way to show something else than what is anchored is refused, and named. On a real anvil."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.outside.anchoring import merkle, proving
from dashboard.outside.anchoring.contract import AnchorContract, Stretch, anchoring, reason
from dashboard.outside.anchoring.stretches import hexed
from dashboard.store import open_reader
from ingest.model.errors import BadInput
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.speaking import Refused, Speaker
from tests.dashboard.alerts import CHAIN, Filing, drain, poisoning
from tests.dashboard.outside.anchoring.anchored import Anchored, lives
from tests.fixtures.second_chain import SecondChain

pytestmark = pytest.mark.chain
Told = dict[str, Any]


@dataclass
class Court:
    """Proofs of mallory's drain (present in blocks 0 to 49) and of what is absent there, and who checks."""

    anchored: Anchored

    def proof(self, alert: str, block: int) -> Told:
        with closing(open_reader(self.anchored.url)) as reader:
            return proving.prove(reader, CHAIN, alert, block)

    def judges(self, told: Told, owner: str | None = None) -> str:
        path = self.anchored.folder / "proof.json"
        path.write_text(proving.written(told))
        return self.judges_file(path, owner)

    def judges_file(self, path: Path, owner: str | None = None) -> str:
        read = proving.read(path)
        shows = proving.check(read)
        with closing(Speaker(self.anchored.second.url)) as node:
            proving.check_anchored(read, AnchorContract(node, str(self.anchored.address)), owner)
        return shows


@pytest.fixture
def court(anchored: Anchored, filing: Filing) -> Court:
    lives(filing, 49, drain(20), drain(30), poisoning(10), poisoning(40), drain(35))
    lives(filing, 170, drain(20, severity="low", updated_block=60), drain(120))
    anchored.goes_on()
    return Court(anchored)


def rebuilt(told: Told, **record: Any) -> None:
    """Leaf and root are made to fit what the record says now: consistent, but not what is anchored."""
    told["record"] |= record
    text = json.dumps(told["record"], sort_keys=True, separators=(",", ":"))
    leaf = merkle.Leaf.of(CHAIN, told["alert"], text)
    shown = told["leaves"][0]
    shown["record_hash"] = hexed(leaf.record_hash)
    beside = [bytes.fromhex(each[2:]) for each in shown["path"]]
    found = merkle.root_from(leaf.hash(), shown["place"], told["stretch"]["leaves"], beside)
    assert found is not None
    told["stretch"]["root"] = hexed(found)


def leaf(told: Told, **changes: Any) -> None:
    told["leaves"][0] |= changes


def stretch(told: Told, **changes: Any) -> None:
    told["stretch"] |= changes


def swapped(told: Told) -> None:
    told["leaves"][0]["path"] = told["leaves"][0]["path"][::-1]


PRESENT: dict[str, tuple[Callable[[Told], object], str]] = {
    "another severity": (lambda t: t["record"].update(severity="low"), "the record is not the one"),
    "another status": (lambda t: t["record"].update(status="provisional"), "the record is not the one"),
    "a key more": (lambda t: t["record"].update(more=1), "the record is not the one"),
    "a key less": (lambda t: t["record"].pop("tier"), "the record is not the one"),
    "the record of another alert": (lambda t: t["record"].update(id="drain-30"), "is not of alert"),
    "the record of another chain": (lambda t: t["record"].update(chain_id=1), "is not of alert"),
    "another alert's name": (lambda t: t.update(alert="drain-30"), "is not of alert"),
    "a bundle of another chain": (lambda t: t.update(chain_id=1), "does not lead to the root"),
    "another hash of the record": (lambda t: leaf(t, record_hash="0x" + "11" * 32), "does not lead"),
    "another place": (lambda t: leaf(t, place=4), "does not lead"),
    "a place outside": (lambda t: leaf(t, place=99), "does not lead"),
    "a path cut short": (lambda t: t["leaves"][0]["path"].pop(), "does not lead"),
    "a path that is longer": (lambda t: t["leaves"][0]["path"].append("0x" + "00" * 32), "does not lead"),
    "a path in another order": (swapped, "does not lead"),
    "two leaves": (lambda t: t["leaves"].append(t["leaves"][0]), "has one leaf"),
    "no leaf": (lambda t: t["leaves"].clear(), "has one leaf"),
    "more leaves than there are": (lambda t: stretch(t, leaves=6), "does not lead|has leaves"),
    "another root": (lambda t: stretch(t, root="0x" + "22" * 32), "does not lead"),
    "consistently rewritten": (lambda t: rebuilt(t, severity="low"), "has root"),
    "consistently of another run": (lambda t: rebuilt(t, run="ffff"), "of another run"),
    "another run of the stretch": (lambda t: stretch(t, run="ffff"), "of another run"),
    "another first block": (lambda t: stretch(t, first=1), "has first 0"),
    "stretched beyond its end": (lambda t: stretch(t, last=99), "has last 49"),
    "moved to a later stretch": (lambda t: stretch(t, first=50, last=99), "the contract has"),
    "moved to what is not anchored": (lambda t: stretch(t, first=900, last=949), "holds no stretch"),
    "another audit": (lambda t: stretch(t, audit="0x" + "33" * 32), "has audit"),
    "more rows of the audit": (lambda t: stretch(t, audited=7), "has audited 0"),
    "absent though it is there": (lambda t: t.update(says="absent"), "do not lie on both sides"),
    "says something else": (lambda t: t.update(says="perhaps"), "present or absent"),
    "another format": (lambda t: t.update(format="undertow anchor proof 2"), "of format"),
    "without a stretch": (lambda t: t.pop("stretch"), "no whole proof"),
    "a number that is text": (lambda t: stretch(t, first="0"), "no whole proof"),
    "a hash in capitals": (lambda t: stretch(t, root=t["stretch"]["root"].upper()), "no whole proof"),
}


def test_a_forged_proof_of_presence_is_refused_by_name(court: Court) -> None:
    assert "stood as shown at the end of blocks 0 to 49" in court.judges(court.proof("drain-20", 0))
    for name, (forge, why) in PRESENT.items():
        told = court.proof("drain-20", 0)
        forge(told)
        with pytest.raises(BadInput, match=why):
            court.judges(told)
            pytest.fail(f"{name} was believed")


def without(told: Told, at: int) -> None:
    told["leaves"].pop(at)


def emptied(told: Told) -> None:
    told["leaves"].clear()
    stretch(told, leaves=0, root=hexed(merkle.root([])))


ABSENT: dict[str, tuple[Callable[[Court, Told], object], str]] = {
    "the neighbour below is missing": (lambda c, t: without(t, 0), "left out"),
    "the neighbour above is missing": (lambda c, t: without(t, 1), "left out"),
    "neighbours further away": (
        lambda c, t: t["leaves"].__setitem__(1, c.proof("poison-40", 0)["leaves"][0]), "left out",
    ),
    "of an alert that is there": (lambda c, t: t.update(alert="drain-30"), "do not lie on both sides"),
    "of an alert elsewhere": (lambda c, t: t.update(alert="a"), "left out|both sides"),
    "in a stretch that is empty": (lambda c, t: stretch(t, leaves=0), "does not lead"),
    "of no leaves at all": (lambda c, t: emptied(t), "the contract has"),
    "of a stale stretch": (lambda c, t: stretch(t, first=50, last=99), "the contract has"),
}  # fmt: skip


def test_a_forged_proof_of_absence_is_refused_by_name(court: Court) -> None:
    assert "say nothing of alert drain-31" in court.judges(court.proof("drain-31", 0))
    assert "say nothing of alert aaa" in court.judges(court.proof("aaa", 0))
    assert "say nothing of alert zzz" in court.judges(court.proof("zzz", 0))
    for name, (forge, why) in ABSENT.items():
        told = court.proof("drain-31", 0)
        forge(court, told)
        with pytest.raises(BadInput, match=why):
            court.judges(told)
            pytest.fail(f"{name} was believed")


def test_a_file_of_which_a_byte_is_other_is_refused(court: Court, tmp_path: Path) -> None:
    path, whole = tmp_path / "one.json", proving.written(court.proof("drain-20", 0)).encode()
    path.write_bytes(whole)
    assert court.judges_file(path)
    for at in range(0, len(whole), 37):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(BadInput):
            court.judges_file(path)
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(BadInput):
            court.judges_file(path)


def test_a_contract_of_somebody_else_is_refused_where_it_is_said_who_owns_it(court: Court) -> None:
    owner = SigningKey.read(court.anchored.purse).address
    assert court.judges(court.proof("drain-20", 0), owner)
    with pytest.raises(BadInput, match="is owned by"):
        court.judges(court.proof("drain-20", 0), "0x" + "ab" * 20)


def test_the_contract_refuses_by_name_what_does_not_follow(court: Court, second: SecondChain) -> None:
    following = Stretch(150, 199, 0, 0, merkle.root([]), "5f0c9ad1e2b3", bytes(32))
    owner = SigningKey.read(court.anchored.purse).address
    forged = {
        "a gap": (owner, CHAIN, replace(following, first=200, last=249), "does not begin where"),
        "an overlap": (owner, CHAIN, replace(following, first=100, last=199), "does not begin where"),
        "a replay": (owner, CHAIN, replace(following, first=0, last=49), "does not begin where"),
        "backwards": (owner, CHAIN, replace(following, last=149), "ends before it begins"),
        "another chain": (owner, 1, following, "keeps another chain"),
        "somebody else": ("0x" + "ee" * 20, CHAIN, following, "not the owner's"),
    }
    with closing(Speaker(second.url)) as node:
        for name, (sender, chain, stretch, why) in forged.items():
            call = {"from": sender, "to": court.anchored.address, "data": anchoring(chain, stretch)}
            with pytest.raises(Refused) as told:
                node.ask("eth_call", call, "latest")
            assert why in reason(told.value), name
        call = {"from": owner, "to": court.anchored.address, "data": anchoring(CHAIN, following)}
        assert node.ask("eth_call", call, "latest") == "0x"
