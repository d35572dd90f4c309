"""The only door to Kafka: whose partition is whose, publishing in transactions, reading what is committed."""

from ingest.kafka.access import PLAIN, Access, read_access
from ingest.kafka.beats import Beating, KafkaBeats, Place, detect_place, ingest_place
from ingest.kafka.cluster import Cluster
from ingest.kafka.connection import ALERTS, BLOCKS, HEALTH, PENDING, PENDING_ALERTS, REJECTED, SCORES
from ingest.kafka.publisher import Publisher
from ingest.kafka.reader import Mark, Marks, Message, Reader, last_mark, tail
from ingest.kafka.reporter import HealthReporter

__all__ = [
    "ALERTS",
    "BLOCKS",
    "HEALTH",
    "PENDING",
    "PENDING_ALERTS",
    "PLAIN",
    "REJECTED",
    "SCORES",
    "Access",
    "Beating",
    "Cluster",
    "HealthReporter",
    "KafkaBeats",
    "Mark",
    "Marks",
    "Message",
    "Place",
    "Publisher",
    "Reader",
    "detect_place",
    "ingest_place",
    "last_mark",
    "read_access",
    "tail",
]
