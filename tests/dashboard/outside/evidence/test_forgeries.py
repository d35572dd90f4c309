"""Forgeries, each refused by its name: plain ones, and such as somebody made who has the instance's key."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.outside.evidence.claims import REFUSALS
from dashboard.outside.evidence.signing import Signer
from dashboard.outside.evidence.verifying import Asked, check
from tests.dashboard.outside.anchoring.test_anchored_bundles import FORGED
from tests.dashboard.outside.evidence.bundles import alert, gathered, parsed, refused, resealed, taken
from tests.dashboard.outside.evidence.forgeries import STATED, TEXTS, WITH_A_KEY, absolute
from tests.fixtures.signed_chain import CHAIN_ID, who


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@pytest.fixture(scope="module")
def signer(folder: Path) -> Signer:
    return Signer(folder / "key")


@pytest.fixture(scope="module")
def true(folder: Path, signer: Signer) -> bytes:
    """The bundle that all others are made of."""
    return gathered(folder).content


@pytest.mark.parametrize("forgery", WITH_A_KEY)
def test_what_a_proof_is_of_cannot_be_forged_even_with_the_key(
    forgery: str, true: bytes, signer: Signer
) -> None:
    change, name, place = WITH_A_KEY[forgery]
    plain = parsed(true)
    change(plain)
    found = refused(resealed(plain, signer))

    assert name in found, found
    assert any(each.name == name and each.place.startswith(absolute(place))
               for each in check(resealed(plain, signer), Asked()).refusals), found  # fmt: skip
    assert "wrong-signature" not in found and "wrong-digest" not in found


@pytest.mark.parametrize("forgery", STATED)
def test_what_is_only_signed_is_refused_with_its_place(forgery: str, true: bytes, signer: Signer) -> None:
    change, place = STATED[forgery]
    plain = parsed(true)
    change(plain)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    places = {each.place for each in check(text, Asked()).refusals
              if each.name in ("wrong-digest", "part-gone", "no-digest")}  # fmt: skip

    assert absolute(place) in places


@pytest.mark.parametrize("forgery", STATED)
def test_who_rewrites_all_of_it_consistently_has_another_key(
    forgery: str, true: bytes, signer: Signer, tmp_path: Path
) -> None:
    plain, thief = parsed(true), Signer(tmp_path / "key")
    STATED[forgery][0](plain)
    stolen = resealed(plain, thief)

    assert refused(stolen, Asked(signer=signer.public)) == {"another-signer": "/signature/key"}
    plain = parsed(stolen)
    plain["signature"]["key"] = signer.public
    text = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert refused(text) == {"wrong-signature": "/signature/value"}


@pytest.mark.parametrize("forgery", TEXTS)
def test_a_text_that_is_not_the_one_text_of_a_bundle_is_refused(forgery: str, true: bytes) -> None:
    change, name = TEXTS[forgery]

    assert name in refused(change(true))


def test_a_bundle_that_is_replayed_for_another_alert_or_another_chain_is_refused(true: bytes) -> None:
    assert refused(true, Asked(alert="0" * 32)) == {"another-alert": "/evidence/alert/id"}
    assert refused(true, Asked(chain_id=1)) == {"another-chain": "/evidence/alert/chain_id"}
    assert refused(true, Asked(alert=alert().id, chain_id=CHAIN_ID)) == {}


def test_any_changed_byte_is_refused(true: bytes) -> None:
    """Every 211th byte, each made another one."""
    for at in range(0, len(true), 211):
        changed = true[:at] + bytes((true[at] ^ 1,)) + true[at + 1 :]
        assert refused(changed), at


def test_every_name_is_in_the_tables_or_needs_a_node_or_a_lake(true: bytes) -> None:
    named = {name for _, name, _ in WITH_A_KEY.values()} | {name for _, name in TEXTS.values()}
    elsewhere = {"not-on-chain", "stale", "not-in-lake", "another-run", "not-replayed", "proof-overstated"}
    by_signature = {
        "wrong-digest",
        "part-gone",
        "no-digest",
        "wrong-signature",
        "another-signer",
        "another-alert",
    }

    on_chain = {name for _, name, _ in FORGED.values()} | {"another-owner"}

    assert named | elsewhere | by_signature | on_chain == set(REFUSALS)
    assert len(WITH_A_KEY) + len(STATED) + len(TEXTS) >= 40
    assert "0x" + who("mallory").hex() in true.decode()


def test_an_alert_that_says_it_is_proved_and_a_block_that_says_it_is_not_do_not_agree(
    true: bytes, signer: Signer
) -> None:
    plain = parsed(true)
    plain["evidence"]["blocks"][0] |= {
        "header": None, "note": "block 100 was proved to `none` only", "receipts": [], "transactions": []
    }  # fmt: skip

    assert refused(resealed(plain, signer))["proof-overstated"] == "/evidence/alert/proof"


def test_the_true_one_is_not_refused_and_says_what_each_claim_stands_on(true: bytes) -> None:
    found = check(true, Asked())

    assert found.refusals == []
    standing = {claim.what: claim.standing for claim in found.claims}
    assert [standing[f"row {at}"] for at in range(7)] == [*["proved"] * 4, "stated", "proved", "proved"]
    assert standing["explanation and suppression"] == "signed"
    assert standing["2 facts"] == "stated"
    assert "anchored" not in standing.values()


def test_an_earlier_revision_stands_beside_the_last(folder: Path, signer: Signer) -> None:
    earlier = replace(alert(), severity="medium", updated_block=100)
    content = gathered(folder, taken(alert(), earlier)).content

    assert refused(content) == {}
    assert [each["kind"] for each in parsed(content)["filed"]["revisions"]] == ["raised", "changed"]
