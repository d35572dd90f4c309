"""The README is held to the code: commands, flags, settings, tables, targets and its example detector."""

from __future__ import annotations

import re
import shlex
import sys
import types
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

import undertow
from detectors.base import Detector
from detectors.engine import Engine
from detectors.registry import detectors
from ingest import schema
from ingest.localchain.play.stories import repertoires
from tests.fixtures.frames import ChainBuilder, address

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text()
ETHER = 10**18


def front_door() -> TyperGroup:
    group = get_command(undertow.app)
    assert isinstance(group, TyperGroup)
    return group


def test_every_command_is_in_the_table_of_commands_and_none_that_is_not_there() -> None:
    listed = set(re.findall(r"^\| `undertow ([a-z]+)` \|", README, re.M))

    assert listed == set(front_door().commands)


def test_every_command_line_in_it_is_understood() -> None:
    blocks = re.findall(r"^```\n(.*?)^```", README, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("undertow ")]

    assert len(lines) >= 10
    for line in lines:
        name, *arguments = shlex.split(line)[1:]
        front_door().commands[name].make_context(name, arguments)


def test_every_setting_is_in_it_with_the_commands_that_read_it() -> None:
    rows = re.findall(r"^\| (`UNDERTOW_.*?) \| (.*?) \|", README, re.M)
    listed = {name: row[1] for row in rows for name in re.findall(r"UNDERTOW_\w+", row[0])}
    read: dict[str, set[str]] = {}
    for command in front_door().commands.values():
        for option in command.params:
            if isinstance(option.envvar, str):
                read.setdefault(option.envvar, set()).add(str(command.name))

    assert read.keys() <= listed.keys()
    assert listed.keys() - read.keys() == {"UNDERTOW_HOME", "UNDERTOW_CHROMIUM"}
    for name, commands in read.items():
        assert all(command in listed[name] for command in commands), (name, commands)


def test_every_table_is_in_it_with_its_columns_types_and_nulls() -> None:
    for table in schema.TABLES.values():
        row = re.search(rf"^\| `{table.name}` \| (.*) \|$", README, re.M)
        assert row is not None, table.name
        columns = re.findall(r"(\*?)`(\w+)`\*? (\w+)", row.group(1))

        assert [(name, kind, star == "*") for star, name, kind in columns] == [
            (column.name, column.type.__name__, column.nullable) for column in table.columns
        ]


def test_every_make_target_is_in_it_and_none_that_is_not_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (TOP / "Makefile").read_text(), re.M)) - {"help"}

    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", README, re.M)) == targets


def test_every_detector_is_in_it() -> None:
    section = README.split("## What is detected today")[1].split("### What evaluate says")[0]

    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.M)) == {
        detector.name for detector in detectors()
    }


@pytest.fixture
def example() -> Detector:
    """The class of the README's example, imported as a file of the library would be."""
    code = re.search(r"^```python\n(.*?)^```", README, re.M | re.S)
    assert code is not None
    module = types.ModuleType("readme_example")
    sys.modules[module.__name__] = module
    exec(compile(code.group(1), "README.md", "exec"), module.__dict__)
    found: Detector = module.LargeFirstPayment()
    return found


def test_its_example_detector_alerts_and_keeps_the_contract(example: Detector) -> None:
    alice, bob, carol = (address(name) for name in ("alice", "bob", "carol"))
    chain = ChainBuilder()
    chain.block().native(alice, bob, 99 * ETHER)
    chain.block().native(alice, bob, 500 * ETHER)
    chain.block().native(alice, carol, 100 * ETHER)

    output = Engine(1, [example]).take(chain.batch())

    assert isinstance(example, Detector)
    # Bob was paid before his large payment; carol was not, and 100 ether is the threshold itself.
    assert [alert.subject_id for alert in output.alerts] == ["0x" + carol.hex()]
    assert output.alerts[0].measured["wei"] == str(100 * ETHER)


def test_every_story_of_the_labelled_world_is_in_it() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (.*?) \| (.*?) \|$", README.split("## The labelled world")[1], re.M
    )
    listed = {
        (category, kind): [name.replace(" ", "_") for name in names.split(", ")]
        for category, *kinds in rows
        for kind, names in zip(("attack", "hard_negative"), kinds, strict=True)
    }

    assert listed == {(r.category, r.kind): list(r.variants) for r in repertoires()}
