"""Files how the roles of a chain are, as they tell it in `undertow.health`. It is never waited for."""

from __future__ import annotations

import time

from dashboard.store import Rejected, Writer
from ingest.kafka import HEALTH, Cluster, Reader
from ingest.model.errors import UnreadableRecord
from ingest.model.health import Health, health_from

LOOK_BACK = 2_000
"""Offsets before the end that are read at a start: what lies before is old, or was filed."""
LOOK_EVERY_S = 5.0
"""How often to look for the topic where a Kafka of before has none yet."""
AHEAD_S = 86_400
"""A record that claims to come from later than this was told by a clock that is wrong."""


class HealthTopic:
    """Of one chain."""

    def __init__(self, bootstrap: str, chain_id: int, partition: int) -> None:
        self._place = (bootstrap, chain_id, partition)
        self._reader: Reader | None = None
        self._looked = float("-inf")
        self.shadow: Health | None = None
        """What a shadow run of the canary told last."""

    def file(self, writer: Writer) -> int:
        """What is new, into the store; how many records were told."""
        reader = self._opened()
        messages = [] if reader is None else reader.poll(0)
        records: list[Health] = []
        rejected: list[Rejected] = []
        for message in messages:
            try:
                records.append(_in_time(health_from(message.value, self._place[1])))
            except UnreadableRecord as error:
                rejected.append(Rejected(message.topic, message.offset, str(error)))
        if messages:
            writer.file_health(self._place[1], records, rejected)
        self.shadow = next((each for each in reversed(records) if each.role == "canary"), self.shadow)
        return len(records)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _opened(self) -> Reader | None:
        if self._reader is None and time.monotonic() - self._looked > LOOK_EVERY_S:
            self._looked = time.monotonic()
            bootstrap, _, partition = self._place
            if Cluster(bootstrap).health_partitions() > partition:
                self._reader = Reader(bootstrap, HEALTH, partition)
                self._reader.seek(max(self._reader.beginning(), self._reader.end() - LOOK_BACK))
        return self._reader


def _in_time(record: Health) -> Health:
    if record.at > time.time() + AHEAD_S:
        raise UnreadableRecord(f"a record of health of the time {record.at}, which is yet to come")
    return record
