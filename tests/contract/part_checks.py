"""What every part must be: the same wherever pieces are cut, after rollbacks, and over a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from detectors.parts.contract import Kind, Part
from tests.detectors.seen.looking import Told, pieces, reorganised, told, told_with_crash
from tests.fixtures.market import Market, lived

PartCheck = Callable[[Part, Path], None]
SEEDS = (1, 2, 3)
BLOCKS = 70


def explains_itself(part: Part, _folder: Path) -> None:
    """A docstring with its tables and their keys, a name that can be named, kinds that wake it."""
    text = type(part).__doc__ or ""
    assert '"row"' in text or '"transaction"' in text or '"block, id"' in text, "no table has its key told"
    assert part.name.replace("-", "").isalpha()
    assert part.kinds
    assert all(isinstance(kind, Kind) for kind in part.kinds)


def any_cut_says_the_same(part: Part, _folder: Path) -> None:
    for seed in SEEDS:
        market, expected = _lived(part, seed)
        batch, rng = market.batch(), Random(seed)
        singly = range(batch.first, batch.last)
        assert told(pieces(batch, *singly), (part.name,)) == expected, "block by block"
        assert told(pieces(batch, *rng.sample(singly, 9)), (part.name,)) == expected, "random cuts"


def a_rollback_leaves_no_trace(part: Part, _folder: Path) -> None:
    for seed in SEEDS:
        market, expected = _lived(part, seed)
        found = told(reorganised(market, Random(seed)), (part.name,), follows=True)
        assert found == expected, "another answer after a rollback"


def a_restart_changes_nothing(part: Part, folder: Path) -> None:
    for seed in SEEDS:
        market, expected = _lived(part, seed)
        log = reorganised(market, Random(seed))
        crash = Random(seed).randrange(len(log) * 2 // 3, len(log))
        found = told_with_crash(log, (part.name,), crash, folder / str(seed))
        assert found == expected, "another answer after a restart"


def _lived(part: Part, seed: int) -> tuple[Market, Told]:
    market = lived(seed, BLOCKS, makers=True)
    expected = told([market.batch()], (part.name,))
    said = [name for tables in expected.said.values() for name in tables if name.startswith(f"{part.name}.")]
    assert said, "it says nothing of a market in which everything happens"
    return market, expected
