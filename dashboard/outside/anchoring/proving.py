"""Proofs that a stretch says something of an alert, or nothing, and the check of one without any store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.outside.anchoring import merkle
from dashboard.outside.anchoring.contract import AnchorContract, Stretch
from dashboard.outside.anchoring.merkle import Leaf
from dashboard.outside.anchoring.planning import stretch_of
from dashboard.outside.anchoring.stretches import final_record, hexed, leaf_of, tree_of
from dashboard.store import Reader
from dashboard.store.anchors import LeafRow, StretchRow, last_stretch_with, leaves_of
from dashboard.store.anchors import stretch_of as at_block
from dashboard.store.revision_reading import revisions_of
from detectors.alerts.alert import canonical
from ingest.model.errors import BadInput
from ingest.model.redact import shown

FORMAT = "undertow anchor proof 1"
MOST_BYTES = 2_000_000
MOST_REVISIONS = 100_000


def prove(reader: Reader, chain_id: int, alert_id: str, block: int | None) -> dict[str, Any]:
    """What the stretch with `block` (None: the last one that says something of it) says of an alert.

    Raises BadInput where nothing of it is planned, or the store no longer holds what was anchored.
    """
    first = last_stretch_with(reader, chain_id, alert_id) if block is None else block
    row = None if first is None else at_block(reader, chain_id, first)
    if row is None:
        where = f"block {block} is" if block is not None else f"nothing of alert {shown(alert_id, 80)} is"
        raise BadInput(
            f"{where} anchored yet on chain {chain_id}: `undertow anchor` does so once it is final"
        )
    tree = tree_of(chain_id, leaves_of(reader, chain_id, row.first))
    if tree.root != row.root:
        raise BadInput(
            f"the leaves of blocks {row.first} to {row.last} in the store do not lead to the root that was "
            "planned: the store was edited"
        )
    leaves = [leaf_of(chain_id, each) for each in tree.leaves]
    hashes = [leaf.hash() for leaf in leaves]
    names = [leaf.alert_id for leaf in leaves]
    proof = {"format": FORMAT, "chain_id": chain_id, "alert": alert_id, "stretch": _written(row)}
    if alert_id in names:
        at = names.index(alert_id)
        record = _record(reader, chain_id, tree.leaves[at])
        return proof | {"says": "present", "record": record, "leaves": [_shown(leaves, hashes, at)]}
    beside = [at for at in _neighbours(leaves, alert_id) if 0 <= at < len(leaves)]
    return proof | {"says": "absent", "leaves": [_shown(leaves, hashes, at) for at in beside]}


def _neighbours(leaves: Sequence[Leaf], alert_id: str) -> tuple[int, int]:
    after = sum(leaf.key < alert_id.encode() for leaf in leaves)
    return after - 1, after


def _shown(leaves: Sequence[Leaf], hashes: Sequence[bytes], at: int) -> dict[str, Any]:
    leaf = leaves[at]
    return {
        "alert": leaf.alert_id,
        "record_hash": hexed(leaf.record_hash),
        "place": at,
        "path": [hexed(each) for each in merkle.path(hashes, at)],
    }


def _record(reader: Reader, chain_id: int, leaf: LeafRow) -> Any:
    for each in revisions_of(reader, chain_id, leaf.alert_id, MOST_REVISIONS):
        if each.number == leaf.revision:
            record = final_record(each.record)
            if hexed(Leaf.of(chain_id, leaf.alert_id, record).record_hash) == leaf.record_hash:
                return json.loads(record)
    raise BadInput(
        f"row {leaf.revision} of the list of revisions is not as it was anchored: the store was edited"
    )


def _written(row: StretchRow) -> dict[str, Any]:
    stretch = stretch_of(row)
    return {
        "first": stretch.first, "last": stretch.last, "leaves": stretch.leaves, "audited": stretch.audited,
        "root": hexed(stretch.root), "run": stretch.run, "audit": hexed(stretch.audit),
    }  # fmt: skip


def written(proof: Mapping[str, Any]) -> str:
    return canonical(proof) + "\n"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it was read: what it claims, with every value of its type."""

    chain_id: int
    alert_id: str
    says: str
    record: str | None
    stretch: Stretch
    leaves: tuple[tuple[Leaf, int, tuple[bytes, ...]], ...]
    """Leaf, place, path."""


def read(path: Path) -> Proof:
    """Raises BadInput for a file that is no proof, with the place."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise BadInput(f"{path} is no proof: it has more than {MOST_BYTES} bytes")
    try:
        plain = json.loads(data)
        if written(plain).encode() != data:
            raise BadInput(f"{path} is not as `undertow anchor prove` writes it: its JSON is not canonical")
        if plain["format"] != FORMAT:
            named = shown(str(plain["format"]), 60)
            raise BadInput(f"{path} is of format {named!r}, not {FORMAT!r}: update undertow")
        return parsed(plain)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInput(
            f"{path} is no whole proof: {type(error).__name__} at {shown(str(error), 80)}"
        ) from None


def parsed(plain: Mapping[str, Any]) -> Proof:
    """What a proof's JSON says. Raises ValueError, TypeError, KeyError or AttributeError where it is none."""
    told, chain_id = plain["stretch"], _number(plain["chain_id"])
    first, last, count, audited = (_number(told[name]) for name in ("first", "last", "leaves", "audited"))
    root, run, audit = _hash(told["root"]), str(told["run"]), _hash(told["audit"])
    stretch = Stretch(first, last, count, audited, root, run, audit)
    leaves = tuple(
        (
            Leaf(chain_id, str(each["alert"]), _hash(each["record_hash"])),
            _number(each["place"]),
            tuple(_hash(one) for one in each["path"]),
        )
        for each in plain["leaves"]
    )
    record = None
    if plain["says"] == "present":
        record = canonical(plain["record"])
    return Proof(chain_id, str(plain["alert"]), str(plain["says"]), record, stretch, leaves)


