"""Solidity files that somebody else wrote, read with what they import: from one folder, and nothing else."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.model.errors import BadInput

MOST_FILES = 500
MOST_BYTES = 8 * 2**20
"""Of all files together."""
_LONGEST_PRAGMA = 400
_PIECE = re.compile(
    r"//[^\n]*|/\*(?:.*?\*/|.*)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
    rf"|\bpragma\s+solidity\b[^;]{{0,{_LONGEST_PRAGMA}}};|\bimport\b|;",
    re.DOTALL,
)  # what is not closed ends with the line or the file, so that no text is read twice


@dataclass(frozen=True, slots=True)
class Sources:
    """`texts` by the names that imports have for them; `main`: the name of the file that was asked for;
    `pragmas`: the version ranges that all of them state.
    """

    main: str
    texts: dict[str, str]
    pragmas: tuple[str, ...]


def gathered(file: Path, folder: Path) -> Sources:
    """`file` and all that it imports. Raises BadInput for what lies outside of `folder` (also by a link), is
    remote, is no text, or is too much.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise BadInput(f"{folder} is no folder: --folder names the one that imports may come from")
    if not file.resolve().is_relative_to(root):
        raise BadInput(f"{file} does not lie in {folder}: --folder names the one that holds it")
    main = file.resolve().relative_to(root).as_posix()
    texts: dict[str, str] = {}
    pragmas: list[str] = []
    waiting, size = [main], 0
    while waiting:
        name = waiting.pop()
        if name in texts:
            continue
        texts[name] = text = _read(root, name, MOST_BYTES - size)
        size += len(text.encode())
        if len(texts) > MOST_FILES:
            raise BadInput(f"{file} imports more than {MOST_FILES} files: not compiled")
        imports, stated = _said(text)
        pragmas += stated
        waiting += [_name(each, name) for each in imports]
    return Sources(main, texts, tuple(dict.fromkeys(pragmas)))


def _said(text: str) -> tuple[list[str], list[str]]:
    """What a text imports, and the version ranges it states; comments and strings say nothing."""
    imports, pragmas, importing = [], [], False
    for piece in (match[0] for match in _PIECE.finditer(text)):
        if piece == "import":
            importing = True
        elif piece == ";":
            importing = False
        elif piece.startswith("pragma"):
            pragmas.append(piece[:-1].split("solidity", 1)[1])
        elif importing and piece[0] in "\"'":
            imports.append(piece[1:].rstrip("\"'"))
            importing = False
    return imports, pragmas


def _name(imported: str, by: str) -> str:
    """The name that the compiler gives to what the file `by` imports."""
    shown = f"{by} imports {imported[:200]!r}"
    if "://" in imported or imported.startswith(("http:", "https:")):
        raise BadInput(f"{shown}, which is not on this machine: nothing is fetched, put it into the folder")
    beside = imported.startswith(("./", "../"))
    name = posixpath.normpath(posixpath.join(posixpath.dirname(by), imported) if beside else imported)
    if name.startswith(("/", "..")) or "\0" in name or "\\" in name:
        raise BadInput(f"{shown}, which lies outside of the folder: only files in it are read")
    return name


def _read(root: Path, name: str, most: int) -> str:
    try:
        found = next((path for path in _places(root, name) if path.exists() or path.is_symlink()), None)
        if found is None:
            raise BadInput(
                f"{name} is imported and not in {root.name}/, nor in its node_modules/: put it there"
            )
        real = found.resolve()
        if not real.is_relative_to(root):
            raise BadInput(f"{name} is a link to outside of the folder: only files in it are read")
        return _content(real, name, most).decode()
    except OSError as error:
        raise BadInput(f"{name[:200]} cannot be read: {error.strerror}") from error
    except RuntimeError as error:
        raise BadInput(f"{name} is a link that leads to itself: only files are read") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is no text in UTF-8: it is no Solidity file") from error


def _content(real: Path, name: str, most: int) -> bytes:
    """What the file holds; a pipe or a device is not waited for."""
    handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BadInput(f"{name} is no file: give one that holds Solidity")
        content = opened.read(most + 1)
    if len(content) > most:
        raise BadInput(f"{name} makes it more than {MOST_BYTES >> 20} MiB of sources: not compiled")
    return content


def _places(root: Path, name: str) -> Iterator[Path]:
    yield root / name
    yield root / "node_modules" / name
