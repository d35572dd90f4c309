"""Rules as files of a folder, written and retired by people: each change stands in the audit with the whole
text before and after it. None is in force before `undertow detect --rules` judges anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dashboard.filing.export import write_whole
from dashboard.store import Actor, Desk
from detectors.library.rules import limits
from detectors.library.rules.detector import RuleDetector
from detectors.library.rules.files import SUFFIX, paths_of, rule_in, rule_of
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
    for path in paths_of(folder)[: limits.RULES]:
        name, raw = path.name.removesuffix(SUFFIX), _read(path) or b""
        try:
            yield RuleFile(name, _text(raw), rule_in(raw, path.name, path.name))
        except BadInput as error:
            yield RuleFile(name, _text(raw), None, str(error))


def checked(text: str) -> RuleDetector:
    """The rule that a text is. Raises BadInput."""
    return rule_of(text, "the rule")


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
        write_whole(path, text)
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
    raw = _read(path)
    stands = None if raw is None else _text(raw)
    if stands != seen:
        became = "it was retired" if stands is None else "it is another"
        raise BadInput(f"somebody changed the rule {path.stem} meanwhile, {became}: look, and decide again")
    return stands


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(limits.FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; look at it on its machine") from error


def _text(raw: bytes) -> str:
    """What is no UTF-8 is written out."""
    return raw.decode(errors="backslashreplace")
