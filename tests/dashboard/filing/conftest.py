"""What detection sends on a chain of the test's own, and commands that end with the test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.dashboard.detection import Detection

Undertow = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def detection(kafka: str, fresh_chain_id: int) -> Iterator[Detection]:
    detection = Detection(kafka, fresh_chain_id)
    yield detection
    detection.close()


@pytest.fixture
def undertow() -> Iterator[Undertow]:
    """Starts `undertow …`; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: object) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "undertow", *map(str, words)]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
