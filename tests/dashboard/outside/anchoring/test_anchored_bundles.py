"""Bundles of evidence beside what is anchored: mallory's drain, on a real second chain, and who forges it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import undertow
from dashboard.outside.anchoring.contract import AnchorContract
from dashboard.outside.evidence import in_contract
from dashboard.outside.evidence.alerts import from_store
from dashboard.outside.evidence.gathering import gather
from dashboard.outside.evidence.proofs import Checked
from dashboard.outside.evidence.signing import Signer
from dashboard.outside.evidence.verifying import check
from detectors.alerts.alert import Alert
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from ingest.model.errors import EvidenceRefused
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.speaking import Speaker
from tests.dashboard.alerts import RUN, Filing, drain, poisoning
from tests.dashboard.outside.anchoring.anchored import Anchored, lives
from tests.dashboard.outside.anchoring.test_forgeries import rebuilt as rebuilt_proof
from tests.dashboard.outside.evidence.bundles import NOTHING, Change, Plain, alert, parsed, resealed
from tests.dashboard.outside.evidence.forgeries import both, flipped, put
from tests.dashboard.outside.evidence.test_evidence_commands import script

pytestmark = pytest.mark.chain


def mallorys() -> Alert:
    """Her drain in blocks 100 to 102, by the run that the store knows."""
    return replace(alert(), run=RUN, status=None)


@dataclass
class Notary:
    """Who makes bundles of the store, and holds them to the contract."""

    anchored: Anchored

    @property
    def signer(self) -> Signer:
        return Signer(self.anchored.folder / "evidence.key")

    def bundle(self) -> bytes:
        taken = from_store(self.anchored.url, mallorys().id, None)
        return gather(taken, [], self.signer, EngineSettings(), detectors()).content

    def looks(self, content: bytes, owner: str | None = None) -> Checked:
        """Offline first, then in the contract, as `undertow verify` does."""
        found = check(content, NOTHING)
        if not found.refusals:
            with closing(Speaker(self.anchored.second.url)) as node:
                in_contract.compare(found, AnchorContract(node, str(self.anchored.address)), owner)
        return found

    def refuses(self, change: Change) -> list[tuple[str, str]]:
        """A bundle that was changed and signed again by somebody with the key."""
        plain = parsed(self.bundle())
        change(plain)
        return [(each.name, each.place) for each in self.looks(resealed(plain, self.signer)).refusals]


@pytest.fixture
def notary(anchored: Anchored, filing: Filing) -> Notary:
    """Three stretches: mallory's drain beside others, one that says something else, one that says nothing."""
    lives(filing, 149, mallorys(), drain(130), poisoning(140))
    lives(filing, 259, drain(160))
    anchored.goes_on()
    return Notary(anchored)


def standings(found: Checked) -> dict[str, tuple[str, str]]:
    return {claim.what: (claim.standing, claim.note) for claim in found.claims}


def test_what_is_anchored_is_said_to_be_and_till_when_nothing_else_was(notary: Notary) -> None:
    found = notary.looks(notary.bundle())

    assert found.refusals == []
    said = standings(found)
    standing, note = said["the revision that is anchored"]
    assert standing == "anchored"
    assert "as it stood at the end of blocks 100 to 149" in note
    assert "nothing else was anchored of it up to block 249" in note
    assert {said[what][0] for what in ("measured values and thresholds", "roles and subject", "status")} == {
        "anchored"
    }
    assert said["models"][0] == "signed"


def test_offline_it_stands_on_the_signature_and_says_what_to_give(notary: Notary) -> None:
    found = check(notary.bundle(), NOTHING)

    standing, note = standings(found)["the revision that is anchored"]
    assert (standing, "give --anchor-rpc and --anchor" in note) == ("signed", True)
    assert "anchored" not in {claim.standing for claim in found.claims}


def test_before_its_stretch_is_in_a_block_a_bundle_has_no_proof(anchored: Anchored, filing: Filing) -> None:
    lives(filing, 149, mallorys())
    lives(filing, 155)
    anchored.goes_on(4)
    notary = Notary(anchored)
    content = notary.bundle()

    assert parsed(content)["anchored"] is None
    said = standings(notary.looks(content))["the revision that is anchored"]
    assert said[0] == "stated" and "the bundle has no proof" in said[1]


