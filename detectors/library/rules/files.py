"""Rules as files: `NAME.rule` in a folder, one rule each. A bad one is refused, and with it the folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from detectors.library.rules import limits
from detectors.library.rules.detector import RuleDetector
from detectors.library.rules.parsing import parsed
from detectors.library.rules.refusing import Refused, quoted
from ingest.model.errors import BadInput

SUFFIX = ".rule"


def rules_of(folder: Path) -> Sequence[RuleDetector]:
    """The rules of a folder, by name; files that are not called `*.rule` are none. Raises BadInput."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder with rules: give --rules a folder of *{SUFFIX} files")
    paths = paths_of(folder)
    if len(paths) > limits.RULES:
        raise BadInput(f"{folder} holds {len(paths)} rules, at most {limits.RULES}: take some out")
    return [rule_at(path) for path in paths]


def paths_of(folder: Path) -> list[Path]:
    """The files of a folder that should be rules, by name. Raises BadInput."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError as error:
        raise BadInput(f"{folder} cannot be read: {error.strerror}; give another folder") from error


def rule_at(path: Path) -> RuleDetector:
    """The rule of a file, which is called as the file is. Raises BadInput with file, line and column."""
    try:
        with path.open("rb") as file:
            raw = file.read(limits.FILE_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; give a file with a rule") from error
    return rule_in(raw, path.name, str(path))


def rule_in(raw: bytes, name: str, source: str) -> RuleDetector:
    """The rule of a file of this name, which says `raw`; `source` names it to people. Raises BadInput."""
    found = rule_of(_text(raw, source), source)
    wanted = f"{found.rule.name}{SUFFIX}"
    if name != wanted:
        raise BadInput(f"{source}:1:1: the rule is called {found.rule.name}: call the file {wanted}")
    return found


def rule_of(text: str, source: str) -> RuleDetector:
    """The rule that a text is; `source` names it. Raises BadInput with line and column."""
    try:
        return RuleDetector(parsed(text))
    except Refused as refused:
        raise refused.of(source) from None


def _text(raw: bytes, source: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        what = quoted(repr(raw[error.start : error.start + 1])[2:-1])
        raise BadInput(f"{source}:{line}:{column}: {what} is no UTF-8: write plain text") from None
