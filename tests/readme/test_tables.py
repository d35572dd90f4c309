"""Tables of the READMEs that repeat what the code says: each stands once, whole, and as the code has it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import get_args

import pytest

from dashboard.store import DISPOSITIONS
from dashboard.store.tables import metadata
from detectors.alerts.alert import SEVERITIES, RoleName
from detectors.engine.state import State
from detectors.evaluate import HORIZON_BLOCKS
from detectors.registry import detectors
from detectors.runs.over_lake import SCORES
from ingest import schema
from ingest.facts.list_files import KINDS
from ingest.kafka import connection
from ingest.kafka.access import SETTINGS
from ingest.kafka.rights import RIGHTS, ROLES, Kind
from ingest.lake import RANGE_BLOCKS
from ingest.lake.reading import MANIFESTS
from ingest.localchain.play.labels import Label
from ingest.localchain.play.stories import repertoires
from ingest.localchain.world.stage import Outcome
from ingest.model.kafka_role import Role
from tests.dashboard.alerts import drain
from tests.readme.documents import (
    CONTRIBUTING,
    DASHBOARD,
    DETECTORS,
    DOCKER,
    INGEST,
    LOCALCHAIN,
    TOP,
    Document,
    Table,
    commands,
    written_tables,
)
from tests.test_docker import SERVICES


def keys(table: Table) -> list[str]:
    """What stands in code in the first cells, several to a cell."""
    return [name for row in table.rows for name in re.findall(r"`([^`]+)`", row[0])]


def test_no_table_stands_in_two_places() -> None:
    heads = Counter(table.head for _, table in written_tables())

    assert [head for head, times in heads.items() if times > 1] == []


def test_no_table_has_a_row_twice_or_a_row_of_another_width() -> None:
    for document, table in written_tables():
        first_cells = [row[0] for row in table.rows]

        assert len(set(first_cells)) == len(first_cells), (document.path, table.head)
        assert {len(row) for row in table.rows} == {len(table.head)}, (document.path, table.head)


def test_every_schema_table_stands_with_its_columns_types_and_nulls() -> None:
    written = {
        row[0].strip("`"): [
            (name, kind, star == "*") for star, name, kind in re.findall(r"(\*?)`(\w+)`\*? (\w+)", row[1])
        ]
        for row in INGEST.table("table").rows
    }

    assert written == {
        table.name: [(column.name, column.type.__name__, column.nullable) for column in table.columns]
        for table in schema.TABLES.values()
    }


def test_every_topic_is_in_it() -> None:
    topics = {connection.BLOCKS, connection.REJECTED, connection.ALERTS, connection.SCORES, connection.HEALTH}
    topics |= {connection.PENDING, connection.PENDING_ALERTS}

    assert set(keys(INGEST.table("topic"))) == topics


def test_every_role_stands_with_its_rights_in_kafka() -> None:
    rows = {row[0].strip("`"): row[1:] for row in INGEST.table("role").rows}

    assert {role: [written(cell) for cell in cells] for role, cells in rows.items()} == {
        role: [rights_of(role, kind) for kind in get_args(Kind)] for role in ROLES
    }


def written(cell: str) -> set[tuple[str, str]]:
    parts = re.findall(r"`([\w.-]+)` ([\w, ]+)", cell)
    return {(name, operation) for name, operations in parts for operation in operations.split(", ")}


def rights_of(role: Role, kind: Kind) -> set[tuple[str, str]]:
    return {(right.name, right.operation) for right in RIGHTS[role] if right.kind == kind}


def test_the_file_of_access_has_every_setting_there_is() -> None:
    (block,) = (each for each in INGEST.blocks("toml") if "require_replication" in each)

    assert sorted(tomllib.loads(block)) == sorted(SETTINGS)


def test_every_beginning_of_a_lists_name_is_in_it_with_what_it_lists() -> None:
    rows = INGEST.table("name of a list begins with").rows

    assert {start: row[1].strip("`") for row in rows for start in re.findall(r"`(\w+)`", row[0])} == KINDS


def test_every_story_of_the_labelled_world_is_in_it() -> None:
    listed = {
        (row[0].strip("`"), kind): [name.replace(" ", "_") for name in names.split(", ")]
        for row in LOCALCHAIN.table("category").rows
        for kind, names in zip(("attack", "hard_negative"), row[1:], strict=True)
    }

    assert listed == {(each.category, each.kind): list(each.variants) for each in repertoires()}


def test_every_key_of_a_label_is_in_it() -> None:
    outcome = Outcome(("0x1",), (), "alice, bob, alice", "0x1")
    label = Label("ring-1", "layering", "attack", "ring", outcome, waited=True)

    assert sorted(keys(LOCALCHAIN.table("key of a label"))) == sorted(label.to_dict({"0x1": 5}))


def test_every_detector_is_in_it() -> None:
    assert sorted(keys(DETECTORS.table("detector"))) == sorted(each.name for each in detectors())


def test_every_table_of_memory_is_in_it_with_its_days_and_its_cap() -> None:
    written = {
        name: (row[2], row[3])
        for row in DETECTORS.table("table").rows
        for name in re.findall(r"`([\w/]+)`", row[0])
    }
    every = State.empty(detectors()).memory.tables()
    tables = {name.removesuffix("/heads"): table for name, table in every.items()}

    assert sorted(written) == sorted(tables)
    for name, (days, cap) in written.items():
        assert f"{tables[name].cap:,}" in cap
        assert days == "the same" or days == f"{(tables[name].horizon_s or 0) // 86_400} days"


def test_every_key_of_an_alert_is_in_it_with_the_words_it_may_hold() -> None:
    table = DETECTORS.table("key of an alert")
    says = {row[0].strip("`"): row[1] for row in table.rows}

    assert sorted(keys(table)) == sorted(drain().to_dict())
    assert re.findall(r"`(\w+)`", says["severity"]) == list(SEVERITIES)
    assert set(re.findall(r"`(\w+)`", says["roles"])) == set(get_args(RoleName))


def test_every_column_of_the_scores_is_in_it_with_its_type() -> None:
    rows = DETECTORS.table("column of the scores").rows

    assert [(name, row[1]) for row in rows for name in re.findall(r"`(\w+)`", row[0])] == [
        (name, kind.__name__) for name, kind in SCORES.items()
    ]


def test_every_table_of_the_store_is_in_it() -> None:
    assert sorted(keys(DASHBOARD.table("table of the store"))) == sorted(metadata.tables)


def test_every_disposition_is_in_it_with_the_codes_of_its_reasons() -> None:
    rows = DASHBOARD.table("disposition").rows

    assert {row[0].strip("`"): tuple(re.findall(r"`([\w-]+)`", row[1])) for row in rows} == DISPOSITIONS


def test_every_service_of_the_compose_file_is_in_it() -> None:
    assert sorted(keys(DOCKER.table("service"))) == sorted(SERVICES)


def test_every_dependency_stands_with_the_reason_for_it() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    told = {name for row in CONTRIBUTING.table("package").rows for name in re.findall(r"[\w-]+", row[0])}

    assert [name for name in asked if re.split(r"[\[<>=]", name)[0] not in told] == []


STATES = next(option for option in commands()["chain"].params if option.name == "states").default


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (INGEST, f"below each multiple of {RANGE_BLOCKS:,}"),
        (INGEST, f"`DIR/{MANIFESTS}/`"),
        (LOCALCHAIN, f"state of its last {STATES} blocks"),
        (DETECTORS, f"no later than\n{HORIZON_BLOCKS} blocks after the label's last"),
    ],
)
def test_numbers_and_names_in_sentences_are_those_of_the_code(document: Document, words: str) -> None:
    assert words in document.text