def test_an_old_bundle_says_from_where_on_it_does_not_know(notary: Notary, filing: Filing) -> None:
    """The alert is lowered later, and that is anchored: who shows the old bundle shows an old alert."""
    old = notary.bundle()
    lives(filing, 320, replace(mallorys(), severity="low", updated_block=270))
    notary.anchored.goes_on()
    _, note = standings(notary.looks(old))["the revision that is anchored"]

    assert "what was anchored from block 250 on this bundle does not show: make it anew" in note
    new = standings(notary.looks(notary.bundle()))
    assert "at the end of blocks 250 to 299" in new["the revision that is anchored"][1]


def test_what_changed_after_it_was_anchored_is_not_said_to_be(notary: Notary, filing: Filing) -> None:
    lives(filing, 262, replace(mallorys(), severity="low", updated_block=261))
    said = standings(notary.looks(notary.bundle()))

    assert said["category, severity and score"][0] == "signed"
    assert said["the revision that is anchored"][0] == "anchored"
    assert said["the alert as it is now"][1] == "it changed since; that is not anchored"


def record(**changes: Any) -> Change:
    """The anchored record is another, its leaf and root made to fit."""

    def change(plain: Plain) -> None:
        rebuilt_proof(plain["anchored"]["proof"], **changes)

    return change


def everywhere(**changes: Any) -> Change:
    """Alert, revisions and the anchored record agree on what was never anchored."""

    def change(plain: Plain) -> None:
        plain["evidence"]["alert"] |= changes
        for revision in plain["filed"]["revisions"]:
            revision["record"] |= changes
        rebuilt_proof(plain["anchored"]["proof"], **changes)

    return change


def of_another(plain: Plain) -> None:
    """A genuine proof that later blocks say nothing, shown twice."""
    plain["anchored"]["later"].append(copy.deepcopy(plain["anchored"]["later"][0]))


PROOF, LATER = "anchored/proof", "anchored/later/0"
FORGED: dict[str, tuple[Change, str, str]] = {
    "an anchored record that was changed": (
        put(f"{PROOF}/record/severity", "low"), "wrong-anchor-proof", "/anchored/proof"),
    "a path of which a byte is another": (
        put(f"{PROOF}/leaves/0/path/0", flipped), "wrong-anchor-proof", "/anchored/proof"),
    "a path that is cut off": (
        put(f"{PROOF}/leaves/0/path", lambda path: path[:-1]), "wrong-anchor-proof", "/anchored/proof"),
    "a leaf at another place": (
        put(f"{PROOF}/leaves/0/place", lambda at: at + 1), "wrong-anchor-proof", "/anchored/proof"),
    "a proof of absence shown as one of presence": (
        lambda plain: plain["anchored"].update(proof=plain["anchored"]["later"][0]), "wrong-anchor-proof",
        "/anchored/proof"),
    "a proof of another alert": (
        put(f"{PROOF}/alert", "f" * 32), "wrong-anchor-proof", "/anchored/proof"),
    "a proof of another chain": (put(f"{PROOF}/chain_id", 1), "wrong-anchor-proof", "/anchored/proof"),
    "a proof without its stretch": (
        lambda plain: plain["anchored"]["proof"].pop("stretch"), "wrong-anchor-proof", "/anchored/proof"),
    "a proof of another format": (put(f"{PROOF}/format", "x"), "wrong-anchor-proof", "/anchored/proof"),
    "a proof that is text": (put(f"{PROOF}/leaves", "x"), "wrong-anchor-proof", "/anchored/proof"),
    "a record that never was filed, led to a root of its own": (
        record(severity="critical"), "anchored-otherwise", "/anchored/proof/record"),
    "an alert rewritten everywhere, led to a root of its own": (
        everywhere(severity="critical"), "not-anchored", "/anchored/proof/stretch"),
    "an alert that is anchored as retracted, shown as final": (
        record(status="retracted"), "retracted", "/evidence/alert/status"),
    "an alert of which a newer revision is anchored": (
        record(updated_block=140), "stale", "/anchored/proof/record"),
    "other blocks of the stretch": (
        put(f"{PROOF}/stretch/last", 148), "not-anchored", "/anchored/proof/stretch"),
    "another audit of the stretch": (
        put(f"{PROOF}/stretch/audited", 9), "not-anchored", "/anchored/proof/stretch"),
    "a stretch that is moved above what is anchored": (
        both(put(f"{PROOF}/stretch/first", 900), put(f"{PROOF}/stretch/last", 949),
             put("anchored/later", [])), "not-anchored", "/anchored/proof/stretch"),
    "later blocks that are of the stretch itself": (
        put(f"{LATER}/stretch/first", 120), "wrong-anchor-proof", "/anchored/later/0/stretch/first"),
    "later blocks shown twice": (of_another, "wrong-anchor-proof", "/anchored/later/1/stretch/first"),
    "later blocks that were never anchored": (
        both(put(f"{LATER}/stretch/first", 700), put(f"{LATER}/stretch/last", 749)), "not-anchored",
        "/anchored/later/0/stretch"),
    "later blocks with another run": (
        put(f"{LATER}/stretch/run", "x"), "not-anchored", "/anchored/later/0/stretch"),
    "later blocks whose leaf is another": (
        put(f"{LATER}/leaves/0/record_hash", flipped), "wrong-anchor-proof", "/anchored/later/0"),
    "later blocks that say something, shown as silent": (
        put(f"{LATER}/says", "present"), "wrong-anchor-proof", "/anchored/later/0"),
    "no proof of what is said to be anchored": (put("anchored", {"proof": {}, "later": [], "left_out": 0}),
                                                "wrong-anchor-proof", "/anchored/proof"),
}  # fmt: skip
"""By what was done: how, the name under which it is refused, and where."""


