"""A child process that lives through a fixed story on disk and dies at the n-th thing it does to the disk.

    python -m tests.detectors.memory.killed FOLDER N

Prints the number of the last block it had finished. `torn`: a write is cut in half first.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from detectors.memory import files
from tests.detectors.memory.oracle import Block, Payment
from tests.detectors.memory.town import PEOPLE, Town

BLOCKS, FINALITY = 90, 6


def story(count: int = BLOCKS) -> list[Block]:
    """Blocks as the chain had them in the end; always the same."""
    dice = random.Random(5)
    time, blocks = 0, []
    for number in range(count):
        time += dice.choice([0, 12, 12, 40])
        payments = [_payment(dice) for _ in range(dice.randrange(5))]
        blocks.append(Block(number, time, tuple(payments)))
    return blocks


def _payment(dice: random.Random) -> Payment:
    return Payment(dice.choice(PEOPLE), dice.choice(PEOPLE), dice.randrange(1, 9), dice.random() < 0.3)


def live(state: Path, finished: Callable[[int], None]) -> Town:
    """The story, from where the head on disk goes on, with reorganisations and a snapshot whenever one can
    begin.
    """
    town, blocks = Town(state), story()
    town.blocks = [block for block in blocks if block.number <= town.memory.block]
    for block in blocks[len(town.blocks) :]:
        town.live(block)
        finished(block.number)
        if block.number % 7 == 3:
            _replaced(town, block)
        town.memory.forget(block.number - FINALITY)
        if town.memory.can_save():
            town.memory.begin_snapshot({"offset": town.memory.floor + 1})
        town.memory.write(0)
        if town.memory._snapshot is not None:
            town.memory._snapshot.wait()
    town.memory.finish_snapshot()
    return town


def _replaced(town: Town, block: Block) -> None:
    """The block leaves, another comes in its place and leaves, and it comes back."""
    town.leave(block.number - 1)
    town.live(Block(block.number, block.time + 1, tuple(Payment(9, 1 + i, 99) for i in range(4))))
    town.memory.write(0)
    town.leave(block.number - 1)
    town.live(block)


class Mortal:
    """Counts what is done to the disk, and dies at the n-th of them: before it, or halfway through a
    write.
    """

    def __init__(self, left: int, torn: bool) -> None:
        self.left, self.torn = left, torn
        for name in ("write", "sync", "rename", "remove", "allocate"):
            setattr(files, name, self._counting(getattr(files, name)))

    def _counting(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self._die(act, given)
            return act(*given)

        return counted

    def _die(self, act: Callable[..., Any], given: tuple[Any, ...]) -> None:
        if self.torn and act.__name__ == "write":
            file, data = given
            raw = bytes(data)
            file.write(raw[: len(raw) // 2])
            file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    folder, left, torn = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["torn"]
    mortal = Mortal(left, torn)
    live(folder, lambda number: print(number, flush=True))
    print("done", mortal.left, flush=True)


if __name__ == "__main__":
    main()
