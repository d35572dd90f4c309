"""What is forgotten of episodes is found without a look at all that are open, and is what that finds."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import pytest

from detectors.engine.endings import Endings
from detectors.engine.episodes import Episode, Episodes, Key
from detectors.engine.settings import EngineSettings
from detectors.parts.ledger import Ledger
from tests.detectors.findings import finding, place
from tests.fixtures.frames import address

SETTINGS = EngineSettings(finality=4, quiet_seconds=60)
WALLETS = [address(f"wallet {n}") for n in range(5)]
FINALITY = 4


class LooksAtAll(Episodes):
    """Forgets by a look at everything."""

    def forget(self, number: int, now: int) -> None:
        self.journal = [entry for entry in self.journal if entry[0] > number]
        for key, each in list(self.open.items()):
            if now > each.until and each.alert.updated_block <= number:
                del self.open[key]
        held = [*self.open.values(), *(entry[3] for entry in self.journal if entry[3] is not None)]
        live = {each.alert.id for each in held} | {entry[2] for entry in self.journal}
        self.tallies = {name: tally for name, tally in self.tallies.items() if name in live}
        if not self.keep_all:
            self.alerts = {name: alert for name, alert in self.alerts.items() if name in live}


class Untouched(dict[Key, Episode]):
    """Open episodes that may be asked for one by one, and not looked through."""

    def _refuse(self) -> Any:
        raise AssertionError("all open episodes were looked at")

    __iter__ = items = values = keys = _refuse


def stands(of: Episodes) -> tuple[object, ...]:
    return of.open, of.alerts, sorted(of.tallies), of.journal, of.at(of.journal[0][0] if of.journal else 0)


@pytest.mark.parametrize("keep_all", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_forgetting_by_endings_is_forgetting_by_a_look_at_all(seed: int, keep_all: bool) -> None:
    """Findings, quiet times, rollbacks and restarts as they come."""
    dice = Random(seed)
    here, there = (kind("run", SETTINGS, keep_all) for kind in (Episodes, LooksAtAll))
    block = final = 0
    for _ in range(120):
        block += 1
        for wallet in dice.sample(WALLETS, dice.choice((0, 0, 1, 2))):
            for each in (here, there):
                each.take("layering", "transfers", finding(block, subject=wallet), place(block), Ledger())
        if dice.random() < 0.15:
            block = max(final, block - dice.randrange(FINALITY))
            assert here.undo(block, "it left") == there.undo(block, "it left")
        final = max(final, block - FINALITY)
        for each in (here, there):
            each.forget(final, 12 * final)
        assert stands(here) == stands(there)
        assert here.by_transaction == index_of(here)
        if dice.random() < 0.05 and not keep_all:
            block = final
            here, there = again(here, final), again(there, final)


def again(of: Episodes, block: int) -> Episodes:
    """After a restart at a block."""
    opened, alerts, tallies = of.at(block)
    return type(of)("run", SETTINGS, False, opened, alerts, tallies=tallies)


def index_of(of: Episodes) -> dict[str, set[str]]:
    """Which alerts that may still change show a transaction."""
    found = defaultdict(set)
    for name in of.tallies:
        for each in of.alerts[name].transactions:
            found[each].add(name)
    return dict(found)


def test_a_block_costs_the_same_however_many_alerts_are_open() -> None:
    of = Episodes("run", SETTINGS)
    for n in range(50):
        subject = address(f"wallet {n}")
        of.take("layering", "transfers", finding(n + 1, subject=subject), place(50), Ledger(), quiet=86_400)
    of.forget(50, 600)
    of.open = Untouched(of.open)
    of.take("layering", "transfers", finding(60), place(60), Ledger())
    of.forget(60, 720)
    assert len(of.open) == 51


def test_a_key_comes_up_once_behind_the_last_time_it_was_given() -> None:
    endings = Endings[str]()
    endings.expect("alice", 10)
    endings.expect("alice", 20)
    endings.expect("bob", 15)
    endings.expect("carol", 5)
    endings.drop("carol")
    assert endings.before(15) == []
    assert endings.before(21) == ["bob", "alice"]
    assert endings.before(100) == []
    assert "alice" not in endings
