"""A role tells how it is, and never waits for whoever listens."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest

from ingest.kafka import HEALTH, Cluster, HealthReporter, Reader
from ingest.machine.processes import free_port, wait_until
from ingest.model.errors import UnreadableRecord
from ingest.model.health import Health, NodeHealth, Vitals, health_from, health_value
from tests.dashboard.detection import Detection


def test_a_histogram_counts_how_many_took_up_to_each_bound_and_longer() -> None:
    vitals = Vitals()
    # Bounds in milliseconds: 1, 3, 10, 30, 100, 300, 1000, 3000, 10000; 3 ms itself is "up to 3".
    for seconds in (0.0005, 0.003, 0.0031, 0.5, 11.0, 99.0):
        vitals.took("fetch", seconds)
    assert vitals.latency() == {"fetch": [1, 1, 1, 0, 0, 0, 1, 0, 0, 2]}


def test_what_fails_is_timed_too() -> None:
    vitals = Vitals()
    with pytest.raises(OSError), vitals.timed("publish"):
        raise OSError
    assert sum(vitals.latency()["publish"]) == 1


def record(**changes: Any) -> Health:
    nodes = [NodeHealth("http://node.example", 3.5)]
    plain = Health(1, "ingest", "machine", 10, 5, 5.0, 7, 0, {"fetch": [1]}, {"bytes": 9}, nodes, {"a": "on"})
    return msgspec.structs.replace(plain, **changes)


def test_a_record_is_read_as_it_was_written() -> None:
    hostile = record(instance="\0\u202e<b>", detectors={"=1+1": "![p](http://evil.example)"})
    assert health_from(health_value(hostile), 1) == hostile


PLAIN = json.loads(health_value(record()))


CHANGES: list[dict[str, object]] = [
    {"role": "root"}, {"at": -1}, {"at": 2**63}, {"at": "noon"}, {"at": 1.5}, {"chain_id": 2},
    {"instance": ""}, {"instance": "x" * 201}, {"latency": []}, {"counts": {"a": -1}}, {"nodes": [{}]},
    {"more": 1},
]  # fmt: skip
BAD = [None, b"", b"\xff", b"[]", b"{}", b"[" * 100_000, b"{" + b" " * 64_001 + b"}"]


@pytest.mark.parametrize("value", BAD + [json.dumps(PLAIN | change).encode() for change in CHANGES])
def test_what_is_no_record_is_refused_in_one_line(value: bytes | None) -> None:
    with pytest.raises(UnreadableRecord) as said:
        health_from(value, 1)
    assert "\n" not in str(said.value)
    assert len(str(said.value)) < 500


def test_a_broker_that_is_away_delays_nobody() -> None:
    vitals, began = Vitals(), time.monotonic()
    with HealthReporter(f"127.0.0.1:{free_port()}", "detect", 1, vitals, every_s=0.1):
        for _ in range(10_000):
            vitals.count("blocks")
    assert time.monotonic() - began < 5  # the thread alone waits, 2 s for each answer
    assert vitals.counts() == {"blocks": 10_000}


@pytest.mark.broker
def test_each_role_tells_how_it_is_at_once_then_again_and_at_its_end(kafka: str, fresh_chain_id: int) -> None:
    vitals = Vitals()
    Detection(kafka, fresh_chain_id).close()  # a chain has its partition once its first record is there
    partition = Cluster(kafka).partition_of(fresh_chain_id)
    seen: list[Health] = []
    with HealthReporter(kafka, "ingest", fresh_chain_id, vitals, every_s=0.2, instance="a"):
        vitals.head = 7
        with Reader(kafka, HEALTH, partition) as reader:

            def twice() -> bool:
                seen.extend(health_from(each.value, fresh_chain_id) for each in reader.poll(0.2))
                return sum(each.head == 7 for each in seen) >= 2

            wait_until(twice, 30, "nothing was told of health")
    assert {(each.role, each.instance, each.chain_id) for each in seen} == {("ingest", "a", fresh_chain_id)}
    assert seen[-1].cpu_s > 0
