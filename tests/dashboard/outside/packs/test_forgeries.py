"""Packs that do not count, each refused by its reason in one line, with nothing changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.outside.evidence.canonical import canonical
from dashboard.outside.evidence.signing import Signer
from dashboard.outside.packs import contents, pack
from ingest.model.errors import PackRefused
from tests.dashboard.outside.packs.exchange import MALLORY, OSCAR, TODAY, Exchange, model, resigned

Change = Callable[[bytes, Exchange], bytes]


def head(**changes: Any) -> Change:
    """Signed by carol herself."""
    return lambda raw, each: resigned(raw, each.carol, lambda told: told.update(changes))


def content(text: Callable[[str], str]) -> Change:
    return lambda raw, each: resigned(raw, each.carol, lambda told: None, text(json.loads(raw)["content"]))


def by_mallory(raw: bytes, each: Exchange) -> bytes:
    return resigned(raw, Signer(each.folder / "mallory.key"), lambda told: None)


def as_carol(raw: bytes, each: Exchange) -> bytes:
    """Mallory signs, and writes carol's key beside it."""
    forged = json.loads(by_mallory(raw, each))
    forged["signature"]["key"] = each.carol.public
    return canonical(forged) + b"\n"


def flipped(raw: bytes, each: Exchange) -> bytes:
    return raw.replace(MALLORY.encode()[:20], OSCAR.encode()[:20], 1)


def padded(raw: bytes, each: Exchange) -> bytes:
    return raw.replace(b'{"content"', b'{ "content"', 1)


def twice(raw: bytes, each: Exchange) -> bytes:
    """A key twice: readers differ in which one they take."""
    return raw.replace(b'{"content"', b'{"content":"","content"', 1)


def told_otherwise(change: Callable[[dict[str, Any]], None]) -> Change:
    """What is signed stays; what stands there is another."""

    def changed(raw: bytes, each: Exchange) -> bytes:
        told = json.loads(raw)
        change(told)
        return canonical(told) + b"\n"

    return changed


def stated(**changes: Any) -> Change:
    return told_otherwise(lambda told: told["head"].update(changes))


