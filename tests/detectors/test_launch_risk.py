"""What the makers of a young token could take: a score before anything is taken, and no alert."""

from __future__ import annotations

from typing import Any

from detectors.base import hexed
from detectors.engine.engine import Engine
from detectors.engine.output import Score
from detectors.library.launch_risk import WEIGHTS
from detectors.library.rug_pull import RugPull
from tests.contract.launches import Launch
from tests.detectors.launched import ALICE, BOB, MALLORY, alerts, bought, launch
from tests.detectors.test_rug_pull import DEAD, LOCKER

DAY = 86_400


def scores(made: Launch) -> list[Score]:
    """Of the token, block by block."""
    detectors: list[Any] = [RugPull()]
    engine = Engine(made.chain.chain_id, detectors, follows=False)
    found = engine.take(made.chain.batch()).scores
    return [score for score in found if score.subject == hexed(made.token)]


def test_a_token_is_given_a_score_from_the_block_of_its_first_pool_on_and_raises_no_alert() -> None:
    made = launch(pooled=0.5)
    first = made.chain.head - 1
    bought(made, ALICE, BOB)
    (score, *_) = scores(made)
    assert (score.subject_kind, score.block_number) == ("token", first)
    assert score.score == round(WEIGHTS["liquidity"] + WEIGHTS["supply"] / 2 + WEIGHTS["young"], 6)
    assert alerts(made.chain, RugPull()) == []


def test_who_keeps_more_of_the_supply_is_the_greater_risk() -> None:
    few, many = (scores(launch(pooled=pooled))[0].score for pooled in (0.2, 0.8))
    assert few > many


def test_liquidity_that_was_burnt_or_locked_is_no_risk_and_what_a_second_wallet_was_given_is() -> None:
    """A score below 0.3 is not sent."""
    for holder, is_risky in ((DEAD, False), (LOCKER, False), (BOB, True)):
        made = launch(pooled=0.05)
        made.hands_liquidity(MALLORY, holder)
        made.chain.native(BOB, ALICE, 1).block()
        opened = made.chain.head
        bought(made, ALICE)
        made.sells(ALICE, 0.1)
        assert any(score.block_number > opened for score in scores(made)) == is_risky


def test_a_token_that_lived_a_month_is_judged_by_what_is_done_alone() -> None:
    made = launch(pooled=0.5)
    bought(made, ALICE)
    made.chain.block(31 * DAY)
    made.sells(ALICE, 0.1)
    assert all(score.block_number < made.chain.head for score in scores(made))


def test_what_is_said_of_a_rug_pull_stands_alone() -> None:
    made = launch(pooled=0.5)
    bought(made, ALICE, BOB)
    made.removes(MALLORY)
    (alert,) = alerts(made.chain, RugPull())
    assert scores(made)[-1].score == alert.score
