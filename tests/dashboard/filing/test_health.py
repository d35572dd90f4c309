"""The sink files how the roles are, sets aside what is no record of that, and tells of itself."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from kafka import KafkaProducer

from dashboard.filing.health import HealthTopic
from dashboard.filing.sink import Goal, run
from dashboard.store import Reader, open_reader, open_writer
from ingest.kafka import HEALTH, Cluster, HealthReporter
from ingest.machine.processes import wait_until
from ingest.model.health import Health, Vitals, health_value
from tests.dashboard.alerts import drain, judged
from tests.dashboard.detection import Detection

pytestmark = pytest.mark.broker


def test_what_a_role_tells_is_filed_and_what_is_no_record_is_set_aside(
    kafka: str, fresh_chain_id: int, sqlite_url: str
) -> None:
    Detection(kafka, fresh_chain_id).close()
    partition = Cluster(kafka).room_for_health(fresh_chain_id)
    now = int(time.time())
    good = Health(fresh_chain_id, "ingest", "a", now, now, 5.0, head=7)
    bad = Health(fresh_chain_id, "ingest", "b", now + 10**12, now, 5.0)
    producer = KafkaProducer(bootstrap_servers=kafka)
    for value in (b"junk", health_value(bad), health_value(good)):
        producer.send(HEALTH, value, key=b"x", partition=partition).get(timeout=30)
    producer.close()
    with closing(open_writer(sqlite_url)) as writer, closing(open_reader(sqlite_url)) as reader:
        topic = HealthTopic(kafka, fresh_chain_id, partition)
        wait_until(lambda: bool(topic.file(writer) or reader.health.now()), 30, "nothing was filed")
        topic.close()
        assert [row.health for row in reader.health.now()] == [good]
        reasons = sorted(row.reason for row in reader.set_aside())
        assert [reason[:20] for reason in reasons] == ["a record of health o", "no record of health:"]


def test_the_sink_files_what_others_and_it_itself_tell(
    kafka: str, fresh_chain_id: int, sqlite_url: str, tmp_path: Path
) -> None:
    detection = Detection(kafka, fresh_chain_id)
    detection.judge(drain(1, chain_id=fresh_chain_id), blocks=(judged(5),))
    detection.close()
    stop, vitals = Event(), Vitals()
    vitals.head = 100
    with closing(open_writer(sqlite_url)) as writer, closing(open_reader(sqlite_url)) as reader:
        told = HealthReporter(kafka, "ingest", fresh_chain_id, vitals, every_s=0.2, instance="a")
        sink = Thread(target=run, args=(kafka, writer, Goal(fresh_chain_id), stop, print))
        with told:
            sink.start()
            try:
                wait_until(lambda: told_by(reader) == {"ingest", "sink"}, 60, "no health was filed")
            finally:
                stop.set()
                sink.join(30)
        by_role = {row.role: row.health for row in reader.health.now()}
        assert by_role["ingest"] is not None and by_role["ingest"].head == 100


def told_by(reader: Reader) -> set[str]:
    return {row.role for row in reader.health.now()}
