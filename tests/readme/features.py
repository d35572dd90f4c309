"""Writes `detectors/FEATURES.md`, the catalogue of what parts say, out of the code:
`python -m tests.readme.features`.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

from detectors.parts.contract import HistorySpec, Part
from detectors.parts.model_tables import TABLES
from detectors.registry import detectors, explanations, parts

TOP = Path(__file__).parents[2]
CATALOGUE = TOP / "detectors" / "FEATURES.md"
HEAD = """# What parts say: tables, columns, caps

Written by `python -m tests.readme.features` out of the code, and held to it by a test. Amounts are wei or
token units, times seconds, places blocks, people and contracts numbers, unless a line says otherwise. A part
that reads another one rests on its caps as well. What is dropped at a horizon, or early where a cap is
reached, is as if it had never been seen; `detect` and `status` tell how often a cap was reached.
"""
_DAY = 86_400


def catalogue() -> str:
    """The whole file."""
    lines = [HEAD]
    for part in parts():
        lines += _section(part)
    lines += ["## Tables of trained models", ""]
    for table in TABLES.values():
        lines += [f"- `{table.name}`: {table.about}: {', '.join(f'`{name}`' for name in table.columns)}."]
    unread = {part.name: _unread(part) for part in parts()}
    lines += ["", "## Said, and named in no other file of detection", ""]
    for name, columns in unread.items():
        if columns:
            lines += [f"- `{name}`: {', '.join(f'`{column}`' for column in columns)}"]
    return "\n".join(lines) + "\n"


def _section(part: Part) -> list[str]:
    lines = [f"## `{part.name}`", "", _text(type(part)), ""]
    lines += [f"Rests on: {_names(part.reads)}. Read by: {_names(_readers(part))}.", ""]
    if is_dataclass(part.settings) and fields(part.settings):
        values = (f"`{each.name}` {getattr(part.settings, each.name)!r}" for each in fields(part.settings))
        lines += [f"Settings: {', '.join(values)}. {_text(type(part.settings))}", ""]
    for name, spec in part.memory().items():
        kind = "history" if isinstance(spec, HistorySpec) else "table"
        columns = (*spec.layout.ints, *spec.layout.floats, *spec.layout.words)
        lines += [
            f"- remembers the {kind} `{name}` for {spec.horizon_s / _DAY:g} days, {spec.cap:,} keys at most: "
            f"{_names(columns)}"
        ]
    return [*lines, ""] if part.memory() else lines


def _text(of: type) -> str:
    """Its docstring, on one line a paragraph."""
    paragraphs = (inspect.getdoc(of) or "").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def _names(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _readers(part: Part) -> list[str]:
    """Detectors, explanations, other parts, and tables of models."""
    asked = [(each.name, each.reads) for each in detectors()]
    asked += [(each.kind, each.reads) for each in explanations()]
    asked += [(other.name, other.reads) for other in parts()]
    asked += [(table.name, table.reads) for table in TABLES.values()]
    return [name for name, reads in asked if part.name in reads]


def _unread(part: Part) -> list[str]:
    """Columns of what it says, by its docstring, that stand as a name in no other file of detection and in no
    table of a model.
    """
    module = inspect.getmodule(type(part))
    own = Path(inspect.getfile(type(part)))
    rooms = ("library", "explanations", "parts", "engine")
    files = [file for room in rooms for file in (TOP / "detectors" / room).glob("*.py") if file != own]
    named = {each.name for each in parts()} | {each.stem for each in files} | set(part.memory())
    named |= {column for table in TABLES.values() for column in table.columns}
    source = "\n".join(file.read_text() for file in files)
    said = re.findall(r"`([a-z][a-z0-9_]*)`", _text(type(part)))
    columns = [name for name in dict.fromkeys(said) if name not in named and not hasattr(module, name)]
    return [name for name in columns if not stands(name, source)]


def stands(name: str, source: str) -> bool:
    """Whether a source reads a column: by its name, or one of a numbered row of columns by its number."""
    numbered = re.fullmatch(r"([a-z_]+)\d", name)
    ways = [f'"{name}"', f".{name}", f"{name}=", *([f'"{numbered[1]}{{'] if numbered else [])]
    return any(way in source for way in ways)


if __name__ == "__main__":
    CATALOGUE.write_text(catalogue())
