"""A budget leaves out what may be left out, as much as it must, and can name nothing else."""

from __future__ import annotations

import pytest

from detectors.registry import detectors, parts
from ingest import schema
from ingest.model.budget import LOOKED_AT, OPTIONAL_WORK, OWED_BLOCKS, SAVED_BLOCKS, Budget
from ingest.model.cost import BlockCost, block_cost
from ingest.model.errors import BadInput
from ingest.model.health import Health, NodeHealth, OptionalHealth, Vitals


class Processor:
    """CPU seconds that a process has used; others are spent by the tests."""

    def __init__(self) -> None:
        self.used = 5.0

    def __call__(self) -> float:
        return self.used


def worked(budget: Budget, processor: Processor, must_s: float, optional_s: float, blocks: int) -> int:
    """So many blocks, each with what must be done, and a forecast where that is allowed; how many were."""
    done = 0
    for _ in range(blocks):
        processor.used += must_s
        budget.blocks(1)
        if budget.allows("forecasts"):
            processor.used += optional_s
            done += 1
    return done


def test_without_a_budget_everything_is_done() -> None:
    processor = Processor()
    budget = Budget(None, processor)
    assert worked(budget, processor, 10.0, 10.0, 50) == 50
    assert budget.states() == [OptionalHealth("forecasts", "on", 50, 0)]


def test_within_its_budget_everything_is_done() -> None:
    processor = Processor()
    assert worked(Budget(1.0, processor), processor, 0.25, 0.5, 50) == 50


def test_beyond_it_optional_work_is_slowed_until_the_mean_keeps_to_it() -> None:
    """A block must cost 0.5 s, a forecast 2 s, the budget is 1 s: of what is left, 0.5 s a block, the
    forecast of every fourth block can be paid.
    """
    processor = Processor()
    budget = Budget(1.0, processor)
    done = worked(budget, processor, 0.5, 2.0, 400)

    assert done == pytest.approx(100, abs=2)
    assert (processor.used - 5.0) / 400 == pytest.approx(1.0, abs=0.02)
    (state,) = budget.states()
    assert (state.state, state.done, state.left_out) == ("slowed", done, 400 - done)


def test_where_what_must_be_done_takes_everything_optional_work_is_paused_and_comes_back() -> None:
    processor = Processor()
    budget = Budget(1.0, processor)

    assert worked(budget, processor, 3.0, 1.0, 1_000) == 0
    assert budget.states()[0].state == "paused"
    # However long that was, it owes no more than OWED_BLOCKS; at 0.5 s saved a block that is twice as many.
    assert worked(budget, processor, 0.5, 0.1, 2 * OWED_BLOCKS + LOOKED_AT) >= LOOKED_AT - 1
    assert budget.states()[0].state == "on"


def test_what_is_saved_up_is_bounded() -> None:
    processor = Processor()
    budget = Budget(1.0, processor)
    budget.blocks(1_000_000)
    processor.used += SAVED_BLOCKS
    assert not budget.allows("pictures")


def test_a_change_of_its_state_is_said_once_with_what_was_left_out() -> None:
    """What must be done takes 3 s of the 1 s that a block may cost for 60 blocks, then nothing: the next
    hundred pay what is owed, and the twenty after them have their forecasts.
    """
    processor, said = Processor(), list[str]()
    budget = Budget(1.0, processor, said.append)
    worked(budget, processor, 3.0, 0.0, 60)
    worked(budget, processor, 0.0, 0.0, OWED_BLOCKS + LOOKED_AT)

    cost = "a block may cost 1 CPU s"
    assert said == [
        f"forecasts: paused by the budget; {cost} (0 done, 1 left out so far)",
        f"forecasts: slowed by the budget; {cost} (1 done, 160 left out so far)",
        f"forecasts: all of it is done again; {cost} (20 done, 160 left out so far)",
    ]


def test_a_role_tells_of_its_budget() -> None:
    vitals, budget = Vitals(), Budget(0.5, Processor())
    budget.allows("pending")
    budget.tell(vitals)
    assert (vitals.budget_cpu_s, vitals.optional) == (0.5, [OptionalHealth("pending", "paused", 0, 1)])


@pytest.mark.parametrize("amount", [0, -1.0, float("nan"), float("inf")])
def test_a_budget_that_is_none_is_refused_in_one_line(amount: float) -> None:
    with pytest.raises(BadInput, match=r"CPU seconds a block is none: give a number above 0$"):
        Budget(amount)


def test_no_proof_fact_part_model_or_detector_can_be_left_out() -> None:
    """They have no name among what is optional, and asking for one is an error. That their rooms cannot even
    import a budget is an import contract.
    """
    must = {"proofs", "facts", "models", "detectors", "alerts", *schema.TABLES}
    must |= {each.name for each in detectors()} | {each.name for each in parts()}
    budget = Budget(1.0, Processor())

    assert not must & set(OPTIONAL_WORK)
    for name in must:
        with pytest.raises(ValueError, match="is not optional: only forecasts, pending, pictures are"):
            budget.allows(name)  # type: ignore[arg-type]
    assert budget.states() == []


def test_a_block_costs_what_all_cost_by_their_number() -> None:
    node = NodeHealth("http://node.example", answers=30, failures=2)
    counts = {"blocks header": 6, "blocks none": 2, "bytes": 4_000, "revisions": 9}
    record = Health(1, "ingest", "a", 9, 1, 5.0, counts=counts, nodes=[node], cpu_s=2.0)

    # 2 s by 8 blocks; 32 answers; 4,000 bytes; 10 W for the quarter of a second
    assert block_cost(record) == BlockCost(8, 0.25, 4.0, 500.0, 2.5)
    assert block_cost(Health(1, "sink", "a", 9, 1, 5.0, cpu_s=2.0)) is None
