"""A newcomer who opens a folder sees few things in it, and each is a room with one subject."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent


def entries(folder: str) -> set[str]:
    """What lies in a folder, but for what Python leaves there."""
    return {path.name for path in (TOP / folder).iterdir() if path.name != "__pycache__"}


@pytest.mark.parametrize(
    ("folder", "most"), [("ingest", 16), ("ingest/localchain", 12), ("dashboard", 16), ("detectors", 17)]
)
def test_a_newcomer_sees_a_package_at_a_glance(folder: str, most: int) -> None:
    found = entries(folder)

    assert "__init__.py" in found
    assert len(found) <= most, sorted(found)


@pytest.mark.parametrize("package", ["ingest", "detectors", "dashboard"])
def test_every_room_says_what_it_is_for(package: str) -> None:
    rooms = list((TOP / package).rglob("__init__.py"))

    silent = [room for room in rooms if not room.read_text().startswith('"""')]
    assert rooms and not silent


@pytest.mark.parametrize("room", ["parts", "library", "explanations", "engine", "kernels", "models"])
def test_no_score_is_a_product_of_matrices(room: str) -> None:
    """Its sums are added in the order of a library and its threads: a book is the same bytes everywhere."""
    found = [
        f"{path.relative_to(TOP)}:{node.lineno}"
        for path in (TOP / "detectors" / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    ]
    assert not found
