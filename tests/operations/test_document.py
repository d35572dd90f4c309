"""`docker/OPERATIONS.md` is held to the code: its units, alarms and times are those that there are."""

from __future__ import annotations

import re

import yaml

from dashboard.outside.outbox import mark, running
from ingest.kafka.cluster import EVERY_REVISION_DAYS
from tests.fixtures.units import FOLDER, units
from tests.fixtures.wheel import TOP
from tests.operations.machine import OPERATIONS, sections
from tests.readme.documents import commands

DAY_S = 86_400


def test_every_alarm_that_can_ring_has_a_row_and_no_other() -> None:
    rules = yaml.safe_load((TOP / "docker/alarms.yaml").read_text())["groups"][0]["rules"]
    rows = OPERATIONS.table("alarm").rows
    assert [row[0].strip("`") for row in rows] == [rule["alert"] for rule in rules]
    assert all(says and does for _, says, does in rows)


def test_every_unit_that_is_started_or_stopped_is_there() -> None:
    lines = [line.split()[1:] for line in OPERATIONS.lines_of_blocks() if line.startswith("systemctl ")]
    named = {word for _, *words in lines for word in words if not word.startswith("-")}
    there = {f"undertow-{role}" for role in units()} | {"undertow.target"}
    assert named and named <= there


def test_what_is_copied_at_an_installation_is_all_that_there_is_to_copy() -> None:
    copied = " ".join(
        word for line in OPERATIONS.lines_of_blocks() for word in line.split() if "systemd" in word
    )
    named = {
        path
        for pattern in re.findall(r"docker/(systemd/\S+)", copied)
        for path in FOLDER.parent.glob(pattern)
    }
    assert named == set(FOLDER.iterdir())


def test_every_block_belongs_to_a_section_that_says_when() -> None:
    assert "First install" in sections()
    blocks = [block for some in sections().values() for block in some]
    assert blocks == OPERATIONS.blocks()


def test_times_for_which_things_are_kept_are_those_of_the_code() -> None:
    kept = {row[0]: row[1] for row in OPERATIONS.table("what").rows}
    sent, marked = running.KEPT_S // DAY_S, mark.KEPT_S // DAY_S
    assert kept["messages that arrived"] == f"{_word(sent)} days in the store, {marked} days in the mark"
    assert kept["revisions of alerts in Kafka"].startswith(f"each for {EVERY_REVISION_DAYS} days")
    assert "--keep-scores" in {name for option in commands()["sink"].params for name in option.opts}


def _word(number: int) -> str:
    return {7: "seven"}.get(number, str(number))
