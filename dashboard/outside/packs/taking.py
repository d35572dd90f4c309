"""Taking packs in and taking them back: what would come of it, as a value; then, if wanted, doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from dashboard.outside.packs.contents import trained, withdrawn
from dashboard.outside.packs.effects import changes, standing_on
from dashboard.outside.packs.judging import expect_counting
from dashboard.outside.packs.pack import Pack, as_bytes, refusal
from dashboard.outside.packs.register import (
    Entry,
    Register,
    keep,
    kept,
    registered,
    settle,
    write_register,
)
from dashboard.outside.packs.trust import Key, Revoked, trusted, write_trusted
from detectors.models.model_file import SUFFIX as MODEL_SUFFIX
from ingest.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Places:
    """Where packs become files: lists where `ingest --facts` looks, models where `detect --models` does."""

    lists: Path
    labels: Path
    models: Path

    def of(self, pack: Pack) -> Path:
        """A name of ours: of the pack's only letters, digits and dashes come into it."""
        head = pack.head
        if head.kind == "list":
            return (self.lists / f"{head.lists}-pack.{head.name}.csv").absolute()
        if head.kind == "labels":
            return (self.labels / f"{head.name}.labels.jsonl").absolute()
        if head.kind == "histograms":
            return (self.labels.with_name("histograms") / f"{head.name}.json").absolute()
        return (self.models / f"{head.name}{MODEL_SUFFIX}").absolute()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be: the register and the keys after it (None: as they are), and what changes, in lines."""

    register: Register
    lines: tuple[str, ...]
    pack: Pack | None = None
    keys: dict[str, Key] | None = None


def to_import(
    folder: Path, pack: Pack, places: Places, on: date, chain_id: int | None, models: Sequence[Path] = ()
) -> Plan:
    """Raises PackRefused for what does not count, and BadInput."""
    register = registered(folder)
    signer = expect_counting(pack, trusted(folder), register, on, chain_id)
    if pack.head.kind == "withdrawal":
        return _taken_back(folder, pack, signer, register, models)
    return _taken_in(folder, pack, signer, register, places)


def _taken_back(folder: Path, pack: Pack, signer: Key, register: Register, models: Sequence[Path]) -> Plan:
    """A signer's own withdrawal; of a pack that was not taken in it is remembered, and refuses it later."""
    told = withdrawn(pack.content)
    entry = register.of_file(told.digest)
    if entry is not None and entry.signer != signer.signer:
        raise refusal(
            pack.called, f"wrong signer: {entry.name} is {entry.signer}'s here", "nothing is to be done"
        )
    if register.why_gone(told.digest, signer.signer) is not None:
        return Plan(register, (f"the pack {told.name} was withdrawn before",))
    if entry is not None:
        return to_withdraw(folder, entry.name, told.reason, models)
    line = f"the pack {told.name} ({told.digest[:16]}…) is not in force, and is refused from now on"
    return Plan(register.without(told.digest, told.name, told.reason, signer.signer), (line,))


def _taken_in(folder: Path, pack: Pack, signer: Key, register: Register, places: Places) -> Plan:
    before = register.of(pack.head.name)
    if before is not None and before.digest == pack.digest:
        return Plan(register, (f"{pack.called} is in force already",))
    entry = Entry(
        signer=signer.signer, key=signer.key, name=pack.head.name, kind=pack.head.kind,
        version=pack.head.version, digest=pack.digest, content=pack.head.content.sha256,
        place=str(places.of(pack)) if before is None else before.place, expires=pack.head.expires,
    )  # fmt: skip
    _expect_same_list(pack, before, folder)
    old = kept(folder, before) if before is not None and before.withdrawn is None else None
    return Plan(register.with_entry(entry), tuple(changes(pack, old, entry.place)), pack)


def _expect_same_list(pack: Pack, before: Entry | None, folder: Path) -> None:
    """A list of thieves is no later list of friends: its file's name says what it is of."""
    if before is not None and pack.head.kind == "list":
        was = kept(folder, before).head
        if (was.lists, was.chain_id) != (pack.head.lists, pack.head.chain_id):
            told = f"{was.name} is a list of {was.lists} of chain {was.chain_id}, and this is of another"
            raise refusal(pack.called, told, "it needs another name")


def to_withdraw(folder: Path, name: str, reason: str, models: Sequence[Path] = ()) -> Plan:
    """Takes back a pack, with the models that stand on it. Raises BadInput where it is not in force."""
    register = registered(folder)
    entry = register.of(name)
    if entry is None or entry.withdrawn is not None:
        raise BadInput(f"no pack {name!a:.80} is in force: see `undertow packs show`")
    after, lines = _withdrawn(folder, register, [entry], reason)
    return Plan(after, (*lines, *standing_on(after, models)))


def to_revoke(folder: Path, key: str, reason: str, on: date, models: Sequence[Path] = ()) -> Plan:
    """Of a key nothing counts any more: what it signed is withdrawn. Raises BadInput."""
    keys, register = trusted(folder), registered(folder)
    if key not in keys:
        raise BadInput(f"nobody trusts the key {key!a:.80}: see `undertow packs keys`")
    if keys[key].revoked is not None:
        raise BadInput(f"the key {key[:16]}… is revoked already: see `undertow packs keys`")
    told = msgspec.structs.replace(keys[key], revoked=Revoked(on, reason))
    signed = [each for each in register.in_force() if each.key == key]
    after, lines = _withdrawn(folder, register, signed, f"key revoked: {reason}"[:200])
    first = f"the key {key[:16]}… of {told.signer} is revoked: {len(signed)} of its packs are in force"
    return Plan(after, (first, *lines, *standing_on(after, models)), keys=keys | {key: told})


def _withdrawn(
    folder: Path, register: Register, entries: Sequence[Entry], reason: str
) -> tuple[Register, list[str]]:
    """With each what leans on it."""
    lines: list[str] = []
    for entry in entries:
        for each, why in ((entry, reason), *_leaning(folder, register, entry)):
            lines.append(f"the pack {each.name} {each.version} ({each.kind}) is withdrawn: {why}")
            lines += [f"  {line}" for line in changes(None, kept(folder, each), each.place)]
            register = register.without(each.digest, each.name, why)
    return register, lines


def _leaning(folder: Path, register: Register, labels: Entry) -> Iterator[tuple[Entry, str]]:
    if labels.kind != "labels":
        return
    for entry in register.in_force("model"):
        if any(each.labels == labels.content for each in trained(kept(folder, entry).content).sources):
            yield entry, f"it was trained on the label pack {labels.name}"


def carry_out(folder: Path, plan: Plan, noted: AbstractContextManager[None]) -> None:
    """1. The pack is kept. 2. Keys and register are written, and `noted`, or nothing is. 3. Files are made to
    fit. Killed before 2 ends nothing has changed; after it the next command does 3. Raises BadInput.
    """
    if plan.pack is not None:
        pack = plan.pack
        keep(folder, pack, as_bytes(pack.head, pack.content, pack.signature))
    with noted:
        if plan.keys is not None:
            write_trusted(folder, plan.keys)
        write_register(folder, plan.register)
    settle(folder, plan.register)
