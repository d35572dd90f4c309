"""What a pack would change, in lines for a person: shown before it does, and again when it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from dashboard.outside.packs.contents import labelled, listed, shared, trained, withdrawn
from dashboard.outside.packs.pack import Pack
from dashboard.outside.packs.register import Entry, Register
from detectors.models.model_file import SUFFIX, Trained, digest_of, load
from detectors.parts.model_tables import COLUMNS
from ingest.model.errors import BadInput
from ingest.model.redact import shown

SHOWN = 10
"""Entries of each sort that are written out; how many there are is always said."""
_SIGNS = {"added": "+", "withdrawn": "-", "changed": "~"}


def changes(new: Pack | None, old: Pack | None, place: str) -> Iterator[str]:
    """From the old content to the new one; None: nothing of it is in force."""
    kind = (new or old).head.kind  # type: ignore[union-attr]
    if kind == "model":
        yield from _of_model(_model(new), _model(old), place)
    elif kind == "list":
        yield from _compared("entries", _entries(new), _entries(old))
        yield f"in {place}, which `undertow ingest --facts {Path(place).parent}` tells with the next block"
    elif kind == "labels":
        yield from _compared("labels", _labels(new), _labels(old))
        yield f"in {place}: models learn from it when they are trained again"
    elif kind == "histograms":
        yield from _compared("histograms", _histograms(new), _histograms(old))
        yield f"in {place}, for `undertow share thresholds`"
    elif new is not None:
        told = withdrawn(new.content)
        yield f"withdraws the pack {told.name} ({told.digest[:16]}…): {shown(told.reason)}"


def _compared(what: str, new: Mapping[str, str], old: Mapping[str, str]) -> Iterator[str]:
    found = {
        "added": [(each, new[each]) for each in new if each not in old],
        "withdrawn": [(each, old[each]) for each in old if each not in new],
        "changed": [
            (each, f"{old[each]} -> {new[each]}") for each in new if old.get(each, new[each]) != new[each]
        ],
    }
    kept = len(new) - len(found["added"]) - len(found["changed"])
    yield f"{what}: {', '.join(f'{len(rows):,} {name}' for name, rows in found.items())}, {kept:,} as before"
    for name, rows in found.items():
        for each, told in rows[:SHOWN]:
            yield f"  {_SIGNS[name]} {shown(each, 80)} {shown(told, 160)}"
        if len(rows) > SHOWN:
            yield f"  {_SIGNS[name]} … and {len(rows) - SHOWN:,} more {name}"


def _entries(pack: Pack | None) -> dict[str, str]:
    if pack is None:
        return {}
    found = listed(pack.head, pack.content)
    return {f"0x{who.hex()}": _entry(tag, found.dates.get(who)) for who, tag in found.tags.items()}


def _entry(tag: str | None, dates: tuple[int | None, int | None] | None) -> str:
    since, until = dates or (None, None)
    begins = "" if since is None else f"from {_day(since)} "
    return f"{tag or 'without a tag'} ({begins}until {_day(until)})"


def _day(seconds: int | None) -> str:
    return "it is withdrawn" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def _labels(pack: Pack | None) -> dict[str, str]:
    if pack is None:
        return {}
    told = labelled(pack.content)
    return {
        each.id: f"{each.kind} {each.category}, blocks {each.first_block}-{each.last_block}, "
        f"{len(each.addresses)} addresses, {len(each.transactions)} transactions"
        for each in (*told.labels, *told.canaries)
    }


def _histograms(pack: Pack | None) -> dict[str, str]:
    if pack is None:
        return {}
    told = shared(pack.content)
    return {
        each.feature: f"of {max(sum(each.counts), 0):,} wallets, noise of scale {told.scale:g}"
        for each in told.histograms
    }


def _model(pack: Pack | None) -> Trained | None:
    return None if pack is None else trained(pack.content)


def _of_model(new: Trained | None, old: Trained | None, place: str) -> Iterator[str]:
    was = "no model" if old is None else f"{old.name} ({digest_of(old)[:16]}…)"
    now = "no model" if new is None else f"{new.name} ({digest_of(new)[:16]}…)"
    yield f"model: {now} replaces {was} in {place}"
    if new is not None:
        packs = ", ".join(each.pack or each.labels[:16] for each in new.sources)
        yield f"  of {new.rows:,} rows, {new.positives:,} of attacks, from {shown(packs)}"
    folder = Path(place).parent
    yield f"  in force only by `undertow detect --models {folder} --rebuild`: the run digest names the model"


def standing_on(register: Register, models: Iterable[Path]) -> Iterator[str]:
    """Each model in these folders that was trained on labels that are withdrawn, named."""
    for folder in models:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            yield from _of_withdrawn(path, register)


def _of_withdrawn(path: Path, register: Register) -> Iterator[str]:
    try:
        model = load(path, COLUMNS)
    except BadInput as error:
        yield f"not looked at: {error}"
        return
    for source in model.sources:
        why = register.why_gone(source.labels)
        if why is not None:
            named = shown(source.pack or source.labels[:16], 80)
            yield (
                f"the model {model.name} ({path}) was trained on {named}, which was withdrawn: {shown(why)}; "
                "train it again without"
            )


def line_of(entry: Entry) -> str:
    """One of what was taken in, as a line."""
    state = "in force" if entry.withdrawn is None else f"withdrawn: {entry.withdrawn}"
    return (
        f"{entry.name} {entry.version}\t{entry.kind}\tby {entry.signer}\tuntil {entry.expires}\t"
        f"{entry.digest[:16]}\t{state}\t{entry.place}"
    )
