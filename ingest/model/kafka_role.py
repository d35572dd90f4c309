"""Who speaks to Kafka, each with rights of its own; a command knows them without loading Kafka's library."""

from typing import Literal

Role = Literal["ingest", "new-chain", "detect", "sink", "export", "status", "canary", "mempool", "pending"]
