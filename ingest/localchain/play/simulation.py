"""A whole simulation, from an empty anvil to the last block with its labels."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from ingest.localchain.chain.miner import Miner
from ingest.localchain.play import programme
from ingest.localchain.play.canary import with_canaries
from ingest.localchain.play.deploying import ensure_world
from ingest.localchain.play.director import Director
from ingest.localchain.play.labels import Label, LabelFile
from ingest.localchain.play.pool import MOST_BLOCKS, WaitingRoom
from ingest.localchain.play.setting import ordinary_habits, set_stage
from ingest.localchain.play.stories import repertoires
from ingest.localchain.protocols.token_zoo import listed_tokens
from ingest.localchain.world.facts import write_lists

Report = Callable[[str], None]

DEFAULT_SEED = 7
DEFAULT_ATTACKS = 2
DEFAULT_TRANSACTIONS = 20


@dataclass(frozen=True, slots=True)
class Script:
    """What is played. `blocks` None: until stopped. `block_seconds`: real pace, 0 as fast as possible.

    `reorgs` gives, for a number of blocks played, how deep the chain is reorganised after them.
    """

    seed: int = DEFAULT_SEED
    blocks: int | None = None
    attacks_per_category: int = DEFAULT_ATTACKS
    transactions_per_block: int = DEFAULT_TRANSACTIONS
    block_seconds: float = 0.0
    reorgs: Mapping[int, int] = field(default_factory=dict)
    categories: frozenset[str] | None = None
    """Only the stories of these; None: of all."""
    facts: Path | None = None
    """Where the lists of this world are written, see `facts`."""
    canary_every: int | None = None
    """Blocks between the beginnings of two canaries; None: there are none."""
    round_the_pool: float | None = None
    """Transactions wait in the node's pool for some blocks, and this share goes round it; None: nothing waits
    and the blocks are those of the seed alone.
    """


@dataclass(frozen=True, slots=True)
class Summary:
    """What was played. Blocks and transactions do not count the setting of the stage."""

    blocks: int
    transactions: int
    labels: tuple[Label, ...]

    def __str__(self) -> str:
        kinds = Counter(label.kind for label in self.labels)
        return (
            f"{self.blocks} blocks, {self.transactions} transactions, {kinds['attack']} attacks,"
            f" {kinds['hard_negative']} hard negatives"
        )


def begin(url: str, labels: Path, script: Script) -> Director:
    """Everything up to the first block that is played; `play_block` of what it gives plays the next."""
    rng = Random(script.seed)
    miner = Miner.start(url)
    file = LabelFile(labels, miner.chain_id, miner.head + 1, script.seed)
    stage = set_stage(rng, miner, ensure_world(miner), script.transactions_per_block)
    if script.facts:
        write_lists(script.facts, stage.sanctioned, listed_tokens(stage.world))
    habits = ordinary_habits(stage, script.transactions_per_block)
    plan = programme.programme(
        rng, repertoires(script.categories), script.blocks, script.attacks_per_category
    )
    if script.canary_every is not None:
        plan = with_canaries(plan, script.canary_every, script.blocks)
    share = script.round_the_pool
    pool = None if share is None else WaitingRoom(script.seed, share)
    if pool is not None:
        miner.remembers *= MOST_BLOCKS
    director = Director(stage, plan, file, script.seed, pool)
    director.begin(habits)
    return director


def _pause(stop: threading.Event, seconds: float) -> None:
    stop.wait(seconds)


def simulate(
    url: str,
    labels: Path,
    script: Script,
    stop: threading.Event | None = None,
    report: Report = lambda line: None,
) -> Summary:
    """Plays `script` on the anvil at `url` and writes `labels`; ends early, in good order, on `stop`.

    The same script on the same chain gives the same blocks, to the hash. Raises NodeUnreachable,
    NodeMisbehaved, and BadInput for a node that is not anvil or a label file that cannot be written.
    """
    stop = stop or threading.Event()
    director = begin(url, labels, script)
    for left_out in programme.left_out(repertoires(script.categories), script.blocks):
        report(f"no {left_out.category} {left_out.kind}: it takes more than {script.blocks} blocks")
    if director.pool is not None:
        director.pool.look = partial(_pause, stop, script.block_seconds)
    due = time.monotonic()
    while not stop.is_set() and director.blocks != script.blocks:
        for label in director.play_block():
            report(f"played {label.id}")
        if depth := script.reorgs.get(director.blocks):
            director.stage.miner.reorganise(depth)
            report(f"reorganised {depth} blocks")
        if director.pool is None:
            due = max(due + script.block_seconds, time.monotonic())
            stop.wait(due - time.monotonic())
    if stop.is_set():
        director.finish()
    if director.on_stage:
        report(f"{director.on_stage} stories had not ended and have no label: give more blocks")
    director.write_labels()
    return Summary(director.blocks, director.transactions, tuple(director.labels))
