"""The only door to Kafka: whose partition is whose, publishing in transactions, reading what is committed."""

from ingest.kafka.access import PLAIN, Access, read_access
from ingest.kafka.beats import Beating, Owner, Place, detect_place, ingest_place
from ingest.kafka.cluster import Cluster
from ingest.kafka.connection import ALERTS, BLOCKS, HEALTH, REJECTED, SCORES
from ingest.kafka.publisher import Publisher
from ingest.kafka.reader import Mark, Marks, Message, Reader, last_mark, tail
from ingest.kafka.reporter import HealthReporter
from ingest.kafka.turns import Turns, in_turns

__all__ = [
    "ALERTS",
    "BLOCKS",
    "HEALTH",
    "PLAIN",
    "REJECTED",
    "SCORES",
    "Access",
    "Beating",
    "Cluster",
    "HealthReporter",
    "Mark",
    "Marks",
    "Message",
    "Owner",
    "Place",
    "Publisher",
    "Reader",
    "Turns",
    "detect_place",
    "in_turns",
    "ingest_place",
    "last_mark",
    "read_access",
    "tail",
]