def test_what_is_not_anchored_is_refused_by_name_even_with_the_key(notary: Notary) -> None:
    for forgery, (change, name, place) in FORGED.items():
        found = notary.refuses(change)
        assert (name, place) in found, (forgery, found)


def test_a_contract_of_another_chain_or_owner_is_refused(notary: Notary) -> None:
    content = notary.bundle()
    owner = SigningKey.read(notary.anchored.purse).address
    assert notary.looks(content, owner).refusals == []
    (wrong,) = notary.looks(content, "0x" + "ab" * 20).refusals
    assert wrong.name == "another-owner"

    def elsewhere(plain: Plain) -> None:
        plain["anchored"]["proof"]["chain_id"] = 5

    assert ("wrong-anchor-proof", "/anchored/proof") in notary.refuses(elsewhere)


def said(*arguments: object) -> str:
    done = CliRunner().invoke(undertow.app, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_commands_say_anchored_and_refuse_what_is_not(notary: Notary, tmp_path: Path) -> None:
    anchored, file = notary.anchored, tmp_path / "bundle.json"
    key = ("--key-file", tmp_path / "evidence.key")
    said("evidence", mallorys().id, "--store", anchored.url, "--out", file, *key)
    where = ("--anchor-rpc", anchored.second.url, "--anchor", anchored.address)
    told = said("verify", file, *where)

    assert "anchored  the revision that is anchored: as it stood at the end of blocks 100 to 149" in told
    assert "6 anchored" in told
    assert "not known to be anchored" in said("verify", file)
    plain = json.loads(file.read_bytes())
    everywhere(severity="critical")(plain)
    file.write_bytes(resealed(plain, notary.signer))
    with pytest.raises(EvidenceRefused, match="is refused: not-anchored at /anchored/proof/stretch"):
        said("verify", file, *where)
    outcome = CliRunner().invoke(undertow.app, ["verify", str(file), "--anchor-rpc", "http://127.0.0.1:1"])
    assert outcome.exit_code == 2 and "give --anchor beside" in outcome.output


def test_the_script_that_knows_nothing_of_undertow_follows_it_to_the_root(
    notary: Notary, tmp_path: Path
) -> None:
    path, content = tmp_path / "bundle.json", notary.bundle()
    path.write_bytes(content)
    done = script(path)
    root = parsed(content)["anchored"]["proof"]["stretch"]["root"]

    assert done.returncode == 0, done.stderr
    assert f"under {root}" in done.stdout
    forge: Callable[[Plain], Any] = put(f"{PROOF}/leaves/0/path/0", flipped)
    plain = parsed(content)
    forge(plain)
    path.write_bytes(resealed(plain, notary.signer))
    assert "anchored" in script(path).stderr and script(path).returncode != 0
