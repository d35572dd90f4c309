"""The pending alerts that stand: opened and revised by what is found in a supposed block, ended visibly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from detectors.alerts.alert import SEVERITIES, Alert
from detectors.alerts.pending import End, How, PendingAlert, pending_id

MOST_ALERTS = 200
"""That one picture of a pool can hold open: the gravest ones. What is beyond is counted and said."""

About = tuple[str, str, str]
"""Detector, category and subject (kind:id): as an episode's key."""


@dataclass(frozen=True, slots=True)
class Where:
    """The head on which a block was supposed."""

    number: int
    hash: str


def about(alert: Alert) -> About:
    return alert.detector, alert.category, f"{alert.subject_kind}:{alert.subject_id}"


@dataclass(slots=True)
class StandingAlerts:
    """By id, and the blocks in which their transactions came to be mined. `in_book` gives the open alert
    of the book under a key.
    """

    in_book: Callable[[About], Alert | None]
    open: dict[str, PendingAlert] = field(default_factory=dict)
    mined: dict[str, int] = field(default_factory=dict)
    left_out: int = 0

    def note_mined(self, number: int, transactions: Iterable[str]) -> None:
        """Transactions that are in block `number` now."""
        awaited = {one for each in self.open.values() for one in each.transactions}
        self.mined |= {one: number for one in transactions if one in awaited}

    def note_rollback(self, number: int) -> None:
        """Blocks above `number` have left, and what was mined in them waits again, or is gone."""
        self.mined = {one: block for one, block in self.mined.items() if block <= number}

    def end_mined(self, where: Where) -> list[PendingAlert]:
        """Ends those of which every transaction is in a block; returns their last revisions."""
        done = [each for each in self.open.values() if all(one in self.mined for one in each.transactions)]
        return [self._ended(each, "mined", where) for each in done]

    def take(self, found: Sequence[Alert], waiting: set[str], where: Where) -> list[PendingAlert]:
        """The alerts of a supposed block whose transactions are `waiting`: returns the revisions of pending
        alerts that are other now. What was not found again ends.
        """
        of_pool = [each for each in found if waiting & set(each.transactions)]
        kept = sorted(of_pool, key=gravity)[:MOST_ALERTS]
        self.left_out = len(of_pool) - len(kept)
        fresh = [self._found(each, waiting & set(each.transactions), where) for each in kept]
        changed = [each for each in fresh if self.open.get(each.id) != each]
        self.open |= {each.id: each for each in fresh}
        again = {each.id for each in fresh}
        gone = [each for each in self.open.values() if each.id not in again]
        return changed + [self._ended(each, self._how(each, waiting), where) for each in gone]

    def _found(self, alert: Alert, own: set[str], where: Where) -> PendingAlert:
        """`own` are those of its transactions that wait; what was mined of a standing one counts on."""
        standing = next(
            (
                each
                for each in self.open.values()
                if about(each.alert) == about(alert) and own & set(each.transactions)
            ),
            None,
        )
        if standing is not None:
            own = own | (set(standing.transactions) & self.mined.keys())
        made = PendingAlert(
            id=pending_id(alert, sorted(own)) if standing is None else standing.id,
            chain_id=alert.chain_id,
            first_parent_number=where.number if standing is None else standing.first_parent_number,
            parent_number=where.number,
            parent_hash=where.hash,
            transactions=tuple(sorted(own)),
            revises=self.in_book(about(alert)) is not None,
            alert=alert,
        )
        return standing if standing is not None and _content(standing) == _content(made) else made

    def _how(self, each: PendingAlert, waiting: set[str]) -> How:
        if all(one in self.mined for one in each.transactions):
            return "mined"
        return "not found" if waiting & set(each.transactions) else "dropped"

    def _ended(self, each: PendingAlert, how: How, where: Where) -> PendingAlert:
        del self.open[each.id]
        came = self.in_book(about(each.alert)) if how == "mined" else None
        for one in each.transactions:
            self.mined.pop(one, None)
        return replace(each, end=End(how, where.number, None if came is None else came.id))


def gravity(alert: Alert) -> tuple[bool, int, float, str]:
    """The gravest come first; what is suppressed comes last."""
    suppressed = alert.suppressed_by is not None
    return suppressed, -SEVERITIES.index(alert.severity), -alert.score, alert.id


def _content(each: PendingAlert) -> tuple[object, ...]:
    """What is said anew where it is another: not the head, nor what moves with it."""
    alert: Mapping[str, object] = each.alert.to_dict()
    moving = (
        "block_number",
        "block_hash",
        "timestamp",
        "updated_block",
        "evidence",
        "explanation",
        "measured",
    )
    still = {name: value for name, value in alert.items() if name not in moving}
    return each.transactions, each.revises, str(still)
