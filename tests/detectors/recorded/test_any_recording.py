"""Whatever a recording holds, the answer is a report or one clear line: recordings damaged at random."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from detectors.evaluate.recorded import judge_recorded
from detectors.registry import detectors
from ingest.model.errors import BadInput
from tests.detectors.recorded.writing import SANDWICHED, block, exploit, poison, poison_file, sandwich, write

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, 2**70, [], [[]], {}),
    *("", "0x", "0x0", "-0x1", "0x" + "f" * 64, "0x" + "f" * 65, "0x 12", "t", "\u202e\n", "é" * 50),
)
ROUNDS = 60


def places(plain: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value inside."""
    inside = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in inside:
        yield (*above, key)
        yield from places(value, (*above, key))


def damaged(plain: Any, chance: random.Random) -> Any:
    """A copy in which one value is gone, another, or cut short."""
    made = deepcopy(plain)
    *way, last = chance.choice(list(places(made)))
    inside = made
    for key in way:
        inside = inside[key]
    value = inside[last]
    if chance.random() < 0.2:
        inside.pop(last)
    elif isinstance(value, str) and chance.random() < 0.4:
        inside[last] = value[: chance.randrange(len(value) + 1)]
    else:
        inside[last] = chance.choice(ODD)
    return made


def record(top: Path, kind: str, chance: random.Random) -> None:
    if kind == "block":
        write(top / "mainnet_mev" / "block.json", damaged(block(700, SANDWICHED), chance))
    elif kind == "findings":
        findings = {"700": {"sandwiches": [sandwich("hers")], "transactions": 5, "logs": 5}}
        write(top / "mainnet_mev" / "block.json", block(700, SANDWICHED))
        write(top / "mainnet_mev" / "findings.json", damaged(findings, chance))
    elif kind == "exploit":
        write(top / "exploits" / "one.json", damaged(exploit(), chance))
    else:
        row = {key: str(value) for key, value in damaged(poison(), chance).items()}
        poison_file(top, poison(), poison("other") | row)


@pytest.mark.parametrize("kind", ["block", "findings", "exploit", "poisoning"])
def test_a_damaged_recording_is_judged_or_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    judged = refused = 0
    for seed in range(ROUNDS):
        record(tmp_path, kind, random.Random(f"{kind} {seed}"))
        try:
            report = judge_recorded(tmp_path, detectors())
        except BadInput as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert all(line.isprintable() for line in report.lines())
            json.dumps(report.to_dict(), allow_nan=False)
            judged += 1
    assert judged > 0
    assert refused > ROUNDS / 4
