"""A supposed block leaves no trace: memory, names, tokens, models and alerts are as they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from detectors.base import Detector, Finding
from detectors.base import Seen as Piece
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.parts.horizons import Horizons
from ingest.model.batch import Batch, Rollback
from ingest.model.errors import ChainGap, PartFailed
from tests.contract.told import Told
from tests.detectors.test_engine import LargePayments
from tests.fixtures.few import drawn_detectors, few_detectors, forgetful
from tests.fixtures.frames import ChainBuilder, address
from tests.fixtures.restarts import begun
from tests.parity.random_log import lived_on, random_chain, random_log
from tests.parity.test_random_logs import Seen, ended, read_once, remembered, settings

ALICE, BOB = address("alice"), address("bob")
RICH = 5_000 * 10**18


def all_of(engine: Engine) -> tuple[object, ...]:
    """All that an engine holds: what a supposed block could have touched."""
    episodes, state = engine.episodes, engine.state
    alerts = None
    if episodes is not None:
        named = {name: (list(t.rows), t.first_roles(99)) for name, t in episodes.tallies.items()}
        alerts = dict(episodes.open), dict(episodes.alerts), list(episodes.journal), named
    return (
        remembered(engine), state.sight.chronicle.names.count, state.memory.floor,
        sorted(state.ledger.tokens.items()), state.ledger.facts.rows(), state.number, state.hash,
        dict(state.samples), list(state.frozen), list(state.models), alerts, list(engine.kept),
    )  # fmt: skip


def supposed_block(engine: Engine, rng: Random, branch: int) -> Batch:
    """A block of people who never come to be, on top of what was read last."""
    state, last = engine.state, engine.recent[-1]
    time = int(last.blocks["timestamp"][-1])
    chain = ChainBuilder(first_block=state.number + 1, start_time=time, parent=state.hash)
    lived_on(chain, rng, 1)
    return chain.native(address(f"nobody {branch}"), ALICE, RICH).batch()


def supposes(engine: Engine, rng: Random, branch: int) -> None:
    before = all_of(engine)
    engine.suppose(supposed_block(engine, rng, branch))
    assert all_of(engine) == before


def holds(seed: int, blocks: int, own: EngineSettings, folder: Path, those: Sequence[Detector]) -> None:
    """A random way to a chain, cut and taken back anywhere, with blocks supposed between any two events."""
    rng = Random(seed)
    chain = random_chain(rng, blocks, first=10)
    log = random_log(chain, rng, own.finality, own.epoch_blocks)
    expected: Seen = read_once(chain, own, those)
    made = begun(Engine(1, those, own, folder=folder / "one", parts=PARTS))
    told, dice = Told(), Random(f"{seed} supposed")
    for offset, event in enumerate(log, start=1):
        told.take(made.take(event, offset))
        if made.state.anchor is not None and made.recent:
            for branch in range(dice.randint(0, 2)):
                supposes(made, dice, branch)
    assert ended(made, told) == expected, f"seed {seed}"


PARTS = forgetful(Horizons(wallets_cap=12, told_cap=10))


@pytest.mark.parametrize("seed", range(2000, 2004))
def test_whatever_is_supposed_on_the_way_book_memory_and_names_are_the_same(
    seed: int, tmp_path: Path
) -> None:
    rng = Random(seed)
    finality, epoch = rng.choice(((64, 20), (16, 5), (5, 1), (1, 4)))
    holds(seed, rng.randint(6, 14), settings(finality, epoch), tmp_path, drawn_detectors(seed))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(3000, 3040))
def test_whatever_is_supposed_on_a_long_way_book_memory_and_names_are_the_same(
    seed: int, tmp_path: Path
) -> None:
    rng = Random(seed)
    finality, epoch = rng.choice(((64, 20), (32, 50), (16, 5), (5, 1)))
    holds(seed, rng.randint(20, 90), settings(finality, epoch), tmp_path, drawn_detectors(seed))


def follows(*detectors: Detector, blocks: int = 3) -> tuple[Engine, ChainBuilder]:
    """An engine that has read of a chain on which alice pays bob."""
    chain = ChainBuilder(first_block=1).block().native(ALICE, BOB, RICH).blocks(blocks - 1)
    engine = Engine(1, detectors, EngineSettings())
    engine.take(chain.batch(), 1)
    return engine, chain


def test_what_is_supposed_is_found_and_not_in_the_book() -> None:
    engine, chain = follows(LargePayments())
    standing = engine.standing()
    next_ = chain.fork(3, "supposed").block().native(BOB, ALICE, RICH).batch(4, 4)

    found = engine.suppose(next_).alerts

    assert [alert.subject_id for alert in found] == ["0x" + BOB.hex()]
    assert found[0].block_number == 4
    assert engine.standing() == standing
    assert engine.take(chain.fork(3, "other").block().batch(4, 4), 2).alerts == []


class Raises(LargePayments):
    """Raises wherever bob pays."""

    name = "raises"

    def score(self, seen: Piece) -> list[Finding]:
        if any(seen.address(int(source)) == BOB for source in seen.rows["source"]):
            raise ValueError("bob")
        return super().score(seen)


def test_a_detector_that_raises_at_a_supposed_block_is_not_off_afterwards() -> None:
    engine, chain = follows(Raises())
    hostile = chain.fork(3, "hostile").block().native(BOB, ALICE, RICH).batch(4, 4)

    assert engine.suppose(hostile).alerts == []

    assert engine.state.off == {}
    assert engine.take(chain.block().native(ALICE, BOB, RICH).batch(4, 4), 2).alerts


def test_a_part_that_fails_at_a_supposed_block_leaves_everything_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine, chain = follows(*few_detectors())
    before = all_of(engine)
    last = engine.state.sight.parts[-1]

    def fails(*_: object) -> None:
        raise ZeroDivisionError("a hostile row")

    with monkeypatch.context() as broken:
        broken.setattr(type(last), "take", fails)
        broken.setattr("detectors.engine.sight.sleeping", lambda *_: False)
        with pytest.raises(PartFailed, match="a hostile row"):
            engine.suppose(chain.fork(3, "hostile").block().native(BOB, ALICE, RICH).batch(4, 4))

    assert all_of(engine) == before
    engine.take(chain.block().native(BOB, ALICE, RICH).batch(4, 4), 2)


def test_a_block_that_does_not_follow_the_head_is_not_supposed() -> None:
    engine, chain = follows(LargePayments())
    before = all_of(engine)

    with pytest.raises(ChainGap):
        engine.suppose(chain.fork(2, "elsewhere").blocks(2).batch(4, 4))

    assert all_of(engine) == before


def test_nothing_becomes_final_by_a_supposed_block() -> None:
    chain = ChainBuilder(first_block=1).block().native(ALICE, BOB, RICH).blocks(9)
    engine = Engine(1, [LargePayments()], EngineSettings(finality=4))
    for number in range(1, 11):
        engine.take(chain.batch(number, number), number)

    for branch in range(3):
        engine.suppose(chain.fork(10, f"supposed {branch}").block().batch(11, 11))

    output = engine.take(Rollback(1, 6, chain.batch(6, 6).last_hash), 11)
    assert output.rollback is not None
    assert engine.state.number == 6
