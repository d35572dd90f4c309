"""The command `undertow canary`: a recorded attack, judged again and again beside the stream.

Where nobody may play an attack on the chain itself, this says whether this build still finds one. Nobody is
told of it as an alert: a health record says it, for which `undertow sink --shadow-canary` listens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.commands.kafka_access import KafkaConfig, KafkaPlaintext, choose_access
from ingest.commands.observing import LogFormatOption

if TYPE_CHECKING:
    from detectors.evaluate.labels import Labels
    from ingest.lake.reading import Lake


def canary(
    lake: Annotated[Path, typer.Option(metavar="DIR", help="The recorded blocks, a lake of a few hundred.")],
    labels: Annotated[
        Path, typer.Option(metavar="FILE", help="What was played in them; its canaries, else its attacks.")
    ],
    chain_id: Annotated[
        int, typer.Option(envvar="UNDERTOW_CHAIN_ID", min=0, help="The watched chain that is told of.")
    ],
    kafka: Annotated[
        str,
        typer.Option(envvar="UNDERTOW_KAFKA", metavar="HOST:PORT", help="Where health records are told."),
    ] = "127.0.0.1:9092",
    kafka_config: KafkaConfig = None,
    kafka_plaintext: KafkaPlaintext = False,
    every: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, max=1_000_000, help="From one run to the next.")
    ] = 300,
    runs: Annotated[int | None, typer.Option(min=1, help="End after so many runs.  [default: go on]")] = None,
    log_format: LogFormatOption = "text",
) -> None:
    """Judge a recorded attack beside the stream, again and again, and tell whether it is found."""
    from ingest.kafka import HealthReporter
    from ingest.lake.reading import Lake
    from ingest.machine.logs import sayer
    from ingest.machine.signals import stop_on_signal
    from ingest.model.health import Vitals

    choose_access(kafka_config, kafka_plaintext)
    opened, truth, say = Lake.open(lake), _attacks(labels), sayer("canary", log_format)
    vitals, done = Vitals(), 0
    _expect_rights(kafka)
    with stop_on_signal() as stop, HealthReporter(kafka, "canary", chain_id, vitals):
        while not stop.is_set():
            found, played = _judged(opened, truth, say)
            vitals.count("played", played)
            vitals.count("found", found)
            say(f"canary: {found} of {played} found")
            done += 1
            if done == runs:
                return
            stop.wait(every)


def _expect_rights(kafka: str) -> None:
    """A Kafka that is away is not waited for; one that will take no record of health is told of at once."""
    from ingest.kafka import Cluster
    from ingest.model.errors import BrokerRefused, BrokerUnreachable

    try:
        Cluster(kafka).expect_rights("canary")
    except BrokerRefused:
        raise
    except BrokerUnreachable:
        return


def _attacks(file: Path) -> Labels:
    """Canaries as attacks, or the attacks of a file that has none. Raises BadInput where there is neither."""
    from detectors.evaluate import load_labels
    from ingest.model.errors import BadInput

    told = load_labels(file)
    chosen = [replace(label, kind="attack") for label in told.canaries] or list(told.attacks)
    if not chosen:
        raise BadInput(f"{file} labels no canary and no attack: give the labels of the recorded blocks")
    return replace(told, labels=tuple(chosen), canaries=())


def _judged(lake: Lake, labels: Labels, say: Callable[[str], None]) -> tuple[int, int]:
    """How many of the attacks a run of today's detectors finds, and of how many; says who raised."""
    from detectors.evaluate import judge
    from detectors.registry import detectors
    from detectors.runs.over_lake import LakeRun

    said = LakeRun(lake, labels.chain_id, detectors()).run(None, None, lambda _progress: None)
    for name, off in said.off.items():
        say(f"canary: {off.told(name)}")
    return len(judge(said.alerts, labels).found), len(labels.attacks)
