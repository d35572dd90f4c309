"""Rules that code which uses memory can break, broken on purpose: each is caught, at once or by comparison
with a memory that never saw the blocks that left.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from detectors.memory import rows, slots
from detectors.memory.append_only import AppendOnly
from detectors.memory.memory import Memory
from tests.detectors.memory.kernels import COUNT
from tests.detectors.memory.oracle import ALICE, BOB, CAROL, Block, Payment
from tests.detectors.memory.town import AMOUNT, Town

PAID = (Payment(ALICE, BOB, 1), Payment(BOB, CAROL, 2))


def town() -> Town:
    made = Town(cap=100)
    made.live(Block(0, 0, PAID))
    made.live(Block(1, 1, PAID))
    return made


def is_caught(of: Town) -> bool:
    """Whether a rollback to block 0 leaves anything else than block 0."""
    of.leave(0)
    return of.memory.digest() != of.twin().memory.digest()


def test_who_breaks_no_rule_is_not_caught() -> None:
    assert not is_caught(town())


@pytest.mark.parametrize("part", ["payers", "payments/heads"])
def test_a_journal_that_lacks_its_last_entry_is_caught(part: str) -> None:
    made = town()
    table = made.memory.tables()[part]
    table.journal[rows.USED] -= table._entry
    assert is_caught(made)


def test_a_row_that_is_changed_without_a_touch_is_caught() -> None:
    """A kernel that found the row and wrote to it. It was touched in block 0, and not in block 2."""
    made = town()
    made.live(Block(2, 2, ()))
    made.leave(1)
    current = made.payers.current.arena
    current[rows.find(current, slots.fingerprint(current, ALICE), ALICE) + COUNT] += 1
    made.memory.undo(1)
    assert made.memory.digest() != made.twin().memory.digest()


def test_a_row_of_a_history_that_is_changed_later_is_caught() -> None:
    made = town()
    made.payments.segments.cells[0, made.payments.first] = 9
    assert is_caught(made)


def test_a_fact_that_is_not_in_the_journal_is_caught() -> None:
    made = town()
    made.names.journal[0] = 0
    made.names.tell(1, "signed", 1)
    assert is_caught(made)


def test_horizons_that_are_looked_at_at_other_blocks_are_caught() -> None:
    """What memory is would depend on where batches were cut."""
    made = town()
    made.memory.age(2, 500)
    made.live(Block(2, 500, PAID))
    assert made.memory.digest() != made.twin().memory.digest()


def history_of_two_generations() -> Town:
    """Alice's payment of block 0 is said until second 150; two looks at horizons dropped it."""
    made = Town(cap=100)
    made.live(Block(0, 0, (Payment(ALICE, BOB, 5),)))
    made.live(Block(5, 151, (Payment(BOB, ALICE, 5),)))
    made.live(Block(10, 302, (Payment(BOB, ALICE, 5),)))
    return made


def test_a_history_that_is_read_too_late_is_refused() -> None:
    """What was said as of block 9 may be gone with the generation that block 10 dropped: silence would be a
    wrong answer.
    """
    made = history_of_two_generations()
    for read in (made.payments.numbers, made.payments.rows):
        with pytest.raises(ValueError, match=r"payments is read as of block 9, too late: .* at block 10"):
            read(ALICE, 9, 301)
    with pytest.raises(ValueError, match="too late"):
        made.payments.arrays_as_of(9)
    assert made.payments.rows(BOB, 10, 302)["amount"].tolist() == [5]


def test_a_rollback_makes_it_early_enough_again() -> None:
    made = history_of_two_generations()
    made.leave(5)
    assert made.payments.rows(ALICE, 0, 0)["amount"].tolist() == [5]


def test_a_row_log_that_is_read_too_late_is_refused() -> None:
    """Blocks of 10,000 rows, a thousand seconds apart, in a log that keeps two thousand seconds."""
    memory = Memory(None, 1)
    log = memory.row_log("rows", AMOUNT, ("who",), horizon_s=2000)
    for block in range(30):
        memory.age(block, 1000 * block)
        ten_thousand = np.full(10_000, block)
        log.append(
            ten_thousand, 1000 * ten_thousand, ten_thousand.reshape(-1, 1), ten_thousand.reshape(-1, 1)
        )
        memory.mark(block)
        memory.forget(block)
    assert log.readable_from > 20
    for read in (log.numbers, log.rows):
        with pytest.raises(ValueError, match="rows is read as of block 5, too late"):
            read(5, 5, 5000)
    with pytest.raises(ValueError, match="too late"):
        log.arrays_as_of(5)
    assert len(log.numbers(28, 29, 29_000)) == 200


@pytest.mark.parametrize("number", [-1, 4])
@pytest.mark.parametrize("part", ["payments", "rows"])
def test_a_row_that_is_not_held_is_refused(part: str, number: int) -> None:
    log = town().memory.parts[part]
    assert isinstance(log, AppendOnly)
    with pytest.raises(IndexError, match=f"of {part} are not all held"):
        log.at(np.array([0, number]))


def test_arrays_outlive_everything_at_the_end_of_a_process() -> None:
    """What is mapped stays mapped: somebody may read it after the last handler ran."""
    code = (
        "import atexit, numpy as np; held = [];"
        "atexit.register(lambda: print(held[0].sum()));"
        "from detectors.memory.region import Region;"
        "region = Region(1 << 20); held.append(region.array(np.int64)); held[0][:] = 1"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, str((1 << 20) // 8)), done.stderr
