"""Pending alerts as they were last published in `fraud.pending`."""

from __future__ import annotations

from detectors.alerts.pending import PendingAlert, pending_from
from ingest.kafka import PENDING_ALERTS, Cluster, Reader
from ingest.model.errors import UnreadableRecord

_POLL_S = 0.5


def last_pending(bootstrap: str, chain_id: int) -> dict[str, PendingAlert]:
    """By their id, the newest last; empty where nobody reads a pool of this chain. Records of other programs
    are passed over.
    """
    cluster = Cluster(bootstrap)
    partition = cluster.partition_of(chain_id)
    found: dict[str, PendingAlert] = {}
    if cluster.pending_partitions() <= partition:
        return found
    with Reader(bootstrap, PENDING_ALERTS, partition) as reader:
        end = reader.sent()
        while reader.position < end:
            for message in reader.poll(_POLL_S):
                try:
                    each = pending_from(message.key, message.value, chain_id)
                except UnreadableRecord:
                    continue
                found.pop(each.id, None)
                found[each.id] = each
    return found
