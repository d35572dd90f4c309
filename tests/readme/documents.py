"""The documents of this project as the tests read them: their tables, code spans, command lines and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

import undertow

TOP = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Table:
    """A Markdown table: the cells of its head, and of its rows, as text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file of the checkout, by its path there."""

    path: str
    text: str

    @property
    def folder(self) -> Path:
        return (TOP / self.path).parent

    @property
    def prose(self) -> str:
        """All of it but fenced blocks."""
        return re.sub(r"^```.*?^```$", "", self.text, flags=re.M | re.S)

    def blocks(self, language: str = "") -> list[str]:
        """What stands between fences that name `language`."""
        fenced = re.findall(r"^```(\w*)\n(.*?)^```$", self.text, re.M | re.S)
        return [body for name, body in fenced if name == language]

    def lines_of_blocks(self) -> list[str]:
        """Lines of plain fenced blocks; one that ends in a backslash goes on in the next."""
        return "".join(self.blocks()).replace("\\\n", " ").splitlines()

    def spans(self) -> list[str]:
        """What stands between single backticks."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    def links(self) -> list[str]:
        """Targets of links and pictures, without those that name another machine."""
        targets = re.findall(r"\]\(([^)\s]+)\)", self.prose)
        return [target for target in targets if not re.match(r"[a-z]+:", target)]

    def anchors(self) -> set[str]:
        """The names of its headings, as links write them."""
        headings = re.findall(r"^#+ (.*)$", self.prose, re.M)
        return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}

    def tables(self) -> list[Table]:
        found = re.findall(r"^(\|.*)\n\|[-|]+\n((?:\|.*\n?)*)", self.prose, re.M)
        return [Table(_cells(head), tuple(_cells(row) for row in rows.splitlines())) for head, rows in found]

    def table(self, first: str) -> Table:
        """The table whose head begins with the cell `first`."""
        (found,) = (table for table in self.tables() if table.head[0] == first)
        return found


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1])


def document(path: str) -> Document:
    return Document(path, (TOP / path).read_text())


FRONT = document("README.md")
SETTINGS = document("docs/SETTINGS.md")
CONTRIBUTING = document("CONTRIBUTING.md")
INGEST = document("ingest/README.md")
LOCALCHAIN = document("ingest/localchain/README.md")
DETECTORS = document("detectors/README.md")
DASHBOARD = document("dashboard/README.md")
DOCKER = document("docker/README.md")
OPERATIONS = document("docker/OPERATIONS.md")
READMES = (FRONT, INGEST, LOCALCHAIN, DETECTORS, DASHBOARD, DOCKER)
ALL = (*READMES, OPERATIONS, SETTINGS, CONTRIBUTING, document("CHANGELOG.md"))


def written_tables() -> Iterator[tuple[Document, Table]]:
    """Every table of every document."""
    return ((each, table) for each in ALL for table in each.tables())


def front_door() -> TyperGroup:
    """The command line as a user has it."""
    group = get_command(undertow.app)
    assert isinstance(group, TyperGroup)
    return group


def commands() -> dict[str, TyperCommand | TyperGroup]:
    """Every command, by the words that call it: two where it stands below another."""
    return dict(_below(front_door(), ""))


def _below(group: TyperGroup, words: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            if command.invoke_without_command:
                yield f"{words}{name}", command
            yield from _below(command, f"{words}{name} ")
        else:
            assert isinstance(command, TyperCommand)
            yield f"{words}{name}", command


def options_of(command: TyperCommand | TyperGroup) -> set[str]:
    """Every flag that the command takes, in all its spellings."""
    return {"--help"} | {name for option in command.params for name in (*option.opts, *option.secondary_opts)}


def option_rows(command: TyperCommand | TyperGroup) -> list[tuple[str, ...]]:
    """The table of a command's options as a README has it: flags, default, and the words of `--help`."""
    return [
        (_flags(option), _default(option), _words(str(getattr(option, "help", "") or "")))
        for option in command.params
    ]


def _flags(option: object) -> str:
    names = (*getattr(option, "opts", ()), *getattr(option, "secondary_opts", ()))
    return ", ".join(f"`{name}`" for name in names)


def _default(option: object) -> str:
    if getattr(option, "required", False):
        return "must be given"
    value = getattr(option, "default", None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    said = re.search(_SAID, str(getattr(option, "help", "") or ""))
    return f"`{value}`" if value is not None else said[1] if said else "—"


def _words(text: str) -> str:
    return re.sub(r"([|<])", r"\\\1", re.sub(_SAID, "", text)).strip()


_SAID = r"\s*\[default: ([^]]*)\]"
