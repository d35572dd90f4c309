"""The engine follows the chain: it refuses gaps, goes back as far as it can, and says when it cannot."""

from __future__ import annotations

import pytest

from detectors.alerts.alert import status_at
from detectors.alerts.messages import BlockScores, Fees, scores_from, scores_key
from detectors.base import Finding, Seen, Tier
from detectors.engine.engine import Engine
from detectors.engine.settings import EngineSettings
from detectors.parts.limbs import floats
from detectors.parts.lines import place_of
from detectors.runs.outbox import score_values
from ingest.model.batch import Rollback
from ingest.model.errors import ChainGap, RollbackTooDeep, RunMismatch
from tests.fixtures.frames import ChainBuilder, address

ALICE, BOB, CAROL = (address(name) for name in ("alice", "bob", "carol"))
SETTINGS = EngineSettings(finality=8, epoch_blocks=5)
LARGE = 1000


class LargePayments:
    """Names whoever pays 1,000 wei or more; the score tells how often he had paid this payee before."""

    name = "large-payments"
    catches: tuple[str, ...] = ("anomalous-flow",)
    needs: Tier = "transfers"
    settings: object = None
    reads: tuple[str, ...] = ("holdings",)

    def score(self, seen: Seen) -> list[Finding]:
        known = seen.of("holdings").get("known")
        if known is None:
            return []
        which = known["row"] - int(seen.rows["number"][0])
        large = floats(seen.rows["amount"][which]) >= LARGE
        lines = zip(which[large].tolist(), known["met"][large].tolist(), strict=True)
        return [self._finding(seen, at, met) for at, met in lines]

    def _finding(self, seen: Seen, at: int, met: int) -> Finding:
        row, payer = int(seen.rows["number"][at]), seen.address(int(seen.rows["source"][at]))
        return Finding(
            **place_of(seen, row),
            category="anomalous-flow",
            subject_kind="wallet",
            subject=payer,
            score=met / 1000,
            severity="low",
            roles=((payer, "attacker"),),
            rows=seen.evidence([row]),
        )


def engine(follows: bool = True, keep_all: bool = False) -> Engine:
    return Engine(1, [LargePayments()], SETTINGS, follows, keep_all)


def payday(blocks: int) -> ChainBuilder:
    """Alice pays bob a little in every block, and much in every fifth."""
    chain = ChainBuilder(first_block=1)
    for number in range(1, blocks + 1):
        chain.block().native(ALICE, BOB, LARGE if number % 5 == 0 else 1)
    return chain


def back_to(chain: ChainBuilder, number: int) -> Rollback:
    if number == 0:
        return Rollback(1, 0, chain.batch().parent_hash)
    return Rollback(1, number, chain.batch(number, number).last_hash)


def fed(chain: ChainBuilder, size: int = 1) -> Engine:
    made = engine()
    for offset, batch in enumerate(chain.batches(size), start=1):
        made.take(batch, offset)
    return made


def test_what_is_said_of_a_block_counts_what_was_before_it() -> None:
    made, told = engine(follows=False, keep_all=True), payday(12).batch()
    output = made.take(told)
    assert [score.block_number for score in output.scores] == []  # 0.004 and 0.009 lie below the floor of 0.3
    (alert,) = made.standing()
    assert (alert.block_number, alert.updated_block) == (5, 10)
    assert alert.score == 9 / 1000  # nine payments stood before that of block 10
    assert [number for number, _, _ in output.blocks] == list(range(1, 13))


def test_what_each_block_used_and_cost_goes_out_with_its_scores() -> None:
    chain = payday(3)
    output = engine().take(chain.batch(), 1)
    sent = [scores_from(scores_key(1), value, 1) for value in score_values(1, output)]
    # As the chain of these tests has it: one payment a block, 30,000,000 gas, 1 gwei, before blobs.
    assert [each.fees for each in sent if isinstance(each, BlockScores)] == [
        Fees(21_000, 30_000_000, 10**9)
    ] * 3


