"""A trained model as one file: JSON with plain arrays, the same bytes for the same training, and a digest of
its own in it, so that a file that was changed is noticed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.models.outliers import Matrix
from detectors.models.trees import Trees
from ingest.model.errors import BadInput

FORMAT = 1
SUFFIX = ".model.json"
MOST_BYTES = 64 * 2**20
AGAIN = "train it again with `undertow train`"
_INTS, _FLOATS = ("feature", "left", "right", "roots"), ("threshold", "value")


@dataclass(frozen=True, slots=True)
class Source:
    """One world that a model learned from: its chain, the SHA-256 of its label file, the seed that file
    names, and its last block, up to which labels counted. `pack`: the name of the label pack, where labels
    came in one, and `pack_digest` the SHA-256 of its file.
    """

    chain_id: int
    labels: str
    seed: int | None
    last_block: int
    pack: str | None = None
    pack_digest: str | None = None

    def plain(self) -> dict[str, Any]:
        """As a file has it: what it does not have is left out, as in files of before there were packs."""
        return {name: value for name, value in asdict(self).items() if value is not None or name == "seed"}


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as it is stored. `table`: the name of the feature table that it reads; `rows_digest`: of its
    training rows with their truth, in whatever order they came.
    """

    table: str
    columns: tuple[str, ...]
    settings: dict[str, Any]
    seed: int
    rows: int
    positives: int
    rows_digest: str
    sources: tuple[Source, ...]
    trees: Trees = field(repr=False)

    @property
    def name(self) -> str:
        """By which alerts and scores name it."""
        return f"{self.table}-{self.rows_digest[:16]}"


def rows_digest(rows: Matrix, truth: NDArray[np.bool_]) -> str:
    """SHA-256 over the rows, each with its truth, in the order of their own bytes."""
    lines = np.ascontiguousarray(np.column_stack([rows, truth.astype(np.float64)]), np.float64)
    return hashlib.sha256(b"".join(sorted(line.tobytes() for line in lines))).hexdigest()


def to_text(model: Trained) -> str:
    """The whole file."""
    said = _said(model)
    return json.dumps(said | {"digest": _digest(said)}, sort_keys=True, allow_nan=False) + "\n"


def expect_new(path: Path) -> None:
    """Raises BadInput for a place where no model can be written, before hours of training."""
    if not path.name.endswith(SUFFIX):
        raise BadInput(f"{path} is no name of a model: let it end in {SUFFIX}")
    if path.exists():
        raise BadInput(
            f"{path} is there already, and a model is not written over another: give another --out"
        )
    if not path.parent.is_dir():
        raise BadInput(f"{path} cannot be written: there is no folder {path.parent}")


def digest_of(model: Trained) -> str:
    """What stands in its file as `digest`: over everything else in it."""
    return _digest(_said(model))


def load(path: Path, columns: dict[str, tuple[str, ...]]) -> Trained:
    """Reads a model whose table is one of `columns` (its columns by its name, as this version has them).
    Raises BadInput, in one line, for what is no model, was changed, or does not fit.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} is no model: it is larger than {MOST_BYTES >> 20} MiB; {AGAIN}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as a model: {error}; {AGAIN}") from error
    try:
        said = json.loads(text)
        digest = said.pop("digest")
        form = said["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"{path} is no model that `undertow train` wrote; {AGAIN}") from error
    if form != FORMAT:
        mended = "update undertow" if isinstance(form, int) and form > FORMAT else AGAIN
        raise BadInput(f"{path} is a model of format {form!r:.20}, this version reads {FORMAT}; {mended}")
    if digest != _digest(said):
        raise BadInput(f"{path} was changed after it was trained: its digest does not fit; {AGAIN}")
    model = _of(said, path)
    _expect_columns(model, path, columns)
    try:
        model.trees.check(len(model.columns))
    except BadInput as error:
        raise BadInput(f"{path}: {error}; {AGAIN}") from error
    return model


def _expect_columns(model: Trained, path: Path, columns: dict[str, tuple[str, ...]]) -> None:
    if model.table not in columns:
        raise BadInput(
            f"{path} is a model {model.table!a:.40}, which this version has not: it has {', '.join(columns)}"
        )
    if model.columns != columns[model.table]:
        odd = sorted(set(model.columns) ^ set(columns[model.table]))
        what = f"not the same: {', '.join(odd)[:200]}" if odd else "in another order"
        raise BadInput(f"{path}: the columns of {model.table} in this version are {what}; {AGAIN}")


def _said(model: Trained) -> dict[str, Any]:
    trees = {name: getattr(model.trees, name).tolist() for name in (*_INTS, *_FLOATS)}
    return {
        "format": FORMAT,
        "table": model.table,
        "columns": list(model.columns),
        "settings": model.settings,
        "seed": model.seed,
        "rows": model.rows,
        "positives": model.positives,
        "rows_digest": model.rows_digest,
        "sources": [source.plain() for source in model.sources],
        "trees": trees | {"base": model.trees.base},
    }


def _of(said: dict[str, Any], path: Path) -> Trained:
    try:
        trees = said["trees"]
        arrays: dict[str, Any] = {name: np.array(trees[name], np.int64) for name in _INTS}
        arrays |= {name: np.array(trees[name], np.float64) for name in _FLOATS}
        numbers = {name: int(said[name]) for name in ("seed", "rows", "positives")}
        return Trained(
            table=str(said["table"]),
            columns=tuple(str(each) for each in said["columns"]),
            settings=dict(said["settings"]),
            rows_digest=str(said["rows_digest"]),
            sources=tuple(Source(**source) for source in said["sources"]),
            trees=Trees(**arrays, base=float(trees["base"])),
            **numbers,
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise BadInput(f"{path} is no model that `undertow train` wrote; {AGAIN}") from error


def _digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
