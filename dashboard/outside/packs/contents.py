"""What may stand in a pack, by its kind: read by the same code that will use it; lists, models and histograms
are written one way only, so that nothing else can travel with them.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from dashboard.outside.packs.pack import Digest, Head, Name, Number, Words
from dashboard.outside.sharing import release
from detectors.evaluate.labels import Labels, load_labels
from detectors.models import model_file
from detectors.models.growing import Growth
from detectors.parts.model_tables import COLUMNS
from ingest.facts import list_files
from ingest.model.errors import BadInput

MOST_NODES = 100_000
"""Of all trees of a model together: `undertow train` grows some thousand."""
MOST_TREES = 2_000
MOST_DAYS = 3_660
"""Between the day a pack was made and the one it expires."""


class _Source(Struct, frozen=True, forbid_unknown_fields=True):
    chain_id: Number
    labels: Digest
    last_block: Number
    seed: Annotated[int, Meta(ge=-(2**62), le=2**62)] | None
    pack: Words | None = None
    pack_digest: Digest | None = None


_Node = Annotated[int, Meta(ge=-1, le=MOST_NODES)]
_Whole = Annotated[list[_Node], Meta(max_length=MOST_NODES)]
_Real = Annotated[list[float], Meta(max_length=MOST_NODES)]


class _Trees(Struct, frozen=True, forbid_unknown_fields=True):
    feature: _Whole
    left: _Whole
    right: _Whole
    roots: Annotated[list[_Node], Meta(min_length=1, max_length=MOST_TREES)]
    threshold: _Real
    value: _Real
    base: float


class _Model(Struct, frozen=True, forbid_unknown_fields=True):
    """A model's file: flat arrays of numbers, and no place for a row that it was trained on."""

    format: int
    digest: Digest
    table: Words
    columns: Annotated[list[Words], Meta(max_length=1_000)]
    settings: Annotated[dict[Words, float], Meta(max_length=20)]
    seed: Number
    rows: Number
    positives: Number
    rows_digest: Digest
    sources: Annotated[list[_Source], Meta(max_length=1_000)]
    trees: _Trees


class Withdrawn(Struct, frozen=True, forbid_unknown_fields=True):
    """What a withdrawal withdraws: the SHA-256 of the pack's file, its name, and why."""

    digest: Digest
    name: Name
    reason: Words


@contextmanager
def staged(name: str, text: str) -> Iterator[Path]:
    """The text as a file of this name, for as long as it is read: in errors it is called by that alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        try:
            yield path
        except BadInput as error:
            raise BadInput(str(error).replace(str(path), name)) from error


def expect_fitting(head: Head, text: str) -> None:
    """Raises BadInput where the content is not what the head says, or could carry something else."""
    if not head.made <= head.expires <= head.made + timedelta(days=MOST_DAYS):
        raise BadInput(
            f"it counts from {head.made} to {head.expires}, and at most {MOST_DAYS} days are given"
        )
    if (head.kind == "list") != (head.lists is not None):
        raise BadInput("a list says what it is of, and nothing else does")
    _CHECKS[head.kind](head, text)


def listed(head: Head, text: str) -> list_files.ListFile:
    """The entries of a list. Raises BadInput."""
    with staged(f"{head.lists}.csv", text) as path:
        return list_files.read(path)


def as_list(found: list_files.ListFile, expires: date) -> str:
    """A list's one form: by address, and no entry holds longer than its pack. Raises BadInput."""
    last = int(datetime.combine(expires + timedelta(days=1), time(), UTC).timestamp())
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["address", "tag", "from", "until"])
    for address, tag in sorted(found.tags.items()):
        since, until = found.dates.get(address, (None, None))
        if since is not None and since >= last:
            raise BadInput(f"0x{address.hex()} begins to hold after the pack has expired: leave it out")
        rows.writerow(
            [f"0x{address.hex()}", tag or "", _day(since), _day(last if until is None else min(until, last))]
        )
    return out.getvalue()


def _day(seconds: int | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


def labelled(text: str) -> Labels:
    """Raises BadInput."""
    with staged("labels.jsonl", text) as path:
        return load_labels(path)


def trained(text: str) -> model_file.Trained:
    """A model, from its typed and bounded arrays. Raises BadInput."""
    try:
        typed = msgspec.json.decode(text, type=_Model)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise BadInput(f"its arrays are not those of a model: {error}") from error
    if typed.settings.keys() != asdict(Growth()).keys():
        raise BadInput("its settings are not those of `undertow train`")
    with staged(f"model{model_file.SUFFIX}", text) as path:
        found = model_file.load(path, COLUMNS)
    if model_file.to_text(found) != text:
        raise BadInput("it is not written as `undertow train` writes a model, byte for byte")
    return found


def chain_of(model: model_file.Trained) -> int | None:
    """The one chain that it learned from, or None."""
    chains = {source.chain_id for source in model.sources}
    return chains.pop() if len(chains) == 1 else None


def shared(text: str) -> release.Release:
    """A release of noised histograms. Raises BadInput."""
    with staged("release.json", text) as path:
        found = release.read(path)
    if release.text_of(found) != text:
        raise BadInput("it is not written as `undertow share release` writes it, byte for byte")
    return found


def withdrawn(text: str) -> Withdrawn:
    """Raises BadInput."""
    try:
        return msgspec.json.decode(text, type=Withdrawn)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise BadInput(f"it does not say what it withdraws: {error}") from error


def _check_list(head: Head, text: str) -> None:
    if head.lists not in set(list_files.KINDS.values()):
        raise BadInput(f"there are no lists of {head.lists}: {', '.join(sorted(set(list_files.KINDS)))}")
    if head.chain_id is None:
        raise BadInput("a list is of one chain")
    if as_list(listed(head, text), head.expires) != text:
        raise BadInput("its entries are not in their one form, or hold longer than the pack")


def _check_labels(head: Head, text: str) -> None:
    if labelled(text).chain_id != head.chain_id:
        raise BadInput(f"of another chain: its labels are not of chain {head.chain_id}")


def _check_model(head: Head, text: str) -> None:
    if chain_of(trained(text)) != head.chain_id:
        raise BadInput(f"of another chain: it did not learn from chain {head.chain_id} alone")


def _check_histograms(head: Head, text: str) -> None:
    if shared(text).chain_id != head.chain_id:
        raise BadInput(f"of another chain: its histograms are not of chain {head.chain_id}")


def _check_withdrawal(head: Head, text: str) -> None:
    withdrawn(text)


_CHECKS = {
    "list": _check_list, "labels": _check_labels, "model": _check_model, "histograms": _check_histograms,
    "withdrawal": _check_withdrawal,
}  # fmt: skip