def test_a_block_whose_parent_is_another_is_refused_in_one_line() -> None:
    chain, made = payday(6), engine()
    made.take(chain.batch(1, 3))
    stranger = chain.fork(2).block().native(ALICE, CAROL, 1).block().native(ALICE, CAROL, 2)
    with pytest.raises(ChainGap, match=r"^block 4 .* does not follow block 3 .*--allow-gaps") as refused:
        made.take(stranger.batch(4, 4))
    assert "\n" not in str(refused.value)


def test_a_block_too_many_is_refused() -> None:
    made = engine()
    made.take(payday(6).batch(1, 3))
    with pytest.raises(ChainGap, match=r"^block 5 .* does not follow block 3"):
        made.take(payday(6).batch(5, 6))


def test_a_rollback_puts_state_and_alerts_back_and_tells_of_both() -> None:
    chain = payday(12)
    made = fed(chain)
    output = made.take(back_to(chain, 7))
    assert made.state.number == 7
    (again,) = output.alerts
    assert (again.block_number, again.updated_block, again.score) == (5, 5, 4 / 1000)
    assert output.rollback == back_to(chain, 7)
    again_ahead = made.take(chain.batch(8, 12))
    assert [alert.score for alert in again_ahead.alerts] == [9 / 1000]


def test_a_rollback_of_the_block_that_opened_it_retracts_the_alert() -> None:
    chain = payday(6)
    made = fed(chain)
    (alert,) = made.take(back_to(chain, 4)).alerts
    assert alert.status == "retracted"
    assert alert.retraction_reason == "its block left the chain (rollback to block 4)"
    assert made.standing() == []


def test_a_rollback_to_the_head_or_above_changes_nothing() -> None:
    chain = payday(6)
    made = fed(chain)
    assert made.take(Rollback(1, 6, b"")).alerts == []
    assert made.take(Rollback(1, 9, b"")).alerts == []
    assert made.state.number == 6


def test_a_rollback_inside_a_batch_cuts_it() -> None:
    chain = payday(8)
    made = engine()
    made.take(chain.batch())
    made.take(back_to(chain, 3))
    assert made.state.number == 3
    assert made.state.hash == chain.batch(3, 3).last_hash


def test_a_rollback_to_the_anchor_lets_another_first_block_come() -> None:
    chain = payday(6)
    made = fed(chain)
    assert [alert.status for alert in made.take(back_to(chain, 0)).alerts] == ["retracted"]
    other = ChainBuilder(first_block=1).block().native(CAROL, BOB, LARGE)
    (alert,) = made.take(other.batch()).alerts
    assert alert.subject_id == "0x" + CAROL.hex()
    assert alert.run == fed(other).run_name() != fed(chain).run_name()  # the anchor is part of the digest


@pytest.mark.parametrize(("back", "first"), [(4, 5), (2, 3), (2, 7)])
def test_where_every_block_has_left_the_log_may_go_back_to_any_block_and_begin_anywhere(
    back: int, first: int
) -> None:
    made = fed(ChainBuilder(first_block=5).block().native(ALICE, BOB, LARGE).blocks(2))
    (gone,) = made.take(Rollback(1, back, b"another" + bytes(25))).alerts
    assert (gone.status, made.standing(), made.state.anchor) == ("retracted", [], None)
    assert made.take(Rollback(1, back, bytes(32))).alerts == []  # told once more: there is nothing to undo
    other = ChainBuilder(first_block=first).block().native(CAROL, BOB, LARGE)
    (alert,) = made.take(other.batch(), 9).alerts
    assert (alert.subject_id, alert.run) == ("0x" + CAROL.hex(), fed(other).run_name())


def test_the_coin_keeps_its_name_where_the_log_begins_anew() -> None:
    chain = ChainBuilder(chain_id=56, first_block=5).block().native(ALICE, BOB, LARGE)
    made = Engine(56, [LargePayments()], SETTINGS)
    (before,) = made.take(chain.batch(), 1).alerts
    made.take(Rollback(56, 4, b"another" + bytes(25)), 2)
    (after,) = made.take(chain.batch(), 3).alerts
    assert before.evidence[0].symbol == after.evidence[0].symbol == "BNB"


