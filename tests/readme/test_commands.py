"""Commands, options, settings, make targets: each is in one README, as the code has it; command lines run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.readme.documents import (
    ALL,
    FRONT,
    READMES,
    SETTINGS,
    TOP,
    Document,
    commands,
    option_rows,
    options_of,
    written_tables,
)

COMMANDS = commands()
SETTING = re.compile(r"UNDERTOW_[A-Z]\w*")
MAKEFILE = (TOP / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.M)) - {"help"}


def test_every_command_is_in_the_table_of_commands_and_none_that_is_not_there() -> None:
    rows = FRONT.table("command").rows

    assert [row[0] for row in rows if row[0] not in {f"`undertow {name}`" for name in COMMANDS}] == []
    assert len(rows) == len(COMMANDS)


def test_a_command_is_said_to_have_flags_that_it_has() -> None:
    for called, does, _ in FRONT.table("command").rows:
        flags = set(re.findall(r"--[a-z-]+", does))

        assert flags <= options_of(COMMANDS[called.strip("`").removeprefix("undertow ")]), called


@pytest.mark.parametrize("name", COMMANDS)
def test_the_options_of_a_command_stand_once_in_the_words_of_its_help(name: str) -> None:
    head = f"option of `undertow {name}`"
    found = [(document, table) for document, table in written_tables() if table.head[0] == head]

    assert len(found) == 1, f"{head}: in {[document.path for document, _ in found]}"
    document, table = found[0]
    assert table.head == (head, "default", "meaning")
    wanted = option_rows(COMMANDS[name])
    assert list(table.rows) == wanted, f"{document.path} needs\n" + "\n".join(
        f"| {' | '.join(row)} |" for row in wanted
    )
    (link,) = (row[2] for row in FRONT.table("command").rows if row[0] == f"`undertow {name}`")
    assert f"({document.path}#options)" in link


def test_no_options_stand_of_a_command_that_is_not_there() -> None:
    heads = {table.head[0] for _, table in written_tables() if table.head[0].startswith("option of")}

    assert heads == {f"option of `undertow {name}`" for name in COMMANDS}


def test_every_setting_stands_with_the_commands_that_read_it() -> None:
    listed = {row[0].strip("`"): set(row[1].split(", ")) for row in SETTINGS.table("setting").rows}
    read: dict[str, set[str]] = {}
    for name, command in COMMANDS.items():
        for option in command.params:
            names = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
            for each in names:
                read.setdefault(each, set()).add(name)

    assert listed == {"UNDERTOW_HOME": {"all"}, "UNDERTOW_CHROMIUM": {"setup"}, **read}


def test_every_setting_that_the_code_knows_is_in_exactly_one_document() -> None:
    known = {name for file in sources() for name in SETTING.findall(file.read_text())}
    where = {
        name: [document.path for document in (*READMES, SETTINGS) if name in SETTING.findall(document.text)]
        for name in known.union(*(SETTING.findall(document.text) for document in (*READMES, SETTINGS)))
    }

    assert set(where) == known
    assert {name: paths for name, paths in where.items() if len(paths) != 1} == {}


def sources() -> Iterator[Path]:
    """What can read a setting: the packages, the front door, the container files, the Makefile."""
    for package in ("ingest", "detectors", "dashboard"):
        yield from (TOP / package).rglob("*.py")
    yield from (TOP / "undertow.py", TOP / "Makefile", TOP / "docker/compose.yaml", TOP / "docker/Dockerfile")


def test_every_make_target_is_in_the_table_and_none_that_is_not_there() -> None:
    assert [row[0] for row in FRONT.table("make target").rows if row[0][6:-1] not in TARGETS] == []
    assert len(FRONT.table("make target").rows) == len(TARGETS)


def command_lines() -> list[tuple[str, str]]:
    """(document, line) of every line in a fenced block, without what a shell would leave out."""
    return [
        (document.path, re.sub(r"\s+#.*", "", part).strip())
        for document in ALL
        for line in document.lines_of_blocks()
        for part in line.split("&&")
    ]


def test_every_command_line_is_understood() -> None:
    lines = [(path, line) for path, line in command_lines() if line.startswith("undertow ")]

    assert len(lines) >= 10
    for path, line in lines:
        try:
            understand(shlex.split(line)[1:])
        except (KeyError, click.UsageError) as error:
            pytest.fail(f"{path}: {line}: {error}")


def understand(words: list[str]) -> None:
    """Parses a command line as the front door would. Raises KeyError or UsageError where it is none."""
    length = 1 if words[0] in COMMANDS else 2
    name, arguments = " ".join(words[:length]), words[length:]
    with COMMANDS[name].make_context(name, arguments):
        pass


def test_every_make_line_names_a_target_and_arguments_that_it_takes() -> None:
    lines = [(path, line) for path, line in command_lines() if line.startswith("make ")]
    lines += [(document.path, span) for document in ALL for span in document.spans() if span[:5] == "make "]

    assert lines
    for path, line in lines:
        _, target, *given = shlex.split(line)
        assert target in TARGETS, (path, line)
        if given and target == "demo":
            understand(["demo", *shlex.split(given[0].removeprefix("ARGS="))])


def flags_in_prose(document: Document) -> Iterator[tuple[str, str, list[str]]]:
    """(span, command or nothing, flags) of every code span that names a flag of undertow."""
    for span in document.spans():
        words = span.removeprefix("undertow ").split()
        flags = [word for word in words if re.fullmatch(r"--[a-z][a-z-]*", word)]
        names = [" ".join(words[:length]) for length in (2, 1)]
        named = next((name for name in names if name in COMMANDS), "")
        if flags and (named or words[0] in flags):
            yield span, named, flags


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.path)
def test_flags_named_in_a_sentence_are_flags_of_the_command(document: Document) -> None:
    anybodys = set().union(*(options_of(command) for command in COMMANDS.values()))
    for span, named, flags in flags_in_prose(document):
        taken = options_of(COMMANDS[named]) if named else anybodys

        assert set(flags) <= taken, span


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.path)
def test_commands_named_in_a_sentence_are_there(document: Document) -> None:
    known = tuple(f"undertow {name} " for name in COMMANDS)
    named = [span for span in document.spans() if re.match(r"undertow [a-z]", span)]

    assert [span for span in named if not f"{span} ".startswith(known)] == []