LISTS: dict[str, tuple[Change, str]] = {
    "expired": (head(expires="2026-05-31"), "expired: it counted until 2026-05-31, and it is 2026-06-01"),
    "not yet valid": (head(made="2026-06-02"), "not yet valid: it is of 2026-06-02"),
    "for ever": (head(made="1999-01-01"), "at most 3660 days are given"),
    "a forged byte": (flipped, "forged: its content is not the one that was signed"),
    "a forged head": (lambda raw, each: raw.replace(b"CC0", b"MIT"), "forged: its signature is not of"),
    "a space more": (padded, "forged: it is not written as a pack is, byte for byte"),
    "a key twice": (twice, "forged: it is not written as a pack is"),
    "a wrong signer": (by_mallory, "wrong signer: nobody trusts the key"),
    "a stolen name": (as_carol, "forged: its signature is not of this head and key"),
    "of another kind": (head(kind="labels", lists=None), "carol may sign list, model, and not labels"),
    "of another chain": (head(chain_id=10), "of another chain: carol may sign for 1, and this is of 10"),
    "of no chain": (head(chain_id=None), "a list is of one chain"),
    "of no list": (head(lists=None), "a list says what it is of"),
    "of an odd list": (head(lists="enemies"), "there are no lists of enemies"),
    "truncated": (lambda raw, each: raw[:-40], "truncated: after .* bytes it does not end as a pack does"),
    "empty": (lambda raw, each: b"", "truncated: after 0 bytes"),
    "too large": (lambda raw, each: raw[:-2] + b" " * pack.MOST_BYTES + b"}\n", "too large: a pack has"),
    "too deep": (lambda raw, each: b"[" * 100_000 + b"}\n", "no pack: it has more than 64 lists"),
    "no JSON": (lambda raw, each: b"{carol}\n", "no pack: "),
    "not UTF-8": (lambda raw, each: b'{"head":"\xff"}\n', "no pack: "),
    "half a letter": (told_otherwise(lambda told: told.update(content="\ud800")), "forged: its content"),
    "half a letter that she signed": (content(lambda text: text + "\ud800"), "forged: its content has half"),
    "a path as a name": (stated(name="../../etc/cron"), r"no pack: .*name"),
    "a name with a null": (stated(name="carols\0"), "no pack: .*name"),
    "a name in capitals": (stated(name="Carols"), "no pack: .*name"),
    "a name that turns letters around": (stated(name="carols\u202e"), "no pack: .*name"),
    "a key more": (told_otherwise(lambda told: told.update(trust="me")), "no pack: .*trust"),
    "of another format": (head(format="undertow-pack/2"), "of format undertow-pack/2, this version reads"),
    "version nought": (stated(version=0), "no pack: .*version"),
    "not a number": (lambda raw, each: raw.replace(b'"version":1', b'"version":NaN'), "no pack: .*version"),
    "an entry twice": (content(lambda text: text + text.splitlines()[1] + "\n"), "not in their one form"),
    "an entry that outlives its pack": (
        content(lambda text: text.replace("2027-01-02", "2037-01-02")),
        "hold longer than the pack",
    ),
    "a column more": (content(lambda text: text.replace("until", "until,note", 1)), "not in their one form"),
    "no address": (
        content(lambda text: text.replace("0x", "0y", 1)),
        r"is refused: phishing\.csv, line 2: .* is no address",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """Where nothing is ever taken in."""
    found = Exchange(tmp_path_factory.mktemp("still"))
    found.trusts("list,model", "--chain", 1)
    return found


@pytest.fixture(scope="module")
def true_list(still: Exchange) -> bytes:
    return still.list(f"{MALLORY} # drains", OSCAR).read_bytes()


@pytest.fixture(scope="module")
def true_model(still: Exchange) -> bytes:
    return still.makes("model", model(still.folder), "code").read_bytes()


@pytest.fixture
def each(tmp_path: Path) -> Exchange:
    found = Exchange(tmp_path)
    found.trusts("list,model", "--chain", 1)
    return found


def refused(each: Exchange, forged: bytes, why: str) -> None:
    """By its reason, in one line, by `import` and by `check`; and nothing of alice's is other than before."""
    file = each.folder / "forged.pack"
    file.write_bytes(forged)
    before = each.files()
    status, said = each.taking(file)
    assert (status, "\n" in said) == (1, False), said
    assert re.search(why, said), said
    assert each.files() == before
    assert each.run("check", file, "--packs", each.packs, "--on", TODAY) == (1, said)


@pytest.mark.parametrize("forgery", LISTS)
def test_a_list_that_does_not_count_is_refused_by_its_reason(
    forgery: str, still: Exchange, true_list: bytes
) -> None:
    change, why = LISTS[forgery]
    forged = change(true_list, still)
    assert forged != true_list
    refused(still, forged, why)


def array(name: str, value: Any) -> Change:
    """One array of the model's trees is another, and all digests are made anew."""

    def change(raw: bytes, each: Exchange) -> bytes:
        told = json.loads(json.loads(raw)["content"])
        told["trees"][name] = value(told["trees"][name]) if callable(value) else value
        return resigned(raw, each.carol, lambda _: None, digested(told))

    return change


def also(**more: Any) -> Change:
    """The model says more than a model does."""

    def change(raw: bytes, each: Exchange) -> bytes:
        told = json.loads(json.loads(raw)["content"])
        for name, value in more.items():
            told[name] = told[name] | value if isinstance(told.get(name), dict) else value
        return resigned(raw, each.carol, lambda _: None, digested(told))

    return change


def digested(told: dict[str, Any]) -> str:
    from detectors.models.model_file import _digest

    told.pop("digest")
    return json.dumps(told | {"digest": _digest(told)}, sort_keys=True) + "\n"


MODELS: dict[str, tuple[Change, str]] = {
    "NaN": (array("value", lambda one: [float("nan"), *one[1:]]), "its arrays are not those of a model"),
    "infinity": (array("threshold", lambda one: [float("inf"), *one[1:]]), "its arrays are not those of a"),
    "a number beyond all": (
        content(lambda text: re.sub(r'"base": [-0-9.e]+', '"base": 1e999', text)),
        "its arrays are not those of a model",
    ),
    "an array of arrays": (array("roots", lambda one: [one]), "its arrays are not those of a model"),
    "an array too short": (array("left", lambda one: one[:-1]), "its trees are no trees"),
    "a way in a circle": (array("left", lambda one: [0, *one[1:]]), "its trees are no trees"),
    "a column that is not there": (array("feature", lambda one: [9_999, *one[1:]]), "its trees are no trees"),
    "a node that is not there": (array("right", lambda one: [90_000, *one[1:]]), "its trees are no trees"),
    "an array bomb": (
        array("value", [0.0] * (contents.MOST_NODES + 1)),
        "its arrays are not those of a model: .*length <= 100000",
    ),
    "a forest bomb": (array("roots", [0] * (contents.MOST_TREES + 1)), "length <= 2000"),
    "text for a number": (array("value", lambda one: ["os.system", *one[1:]]), "its arrays are not those of"),
    "training rows": (also(training_rows=[[1.0, 2.0]]), "unknown field `training_rows`"),
    "rows among the settings": (also(settings={"rows": [[1.0]]}), "its arrays are not those of a model"),
    "a setting more": (also(settings={"row": 1.0}), "its settings are not those of"),
    "rows among the trees": (also(trees={"rows": [1.0]}), "unknown field `rows`"),
    "a pickle": (lambda raw, each: b"\x80\x04\x95" + raw, "no pack: "),
    "a pickle as content": (content(lambda text: "\x80\x04cos\nsystem\n"), "its arrays are not those of"),
    "a digest of another": (content(lambda text: text.replace('"seed": 1', '"seed": 2')), "was changed"),
    "another table": (also(table="wallet"), "the columns of wallet in this version are"),
    "of a chain that it is not of": (
        lambda raw, each: resigned(raw, each.carol, lambda told: told.update(chain_id=None)),
        "of another chain: it did not learn from",
    ),
}  # fmt: skip


@pytest.mark.parametrize("forgery", MODELS)
def test_a_model_that_is_none_is_refused_by_its_reason(
    forgery: str, still: Exchange, true_model: bytes
) -> None:
    change, why = MODELS[forgery]
    forged = change(true_model, still)
    assert forged != true_model
    refused(still, forged, why)


def test_the_true_ones_count(each: Exchange) -> None:
    assert "entries: 1 added" in each.takes(each.list(MALLORY))
    assert "replaces no model" in each.takes(each.makes("model", model(each.folder), "code"))
    assert {name for name in each.files() if name.endswith((".csv", ".model.json"))} == {
        str(each.lists / "phishing-pack.carols.csv"), str(each.packs / "models" / "code.model.json"),
    }  # fmt: skip


def test_what_a_signer_may_not_sign_is_refused(tmp_path: Path, true_list: bytes, still: Exchange) -> None:
    each = Exchange(tmp_path)
    told = ("--packs", each.packs, "--store", each.store)
    each.did("trust", "carol", still.carol.public, "--may", "model", *told)
    refused(each, true_list, "wrong signer: carol may sign model, and not list")
    assert not each.lists.exists()


def test_versions_do_not_go_back_and_are_not_rewritten(each: Exchange) -> None:
    first, second = each.list(MALLORY), each.list(MALLORY, OSCAR, version=2)
    each.takes(second)
    refused(each, first.read_bytes(), "version rolled back: version 2 was taken in before")
    other = resigned(second.read_bytes(), each.carol, lambda told: told.update(licence="MIT"))
    refused(each, other, "version 2 was taken in before with other bytes")
    assert "is in force already" in each.takes(second)


def test_a_name_stays_its_signers_and_what_it_is_a_list_of(each: Exchange) -> None:
    first = each.list(MALLORY)
    each.takes(first)
    dave = Signer(each.folder / "dave.key")
    each.did("trust", "dave", dave.public, "--may", "list", "--packs", each.packs, "--store", each.store)
    stolen = resigned(first.read_bytes(), dave, lambda told: told.update(version=2))
    refused(each, stolen, "wrong signer: that name is carol's here, and dave signed it")
    friends = resigned(first.read_bytes(), each.carol, lambda told: told.update(version=2, lists="allow"))
    refused(each, friends, "carols is a list of phishing of chain 1, and this is of another")
    assert [path.name for path in each.lists.iterdir()] == ["phishing-pack.carols.csv"]


def test_a_pack_of_another_chain_than_ones_own_is_refused(still: Exchange) -> None:
    status, said = still.taking(still.list(MALLORY), "--chain-id", 31337)
    assert (status, "of another chain: it is of 1, this is 31337" in said) == (1, True), said


def test_no_byte_of_a_pack_can_be_another_and_none_can_be_missing(true_list: bytes) -> None:
    for at in range(len(true_list)):
        forged = bytearray(true_list)
        forged[at] ^= 1
        for each in (bytes(forged), true_list[:at]):
            with pytest.raises(PackRefused, match=r"is refused: (forged|no pack|truncated|of format)"):
                pack.opened(each, "it")
