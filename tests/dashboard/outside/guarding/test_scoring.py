"""A vault's risk score: what its alerts say, never lower for one more, written as the limit lets it move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.outside.guarding.contracts import WORST, LimitContract
from dashboard.outside.guarding.scoring import Oracle, risk, towards
from dashboard.outside.guarding.wiring import sender_on
from dashboard.store import open_reader
from detectors.alerts.alert import SEVERITIES, Alert
from ingest.model.errors import BadInput
from ingest.nodes.sending.key_file import SigningKey
from ingest.nodes.sending.speaking import Speaker
from tests.dashboard.alerts import CHAIN, GENESIS, Filing, drain
from tests.dashboard.outside.guarding.guarded import SCALE, Guarded, lives

ALERTS = st.builds(
    lambda score, severity: drain(1, score=round(score, 6), severity=severity),
    st.floats(0, 1), st.sampled_from(SEVERITIES),
)  # fmt: skip


def test_one_alert_counts_with_its_score_and_the_weight_of_its_severity() -> None:
    assert risk([]) == 0
    assert risk([drain(1, score=0.8, severity="critical")]) == 800_000
    assert risk([drain(1, score=0.8, severity="medium")]) == 400_000
    # two of 0.5 each: 1 - 0.5 x 0.5
    assert risk([drain(1, score=0.5, severity="critical")] * 2) == 750_000
    assert risk([drain(1, score=1.0, severity="critical")]) == WORST


def test_what_was_retracted_or_lowered_counts_for_nothing() -> None:
    gone = drain(1, status="retracted", retraction_reason="it left the chain")
    assert risk([gone, drain(2, suppressed_by={"kind": "arbitrage", "reason": "", "id": None})]) == 0


@given(st.lists(ALERTS, max_size=8), ALERTS)
def test_one_more_alert_or_a_graver_one_never_lowers_it(alerts: list[Alert], more: Alert) -> None:
    assert 0 <= risk(alerts) <= risk([*alerts, more]) <= WORST
    assert risk([*alerts, more]) <= risk([*alerts, replace(more, severity="critical")])
    assert risk([*alerts, more]) <= risk([*alerts, replace(more, score=1.0)])
    assert risk(alerts) == risk(alerts[::-1])


def test_a_score_goes_towards_what_is_wanted_no_faster_than_it_may() -> None:
    assert towards(SCALE, 0, 800_000) == 500_000
    assert towards(SCALE, 500_000, 800_000) == 800_000
    assert towards(SCALE, 800_000, 0) == 700_000


@contextmanager
def oracle(
    guarded: Guarded, store: str, said: list[str], dry: bool = False, key: Path | None = None
) -> Iterator[Oracle]:
    with ExitStack() as opened:
        node = opened.enter_context(closing(Speaker(guarded.chain.url)))
        reader = opened.enter_context(closing(open_reader(store)))
        signing = SigningKey.read(key or guarded.oracle)
        sender = opened.enter_context(sender_on(node, signing, guarded.folder / "state", 1, 500))
        limit = LimitContract(node, guarded.limit)
        yield Oracle(reader.guard, node, limit, CHAIN, guarded.vault, said.append, None if dry else sender)


def at_store_time(guarded: Guarded, filing: Filing, *alerts: Alert) -> None:
    """The store has filed the chain up to now."""
    lives(filing, (guarded.now - GENESIS) // 12, *alerts)


@pytest.mark.chain
def test_the_limit_follows_what_is_filed_and_falls_back_where_the_store_stands_still(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    number = (guarded.now - GENESIS) // 12
    robbed = guarded.robbed(number, score=0.8, severity="critical")
    at_store_time(guarded, filing, robbed)
    said: list[str] = []
    seen = []
    with oracle(guarded, sqlite_url, said) as found, guarded.asked() as (_, limit):
        for _ in range(5):
            found.step()
            guarded.later(SCALE.interval)
            seen.append((limit.score(), limit.limit()))
        # 1,000 - 990 x score; it rises by half a million at most
        assert list(dict.fromkeys(seen)) == [(500_000, 505), (800_000, 208)]
        guarded.later(SCALE.lifetime + 60)
        found.step()
        assert "the store is behind the chain" in found.trouble
        assert limit.limit() == SCALE.unknown
    assert len(said) == 2


@pytest.mark.chain
def test_dry_it_only_says_and_a_key_that_is_not_the_oracles_is_refused(
    guarded: Guarded, filing: Filing, sqlite_url: str
) -> None:
    at_store_time(guarded, filing)
    said: list[str] = []
    with oracle(guarded, sqlite_url, said, dry=True) as found, guarded.asked() as (_, limit):
        found.step()
        found.step()
        assert len(said) == 1 and "would write score 0" in said[0]
        assert limit.scored_at() == 0
    with (
        oracle(guarded, sqlite_url, said, key=guarded.guardian) as wrong,
        pytest.raises(BadInput, match="the oracle of"),
    ):
        wrong.check()
