"""What every part must be: the same wherever pieces are cut, after rollbacks, and over a restart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from detectors.parts.contract import Kind, Part
from tests.detectors.seen.looking import Told, pieces, reorganised, told, told_with_crash
from tests.fixtures.market import Market, lived

Those = Part | Sequence[Part]
PartCheck = Callable[[Part, Path], None]
OrderCheck = Callable[[Those, Path, Sequence[int]], None]
SEEDS = (1, 2, 3)
BLOCKS = 70


def explains_itself(part: Part, _folder: Path) -> None:
    """A docstring with its tables and their keys, a name that can be named, kinds that wake it."""
    text = type(part).__doc__ or ""
    assert '"row"' in text or '"transaction"' in text or '"block, id"' in text, "no table has its key told"
    assert part.name.replace("-", "").isalpha()
    assert part.kinds
    assert all(isinstance(kind, Kind) for kind in part.kinds)


def any_cut_says_the_same(those: Those, _folder: Path, seeds: Sequence[int] = SEEDS) -> None:
    names = _names(those)
    for seed in seeds:
        market, expected = _lived(names, seed)
        batch, rng = market.batch(), Random(seed)
        singly = range(batch.first, batch.last)
        _check(told(pieces(batch, *singly), names), expected, "block by block")
        _check(told(pieces(batch, *rng.sample(singly, 9)), names), expected, "random cuts")
        if seed == seeds[0]:
            _check(told([batch], names, alone=True), expected, "asked again block by block")


def a_rollback_leaves_no_trace(those: Those, _folder: Path, seeds: Sequence[int] = SEEDS) -> None:
    names = _names(those)
    for seed in seeds:
        market, expected = _lived(names, seed)
        found = told(reorganised(market, Random(seed)), names, follows=True)
        _check(found, expected, "another answer after a rollback")


def a_restart_changes_nothing(those: Those, folder: Path, seeds: Sequence[int] = SEEDS) -> None:
    names = _names(those)
    for seed in seeds:
        market, expected = _lived(names, seed)
        log = reorganised(market, Random(seed))
        crash = Random(seed).randrange(len(log) * 2 // 3, len(log))
        found = told_with_crash(log, names, crash, folder / str(seed))
        _check(found, expected, "another answer after a restart")


def _names(those: Those) -> tuple[str, ...]:
    return tuple(part.name for part in those) if isinstance(those, Sequence) else (those.name,)


def _lived(names: Sequence[str], seed: int) -> tuple[Market, Told]:
    market = lived(seed, BLOCKS, makers=True)
    expected = told([market.batch()], tuple(names))
    said = {table.split(".")[0] for tables in expected.said.values() for table in tables}
    silent = set(names) - said
    assert not silent, f"{sorted(silent)} says nothing of a market in which everything happens"
    return market, expected


def _check(found: Told, expected: Told, when: str) -> None:
    """Where the two differ, the first block of it and whose tables they are."""
    if found == expected:
        return
    for block, tables in expected.said.items():
        other = found.said.get(block, {})
        names = sorted(name for name in {*tables, *other} if tables.get(name) != other.get(name))
        assert not names, f"{when}: {names} of block {block}"
    raise AssertionError(f"{when}: what is remembered")
