"""What a role says while it runs: a line for a person, or an object for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TextIO

LogFormat = Literal["text", "json"]
_chosen: LogFormat = "text"


def sayer(role: str, log_format: LogFormat, out: TextIO | None = None) -> Callable[[str], None]:
    """Says lines, each at once; from now on errors of the command are said in that form too."""
    global _chosen
    _chosen = log_format

    def say(line: str) -> None:
        print(record(role, "info", line) if log_format == "json" else line, file=out, flush=True)

    return say


def say_error(message: str) -> None:
    """The one line of a command that failed."""
    line = f"undertow: error: {message}"
    print(record("undertow", "error", message) if _chosen == "json" else line, file=sys.stderr)  # noqa: T201


def record(role: str, level: str, line: str) -> str:
    """One line of JSON: nothing that a stranger named can begin another."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    told = {"at": at, "level": level, "role": role, "line": line.removeprefix(f"{role}: ")}
    return json.dumps(told, ensure_ascii=True)
