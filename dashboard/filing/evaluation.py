"""What `undertow evaluate --json` said, read for a screen: anybody may have written the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.model.errors import BadInput

MOST_BYTES = 50_000_000
"""What a file may take: one of a hundred worlds has a few MB."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A share with its interval; all null where nothing could be counted."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """How well one category is found: `lead_blocks` before harm, `latency_blocks` after the first sign."""

    name: str
    status: str
    attacks: int
    found: int
    alerts: int
    false: int
    precision: Figure
    recall: Figure
    f1: Figure
    lead_blocks: float | None
    latency_blocks: float | None
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation, as far as a screen shows it. `changed`: when the file was written, seconds UTC."""

    changed: float
    worlds: tuple[Mapping[str, Any], ...]
    transactions: int | None
    honest: int | None
    per_10k: float | None
    macro_f1: float | None
    categories: tuple[Category, ...]
    baselines: tuple[Category, ...]
    overall: Category


def read_evaluation(path: Path) -> Evaluation:
    """Raises BadInput, in one line, where there is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} is larger than {MOST_BYTES:,} bytes: no evaluation is")
        plain = json.loads(path.read_bytes())
        changed = path.stat().st_mtime
    except OSError as error:
        raise BadInput(
            f"the evaluation {path} cannot be read: {error.strerror}: write one with "
            "`undertow evaluate --json FILE`"
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is not JSON: name what `undertow evaluate --json FILE` wrote") from error
    wanted = isinstance(plain, dict) and all(
        isinstance(plain.get(key), dict) for key in ("categories", "overall")
    )
    if not wanted:
        raise BadInput(f"{path} is no evaluation: name what `undertow evaluate --json FILE` wrote")
    return _evaluation(plain, changed)


def _evaluation(plain: Mapping[str, Any], changed: float) -> Evaluation:
    worlds = plain.get("worlds")
    return Evaluation(
        changed,
        tuple(each for each in worlds if isinstance(each, dict)) if isinstance(worlds, list) else (),
        _whole(plain.get("transactions")),
        _whole(plain.get("honest_transactions")),
        _real(plain.get("alerts_per_10k_honest_transactions")),
        _real(plain.get("macro_f1")),
        tuple(_category(name, each) for name, each in sorted(plain["categories"].items())),
        tuple(_category(name, each) for name, each in sorted(_mapping(plain.get("baselines")).items())),
        _category("overall", plain["overall"]),
    )


def _category(name: str, told: object) -> Category:
    plain = _mapping(told)
    return Category(
        str(name),
        str(plain.get("status", "")),
        _whole(plain.get("attacks")) or 0,
        _whole(plain.get("found")) or 0,
        _whole(plain.get("alerts")) or 0,
        _whole(plain.get("false_alarms")) or 0,
        _figure(plain.get("precision")),
        _figure(plain.get("recall")),
        _figure(plain.get("f1")),
        _real(_mapping(plain.get("lead")).get("median")),
        _real(_mapping(plain.get("latency")).get("median")),
        _curve(plain.get("curve")),
    )


def _curve(told: object) -> tuple[tuple[float, float], ...]:
    points = [_mapping(each) for each in told] if isinstance(told, list) else []
    pairs = [(_real(each.get("recall")), _real(each.get("precision"))) for each in points]
    return tuple(
        (recall, precision) for recall, precision in pairs if recall is not None and precision is not None
    )


def _figure(told: object) -> Figure:
    plain = _mapping(told)
    return Figure(_real(plain.get("value")), _real(plain.get("low")), _real(plain.get("high")))


def _mapping(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


def _real(told: object) -> float | None:
    known = isinstance(told, int | float) and not isinstance(told, bool) and abs(told) < 1e18
    return float(told) if known else None  # type: ignore[arg-type]


def _whole(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < 2**63 else None
