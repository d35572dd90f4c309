"""Attacks that came to nothing are found by what was tried; honest calls that fail are left in peace."""

from __future__ import annotations

from random import Random
from types import ModuleType

import pytest

from detectors.alerts.alert import Alert
from detectors.base import Detector
from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from tests.contract.background import background
from tests.contract.stories import (
    asset_drain,
    flash_loan_attack,
    hidden_mint,
    honeypot,
    price_manipulation,
    pump_and_dump,
    reentrancy,
    sandwich,
    spam_token,
    wash_trading,
)
from tests.contract.story import Names, Story, tell
from tests.contract.told import book_of
from tests.detectors.launched import alerts
from tests.fixtures.assembly import asked
from tests.fixtures.frames import ChainBuilder

SETTINGS = EngineSettings(finality=8, epoch_blocks=50)
TRIED = [
    (asset_drain, "guarded"),
    (asset_drain, "old key"),
    (asset_drain, "proposal"),
    (flash_loan_attack, "refused"),
    (hidden_mint, "in vain"),
    (hidden_mint, "not sold yet"),
    (honeypot, "nobody came"),
    (honeypot, "closed later"),
    (price_manipulation, "refused"),
    (pump_and_dump, "nobody followed"),
    (reentrancy, "books first"),
    (reentrancy, "token books first"),
    (sandwich, "too much"),
    (spam_token, "in vain"),
    (wash_trading, "wrong price"),
    (wash_trading, "no allowance"),
    (wash_trading, "maker alone"),
]
IN_PEACE = [
    (asset_drain, "small bill"),
    (asset_drain, "nothing to leave with"),
    (asset_drain, "own new wallet"),
    (flash_loan_attack, "too late"),
    (flash_loan_attack, "refused by many's"),
    (hidden_mint, "rewards"),
    (hidden_mint, "renounced"),
    (honeypot, "open code"),
    (honeypot, "closed to all"),
    (price_manipulation, "second pool refuses"),
    (price_manipulation, "never looked"),
    (price_manipulation, "refused by many's"),
    (pump_and_dump, "second thoughts"),
    (reentrancy, "saves in vain"),
    (reentrancy, "borrows in vain"),
    (sandwich, "another token fails"),
    (sandwich, "half of it"),
    (spam_token, "wages in vain"),
    (wash_trading, "stranger's wrong price"),
    (wash_trading, "stranger cannot sell"),
]


def of_name(stories: list[Story], variant: str) -> Story:
    return next(story for story in stories if story.name.rsplit(" ", 1)[0] == variant)


def detector(room: ModuleType) -> Detector:
    name = room.__name__.rsplit(".", 1)[1].replace("_", "-")
    return next(each for each in detectors() if each.name == name)


def said(room: ModuleType, story: Story) -> list[Alert]:
    """What the detector of a category says of one story, among people who go about their business."""
    chain = ChainBuilder()
    tell(chain, [(3, story.acts)], background(chain, Random(1)))
    chain.block()
    return [alert for alert in alerts(chain, detector(room)) if alert.suppressed_by is None]


def named(cases: list[tuple[ModuleType, str]]) -> pytest.MarkDecorator:
    ids = [f"{room.__name__.rsplit('.', 1)[1]}: {variant}" for room, variant in cases]
    return pytest.mark.parametrize(("room", "variant"), cases, ids=ids)


@named(TRIED)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_tried_is_told_gently_and_nobody_is_called_a_victim(
    room: ModuleType, variant: str, seed: int
) -> None:
    story = of_name(room.positives(seed), variant)
    (alert,) = said(room, story)
    assert alert.severity in ("low", "medium")
    called = {bytes.fromhex(each.address[2:]) for each in alert.roles if each.role == "attacker"}
    assert called
    assert called <= story.attackers | {bytes.fromhex(alert.subject_id[2:])}
    assert not [each for each in alert.roles if each.role == "victim"]


@named(IN_PEACE)
@pytest.mark.parametrize("seed", [1, 2])
def test_who_only_failed_is_left_in_peace(room: ModuleType, variant: str, seed: int) -> None:
    assert said(room, of_name(room.hard_negatives(seed), variant)) == []


def test_a_payee_who_is_heard_of_in_a_later_block_is_nobody_yet() -> None:
    """Wherever the blocks were cut: what is said of a failed call rests on its own block and those before."""
    names = Names("attempts")
    owner, thief = names.many(2)
    chain = ChainBuilder().block()
    chest = asset_drain._coded(chain, names, owner)
    chain.block().calls(owner, chest, asked("hand(address)", names.fresh()))
    chain.block().fails(owner, chest, asked("pay(address,uint256)", thief, 38 * asset_drain.UNIT))
    chain.block().native(names.fresh(), thief, 1)
    books = [book_of([detector(asset_drain)], chain.batches(size), SETTINGS) for size in (1, 2, 100)]
    assert books[0][0]
    assert books[1:] == books[:1] * 2
