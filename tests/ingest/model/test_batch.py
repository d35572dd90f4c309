"""Batches: what was decoded once is not decoded again when facts come to it, or when batches are joined."""

from __future__ import annotations

import pytest

from ingest import decode, schema
from ingest.blocks.frames import batch
from ingest.model.batch import Batch, concat
from tests.fixtures.fake_chain import FakeChain, node_of

CHAIN = FakeChain().produce_blocks(5, logs=2, transactions=2)


def _read(first: int, last: int) -> Batch:
    answers = node_of(CHAIN).fetch(first, last)
    return batch(1, answers, ["header"] * len(answers))


def test_facts_change_nothing_of_what_was_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    read = _read(1, 2)
    decoded = read.transfers
    monkeypatch.setattr(decode, "transfers", None)

    completed = read.with_facts(lists=schema.LISTS.empty())
    assert completed.transfers is decoded
    assert completed.blocks is read.blocks


def test_joined_batches_hold_what_is_decoded_of_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, whole = _read(1, 2), _read(3, 5), _read(1, 5)
    assert one.transfers.height
    assert concat([one, two]).transfers.equals(whole.transfers)  # decoded anew: not both were

    assert two.transfers.height
    monkeypatch.setattr(decode, "transfers", None)
    assert concat([one, two]).transfers.equals(whole.transfers)
