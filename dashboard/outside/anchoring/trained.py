"""Digests of a trained model, its rows and its label packs, noted in the audit: each stretch anchors the
audit's head, so that nobody can say later that a model was trained on something else.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from dashboard.store import open_desk, whoever_types
from detectors.models.model_file import Trained, digest_of, load
from detectors.parts.model_tables import COLUMNS


def noted(file: Path, store: str) -> str:
    """Writes the row; what was noted, in words. Raises BadInput for what is no model, or was changed."""
    model = load(file, COLUMNS)
    with closing(open_desk(store)) as desk:
        desk.note_model(whoever_types(), model.name, told(model))
    packs = ", ".join(each.pack or each.labels[:16] for each in model.sources)
    return f"{model.name} (label packs: {packs}) is in the audit: it is anchored with the next stretch"


def told(model: Trained) -> dict[str, Any]:
    """What the audit says of a model: SHA-256 of its file, of its rows, and of each label file and pack."""
    return {
        "model": digest_of(model),
        "training_rows": model.rows_digest,
        "packs": [
            {"pack": each.pack, "labels": each.labels, "file": each.pack_digest} for each in model.sources
        ],
    }