def check(proof: Proof) -> str:
    """What a proof shows, in words, where everything in it leads to its root. Raises BadInput with what does
    not. Whether that root is on any chain it does not know: see `check_anchored`.
    """
    stretch = proof.stretch
    for leaf, at, path in proof.leaves:
        if merkle.root_from(leaf.hash(), at, stretch.leaves, path) != stretch.root:
            raise BadInput(
                f"the leaf of alert {shown(leaf.alert_id, 80)} at place {at} of {stretch.leaves} does not "
                "lead to the root: the leaf, its place or its path was changed"
            )
    blocks = f"blocks {stretch.first} to {stretch.last} of chain {proof.chain_id}"
    if proof.says == "present":
        return _check_present(proof, blocks)
    if proof.says == "absent":
        _check_absent(proof)
        return f"{blocks} say nothing of alert {shown(proof.alert_id, 80)}"
    raise BadInput(f"a proof says present or absent, not {shown(proof.says, 40)!r}")


def _check_present(proof: Proof, blocks: str) -> str:
    if len(proof.leaves) != 1 or proof.record is None:
        raise BadInput("a proof of presence has one leaf and its record")
    leaf, record = proof.leaves[0][0], json.loads(proof.record)
    named = (record.get("id"), record.get("chain_id"))
    if leaf.alert_id != proof.alert_id or named != (proof.alert_id, proof.chain_id):
        raise BadInput(f"the leaf or the record is not of alert {shown(proof.alert_id, 80)} of this chain")
    if Leaf.of(proof.chain_id, proof.alert_id, proof.record) != leaf:
        raise BadInput("the record is not the one that was anchored: it was changed")
    if record.get("run") != proof.stretch.run and record.get("status") != "retracted":
        raise BadInput("the record is of another run than the stretch")
    status = "was retracted by" if record.get("status") == "retracted" else "stood as shown at the end of"
    return f"alert {shown(proof.alert_id, 80)} {status} {blocks}"


def _check_absent(proof: Proof) -> None:
    """The leaves that it would lie between are beside each other, or the one at an end is the outermost."""
    count, wanted = proof.stretch.leaves, proof.alert_id.encode()
    if not count:
        if proof.leaves or proof.stretch.root != merkle.root([]):
            raise BadInput("a stretch without leaves has the root of nothing, and nothing in its proof")
        return
    placed = [(at, leaf.key) for leaf, at, _ in proof.leaves]
    below = [at for at, key in placed if key < wanted]
    above = [at for at, key in placed if key > wanted]
    if len(below) + len(above) != len(placed) or len(below) > 1 or len(above) > 1:
        raise BadInput("the leaves do not lie on both sides of the alert: this shows no absence")
    left, right = below[0] if below else -1, above[0] if above else count
    if left + 1 != right:
        raise BadInput(f"leaves between places {left} and {right} are left out: the alert may be among them")


def check_anchored(proof: Proof, contract: AnchorContract, owner: str | None = None) -> None:
    """Raises BadInput where the contract does not hold the stretch of a proof, field by field."""
    contract.check(proof.chain_id)
    if owner is not None and contract.owner() != owner.lower():
        raise BadInput(f"the contract is owned by {contract.owner()}, not by {owner}")
    check_held(proof, contract.holding(proof.stretch.first))


def check_held(proof: Proof, held: Stretch | None) -> None:
    """Raises BadInput where a contract's stretch is not that of a proof; None is a stretch that it lacks."""
    told = proof.stretch
    if held is None:
        raise BadInput(f"the contract holds no stretch with block {told.first}: it is not anchored (yet)")
    for name in Stretch.__slots__:
        ours, theirs = getattr(told, name), getattr(held, name)
        if ours != theirs:
            raise BadInput(
                f"the contract has {name} {_plain(theirs)} for blocks {held.first} to {held.last}, "
                f"and the proof {_plain(ours)}"
            )


def _plain(value: object) -> str:
    return hexed(value) if isinstance(value, bytes) else shown(str(value), 80)


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise ValueError(f"{shown(str(value), 40)} for a number")
    return value


def _hash(value: object) -> bytes:
    if not isinstance(value, str) or len(value) != 66 or not value.startswith("0x") or value != value.lower():
        raise ValueError(f"{shown(str(value), 80)} for a hash")
    return bytes.fromhex(value[2:])
