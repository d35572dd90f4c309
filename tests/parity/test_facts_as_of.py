"""Promise 3 for facts: evidence says what was known in its alert's block, wherever the batches were cut."""

from __future__ import annotations

import json
from random import Random

import pytest

from detectors.engine.settings import EngineSettings
from detectors.registry import detectors
from ingest.model.batch import Event
from tests.contract.background import background
from tests.contract.stories import positives
from tests.contract.story import USD, tell
from tests.contract.test_teeth import Everybody
from tests.contract.told import book_of
from tests.contract.worlds import rollback
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL, EUR = (address(name) for name in ("alice", "bob", "carol", "eur"))
SETTINGS = EngineSettings(finality=8, epoch_blocks=5)
SIZES = (1, 2, 3, 100)


def told_late() -> ChainBuilder:
    """Alice and bob pay in two tokens; of one the node tells in the block after, of the other never."""
    chain = ChainBuilder()
    chain.block().erc20(USD, ALICE, BOB, 5)
    chain.block().erc20(EUR, BOB, ALICE, 5).erc20(USD, BOB, ALICE, 5).metadata(USD, "Dollar", "USD", 6)
    chain.block().erc20(USD, ALICE, CAROL, 5).metadata(USD, "Other", "OTHER", 18)
    return chain


def symbols(chain: ChainBuilder, size: int) -> dict[str, list[str | None]]:
    """What each payer's alert calls its tokens."""
    lines, _ = book_of([Everybody()], chain.batches(size), SETTINGS)
    alerts = [json.loads(line) for line in lines]
    return {alert["subject"]["id"]: [row["symbol"] for row in alert["evidence"]] for alert in alerts}


@pytest.mark.parametrize("size", SIZES)
def test_a_token_has_no_name_before_the_block_that_tells_it(size: int) -> None:
    named = symbols(told_late(), size)
    assert named["0x" + ALICE.hex()] == [None, "USD"]
    assert named["0x" + BOB.hex()] == [None, "USD"]


def test_a_word_that_left_with_its_block_is_not_known_until_it_is_told_again() -> None:
    chain = told_late()
    fork = chain.fork(1).block().erc20(USD, BOB, ALICE, 5).block().metadata(USD, "Dollar", "DOLLAR", 6)
    fork.erc20(USD, CAROL, ALICE, 5)
    events: list[Event] = [chain.batch(), rollback(chain.batch(), 1), fork.batch(2, 3)]
    expected = book_of([Everybody()], [fork.batch()], SETTINGS)
    assert book_of([Everybody()], events, SETTINGS, follows=True) == expected
    assert [json.loads(line)["evidence"][0]["symbol"] for line in expected[0]] == [None, None, "DOLLAR"]


def test_every_detector_tells_the_same_of_a_town_whose_tokens_are_named_late() -> None:
    chain = ChainBuilder()
    story = [(at, told.acts) for at, told in enumerate(positives("layering", 3)[:12])]
    tell(chain, story, background(chain, Random(3)))
    books = [book_of(detectors(), chain.batches(size), SETTINGS) for size in SIZES]
    named = [row["symbol"] for line in books[0][0] for row in json.loads(line)["evidence"]]
    assert {None, "USD"} <= set(named)
    assert all(book == books[0] for book in books)
