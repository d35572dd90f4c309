"""Writes the book: from Kafka or from the store, byte for byte the same file at the same head."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detectors.alerts.alert import DEFAULT_FINALITY, Alert, book
from detectors.alerts.text import visible
from ingest.model.errors import BadInput

if TYPE_CHECKING:
    from dashboard.store import Standing

QUOTED = 80
ATTEMPTS = 5
"""How often to read again when detection moved on while its alerts were read."""
JUDGED_ANEW = (
    "is being judged anew, and its alerts are partly of the run before: "
    "let `undertow detect` finish that, then export again"
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet runs a cell that begins so (some also in full width, or after an empty line), and names on a
chain are written by strangers.
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """The last revision of every alert of one chain, and the head and finality they stand at. `unreadable`
    says of each record that is not among them which it is, and why. `head` is None where the store holds
    none that can be counted from: then there is no book.
    """

    chain_id: int
    head: int | None
    finality: int
    alerts: tuple[Alert, ...]
    unreadable: tuple[str, ...] = ()

    def book(self) -> list[str]:
        return [] if self.head is None else book(self.alerts, self.head, self.finality)


def from_store(url: str, chain_id: int | None = None) -> list[Chain]:
    """Every chain of the store, or one. Raises StoreUnreachable, and BadInput where none has a book."""
    from dashboard.store import open_reader

    with closing(open_reader(url)) as reader:
        rebuilding = reader.rebuilding()
        wanted = [name for name in reader.chains() if chain_id in (None, name)]
        chains = [
            _stored(name, reader.standing(name)) if name not in rebuilding else _mixed(name)
            for name in wanted
        ]
    if all(chain.head is None for chain in chains):
        raise BadInput(_no_book(chain_id, chains))
    return chains


def _stored(chain_id: int, standing: Standing) -> Chain:
    unreadable = tuple(standing.unreadable)
    if standing.head is None:
        return Chain(chain_id, None, DEFAULT_FINALITY, (), unreadable)
    head = standing.head
    return Chain(chain_id, head.block_number, head.finality, tuple(standing.alerts), unreadable)


def _no_book(chain_id: int | None, chains: Sequence[Chain]) -> str:
    why = next(
        (f"chain {shown(chain)}: left out {bad}" for chain in chains for bad in chain.unreadable), None
    )
    if why is None:
        return f"the store holds {_named(chain_id)}: fill it with `undertow sink`"
    return f"the store holds {_named(chain_id)} that has a book ({why})"


def shown(chain: Chain) -> str:
    """Its id in a message: a store may hold anything in its place."""
    return visible(str(chain.chain_id)[:QUOTED])


def _mixed(chain_id: int) -> Chain:
    return _bookless(chain_id, f"it {JUDGED_ANEW}")


def _bookless(chain_id: int, why: str) -> Chain:
    return Chain(chain_id, None, DEFAULT_FINALITY, (), (f"all it has: {why}",))


def from_kafka(bootstrap: str, chain_id: int | None = None) -> list[Chain]:
    """Every chain that was judged, or one. Raises BrokerUnreachable, and BadInput where there is none."""
    from ingest.kafka import Cluster

    cluster = Cluster(bootstrap)
    cluster.expect_rights("export", chain_id)
    partitions = cluster.chains()
    wanted = sorted(name for name in partitions if chain_id in (None, name))
    found = [chain for name in wanted if (chain := _judged(bootstrap, name, partitions[name])) is not None]
    if not found:
        raise BadInput(f"Kafka holds {_named(chain_id)} that was judged: run `undertow detect` first")
    if all(chain.head is None for chain in found):
        raise BadInput(f"chain {shown(found[0])}: {found[0].unreadable[0]}")
    return found


def _named(chain_id: int | None) -> str:
    return "no chain" if chain_id is None else f"no chain {chain_id}"


def _judged(bootstrap: str, chain_id: int, partition: int) -> Chain | None:
    """Reads the mark, the alerts, and the mark again: where it stood still the two belong together. Where
    they never do, the chain has no book, and says why.
    """
    from detectors.runs.published import last_revisions, output_mark
    from ingest.kafka import ALERTS

    for _ in range(ATTEMPTS):
        before = output_mark(bootstrap, chain_id, partition)
        if before is None:
            return None
        note = before.note()
        if note.rebuilding:
            return _mixed(chain_id)
        published = last_revisions(bootstrap, chain_id)
        if output_mark(bootstrap, chain_id, partition) == before:
            aside = [f"{ALERTS} offset {place}: {why}" for place, why in published.set_aside.items()]
            return Chain(chain_id, note.head, note.finality, tuple(published.alerts.values()), tuple(aside))
    return _bookless(chain_id, "it moves on faster than it can be read: export from the store")


def lines(chains: Iterable[Chain]) -> str:
    """JSON lines: the books of the chains one after another."""
    return "".join(f"{line}\n" for chain in chains for line in chain.book())


def standing(chains: Iterable[Chain]) -> list[Alert]:
    """The alerts of the books, with their status at the head."""
    return [Alert.from_json(line) for chain in chains for line in chain.book()]


def table(chains: Iterable[Chain]) -> str:
    """CSV with a header: the keys of the JSON form, nested values as JSON, no cell that would be run."""
    return table_of([json.loads(line) for chain in chains for line in chain.book()])


def table_of(rows: Sequence[Mapping[str, object]]) -> str:
    """The same of any rows, their keys in order of the alphabet; a key that a row lacks is an empty cell."""
    columns = sorted({name for row in rows for name in row})
    out = io.StringIO()
    writer = csv.writer(out)  # ends lines with CR LF: with LF alone it would not quote a lone CR
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    nested = isinstance(value, list | Mapping)
    text = json.dumps(value, sort_keys=True, ensure_ascii=True) if nested else str(value)
    text = text.encode(errors="backslashreplace").decode()  # half a surrogate pair is in no file
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_whole(path: Path, text: str) -> None:
    """`path` holds all of `text` or what it held before. Raises BadInput where it cannot be written."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
    _replace(path, Path(temporary), handle, text.encode())


def _replace(path: Path, temporary: Path, handle: int, content: bytes) -> None:
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
