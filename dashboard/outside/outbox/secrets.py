"""Secrets stand in the environment or in a file of their own: the file of routes only says where."""

from __future__ import annotations

import os
from pathlib import Path

from ingest.model.errors import BadInput

LONGEST = 10_000


def secret(reference: object, what: str) -> str:
    """What `env:NAME` or `file:PATH` names. Raises BadInput, and never says what it found."""
    kind, _, name = reference.partition(":") if isinstance(reference, str) else ("", "", "")
    if kind == "env" and name:
        found = os.environ.get(name, "")
        return _checked(found, f"{what}: the environment has no {name}")
    if kind == "file" and name:
        try:
            found = Path(name).read_text()
        except (OSError, ValueError) as error:
            raise BadInput(f"{what}: {name} cannot be read") from error
        return _checked(found, f"{what}: {name} is empty")
    raise BadInput(f"{what} is a secret: write env:NAME or file:PATH, which says where it stands")


def _checked(found: str, missing: str) -> str:
    plain = found.strip()
    if not plain:
        raise BadInput(missing)
    if len(plain) > LONGEST or not plain.isprintable():
        raise BadInput(f"{missing.split(':')[0]}: what is there is no secret: one line of text is wanted")
    return plain
