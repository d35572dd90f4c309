"""Places that documents and code name: every path, link, room and heading is where they say it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readme.documents import (
    ALL,
    CONTRIBUTING,
    DASHBOARD,
    DETECTORS,
    FRONT,
    INGEST,
    LOCALCHAIN,
    READMES,
    TOP,
    Document,
    document,
)

PACKAGES = {"ingest": INGEST, "ingest/localchain": LOCALCHAIN, "detectors": DETECTORS, "dashboard": DASHBOARD}
TOP_FOLDERS = ("dashboard", "detectors", "docker", "docs", "ingest", "tests")
MADE_BY_USERS = {"docker/.env"}
FILE_ENDINGS = ("py", "md", "toml", "yaml", "png", "sol")
PATH = re.compile(rf"[a-z][\w.-]*/[\w./-]*|[a-z][\w-]*\.(?:{'|'.join(FILE_ENDINGS)})")


def named_paths(line: str, folder: Path) -> Iterator[tuple[str, Path | None]]:
    """(path as written, what it is or None) of the code spans in a line that look like a path.

    A path counts from the top of the checkout, from the document's own folder, or from what the line has
    named before: in it, or beside it.
    """
    bases = [TOP, folder]
    for span in re.findall(r"`([^`\n]+)`", line):
        if not PATH.fullmatch(span):
            continue
        found = next((base / span for base in bases if (base / span).exists()), None)
        yield span, found
        if found is not None:
            bases += [found, found.parent]


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.path)
def test_every_file_and_folder_that_a_document_names_is_there(each: Document) -> None:
    lines = each.prose.splitlines()

    assert [span for line in lines for span, found in named_paths(line, each.folder) if not found] == []


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.path)
def test_every_path_in_a_command_line_is_there(each: Document) -> None:
    named = [word for line in each.lines_of_blocks() for word in line.split()]
    ours = [word for word in named if re.match(rf"({'|'.join(TOP_FOLDERS)})/", word)]

    assert [word for word in ours if not any(TOP.glob(word))] == []


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.path)
def test_every_link_leads_somewhere(each: Document) -> None:
    for link in each.links():
        path, _, anchor = link.partition("#")
        target = (each.folder / path).resolve() if path else TOP / each.path

        assert target.exists(), link
        if anchor:
            assert anchor in document(str(target.relative_to(TOP))).anchors(), link


def test_every_path_that_code_names_is_there() -> None:
    ours = re.compile(rf"(?<![\w./-])(?:{'|'.join(TOP_FOLDERS)})/[\w./-]*\w")
    files = [
        TOP / "Makefile",
        TOP / "pyproject.toml",
        TOP / "undertow.py",
        *filter(Path.is_file, (TOP / "docker").rglob("*")),
    ]
    for folder in ("ingest", "detectors", "dashboard"):
        files += (TOP / folder).rglob("*.py")
    missing = {
        (str(file.relative_to(TOP)), path)
        for file in files
        for path in ours.findall(file.read_text())
        if not (TOP / path).exists() and path not in MADE_BY_USERS
    }

    assert missing == set()


def rooms(package: str) -> set[str]:
    """The folders of a package that are kept in the repository."""
    folders = (entry for entry in (TOP / package).iterdir() if entry.is_dir())
    return {entry.name for entry in folders if any(entry.glob("*.*")) and entry.name != "__pycache__"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_is_in_the_readme_of_its_package_with_a_line_of_what_lives_there(package: str) -> None:
    table = PACKAGES[package].table(f"room of `{package}/`")

    assert {row[0] for row in table.rows} == {f"`{room}/`" for room in rooms(package)}
    assert all(row[1] for row in table.rows)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_is_named_where_contributors_look(package: str) -> None:
    named: set[Path] = set()
    for row in CONTRIBUTING.table("to change").rows:
        for _, found in named_paths(row[1], TOP):
            if found is not None:
                named |= {found, *found.parents}

    assert [room for room in sorted(rooms(package)) if TOP / package / room not in named] == []


def test_every_top_folder_is_named_on_the_first_screen() -> None:
    assert [folder for folder in TOP_FOLDERS if f"`{folder}/`" not in FRONT.text] == []


def test_every_readme_is_one_of_those_that_are_tested_and_linked_from_the_first() -> None:
    folders = [TOP / name for name in TOP_FOLDERS]
    found = {TOP / "README.md", *(file for folder in folders for file in folder.rglob("README.md"))}

    assert {str(file.relative_to(TOP)) for file in found} == {each.path for each in READMES}
    assert {each.path for each in READMES} - {FRONT.path} <= set(FRONT.links())


def test_the_first_readme_is_read_in_one_go() -> None:
    assert len(FRONT.text.splitlines()) <= 200
