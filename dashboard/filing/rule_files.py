"""Rules as files of a folder, written and retired by people: each change stands in the audit with the whole
text before and after it. None is in force before `undertow detect --rules` judges anew.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dashboard.store import Actor, Desk
from detectors.library.rules import limits
from detectors.library.rules.detector import RuleDetector
from detectors.library.rules.files import SUFFIX, rule_of
from ingest.model.errors import BadInput

RETIRED = "retired"
"""The folder inside of that of rules where the last text of each retired one lies."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file of the folder: its rule, or in one line why it is none."""

    name: str
    text: str
    rule: RuleDetector | None
    refused: str = ""


def held(folder: Path) -> Iterator[RuleFile]:
    """The rules of a folder by name, the bad ones too. Raises BadInput where it cannot be read."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError as error:
        raise BadInput(f"{folder} cannot be read: {error.strerror}; name another folder") from error
    for path in paths[: limits.RULES]:
        name, text = path.name.removesuffix(SUFFIX), _read(path) or ""
        try:
            yield RuleFile(name, text, checked(text, name))
        except BadInput as error:
            yield RuleFile(name, text, None, str(error))


def checked(text: str, name: str | None = None) -> RuleDetector:
    """The rule that a text is; where a name is given, it must be the rule's. Raises BadInput."""
    rule = rule_of(text, f"{name or 'the rule'}{SUFFIX if name else ''}")
    if name not in (None, rule.rule.name):
        raise BadInput(
            f"{name}{SUFFIX}:1:6: the rule is called {rule.rule.name}: a file has the name of its rule"
        )
    return rule


def save(desk: Desk, actor: Actor, folder: Path, text: str, seen: str | None) -> RuleDetector:
    """Writes a rule, whole or not at all. `seen`: the text that the person had before their eyes, null for a
    new rule. Raises BadInput for what is no rule, or where somebody else changed it since, and NotAllowed.
    """
    rule = checked(text)
    name, path = rule.rule.name, folder / f"{rule.rule.name}{SUFFIX}"
    if seen is None and len(list(folder.glob(f"*{SUFFIX}"))) >= limits.RULES:
        raise BadInput(f"{limits.RULES} rules are kept already: retire one first")
    action = "write rule" if seen is None else "change rule"
    with desk.rule_change(actor, action, name, lambda: _as_seen(path, seen), text):
        _write(path, text)
    return rule


def retire(desk: Desk, actor: Actor, folder: Path, name: str, seen: str) -> None:
    """Moves a rule to where retired ones lie. Raises as `save`."""
    if Path(name).name != name:
        raise BadInput("that is no name of a rule")
    path = folder / f"{name}{SUFFIX}"
    with desk.rule_change(actor, "retire rule", name, lambda: _as_seen(path, seen), None):
        try:
            (folder / RETIRED).mkdir(exist_ok=True)
            path.replace(folder / RETIRED / path.name)
        except OSError as error:
            raise BadInput(f"{path} cannot be moved: {error.strerror}; it stays as it is") from error


def _as_seen(path: Path, seen: str | None) -> str | None:
    stands = _read(path)
    if stands != seen:
        became = "it was retired" if stands is None else "it is another"
        raise BadInput(f"somebody changed the rule {path.stem} meanwhile, {became}: look, and decide again")
    return stands


def _read(path: Path) -> str | None:
    """What is no UTF-8 is written out: no such text is a rule."""
    try:
        with path.open("rb") as file:
            return file.read(limits.FILE_BYTES + 1).decode(errors="backslashreplace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; look at it on its machine") from error


def _write(path: Path, text: str) -> None:
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode())
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}; nothing was changed") from error
