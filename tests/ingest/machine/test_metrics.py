"""Operators see over HTTP what a role tells of itself, and what their boards and rules ask for is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import requests
import yaml
from typer.testing import CliRunner

import undertow
from dashboard.filing.metrics import StoreMetrics
from dashboard.store import open_reader, open_writer
from ingest.kafka import HealthReporter
from ingest.machine import logs
from ingest.machine.metrics import NAMES, gauge, metrics
from ingest.machine.processes import free_port
from ingest.model.errors import PortTaken
from ingest.model.health import CanaryHealth, ModelHealth, NodeHealth, OptionalHealth, Vitals
from tests.dashboard.alerts import Filing, drain, judged

DOCKER = Path(__file__).parents[3] / "docker"
RULES: list[dict[str, Any]] = yaml.safe_load((DOCKER / "alarms.yaml").read_text())["groups"][0]["rules"]
BOARD: dict[str, Any] = json.loads((DOCKER / "board.json").read_text())
ASKED = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in BOARD["panels"] for target in panel["targets"]
]


@pytest.fixture
def ingesting() -> Iterator[Vitals]:
    """A role of chain 5 that tells of itself; no broker is there."""
    vitals = Vitals()
    node = NodeHealth("http://node", 12.5, 100, 2, 1, 41, "timed out")
    reporter = HealthReporter("127.0.0.1:1", "ingest", 5, vitals, lambda: [node])
    with reporter:
        yield vitals


def read(port: int) -> dict[str, float]:
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    rows = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    return {in_order(name): float(value) for name, value in rows}


def in_order(name: str) -> str:
    """A sample's name with its labels in order of the alphabet."""
    start, _, rest = name.partition("{")
    labels = sorted(re.findall(r'(\w+="(?:[^"\\]|\\.)*")', rest))
    return f"{start}{{{','.join(labels)}}}" if labels else start


def test_a_role_answers_with_what_it_counted(ingesting: Vitals) -> None:
    ingesting.head, ingesting.lag_blocks = 40, 1
    ingesting.count("blocks header", 7)
    ingesting.count("reorganisations")
    ingesting.count("bytes", 100)
    ingesting.took("prove", 0.02)
    ingesting.took("prove", 99)
    ingesting.detectors = {"sandwich": "on", "rug-pull": "off since block 7"}
    port = free_port()
    with metrics(port):
        found = read(port)

    def value(name: str, **labels: str) -> float:
        told = ",".join(f'{key}="{labels[key]}"' for key in sorted(labels))
        return found[f"undertow_{name}{{{told}}}"]

    role = {"chain": "5", "role": "ingest"}
    assert value("head_block", **role) == 40
    assert value("lag_blocks", **role) == 1
    assert value("blocks_total", proof="header", **role) == 7
    assert value("reorganisations_total", **role) == 1
    assert value("counted_total", what="bytes", **role) == 100
    buckets = [
        value("part_seconds_bucket", le=le, part="prove", **role) for le in ("0.01", "0.03", "10.0", "+Inf")
    ]
    assert buckets == [0, 1, 1, 2]
    assert value("detector_on", detector="rug-pull", **role) == 0
    assert value("node_latency_seconds", chain="5", node="http://node") == 0.0125
    assert value("node_lies_total", chain="5", node="http://node") == 1


def test_a_role_tells_how_old_its_models_are_and_whether_the_canary_is_silent(ingesting: Vitals) -> None:
    ingesting.head_time = 1_000
    ingesting.models = [ModelHealth("anomalous-wallet", "ab", 4, 400), ModelHealth("trained", "cd")]
    ingesting.canaries = [CanaryHealth("played", True, 600, 77), CanaryHealth("shadow", False, 600)]
    port = free_port()
    with metrics(port):
        found = read(port)
    role = 'chain="5"'
    model = f'{role},digest="ab",model="anomalous-wallet",role="ingest"'
    assert found[f"undertow_model_trained_timestamp_seconds{{{model}}}"] == 400
    assert found[f"undertow_model_age_seconds{{{model}}}"] == 600
    assert not any("trained" in name and "cd" in name for name in found)
    silent = {source: f'{{{role},role="ingest",source="{source}"}}' for source in ("played", "shadow")}
    assert [found[f"undertow_canary_silent{silent[name]}"] for name in ("played", "shadow")] == [1, 0]
    assert found[f"undertow_canary_found_timestamp_seconds{silent['played']}"] == 77


