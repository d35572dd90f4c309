"""Takes the record log, event by event, to alerts and scores; undoes what the chain undoes.

Memory has a journal, and so have alerts. A rollback goes back to the end of the newest event at or below its
block, and where it lies inside of a batch advances again to it, without scoring.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from detectors.alerts.alert import Alert
from detectors.alerts.caps import RECORD_BYTES, score_bytes
from detectors.alerts.messages import Fees, fees_from
from detectors.base import Detector, Explanation, hexed, is_quiet
from detectors.engine.digest import digest
from detectors.engine.episodes import Episodes, Key
from detectors.engine.judge import Judge, Judged
from detectors.engine.kept import IN_LAKE, NO_OFFSET, Checkpoint, Kept
from detectors.engine.output import Output, scores_of
from detectors.engine.revisions import Place
from detectors.engine.settings import EngineSettings
from detectors.engine.sight import Look
from detectors.engine.state import Moment, State, advance, cut
from detectors.memory import memory
from detectors.memory.memory import Memory
from detectors.parts.contract import Part
from detectors.parts.ledger import native_coin
from detectors.registry import explanations, parts
from ingest import schema
from ingest.model.batch import Batch, Event, Rollback
from ingest.model.errors import ChainGap, RollbackTooDeep, RunMismatch


@dataclass(slots=True)
class Engine:
    """One chain's detection. `follows` is false in batch work over final blocks: then nothing is kept for
    rollbacks. With `keep_all` alerts that can no longer change are kept as well. With `folder` what is
    remembered lies there (`checkpoint.opened` goes on from it), and the engine is to be closed.
    """

    chain_id: int
    detectors: Sequence[Detector]
    settings: EngineSettings = field(default_factory=EngineSettings)
    follows: bool = True
    keep_all: bool = False
    folder: Path | None = None
    state: State = field(init=False)
    episodes: Episodes | None = None
    kept: list[Kept] = field(default_factory=list)
    """Oldest first; the first is the base, at or below every block that may still leave. One an event."""
    recent: list[Batch] = field(default_factory=list)
    """Blocks above the base."""
    explanations: Sequence[Explanation] = field(default_factory=explanations)
    parts: Sequence[Part] = field(default_factory=parts)
    """That may be read: those that nobody reads are left out."""
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.state = self._begin()
        if self.folder is None:
            self.state.memory.open()
        self.judge = Judge(self.detectors, self.explanations)

    def take(self, event: Event, offset: int = 0) -> Output:
        """Takes the next event of the log; `offset` is where the log goes on after it, or IN_LAKE."""
        if isinstance(event, Rollback):
            return self._roll_back(event, offset)
        return self._take_blocks(event, offset)

    def _take_blocks(self, batch: Batch, offset: int) -> Output:
        self.check_order(batch)
        if self.follows and not self.kept:
            self.kept.append(Kept(Moment(batch.first - 1, batch.parent_hash), min(offset, NO_OFFSET)))
        output = self._judged(batch)
        output.blocks = _rows(batch.blocks, "block_number", "block_hash", "timestamp")
        output.fees = [fees_from(row) for row in _rows(batch.blocks, *Fees.__struct_fields__)]
        if self.follows:
            self._keep(batch, offset)
        else:
            self.forget(self.state.number, output.blocks[-1][2])
        return output

    def suppose(self, batch: Batch) -> Output:
        """What would be said if `batch` came next. State, names and alerts are as before afterwards, also
        where it raises; nothing becomes final by it. Raises ChainGap where it does not follow the head,
        PartFailed.
        """
        if not self.follows or self.state.anchor is None:
            raise ValueError("only what follows a chain, and has read of it, can suppose a block")
        self.check_order(batch)
        moment = self.state.moment()
        try:
            return self._judged(batch)
        finally:
            self.state.back_to(moment)
            self._episodes().undo(moment.number, "it was supposed")

    def _judged(self, batch: Batch) -> Output:
        output = Output()
        for piece, look in self.looks(batch):
            self.file(piece.blocks, self.judge.findings(look, self.state.off), output)
            if (piece.last + 1) % self.settings.epoch_blocks == 0:
                self._say_revised(output)
        self._say_revised(output)
        return output

    def looks(self, batch: Batch) -> Iterator[tuple[Batch, Look]]:
        """Goes on by the pieces of a batch that follows (see `check_order`): what can be seen of each, until
        the next is asked for.
        """
        for piece in self._pieces(batch):
            look = advance(self.state, piece, self.detectors, self.settings)
            yield piece, look
            look.end()

    def file(self, blocks: pl.DataFrame, findings: Sequence[Judged], output: Output) -> None:
        """Makes what was found in a piece, given by its `blocks`, alerts and scores: piece by piece, in
        order. State may be further by then.
        """
        columns = ("chain_id", "block_number", "block_hash", "timestamp", "proof")
        places = {row[1]: Place(*row) for row in _rows(blocks, *columns)}
        for number, of_block in groupby(findings, key=lambda judged: judged[1].block_number):
            output.revised += self._revise(list(of_block), places[number])
        for number, scores in scores_of(
            [(d.name, f) for d, f in findings], self.settings.score_floor
        ).items():
            output.scores += scores[: self.most_scores]
            if len(scores) > self.most_scores:
                output.scores_left_out[number] = len(scores) - self.most_scores

    def _say_revised(self, output: Output) -> None:
        """The revision that stands of each alert that is other since this was said last: so whoever reads
        them all knows the book at the end of each epoch, wherever batches are cut.
        """
        alerts, ids = self._episodes().alerts, dict.fromkeys(output.revised[output.said :])
        output.alerts += [alerts[alert_id] for alert_id in ids]
        output.said = len(output.revised)

    def _revise(self, findings: list[Judged], place: Place) -> list[str]:
        """Makes the findings of a block revisions of alerts; returns the ids of all that are other now."""
        episodes, ledger = self._episodes(), self.state.ledger
        changed: list[str] = []
        for detector, finding in findings:
            if finding.lowers is not None:
                lowered = episodes.lower(detector.name, finding, place, ledger)
                changed += [lowered.id] if lowered is not None else []
            elif finding.alerts:
                quiet = detector.quiet_seconds if is_quiet(detector) else None
                changed.append(episodes.take(detector.name, detector.needs, finding, place, ledger, quiet).id)
        return [*changed, *episodes.settle(dict.fromkeys(changed), place)]

    @property
    def most_scores(self) -> int:
        """Scores of a block that fit into one record, whatever they are."""
        room = RECORD_BYTES // score_bytes(detector.name for detector in self.detectors)
        return min(self.settings.block_scores, room)

    def check_order(self, batch: Batch) -> None:
        """Raises ChainGap for blocks that do not follow those that were taken."""
        state = self.state
        if state.anchor is not None and (batch.first != state.number + 1 or batch.parent_hash != state.hash):
            raise ChainGap(
                f"block {batch.first} ({hexed(batch.parent_hash)[:18]}… as its parent) does not follow "
                f"block {state.number} ({hexed(state.hash)[:18]}…): "
                "backfill the blocks between, or give --allow-gaps in batch"
            )

    def _episodes(self) -> Episodes:
        if self.episodes is None:
            assert self.state.anchor is not None
            self.episodes = Episodes(self._digest(self.state.anchor), self.settings, self.keep_all)
        return self.episodes

    def _keep(self, batch: Batch, offset: int) -> None:
        """Keeps blocks and what stood after them for a rollback, and lets go of what has become final."""
        self.recent.append(batch)
        self.kept.append(Kept(self.state.moment(), offset))
        final = self.state.number - self.settings.finality
        base = max((i for i, kept in enumerate(self.kept) if kept.moment.number <= final), default=0)
        if base:
            del self.kept[:base]
            number = self.kept[0].moment.number
            self.forget(number, self._time_of(number))
            self.recent = [each for each in self.recent if each.last > number]
            self.state.memory.forget(number)

    def goes_on_at(self, offset: int) -> None:
        """After the blocks of a lake: the log goes on from here at `offset`. So this state can be saved, even
        where it is not `finality` deep yet: of those below it nobody could go on.
        """
        self.kept = [kept for kept in self.kept if kept.moment.number < self.state.number]
        self.kept.append(Kept(self.state.moment(), offset))

    def _time_of(self, number: int) -> int:
        """When a block in `recent` was made. Quiet time ends with final blocks: later ones may leave."""
        batch = next(each for each in self.recent if each.last >= number)
        return int(batch.blocks["timestamp"][number - batch.first])

    def forget(self, number: int, now: int) -> None:
        """Lets go of what block `number`, of time `now`, ends: it was filed, and stays."""
        self._episodes().forget(number, now)
        self.state.ledger.forget(number)

    def _roll_back(self, rollback: Rollback, offset: int) -> Output:
        """State and alerts as they stood at the rollback's block. What is off comes from judging, so that to
        advance again does not bring it back: that of blocks that stand is kept.
        """
        if self.state.anchor is None or rollback.number < self.state.anchor[0]:
            return self._begin_anew(rollback)
        if rollback.number >= self.state.number:
            return Output(rollback=rollback)
        standing = [kept for kept in self.kept if kept.moment.number <= rollback.number]
        if not standing:
            raise self._too_deep(rollback)
        off = {name: each for name, each in self.state.off.items() if each.block <= rollback.number}
        self.kept = standing
        self.state.back_to(standing[-1].moment)
        self.state.off = off
        self.recent = [
            each.slice(each.first, rollback.number) for each in self.recent if each.first <= rollback.number
        ]
        for batch in self.recent:
            if batch.last > self.state.number:
                self._advance_quietly(batch.slice(self.state.number + 1, rollback.number))
        if self.state.hash != rollback.hash:
            raise ChainGap(
                f"the log rolls back to block {rollback.number} with another hash than was read before: "
                "stop, then start detect again with --rebuild"
            )
        if all(kept.offset == IN_LAKE for kept in self.kept):
            self.goes_on_at(offset)
        return Output(alerts=self._episodes().undo(rollback.number, _left(rollback)), rollback=rollback)

    def _begin_anew(self, rollback: Rollback) -> Output:
        """Every block that was read has left, so nothing is known of the block the log goes back to: it need
        not be the parent of the first one, which may have left as well.
        """
        if self.state.anchor is not None and not (self._keeps_all_blocks() or self.keep_all):
            raise self._too_deep(rollback)
        retracted = self.episodes.retract_all(_left(rollback)) if self.episodes is not None else []
        self.close()
        if self.folder is not None:
            memory.discard(self.folder, self.chain_id)
        self.state = self._begin()
        self.state.memory.open()
        self.state.number, self.state.hash = rollback.number, rollback.hash
        self.kept, self.recent, self.episodes = [], [], None
        return Output(alerts=retracted, rollback=rollback)

    def _keeps_all_blocks(self) -> bool:
        """Whether nothing that was read has become final yet."""
        return bool(self.kept) and self.kept[0].moment.anchor is None

    def _too_deep(self, rollback: Rollback) -> RollbackTooDeep:
        return RollbackTooDeep(
            f"block {rollback.number} is below the final state kept (finality {self.settings.finality}): "
            "stop, then start detect again with --rebuild"
        )

    def run_name(self) -> str:
        """The run digest; empty before the first block."""
        return self.episodes.run if self.episodes is not None else ""

    def standing(self) -> list[Alert]:
        """The last revision of every alert kept; with `keep_all`, of every alert."""
        return list(self.episodes.alerts.values()) if self.episodes is not None else []

    def open_alert(self, key: Key) -> Alert | None:
        """The alert of the episode that stands under a key."""
        episode = None if self.episodes is None else self.episodes.open.get(key)
        return None if episode is None else episode.alert

    def let_go(self) -> None:
        """Ends `keep_all`."""
        self.keep_all = False
        if self.episodes is not None:
            self.episodes.keep_all = False

    def stands(self) -> Checkpoint:
        """What can be put on disk of a batch over final blocks, all of them filed."""
        number = self.state.number
        ledger, episodes = self.state.ledger.until(number), self._episodes()
        moment = self.state.moment()
        return Checkpoint(self.chain_id, episodes.run, IN_LAKE, moment, ledger, *episodes.at(number))

    def base(self) -> Checkpoint | None:
        """What can be put on disk: the newest state that is final, with the alerts as they stood then; after
        a lake at least the one where the log goes on. None before there is one.
        """
        base = next((kept for kept in self.kept if kept.offset != IN_LAKE), None)
        if base is None or base.offset == NO_OFFSET:
            return None
        episodes, number = self._episodes(), base.moment.number
        ledger = self.state.ledger.until(number)
        return Checkpoint(self.chain_id, episodes.run, base.offset, base.moment, ledger, *episodes.at(number))

    def check_run(self, run: str, anchor: tuple[int, bytes]) -> None:
        """Raises RunMismatch where state of a run that began at `anchor` is of other settings or code."""
        own = self._digest(anchor)
        if run != own:
            raise RunMismatch(
                f"the checkpoint of chain {self.chain_id} is of run {run}, made with other settings or code "
                f"than this run {own}: start detect with --rebuild"
            )

    def _digest(self, anchor: tuple[int, bytes]) -> str:
        return digest(self.settings, self.detectors, anchor, self.explanations, self.state.sight.parts)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Goes on from a checkpoint: tables and histories are those of its block already. Raises RunMismatch
        where it was made with other settings or code.
        """
        assert checkpoint.moment.anchor is not None
        self.check_run(checkpoint.run, checkpoint.moment.anchor)
        self.state.put(checkpoint.moment)
        self.state.ledger = checkpoint.ledger
        self._name_coin(self.state)
        self.kept = [Kept(self.state.moment(), checkpoint.offset)]
        self.episodes = Episodes(
            checkpoint.run,
            self.settings,
            self.keep_all,
            dict(checkpoint.open),
            dict(checkpoint.alerts),
            tallies=dict(checkpoint.tallies),
        )

    def move(self, folder: Path) -> None:
        """State that was made in another folder lies in this one from now on, in the place of what was
        there.
        """
        self.state.memory.move(folder, self.chain_id)
        self.folder = folder

    def close(self) -> None:
        """Lets another process have the folder."""
        self.state.memory.close()

    def _begin(self) -> State:
        """Empty state, whose memory is to be opened."""
        held = Memory(self.folder, self.chain_id, self.follows)
        state = State.within(held, self.detectors, self.explanations, self.parts)
        self._name_coin(state)
        return state

    def _name_coin(self, state: State) -> None:
        state.ledger.native = native_coin(self.chain_id, self.settings.native_symbol)
        state.ledger.wrapped_here = schema.wrapped_natives(self.chain_id)

    def _pieces(self, batch: Batch) -> Iterator[Batch]:
        anchor = batch.first if self.state.anchor is None else self.state.anchor[0]
        return cut(batch, self.settings, anchor)

    def _advance_quietly(self, batch: Batch) -> None:
        for piece in self._pieces(batch):
            advance(self.state, piece, self.detectors, self.settings).end()


def _rows(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Without a query: for a block at a time that costs more than all that it asks for."""
    return list(zip(*(frame[name].to_list() for name in columns), strict=True))


def _left(rollback: Rollback) -> str:
    """Why an alert is retracted."""
    return f"its block left the chain (rollback to block {rollback.number})"
