"""A real Prometheus takes what `docker/` gives it, asks a role, and answers every question of the board."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from dashboard.filing.metrics import StoreMetrics
from dashboard.store import open_reader, open_writer
from ingest.machine.metrics import metrics
from ingest.machine.processes import free_port, wait_until
from ingest.model.health import Vitals
from tests.dashboard.alerts import Filing, drain, judged
from tests.ingest.machine.test_metrics import ASKED, DOCKER, RULES, ingesting

__all__ = ["ingesting"]

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (shutil.which("prometheus") and shutil.which("promtool")),
        reason="no prometheus and promtool on the PATH (Debian's package prometheus has both)",
    ),
]
DEADLINE_S = 90


class Prometheus:
    """One that runs, asked over its API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self._url}/-/ready", timeout=5).ok
        except requests.ConnectionError:
            return False

    def get(self, path: str, **asked: str) -> Any:
        answer = requests.get(f"{self._url}/api/v1/{path}", params=asked, timeout=30).json()
        assert answer["status"] == "success", (asked, answer)
        return answer["data"]

    def value(self, expression: str) -> float:
        (sample,) = self.get("query", query=expression)["result"]
        return float(sample["value"][1])

    def firing(self) -> set[str]:
        return {each["labels"]["alertname"] for each in self.get("alerts")["alerts"]}


def config_for(port: int, folder: Path) -> Path:
    """That of `docker/`, but that it asks each second, and its first target lies at a port of the test."""
    given = yaml.safe_load((DOCKER / "prometheus.yaml").read_text())
    given["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    given["scrape_configs"][0]["static_configs"] = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"part": "ingest"}},
        {"targets": [f"127.0.0.1:{free_port()}"], "labels": {"part": "detect"}},
    ]
    shutil.copy(DOCKER / "alarms.yaml", folder)
    config = folder / "prometheus.yaml"
    config.write_text(yaml.safe_dump(given))
    return config


@pytest.fixture
def role(ingesting: Vitals, tmp_path: Path) -> Iterator[int]:
    """The port of one that has filed two alerts, and is 40 blocks behind its node."""
    url, port = f"sqlite:///{tmp_path}/store.db", free_port()
    ingesting.head, ingesting.lag_blocks = 40, 40
    with closing(open_writer(url)) as writer:
        Filing(writer).file(drain(1), drain(5), blocks=(judged(5),))
    with closing(StoreMetrics(lambda: open_reader(url))) as counted, metrics(port, counted):
        yield port


@pytest.fixture
def prometheus(role: int, tmp_path: Path) -> Iterator[Prometheus]:
    port, config = free_port(), config_for(role, tmp_path)
    given = [f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'samples'}"]
    log = (tmp_path / "prometheus.log").open("w")
    with (
        log,
        subprocess.Popen(
            ["prometheus", *given, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        ) as child,
    ):
        try:
            told = Prometheus(port)
            wait_until(told.is_ready, DEADLINE_S, "Prometheus did not come up")
            yield told
        finally:
            child.terminate()


@pytest.mark.parametrize(("kind", "name"), [("config", "prometheus.yaml"), ("rules", "alarms.yaml")])
def test_what_an_operator_copies_is_taken_as_it_is(kind: str, name: str) -> None:
    done = subprocess.run(
        ["promtool", "check", kind, DOCKER / name], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_role_is_asked_and_each_question_of_board_and_rules_is_answered(prometheus: Prometheus) -> None:
    wait_until(
        lambda: {each["health"] for each in prometheus.get("targets")["activeTargets"]} == {"up", "down"},
        DEADLINE_S,
        "the role was not asked",
    )
    assert prometheus.value('sum(undertow_alerts{category="wallet-drain"})') == 2
    assert prometheus.value('undertow_lag_blocks{role="ingest"}') == 40
    for expression in ASKED:
        prometheus.get("query", query=expression)
    told = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in told} == {rule["alert"] for rule in RULES}


def test_what_does_not_answer_and_what_is_behind_are_alarms(prometheus: Prometheus) -> None:
    expected = {"UndertowPartDown", "UndertowBehind"}
    wait_until(lambda: expected <= prometheus.firing(), DEADLINE_S, "nobody was alarmed")
    healths = [rule["health"] for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert set(healths) == {"ok"}