def test_a_role_tells_its_budget_and_what_it_leaves_out(ingesting: Vitals) -> None:
    ingesting.budget_cpu_s = 0.25
    ingesting.optional = [OptionalHealth("forecasts", "slowed", 7, 3), OptionalHealth("pending", "paused")]
    port = free_port()
    with metrics(port):
        found = read(port)
    role = 'chain="5",role="ingest"'
    assert found[f"undertow_budget_cpu_seconds{{{role}}}"] == 0.25
    states = [found[f'undertow_optional_work{{{role},work="{work}"}}'] for work in ("forecasts", "pending")]
    assert states == [0.5, 0]
    assert found[f'undertow_optional_left_out_total{{{role},work="forecasts"}}'] == 3
    assert found[f"undertow_joules_total{{{role}}}"] > 0
    assert found['undertow_node_answers_total{chain="5",node="http://node"}'] == 100


def test_the_store_is_counted_by_chain_category_and_status(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path}/store.db", free_port()
    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(1), drain(5), drain(20), blocks=(judged(20),))
    with closing(StoreMetrics(lambda: open_reader(url))) as counted, metrics(port, counted):
        found = read(port)
    alerts = 'category="wallet-drain",chain="31337"'
    assert found[f'undertow_alerts{{{alerts},status="final"}}'] == 2
    assert found[f'undertow_alerts{{{alerts},status="provisional"}}'] == 1
    assert found['undertow_outbox_messages{state="dead"}'] == 0


def test_a_store_that_is_away_takes_no_metric_of_the_role_with_it(ingesting: Vitals, tmp_path: Path) -> None:
    port = free_port()
    with metrics(port, StoreMetrics(lambda: open_reader(f"sqlite:///{tmp_path}/none.db"))):
        assert any(name.startswith("undertow_cpu_seconds_total") for name in read(port))


def test_nobody_answers_without_a_port_or_on_one_that_is_taken() -> None:
    with metrics(None):
        pass
    port = free_port()
    with metrics(port), pytest.raises(PortTaken, match="--metrics"), metrics(port):
        pass


def test_a_stranger_s_name_stays_inside_its_label() -> None:
    port = free_port()
    hostile = gauge("undertow_api_streams", ("node",), [(('x"} 1\nundertow_alerts 99\n',), 1.0)])
    with metrics(port, lambda: [hostile]):
        found = read(port)
    assert "undertow_alerts" not in found and len(found) == 1


def named(expression: str) -> set[str]:
    """The metrics of ours that an expression reads, without what their kind adds."""
    found = re.findall(r"\bundertow_\w+", expression)
    return {re.sub(r"_bucket$", "", name) for name in found}


@pytest.mark.parametrize("expression", ASKED)
def test_a_board_or_a_rule_asks_for_what_is_there(expression: str) -> None:
    promql_parser.parse(expression)
    assert named(expression) <= set(NAMES)


def test_every_metric_is_on_the_board_and_every_rule_says_what_to_do() -> None:
    shown = set().union(*(named(t["expr"]) for panel in BOARD["panels"] for t in panel["targets"]))
    assert shown == set(NAMES)
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in RULES)


def test_a_line_for_programs_is_one_object_whatever_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    say = logs.sayer("ingest", "json")
    try:
        say('ingest: chain 5: "evil"\n{"level": "error"}\u2028')
        logs.say_error("there is no store")
    finally:
        logs.sayer("ingest", "text")
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert out.count("\n") == 1 and (told["role"], told["level"]) == ("ingest", "info")
    assert told["line"].startswith('chain 5: "evil"\n')
    assert json.loads(err)["level"] == "error"


@pytest.mark.parametrize("role", ["ingest", "detect", "sink"])
def test_what_does_a_block_can_be_traced(role: str) -> None:
    assert "--otlp" in CliRunner().invoke(undertow.app, [role, "--help"]).stdout


@pytest.mark.parametrize("role", ["ingest", "detect", "sink", "api", "notify"])
def test_every_role_has_both_options(role: str) -> None:
    said = CliRunner().invoke(undertow.app, [role, "--help"]).stdout
    assert "--metrics" in said and "--log-format" in said
