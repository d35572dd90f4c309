"""Worlds are played once and kept: what makes another world, who may use one, and which are removed."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from ingest.model.errors import SetupFailed
from tests.bench import world_store
from tests.bench.world_playing import refuse_half
from tests.bench.world_store import NOT_IN_A_WORLD, Plan, WorldStore, digest_of, sources

PLAN = Plan(seed=1, blocks=300, transactions=20, per_category=2)


class Player:
    """Plays worlds of one file, which says what was played."""

    def __init__(self) -> None:
        self.played: list[int] = []

    def __call__(self, plan: Plan, folder: Path) -> None:
        self.played.append(plan.seed)
        (folder / "lake").write_text(str(plan))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> WorldStore:
    """What it says of removing; that it plays or has kept a world is looked at by itself."""
    return WorldStore(tmp_path, lambda line: said.append(line) if line.startswith("removed") else None)


def worlds_in(store: WorldStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()} - {"locks"}


def test_a_world_is_played_once(store: WorldStore) -> None:
    play = Player()
    for _ in range(2):
        with store.kept(PLAN, play) as folder:
            assert (folder / "lake").read_text() == str(PLAN)
    assert play.played == [1]
    assert worlds_in(store) == {digest_of(PLAN)}


def test_it_says_what_is_played_and_what_is_not_played_again(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        with WorldStore(tmp_path, said.append).kept(PLAN, Player()):
            pass
    plan = "seed 1: 300 blocks, about 20 honest transactions each, up to 2 attacks of every category"
    assert said == [
        f"playing a world, which is kept for the next time: {plan}", f"kept and not played again: {plan}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{"seed": 2}, {"blocks": 301}, {"transactions": 21}, {"per_category": 3}, {"categories": ("ponzi",)}],
)
def test_another_plan_is_another_world(store: WorldStore, changes: dict[str, object]) -> None:
    play = Player()
    for plan in (PLAN, replace(PLAN, **changes)):  # type: ignore[arg-type]
        with store.kept(plan, play):
            pass
    assert len(play.played) == 2


def test_changed_sources_are_another_world(
    store: WorldStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, play = tmp_path / "layering.py", Player()
    monkeypatch.setattr(world_store, "sources", lambda: [source])
    for text in ("four hops", "five hops", "four hops"):
        source.write_text(text)
        with store.kept(PLAN, play):
            pass
    assert len(play.played) == 2  # what was before is kept too


def test_stories_contracts_decoding_and_pins_are_among_the_sources() -> None:
    found = {str(path) for path in sources()}
    for name in (
        "localchain/attacks/layering.py", "localchain/contracts/flash.sol", "decode/transfers.py",
        "schema/chain.py", "blocks/frames.py", "lake/writing.py", "facts/codes.py", "constraints.txt",
        "machine/data/package-lock.json", "bench/world_playing.py",
    ):  # fmt: skip
        assert any(each.endswith(name) for each in found), name
    assert not any("/kafka/" in each or "__pycache__" in each for each in found)


def test_what_is_left_out_of_the_digest_is_nowhere_imported_by_what_plays_and_reads() -> None:
    modules = [name.removesuffix(".py").replace("/", ".") for name in NOT_IN_A_WORLD]
    left_out = tuple(f"ingest.{name}" for name in modules)
    commands = Path(str(files("ingest"))) / "commands"
    for path in sources():
        # The commands mount all others too; each imports what it needs when it is given.
        if path.suffix == ".py" and commands not in path.parents:
            for node in ast.walk(ast.parse(path.read_text())):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
                assert not any(name.startswith(left_out) for name in names), (path, names)


def test_a_world_that_was_not_played_to_its_end_is_none(store: WorldStore) -> None:
    def fails(plan: Plan, folder: Path) -> None:
        (folder / "lake").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"), store.kept(PLAN, fails):
        raise AssertionError("there is no world to use")
    assert worlds_in(store) == set()
    play = Player()
    with store.kept(PLAN, play):
        assert play.played == [1]


def test_what_a_killed_run_left_is_not_taken_for_a_world_and_is_removed(
    store: WorldStore, said: list[str]
) -> None:
    """A killed run leaves its folder under another name, this plan's and another's."""
    for name in (digest_of(PLAN), "of-another-plan"):
        (store.folder / f"{name}.x1.half-played").mkdir()
        (store.folder / f"{name}.x1.half-played" / "world.json").write_text("half")
    play = Player()
    with store.kept(PLAN, play) as folder:
        assert (folder / "lake").read_text() == str(PLAN)
    assert worlds_in(store) == {digest_of(PLAN)}
    assert said == [
        "removed the world of-another-plan.x1.half-played: a run was killed while it played or removed it"
    ]


def test_a_run_killed_while_it_plays_leaves_nothing_that_is_taken_for_a_world(store: WorldStore) -> None:
    """It dies without a word, as by kill -9; the next run waits for nobody and plays the whole world."""
    dying = subprocess.Popen([sys.executable, "-c", DYING, str(store.folder)], stdout=subprocess.PIPE)
    assert dying.stdout is not None
    assert dying.stdout.readline() == b"half\n"
    (half,) = worlds_in(store)
    assert half.endswith(".half-played")
    dying.kill()
    dying.wait()
    play = Player()
    with store.kept(PLAN, play) as folder:
        assert (folder / "lake").read_text() == str(PLAN)
    assert worlds_in(store) == {digest_of(PLAN)}


DYING = """
import sys, time
from pathlib import Path
from tests.bench.test_world_store import PLAN
from tests.bench.world_store import WorldStore

