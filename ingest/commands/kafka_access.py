"""Options that every command with `--kafka` has, by which it speaks to a Kafka that asks who is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

KafkaConfig = Annotated[
    Path | None,
    typer.Option(
        "--kafka-config",
        envvar="UNDERTOW_KAFKA_CONFIG",
        metavar="FILE",
        help="TOML that says how Kafka is spoken to: TLS, user, password by reference.  "
        "[default: plain text]",
    ),
]
KafkaPlaintext = Annotated[
    bool,
    typer.Option(
        "--kafka-plaintext",
        envvar="UNDERTOW_KAFKA_PLAINTEXT",
        help="Speak to a Kafka on another machine without encryption: for a network that is yours alone.",
    ),
]


def choose_access(config: Path | None, plaintext: bool) -> None:
    """Into this process's environment, which all connections read and processes that it starts inherit."""
    if config is not None:
        os.environ["UNDERTOW_KAFKA_CONFIG"] = str(config.absolute())
    if plaintext:
        os.environ["UNDERTOW_KAFKA_PLAINTEXT"] = "1"
