"""Whether what is acknowledged outlives a broker: how topics are kept, and how they should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType

REPLICAS, IN_SYNC = 3, 2
"""One broker may be lost, and while it is, another may not: a record lies on two before it counts."""
IN_SYNC_SETTING, UNCLEAN_SETTING = "min.insync.replicas", "unclean.leader.election.enable"


def best_for(brokers: int) -> tuple[int, dict[str, str]]:
    """How many replicas a topic should have where there are so many brokers, and the settings with them."""
    replicas = min(REPLICAS, brokers)
    settings = {IN_SYNC_SETTING: str(IN_SYNC), UNCLEAN_SETTING: "false"} if replicas == REPLICAS else {}
    return replicas, settings


def faults(admin: Any, names: Sequence[str], brokers: int) -> list[str]:
    """One line for each thing by which these topics may lose what they took; those not there have none."""
    asked = admin.describe_topics(sorted(set(names)))
    topics = [topic for topic in asked if topic["partitions"] and not topic["error_code"]]
    return list(_faults(admin, topics, brokers))


def _faults(admin: Any, topics: Sequence[dict[str, Any]], brokers: int) -> Iterator[str]:
    if not topics:
        return
    settings = _settings_of(admin, [topic["name"] for topic in topics])
    wanted = min(REPLICAS, brokers)
    for topic in topics:
        name, has = topic["name"], settings[topic["name"]]
        replicas = min(len(part["replica_nodes"]) for part in topic["partitions"])
        in_sync = int(has[IN_SYNC_SETTING])
        if replicas < wanted:
            yield f"{name} has {_counted(replicas)}, and {brokers} brokers could keep {wanted}: {_MORE}"
        if replicas > 1 and in_sync < IN_SYNC:
            yield f"{name} has {IN_SYNC_SETTING} {in_sync}: what one broker alone took is lost with it: set 2"
        if replicas > 1 and in_sync >= replicas:
            yield f"{name} has {IN_SYNC_SETTING} {in_sync} of {replicas}: one broker away stops it"
        if has[UNCLEAN_SETTING] == "true":
            yield f"{name} has {UNCLEAN_SETTING} true: who was behind may lead, and the rest is lost"


_MORE = "give it more with kafka-reassign-partitions.sh"


def _counted(replicas: int) -> str:
    return "1 replica" if replicas == 1 else f"{replicas} replicas"


def _settings_of(admin: Any, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Values by topic and setting."""
    keys = [IN_SYNC_SETTING, UNCLEAN_SETTING]
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, configs=keys) for name in names]
    told = admin.describe_configs(asked, config_filter="all")["topic"]
    if denied := {name for name in names if not told.get(name)}:
        raise kafka_errors.TopicAuthorizationFailedError(denied)
    return {name: {key: told[name][key]["value"] for key in keys} for name in names}
