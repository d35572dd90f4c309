"""Trails whose payments lie months apart are the same wherever pieces are cut, and also block by block."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from detectors import registry
from detectors.parts.trails import Settings, Trails
from ingest.model.batch import Batch
from tests.detectors.parts.test_trails import READS
from tests.detectors.parts.test_trails import told as lines_of
from tests.detectors.seen import looking
from tests.detectors.seen.looking import pieces, told, told_with_crash
from tests.detectors.seen.views import seen
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.market import ETHER

DAY = 86_400
SPANS = (89, 90, 91, 119, 120, 121)
"""Days around those for which rows of the chain (90) and payments (120) are remembered."""


NAMES = ("alice", "bob", "carol", "dave", "erin")


def line_of(days: int) -> list[bytes]:
    """Whoever pays, rests for so many days, and is paid in the end."""
    return [address(f"{name} who rests {days} days") for name in ("alice", "bob", "carol", "dave")]


def rested() -> ChainBuilder:
    """All alices pay at once. Each bob, and at once carol, hands it on when he has rested."""
    chain = ChainBuilder(first_block=1).block()
    for days in SPANS:
        alice, bob, *_ = line_of(days)
        chain.native(alice, bob, 10 * ETHER)
    chain.blocks(17)
    begun = chain.now - 17 * 12
    for days in SPANS:
        _, bob, carol, dave = line_of(days)
        chain.block(begun + days * DAY - chain.now).native(bob, carol, 10 * ETHER)
        chain.native(carol, dave, 10 * ETHER).blocks(2)
    return chain


def wandering(rng: Random, blocks: int) -> ChainBuilder:
    """Money that wanders through fresh wallets, and home at times, seconds or months apart."""
    chain, ways, names = ChainBuilder(first_block=1), list[list[bytes]](), iter(range(9 * blocks))
    for _ in range(blocks):
        chain.block(rng.choice((12, 12, 12, 12, 3600, 9 * DAY, 31 * DAY, 60 * DAY, 89 * DAY)))
        for _ in range(rng.randint(0, 3)):
            if not ways or rng.random() < 0.2:
                ways.append([address(f"wallet {next(names)}")])
            way = rng.choice(ways)
            way.append(way[0] if len(way) > 3 and rng.random() < 0.3 else address(f"wallet {next(names)}"))
            chain.native(way[-2], way[-1], (100 - len(way)) * ETHER)
            if way[-1] == way[0]:
                ways.remove(way)
    return chain


def checked(batch: Batch, folder: Path, rng: Random) -> None:
    """Told block by block, in random pieces, asked again block by block, and over a crash."""
    expected, singly = told([batch], READS), range(batch.first, batch.last)
    assert any("trails.handed" in said for said in expected.said.values())
    assert told(pieces(batch, *singly), READS) == expected
    assert told(pieces(batch, *rng.sample(singly, 9)), READS) == expected
    assert told([batch], READS, alone=True) == expected
    log = pieces(batch, *rng.sample(singly, 9))
    assert told_with_crash(log, READS, len(log) - 2, folder) == expected


def test_a_trail_is_followed_over_a_rest_of_120_days_and_no_more() -> None:
    batch = rested().batch()
    view = seen(batch.slice(1, batch.last), None, *READS)
    origins = {view.address(line["origin"]) for line in lines_of(view, "handed")}
    assert origins == {line_of(days)[0] for days in SPANS if days <= 120}


def test_rests_around_all_horizons_say_the_same_under_all_cuts(tmp_path: Path) -> None:
    checked(rested().batch(), tmp_path, Random(1))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_random_rests_say_the_same_under_all_cuts(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    checked(wandering(rng, 70).batch(), tmp_path, rng)


@pytest.mark.parametrize(("most", "left"), [(4, 3), (8, 7), (20_000, 21)])
def test_what_a_block_has_too_many_lines_for_is_left_out_whole_wherever_pieces_are_cut(
    most: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each line the first three payments are a trail, and then all four."""
    parts = [part for part in registry.parts() if part.name != "trails"]
    monkeypatch.setattr(looking, "PARTS", [*parts, Trails(settings=Settings(hops=most))])
    chain = ChainBuilder(first_block=1)
    for block in range(4):
        chain.block()
        for line in range(3):
            for here, there in pairwise(address(f"{name} {line} of block {block}") for name in NAMES):
                chain.native(here, there, ETHER)
    whole = told([chain.batch()], READS)
    for block in range(1, 5):
        assert len(whole.said[block]["trails.handed"]["row"]) == left
    assert told(pieces(chain.batch(), *range(1, 5)), READS) == whole