def play(plan, folder):
    (folder / "lake").write_text("half")
    print("half", flush=True)
    time.sleep(60)

with WorldStore(Path(sys.argv[1]), len).kept(PLAN, play):
    pass
"""


def test_what_a_dead_run_still_writes_is_in_no_world(store: WorldStore) -> None:
    """A command that it had started lives a moment longer, and writes where that run played."""
    (store.folder / f"{digest_of(PLAN)}.x1.half-played").mkdir()

    def plays(plan: Plan, folder: Path) -> None:
        late = store.folder / f"{digest_of(PLAN)}.x1.half-played"
        late.mkdir(exist_ok=True)
        (late / "lake").write_text("late")
        (folder / "facts").write_text("own")

    with store.kept(PLAN, plays) as folder:
        assert {path.name for path in folder.iterdir()} == {"facts", "world.json"}


def test_a_world_that_another_run_removed_meanwhile_is_nobodys_fault(
    store: WorldStore, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs clear up at once: the other one is quicker, after this one has looked."""
    monkeypatch.setattr(world_store, "KEPT_WORLDS", 1)
    for seed in (1, 2):
        with store.kept(replace(PLAN, seed=seed), Player()):
            pass
    said.clear()
    (gone,) = worlds_in(store)
    looked = world_store._last_used

    def quicker(world: Path) -> float:
        when = looked(world)
        shutil.rmtree(world)
        return when

    monkeypatch.setattr(world_store, "_last_used", quicker)
    with store.kept(replace(PLAN, seed=3), Player()):
        assert gone not in worlds_in(store)
    assert said == []


def test_the_worlds_used_last_stay(
    store: WorldStore, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of seeds 1, 2 and 3 the first was used last; with room for three the second goes for the fourth."""
    monkeypatch.setattr(world_store, "KEPT_WORLDS", 3)
    play, plans = Player(), [replace(PLAN, seed=seed) for seed in (1, 2, 3, 4)]
    for age, plan in ((300, plans[0]), (200, plans[1]), (100, plans[2])):
        with store.kept(plan, play) as folder:
            pass
        then = (folder / "world.json").stat().st_mtime - age
        os.utime(folder / "world.json", (then, then))
    with store.kept(plans[0], play):
        pass
    with store.kept(plans[3], play):
        pass
    assert worlds_in(store) == {digest_of(plan) for plan in (plans[0], plans[2], plans[3])}
    assert said == [f"removed the world {digest_of(plans[1])}: of kept worlds the 3 used last stay"]


def test_worlds_that_are_in_use_stay_however_many_there_are(
    store: WorldStore, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world_store, "KEPT_WORLDS", 1)
    play = Player()
    with ExitStack() as inside:
        used = [inside.enter_context(store.kept(replace(PLAN, seed=seed), play)) for seed in range(4)]
        assert all(folder.is_dir() for folder in used)
    assert said == []
    with store.kept(replace(PLAN, seed=4), play):
        assert worlds_in(store) == {digest_of(replace(PLAN, seed=4))}


def test_two_runs_at_once_play_a_world_once_and_both_use_it(tmp_path: Path) -> None:
    """The second comes while the first plays; it says that it waits."""
    playing, second_waits = threading.Event(), threading.Event()
    play = Player()

    def slowly(plan: Plan, folder: Path) -> None:
        playing.set()
        assert second_waits.wait(10)
        play(plan, folder)

    said: list[str] = []

    def hears(line: str) -> None:
        said.append(line)
        second_waits.set()

    results: list[str] = []

    def run(store: WorldStore, player: Callable[[Plan, Path], None]) -> None:
        with store.kept(PLAN, player) as folder:
            results.append((folder / "lake").read_text())

    first = threading.Thread(target=run, args=(WorldStore(tmp_path, lambda _line: None), slowly))
    first.start()
    assert playing.wait(10)
    run(WorldStore(tmp_path, hears), play)
    first.join(10)
    assert play.played == [1]
    assert results == [str(PLAN)] * 2
    assert said == [
        f"another run plays or removes this world, waiting for it: {PLAN}",
        f"kept and not played again: {PLAN}",
    ]


def test_a_world_that_another_run_plays_is_not_cleared_away(store: WorldStore, said: list[str]) -> None:
    """While mallory's run plays seed 2, that of seed 1 begins, and clears up before."""

    def plays_within(plan: Plan, folder: Path) -> None:
        with store.kept(PLAN, Player()):
            (folder / "lake").write_text("whole")

    with store.kept(replace(PLAN, seed=2), plays_within) as folder:
        assert (folder / "lake").read_text() == "whole"
    assert said == []


def test_a_play_that_was_told_to_end_early_is_refused_though_it_ended_well() -> None:
    with pytest.raises(
        SetupFailed, match=r"^the world was played to block 1599 of 3000 only, and is not kept"
    ):
        refuse_half(3_000, 1_599)
    refuse_half(3_000, 3_017)
