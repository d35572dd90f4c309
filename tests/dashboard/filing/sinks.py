"""A sink as its users run it, by itself or to a block, and other commands about what it filed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress

from typer.testing import CliRunner

import undertow as undertow_app
from dashboard.store import Reader, open_reader
from ingest.model.errors import BadInput

Undertow = Callable[..., "subprocess.Popen[str]"]
DEADLINE_S = 90


def command(*words: object) -> str:
    """What a command said that ended well, in this process: whether it starts and ends as a process of its
    own is asked of the sink.
    """
    outcome = CliRunner().invoke(undertow_app.app, [str(word) for word in words])
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def ended(process: subprocess.Popen[str]) -> str:
    """What a command said that ended with status 0."""
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, said
    return said


def sink(undertow: Undertow, kafka: str, store: str, chain_id: int, *more: object) -> subprocess.Popen[str]:
    return undertow("sink", "--kafka", kafka, "--store", store, "--chain-id", chain_id, *more)


def filed_until(kafka: str, store: str, chain_id: int, block: int) -> str:
    """What a sink said that filed everything until a block."""
    return command("sink", "--kafka", kafka, "--store", store, "--chain-id", chain_id, "--until-block", block)


def shows(url: str, seen: Callable[[Reader], bool]) -> bool:
    """Whether a store shows what is expected, sooner or later."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        with suppress(BadInput), closing(open_reader(url)) as reader:  # the sink may not have made it yet
            if reader.heads() and seen(reader):
                return True
        time.sleep(0.1)
    return False