def test_a_rollback_of_every_block_after_one_became_final_names_the_way_out() -> None:
    made = fed(payday(30))
    assert made.base() is not None
    with pytest.raises(RollbackTooDeep, match=r"^block 0 is below .*finality 8.* --rebuild$"):
        made.take(Rollback(1, 0, b"another" + bytes(25)))


def test_a_rebuild_takes_even_final_alerts_back_where_every_block_has_left() -> None:
    made = engine(keep_all=True)
    for offset, batch in enumerate(payday(30).batches(1), start=1):
        made.take(batch, offset)
    (raised,) = made.standing()
    assert status_at(raised, 30, SETTINGS.finality) == "final"
    (gone,) = made.take(Rollback(1, 0, b"another" + bytes(25))).alerts
    assert (gone.status, made.standing()) == ("retracted", [])


def test_a_rollback_below_what_is_kept_names_the_way_out() -> None:
    chain = payday(40)
    made = fed(chain)
    with pytest.raises(RollbackTooDeep, match=r"^block 20 is below .*finality 8.* --rebuild$"):
        made.take(back_to(chain, 20))


def test_every_depth_up_to_finality_can_be_undone() -> None:
    chain = payday(30)
    for depth in range(SETTINGS.finality + 1):
        made = fed(chain, size=3)
        made.take(back_to(chain, 30 - depth))
        assert made.state.number == 30 - depth


def test_a_rollback_to_another_hash_than_was_sent_is_refused() -> None:
    made = fed(payday(6))
    with pytest.raises(ChainGap, match=r"^the log rolls back to block 4 with another hash"):
        made.take(Rollback(1, 4, bytes(32)))


def test_nothing_is_said_again_of_an_alert_whose_block_became_final() -> None:
    chain, made, told = payday(13), engine(), {}
    for batch in chain.batches(1):
        told[batch.last] = [(alert.block_number, alert.status) for alert in made.take(batch).alerts]
    assert told[5] == told[10] == [(5, None)]
    assert told[12] == told[13] == []  # eight blocks on top


def test_an_episode_that_only_dropped_blocks_made_old_goes_on() -> None:
    settings = EngineSettings(finality=8, epoch_blocks=5, quiet_seconds=600)
    made, chain = Engine(1, [LargePayments()], settings), ChainBuilder(first_block=1)
    chain.block().native(ALICE, BOB, LARGE)
    chain.blocks(17)
    late = chain.fork(18)
    late.block(500).block().block()  # block 19 comes at 17 * 12 + 500 = 704 seconds after the first payment
    for batch in late.batches(1):
        made.take(batch, batch.last)
    made.take(back_to(chain, 18), 22)
    chain.block().native(ALICE, BOB, LARGE)  # 18 * 12 = 216 seconds after: the same episode
    (alert,) = made.take(chain.batch(19, 19), 23).alerts
    assert (alert.block_number, alert.updated_block) == (1, 19)


def test_nothing_can_be_saved_before_something_is_final() -> None:
    assert engine().base() is None
    assert fed(payday(8)).base() is None
    saved = fed(payday(30)).base()
    assert saved is not None
    assert saved.moment.number == 30 - SETTINGS.finality
    assert saved.offset == saved.moment.number  # one block an event


def test_a_checkpoint_of_other_settings_is_refused() -> None:
    saved = fed(payday(30)).base()
    assert saved is not None
    other = Engine(1, [LargePayments()], EngineSettings(finality=9))
    with pytest.raises(RunMismatch, match=r"^the checkpoint of chain 1 is of run \w+, made .* --rebuild$"):
        other.resume(saved)


def test_scores_below_the_floor_are_left_out_and_the_highest_of_a_subject_is_kept() -> None:
    chain = ChainBuilder(first_block=1).block()
    for _ in range(301):
        chain.native(ALICE, BOB, 1)
    chain.native(ALICE, BOB, LARGE).native(ALICE, BOB, LARGE).native(CAROL, BOB, LARGE)
    (score,) = engine().take(chain.batch()).scores
    assert (score.subject, score.score) == ("0x" + ALICE.hex(), 0.302)  # 301 and 302 before; carol's is 0
    assert score.parts == {"large-payments": 0.302}
