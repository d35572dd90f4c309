"""Plays the simulation block by block: asks each actor what it does, mines it, tells them what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from ingest.localchain.chain.actions import Transaction
from ingest.localchain.chain.miner import NOT_MINED, Mined
from ingest.localchain.chain.wallet import Address
from ingest.localchain.play.labels import Label, LabelFile
from ingest.localchain.play.pool import WaitingRoom
from ingest.localchain.play.programme import Entry
from ingest.localchain.world.stage import Bundle, Habit, Outcome, Stage, Story
from ingest.localchain.world.world import ETH
from ingest.model.errors import NodeMisbehaved

_LONGEST_FINISH = 400
"""Blocks after which a run that was stopped gives up on stories that have not ended."""


@dataclass(slots=True)
class _Actor:
    """Somebody on stage, and what became of their last transactions (None before their first)."""

    acts: Habit | Story
    entry: Entry | None = None
    variant: str = ""
    news: list[Mined] | None = None


def dice(seed: int, entry: Entry) -> Random:
    """What a story draws from: its own, so that it stays the same whatever others do in its world."""
    told = entry.repertoire
    return Random(f"{seed} {told.kind} {told.category} {entry.number}")


@dataclass(slots=True)
class Director:
    """`upcoming` gives the stories in order of their start; `labels` grows as they end."""

    stage: Stage
    upcoming: Iterator[Entry]
    file: LabelFile
    seed: int
    pool: WaitingRoom | None = None
    labels: list[Label] = field(default_factory=list)
    transactions: int = 0
    blocks: int = 0
    _actors: list[_Actor] = field(default_factory=list)
    _next: Entry | None = None
    _told: Counter[str] = field(default_factory=Counter)

    def begin(self, habits: Sequence[Habit]) -> None:
        """The habits play from now on, and the label file exists."""
        self._actors = [_Actor(habit) for habit in habits]
        self._next = next(self.upcoming, None)
        self.write_labels()

    def play_block(self) -> list[Label]:
        """Mines one block; returns the labels of the stories that have ended."""
        if not self.stage.clock.is_door_shut:
            self._let_in()
        finished: list[Label] = []
        asked = [(actor, self._ask(actor, finished)) for actor in self._actors]
        there = [(actor, part) for actor, part in asked if part is not None]
        self._actors = [actor for actor, _ in there]
        self.stage.clock.tick(awake=self.on_stage - self.stage.clock.sleepers)
        self._mine([part for _, part in there])
        if finished:
            self.labels += finished
            self.write_labels()
        return finished

    def finish(self) -> None:
        """Lets everybody on stage play to their end, so that nothing on the chain lacks its label."""
        self._next = None
        last = self.blocks + _LONGEST_FINISH
        while self.on_stage and self.blocks < last:
            self.play_block()

    @property
    def on_stage(self) -> int:
        """Stories that have begun and not ended."""
        return sum(actor.entry is not None for actor in self._actors)

    def write_labels(self) -> None:
        """Brings the file up to date with the chain's head."""
        miner = self.stage.miner
        self.file.write(self.labels, miner.where, miner.head)

    def _let_in(self) -> None:
        while self._next is not None and self._next.start <= self.blocks:
            name, tell = self._next.repertoire.variant(self._next.number)
            stage = replace(self.stage, rng=dice(self.seed, self._next))
            self._actors.append(_Actor(tell(stage), self._next, name))
            self._next = next(self.upcoming, None)

    def _ask(self, actor: _Actor, finished: list[Label]) -> list[Transaction] | None:
        """What the actor does next; None when its story has ended, whose label joins `finished`."""
        try:
            # A generator takes no news before its first step.
            return next(actor.acts) if actor.news is None else actor.acts.send(actor.news)
        except StopIteration as end:
            if actor.entry is not None:
                finished.append(self._label(actor.entry, actor.variant, end.value))
            return None

    def _label(self, entry: Entry, variant: str, outcome: Outcome) -> Label:
        category, kind = entry.repertoire.category, entry.repertoire.kind
        name = f"{category}-{kind.replace('_', '-')}"
        self._told[name] += 1
        self.stage.miner.keep |= set(outcome.transactions)
        told = replace(outcome, transactions=self._in_order(outcome.transactions))
        waited = None if self.pool is None else self.pool.public.get(outcome.harm or "")
        return Label(f"{name}-{self._told[name]:03d}", category, kind, variant, told, waited)

    def _in_order(self, hashes: Iterable[str]) -> tuple[str, ...]:
        """As they stand on the chain: a story may tell first what came last."""
        where = self.stage.miner.where
        place = {hash_: number for number, hash_ in enumerate(where)}  # within a block, as they came in
        return tuple(sorted(dict.fromkeys(hashes), key=lambda hash_: (where[hash_], place[hash_])))

    def _mine(self, parts: list[list[Transaction]]) -> None:
        """The actors' transactions in one block, shuffled together, each actor's own in their order; bundles
        first.
        """
        order = [n for n, part in enumerate(parts) if not isinstance(part, Bundle) for _ in part]
        self.stage.rng.shuffle(order)
        order[:0] = [n for n, part in enumerate(parts) if isinstance(part, Bundle) for _ in part]
        queues = [iter(part) for part in parts]
        sent = [next(queues[number]) for number in order]
        waits = None if self.pool is None else self.pool.waits(parts, order, sent)
        mined = self.stage.miner.mine(sent, waits)
        if self.pool is not None and waits is not None:
            self.pool.note(mined, waits)
        self._help(order, sent, mined)
        for number, actor in enumerate(self._actors):
            actor.news = [one for own, one in zip(order, mined, strict=True) if own == number]
            if actor.entry is not None and NOT_MINED in actor.news:
                raise NodeMisbehaved(
                    f"the node did not take a transaction of {actor.variant}: use a fresh chain"
                )
        self.transactions += len(mined)
        self.blocks += 1

    def _help(self, order: list[int], sent: list[Transaction], mined: list[Mined]) -> None:
        """Whoever of a story had too little left, as life went on beside it, is given what is missing and
        tries again in one more block: the label stays true. Habits are not helped: who has no money does not
        pay.
        """
        miner = self.stage.miner
        left = [
            place
            for place, number in enumerate(order)
            if mined[place] is NOT_MINED and self._actors[number].entry is not None
        ]
        needed: Counter[Address] = Counter()
        for place in left:
            needed[sent[place].sender] += sent[place].value + miner.fee(sent[place].gas)
        held = miner.holdings((ETH, sender) for sender in needed)
        for (sender, wei), there in zip(needed.items(), held, strict=True):
            miner.give(sender, max(wei, there))
        if left:
            for place, again in zip(left, miner.mine([sent[place] for place in left]), strict=True):
                mined[place] = again
